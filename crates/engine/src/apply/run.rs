//! One run of one plan. A single thread decides, journals and records; a few others make the calls.
//!
//! Each turn commits once: the outcomes that have come in, and the intents of the steps that have become ready. Only
//! then are those steps begun. So no call starts before its intent is durable, a step starts only after the outcomes
//! that it waits for are, and many steps share one commit.

mod publish;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use strata_model::plan::Counts;
use strata_model::run::StepResult;
use strata_model::{
    Action, Address, Digest, Event, Intent, ObjectId, Outcome, Plan, PlanSet, Reason, Record, Resource, Run, RunId,
    RunStatus, Status, Step, StepOp, Timestamp, Token,
};
use strata_ports::{Call, Create, Delete, Driver, Observed, Owner, Update};

use crate::failure::Failure;
use crate::fill::{self, Filled, Place};
use crate::lease::Held;
use crate::{Engine, codes};

use super::call::{self, Effect, End};
use super::records::{Made, as_planned, with_status};
use super::sheet::{Chosen, Everything, Ledger};
use publish::PendingOutput;
pub(super) use publish::keep_secrets;

use super::{Applied, StepFailure, conditions};

/// How many intents may be journaled ahead of each caller, so that callers do not wait for commits.
const AHEAD: usize = 4;

/// A step that a caller may begin.
struct Task {
    step: usize,
    driver: Arc<dyn Driver>,
    effect: Effect,
    call: Call,
}

struct Ended {
    step: usize,
    end: End,
    elapsed: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Waiting,
    InFlight,
    Done,
    Failed,
    Skipped,
}

struct Running<'e, 'p> {
    engine: &'e Engine<'e>,
    held: &'e mut Held,
    plan: &'p Plan,
    run: Run,
    project: Arc<str>,
    ledger: Ledger,
    chosen: RefCell<Option<Chosen>>,
    states: Vec<State>,
    /// How many steps each still waits for.
    missing: Vec<usize>,
    then: Vec<Vec<usize>>,
    /// Who failed, so that a step cannot be done.
    blocked: Vec<Option<Address>>,
    /// Steps by wave that have not ended.
    waves: Vec<usize>,
    wave: usize,
    ready: VecDeque<usize>,
    /// Ready but for their wave.
    later: Vec<usize>,
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
    let ledger = Ledger::open(engine, &held.context)?;
    let mut done = BTreeSet::new();
    if let Some(earlier) = &earlier {
        for outcome in engine.store.outcomes(&held.context, &earlier.id)? {
            if outcome.result == StepResult::Done {
                done.insert(outcome.step as usize);
            }
        }
    }
    let begun: BTreeSet<&Address> =
        done.iter().filter_map(|&step| Some(&action_of(plan, plan.steps.get(step)?)?.address)).collect();
    conditions::hold(engine, &ledger, plan, &|action| begun.contains(&action.address))?;
    if begun.is_empty() {
        hold_to_rules(engine, &ledger, plan)?;
    }
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
    running.settle_earlier(&done);
    running.pending.push(Record::Run(running.run.clone()));
    running.pending.extend(superseded);
    (engine.events)(Event::RunStart {
        run: running.run.id.clone(),
        plan: plan.hash,
        context: plan.partition.context.clone(),
        tier: plan.partition.tier,
        steps: u32::try_from(plan.steps.len()).unwrap_or(u32::MAX),
    });
    running.drive()?;
    running.finish()
}

