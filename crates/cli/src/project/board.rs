//! What is being done, for how long, what waits and for what, and how much is done: as lines. Makes no call and asks no
//! clock; told events, it tells lines.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use strata_model::event::Planned;
use strata_model::{Address, Event, StepOp};

/// So many of what runs and of what waits are named.
const NAMED: usize = 6;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    Running(Duration),
    Ended,
}

#[derive(Default, Debug)]
pub(super) struct Board {
    order: Arc<[Planned]>,
    states: Vec<State>,
    index: BTreeMap<(Address, StepOp), usize>,
    ended: usize,
    failed: usize,
}

/// How it stands, for programs.
#[derive(Serialize, PartialEq, Eq, Debug)]
pub(super) struct Standing {
    pub(super) steps: usize,
    pub(super) ended: usize,
    pub(super) failed: usize,
    pub(super) running: Vec<Running>,
    pub(super) waiting: usize,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(super) struct Running {
    pub(super) address: Address,
    pub(super) op: StepOp,
    pub(super) seconds: u64,
}

impl Board {
    /// Takes up what happened at a time.
    pub(super) fn note(&mut self, event: &Event, now: Duration) {
        match event {
            Event::RunStart { order, .. } => self.begin(order.clone()),
            Event::StepStart { address, op } => self.set(address, *op, State::Running(now)),
            Event::StepDone { address, op, .. } | Event::StepSkipped { address, op, .. } => {
                self.set(address, *op, State::Ended);
            }
            Event::StepFailed { address, op, .. } => {
                self.failed += 1;
                self.set(address, *op, State::Ended);
            }
            Event::RunDone { .. } => *self = Board::default(),
            _ => {}
        }
    }

    fn begin(&mut self, order: Arc<[Planned]>) {
        let state = |step: &Planned| if step.done { State::Ended } else { State::Waiting };
        self.states = order.iter().map(state).collect();
        self.ended = order.iter().filter(|step| step.done).count();
        self.failed = 0;
        self.index = order.iter().map(|step| (step.address.clone(), step.op)).zip(0..).collect();
        self.order = order;
    }

    fn set(&mut self, address: &Address, op: StepOp, state: State) {
        let Some(&at) = self.index.get(&(address.clone(), op)) else { return };
        if state == State::Ended && self.states[at] != State::Ended {
            self.ended += 1;
        }
        self.states[at] = state;
    }

    /// Whether a plan is being applied.
    pub(super) fn is_busy(&self) -> bool {
        !self.order.is_empty()
    }

    pub(super) fn standing(&self, now: Duration) -> Standing {
        let running: Vec<Running> = self.running(now).collect();
        let steps = self.order.len();
        Standing { waiting: steps - self.ended - running.len(), steps, ended: self.ended, failed: self.failed, running }
    }

    /// In the order of the plan, which is that in which they began, more or less.
    fn running(&self, now: Duration) -> impl Iterator<Item = Running> {
        self.order.iter().zip(&self.states).filter_map(move |(step, state)| match state {
            State::Running(since) => {
                let seconds = now.saturating_sub(*since).as_secs();
                Some(Running { address: step.address.clone(), op: step.op, seconds })
            }
            _ => None,
        })
    }

    /// What is shown on a terminal.
    pub(super) fn lines(&self, now: Duration) -> Vec<String> {
        if !self.is_busy() {
            return Vec::new();
        }
        let standing = self.standing(now);
        let mut lines = vec![standing.summary()];
        for running in standing.running.iter().take(NAMED) {
            lines.push(format!("  {} {}  {}", running.op.name(), running.address, time(running.seconds)));
        }
        lines.extend(more(standing.running.len(), "are being done"));
        let waiting: Vec<(&Planned, String)> = self.waiting().take(NAMED).collect();
        for (step, why) in &waiting {
            lines.push(format!("  {} {}  waits for {why}", step.op.name(), step.address));
        }
        lines.extend(more(standing.waiting, "wait"));
        lines
    }

    /// What waits, and for what.
    fn waiting(&self) -> impl Iterator<Item = (&Planned, String)> {
        let waits = |(step, state): (&Planned, &State)| *state == State::Waiting && !step.done;
        self.order.iter().zip(&self.states).filter(move |pair| waits(*pair)).map(|(step, _)| {
            let open = step.after.iter().map(|&before| before as usize);
            let open = open.filter(|&before| self.states.get(before).is_some_and(|state| *state != State::Ended));
            let first = open.filter_map(|before| self.order.get(before)).next();
            (step, first.map_or_else(|| "its turn".to_owned(), |first| first.address.to_string()))
        })
    }
}

impl Standing {
    /// One line on how it stands.
    pub(super) fn summary(&self) -> String {
        let percent = self.ended * 100 / self.steps.max(1);
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        format!(
            "{percent:>3} % of {} {} done{failed}, {} being done, {} waiting",
            self.steps,
            if self.steps == 1 { "step" } else { "steps" },
            self.running.len(),
            self.waiting
        )
    }

    /// The same with what is being done, where nobody watches.
    pub(super) fn heartbeat(&self) -> String {
        let name =
            |running: &Running| format!("{} {} for {}", running.op.name(), running.address, time(running.seconds));
        let shown: Vec<String> = self.running.iter().take(3).map(name).collect();
        let rest = self.running.len().saturating_sub(3);
        let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        format!("still at work: {}: {}{rest}", self.summary().trim_start(), shown.join(", "))
    }
}

fn more(count: usize, what: &str) -> Option<String> {
    (count > NAMED).then(|| format!("  and {} more {what}", count - NAMED))
}

fn time(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{:02}s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(unit: &str, after: &[u32]) -> Planned {
        let address = format!("acme/prod/-/{unit}/main").parse().unwrap();
        Planned { address, op: StepOp::Create, after: after.to_vec(), done: false }
    }

    #[test]
    fn the_board_tells_what_runs_for_how_long_and_what_waits_for_what() {
        let order: Arc<[Planned]> = [step("net", &[]), step("db", &[0]), step("web", &[1])].into();
        let event = |at: usize, start: bool| {
            let (address, op) = (order[at].address.clone(), order[at].op);
            if start {
                Event::StepStart { address, op }
            } else {
                Event::StepDone { address, op, object: None, elapsed_ms: 1 }
            }
        };
        let mut board = Board::default();
        assert_eq!(board.lines(Duration::ZERO), [""; 0]);
        board.begin(order.clone());
        board.note(&event(0, true), Duration::from_secs(1));
        board.note(&event(0, false), Duration::from_secs(2));
        board.note(&event(1, true), Duration::from_secs(2));
        let now = Duration::from_secs(77);
        assert_eq!(
            board.lines(now),
            [
                " 33 % of 3 steps done, 1 being done, 1 waiting",
                "  create acme/prod/-/db/main  1m15s",
                "  create acme/prod/-/web/main  waits for acme/prod/-/db/main",
            ]
        );
        assert_eq!(
            board.standing(now).heartbeat(),
            "still at work: 33 % of 3 steps done, 1 being done, 1 waiting: create acme/prod/-/db/main for 1m15s"
        );
        let (address, op) = (order[1].address.clone(), order[1].op);
        board.note(&Event::StepFailed { address, op, error: "no".into() }, now);
        assert_eq!(board.standing(now).summary(), " 66 % of 3 steps done, 1 failed, 0 being done, 1 waiting");
    }
}
