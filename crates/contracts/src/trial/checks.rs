//! The checks, one function each.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use strata_base::Span;

use super::report::{Report, Tried};
use super::runs::{Outcome, Rig, UNIT, units};
use super::values::{reversed, texts, with_holes};
use super::{Check, Finding, Trial, guards};
use crate::knowledge::{Contract, Mapping};
use crate::samples::{self, Variation};

pub(super) fn all(trial: &Trial<'_>, mapping: &Mapping) -> Vec<Finding> {
    let rig = Rig::new(trial.library, mapping);
    let mut report = Report { trial, mapping, findings: Vec::new() };
    let (tried, bound) = (tried(&rig), bound(&rig));
    if let Some(contract) = rig.contract {
        examples(&rig, contract, &mut report);
        read(&[&tried, &bound], &mut report);
        later(&tried, &mut report);
        names(&rig, &tried, &mut report);
    }
    total(&tried, rig.contract, &mut report);
    provider(&tried, &mut report);
    order(&rig, &tried, &mut report);
    secrets(&tried, &mut report);
    // What is wrong before conditions are changed would hide what comes of that.
    if report.findings.is_empty() {
        guards::check(&rig, tried.iter().chain(&bound), &mut report);
    }
    report.findings.sort_by(|a, b| (a.check, &a.message).cmp(&(b.check, &b.message)));
    report.findings
}

fn tried(rig: &Rig<'_>) -> Vec<Tried> {
    let mut tried: Vec<Tried> = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut add = |properties: Value, peers: &Value, from: Option<(usize, String)>| {
        let known = seen.get(&format!("{properties} {peers}")).copied();
        if let (Some(known), None) = (known, &from) {
            return known;
        }
        let (spec, outcome) = match known {
            Some(known) => (tried[known].spec.clone(), tried[known].outcome.clone()),
            None => rig.run(UNIT, &properties, peers),
        };
        seen.entry(format!("{properties} {peers}")).or_insert(tried.len());
        tried.push(Tried { properties, peers: peers.clone(), spec, binding: None, outcome, from });
        tried.len() - 1
    };
    let all_peers = rig.peers();
    let Some(contract) = rig.contract else {
        for peers in &all_peers {
            add(json!({}), peers, None);
        }
        return tried;
    };
    for (base, variations) in units(contract) {
        for (index, peers) in all_peers.iter().enumerate() {
            let at = add(base.clone(), peers, None);
            for Variation { path, value } in variations.iter().filter(|_| index == 0) {
                add(value.clone(), peers, Some((at, path.clone())));
            }
        }
    }
    tried
}

/// A unit where operators say different things.
fn bound(rig: &Rig<'_>) -> Vec<Tried> {
    let Some(contract) = rig.contract else { return Vec::new() };
    let provider = &rig.mapping.provider;
    let Some(shape) = rig.library.binding(contract, provider) else { return Vec::new() };
    let properties = samples::bases(&contract.spec).full.into_iter().next().unwrap_or_default();
    let (spec, _) = rig.run(UNIT, &properties, &json!({}));
    let mut tried: Vec<Tried> = Vec::new();
    let mut add = |said: &Value, from: Option<(usize, String)>| {
        let binding = rig.library.bind(contract, provider, &super::data_of(said), Span::NONE).ok().flatten();
        let outcome = match (&spec, &binding) {
            (Some(spec), Some(binding)) => rig.map(UNIT, spec, &super::data_of(&json!({})), Some(binding)),
            _ => Outcome::Refused(said.to_string()),
        };
        let (properties, peers, spec) = (properties.clone(), json!({}), spec.clone().filter(|_| binding.is_some()));
        tried.push(Tried { properties, peers, spec, binding, outcome, from });
        tried.len() - 1
    };
    for base in samples::bases(shape).full {
        let at = add(&base, None);
        for Variation { path, value } in samples::variations(shape, &base) {
            add(&value, Some((at, format!("binding:{path}"))));
        }
    }
    tried
}

/// T1
fn examples(rig: &Rig<'_>, contract: &Contract, report: &mut Report<'_>) {
    let nothing = super::data_of(&json!({}));
    for (name, example) in rig.library.examples(contract) {
        let wrong = match rig.run_data(UNIT, &example, &nothing, None) {
            Outcome::Refused(message) => format!("the contract refuses its example `{name}`: {message}"),
            Outcome::Bug(message, _) => format!("the example `{name}` meets an error: {message}"),
            Outcome::Problems(problems) => format!("the example `{name}` is not served: {problems}"),
            Outcome::Mapped(output) if !does_something(&output.whole) => {
                format!("the example `{name}` becomes no node")
            }
            Outcome::Mapped(_) => continue,
        };
        let place = example.span(example.root());
        report.found(Check::Examples, wrong, (!place.is_none()).then_some(place));
    }
}

/// Whether there are nodes, or at least something that others can refer to.
fn does_something(whole: &Value) -> bool {
    let has = |part: &str| whole.get(part).and_then(Value::as_object).is_some_and(|part| !part.is_empty());
    has("nodes") || has("outputs")
}

/// A path in problems that is none of a property: it would be told at no place.
fn stray<'a>(problems: &'a Value, contract: Option<&Contract>) -> Option<&'a str> {
    let paths = problems.as_array().into_iter().flatten().filter_map(|problem| problem["path"].as_str());
    paths.into_iter().find(|path| contract.is_some_and(|contract| contract.spec.at(path).is_none()))
}

