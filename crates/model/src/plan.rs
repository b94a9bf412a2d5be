//! Plans: what would be done, why, in which order and under which conditions. Immutable once made.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Context};
use crate::check::Check;
use crate::diff::Change;
use crate::digest::Digest;
use crate::graph::{Dependency, Partition, ProviderInstance, Settings, Strength, TypeName, is_default, is_false};
use crate::path::Path;
use crate::resource::{ObjectId, SecretVersion};
use crate::tier::Tier;
use crate::value::Value;

/// The version of the plan format that this build writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

/// One plan per partition that the document names, in the order in which they are to be applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlanSet {
    pub format: u32,
    pub plans: Vec<Plan>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// What [`Plan::compute_hash`] gave when it was made.
    pub hash: Digest,
    pub partition: Partition,
    /// How often the very same plan has been applied before: what was created, destroyed and is created again. An
    /// approval is for one time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub turn: u32,
    /// The document says that somebody must approve it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gated: bool,
    /// Riskiest first, then by address. Steps refer to them by index.
    pub actions: Vec<Action>,
    /// What is to be called or written, in an order that satisfies `after`.
    pub steps: Vec<Step>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputChange>,
    /// What tiers above demand, as it was when the document was held to it: once that is another, the plan is stale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relies: Vec<Reliance>,
    /// Nodes for which nothing is to be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unchanged: Vec<Address>,
    /// What depends on what is changed, here and elsewhere. Told, not hashed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub affected: Vec<Affected>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What the plan was made from. Told, not hashed: an edited comment voids no approval.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<Arc<str>, Arc<str>>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Action {
    pub address: Address,
    pub action: ActionKind,
    pub kind: TypeName,
    pub provider: ProviderInstance,
    pub risk: Risk,
    pub reasons: Vec<Reason>,
    pub changes: Vec<Change>,
    /// What must still hold when it is applied.
    pub expect: Expect,
    /// Recorded values that went into this action: if one of them is recorded anew, the plan is stale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretVersion>,
    /// What it shall be; `None` where it shall not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desired: Option<Desired>,
    /// The address under which it is known so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<Address>,
    /// The object to import.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ObjectId>,
    /// It is protected, and that was lifted for this plan.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lifted: bool,
}

/// A node as a plan carries it, so that applying needs no graph.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Desired {
    /// May hold later values.
    pub properties: Value,
    /// `properties` with what is known filled in and the rest unknown; `None` where that is `properties` itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Value>,
    /// What it needs, references included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Dependency>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub settings: Settings,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<Path, Check>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionKind {
    Create,
    Update,
    /// Delete, then create.
    Replace,
    /// Create, then delete.
    ReplaceCreateFirst,
    Delete,
    Read,
    Import,
    /// Drop it from state and leave the object alone.
    Forget,
    /// Only what is recorded changes: an address, a dependency, a flag.
    NoOp,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    DeleteFirst,
    CreateFirst,
}

/// What can go wrong for those who use it; the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    DataLoss,
    Outage,
    Restart,
    Metadata,
    None,
}

