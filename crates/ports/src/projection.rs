//! What a log says: the fold of its records. Stores keep the same in their own way and verify themselves against it.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_defects::{Defect, planted};
use strata_model::record::{self, OutputRecord, PlanRecord};
use strata_model::resource::Allocation;
use strata_model::{
    Address, Approval, Context, Digest, DriftReport, Entry, Fence, Head, Intent, Lease, Outcome, Path, Record,
    Resource, Run, RunId, Value,
};

use crate::store::{ExpectHead, StoreError, Write, needs_fence};

/// One context as of its head.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Projection {
    pub head: Head,
    pub resources: BTreeMap<Address, Resource>,
    pub outputs: BTreeMap<Arc<str>, OutputRecord>,
    /// In the order in which they were first recorded.
    pub plans: Vec<PlanRecord>,
    pub approvals: Vec<Approval>,
    /// In the order in which they were started.
    pub runs: Vec<Run>,
    /// By run and step. The number is the order of writing.
    pub intents: BTreeMap<(RunId, u32), (u64, Intent)>,
    pub outcomes: BTreeMap<(RunId, u32), Outcome>,
    pub lease: Option<Lease>,
    pub last_fence: Fence,
    pub drift: Vec<DriftReport>,
    written: u64,
}

impl Default for Projection {
    fn default() -> Projection {
        Projection {
            head: Head::EMPTY,
            resources: BTreeMap::new(),
            outputs: BTreeMap::new(),
            plans: Vec::new(),
            approvals: Vec::new(),
            runs: Vec::new(),
            intents: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            lease: None,
            last_fence: Fence(0),
            drift: Vec::new(),
            written: 0,
        }
    }
}

