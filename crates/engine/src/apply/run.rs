//! One run of one plan. A single thread decides, journals and records; a few others make the calls.
//!
//! Each turn commits once: the outcomes that have come in, and the intents of the steps that have become ready. Only
//! then are those steps begun. So no call starts before its intent is durable, a step starts only after the outcomes
//! that it waits for are, and many steps share one commit.

mod prepare;
mod publish;
mod schedule;
mod settle;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strata_decide::Progress;
use strata_defects::{Point, pass};
use strata_model::event::Planned;
use strata_model::plan::Counts;
use strata_model::run::StepResult;
use strata_model::{
    Action, Address, Digest, Event, Plan, Record, Resource, Run, RunId, RunStatus, Step, StepOp, Timestamp,
};
use strata_ports::{Call, Driver, Reads, StoreError};

use crate::failure::Failure;
use crate::fill::Filled;
use crate::lease::Held;
use crate::mask::Mask;
use crate::{Engine, codes};

use super::call::{self, Effect, End};
use super::sheet::{Chosen, Ledger};
use publish::PendingOutput;
use schedule::{Schedule, State};
pub(super) use settle::unwell;

use super::{Applied, StepFailure, conditions, quota};

/// How many intents may be journaled ahead of each caller, so that callers do not wait for commits.
const AHEAD: usize = 8;

/// How long outcomes are gathered for one commit at most.
const GATHER: Duration = Duration::from_millis(10);

/// A step that a caller may begin.
struct Task {
    step: usize,
    driver: Arc<dyn Driver>,
    effect: Effect,
    mask: Mask,
    call: Call,
    /// What its intent says that its time is up at.
    deadline: Timestamp,
}

struct Ended {
    step: usize,
    end: End,
    elapsed: Duration,
}

struct Running<'e, 'p> {
    engine: &'e Engine<'e>,
    held: &'e mut Held,
    plan: &'p Plan,
    run: Run,
    project: Arc<str>,
    ledger: Ledger,
    /// Numbers that this run has chosen.
    chosen: RefCell<Chosen>,
    schedule: Schedule<'p>,
    /// By action: how many of its steps that make or change something are not done.
    unmade: Vec<usize>,
    /// What was filled for a step in flight.
    filled: Vec<Option<Filled>>,
    in_flight: usize,
    outputs: Vec<PendingOutput<'p>>,
    counts: Counts,
    failures: Vec<StepFailure>,
    /// Records to go into the next commit.
    pending: Vec<Record>,
}

pub(super) fn run(engine: &Engine<'_>, held: &mut Held, plan: &Plan, earlier: Option<Run>) -> Result<Applied, Failure> {
    let mut ledger = Ledger::open(engine, &held.context)?;
    let mut so_far = Progress::default();
    if let Some(earlier) = &earlier {
        for outcome in engine.store.outcomes(&held.context, &earlier.id)? {
            match outcome.result {
                StepResult::Done => so_far.done.insert(outcome.step as usize),
                StepResult::Unwell(_) => so_far.again.insert(outcome.step as usize),
                StepResult::Failed(_) => false,
            };
        }
    }
    let begun = so_far.done.union(&so_far.again);
    let begun: BTreeSet<&Address> =
        begun.filter_map(|&step| Some(&action_of(plan, plan.steps.get(step)?)?.address)).collect();
    conditions::hold(engine, &ledger, plan, &|action| begun.contains(&action.address))?;
    if begun.is_empty() {
        conditions::relied_on(engine, plan)?;
    }
    hold_to_rules(engine, &ledger, plan, &so_far)?;
    quota::reserve(engine, held, &mut ledger, plan)?;
    let others = engine.store.runs(&held.context, usize::MAX)?;
    let others = others.into_iter().filter(|other| other.plan != plan.hash && other.tier == plan.partition.tier);
    let superseded: Vec<Record> = others
        .filter(|other| other.status.is_open())
        .map(|other| Record::Run(Run { status: RunStatus::Superseded, ..other }))
        .collect();
    let started = engine.clock.now();
    let run = Run {
        status: RunStatus::Running,
        finished: None,
        ..earlier.unwrap_or_else(|| new_run(engine, held, plan, started))
    };
    let mut running = Running::new(engine, held, plan, run, ledger)?;
    running.settle_earlier(&so_far.done);
    running.pending.push(Record::Run(running.run.clone()));
    running.pending.extend(superseded);
    (engine.events)(Event::RunStart {
        run: running.run.id.clone(),
        plan: plan.hash,
        context: plan.partition.context.clone(),
        tier: plan.partition.tier,
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
        order: order(plan, &so_far.done),
    });
    running.drive()?;
    running.finish()
}

