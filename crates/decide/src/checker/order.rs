//! Rules about what comes before what, over all plans of a set. Only what a step waits for counts: steps that do not
//! wait for each other may happen in any order.

use std::collections::BTreeSet;

use strata_model::{Address, Plan, StepOp, Strength};

use super::{Findings, Places, Rule};
use crate::input::State;

pub(super) fn check(plans: &[Plan], done: &BTreeSet<usize>, state: &State, found: &mut Findings) {
    for (at, plan) in plans.iter().enumerate() {
        one(plan, &plans[..at], done, state, found);
    }
}

fn one(plan: &Plan, earlier: &[Plan], done: &BTreeSet<usize>, state: &State, found: &mut Findings) {
    let made_earlier: BTreeSet<&Address> = earlier
        .iter()
        .flat_map(|plan| plan.steps.iter().map(move |step| (plan, step)))
        .filter(|(_, step)| makes(step.op))
        .map(|(plan, step)| &plan.actions[step.action as usize].address)
        .collect();
    let touched_earlier: BTreeSet<&Address> = earlier.iter().flat_map(|plan| plan.actions.iter().map(former)).collect();
    let (mut makers, mut takers) = (Places::default(), Places::default());
    for (at, step) in plan.steps.iter().enumerate() {
        let action = &plan.actions[step.action as usize];
        if makes(step.op) {
            makers.insert(&action.address, at);
        }
        // What has gone by now was let go before.
        if matches!(step.op, StepOp::Delete | StepOp::DeleteDeposed) && !done.contains(&at) {
            takers.insert(former(action), at);
        }
    }
    for (at, step) in plan.steps.iter().enumerate().filter(|(at, _)| !done.contains(at)) {
        let action = &plan.actions[step.action as usize];
        let needs = action.desired.iter().flat_map(|desired| &desired.depends_on);
        // What only gets another name needs no more than it has.
        let is_made = makes(step.op) && !action.only_moves();
        for need in needs.filter(|need| need.strength == Strength::Hard && is_made) {
            let there = match makers.get(&need.on) {
                Some(maker) => waits(plan, at, *maker),
                None => {
                    let stays = state.resources.contains_key(&need.on) && !takers.contains_key(&need.on);
                    made_earlier.contains(&need.on) || stays
                }
            };
            if !there {
                let message = format!("{} is made before {}, which it needs", action.address, need.on);
                found.tell(Rule::Dependency, message);
            }
        }
    }
    let mut steps: Vec<Vec<usize>> = vec![Vec::new(); plan.actions.len()];
    for (at, step) in plan.steps.iter().enumerate() {
        steps[step.action as usize].push(at);
    }
    let places: Places<'_> = plan.actions.iter().map(former).zip(0..).collect();
    // Who needs what goes must have gone, or have let go, before.
    for resource in state.resources.values() {
        for need in resource.depends_on.iter().filter(|need| need.strength == Strength::Hard) {
            let Some(&taker) = takers.get(&need.on) else { continue };
            let replaced = makers.contains_key(&need.on);
            let safe = match places.get(&resource.address) {
                Some(&own) => lets_go(plan, &steps[own], taker, replaced),
                // In another plan of the set, which has come before; or what it needs is there again.
                None => touched_earlier.contains(&resource.address) || replaced,
            };
            if !safe {
                let message = format!("{} goes while {} still needs it", need.on, resource.address);
                found.tell(Rule::Deletion, message);
            }
        }
    }
}

fn makes(op: StepOp) -> bool {
    matches!(op, StepOp::Create | StepOp::Update | StepOp::Import | StepOp::Record | StepOp::Read)
}

fn former(action: &strata_model::Action) -> &Address {
    action.moved_from.as_ref().unwrap_or(&action.address)
}

/// Whether a step waits for another, by way of others or not.
fn waits(plan: &Plan, step: usize, for_step: usize) -> bool {
    let mut open = vec![step];
    let mut seen = BTreeSet::new();
    while let Some(at) = open.pop() {
        for &before in &plan.steps[at].after {
            let before = before as usize;
            if before == for_step {
                return true;
            }
            // Steps wait backwards only, so nothing before it can lead to it.
            if before > for_step && seen.insert(before) {
                open.push(before);
            }
        }
    }
    false
}

/// Whether a resource of this plan stops needing what a step takes away before it is taken.
fn lets_go(plan: &Plan, own: &[usize], taker: usize, replaced: bool) -> bool {
    let gone = own.iter().find(|&&at| matches!(plan.steps[at].op, StepOp::Delete | StepOp::Forget));
    if let Some(&at) = gone {
        return waits(plan, taker, at);
    }
    // What is deleted first and made again is followed by what is updated after it.
    replaced || own.iter().any(|&at| makes(plan.steps[at].op) && waits(plan, taker, at))
}