/// Why an action is planned.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// It is in the graph and not in state.
    New,
    /// It is in state and the document that owns its partition does not have it.
    Absent,
    /// All of the partition is to be destroyed.
    Destroy,
    Changed,
    /// A field that cannot change in place changes.
    Immutable {
        path: Path,
    },
    /// It moves to another provider, account, region or type.
    Provider,
    /// A field that cannot change in place refers to something that is replaced.
    Cascade {
        of: Address,
    },
    /// Asked for by name.
    Requested,
    /// Reality differs from what is recorded.
    Drifted,
    /// It is recorded and no longer there.
    Missing,
    /// An earlier attempt failed half way.
    Failed,
    /// An earlier replacement left an object behind.
    Deposed,
    SecretRotated {
        store: Arc<str>,
        key: Arc<str>,
    },
    Moved,
    /// A dependency or a flag of the engine's own changes.
    Settings,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expect {
    /// Nothing is recorded at the address.
    Absent,
    /// The record has this serial.
    Serial(u64),
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Read {
    Resource { address: Address, serial: u64 },
    Output { context: Context, output: Arc<str>, serial: u64 },
}

/// An output that a plan was held to, and its record; `None` where there was none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Reliance {
    pub context: Context,
    pub output: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Step {
    /// Index into [`Plan::actions`].
    pub action: u32,
    pub op: StepOp,
    /// A step starts when all steps of lesser waves have ended, well or not: the order of phases.
    pub wave: u32,
    /// Indices of the steps that must have succeeded before; each is less than this step's own, here and below.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<u32>,
    /// Indices of the steps that must have ended before, well or not: soft dependencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub follows: Vec<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepOp {
    Create,
    Update,
    Delete,
    /// Delete the objects that a replacement has left behind.
    DeleteDeposed,
    Read,
    Import,
    Forget,
    Record,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutputChange {
    pub name: Arc<str>,
    pub tier: Tier,
    /// What it shall be, later values included; `None` where it shall not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    pub expect: Expect,
}

/// A resource that depends on one that is changed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Affected {
    pub address: Address,
    pub tier: Tier,
    /// Hard only if every link on the way is.
    pub strength: Strength,
    /// The changed resource that reaches it, the nearest one.
    pub by: Address,
}

impl ActionKind {
    /// What plans print in front of an address.
    pub fn symbol(self) -> &'static str {
        match self {
            ActionKind::Create => "+",
            ActionKind::Update => "~",
            ActionKind::Replace => "-/+",
            ActionKind::ReplaceCreateFirst => "+/-",
            ActionKind::Delete => "-",
            ActionKind::Read => "<=",
            ActionKind::Import => "=",
            ActionKind::Forget => "x",
            ActionKind::NoOp => " ",
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            ActionKind::Create => "create",
            ActionKind::Update => "update",
            ActionKind::Replace => "replace",
            ActionKind::ReplaceCreateFirst => "replace-create-first",
            ActionKind::Delete => "delete",
            ActionKind::Read => "read",
            ActionKind::Import => "import",
            ActionKind::Forget => "forget",
            ActionKind::NoOp => "no-op",
        }
    }

    pub fn is_replace(self) -> bool {
        matches!(self, ActionKind::Replace | ActionKind::ReplaceCreateFirst)
    }

    /// Whether an object goes away.
    pub fn deletes(self) -> bool {
        self.is_replace() || self == ActionKind::Delete
    }

    /// Whether an object comes into being.
    pub fn creates(self) -> bool {
        self.is_replace() || self == ActionKind::Create
    }
}

impl Risk {
    pub fn name(self) -> &'static str {
        match self {
            Risk::DataLoss => "data loss",
            Risk::Outage => "outage",
            Risk::Restart => "restart",
            Risk::Metadata => "metadata",
            Risk::None => "none",
        }
    }
}

impl StepOp {
    pub fn name(self) -> &'static str {
        match self {
            StepOp::Create => "create",
            StepOp::Update => "update",
            StepOp::Delete => "delete",
            StepOp::DeleteDeposed => "delete deposed",
            StepOp::Read => "read",
            StepOp::Import => "import",
            StepOp::Forget => "forget",
            StepOp::Record => "record",
        }
    }
}

/// How many objects come, change and go.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counts {
    pub add: usize,
    pub change: usize,
    pub destroy: usize,
    #[serde(rename = "import")]
    pub imported: usize,
    pub forget: usize,
}

impl Counts {
    pub fn of<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Counts {
        let mut counts = Counts::default();
        for action in plans.into_iter().flat_map(|plan| &plan.actions) {
            counts.add += usize::from(action.action.creates());
            counts.change += usize::from(action.action == ActionKind::Update);
            counts.destroy += usize::from(action.action.deletes() || action.deletes_deposed());
            counts.imported += usize::from(action.action == ActionKind::Import);
            counts.forget += usize::from(action.action == ActionKind::Forget);
        }
        counts
    }
}

/// What a plan's hash covers of an action: what is done, under which conditions, and what is told of it, so that nobody
/// approves what he was not shown. Not who wrote it where.
#[derive(Serialize)]
struct Hashed<'a> {
    address: &'a Address,
    action: ActionKind,
    kind: &'a TypeName,
    provider: &'a ProviderInstance,
    expect: &'a Expect,
    reads: &'a [Read],
    secrets: &'a [SecretVersion],
    desired: Cow<'a, Option<Desired>>,
    moved_from: &'a Option<Address>,
    import: &'a Option<ObjectId>,
    lifted: bool,
    risk: Risk,
    reasons: &'a [Reason],
    changes: Vec<Told<'a>>,
}

/// What a plan's hash covers of a change.
#[derive(Serialize)]
struct Told<'a> {
    path: &'a Path,
    old: Option<Cow<'a, Value>>,
    new: Option<Cow<'a, Value>>,
    forces_replacement: bool,
}

impl Told<'_> {
    fn of(change: &Change) -> Told<'_> {
        let Change { path, old, new, forces_replacement, .. } = change;
        let (old, new) = (old.as_ref().map(veiled), new.as_ref().map(veiled));
        Told { path, old, new, forces_replacement: *forces_replacement }
    }
}

