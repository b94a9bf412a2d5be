//! A store in memory: the model that real stores are compared with, and enough for tests of the engine.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use strata_model::record::{self, OutputRecord, PlanRecord};
use strata_model::{
    Address, Approval, Context, Dependent, Digest, DriftReport, Entry, Fence, Head, Intent, Lease, Outcome, Record,
    Resource, Run, RunId, Value,
};

use crate::projection::{Projection, admit_numbers, replay};
use crate::reads::Reads;
use crate::store::{Store, StoreError, Write};

#[derive(Debug)]
pub struct MemoryStore {
    project: Arc<str>,
    contexts: Mutex<BTreeMap<Context, Arc<Log>>>,
}

/// What the store holds at one moment.
struct Moment {
    project: Arc<str>,
    contexts: BTreeMap<Context, Arc<Log>>,
}

#[derive(Clone, Debug, Default)]
struct Log {
    kept: Vec<Record>,
    entries: Vec<Entry>,
    projection: Projection,
}

impl MemoryStore {
    pub fn new(project: impl Into<Arc<str>>) -> MemoryStore {
        MemoryStore { project: project.into(), contexts: Mutex::default() }
    }

    /// No panic can leave a log half written, so a poisoned lock is as good as any.
    fn contexts_mut(&self) -> MutexGuard<'_, BTreeMap<Context, Arc<Log>>> {
        self.contexts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last `limit`, newest first.
fn newest<T: Clone>(items: &[T], limit: usize) -> Vec<T> {
    items.iter().rev().take(limit).cloned().collect()
}

impl Store for MemoryStore {
    fn commit(&self, write: Write<'_>) -> Result<Head, StoreError> {
        let mut contexts = self.contexts_mut();
        let empty = Projection::default();
        let known = contexts.get(write.context).map_or(&empty, |log| &log.projection);
        known.admit(&write)?;
        known.admit_checkpoints(write.context, write.records)?;
        admit_numbers(write.records, |pool, number| Ok::<_, StoreError>(holder(&contexts, pool, number)))?;
        let bytes = record::encode(write.records).map_err(|error| StoreError::Damaged(error.to_string()))?;
        let head = record::link(write.context, known.head, write.stamp, &bytes);
        let log = Arc::make_mut(contexts.entry(write.context.clone()).or_default());
        if let [Record::Checkpoint(checkpoint)] = write.records {
            log.kept = log.projection.kept(checkpoint.limit);
            log.entries.clear();
        }
        log.projection.apply(head, write.records);
        log.entries.push(Entry { head, stamp: write.stamp.clone(), records: write.records.to_vec() });
        Ok(head)
    }

    fn look(&self, look: &mut dyn FnMut(&dyn Reads)) -> Result<(), StoreError> {
        let contexts = self.contexts_mut().clone();
        look(&Moment { project: self.project.clone(), contexts });
        Ok(())
    }

    fn verify(&self) -> Result<Vec<String>, StoreError> {
        let mut problems = Vec::new();
        for (context, log) in self.contexts_mut().iter() {
            match replay(context, &log.kept, &log.entries) {
                Ok(projection) if projection == log.projection => {}
                Ok(_) => problems.push(format!("{context}: the projection is not what the log says")),
                Err(problem) => problems.push(problem),
            }
        }
        Ok(problems)
    }

    fn restore(&self, context: &Context, kept: &[Record], entries: &[Entry]) -> Result<(), StoreError> {
        let mut contexts = self.contexts_mut();
        if let Some(log) = contexts.get(context) {
            return Err(StoreError::Conflict { context: context.clone(), found: log.projection.head });
        }
        let projection = replay(context, kept, entries).map_err(StoreError::Damaged)?;
        let log = Log { kept: kept.to_vec(), entries: entries.to_vec(), projection };
        contexts.insert(context.clone(), Arc::new(log));
        Ok(())
    }
}

impl Moment {
    fn see<T>(&self, context: &Context, look: impl FnOnce(&Projection) -> T) -> Result<T, StoreError> {
        Ok(match self.contexts.get(context) {
            Some(log) => look(&log.projection),
            None => look(&Projection::default()),
        })
    }
}

impl Reads for Moment {
    fn project(&self) -> Result<Arc<str>, StoreError> {
        Ok(self.project.clone())
    }

