//! What must hold whatever happens: the invariants of the engine, as rules over logs and objects.

use std::collections::{BTreeMap, BTreeSet};

use strata_model::run::StepResult;
use strata_model::{
    Address, Digest, Entry, Fence, Intent, Lease, ObjectId, Outcome, Plan, Record, RunId, SecretRef, StepOp, Timestamp,
    Value,
};

use crate::view::View;

/// What is found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What must not be.
    pub problems: Vec<String>,
    /// Objects that came too late: their deadline had passed, they were looked for and not there, and then they came. No
    /// engine can prevent that; it must tell of them when it is asked what there is.
    pub late: Vec<ObjectId>,
}

/// All calls of all contexts that were ever begun.
#[derive(Debug, Default)]
struct Journal {
    calls: Vec<Call>,
}

#[derive(Debug)]
struct Call {
    intent: Intent,
    ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug)]
struct Ended {
    at: Timestamp,
    done: bool,
}

impl Call {
    /// Whether it may still take effect.
    fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    /// Whether it was given up, and not before its time.
    fn may_be_late(&self) -> bool {
        self.ended.is_some_and(|ended| !ended.done && ended.at >= self.intent.deadline)
    }

    fn deletes(&self) -> bool {
        matches!(self.intent.op, StepOp::Delete | StepOp::DeleteDeposed)
    }
}

/// Follows one log from its beginning.
#[derive(Debug, Default)]
struct Follow {
    lease: Option<Lease>,
    last_fence: u64,
    plans: BTreeMap<Digest, Plan>,
    runs: BTreeMap<RunId, Digest>,
    open: BTreeMap<(RunId, u32), Intent>,
    /// Open when the lease changed hands: to be settled before anything else is begun.
    inherited: BTreeSet<(RunId, u32)>,
    serials: BTreeMap<Address, u64>,
    recorded: BTreeSet<Address>,
    problems: Vec<String>,
}

/// What is broken now. `before` is an earlier view of the same project.
pub fn broken(before: &View, now: &View, by_hand: bool) -> Findings {
    let mut problems = now.problems.clone();
    let mut journal = Journal::default();
    for (context, entries) in &now.logs {
        let mut follow = Follow::default();
        for entry in entries {
            if let [Record::Checkpoint(_)] = &entry.records[..] {
                let kept = now.kept.get(&(context.clone(), entry.head.sequence));
                follow.checkpoint(entry.head.sequence, kept.map_or(&[], Vec::as_slice));
            }
            follow.entry(entry, &mut journal);
        }
        problems.extend(follow.problems.into_iter().map(|problem| format!("{problem} ({context})")));
    }
    problems.extend(continued(before, now));
    let mut findings = Findings { problems, late: Vec::new() };
    objects(now, &journal, &mut findings);
    if !by_hand {
        findings.problems.extend(lost(before, now, &journal));
    }
    findings
}

/// What is broken if, besides, nothing is under way.
pub fn unsettled(now: &View, by_hand: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let mut owners: BTreeMap<&Address, usize> = BTreeMap::new();
    let known: BTreeSet<_> = now.resources.values().map(|resource| &resource.object).collect();
    for object in now.objects.values() {
        let Some(mark) = object.mark.as_ref().filter(|mark| *mark.project == *now.project) else { continue };
        *owners.entry(&mark.address).or_default() += 1;
        if !known.contains(&object.id) {
            problems.push(format!("I1: {} of {} is left behind", object.id, mark.address));
        }
    }
    if !by_hand {
        let twice = owners.iter().filter(|(_, count)| **count > 1);
        problems.extend(twice.map(|(address, count)| format!("I1: {address} has {count} objects")));
    }
    for resource in now.resources.values() {
        if !resource.deposed.is_empty() {
            problems.push(format!("I8: {} still has what it replaced", resource.address));
        }
        if !now.objects.contains_key(&resource.object) {
            problems.push(format!("I8: {} of {} is gone", resource.object, resource.address));
        }
    }
    problems
}

/// I1, of secrets: what is recorded by its fingerprint can be opened.
pub fn unopenable(now: &View, kept: &BTreeMap<SecretRef, String>) -> Vec<String> {
    let lost = needed(now).into_iter().filter(|secret| !kept.contains_key(secret));
    lost.map(|secret| format!("I1: the secret {} is recorded and not kept", secret.key)).collect()
}

/// I8, of secrets: nothing is kept that nobody needs any more.
pub fn needless(now: &View, kept: &BTreeMap<SecretRef, String>) -> Vec<String> {
    let needed = needed(now);
    let left = kept.keys().filter(|secret| &*secret.store == SecretRef::SINK && !needed.contains(*secret));
    left.map(|secret| format!("I8: the secret {} is kept, and nobody needs it", secret.key)).collect()
}

