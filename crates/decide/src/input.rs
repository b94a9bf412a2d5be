//! What the planner decides from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_model::record::OutputRecord;
use strata_model::{Address, Context, Dependent, Graph, Partition, Resource, Schemas, SecretRef, Value};

pub struct Input<'a> {
    pub graph: &'a Graph,
    pub state: &'a State,
    pub schemas: &'a dyn Schemas,
    pub options: &'a Options,
}

impl Input<'_> {
    /// Whether an output that is recorded is one of which the document speaks, and which it does not have.
    pub(crate) fn goes(&self, key: &(Context, Arc<str>), record: &OutputRecord) -> bool {
        let speaks = |partition: &Partition| partition.tier == record.tier && partition.context == key.0;
        self.graph.scope.iter().any(speaks) && !self.graph.outputs.contains_key(key)
    }
}

/// What is recorded, as far as it can matter.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// All of the contexts in scope, and what their nodes refer to elsewhere.
    pub resources: BTreeMap<Address, Resource>,
    /// Likewise.
    pub outputs: BTreeMap<(Context, Arc<str>), OutputRecord>,
    /// What refers from outside of the scope to an output that goes.
    pub users: Users,
    /// What depends on a resource from outside of `resources`, transitively.
    pub dependents: BTreeMap<Address, Vec<Dependent>>,
    /// The present version of each secret that the graph or the state names; a missing one is absent.
    pub secrets: BTreeMap<SecretRef, Arc<str>>,
    /// What was read from the providers; `None` if nothing was.
    pub reality: Option<BTreeMap<Address, Reality>>,
}

/// By the context that publishes an output, and its name.
pub type Users = BTreeMap<(Context, Arc<str>), BTreeSet<Address>>;

/// A recorded resource as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reality {
    Missing,
    Present(Value),
}

#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Delete all that the document's partitions have.
    pub destroy: bool,
    pub selection: Selection,
    /// Replace these even if they could be updated or need nothing.
    pub replace: BTreeSet<Address>,
    /// Protected resources that may nevertheless be deleted or replaced.
    pub allow_protected: BTreeSet<Address>,
}

#[derive(Clone, Debug, Default)]
pub enum Selection {
    #[default]
    All,
    /// These and what they need.
    Target(BTreeSet<Address>),
    /// All but these and what needs them.
    Exclude(BTreeSet<Address>),
}
