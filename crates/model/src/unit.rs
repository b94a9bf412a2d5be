//! Units: what a front end makes of a document. Each is a named instance of a contract, not yet checked against it.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::Data;
use strata_base::Span;

use crate::address::Context;
use crate::graph::{Partition, ProviderInstance};
use crate::tier::Tier;

/// All that one document asks for.
#[derive(Clone, Debug, Default)]
pub struct Stack {
    /// What the document is authoritative for.
    pub scope: Vec<Partition>,
    /// In the order of the document. No two have one name.
    pub units: Vec<Unit>,
    /// The name of the document.
    pub document: Arc<str>,
    /// The settings of providers, by their names.
    pub settings: BTreeMap<Arc<str>, Data>,
    /// What the operator says of contracts, by their names.
    pub bindings: BTreeMap<Arc<str>, Data>,
}

#[derive(Clone, Debug)]
pub struct Unit {
    pub name: Arc<str>,
    pub context: Context,
    pub tier: Tier,
    /// The name of a contract, as it was written.
    pub contract: Arc<str>,
    pub provider: ProviderInstance,
    /// A struct. What is known later stands in it as `{"$ref": {"unit": …, "attr": …}}` and its kin.
    pub properties: Data,
    /// Names of units that must stand before it, with the places where they were named.
    pub depends_on: Vec<(Arc<str>, Span)>,
    /// Where its name stands.
    pub span: Span,
    /// Where the name of its contract stands.
    pub contract_span: Span,
}