/// A fingerprint is made of a secret's content, under a key that another store does not have: the hash covers that a
/// secret is there, by its reference and version, and not which.
fn without_fingerprints(desired: &Option<Desired>) -> Cow<'_, Option<Desired>> {
    let Some(known) = desired.as_ref().and_then(|desired| desired.known.as_ref()) else {
        return Cow::Borrowed(desired);
    };
    match veiled(known) {
        Cow::Borrowed(_) => Cow::Borrowed(desired),
        Cow::Owned(known) => Cow::Owned(desired.clone().map(|desired| Desired { known: Some(known), ..desired })),
    }
}

fn veiled(value: &Value) -> Cow<'_, Value> {
    let mut sealed = false;
    value.each_leaf(&mut |_, leaf| sealed |= matches!(leaf, Value::Sealed(_)));
    if !sealed {
        return Cow::Borrowed(value);
    }
    Cow::Owned(value.map_leaves(&mut |_, leaf| matches!(leaf, Value::Sealed(_)).then_some(Value::Unknown)))
}

impl Plan {
    /// The hash over the partition, the turn, the gate, the actions with their preconditions and what is told of them, the
    /// steps, the outputs and what the plan relies on.
    pub fn compute_hash(&self) -> Result<Digest, serde_json::Error> {
        Digest::of_written(|to| {
            serde_json::to_writer(
                &mut *to,
                &(FORMAT, &self.partition, self.turn, self.gated, &self.steps, &self.outputs),
            )?;
            if !self.relies.is_empty() {
                serde_json::to_writer(&mut *to, &self.relies)?;
            }
            for action in &self.actions {
                let hashed = Hashed {
                    address: &action.address,
                    action: action.action,
                    kind: &action.kind,
                    provider: &action.provider,
                    expect: &action.expect,
                    reads: &action.reads,
                    secrets: &action.secrets,
                    desired: without_fingerprints(&action.desired),
                    moved_from: &action.moved_from,
                    import: &action.import,
                    lifted: action.lifted,
                    risk: action.risk,
                    reasons: &action.reasons,
                    changes: action.changes.iter().map(Told::of).collect(),
                };
                to.write_all(b"\n").map_err(serde_json::Error::io)?;
                serde_json::to_writer(&mut *to, &hashed)?;
            }
            Ok(())
        })
    }

    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.outputs.is_empty()
    }
}

impl Action {
    /// Whether objects that an earlier replacement left behind are deleted along the way.
    pub fn deletes_deposed(&self) -> bool {
        self.reasons.contains(&Reason::Deposed)
    }

    /// The address under which a step finds what is recorded. What is left behind goes once its successor is recorded.
    pub fn recorded_as(&self, op: StepOp) -> &Address {
        match &self.moved_from {
            Some(from) if op != StepOp::DeleteDeposed => from,
            _ => &self.address,
        }
    }

    /// Whether nothing but the address becomes another. What was sent is then left as it is recorded, whatever the
    /// properties would come to today.
    pub fn only_moves(&self) -> bool {
        self.action == ActionKind::NoOp && self.reasons == [Reason::Moved]
    }
}

impl PlanSet {
    pub fn is_empty(&self) -> bool {
        self.plans.iter().all(Plan::is_empty)
    }
}

impl Desired {
    pub fn known(&self) -> &Value {
        self.known.as_ref().unwrap_or(&self.properties)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::New => f.write_str("it is new"),
            Reason::Absent => f.write_str("the document no longer has it"),
            Reason::Destroy => f.write_str("everything is to be destroyed"),
            Reason::Changed => f.write_str("its properties change"),
            Reason::Immutable { path } => write!(f, "`{path}` cannot change in place"),
            Reason::Provider => f.write_str("it moves to another provider, account, region or type"),
            Reason::Cascade { of } => write!(f, "it holds on to {of}, which is replaced"),
            Reason::Requested => f.write_str("it was asked for"),
            Reason::Drifted => f.write_str("reality differs from what is recorded"),
            Reason::Missing => f.write_str("it is recorded but no longer there"),
            Reason::Failed => f.write_str("an earlier attempt failed"),
            Reason::Deposed => f.write_str("an earlier replacement left an object behind"),
            Reason::SecretRotated { store, key } => write!(f, "secret {store}:{key} has a new version"),
            Reason::Moved => f.write_str("its address changes"),
            Reason::Settings => f.write_str("what is recorded about it changes"),
        }
    }
}
