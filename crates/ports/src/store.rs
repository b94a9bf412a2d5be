//! The store: an append-only log per context with one write, and what can be read off it.
//!
//! What every store must keep to (the suite in [`crate::suite::store`] holds it to all of it):
//!
//! - **One commit is atomic and durable** when it returns: all of its records are in the log and in every projection,
//!   or none. After a crash the store is as of the last commit that returned, or of one that was under way.
//! - **Commits to one context are totally ordered.** [`strata_model::record::link`] chains them.
//! - **Fencing.** A write that names a fence enters only if that fence is the one of the lease now recorded and not
//!   released. [`Record::Lease`] with a greater fence takes the lease over; one with the same fence renews it; one with
//!   a lesser fence is [`StoreError::Fenced`]. Records that change resources, outputs or intents need a fence:
//!   without one they are [`StoreError::NeedsFence`]. Plans, approvals, drift reports and notes need none, so that
//!   planning never waits for a lease.
//! - **Numbers from pools.** A number that an intent or a resource names as chosen from a pool is held by its address,
//!   in all contexts: a commit that names one which another address holds is [`StoreError::Taken`]. It is free again
//!   when neither the resource nor an open intent of that address names it.
//! - **Checkpoints.** [`Record::Checkpoint`] is refused unless it stands for what holds at this head. With its commit the
//!   entries before it are gone, and what [`crate::projection::Projection::kept`] says of them stays, in its order, as
//!   [`Store::kept`].
//! - **No clock.** Whether a lease has expired is decided by who wants to take it, never by the store.
//! - **Readers never wait for a writer**, and see one state as of some commit in each call.

use std::sync::Arc;

use strata_model::record::{OutputRecord, PlanRecord, Stamp};
use strata_model::{
    Address, Approval, Context, Dependent, Digest, DriftReport, Entry, Fence, Head, Intent, Lease, Record, Resource,
    Run, Value,
};

/// What the head must be for a commit to enter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExpectHead {
    /// Whatever it is. For records that no other writer could contradict: under a fence, or content-addressed.
    Any,
    Is(Head),
}

/// One commit.
#[derive(Clone, Copy, Debug)]
pub struct Write<'a> {
    pub context: &'a Context,
    pub expect: ExpectHead,
    pub fence: Option<Fence>,
    pub stamp: &'a Stamp,
    pub records: &'a [Record],
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody committed in between.
    #[error("{context} has moved on to entry {}", found.sequence)]
    Conflict { context: Context, found: Head },
    /// The lease was lost to a later holder, or given back.
    #[error("the lease of {context} is no longer held")]
    Fenced { context: Context, by: Option<Box<Lease>> },
    #[error("this change of {context} needs a lease")]
    NeedsFence { context: Context },
    /// Somebody was quicker.
    #[error("number {number} of the pool {pool} was taken by {by}")]
    Taken { pool: String, number: i64, by: Address },
    #[error("the store was written by a newer version: its format is {found}, this version reads up to {known}")]
    Newer { found: u32, known: u32 },
    /// What is stored contradicts itself.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// The file system or the server failed. `committed` is `Some(false)` if the write surely did not enter.
    #[error("the store cannot be used: {reason}")]
    Unavailable { reason: String, committed: Option<bool> },
}

/// Lists are sorted: by address or name where nothing else is said, newest first where a `limit` is taken.
pub trait Store: Send + Sync {
    /// The one write. An empty list of records is refused as [`StoreError::Damaged`], it would be an entry about nothing.
    fn commit(&self, write: Write<'_>) -> Result<Head, StoreError>;

    /// A name that was chosen at random when the store was made; marks its objects at providers.
    fn project(&self) -> Result<Arc<str>, StoreError>;

    /// All contexts that have an entry.
    fn contexts(&self) -> Result<Vec<Context>, StoreError>;

    /// [`Head::EMPTY`] for a context without entries.
    fn head(&self, context: &Context) -> Result<Head, StoreError>;

    /// The records that stand for entries that are gone; empty where none are.
    fn kept(&self, context: &Context) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` entries after `sequence`, oldest first.
    fn entries(&self, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    fn resources(&self, context: &Context) -> Result<Vec<Resource>, StoreError>;

    /// How many [`Store::resources`] there are. Stores that can count without reading override it.
    fn count(&self, context: &Context) -> Result<usize, StoreError> {
        self.resources(context).map(|resources| resources.len())
    }

    fn resource(&self, address: &Address) -> Result<Option<Resource>, StoreError>;

    /// What names `address` in its `depends_on`, in all contexts.
    fn dependents(&self, address: &Address) -> Result<Vec<Dependent>, StoreError>;

    /// For each of `addresses`, what [`Store::dependents`] tells. Stores that can ask once override it.
    fn dependents_of(&self, addresses: &[Address]) -> Result<Vec<Vec<Dependent>>, StoreError> {
        addresses.iter().map(|address| self.dependents(address)).collect()
    }

    fn outputs(&self, context: &Context) -> Result<Vec<OutputRecord>, StoreError>;

    fn plan(&self, hash: &Digest) -> Result<Option<PlanRecord>, StoreError>;

    fn plans(&self, context: &Context, limit: usize) -> Result<Vec<PlanRecord>, StoreError>;

    /// Oldest first.
    fn approvals(&self, plan: &Digest) -> Result<Vec<Approval>, StoreError>;

    fn runs(&self, context: &Context, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// Intents without an outcome, in the order in which they were written.
    fn open_intents(&self, context: &Context) -> Result<Vec<Intent>, StoreError>;

    /// The last outcome of each step of a run.
    fn outcomes(&self, context: &Context, run: &strata_model::RunId) -> Result<Vec<strata_model::Outcome>, StoreError>;

    /// The lease last taken and not released, expired or not.
    fn lease(&self, context: &Context) -> Result<Option<Lease>, StoreError>;

    /// The greatest fence that the context has seen; a new holder takes one more.
    fn last_fence(&self, context: &Context) -> Result<Fence, StoreError>;

    /// The numbers of a pool that are held, and by whom, sorted.
    fn allocated(&self, pool: &Value) -> Result<Vec<(i64, Address)>, StoreError>;

    fn drift(&self, context: &Context, limit: usize) -> Result<Vec<DriftReport>, StoreError>;

    /// Follows every chain of hashes and compares every projection with the log. Empty if all is well.
    fn verify(&self) -> Result<Vec<String>, StoreError>;

    /// Restores the log of a context that has none, checking its hashes. For import from an export.
    fn restore(&self, context: &Context, kept: &[Record], entries: &[Entry]) -> Result<(), StoreError>;

    /// Gives space back that nothing needs any more, where a store can.
    fn shrink(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Whether a record may only be written under a lease.
pub fn needs_fence(record: &Record) -> bool {
    match record {
        Record::Resource(_)
        | Record::Removed { .. }
        | Record::Output(_)
        | Record::OutputRemoved { .. }
        | Record::Run(_)
        | Record::Intent(_)
        | Record::Outcome(_)
        | Record::Checkpoint(_)
        | Record::Released { .. } => true,
        Record::Plan(_) | Record::Approval(_) | Record::Lease(_) | Record::Drift(_) | Record::Note { .. } => false,
    }
}