/// The secrets that are recorded by their fingerprints.
fn needed(now: &View) -> BTreeSet<SecretRef> {
    let named = |key: String| SecretRef { store: SecretRef::SINK.into(), key: key.into() };
    let mut needed: BTreeSet<SecretRef> =
        now.sensitive.iter().map(|(context, name)| named(format!("{context}#{name}"))).collect();
    for resource in now.resources.values() {
        resource.observed.each_leaf(&mut |path, leaf| {
            if matches!(leaf, Value::Sealed(_)) {
                needed.insert(named(format!("{}#{path}", resource.address)));
            }
        });
    }
    needed
}

/// I3: what was read once is still there.
fn continued(before: &View, now: &View) -> Vec<String> {
    let mut problems = Vec::new();
    for (context, head) in &before.heads {
        let mut log = now.logs.get(context).into_iter().flatten().map(|entry| entry.head);
        let found = log.find(|found| found.sequence == head.sequence);
        if head.sequence > 0 && found != Some(*head) {
            problems.push(format!("I3: entry {} of {context} was there and is not any more", head.sequence));
        }
    }
    problems
}

/// I1: every object of ours is known to the state or to an open call.
fn objects(now: &View, journal: &Journal, findings: &mut Findings) {
    let recorded: BTreeSet<_> = now
        .resources
        .values()
        .flat_map(|resource| std::iter::once(&resource.object).chain(resource.deposed.iter().map(|old| &old.object)))
        .collect();
    for object in now.objects.values().filter(|object| !recorded.contains(&object.id)) {
        let Some(mark) = object.mark.as_ref().filter(|mark| *mark.project == *now.project) else { continue };
        let is_of = |call: &&Call| {
            object.token.as_ref() == Some(&call.intent.token) || call.intent.object.as_ref() == Some(&object.id)
        };
        let mut calls = journal.calls.iter().filter(is_of);
        if calls.clone().any(Call::is_open) {
            continue;
        }
        if calls.any(Call::may_be_late) {
            findings.late.push(object.id.clone());
        } else {
            findings.problems.push(format!("I1: nobody knows {} of {}", object.id, mark.address));
        }
    }
}

/// I2: what is gone was deleted by a call that was written down. And what is recorded is there, unless it is being deleted.
fn lost(before: &View, now: &View, journal: &Journal) -> Vec<String> {
    let mut problems = Vec::new();
    for (id, object) in before.objects.iter().filter(|(id, _)| !now.objects.contains_key(*id)) {
        let Some(mark) = &object.mark else { continue };
        let owners: BTreeSet<&Address> = before
            .resources
            .values()
            .filter(|resource| resource.object == *id)
            .map(|resource| &resource.address)
            .chain([&mark.address])
            .collect();
        if !journal.calls.iter().any(|call| call.deletes() && owners.contains(&call.intent.address)) {
            problems.push(format!("I2: {id} of {} was deleted, and no plan says so", mark.address));
        }
    }
    for resource in now.resources.values().filter(|resource| !now.objects.contains_key(&resource.object)) {
        let is_deleted = |call: &Call| {
            call.deletes() && call.intent.address == resource.address && (call.is_open() || call.may_be_late())
        };
        if !journal.calls.iter().any(is_deleted) {
            problems.push(format!("I1: {} of {} is recorded and not there", resource.object, resource.address));
        }
    }
    problems
}

impl Follow {
    fn entry(&mut self, entry: &Entry, journal: &mut Journal) {
        let at = entry.head.sequence;
        // A lease that is renewed in an entry holds for all of the entry.
        for record in &entry.records {
            if let Record::Lease(lease) = record {
                self.take_lease(at, lease);
            }
        }
        let mut problems = Vec::new();
        for record in &entry.records {
            problems.extend(self.record(record, entry.stamp.at, journal));
        }
        problems.extend(self.unfounded(entry, journal));
        self.problems.extend(problems.into_iter().map(|problem| format!("{problem}, in entry {at}")));
    }

    /// I1: whoever says that something was made says in the same entry what it is.
    fn unfounded(&self, entry: &Entry, journal: &Journal) -> Vec<String> {
        let done = entry.records.iter().filter_map(|record| match record {
            Record::Outcome(outcome) if outcome.result == StepResult::Done => Some(outcome),
            _ => None,
        });
        let makes = |outcome: &&Outcome| {
            let of = |call: &&Call| call.intent.run == outcome.run && call.intent.step == outcome.step;
            journal.calls.iter().rev().find(of).is_some_and(|call| {
                matches!(call.intent.op, StepOp::Create | StepOp::Update | StepOp::Import | StepOp::Record)
            })
        };
        done.filter(makes)
            .filter(|outcome| !self.recorded.contains(&outcome.address))
            .map(|outcome| format!("I1: {} is said to be there, and nobody says what it is", outcome.address))
            .collect()
    }

