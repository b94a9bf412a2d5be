//! What a run tells while it goes on: for progress bars, for heartbeats, for `--json`.

use std::sync::Arc;

use serde::Serialize;

use crate::address::{Address, Context};
use crate::digest::Digest;
use crate::plan::{Counts, StepOp};
use crate::resource::ObjectId;
use crate::run::{RunId, RunStatus};
use crate::tier::Tier;

/// A step that is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    pub address: Address,
    pub op: StepOp,
    /// The steps that it waits for, by their place.
    pub after: Vec<u32>,
    /// An earlier run has done it.
    pub done: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum Event {
    /// Somebody else holds the lease.
    LeaseWait {
        context: Context,
        holder: Arc<str>,
        waited_ms: u64,
    },
    /// What resources will need is got ready, before the first call.
    Preparing {
        what: Arc<str>,
    },
    RunStart {
        run: RunId,
        plan: Digest,
        context: Context,
        tier: Tier,
        steps: u32,
        /// Those steps, for who shows what waits for what; the plan has them for everybody else.
        #[serde(skip)]
        order: Arc<[Planned]>,
    },
    /// What became of a call cannot be told yet; it is looked at again.
    LookAgain {
        address: Address,
        op: StepOp,
        wait_ms: u64,
        because: Arc<str>,
    },
    /// The outcome of a call that an earlier run left open was found out.
    Recovered {
        address: Address,
        op: StepOp,
        took_effect: bool,
    },
    StepStart {
        address: Address,
        op: StepOp,
    },
    StepRetry {
        address: Address,
        op: StepOp,
        attempt: u32,
        wait_ms: u64,
        error: Arc<str>,
    },
    StepDone {
        address: Address,
        op: StepOp,
        object: Option<ObjectId>,
        elapsed_ms: u64,
    },
    StepFailed {
        address: Address,
        op: StepOp,
        error: Arc<str>,
    },
    StepSkipped {
        address: Address,
        op: StepOp,
        because: Address,
    },
    Output {
        context: Context,
        name: Arc<str>,
    },
    /// Reality was compared with what is recorded.
    Drift {
        context: Context,
        compared: u64,
        differing: u64,
        unmanaged: u64,
    },
    /// A plan that puts drift right was recorded.
    Remedy {
        plan: Digest,
        context: Context,
        tier: Tier,
    },
    /// Secrets that nobody needs any more could not be removed; the next run tries again.
    Unswept {
        context: Context,
        why: Arc<str>,
    },
    RunDone {
        run: RunId,
        status: RunStatus,
        counts: Counts,
    },
}