/// Whoever made it, a plan is held against the rules before the first call.
fn hold_to_rules(engine: &Engine<'_>, ledger: &Ledger, plan: &Plan) -> Result<(), Failure> {
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
    let set = PlanSet { format: strata_model::plan::FORMAT, plans: vec![plan.clone()] };
    crate::planning::held_to_rules(&set, &state, &drivers)
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
        let count = plan.steps.len();
        let mut missing = vec![0; count];
        let mut then = vec![Vec::new(); count];
        let mut waves = Vec::new();
        for (at, step) in plan.steps.iter().enumerate() {
            let wave = step.wave as usize;
            waves.resize(waves.len().max(wave + 1), 0);
            waves[wave] += 1;
            for &before in step.after.iter().chain(&step.follows) {
                if before as usize >= at || action_of(plan, step).is_none() {
                    let message = format!("the steps of plan {} are out of order", super::short(&plan.hash));
                    return Err(Failure::error(codes::CHANGED_PLAN, message));
                }
                missing[at] += 1;
                then[before as usize].push(at);
            }
        }
        let mut running = Running {
            project: engine.store.project()?,
            engine,
            held,
            plan,
            run,
            ledger,
            chosen: RefCell::new(None),
            states: vec![State::Waiting; count],
            ready: VecDeque::new(),
            later: Vec::new(),
            missing,
            then,
            blocked: vec![None; count],
            waves,
            wave: 0,
            filled: std::iter::repeat_with(|| None).take(count).collect(),
            in_flight: 0,
            outputs: publish::pending(plan),
            counts: Counts::default(),
            failures: Vec::new(),
            pending: Vec::new(),
        };
        running.later = (0..count).filter(|&step| running.missing[step] == 0).collect();
        running.advance();
        Ok(running)
    }

    /// Steps that an earlier run of the plan has done need not be done again.
    fn settle_earlier(&mut self, done: &BTreeSet<usize>) {
        for &step in done {
            if step < self.states.len() && self.states[step] == State::Waiting {
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
            let outcome = self.turn(&to_callers, &ended, callers * AHEAD);
            // Lets the callers end.
            drop(to_callers);
            outcome
        })
    }

    fn turn(&mut self, to_callers: &Sender<Task>, ended: &Receiver<Ended>, capacity: usize) -> Result<(), Failure> {
        loop {
            let mut tasks = Vec::new();
            let mut deadline = self.engine.clock.now();
            while self.in_flight < capacity && !self.engine.interrupt.is_raised() {
                let Some(step) = self.ready.pop_front() else { break };
                // An earlier run has done it.
                if self.states[step] != State::Waiting {
                    continue;
                }
                if let Some(task) = self.prepare(step)? {
                    deadline = deadline.max(task.call.deadline);
                    self.in_flight += 1;
                    tasks.push(task);
                }
            }
            self.publish()?;
            self.commit(deadline)?;
            for task in tasks {
                let (address, op) = (task.call.owner.address.clone(), self.plan.steps[task.step].op);
                (self.engine.events)(Event::StepStart { address, op });
                if to_callers.send(task).is_err() {
                    return Err(Failure::error(codes::DRIVER, "no thread is left to make calls"));
                }
            }
            if self.in_flight == 0 {
                if self.ready.is_empty() || self.engine.interrupt.is_raised() {
                    return Ok(());
                }
                continue;
            }
            self.wait(ended)?;
        }
    }

    /// Waits for one step to end and takes all that have ended by then.
    fn wait(&mut self, ended: &Receiver<Ended>) -> Result<(), Failure> {
        let first = match ended.recv_timeout(self.engine.limits.lease / 3) {
            Ok(first) => first,
            Err(RecvTimeoutError::Timeout) => return Ok(()),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::error(codes::DRIVER, "no thread is left to make calls"));
            }
        };
        self.take(first)?;
        while let Ok(next) = ended.try_recv() {
            self.take(next)?;
        }
        Ok(())
    }

    /// Commits what is pending, and the lease with it where it must last longer.
    fn commit(&mut self, deadline: Timestamp) -> Result<(), Failure> {
        self.pending.extend(self.held.renewal(self.engine, deadline));
        if self.pending.is_empty() {
            return Ok(());
        }
        let records = std::mem::take(&mut self.pending);
        self.held.commit(self.engine, &records)?;
        Ok(())
    }

    fn make_ready(&mut self, step: usize) {
        if self.states[step] != State::Waiting {
            return;
        }
        if let Some(because) = self.blocked[step].clone() {
            let (address, op) = self.told(step);
            (self.engine.events)(Event::StepSkipped { address, op, because });
            self.end(step, State::Skipped);
        } else if self.plan.steps[step].wave as usize <= self.wave {
            self.ready.push_back(step);
        } else {
            self.later.push(step);
        }
    }

    /// A step has ended: those that waited for it may go on, or not at all.
    fn end(&mut self, step: usize, state: State) {
        let mut open = vec![(step, state)];
        while let Some((step, state)) = open.pop() {
            self.states[step] = state;
            self.waves[self.plan.steps[step].wave as usize] -= 1;
            let failed = state != State::Done;
            let cause = self.blocked[step].clone().unwrap_or_else(|| self.told(step).0);
            for at in 0..self.then[step].len() {
                let next = self.then[step][at];
                self.missing[next] -= 1;
                let needs = self.plan.steps[next].after.iter().any(|&before| before as usize == step);
                if failed && needs && self.blocked[next].is_none() {
                    self.blocked[next] = Some(cause.clone());
                }
                if self.missing[next] > 0 || self.states[next] != State::Waiting {
                    continue;
                }
                match self.blocked[next].clone() {
                    Some(because) => {
                        let (address, op) = self.told(next);
                        (self.engine.events)(Event::StepSkipped { address, op, because });
                        open.push((next, State::Skipped));
                    }
                    None => self.make_ready(next),
                }
            }
        }
        self.advance();
    }

    /// Lets the steps of the first wave begin that has not ended.
    fn advance(&mut self) {
        while self.wave < self.waves.len() && self.waves[self.wave] == 0 {
            self.wave += 1;
        }
        for step in std::mem::take(&mut self.later) {
            self.make_ready(step);
        }
    }

    fn told(&self, step: usize) -> (Address, StepOp) {
        let step = &self.plan.steps[step];
        (self.plan.actions[step.action as usize].address.clone(), step.op)
    }

    /// Makes a step ready to be called, or does it at once if no call is needed.
    fn prepare(&mut self, step: usize) -> Result<Option<Task>, Failure> {
        let plan = self.plan;
        let op = plan.steps[step].op;
        let action = &plan.actions[plan.steps[step].action as usize];
        let before = action.moved_from.as_ref().unwrap_or(&action.address);
        let prior = self.ledger.resources.get(before).cloned();
        let filled = match &action.desired {
            Some(desired) if !matches!(op, StepOp::Delete | StepOp::DeleteDeposed) => {
                let sheet = Everything {
                    store: self.engine.store,
                    context: &self.held.context,
                    ledger: &self.ledger,
                    chosen: &self.chosen,
                };
                let place = Place { address: &action.address, prior: prior.as_deref() };
                let filled = fill::fill(self.engine, &sheet, &place, &desired.properties, &desired.checks);
                let checked = filled.and_then(|filled| {
                    as_planned(desired.known(), filled.sealed.as_ref().unwrap_or(&desired.properties))?;
                    Ok(filled)
                });
                match checked {
                    Ok(filled) => {
                        self.reserve(&action.address, &filled);
                        Some(filled)
                    }
                    Err(wrong) => {
                        self.fail(step, &wrong);
                        return Ok(None);
                    }
                }
            }
            _ => None,
        };
        let claim = action.moved_from.as_ref().map(|from| self.owner(from));
        let (effect, object) = match (op, prior.as_deref(), filled.as_ref()) {
            (StepOp::Create, _, Some(filled)) => {
                let (properties, tainted) = (filled.clear.clone(), filled.tainted.clone());
                (Effect::Create(Create { kind: action.kind.clone(), properties, tainted }), None)
            }
            (StepOp::Update, Some(prior), Some(filled)) if needs_no_call(action, prior, filled) => {
                self.record_only(step, action, prior);
                return Ok(None);
            }
            (StepOp::Update, Some(prior), Some(filled)) => {
                let update = Update {
                    kind: action.kind.clone(),
                    object: prior.object.clone(),
                    before: prior.filled().clone(),
                    after: filled.clear.clone(),
                    tainted: filled.tainted.clone(),
                };
                (Effect::Update { claim, update }, Some(prior.object.clone()))
            }
            (StepOp::Delete, Some(prior), _) => {
                let snapshot = prior.retain == strata_model::Retain::Snapshot;
                let delete = Delete { kind: prior.kind.clone(), object: prior.object.clone(), snapshot };
                (Effect::Delete(delete), Some(prior.object.clone()))
            }
            (StepOp::DeleteDeposed, Some(prior), _) => (Effect::DeleteDeposed(prior.deposed.clone()), None),
            (StepOp::Import, _, Some(_)) if action.import.is_some() => {
                let object = action.import.clone().unwrap_or_else(|| ObjectId("".into()));
                let kind = action.kind.clone();
                (Effect::Claim { kind, object: object.clone(), from: None }, Some(object))
            }
            (StepOp::Record, Some(prior), Some(_)) if claim.is_some() => {
                let (kind, object) = (prior.kind.clone(), prior.object.clone());
                (Effect::Claim { kind, object: object.clone(), from: claim }, Some(object))
            }
            (StepOp::Record, Some(prior), Some(_)) => {
                self.record_only(step, action, prior);
                return Ok(None);
            }
            (StepOp::Forget, Some(_), _) => {
                self.counts.forget += 1;
                self.done(step, vec![Record::Removed { address: before.clone() }]);
                return Ok(None);
            }
            // Gone already, by an earlier run or by hand.
            (StepOp::Delete | StepOp::DeleteDeposed | StepOp::Forget, None, _) => {
                self.done(step, Vec::new());
                return Ok(None);
            }
            _ => {
                self.fail(step, "its plan asks for what cannot be done with what is recorded");
                return Ok(None);
            }
        };
        let instance = match (op, prior.as_deref()) {
            (StepOp::Delete, Some(prior)) => &prior.provider,
            (StepOp::DeleteDeposed, Some(prior)) => prior.deposed.first().map_or(&prior.provider, |old| &old.provider),
            _ => &action.provider,
        };
        let Some(driver) = self.engine.drivers.driver(instance) else {
            self.fail(step, &format!("`{instance}` is not configured"));
            return Ok(None);
        };
        let number = u32::try_from(step).unwrap_or(u32::MAX);
        let token = self.token(step);
        let deadline = self.engine.clock.now().plus(self.engine.limits.call);
        self.pending.push(Record::Intent(Intent {
            run: self.run.id.clone(),
            step: number,
            op,
            address: action.address.clone(),
            kind: action.kind.clone(),
            provider: instance.clone(),
            token: token.clone(),
            deadline,
            object,
        }));
        // A delete of what was moved in the same plan happens under the mark that it still has.
        let marked = if matches!(op, StepOp::Delete) { before } else { &action.address };
        let call = Call { owner: self.owner(marked), token, deadline, attempt: 1 };
        self.filled[step] = filled;
        self.states[step] = State::InFlight;
        Ok(Some(Task { step, driver, effect, call }))
    }

    /// A number that was chosen is taken from now on, also for steps that begin before this one is done.
    fn reserve(&self, address: &Address, filled: &Filled) {
        if let Some(chosen) = self.chosen.borrow_mut().as_mut() {
            chosen.extend(
                filled.allocations.iter().map(|(path, allocation)| {
                    (allocation.pool.clone(), allocation.number, address.clone(), path.clone())
                }),
            );
        }
    }

    /// The same for every attempt at this step, in this run and in those that resume it.
    fn token(&self, step: usize) -> Token {
        let name = format!("{} {} {step}", self.project, self.run.id);
        Token(Digest::of(name.as_bytes()).to_string()["sha256:".len()..].into())
    }

    fn owner(&self, address: &Address) -> Owner {
        Owner { project: self.project.clone(), address: address.clone() }
    }

    /// Takes up how a call ended.
    fn take(&mut self, ended: Ended) -> Result<(), Failure> {
        let Ended { step, end, elapsed } = ended;
        self.in_flight -= 1;
        let plan = self.plan;
        let action = &plan.actions[plan.steps[step].action as usize];
        let op = plan.steps[step].op;
        let before = action.moved_from.as_ref().unwrap_or(&action.address);
        let filled = self.filled[step].take();
        let prior = self.ledger.resources.get(before).cloned();
        let tell_done = |object| {
            let (address, elapsed_ms) =
                (action.address.clone(), u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            (self.engine.events)(Event::StepDone { address, op, object, elapsed_ms });
        };
        match end {
            End::NotStarted => {
                self.states[step] = State::Waiting;
                self.make_ready(step);
            }
            End::Object(observed) => {
                keep_secrets(self.engine, &action.address, &observed)?;
                tell_done(Some(observed.object.clone()));
                let made = Made {
                    partition: &plan.partition,
                    action,
                    prior: prior.as_deref(),
                    serial: self.held.serial(),
                    at: self.engine.clock.now(),
                };
                let resource = filled.and_then(|filled| made.resource(filled, *observed));
                let mut records: Vec<Record> = Vec::new();
                if action.moved_from.is_some() && resource.is_some() {
                    records.push(Record::Removed { address: before.clone() });
                }
                records.extend(resource.map(|resource| Record::Resource(Box::new(resource))));
                self.count(op);
                self.done(step, records);
            }
            End::Gone => {
                tell_done(None);
                let record = match prior {
                    Some(prior) if op == StepOp::DeleteDeposed => {
                        let mut rest = (*prior).clone();
                        rest.deposed.clear();
                        rest.serial = self.held.serial();
                        Record::Resource(Box::new(rest))
                    }
                    _ => Record::Removed { address: before.clone() },
                };
                self.counts.destroy += 1;
                self.done(step, vec![record]);
            }
            End::Failed(error) => {
                self.outcome(step, StepResult::Failed(error.to_string()));
                if let Some(prior) = prior {
                    let failed = Record::Resource(Box::new(with_status(&prior, Status::Failed)));
                    self.ledger.take(std::slice::from_ref(&failed));
                    self.pending.push(failed);
                }
                self.fail(step, &error.to_string());
            }
            // The intent stays open: the next run looks again.
            End::Unsure(why) => self.fail(step, &format!("nobody knows whether it took effect: {why}")),
        }
        Ok(())
    }

    fn count(&mut self, op: StepOp) {
        match op {
            StepOp::Create => self.counts.add += 1,
            StepOp::Update => self.counts.change += 1,
            StepOp::Import => self.counts.imported += 1,
            _ => {}
        }
    }

    /// A step that changes only what is recorded.
    fn record_only(&mut self, step: usize, action: &Action, prior: &Resource) {
        let Some(filled) = self.refill(step, action, prior) else { return };
        let observed = Observed {
            object: prior.object.clone(),
            attributes: prior.observed.clone(),
            secrets: Vec::new(),
            owner: None,
        };
        let made = Made {
            partition: &self.plan.partition,
            action,
            prior: Some(prior),
            serial: self.held.serial(),
            at: self.engine.clock.now(),
        };
        let records = made.resource(filled, observed).map(|resource| Record::Resource(Box::new(resource)));
        self.done(step, records.into_iter().collect());
    }

    fn refill(&mut self, step: usize, action: &Action, prior: &Resource) -> Option<Filled> {
        let desired = action.desired.as_ref()?;
        let sheet = Everything {
            store: self.engine.store,
            context: &self.held.context,
            ledger: &self.ledger,
            chosen: &self.chosen,
        };
        let place = Place { address: &action.address, prior: Some(prior) };
        match fill::fill(self.engine, &sheet, &place, &desired.properties, &desired.checks) {
            Ok(filled) => Some(filled),
            Err(wrong) => {
                self.fail(step, &wrong);
                None
            }
        }
    }

    fn done(&mut self, step: usize, records: Vec<Record>) {
        self.ledger.take(&records);
        self.pending.extend(records);
        self.outcome(step, StepResult::Done);
        self.end(step, State::Done);
        let address = self.told(step).0;
        let finished = !self.plan.steps.iter().enumerate().any(|(at, other)| {
            other.action == self.plan.steps[step].action && self.states[at] != State::Done && forward(other.op)
        });
        if finished {
            for output in &mut self.outputs {
                output.needs.remove(&address);
            }
        }
    }

    fn outcome(&mut self, step: usize, result: StepResult) {
        let (run, address) = (self.run.id.clone(), self.told(step).0);
        self.pending.push(Record::Outcome(Outcome {
            run,
            step: u32::try_from(step).unwrap_or(u32::MAX),
            address,
            result,
        }));
    }

    fn fail(&mut self, step: usize, error: &str) {
        let (address, op) = self.told(step);
        let error: Arc<str> = error.into();
        (self.engine.events)(Event::StepFailed { address: address.clone(), op, error: error.clone() });
        self.failures.push(StepFailure { address, op, error });
        self.end(step, State::Failed);
    }

    fn finish(mut self) -> Result<Applied, Failure> {
        let failed = self.states.contains(&State::Failed) || !self.failures.is_empty();
        let waiting = self.states.iter().any(|state| matches!(state, State::Waiting | State::InFlight));
        let status = match (failed, waiting) {
            (_, true) => RunStatus::Interrupted,
            (true, false) => RunStatus::Partial,
            (false, false) => RunStatus::Done,
        };
        self.run.status = status;
        self.run.finished = Some(self.engine.clock.now());
        self.pending.push(Record::Run(self.run.clone()));
        self.commit(self.engine.clock.now())?;
        let skipped = self.states.iter().filter(|state| **state == State::Skipped).count();
        (self.engine.events)(Event::RunDone { run: self.run.id.clone(), status, counts: self.counts });
        Ok(Applied { run: self.run.id, status, counts: self.counts, failures: self.failures, skipped })
    }
}