    fn contexts(&self) -> Result<Vec<Context>, StoreError> {
        Ok(self.contexts.keys().cloned().collect())
    }

    fn head(&self, context: &Context) -> Result<Head, StoreError> {
        self.see(context, |known| known.head)
    }

    fn kept(&self, context: &Context) -> Result<Vec<Record>, StoreError> {
        Ok(self.contexts.get(context).map_or_else(Vec::new, |log| log.kept.clone()))
    }

    fn entries(&self, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let entries = self.contexts.get(context).map_or(&[][..], |log| &log.entries);
        Ok(entries.iter().filter(|entry| entry.head.sequence > sequence).take(limit).cloned().collect())
    }

    fn resources(&self, context: &Context) -> Result<Vec<Resource>, StoreError> {
        self.see(context, |known| known.resources.values().cloned().collect())
    }

    fn resource(&self, address: &Address) -> Result<Option<Resource>, StoreError> {
        self.see(&address.context(), |known| known.resources.get(address).cloned())
    }

    fn dependents(&self, address: &Address) -> Result<Vec<Dependent>, StoreError> {
        let resources = self.contexts.values().flat_map(|log| log.projection.resources.values());
        Ok(resources.flat_map(|resource| dependencies_on(resource, address)).collect())
    }

    fn outputs(&self, context: &Context) -> Result<Vec<OutputRecord>, StoreError> {
        self.see(context, |known| known.outputs.values().cloned().collect())
    }

    fn plan(&self, hash: &Digest) -> Result<Option<PlanRecord>, StoreError> {
        Ok(self.contexts.values().find_map(|log| log.projection.plan(hash)).cloned())
    }

    fn plans(&self, context: &Context, limit: usize) -> Result<Vec<PlanRecord>, StoreError> {
        self.see(context, |known| newest(&known.plans, limit))
    }

    fn approvals(&self, plan: &Digest) -> Result<Vec<Approval>, StoreError> {
        let approvals = self.contexts.values().flat_map(|log| &log.projection.approvals);
        Ok(approvals.filter(|approval| approval.plan == *plan).cloned().collect())
    }

    fn runs(&self, context: &Context, limit: usize) -> Result<Vec<Run>, StoreError> {
        self.see(context, |known| newest(&known.runs, limit))
    }

    fn open_intents(&self, context: &Context) -> Result<Vec<Intent>, StoreError> {
        self.see(context, Projection::open_intents)
    }

    fn outcomes(&self, context: &Context, run: &RunId) -> Result<Vec<Outcome>, StoreError> {
        self.see(context, |known| known.outcomes.values().filter(|outcome| outcome.run == *run).cloned().collect())
    }

    fn lease(&self, context: &Context) -> Result<Option<Lease>, StoreError> {
        self.see(context, |known| known.lease.clone())
    }

    fn last_fence(&self, context: &Context) -> Result<Fence, StoreError> {
        self.see(context, |known| known.last_fence)
    }

    fn allocated(&self, pool: &Value) -> Result<Vec<(i64, Address)>, StoreError> {
        let all = self.contexts.values().flat_map(|log| log.projection.allocated());
        let held: BTreeSet<_> =
            all.filter(|(held, _)| held.pool == *pool).map(|(held, by)| (held.number, by.clone())).collect();
        Ok(held.into_iter().collect())
    }

    fn drift(&self, context: &Context, limit: usize) -> Result<Vec<DriftReport>, StoreError> {
        self.see(context, |known| newest(&known.drift, limit))
    }
}

fn holder(contexts: &BTreeMap<Context, Arc<Log>>, pool: &Value, number: i64) -> Option<Address> {
    let mut all = contexts.values().flat_map(|log| log.projection.allocated());
    all.find(|(held, _)| held.number == number && held.pool == *pool).map(|(_, by)| by.clone())
}

fn dependencies_on(resource: &Resource, address: &Address) -> Option<Dependent> {
    let strength =
        resource.depends_on.iter().filter(|dependency| dependency.on == *address).map(|d| d.strength).min()?;
    Some(Dependent { address: resource.address.clone(), tier: resource.tier, strength })
}
