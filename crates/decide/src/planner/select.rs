//! Which nodes and which recorded resources a plan is about, where a part of them was asked for.

use std::collections::{BTreeMap, BTreeSet};

use strata_base::Diagnostic;
use strata_model::{Address, Resource};

use crate::codes;
use crate::input::{Input, Selection};

use super::links::Links;

pub(super) struct Selected {
    /// By the place of the node.
    pub(super) nodes: Vec<bool>,
    /// `None` where everything is selected.
    recorded: Option<BTreeSet<Address>>,
}

impl Selected {
    /// Whether a recorded resource without a node may be touched.
    pub(super) fn has(&self, address: &Address) -> bool {
        self.recorded.as_ref().is_none_or(|selected| selected.contains(address))
    }
}

pub(super) fn select(input: &Input<'_>, links: &Links<'_>) -> Result<Selected, Vec<Diagnostic>> {
    let (asked, exclude) = match &input.options.selection {
        Selection::All => (None, false),
        Selection::Target(asked) => (Some(asked), false),
        Selection::Exclude(asked) => (Some(asked), true),
    };
    let named = asked.into_iter().flatten().chain(&input.options.replace).chain(&input.options.allow_protected);
    let problems: Vec<Diagnostic> = named
        .filter(|address| !links.index.contains_key(address) && !input.state.resources.contains_key(address))
        .map(|address| Diagnostic::error(codes::NO_SUCH_TARGET, format!("there is no resource {address}")))
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(asked) = asked else {
        return Ok(Selected { nodes: vec![true; links.nodes.len()], recorded: None });
    };
    // Nodes: with a target goes what it needs; with an exclusion goes what needs it.
    let edges = if exclude { &links.after } else { &links.before };
    let mut reached = vec![false; links.nodes.len()];
    let mut open: Vec<usize> = asked.iter().filter_map(|address| links.index.get(address).copied()).collect();
    while let Some(node) = open.pop() {
        if !std::mem::replace(&mut reached[node], true) {
            open.extend(edges[node].iter().filter(|edge| edge.hard).map(|edge| edge.node));
        }
    }
    // Deletes: a target takes with it what needs it; excluding keeps with it what it needs.
    let mut recorded = BTreeSet::new();
    let mut open: Vec<&Address> = asked.iter().filter(|address| !links.index.contains_key(address)).collect();
    let dependents = recorded_dependents(input);
    while let Some(address) = open.pop() {
        if !recorded.insert(address.clone()) {
            continue;
        }
        if exclude {
            let needs = input.state.resources.get(address).into_iter().flat_map(|resource| &resource.depends_on);
            open.extend(needs.map(|need| &need.on));
        } else {
            open.extend(dependents.get(address).into_iter().flatten().map(|resource| &resource.address));
        }
    }
    if exclude {
        reached.iter_mut().for_each(|reached| *reached = !*reached);
        recorded = input.state.resources.keys().filter(|address| !recorded.contains(*address)).cloned().collect();
    }
    Ok(Selected { nodes: reached, recorded: Some(recorded) })
}

/// Who is recorded to need what, within what was given to the planner.
fn recorded_dependents<'a>(input: &Input<'a>) -> BTreeMap<&'a Address, Vec<&'a Resource>> {
    let mut dependents: BTreeMap<&Address, Vec<&Resource>> = BTreeMap::new();
    for resource in input.state.resources.values() {
        for need in &resource.depends_on {
            dependents.entry(&need.on).or_default().push(resource);
        }
    }
    dependents
}
