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
//!   in all contexts: a commit that names one which another address holds is [`StoreError::Taken`], unless it removes
//!   that one. It is free again when neither the resource nor an open intent of that address names it.
//! - **Checkpoints.** [`Record::Checkpoint`] is refused unless it stands for what holds at this head. With its commit the
//!   entries before it are gone, and what [`crate::projection::Projection::kept`] says of them stays, in its order, as
//!   [`Reads::kept`].
//! - **No clock.** Whether a lease has expired is decided by who wants to take it, never by the store.
//! - **Readers never wait for a writer.** One look sees the store as of one commit, however many things it asks.

use strata_model::record::Stamp;
use strata_model::{Address, Context, Entry, Fence, Head, Lease, Record};

use crate::reads::Reads;

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
    /// Who asks may read the store and not write it. Nothing was written.
    #[error("the store can only be read: {0}")]
    ReadOnly(String),
    /// The file system or the server failed. `committed` is `Some(false)` if the write surely did not enter.
    #[error("the store cannot be used: {reason}")]
    Unavailable { reason: String, committed: Option<bool> },
}

pub trait Store: Send + Sync {
    /// The one write. An empty list of records is refused as [`StoreError::Damaged`], it would be an entry about nothing.
    fn commit(&self, write: Write<'_>) -> Result<Head, StoreError>;

    /// Calls `look` once, with what holds as of one commit. Nothing that is committed meanwhile, by anybody, is seen.
    fn look(&self, look: &mut dyn FnMut(&dyn Reads)) -> Result<(), StoreError>;

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
