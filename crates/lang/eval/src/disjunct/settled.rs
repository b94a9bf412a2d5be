//! What is left of a disjunction: alternatives that are equal become one, and marks say which is the default.

use std::sync::Arc;

use super::{Mode, Outcome, Partial, Remaining};
use crate::limits::Limit;
use crate::session::Session;
use crate::value::{Disjunction, Value};
use crate::vertex::{Status, VertexId};

/// How many steps it counts to hold one alternative against another.
const COMPARISON: u64 = 10;

impl Session {
    /// What the alternatives of a level came to: those that have disjunctions of their own count as what these leave.
    pub(super) fn outcomes(&mut self, survivors: Vec<Partial>) -> Vec<(Outcome, VertexId)> {
        let is_default = |mode| mode == Mode::Default;
        let left_drops = !survivors.iter().any(|p| is_default(p.mode) || is_default(p.before));
        let right_drops = !survivors.iter().any(|p| is_default(p.last));
        let mut found = Vec::with_capacity(survivors.len());
        let mut nested = false;
        for partial in survivors {
            let end = self.deref(partial.vertex);
            let inner = self.outcomes.remove(&partial.vertex).unwrap_or_default();
            if inner.len() > 1 {
                for outcome in inner {
                    let mode = combine(partial.mode, partial.last.max(outcome.mode), left_drops, false);
                    nested |= mode != Mode::Maybe;
                    let choices = [&partial.choices[..], &outcome.choices].concat();
                    found.push((Outcome { mode, choices, ..outcome }, end));
                }
                continue;
            }
            let (own, mut choices) =
                inner.into_iter().next().map_or_else(|| (partial.mode, Vec::new()), |only| (only.mode, only.choices));
            choices.splice(0..0, partial.choices);
            let mode = combine(own, partial.last, left_drops, right_drops);
            found.push((Outcome { value: Value::Vertex(end), mode, last: partial.last, choices }, end));
        }
        if nested {
            for (outcome, _) in &mut found {
                if outcome.mode == Mode::Maybe {
                    outcome.mode = Mode::NotDefault;
                }
            }
        }
        found
    }

    /// What is left of the scalars of an alternative.
    pub(crate) fn note_scalars(&mut self, vertex: VertexId, remaining: &Remaining) {
        if !self.vertex(vertex).alternative {
            return;
        }
        let outcome = |(value, mode): &(Value, Mode)| Outcome {
            value: value.clone(),
            mode: *mode,
            last: *mode,
            choices: Vec::new(),
        };
        self.outcomes.insert(vertex, remaining.iter().map(outcome).collect());
    }

    pub(super) fn settle_alternatives(&mut self, vertex: VertexId, survivors: Vec<Partial>) -> Result<(), Limit> {
        let mut remaining: Vec<Outcome> = Vec::new();
        for (outcome, _) in self.outcomes(survivors) {
            self.meter.work(remaining.len() as u64 * COMPARISON)?;
            self.join(&mut remaining, outcome);
        }
        if self.vertex(vertex).alternative {
            self.outcomes.insert(vertex, remaining.clone());
        }
        // What else waits here has been done in each alternative.
        for task in self.work(vertex).tasks.clone() {
            self.task_mut(task).done = true;
        }
        if let [Outcome { value: Value::Vertex(only), .. }] = remaining[..] {
            let at = self.vertex_mut(vertex);
            at.forward = only;
            at.status = Status::Done;
            return Ok(());
        }
        let value = match &remaining[..] {
            [only] => only.value.clone(),
            _ => disjunction_value(remaining.into_iter().map(|outcome| (outcome.value, outcome.mode)).collect()),
        };
        self.vertex_mut(vertex).arcs.clear();
        self.work(vertex).resolved = Some(value);
        Ok(())
    }

    /// Adds an alternative unless an equal one is there.
    fn join(&mut self, remaining: &mut Vec<Outcome>, outcome: Outcome) {
        for known in remaining.iter_mut() {
            if self.same_structure(&known.value, &outcome.value) {
                if outcome.mode == Mode::Default {
                    known.mode = Mode::Default;
                }
                return;
            }
        }
        remaining.push(outcome);
    }
}

pub(crate) fn combine(left: Mode, right: Mode, left_drops: bool, right_drops: bool) -> Mode {
    let left = if left_drops { Mode::Maybe } else { left };
    let right = if right_drops { Mode::Maybe } else { right };
    left.max(right)
}

pub(crate) fn disjunction_value(remaining: Remaining) -> Value {
    let has_defaults = remaining.iter().any(|(_, mode)| *mode != Mode::Maybe);
    let defaults = remaining.iter().filter(|(_, mode)| *mode == Mode::Default).count();
    let (marked, rest): (Vec<_>, Vec<_>) = remaining.into_iter().partition(|(_, mode)| *mode == Mode::Default);
    let values = marked.into_iter().chain(rest).map(|(value, _)| value).collect();
    Value::Disjunction(Arc::new(Disjunction { values, defaults, has_defaults }))
}
