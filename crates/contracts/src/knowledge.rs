//! Contracts, mappings and providers, as they are known once their packages are read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_eval::InstanceId;
use strata_base::{FileId, Span};
use strata_model::{Measure, Phase, Tier};

use crate::fidelity::Gap;
use crate::shape::Shape;

/// What may be asked for.
#[derive(Clone, Debug)]
pub struct Contract {
    pub name: Arc<str>,
    pub about: Arc<str>,
    pub tier: Tier,
    pub phase: Phase,
    /// What may be said.
    pub spec: Shape,
    pub outputs: BTreeMap<Arc<str>, OutputInfo>,
    /// What can be bounded and summed up, by the name of the bound.
    pub dimensions: BTreeMap<Arc<str>, Dimension>,
    /// Bounds that a unit sets on the sum of a dimension over all that is in it: the paths of its properties.
    pub quotas: BTreeMap<Arc<str>, Arc<str>>,
    /// Where it stands.
    pub span: Span,
    /// What an operator may say of it.
    pub binding: Option<Shape>,
    pub(crate) place: Place,
}

/// What others may refer to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputInfo {
    /// It must never be shown.
    pub sensitive: bool,
    /// Other names of it.
    pub aliases: Vec<Arc<str>>,
    /// What the contract says of it.
    pub about: String,
    /// Whether every unit has it.
    pub required: bool,
}

/// A property that has an amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dimension {
    /// Such as `resources.memory`.
    pub path: Arc<str>,
    pub measure: Measure,
    /// So many of what is measured are one of the property.
    pub each: i128,
    /// A property that says how many times it counts in a sum.
    pub times: Option<Arc<str>>,
}

/// How a provider serves a contract, or what it makes once for all units that stand together.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The contract; of what is made once, the name of its own.
    pub contract: Arc<str>,
    pub provider: Arc<str>,
    pub scope: Scope,
    /// The contracts whose units it looks at; `*` is all of them.
    pub reads: Vec<Arc<str>>,
    /// What one that is made once tells mappings of units.
    pub exports: Vec<Arc<str>>,
    /// What the provider does not do, or only in part.
    pub gaps: Vec<Gap>,
    /// What an operator may say of the contract where this provider serves it: what the contract lets be said, and more.
    pub binding: Option<Shape>,
    /// Where it stands.
    pub span: Span,
    pub(crate) place: Place,
    /// The package that applies it to an input.
    pub(crate) harness: InstanceId,
    pub(crate) file: FileId,
    /// The parts of the input that it states; nothing stands for all of them.
    pub(crate) wants: Option<BTreeSet<Arc<str>>>,
    /// It takes the place of an embedded one.
    pub(crate) overrides: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One evaluation for each unit.
    Unit,
    /// One evaluation for all units of a tier at a place that are with one provider.
    Release,
}

/// What a provider says of itself.
#[derive(Clone, Debug)]
pub struct Provider {
    pub name: Arc<str>,
    pub about: Arc<str>,
    /// What of `region`, `account_id` and `credentials` means something to it.
    pub place_fields: Vec<Arc<str>>,
    /// What holds of `region` and `account_id` where nothing is said.
    pub usual: BTreeMap<Arc<str>, Arc<str>>,
    /// Its settings.
    pub config: Shape,
    /// Where it stands.
    pub span: Span,
    pub(crate) place: Place,
}

/// A field of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) instance: InstanceId,
    pub(crate) field: Arc<str>,
}

/// A field that may be a contract or a mapping.
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) span: Span,
}

impl Contract {
    /// An output by its name or another spelling of it, with its own name.
    pub fn output(&self, name: &str) -> Option<(&Arc<str>, &OutputInfo)> {
        let has_alias = |info: &OutputInfo| info.aliases.iter().any(|alias| **alias == *name);
        self.outputs.get_key_value(name).or_else(|| self.outputs.iter().find(|(_, info)| has_alias(info)))
    }
}