/// The steps of a plan, told to who shows how it goes on.
fn order(plan: &Plan, done: &BTreeSet<usize>) -> Arc<[Planned]> {
    let planned = |(at, step): (usize, &Step)| {
        let address = plan.actions.get(step.action as usize)?.address.clone();
        let after = step.after.iter().chain(&step.follows).copied().collect();
        Some(Planned { address, op: step.op, after, done: done.contains(&at) })
    };
    plan.steps.iter().enumerate().filter_map(planned).collect()
}

/// Whoever made it, what is left of a plan is held against the rules before the first call.
fn hold_to_rules(engine: &Engine<'_>, ledger: &Ledger, plan: &Plan, so_far: &Progress) -> Result<(), Failure> {
    let mut resources: BTreeMap<Address, Resource> =
        ledger.resources.iter().map(|(address, resource)| (address.clone(), (**resource).clone())).collect();
    // What it needs of other contexts.
    for need in plan.actions.iter().filter_map(|action| action.desired.as_ref()).flat_map(|desired| &desired.depends_on)
    {
        if !need.on.is_in(&plan.partition.context)
            && !resources.contains_key(&need.on)
            && let Some(found) = engine.store.resource(&need.on)?
        {
            resources.insert(need.on.clone(), found);
        }
    }
    let state = strata_decide::State { resources, ..strata_decide::State::default() };
    let drivers = crate::gather::drivers(engine, plan.actions.iter().map(|action| &action.provider));
    crate::planning::refuse_broken(strata_decide::check_rest(plan, so_far, &state, &drivers))
}

fn new_run(engine: &Engine<'_>, held: &Held, plan: &Plan, started: Timestamp) -> Run {
    // No two runs of a context share a fence.
    let name = format!("{} {} {}", held.context, held.lease.fence.0, plan.hash);
    Run {
        id: RunId(Digest::of(name.as_bytes()).short().into()),
        plan: plan.hash,
        tier: plan.partition.tier,
        by: engine.who.principal.clone(),
        started,
        finished: None,
        status: RunStatus::Running,
    }
}

fn action_of<'p>(plan: &'p Plan, step: &Step) -> Option<&'p Action> {
    plan.actions.get(step.action as usize)
}

impl<'e, 'p> Running<'e, 'p> {
    fn new(
        engine: &'e Engine<'e>,
        held: &'e mut Held,
        plan: &'p Plan,
        run: Run,
        ledger: Ledger,
    ) -> Result<Running<'e, 'p>, Failure> {
        let schedule = Schedule::new(plan)?;
        let mut unmade = vec![0; plan.actions.len()];
        for step in plan.steps.iter().filter(|step| makes(step.op)) {
            unmade[step.action as usize] += 1;
        }
        Ok(Running {
            project: engine.store.project()?,
            engine,
            held,
            plan,
            run,
            ledger,
            chosen: RefCell::default(),
            schedule,
            unmade,
            filled: std::iter::repeat_with(|| None).take(plan.steps.len()).collect(),
            in_flight: 0,
            outputs: publish::pending(plan),
            counts: Counts::default(),
            failures: Vec::new(),
            pending: Vec::new(),
        })
    }

    /// Steps that an earlier run of the plan has done need not be done again.
    fn settle_earlier(&mut self, done: &BTreeSet<usize>) {
        for &step in done.range(..self.plan.steps.len()) {
            if self.schedule.state(step) == State::Waiting {
                self.end(step, State::Done);
            }
        }
    }

    fn drive(&mut self) -> Result<(), Failure> {
        let callers = self.engine.limits.parallelism.clamp(1, self.plan.steps.len().max(1));
        let (to_callers, tasks) = mpsc::channel::<Task>();
        let (done, ended) = mpsc::channel::<Ended>();
        let tasks = Mutex::new(tasks);
        let engine = self.engine;
        std::thread::scope(|scope| {
            for _ in 0..callers {
                let done = done.clone();
                let tasks = &tasks;
                scope.spawn(move || serve(engine, tasks, &done));
            }
            drop(done);
            let outcome = self.turn(&to_callers, &ended, callers);
            // Lets the callers end.
            drop(to_callers);
            outcome
        })
    }

    fn turn(&mut self, to_callers: &Sender<Task>, ended: &Receiver<Ended>, callers: usize) -> Result<(), Failure> {
        loop {
            let mut tasks = Vec::new();
            let mut deadline = self.engine.clock.now();
            while self.in_flight < callers * AHEAD && !self.engine.interrupt.is_raised() {
                let Some(step) = self.schedule.next() else { break };
                if let Some(task) = self.prepare(step)? {
                    deadline = deadline.max(task.deadline);
                    self.in_flight += 1;
                    tasks.push(task);
                }
            }
            self.publish()?;
            match self.commit(deadline) {
                // Somebody else was quicker to choose a number: these steps choose again.
                Err(StoreError::Taken { .. }) if !tasks.is_empty() => {
                    self.withdraw(&tasks);
                    continue;
                }
                committed => committed?,
            }
            for task in tasks {
                let (address, op) = (task.call.owner.address.clone(), self.plan.steps[task.step].op);
                (self.engine.events)(Event::StepStart { address, op });
                if to_callers.send(task).is_err() {
                    return Err(Failure::error(codes::DRIVER, "no thread is left to make calls"));
                }
            }
            if self.in_flight == 0 {
                if self.schedule.is_idle() || self.engine.interrupt.is_raised() {
                    return Ok(());
                }
                continue;
            }
            self.wait(ended, callers)?;
        }
    }

