//! Puts the actions of one plan into steps and the steps into an order.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rustc_hash::FxHashMap;
use strata_base::Diagnostic;
use strata_model::{Action, ActionKind, Address, Dependency, Phase, Resource, Step, StepOp, Strength};

use crate::codes;

/// An action with what is recorded of its resource.
pub(super) struct Draft<'a> {
    pub(super) action: Action,
    pub(super) prior: Option<&'a Resource>,
}

/// The steps of the action at each place. What comes forward makes or changes; what comes back takes away.
#[derive(Clone, Copy, Default)]
struct Places {
    forward: Option<usize>,
    back: Option<usize>,
}

#[derive(Default)]
struct Proto {
    action: usize,
    op: Option<StepOp>,
    wave: u32,
    after: Vec<usize>,
    follows: Vec<usize>,
}

/// Deletes that replace nothing come after all that makes or changes.
const LAST_FORWARD: u32 = Phase::Networking as u32;

pub(super) fn order(drafts: &[Draft<'_>]) -> Result<Vec<Step>, Box<Diagnostic>> {
    let mut protos: Vec<Proto> = Vec::with_capacity(drafts.len());
    let mut places: Vec<Places> = vec![Places::default(); drafts.len()];
    for (action, draft) in drafts.iter().enumerate() {
        let mut push = |op, wave| {
            protos.push(Proto { action, op: Some(op), wave, ..Proto::default() });
            Some(protos.len() - 1)
        };
        let phase = draft.action.desired.as_ref().map_or(Phase::default(), |desired| desired.settings.phase) as u32;
        let reversed = LAST_FORWARD + 1 + LAST_FORWARD - draft.prior.map_or(phase, |prior| prior.settings.phase as u32);
        let place = &mut places[action];
        match draft.action.action {
            ActionKind::Create => place.forward = push(StepOp::Create, phase),
            ActionKind::Update => place.forward = push(StepOp::Update, phase),
            ActionKind::Read => place.forward = push(StepOp::Read, phase),
            ActionKind::Import => place.forward = push(StepOp::Import, phase),
            ActionKind::NoOp => place.forward = push(StepOp::Record, phase),
            ActionKind::Forget => place.back = push(StepOp::Forget, reversed),
            ActionKind::Delete => place.back = push(StepOp::Delete, reversed),
            ActionKind::Replace => {
                place.back = push(StepOp::Delete, phase);
                place.forward = push(StepOp::Create, phase);
            }
            ActionKind::ReplaceCreateFirst => {
                place.forward = push(StepOp::Create, phase);
                place.back = push(StepOp::DeleteDeposed, phase);
            }
        }
        // What an earlier replacement left behind goes together with what this one leaves behind.
        if draft.action.deletes_deposed() && place.back.is_none() {
            place.back = push(StepOp::DeleteDeposed, reversed);
        }
    }
    draw(drafts, &places, &mut protos);
    sort(drafts, protos)
}

fn draw(drafts: &[Draft<'_>], places: &[Places], protos: &mut [Proto]) {
    let now: FxHashMap<&Address, usize> = drafts.iter().map(|draft| &draft.action.address).zip(0..).collect();
    let before: FxHashMap<&Address, usize> =
        drafts.iter().enumerate().filter_map(|(at, draft)| Some((&draft.prior?.address, at))).collect();
    for (at, draft) in drafts.iter().enumerate() {
        let own = places[at];
        // Within one action.
        match (draft.action.action, own.forward, own.back) {
            (ActionKind::Replace, Some(forward), Some(back)) => protos[forward].after.push(back),
            (_, Some(forward), Some(back)) => protos[back].after.push(forward),
            _ => {}
        }
        // What it will need comes before it. What goes only once its successor stands waits for those who move over.
        for need in draft.action.desired.iter().flat_map(|desired| &desired.depends_on) {
            let Some(needed) = now.get(&need.on).map(|&needed| (needed, places[needed])) else { continue };
            let (Some(forward), Some(first)) = (own.forward, needed.1.forward) else { continue };
            if need.strength == Strength::Hard {
                protos[forward].after.push(first);
                if drafts[needed.0].action.action != ActionKind::Replace
                    && let Some(back) = needed.1.back
                {
                    protos[back].after.push(forward);
                }
            } else if needed.0 < at {
                // Drafts stand in an order in which all hard needs are met; a wish against it gives way.
                protos[forward].follows.push(first);
            }
        }
        // What it was recorded to need goes after it is gone, or after it has let go.
        for need in draft.prior.into_iter().flat_map(|prior| hard(&prior.depends_on)) {
            let Some(&needed) = before.get(&need.on) else { continue };
            let Some(gone) = places[needed].back else { continue };
            if let Some(back) = own.back {
                protos[gone].after.push(back);
            }
            let let_go = drafts[needed].action.action != ActionKind::Replace;
            if let (Some(forward), true) = (own.forward, let_go) {
                protos[gone].after.push(forward);
            }
        }
    }
}

fn hard(needs: &[Dependency]) -> impl Iterator<Item = &Dependency> {
    needs.iter().filter(|need| need.strength == Strength::Hard)
}

/// Orders the steps: by wave, and within a wave as they stand. A step that must wait for one of a later wave moves
/// there: phases give way.
fn sort(drafts: &[Draft<'_>], mut protos: Vec<Proto>) -> Result<Vec<Step>, Box<Diagnostic>> {
    let count = protos.len();
    let mut missing = vec![0_usize; count];
    let mut then: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, proto) in protos.iter_mut().enumerate() {
        proto.after.sort_unstable();
        proto.after.dedup();
        let after = &proto.after;
        proto.follows.retain(|step| after.binary_search(step).is_err());
        for &step in proto.after.iter().chain(&proto.follows) {
            missing[at] += 1;
            then[step].push(at);
        }
    }
    // First the waves, in any order that meets the needs; then the steps, by wave.
    let mut open: Vec<usize> = (0..count).filter(|&at| missing[at] == 0).collect();
    let mut left = missing.clone();
    let mut seen = 0;
    while let Some(at) = open.pop() {
        seen += 1;
        for &next in &then[at] {
            protos[next].wave = protos[next].wave.max(protos[at].wave);
            left[next] -= 1;
            if left[next] == 0 {
                open.push(next);
            }
        }
    }
    if seen < count {
        let stuck: Vec<&str> = (0..count)
            .filter(|&at| left[at] > 0)
            .map(|at| drafts[protos[at].action].action.address.as_str())
            .take(10)
            .collect();
        let message = format!("no order of steps meets what is recorded: {} wait for each other", stuck.join(", "));
        let problem = Diagnostic::error(codes::CYCLE, message).hint("apply a part of it first, with --target");
        return Err(Box::new(problem));
    }
    let mut ready: BinaryHeap<Reverse<(u32, usize)>> =
        (0..count).filter(|&at| missing[at] == 0).map(|at| Reverse((protos[at].wave, at))).collect();
    let mut number = vec![0_u32; count];
    let mut steps = Vec::with_capacity(count);
    while let Some(Reverse((wave, at))) = ready.pop() {
        number[at] = narrow(steps.len());
        for &next in &then[at] {
            missing[next] -= 1;
            if missing[next] == 0 {
                ready.push(Reverse((protos[next].wave, next)));
            }
        }
        let proto = &mut protos[at];
        let Some(op) = proto.op else { continue };
        let numbers = |steps: &[usize]| {
            let mut numbers: Vec<u32> = steps.iter().map(|&step| number[step]).collect();
            numbers.sort_unstable();
            numbers
        };
        let (after, follows) = (numbers(&proto.after), numbers(&proto.follows));
        steps.push(Step { action: narrow(proto.action), op, wave, after, follows });
    }
    Ok(steps)
}

/// A plan of more than four billion steps does not fit into memory.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
