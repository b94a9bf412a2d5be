//! Which step of a plan may begin, and which cannot be done any more. Knows steps by their number and makes no call.

use std::collections::VecDeque;

use strata_model::Plan;

use crate::codes;
use crate::failure::Failure;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    Waiting,
    InFlight,
    Done,
    Failed,
    Skipped,
}

/// A step that is not done, and the step whose failure is why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Skipped {
    pub(super) step: usize,
    pub(super) because: usize,
}

#[derive(Debug)]
pub(super) struct Schedule<'p> {
    plan: &'p Plan,
    states: Vec<State>,
    /// How many steps each still waits for.
    missing: Vec<usize>,
    then: Vec<Vec<usize>>,
    /// Which failure keeps a step from being done.
    blocked: Vec<Option<usize>>,
    /// Steps by wave that have not ended.
    waves: Vec<usize>,
    wave: usize,
    ready: VecDeque<usize>,
    /// Ready but for their wave.
    later: Vec<usize>,
}

impl<'p> Schedule<'p> {
    pub(super) fn new(plan: &'p Plan) -> Result<Schedule<'p>, Failure> {
        let count = plan.steps.len();
        let mut missing = vec![0; count];
        let mut then = vec![Vec::new(); count];
        let mut waves = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            let wave = step.wave as usize;
            waves.resize(waves.len().max(wave + 1), 0);
            waves[wave] += 1;
            let known = plan.actions.get(step.action as usize).is_some();
            for &before in step.after.iter().chain(&step.follows) {
                if before as usize >= at || !known {
                    let message = format!("the steps of plan {} are out of order", super::super::short(&plan.hash));
                    return Err(Failure::error(codes::CHANGED_PLAN, message));
                }
                missing[at] += 1;
                then[before as usize].push(at);
            }
        }
        let mut schedule = Schedule {
            plan,
            states: vec![State::Waiting; count],
            later: (0..count).filter(|&step| missing[step] == 0).collect(),
            missing,
            then,
            blocked: vec![None; count],
            waves,
            wave: 0,
            ready: VecDeque::new(),
        };
        schedule.advance();
        Ok(schedule)
    }

    /// A step that may begin.
    pub(super) fn next(&mut self) -> Option<usize> {
        // Some were done by an earlier run since they became ready.
        while let Some(step) = self.ready.pop_front() {
            if self.states[step] == State::Waiting {
                return Some(step);
            }
        }
        None
    }

    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    pub(super) fn begin(&mut self, step: usize) {
        self.states[step] = State::InFlight;
    }

    /// A step that was to begin has not begun.
    pub(super) fn put_back(&mut self, step: usize) {
        self.states[step] = State::Waiting;
        self.ready.push_front(step);
    }

    pub(super) fn state(&self, step: usize) -> State {
        self.states[step]
    }

    pub(super) fn any(&self, state: State) -> bool {
        self.states.contains(&state)
    }

    pub(super) fn count(&self, state: State) -> usize {
        self.states.iter().filter(|known| **known == state).count()
    }

    /// A step has ended: those that waited for it may go on, or not at all.
    pub(super) fn end(&mut self, step: usize, state: State) -> Vec<Skipped> {
        let mut skipped = Vec::new();
        let mut open = vec![(step, state)];
        while let Some((step, state)) = open.pop() {
            self.states[step] = state;
            self.waves[self.plan.steps[step].wave as usize] -= 1;
            let cause = self.blocked[step].unwrap_or(step);
            for at in 0..self.then[step].len() {
                let next = self.then[step][at];
                self.missing[next] -= 1;
                let needs = self.plan.steps[next].after.iter().any(|&before| before as usize == step);
                if state != State::Done && needs {
                    self.blocked[next].get_or_insert(cause);
                }
                if self.missing[next] > 0 || self.states[next] != State::Waiting {
                    continue;
                }
                match self.blocked[next] {
                    Some(because) => {
                        skipped.push(Skipped { step: next, because });
                        open.push((next, State::Skipped));
                    }
                    None => self.make_ready(next),
                }
            }
        }
        self.advance();
        skipped
    }

    fn make_ready(&mut self, step: usize) {
        if self.states[step] != State::Waiting {
            return;
        }
        if self.plan.steps[step].wave as usize <= self.wave {
            self.ready.push_back(step);
        } else {
            self.later.push(step);
        }
    }

    /// Lets the steps of the first wave begin that has not ended.
    fn advance(&mut self) {
        let before = self.wave;
        while self.wave < self.waves.len() && self.waves[self.wave] == 0 {
            self.wave += 1;
        }
        if self.wave > before || before == 0 {
            for step in std::mem::take(&mut self.later) {
                self.make_ready(step);
            }
        }
    }
}