    /// Waits for one step to end, and a little for others, because a commit costs the same for one and for many: while
    /// callers have something left to begin, or else for a part of the time that the call took.
    fn wait(&mut self, ended: &Receiver<Ended>, callers: usize) -> Result<(), Failure> {
        let first = match ended.recv_timeout(self.engine.limits.lease / 3) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::error(codes::DRIVER, "no thread is left to make calls"));
            }
        };
        let part = (first.elapsed / 2).min(GATHER);
        self.take(first)?;
        let begin = self.engine.clock.monotonic();
        while self.in_flight > 0 {
            let spent = self.engine.clock.monotonic().saturating_sub(begin);
            let patience = if self.in_flight > callers { GATHER } else { part };
            match ended.recv_timeout(patience.saturating_sub(spent)) {
                Ok(next) => self.take(next)?,
                Err(_) => break,
            }
        }
        Ok(())
    }

    /// Commits what is pending, and the lease with it where it must last longer.
    fn commit(&mut self, deadline: Timestamp) -> Result<(), StoreError> {
        self.pending.extend(self.held.renewal(self.engine, deadline));
        if self.pending.is_empty() {
            return Ok(());
        }
        pass(Point::TurnDecided);
        self.held.commit(self.engine, &self.pending)?;
        pass(Point::TurnJournaled);
        self.pending.clear();
        Ok(())
    }

    /// Takes back what was prepared and has not begun.
    fn withdraw(&mut self, tasks: &[Task]) {
        for task in tasks.iter().rev() {
            self.in_flight -= 1;
            self.filled[task.step] = None;
            self.schedule.put_back(task.step);
        }
        let begun = |record: &Record| matches!(record, Record::Intent(intent) if tasks.iter().any(|task| task.step == intent.step as usize));
        self.pending.retain(|record| !begun(record));
    }

    /// A step has ended, in this run or an earlier one; those that cannot be done any more are told.
    fn end(&mut self, step: usize, state: State) {
        let Step { action, op, .. } = &self.plan.steps[step];
        let action = *action as usize;
        if state == State::Done {
            self.unmade[action] -= usize::from(makes(*op));
            if self.unmade[action] == 0 {
                let address = &self.plan.actions[action].address;
                self.outputs.iter_mut().for_each(|output| _ = output.needs.remove(address));
            }
        }
        for skipped in self.schedule.end(step, state) {
            let (address, op) = self.told(skipped.step);
            let because = self.told(skipped.because).0;
            (self.engine.events)(Event::StepSkipped { address, op, because });
        }
    }

    fn told(&self, step: usize) -> (Address, StepOp) {
        let step = &self.plan.steps[step];
        (self.plan.actions[step.action as usize].address.clone(), step.op)
    }

    fn finish(mut self) -> Result<Applied, Failure> {
        let failed = self.schedule.any(State::Failed) || !self.failures.is_empty();
        let waiting = self.schedule.any(State::Waiting) || self.schedule.any(State::InFlight);
        let status = match (failed, waiting) {
            (_, true) => RunStatus::Interrupted,
            (true, false) => RunStatus::Partial,
            (false, false) => RunStatus::Done,
        };
        pass(Point::RunEnds);
        self.run.status = status;
        self.run.finished = Some(self.engine.clock.now());
        self.pending.push(Record::Run(self.run.clone()));
        self.commit(self.engine.clock.now())?;
        let skipped = self.schedule.count(State::Skipped);
        (self.engine.events)(Event::RunDone { run: self.run.id.clone(), status, counts: self.counts });
        Ok(Applied { run: self.run.id, status, counts: self.counts, failures: self.failures, skipped })
    }
}

/// Whether a step makes or changes something, so that what refers to it can be filled afterwards.
fn makes(op: StepOp) -> bool {
    !matches!(op, StepOp::Delete | StepOp::DeleteDeposed | StepOp::Forget)
}

/// One caller: takes steps as they come until there are no more.
fn serve(engine: &Engine<'_>, tasks: &Mutex<Receiver<Task>>, done: &Sender<Ended>) {
    loop {
        let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        let start = engine.clock.monotonic();
        let end = if call::in_time(engine, &task.call, task.deadline) {
            call::perform(engine, &*task.driver, &task.effect, &task.mask, task.call, task.deadline)
        } else {
            End::NotStarted
        };
        let elapsed = engine.clock.monotonic().saturating_sub(start);
        if done.send(Ended { step: task.step, end, elapsed }).is_err() {
            return;
        }
    }
}