/// Whether a commit may enter a context with this head, lease and greatest fence. The only place that decides it.
pub fn admit(head: Head, lease: Option<&Lease>, last_fence: Fence, write: &Write<'_>) -> Result<(), StoreError> {
    let context: &Context = write.context;
    let fenced = || StoreError::Fenced { context: context.clone(), by: lease.cloned().map(Box::new) };
    if write.records.is_empty() {
        return Err(StoreError::Damaged("an entry without records".to_owned()));
    }
    if write.records.len() > 1 && write.records.iter().any(|record| matches!(record, Record::Checkpoint(_))) {
        return Err(StoreError::Damaged("a checkpoint is not alone in its entry".to_owned()));
    }
    if let ExpectHead::Is(expected) = write.expect
        && expected != head
        && !planted(Defect::HeadIgnored)
    {
        return Err(StoreError::Conflict { context: context.clone(), found: head });
    }
    if let Some(fence) = write.fence
        && lease.is_none_or(|lease| lease.fence != fence)
        && !planted(Defect::FenceIgnored)
    {
        return Err(fenced());
    }
    for record in write.records {
        match record {
            // Taking over needs a fence greater than any before; renewing needs to hold the lease.
            Record::Lease(new) if write.fence == Some(new.fence) => {}
            Record::Lease(new) if write.fence.is_none() && new.fence > last_fence => {}
            Record::Lease(_) => return Err(fenced()),
            Record::Released { fence } if write.fence.is_some_and(|own| own != *fence) => return Err(fenced()),
            record if needs_fence(record) && write.fence.is_none() => {
                return Err(StoreError::NeedsFence { context: context.clone() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// The numbers that a record says were chosen, and for whom.
fn chosen(record: &Record) -> Option<(&Address, &BTreeMap<Path, Allocation>)> {
    match record {
        Record::Intent(intent) => Some((&intent.address, &intent.allocations)),
        Record::Resource(resource) => Some((&resource.address, &resource.allocations)),
        _ => None,
    }
}

/// Refuses a commit that names a number of which `holder` says that another address has it, and which that one does not
/// give up by being removed.
pub fn admit_numbers<E: From<StoreError>>(
    records: &[Record],
    mut holder: impl FnMut(&Value, i64) -> Result<Option<Address>, E>,
) -> Result<(), E> {
    for (address, allocations) in records.iter().filter_map(chosen) {
        for Allocation { pool, number } in allocations.values() {
            let gives_up =
                |by: &Address| records.iter().any(|it| matches!(it, Record::Removed { address } if address == by));
            if let Some(by) = holder(pool, *number)?.filter(|by| by != address && !gives_up(by)) {
                return Err(StoreError::Taken { pool: pool.to_string(), number: *number, by }.into());
            }
        }
    }
    Ok(())
}

impl Projection {
    /// The numbers that are held, by pool and number.
    pub fn allocated(&self) -> impl Iterator<Item = (&Allocation, &Address)> {
        let resources = self.resources.values().map(|resource| (&resource.address, &resource.allocations));
        let intents = self.intents.values().map(|(_, intent)| (&intent.address, &intent.allocations));
        resources.chain(intents).flat_map(|(address, numbers)| numbers.values().map(move |number| (number, address)))
    }

    pub fn admit(&self, write: &Write<'_>) -> Result<(), StoreError> {
        admit(self.head, self.lease.as_ref(), self.last_fence, write)
    }

    /// Takes up the records of an entry that was admitted.
    pub fn apply(&mut self, head: Head, records: &[Record]) {
        self.head = head;
        for record in records {
            self.written += 1;
            self.take(record);
        }
    }

    fn take(&mut self, record: &Record) {
        match record {
            Record::Resource(resource) => {
                self.resources.insert(resource.address.clone(), (**resource).clone());
            }
            Record::Removed { address } => {
                self.resources.remove(address);
            }
            Record::Output(output) => {
                self.outputs.insert(output.name.clone(), output.clone());
            }
            Record::OutputRemoved { name } => {
                self.outputs.remove(name);
            }
            Record::Plan(record) => {
                if self.plan(&record.plan.hash).is_none() {
                    self.plans.push((**record).clone());
                }
            }
            Record::Approval(approval) => self.approvals.push(approval.clone()),
            Record::Run(run) => match self.runs.iter_mut().find(|known| known.id == run.id) {
                Some(known) => *known = run.clone(),
                None => self.runs.push(run.clone()),
            },
            Record::Intent(intent) => {
                let key = (intent.run.clone(), intent.step);
                self.outcomes.remove(&key);
                self.intents.insert(key, (self.written, intent.clone()));
            }
            Record::Outcome(outcome) => {
                let key = (outcome.run.clone(), outcome.step);
                self.intents.remove(&key);
                self.outcomes.insert(key, outcome.clone());
            }
            Record::Lease(lease) => {
                self.last_fence = self.last_fence.max(lease.fence);
                self.lease = Some(lease.clone());
            }
            Record::Released { fence } => {
                self.lease.take_if(|lease| lease.fence == *fence);
            }
            Record::Drift(report) => self.drift.push(report.clone()),
            Record::Checkpoint(checkpoint) => *self = Projection::of(self.head, &self.kept(checkpoint.limit)),
            Record::Note { .. } => {}
        }
    }

    /// Takes up the next entry, if it is.
    pub fn follow(&mut self, context: &Context, entry: &Entry) -> Result<(), String> {
        let bytes = record::encode(&entry.records).map_err(|error| format!("{context}: {error}"))?;
        self.follow_bytes(context, entry, &bytes)
    }

    /// The same where the bytes of the records are at hand, as they are stored.
    pub fn follow_bytes(&mut self, context: &Context, entry: &Entry, bytes: &[u8]) -> Result<(), String> {
        if record::link(context, self.head, &entry.stamp, bytes) != entry.head {
            return Err(format!("{context}: entry {} does not follow from the one before", entry.head.sequence));
        }
        self.admit_checkpoints(context, &entry.records).map_err(|error| error.to_string())?;
        self.apply(entry.head, &entry.records);
        Ok(())
    }

    pub fn plan(&self, hash: &Digest) -> Option<&PlanRecord> {
        self.plans.iter().find(|record| record.plan.hash == *hash)
    }

    pub fn open_intents(&self) -> Vec<Intent> {
        let mut open: Vec<&(u64, Intent)> = self.intents.values().collect();
        open.sort_by_key(|(order, _)| *order);
        open.into_iter().map(|(_, intent)| intent.clone()).collect()
    }
}

/// The projection of a whole log, if its chain of hashes holds. `kept` stands for entries that are gone.
pub fn replay(context: &Context, kept: &[Record], entries: &[Entry]) -> Result<Projection, String> {
    let mut projection = Projection::begin(context, kept, entries.first())?;
    entries.iter().try_for_each(|entry| projection.follow(context, entry))?;
    Ok(projection)
}
