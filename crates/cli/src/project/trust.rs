//! Who is trusted with what: `trust.toml` in the folder of the user's settings, outside of every store. Without it a
//! store belongs to whoever works with it.
//!
//! ```toml
//! modes = { "1" = "plan_and_approve", "3" = "auto_apply" }
//! quorum = { "1" = 2 }
//!
//! [keys]
//! bob = ["ssh-ed25519 AAAA… bob@laptop"]
//!
//! [[grants]]
//! principal = "bob"
//! role = "tier_approver"
//! place = "acme/prod/*"
//! tier = 1
//! ```

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::Deserialize;
use strata_base::Diagnostic;
use strata_engine::{Authority, Mode, PublicKey};
use strata_model::{Grant, Principal, Tier};

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Trust {
    #[serde(default)]
    modes: BTreeMap<String, Word>,
    #[serde(default)]
    quorum: BTreeMap<String, usize>,
    #[serde(default)]
    keys: BTreeMap<Principal, Vec<String>>,
    #[serde(default)]
    grants: Vec<Grant>,
}

#[derive(Deserialize, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
enum Word {
    PlanAndApprove,
    AutoApply,
}

pub(super) fn read(path: &Path, own: &Principal, own_key: Option<PublicKey>) -> Result<Authority, CommandError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Authority::own(own.clone(), own_key)),
        Err(error) => return Err(CommandError::plain(Exit::Validation, wrong(path, &error.to_string()))),
    };
    let trust: Trust = super::toml(path, &text, |error| wrong(path, error))?;
    understand(trust).map_err(|error| CommandError::plain(Exit::Validation, wrong(path, &error)))
}

fn understand(trust: Trust) -> Result<Authority, String> {
    let quorum: BTreeMap<Tier, usize> =
        trust.quorum.iter().map(|(tier, count)| Ok((tier.parse()?, *count))).collect::<Result<_, String>>()?;
    let mut modes = BTreeMap::new();
    for (tier, word) in &trust.modes {
        let tier: Tier = tier.parse()?;
        let needed = quorum.get(&tier).copied().unwrap_or(1).max(1);
        let mode = match word {
            Word::PlanAndApprove => Mode::PlanAndApprove { quorum: needed },
            Word::AutoApply => Mode::AutoApply,
        };
        modes.insert(tier, mode);
    }
    let mut keys = BTreeMap::new();
    for (principal, texts) in trust.keys {
        let parsed: Vec<PublicKey> = texts.iter().map(|text| text.parse()).collect::<Result<_, String>>()?;
        keys.insert(principal, parsed);
    }
    Ok(Authority { modes, grants: trust.grants, keys, owner: None })
}

fn wrong(path: &Path, what: &str) -> Diagnostic {
    Diagnostic::error(codes::TRUST, format!("cannot use `{}`: {what}", path.display()))
}