    /// What a compaction keeps is what there was. Before it nothing but leases can have come that was never seen.
    fn checkpoint(&mut self, at: u64, kept: &[Record]) {
        let (mut open, mut recorded, mut runs) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for record in kept {
            match record {
                Record::Intent(intent) => drop(open.insert((intent.run.clone(), intent.step))),
                Record::Resource(resource) => drop(recorded.insert(resource.address.clone())),
                Record::Run(run) => drop(runs.insert(run.id.clone(), run.plan)),
                Record::Lease(lease) => self.take_lease(at, lease),
                _ => {}
            }
        }
        if open != self.open.keys().cloned().collect() {
            self.problems.push(format!("I1: a compaction has changed which calls are open, in entry {at}"));
        }
        if recorded != self.recorded {
            self.problems.push(format!("I3: a compaction has changed what is recorded, in entry {at}"));
        }
        if runs != self.runs {
            self.problems.push(format!("I7: a compaction has changed what was applied, in entry {at}"));
        }
    }

    fn take_lease(&mut self, at: u64, lease: &Lease) {
        let Fence(fence) = lease.fence;
        if fence > self.last_fence {
            self.last_fence = fence;
            self.inherited = self.open.keys().cloned().collect();
        } else if self.lease.as_ref().is_none_or(|held| held.fence != lease.fence) {
            self.problems.push(format!("I4: the lease {fence} was renewed by who did not hold it, in entry {at}"));
        }
        self.lease = Some(lease.clone());
    }

    fn holds(&self, fence: u64) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.fence.0 == fence)
    }

    fn record(&mut self, record: &Record, at: Timestamp, journal: &mut Journal) -> Option<String> {
        match record {
            Record::Plan(record) => {
                let plan = record.plan.clone();
                if plan.compute_hash().ok() != Some(plan.hash) {
                    return Some(format!("I7: a plan is not what its hash {} says", plan.hash.short()));
                }
                self.plans.insert(plan.hash, plan);
            }
            Record::Run(run) => {
                self.runs.insert(run.id.clone(), run.plan);
                if !self.plans.contains_key(&run.plan) {
                    return Some(format!("I7: run {} is of a plan that is not recorded", run.id));
                }
            }
            Record::Released { fence } => {
                let held = self.holds(fence.0);
                self.lease.take_if(|lease| lease.fence == *fence);
                return (!held).then(|| format!("I4: the lease {} was given back by who did not hold it", fence.0));
            }
            Record::Removed { address } => {
                self.recorded.remove(address);
            }
            Record::Resource(resource) => {
                self.recorded.insert(resource.address.clone());
                // A record that only changes what is known of it keeps its serial.
                let is_new = self.serials.insert(resource.address.clone(), resource.serial) != Some(resource.serial);
                if is_new && !self.holds(resource.serial >> 24) {
                    return Some(format!("I4: {} was recorded by who did not hold the lease", resource.address));
                }
            }
            Record::Intent(intent) => {
                journal.calls.push(Call { intent: intent.clone(), ended: None });
                let key = (intent.run.clone(), intent.step);
                self.open.insert(key, intent.clone());
                return self.refuse_intent(intent);
            }
            Record::Outcome(outcome) => {
                let key = (outcome.run.clone(), outcome.step);
                self.inherited.remove(&key);
                self.open.remove(&key);
                let ended = Ended { at, done: outcome.result == StepResult::Done };
                let of = |call: &&mut Call| call.intent.run == outcome.run && call.intent.step == outcome.step;
                journal
                    .calls
                    .iter_mut()
                    .filter(of)
                    .filter(|call| call.is_open())
                    .for_each(|call| call.ended = Some(ended));
            }
            _ => {}
        }
        None
    }

    fn refuse_intent(&self, intent: &Intent) -> Option<String> {
        let told = format!("{} {}", intent.op.name(), intent.address);
        let until = self.lease.as_ref().map(|lease| lease.expires);
        if until.is_none_or(|until: Timestamp| until < intent.deadline) {
            return Some(format!("I4: {told} was begun under a lease that ends before it"));
        }
        if !self.inherited.is_empty() {
            return Some(format!("I4: {told} was begun before what an earlier holder had begun was looked at"));
        }
        let plan = self.runs.get(&intent.run).and_then(|hash| self.plans.get(hash));
        let step = plan.and_then(|plan| plan.steps.get(intent.step as usize));
        let action = plan.zip(step).and_then(|(plan, step)| plan.actions.get(step.action as usize));
        let planned = step.is_some_and(|step| step.op == intent.op)
            && action.is_some_and(|action| action.address == intent.address);
        (!planned).then(|| format!("I7: {told} is not what its plan says"))
    }
}
