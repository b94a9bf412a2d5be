//! The graph: concrete resources and what they need of each other. The one intermediate representation.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use strata_base::Span;

use crate::address::{Address, Context};
use crate::check::Check;
use crate::path::Path;
use crate::plan::ReplaceOrder;
use crate::tier::{Phase, Tier};
use crate::value::Value;

/// A type of resource as its provider calls it, such as `local.database`.
pub type TypeName = Arc<str>;

#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// What the document is authoritative for. A partition without nodes asks for the deletion of all that it has.
    pub scope: Vec<Partition>,
    pub nodes: IndexMap<Address, Node>,
    /// What each context publishes to others, by name.
    pub outputs: BTreeMap<(Context, Arc<str>), Output>,
    pub moved: Vec<Moved>,
    /// Outputs of other contexts that the document was held to, by the partition that they bound.
    pub relies: BTreeMap<Partition, BTreeSet<(Context, Arc<str>)>>,
    /// How the plans of a partition are carried out, where the document says so.
    pub execution: BTreeMap<Partition, Execution>,
    /// What the graph was made from, by name, such as a document or a mapping: told, never hashed.
    pub evidence: BTreeMap<Arc<str>, Arc<str>>,
}

/// How the plans of a partition are carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Execution {
    /// Somebody must approve them, whatever the tier's own mode is.
    pub gated: bool,
    pub on_drift: OnDrift,
}

/// What becomes of drift once it is found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDrift {
    /// It is told and the report is kept.
    #[default]
    Alert,
    /// The plan that puts it right is recorded besides, to be approved and applied as any other.
    PlanRemediation,
}

/// What is planned, approved and owned as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Partition {
    pub context: Context,
    pub tier: Tier,
}

#[derive(Clone, Debug)]
pub struct Node {
    pub address: Address,
    pub tier: Tier,
    pub kind: TypeName,
    pub provider: ProviderInstance,
    /// A map. May hold later values.
    pub properties: Value,
    pub depends_on: Vec<Dependency>,
    pub settings: Settings,
    /// What filled later values must satisfy before the provider is called.
    pub checks: BTreeMap<Path, Check>,
    /// Who set each leaf, in the order of [`Value::each_leaf`]; empty where that is not known.
    pub origins: Vec<Origin>,
    /// Where it stands in its document.
    pub span: Span,
}

/// What is said of a node besides its properties: for the engine to heed, not for the provider. A graph says it, a plan
/// carries it and the record keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    #[serde(skip_serializing_if = "is_default")]
    pub phase: Phase,
    /// Refuses to be deleted or replaced.
    #[serde(skip_serializing_if = "is_default")]
    pub protect: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub retain: Retain,
    /// How to replace it; `None` leaves that to its type.
    #[serde(skip_serializing_if = "is_default")]
    pub replace: Option<ReplaceOrder>,
    /// It belongs to somebody else: it is looked at and never changed. Its one property `object` says which it is.
    #[serde(skip_serializing_if = "is_default")]
    pub read: bool,
    /// Where reality may differ without being drift.
    #[serde(skip_serializing_if = "is_default")]
    pub ignore: Vec<Path>,
}

/// A provider, the account or cluster, and the region: where a node lives. Changing it replaces the node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ProviderInstance {
    pub provider: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Arc<str>>,
}

/// One thing must stand before another. What a reference says is a hard dependency without being listed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Dependency {
    pub on: Address,
    #[serde(default, skip_serializing_if = "Strength::is_hard")]
    pub strength: Strength,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    /// It must exist.
    #[default]
    Hard,
    /// It is waited for where it exists.
    Soft,
}

impl Strength {
    fn is_hard(&self) -> bool {
        *self == Strength::Hard
    }
}

/// What becomes of the object when its node goes away.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retain {
    #[default]
    Delete,
    /// It stays and is forgotten.
    Keep,
    /// A snapshot is taken, then it is deleted. Providers that cannot do so refuse the delete.
    Snapshot,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Output {
    pub tier: Tier,
    pub value: Value,
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
}

pub(crate) fn is_false(bool: &bool) -> bool {
    !bool
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A resource that is known by another address from now on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    pub from: Address,
    pub to: Address,
    /// Where it stands in its document.
    pub span: Span,
}

/// Who set a leaf, where.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Origin {
    pub file: Arc<str>,
    pub line: u32,
    pub column: u32,
    /// Whose values these are, such as `operator`; `None` where nobody in particular spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<str>>,
}

impl Node {
    /// Who set a leaf, where that is known.
    pub fn origin(&self, leaf: &Path) -> Option<&Origin> {
        let (mut origins, mut found) = (self.origins.iter(), None);
        self.properties.each_leaf(&mut |path, _| {
            let origin = origins.next();
            if path == leaf {
                found = origin;
            }
        });
        found
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)?;
        self.by.as_ref().map_or(Ok(()), |by| write!(f, " ({by})"))
    }
}

impl fmt::Display for ProviderInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.provider)?;
        for part in [&self.account, &self.region] {
            match part {
                Some(part) => write!(f, "/{part}")?,
                None if self.account.is_some() || self.region.is_some() => f.write_str("/-")?,
                None => {}
            }
        }
        Ok(())
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tier {}", self.context, self.tier)
    }
}

impl Node {
    /// A node of a type at an address with nothing else said.
    pub fn new(address: Address, tier: Tier, kind: impl Into<TypeName>, provider: ProviderInstance) -> Node {
        Node {
            address,
            tier,
            kind: kind.into(),
            provider,
            properties: Value::map(),
            depends_on: Vec::new(),
            settings: Settings::default(),
            checks: BTreeMap::new(),
            origins: Vec::new(),
            span: Span::NONE,
        }
    }

    pub fn partition(&self) -> Partition {
        Partition { context: self.address.context(), tier: self.tier }
    }
}

impl ProviderInstance {
    pub fn named(provider: impl Into<Arc<str>>) -> ProviderInstance {
        ProviderInstance { provider: provider.into(), account: None, region: None }
    }
}
