//! Finds what is recorded and no longer wanted, and refuses to delete what others need.

use std::collections::{BTreeMap, BTreeSet};

use strata_base::Diagnostic;
use strata_model::{Address, Dependency, Partition, Reason, Resource, Retain, Strength};

use crate::codes;
use crate::input::{Input, Reality};

use super::links::Links;
use super::select::Selected;
use super::settled::Settled;

pub(super) struct Deleted<'a> {
    pub(super) resource: &'a Resource,
    pub(super) reason: Reason,
    /// Only forgotten: its object stays, or is gone already.
    pub(super) forget: bool,
}

pub(super) struct Deletes<'a> {
    /// Sorted by address.
    pub(super) all: Vec<Deleted<'a>>,
    pub(super) warnings: Vec<(Partition, String)>,
}

pub(super) fn find<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    selected: &Selected,
    settled: &[Option<Settled<'a>>],
) -> Result<Deletes<'a>, Vec<Diagnostic>> {
    let scope: BTreeSet<&Partition> = input.graph.scope.iter().collect();
    let reason = if input.options.destroy { Reason::Destroy } else { Reason::Absent };
    let all: Vec<Deleted> = input
        .state
        .resources
        .values()
        .filter(|resource| !links.index.contains_key(&resource.address) && !links.moved.contains_key(&resource.address))
        .filter(|resource| selected.has(&resource.address))
        .filter(|resource| {
            let partition = Partition { context: resource.address.context(), tier: resource.tier };
            scope.contains(&partition)
        })
        .map(|resource| {
            let reality = input.state.reality.as_ref().and_then(|reality| reality.get(&resource.address));
            // What an earlier replacement left behind is still there.
            let gone = reality == Some(&Reality::Missing) && resource.deposed.is_empty();
            let settings = &resource.settings;
            let forget = gone || settings.read || settings.retain == Retain::Keep;
            Deleted { resource, reason: reason.clone(), forget }
        })
        .collect();
    let mut deletes = Deletes { all, warnings: Vec::new() };
    if deletes.all.is_empty() {
        return Ok(deletes);
    }
    let mut problems = Vec::new();
    let going: BTreeSet<&Address> = deletes.all.iter().map(|deleted| &deleted.resource.address).collect();
    let needed = needed(input, links, settled, &going);
    for deleted in deletes.all.iter().filter(|deleted| !deleted.forget) {
        let resource = deleted.resource;
        refuse_protected(input, resource, &mut problems);
        let (blocking, hoping): (Vec<_>, Vec<_>) =
            needed[&resource.address].iter().partition(|(_, strength)| *strength == Strength::Hard);
        if !blocking.is_empty() {
            problems.push(refusal(resource, &blocking));
        }
        let partition = Partition { context: resource.address.context(), tier: resource.tier };
        deletes.warnings.extend(hoping.into_iter().map(|(dependent, _)| {
            (partition.clone(), format!("{dependent} depends softly on {}, which is deleted", resource.address))
        }));
    }
    if problems.is_empty() { Ok(deletes) } else { Err(problems) }
}

/// Who will still need what is going, once this plan is done.
fn needed<'a>(
    input: &Input<'a>,
    links: &'a Links<'a>,
    settled: &[Option<Settled<'a>>],
    going: &BTreeSet<&'a Address>,
) -> BTreeMap<&'a Address, BTreeSet<(&'a Address, Strength)>> {
    let mut needed: BTreeMap<&Address, BTreeSet<(&Address, Strength)>> =
        going.iter().map(|address| (*address, BTreeSet::new())).collect();
    let mut add = |who: &'a Address, needs: &'a [Dependency]| {
        for need in needs {
            if let Some(by) = needed.get_mut(&need.on) {
                by.insert((who, need.strength));
            }
        }
    };
    // A node says what it will need; one that is left out of this plan goes on needing what it needed.
    let mut spoken_for = BTreeSet::new();
    for (index, node) in links.nodes.iter().enumerate() {
        if !matches!(settled[index], Some(Settled::Skipped)) {
            add(&node.address, &links.needs[index]);
            spoken_for.extend(links.prior[index].map(|prior| &prior.address));
        }
    }
    for resource in input.state.resources.values() {
        if !going.contains(&resource.address) && !spoken_for.contains(&resource.address) {
            add(&resource.address, &resource.depends_on);
        }
    }
    for (on, dependents) in &input.state.dependents {
        let Some(by) = needed.get_mut(on) else { continue };
        let elsewhere = dependents.iter().filter(|found| !input.state.resources.contains_key(&found.address));
        by.extend(elsewhere.map(|found| (&found.address, found.strength)));
    }
    needed
}

fn refuse_protected(input: &Input<'_>, resource: &Resource, problems: &mut Vec<Diagnostic>) {
    if resource.settings.protect && !input.options.allow_protected.contains(&resource.address) {
        let message = format!("{} is protected and would be deleted", resource.address);
        let hint = format!("to delete it nevertheless: --allow-protected {}", resource.address);
        problems.push(Diagnostic::error(codes::PROTECTED, message).hint(hint));
    }
}

fn refusal(resource: &Resource, blocking: &[&(&Address, Strength)]) -> Diagnostic {
    const SHOWN: usize = 5;
    let mut names: Vec<&str> = blocking.iter().take(SHOWN).map(|(address, _)| address.as_str()).collect();
    let rest = format!("{} more", blocking.len().saturating_sub(SHOWN));
    if blocking.len() > SHOWN {
        names.push(&rest);
    }
    let message = format!("{} cannot be deleted, these need it: {}", resource.address, names.join(", "));
    Diagnostic::error(codes::NEEDED, message).hint("delete them first or in the same plan, or take the dependency away")
}
