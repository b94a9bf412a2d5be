//! Rules about one plan that need no order.

use std::collections::BTreeSet;

use strata_model::{Action, ActionKind, Expect, Plan, Reason, Schemas, StepOp};

use super::{Findings, Progress, Rule, recorded};
use crate::input::State;

/// Whether the plan is well enough formed for the other rules to be asked.
pub(super) fn check(
    plan: &Plan,
    so_far: &Progress,
    state: &State,
    schemas: &dyn Schemas,
    found: &mut Findings,
) -> bool {
    let before = found.0.len();
    if plan.compute_hash().ok() != Some(plan.hash) {
        found.tell(Rule::Hash, format!("{} is not what its hash says", plan.partition));
    }
    scope(plan, found);
    steps(plan, found);
    if found.0.len() > before {
        return false;
    }
    let begun = so_far.done.union(&so_far.again);
    let begun: BTreeSet<usize> = begun.filter_map(|&step| Some(plan.steps.get(step)?.action as usize)).collect();
    for at in 0..plan.actions.len() {
        let action = &plan.actions[at];
        let prior = recorded(plan, at, state);
        // What is recorded of an action that has begun is its own doing.
        let fresh = !begun.contains(&at);
        let holds = match (action.expect, prior) {
            (Expect::Absent, None) => true,
            (Expect::Serial(serial), Some(prior)) => prior.serial == serial,
            _ => false,
        };
        if fresh && !holds {
            found.tell(Rule::Expectation, format!("{} expects what is not recorded", action.address));
        }
        if let Some(prior) = prior.filter(|prior| prior.tier != plan.partition.tier) {
            found.tell(Rule::Scope, format!("{} is of tier {}, not of {}", action.address, prior.tier, plan.partition));
        }
        let goes = matches!(action.action, ActionKind::Delete | ActionKind::Replace | ActionKind::ReplaceCreateFirst);
        let guarded = prior.is_some_and(|prior| prior.settings.protect)
            || (action.action != ActionKind::Delete
                && action.desired.as_ref().is_some_and(|desired| desired.settings.protect));
        if goes && guarded && !action.lifted {
            found.tell(Rule::Protection, format!("{} is protected", action.address));
        }
        let owned = prior.is_some_and(|prior| !prior.settings.read);
        if fresh
            && matches!(action.action, ActionKind::Create | ActionKind::Import)
            && owned
            && !action.reasons.contains(&Reason::Missing)
        {
            found.tell(Rule::Expectation, format!("{} is made although it is recorded", action.address));
        }
        if action.action == ActionKind::Update {
            immutable(action, schemas, found);
        }
    }
    true
}

fn scope(plan: &Plan, found: &mut Findings) {
    let mut seen = BTreeSet::new();
    let acted = plan.actions.iter().map(|action| &action.address);
    for address in acted.chain(&plan.unchanged) {
        if address.context() != plan.partition.context {
            found.tell(Rule::Scope, format!("{address} is not in {}", plan.partition));
        }
        if !seen.insert(address) {
            found.tell(Rule::Scope, format!("{address} is acted on twice"));
        }
    }
}

/// The operations that an action consists of, in their order.
fn wanted(action: &Action) -> Vec<StepOp> {
    let mut ops = match action.action {
        ActionKind::Create => vec![StepOp::Create],
        ActionKind::Update => vec![StepOp::Update],
        ActionKind::Replace => vec![StepOp::Delete, StepOp::Create],
        ActionKind::ReplaceCreateFirst => vec![StepOp::Create, StepOp::DeleteDeposed],
        ActionKind::Delete => vec![StepOp::Delete],
        ActionKind::Read => vec![StepOp::Read],
        ActionKind::Import => vec![StepOp::Import],
        ActionKind::Forget => vec![StepOp::Forget],
        ActionKind::NoOp => vec![StepOp::Record],
    };
    let leftovers = action.reasons.contains(&Reason::Deposed);
    if leftovers && !ops.contains(&StepOp::DeleteDeposed) && !ops.contains(&StepOp::Delete) {
        ops.push(StepOp::DeleteDeposed);
    }
    ops
}

fn steps(plan: &Plan, found: &mut Findings) {
    let mut had: Vec<Vec<(usize, StepOp)>> = vec![Vec::new(); plan.actions.len()];
    let mut wave = 0;
    for (at, step) in plan.steps.iter().enumerate() {
        if step.wave < wave {
            found.tell(Rule::Steps, format!("step {at} is of an earlier wave than the one before"));
        }
        wave = step.wave;
        if step.after.iter().chain(&step.follows).any(|&before| before as usize >= at) {
            found.tell(Rule::Steps, format!("step {at} waits for one that comes later"));
        }
        match had.get_mut(step.action as usize) {
            Some(had) => had.push((at, step.op)),
            None => found.tell(Rule::Steps, format!("step {at} belongs to no action")),
        }
    }
    for (action, had) in plan.actions.iter().zip(&had) {
        let ops: Vec<StepOp> = had.iter().map(|(_, op)| *op).collect();
        if ops != wanted(action) {
            found.tell(Rule::Steps, format!("{} does not have the steps of its action", action.address));
        }
        // The second half must not begin before the first has succeeded.
        for pair in had.windows(2) {
            let waits = plan.steps[pair[1].0].after.iter().any(|&before| before as usize == pair[0].0);
            if !waits {
                found.tell(Rule::Steps, format!("the steps of {} do not wait for each other", action.address));
            }
        }
        let wants = !matches!(action.action, ActionKind::Delete | ActionKind::Forget);
        if wants != action.desired.is_some() {
            found.tell(Rule::Steps, format!("{} says what it wants exactly if it wants something", action.address));
        }
    }
}

fn immutable(action: &Action, schemas: &dyn Schemas, found: &mut Findings) {
    let Some(schema) = schemas.schema(&action.provider, &action.kind) else { return };
    for change in &action.changes {
        if change.forces_replacement || schema.is_immutable(&change.path) {
            found.tell(Rule::Immutability, format!("`{}` of {} cannot change in place", change.path, action.address));
        }
    }
}
