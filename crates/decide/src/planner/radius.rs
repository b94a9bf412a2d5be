//! What else feels a change: everything that depends on it, however far away.

use std::collections::{BTreeMap, VecDeque};

use strata_model::plan::Affected;
use strata_model::{Action, ActionKind, Address, Strength, Tier};

use crate::input::Input;

/// Who needs what, and how much, over everything that is known.
pub(super) type Reverse<'a> = BTreeMap<&'a Address, Vec<(&'a Address, Tier, Strength)>>;

pub(super) fn reverse<'a>(input: &Input<'a>) -> Reverse<'a> {
    let mut reverse = Reverse::new();
    for resource in input.state.resources.values() {
        for need in &resource.depends_on {
            reverse.entry(&need.on).or_default().push((&resource.address, resource.tier, need.strength));
        }
    }
    for (on, dependents) in &input.state.dependents {
        let elsewhere = dependents.iter().filter(|found| !input.state.resources.contains_key(&found.address));
        let entry = reverse.entry(on).or_default();
        entry.extend(elsewhere.map(|found| (&found.address, found.tier, found.strength)));
    }
    reverse
}

/// What the actions of one plan reach, hard ways before soft ones, so that each is told with its strongest tie and the
/// nearest cause.
pub(super) fn affected(actions: &[Action], reverse: &Reverse<'_>) -> Vec<Affected> {
    let felt = |action: &&Action| {
        !matches!(action.action, ActionKind::Create | ActionKind::NoOp | ActionKind::Import | ActionKind::Read)
    };
    let sources: Vec<&Address> =
        actions.iter().filter(felt).map(|action| action.moved_from.as_ref().unwrap_or(&action.address)).collect();
    let mut found: BTreeMap<&Address, Option<Affected>> = sources.iter().map(|source| (*source, None)).collect();
    for strength in [Strength::Hard, Strength::Soft] {
        let mut open: VecDeque<(&Address, &Address)> = match strength {
            Strength::Hard => sources.iter().map(|source| (*source, *source)).collect(),
            // Soft ways may begin anywhere on a hard one.
            Strength::Soft => {
                let by = |address, affected: &'_ Option<Affected>| match affected {
                    Some(affected) => sources.iter().find(|source| ***source == affected.by).copied(),
                    None => Some(address),
                };
                found.iter().filter_map(|(address, affected)| Some((*address, by(*address, affected)?))).collect()
            }
        };
        while let Some((at, by)) = open.pop_front() {
            for (address, tier, tie) in reverse.get(at).into_iter().flatten() {
                if *tie > strength || found.contains_key(address) {
                    continue;
                }
                let affected = Affected { address: (*address).clone(), tier: *tier, strength, by: by.clone() };
                found.insert(address, Some(affected));
                open.push_back((address, by));
            }
        }
    }
    found.into_values().flatten().collect()
}
