//! How the world behaves: what it promises, how slow it is, what fails, what drifts. Data, changed while it runs.
//!
//! Invariant: whether a call fails, and how long it takes, is a function of (seed, address, operation, attempt) and of
//! these rules, and of nothing else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strata_model::Digest;

use crate::protocol::Meddle;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub seed: u64,
    /// Creates are recognised by their token.
    pub idempotent: bool,
    /// For so long after a write, reads, lists and searches tell what was before. 0 is read-after-write.
    pub lag_ms: u64,
    /// How many of 1,000 objects a list or a search misses. 0 is complete.
    pub hidden_permille: u16,
    /// How many objects of a type there may be in an account and region; `*` stands for any text in a type's name.
    pub quotas: BTreeMap<String, u64>,
    /// The last rule that fits counts.
    pub latency: Vec<Latency>,
    /// The first rule that fits, and whose chance comes up, counts.
    pub faults: Vec<FaultRule>,
    pub drift: Vec<DriftRule>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 0,
            idempotent: true,
            lag_ms: 0,
            hidden_permille: 0,
            quotas: BTreeMap::new(),
            latency: Vec::new(),
            faults: Vec::new(),
            drift: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Create,
    Read,
    Update,
    Delete,
    Find,
    Claim,
    Health,
    Scale,
    List,
}

/// Which calls a rule is about. What is not said fits all; `*` stands for any text.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The address of the owner for whom the call is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub operations: Vec<Operation>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    #[serde(default)]
    pub when: When,
    pub min_ms: u64,
    pub max_ms: u64,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    #[serde(default)]
    pub when: When,
    pub fault: Fault,
    /// Later attempts are spared, so that whoever is patient gets through.
    #[serde(default = "one")]
    pub attempts: u32,
    /// How many of 1,000 such calls are hit.
    #[serde(default = "always")]
    pub permille: u16,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    Throttled {
        retry_after_ms: Option<u64>,
    },
    /// An error of the provider's own, without effect.
    Transient,
    Unauthorised,
    Forbidden,
    /// No answer comes until the caller gives up.
    Hang(Moment),
    /// The connection breaks instead of an answer.
    Cut(Moment),
    /// The world dies.
    Crash(Moment),
    /// The connection breaks, and the call takes effect so much later.
    Late {
        after_ms: u64,
    },
}

/// Before the call has taken effect, or after.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    Before,
    After,
}

/// What happens to objects by itself, so long after they were created or updated by a call.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DriftRule {
    #[serde(default)]
    pub when: When,
    pub after_ms: u64,
    pub change: Meddle,
}

fn one() -> u32 {
    1
}

fn always() -> u16 {
    1000
}

/// What decides about a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) kind: &'a str,
    pub(crate) address: &'a str,
    pub(crate) operation: Operation,
    pub(crate) attempt: u32,
}

impl Settings {
    pub(crate) fn fault(&self, occasion: &Occasion<'_>) -> Option<&Fault> {
        let hit = |(index, rule): &(usize, &FaultRule)| {
            occasion.attempt <= rule.attempts
                && rule.when.fits(occasion)
                && self.draw(&format!("fault {index}"), occasion) % 1000 < u64::from(rule.permille)
        };
        self.faults.iter().enumerate().find(hit).map(|(_, rule)| &rule.fault)
    }

    pub(crate) fn latency_ms(&self, occasion: &Occasion<'_>) -> u64 {
        let Some(rule) = self.latency.iter().rfind(|rule| rule.when.fits(occasion)) else { return 0 };
        let spread = rule.max_ms.saturating_sub(rule.min_ms);
        rule.min_ms + if spread == 0 { 0 } else { self.draw("latency", occasion) % (spread + 1) }
    }

    /// Whether a list or search of that attempt misses an object.
    pub(crate) fn hides(&self, object: &str, attempt: u32) -> bool {
        let occasion = Occasion { kind: "", address: object, operation: Operation::List, attempt };
        self.hidden_permille > 0 && self.draw("hidden", &occasion) % 1000 < u64::from(self.hidden_permille)
    }

    pub(crate) fn quota(&self, kind: &str) -> Option<u64> {
        self.quotas.iter().filter(|(pattern, _)| fits(pattern, kind)).map(|(_, quota)| *quota).min()
    }

    fn draw(&self, purpose: &str, occasion: &Occasion<'_>) -> u64 {
        let digest = Digest::of_parts(&[
            purpose.as_bytes(),
            &self.seed.to_be_bytes(),
            occasion.address.as_bytes(),
            &[occasion.operation as u8],
            &occasion.attempt.to_be_bytes(),
        ]);
        digest.0[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl When {
    pub(crate) fn fits(&self, occasion: &Occasion<'_>) -> bool {
        let text = |pattern: &Option<String>, text: &str| pattern.as_ref().is_none_or(|pattern| fits(pattern, text));
        text(&self.kind, occasion.kind)
            && text(&self.address, occasion.address)
            && (self.operations.is_empty() || self.operations.contains(&occasion.operation))
    }
}

/// Whether a pattern, in which `*` stands for any text, fits all of a text.
fn fits(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn occasion(address: &str, attempt: u32) -> Occasion<'_> {
        Occasion { kind: "local.queue", address, operation: Operation::Create, attempt }
    }

    fn read(json: &str) -> Settings {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("local.*", "local.queue", true),
            ("*/db/*", "o/e/-/db/main", true),
            ("a*b*b", "ab", false),
            ("a*b*b", "abxb", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_same_call_meets_the_same_fault() {
        let settings = read(r#"{"seed":7,"faults":[{"fault":"transient","permille":300,"attempts":9}]}"#);
        let hits = |settings: &Settings| -> Vec<bool> {
            (0..200).map(|unit| settings.fault(&occasion(&format!("o/e/-/u{unit}/r"), 1)).is_some()).collect()
        };
        let hit = hits(&settings).iter().filter(|hit| **hit).count();
        assert!((30..90).contains(&hit), "{hit} of 200 at 30 %");
        assert_eq!(hits(&settings), hits(&settings.clone()));
        assert_ne!(hits(&settings), hits(&Settings { seed: 8, ..settings.clone() }));
    }

    #[test]
    fn rules_fit_what_they_say() {
        let settings = read(
            r#"{"latency":[{"min_ms":5,"max_ms":5},{"when":{"kind":"local.queue","operations":["create"]},"min_ms":10,"max_ms":20}],
                "faults":[{"when":{"address":"*/a/*"},"fault":{"throttled":{"retry_after_ms":3}}},
                          {"when":{"operations":["create"]},"attempts":2,"fault":{"cut":"after"}}]}"#,
        );
        assert!((10..=20).contains(&settings.latency_ms(&occasion("o/e/-/a/r", 1))));
        let reading = Occasion { operation: Operation::Read, ..occasion("o/e/-/a/r", 1) };
        assert_eq!(settings.latency_ms(&reading), 5);
        assert_eq!(settings.fault(&occasion("o/e/-/a/r", 1)), Some(&Fault::Throttled { retry_after_ms: Some(3) }));
        assert_eq!(settings.fault(&occasion("o/e/-/a/r", 2)), Some(&Fault::Cut(Moment::After)));
        assert_eq!(settings.fault(&occasion("o/e/-/a/r", 3)), None);
        for wrong in
            [r#"{"sed":1}"#, r#"{"faults":[{"kind":"x","fault":"transient"}]}"#, r#"{"faults":[{"fault":"fire"}]}"#]
        {
            assert!(serde_json::from_str::<Settings>(wrong).is_err(), "{wrong}");
        }
    }
}