/// T2
fn total(tried: &[Tried], contract: Option<&Contract>, report: &mut Report<'_>) {
    let mut told = BTreeSet::new();
    for one in tried {
        let (message, span) = match &one.outcome {
            Outcome::Bug(message, span) => (format!("an error instead of nodes or problems: {message}"), Some(*span)),
            Outcome::Mapped(output) if !does_something(&output.whole) => {
                ("neither nodes nor problems".to_owned(), None)
            }
            Outcome::Problems(problems) => match stray(problems, contract) {
                Some(path) => (format!("a problem speaks of `{path}`, which is no property"), None),
                None => continue,
            },
            _ => continue,
        };
        // One unit for each mistake is enough.
        if told.insert((span.map(|span| (span.file, span.start)), message.split(':').next().map(str::to_owned))) {
            report.found(Check::Total, format!("{message}; met by {}", one.properties), span);
        }
    }
}

/// T3
fn later(tried: &[Tried], report: &mut Report<'_>) {
    let later = |value: &Value| value.to_string().matches("{\"$").count();
    for one in tried {
        let Some((from, path)) = &one.from else { continue };
        let base = &tried[*from];
        if later(&one.properties) <= later(&base.properties) {
            continue;
        }
        if let (Outcome::Mapped(before), Outcome::Mapped(after)) = (&base.outcome, &one.outcome)
            && kinds(&before.whole) != kinds(&after.whole)
        {
            report.found(Check::Later, format!("other nodes where `{path}` is known only later"), None);
        }
    }
}

/// The types of nodes by their roles.
fn kinds(whole: &Value) -> BTreeMap<&str, &str> {
    let nodes = whole.get("nodes").and_then(Value::as_object).into_iter().flatten();
    nodes.map(|(role, node)| (role.as_str(), node["type"].as_str().unwrap_or_default())).collect()
}

/// T4
fn provider(tried: &[Tried], report: &mut Report<'_>) {
    let mut told = BTreeSet::new();
    for one in tried {
        let Outcome::Mapped(output) = &one.outcome else { continue };
        let nodes = output.whole.get("nodes").and_then(Value::as_object).into_iter().flatten();
        for (role, node) in nodes {
            let kind = node["type"].as_str().unwrap_or_default();
            let properties = with_holes(&node["props"]);
            for wrong in (report.trial.judge)(&report.mapping.provider, kind, &properties) {
                if told.insert((role.clone(), wrong.clone())) {
                    report.found(Check::Provider, format!("the node `{role}`, a {kind}: {wrong}"), None);
                }
            }
        }
    }
}

/// T5
fn read(tries: &[&[Tried]], report: &mut Report<'_>) {
    let mut changes: BTreeMap<String, bool> = BTreeMap::new();
    for tried in tries {
        for one in *tried {
            let Some((from, path)) = &one.from else { continue };
            let matters = tried[*from].outcome != one.outcome;
            *changes.entry(path.clone()).or_default() |= matters;
        }
    }
    for (path, _) in changes.into_iter().filter(|(_, matters)| !matters) {
        let names = |gap: &str| path == gap || path.strip_prefix(gap).is_some_and(|rest| rest.starts_with('.'));
        if !report.mapping.gaps.iter().any(|gap| names(&gap.path)) {
            report.found(Check::Read, format!("`{path}` changes nothing, and no gap says so"), None);
        }
    }
}

/// T7
fn order(rig: &Rig<'_>, tried: &[Tried], report: &mut Report<'_>) {
    for one in tried.iter().filter(|one| one.from.is_none()) {
        let (_, shuffled) = rig.run(UNIT, &reversed(&one.properties), &reversed(&one.peers));
        let is_sound = |outcome: &Outcome| matches!(outcome, Outcome::Mapped(_) | Outcome::Problems(_));
        if is_sound(&shuffled) && is_sound(&one.outcome) && shuffled != one.outcome {
            let message = format!("another order of keys gives something else; met by {}", one.properties);
            return report.found(Check::Order, message, None);
        }
    }
}

/// T8
fn secrets(tried: &[Tried], report: &mut Report<'_>) {
    for one in tried {
        let Outcome::Mapped(output) = &one.outcome else { continue };
        let mut found = Vec::new();
        texts(&output.whole, &mut found);
        for text in found {
            if ["$ref", "$secret", "$join", "$call", "$alloc"].iter().any(|form| text.contains(form)) {
                let message = format!("a value that is known later was made a part of the text `{text}`");
                return report.found(Check::Texts, message, None);
            }
        }
    }
}

/// T9
fn names(rig: &Rig<'_>, tried: &[Tried], report: &mut Report<'_>) {
    for one in tried.iter().filter(|one| one.from.is_none()) {
        let Outcome::Mapped(first) = &one.outcome else { continue };
        let (_, Outcome::Mapped(second)) = rig.run("another", &one.properties, &one.peers) else { continue };
        let mut said = Vec::new();
        texts(&one.properties, &mut said);
        let nodes = first.whole.get("nodes").and_then(Value::as_object).into_iter().flatten();
        for (role, node) in nodes {
            let other = &second.whole["nodes"][role]["props"]["name"];
            let Some(name) = node["props"]["name"].as_str().filter(|_| node["props"]["name"] == *other) else {
                continue;
            };
            // A name that the user gave is his to choose.
            if !said.contains(&name) {
                let message = format!("the node `{role}` of every unit is called `{name}`");
                report.found(Check::Names, message, None);
            }
        }
    }
}
