//! What the engine remembers of a resource.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::graph::{Dependency, ProviderInstance, Settings, Strength, TypeName, is_default};
use crate::later::SecretRef;
use crate::path::Path;
use crate::plan::Read;
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::value::Value;

/// How a provider calls an object, such as an ARN.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObjectId(pub Arc<str>);

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The life of a resource. `Creating`, `Updating` and `Deleting` hold while an intent is open, `Pending` while a run
/// has not come to it, `Deleted` is told once by the run that did it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pending,
    Creating,
    Active,
    Updating,
    Deleting,
    Deleted,
    Failed,
    Degraded,
    Drifted,
}

impl Status {
    pub const ALL: [Status; 9] = [
        Status::Pending,
        Status::Creating,
        Status::Active,
        Status::Updating,
        Status::Deleting,
        Status::Deleted,
        Status::Failed,
        Status::Degraded,
        Status::Drifted,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Status::Pending => "pending",
            Status::Creating => "creating",
            Status::Active => "active",
            Status::Updating => "updating",
            Status::Deleting => "deleting",
            Status::Deleted => "deleted",
            Status::Failed => "failed",
            Status::Degraded => "degraded",
            Status::Drifted => "drifted",
        }
    }
}

/// One resource as last recorded. Holds no secret: sensitive leaves are references in `desired` and fingerprints in
/// `applied` and `observed`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    pub address: Address,
    pub tier: Tier,
    pub kind: TypeName,
    pub provider: ProviderInstance,
    pub status: Status,
    /// Counts the changes of this record; what a plan's preconditions name.
    pub serial: u64,
    pub object: ObjectId,
    /// As the graph had it, later values included.
    pub desired: Value,
    /// As it was sent: later values filled. `None` where that is `desired` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filled: Option<Value>,
    /// All attributes as last read from the provider.
    pub observed: Value,
    /// The versions of the secrets that went into `filled`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretVersion>,
    /// What else went into sensitive leaves of `filled`, which cannot be compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Read>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub allocations: BTreeMap<Path, Allocation>,
    /// What it needs, references included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: Settings,
    /// Objects that a replacement left behind and that are still to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deposed: Vec<Deposed>,
    pub updated: Timestamp,
}

/// An object that was replaced; its successor may be of another type and live elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Deposed {
    pub object: ObjectId,
    pub kind: TypeName,
    pub provider: ProviderInstance,
    /// The address with which it is marked, where its resource has another by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Address>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct SecretVersion {
    pub secret: SecretRef,
    pub version: Arc<str>,
}

/// A resource that needs another, in whatever context it stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Dependent {
    pub address: Address,
    pub tier: Tier,
    pub strength: Strength,
}

/// A number that was chosen from a pool.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allocation {
    pub pool: Value,
    pub number: i64,
}

impl Resource {
    /// What was sent to the provider.
    pub fn filled(&self) -> &Value {
        self.filled.as_ref().unwrap_or(&self.desired)
    }
}
