//! Units: what a front end makes of documents. Each is a named instance of a contract, not yet checked against it.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use cue_data::Data;
use strata_base::Span;

use crate::address::{Address, Context};
use crate::graph::{Execution, Partition, ProviderInstance};
use crate::record::OutputRecord;
use crate::tier::Tier;

/// All that documents ask for.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// What the documents are authoritative for, each with the place that says so.
    pub scope: Vec<(Partition, Span)>,
    /// In the order of the documents. No two have one name.
    pub units: Vec<Unit>,
    /// What upper tiers demand of lower ones.
    pub constraints: Vec<Constraint>,
    /// What tiers tell others.
    pub outputs: Vec<TierOutput>,
    /// Units that had other names, and keep what they are.
    pub renamed: Vec<Renamed>,
    /// How plans are carried out, where the documents say so.
    pub execution: BTreeMap<Partition, Execution>,
    /// Those that the documents name. Of one provider all documents give the same settings.
    pub providers: Vec<NamedProvider>,
    /// What the operator says of contracts, by their names, and where these stand.
    pub bindings: BTreeMap<Arc<str>, (Span, Data)>,
    /// The names of the documents, and of what they are made of, with what identifies it.
    pub evidence: BTreeMap<Arc<str>, Arc<str>>,
}

/// A provider that a document names, and what it says of it.
#[derive(Clone, Debug)]
pub struct NamedProvider {
    pub instance: ProviderInstance,
    /// Where its name stands; nowhere if no document named it.
    pub span: Span,
    /// The fields that say where it is and who calls it.
    pub place: Vec<(Arc<str>, Span)>,
    /// What else is said to it, a struct.
    pub settings: Option<Data>,
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub name: Arc<str>,
    pub context: Context,
    pub tier: Tier,
    /// The name of a contract, as it was written.
    pub contract: Arc<str>,
    /// Those of its document; which of them serves it depends on what they serve.
    pub providers: Arc<[ProviderInstance]>,
    /// The name of one of them, where that was said.
    pub provider: Option<(Arc<str>, Span)>,
    /// A struct. What is known later stands in it as `{"$ref": {"unit": …, "attr": …}}` and its kin.
    pub properties: Data,
    /// Demands on this unit alone.
    pub constraints: Vec<Constraint>,
    /// Names of units that must stand before it, with the places where they were named.
    pub depends_on: Vec<(Arc<str>, Span)>,
    /// Where its name stands.
    pub span: Span,
    /// Where the name of its contract stands.
    pub contract_span: Span,
}

/// A demand on what has a dimension of that name, such as `memory <= 4Gi`.
#[derive(Clone, Debug)]
pub struct Constraint {
    /// Who is bound: what is below this tier in this context.
    pub context: Context,
    pub tier: Tier,
    pub field: Arc<str>,
    pub operator: Operator,
    /// As it was written: a number, a text such as `4Gi`, or a list of such.
    pub value: Data,
    /// Where it was written, in words; the place of `span` if that is one.
    pub source: Arc<str>,
    pub span: Span,
    /// Where the name of the field stands.
    pub field_span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Operator {
    AtMost,
    AtLeast,
    Equal,
    In,
    NotIn,
}

/// What a tier tells others under a name: an output of one of its units.
#[derive(Clone, Debug)]
pub struct TierOutput {
    pub context: Context,
    pub tier: Tier,
    pub name: Arc<str>,
    pub unit: Arc<str>,
    pub output: Arc<str>,
    pub kind: OutputKind,
    /// Of the name, of the source and of the type.
    pub spans: [Span; 3],
}

/// A unit of a tier that had another name. No unit has that one now.
#[derive(Clone, Debug)]
pub struct Renamed {
    pub context: Context,
    pub tier: Tier,
    pub from: Arc<str>,
    pub to: Arc<str>,
    /// Where it is said.
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum OutputKind {
    #[default]
    Any,
    String,
    Int,
    Bool,
    /// A secret, told as a reference.
    Credential,
}

/// What is recorded about the contexts around a stack.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    pub outputs: BTreeMap<(Context, Arc<str>), OutputRecord>,
    /// Where the resources of upper contexts stand, as far as the documents do not say all about those.
    pub above: BTreeMap<Address, (Tier, ProviderInstance)>,
}

impl Stack {
    /// What is said to a provider.
    pub fn settings<'s>(&'s self, provider: &'s str) -> Option<&'s Data> {
        self.of(provider).find_map(|named| named.settings.as_ref())
    }

    /// A provider as it was named, in all documents that name it.
    pub fn of<'s>(&'s self, provider: &'s str) -> impl Iterator<Item = &'s NamedProvider> {
        self.providers.iter().filter(move |named| *named.instance.provider == *provider)
    }
}

impl Operator {
    pub const ALL: [Operator; 5] =
        [Operator::AtMost, Operator::AtLeast, Operator::Equal, Operator::In, Operator::NotIn];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Operator::AtMost => "<=",
            Operator::AtLeast => ">=",
            Operator::Equal => "==",
            Operator::In => "in",
            Operator::NotIn => "not_in",
        }
    }

    pub fn named(name: &str) -> Option<Operator> {
        Operator::ALL.into_iter().find(|operator| operator.name() == name)
    }

    /// Whether it compares with each of a list.
    pub fn takes_list(self) -> bool {
        matches!(self, Operator::In | Operator::NotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl OutputKind {
    pub const WORDS: [(&'static str, OutputKind); 4] = [
        ("string", OutputKind::String),
        ("int", OutputKind::Int),
        ("bool", OutputKind::Bool),
        ("credential_ref", OutputKind::Credential),
    ];
}

/// The name under which a tier publishes what it demands of those below. Users' outputs have no dot.
pub fn constraints_output(tier: Tier) -> Arc<str> {
    format!("tier{tier}.constraints").into()
}

/// Whether that is the name of what tiers record for each other (demands, quotas and their use), which no user declared.
pub fn is_of_tiers(output: &str) -> bool {
    let of_tier = |what| ["tier1.", "tier2.", "tier3."].into_iter().any(|tier| output.strip_prefix(tier) == Some(what));
    ["constraints", "namespaces", "names", "usage"].into_iter().any(of_tier)
}