fn forward(op: StepOp) -> bool {
    !matches!(op, StepOp::Delete | StepOp::DeleteDeposed | StepOp::Forget)
}

/// Apply may do less than was approved: an update that turns out to change nothing makes no call. Unless reality was
/// found to differ, or a secret is new.
fn needs_no_call(action: &Action, prior: &Resource, filled: &Filled) -> bool {
    let because_of_reality =
        action.reasons.iter().any(|reason| matches!(reason, Reason::Drifted | Reason::SecretRotated { .. }));
    let Some(desired) = &action.desired else { return false };
    let same = filled.sealed.as_ref().unwrap_or(&desired.properties) == prior.filled();
    same && !because_of_reality && action.moved_from.is_none() && prior.status != Status::Failed
}

/// One caller: takes steps as they come until there are no more.
fn serve(engine: &Engine<'_>, tasks: &Mutex<Receiver<Task>>, done: &Sender<Ended>) {
    loop {
        let next = tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = next else { return };
        let start = engine.clock.monotonic();
        let end = if call::in_time(engine, task.call.deadline) {
            call::perform(engine, &*task.driver, &task.effect, task.call)
        } else {
            End::NotStarted
        };
        let elapsed = engine.clock.monotonic().saturating_sub(start);
        if done.send(Ended { step: task.step, end, elapsed }).is_err() {
            return;
        }
    }
}
