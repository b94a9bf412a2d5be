//! What happens while a plan is applied, and what is found when reality is looked at.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::approval::Principal;
use crate::diff::Change;
use crate::digest::Digest;
use crate::graph::{ProviderInstance, TypeName};
use crate::path::Path;
use crate::plan::StepOp;
use crate::resource::{Allocation, ObjectId};
use crate::tier::Tier;
use crate::time::Timestamp;

/// Which of the successive holders of a context's lease somebody is. A greater one fences off all lesser ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fence(pub u64);

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lease {
    pub fence: Fence,
    pub holder: Holder,
    pub since: Timestamp,
    /// After this nobody may rely on it. Each heartbeat moves it on.
    pub expires: Timestamp,
}

/// Who holds a lease, for the person who waits for it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Holder {
    pub principal: Principal,
    /// Machine and process, such as `build-7/4711`.
    pub process: Arc<str>,
    /// What it does, such as `apply sha256:9f2c…`.
    pub operation: Arc<str>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub Arc<str>);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The application of one plan.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub plan: Digest,
    pub tier: Tier,
    pub by: Principal,
    pub started: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    pub status: RunStatus,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Running,
    Done,
    /// Some steps failed or were skipped; it can be resumed.
    Partial,
    /// Stopped on request; it can be resumed.
    Interrupted,
    /// Resumed by a later run.
    Superseded,
}

/// What a provider recognises a repeated call by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(pub Arc<str>);

/// Written before a call; open until an [`Outcome`] of the same run and step follows. An open intent of a run that is
/// over means that nobody knows whether the call took effect.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Intent {
    pub run: RunId,
    pub step: u32,
    pub op: StepOp,
    pub address: Address,
    pub kind: TypeName,
    pub provider: ProviderInstance,
    pub token: Token,
    /// When the call is given up. It may still land later.
    pub deadline: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<ObjectId>,
    /// Numbers that were chosen for it, which nobody else may have from now on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allocations: BTreeMap<Path, Allocation>,
}

/// Closes an intent, in one commit with what it did to the records.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    pub run: RunId,
    pub step: u32,
    pub address: Address,
    pub result: StepResult,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepResult {
    Done,
    /// The call did nothing, and why.
    Failed(String),
    /// The call did what it should, but what it made does not work, and why. Going on with the run looks at it again.
    Unwell(String),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DriftReport {
    pub at: Timestamp,
    /// How many resources were compared.
    pub compared: u64,
    pub items: Vec<DriftItem>,
    /// What a run was at while this was made, so that it cannot be said whether it differs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub in_progress: Vec<InProgress>,
    /// Provider instances that cannot list all that exists, so that what nobody manages may be missing here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unlisted: Vec<ProviderInstance>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct InProgress {
    pub address: Address,
    pub run: RunId,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DriftItem {
    /// Where it is recorded; `None` for what is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    pub kind: TypeName,
    pub object: ObjectId,
    pub drift: DriftKind,
    /// From what is recorded to what is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftKind {
    Changed,
    Missing,
    Unmanaged,
}

impl DriftReport {
    /// What is recorded and differs: what a plan can put right.
    pub fn differing(&self) -> impl Iterator<Item = &Address> {
        let recorded = self.items.iter().filter(|item| item.drift != DriftKind::Unmanaged);
        recorded.filter_map(|item| item.address.as_ref())
    }
}

impl DriftKind {
    pub fn name(self) -> &'static str {
        match self {
            DriftKind::Changed => "changed",
            DriftKind::Missing => "missing",
            DriftKind::Unmanaged => "unmanaged",
        }
    }
}

impl RunStatus {
    pub fn name(self) -> &'static str {
        match self {
            RunStatus::Running => "running",
            RunStatus::Done => "done",
            RunStatus::Partial => "partial",
            RunStatus::Interrupted => "interrupted",
            RunStatus::Superseded => "superseded",
        }
    }

    /// Whether a later run may take it up.
    pub fn is_open(self) -> bool {
        matches!(self, RunStatus::Running | RunStatus::Partial | RunStatus::Interrupted)
    }
}
