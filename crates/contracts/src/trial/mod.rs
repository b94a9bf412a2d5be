//! Mappings tried on made-up units: what every mapping must hold, whoever wrote it.
//!
//! The units are made of the contract's shape ([`crate::samples`]), so that a mapping needs no test of its own to be tried.
//! Each check compares evaluations with one another; none knows what a provider's resources should look like.

mod checks;
mod guards;
mod report;
mod runs;
mod values;

use std::fmt;

use serde_json::Value;
use strata_base::{Sources, Span};

use crate::knowledge::Mapping;
use crate::library::Library;

pub use runs::case;
pub use values::{data_of, json};

/// What a mapping must hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Check {
    /// T1: the examples of the contract become nodes.
    Examples,
    /// T2: every unit that satisfies its contract becomes nodes, or is told what is wrong with it.
    Total,
    /// T3: whether a value is known now or later changes no node.
    Later,
    /// T4: the provider takes the properties of the nodes.
    Provider,
    /// T5: each property changes something, or a gap says that it does not.
    Read,
    /// T6: each condition is met by some units and not by others.
    Guards,
    /// T7: the order of keys changes nothing.
    Order,
    /// T8: no value that is known later, and no secret, is a part of a text.
    Texts,
    /// T9: two units have no name in common.
    Names,
}

/// A check that a mapping does not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    pub check: Check,
    /// The mapping, as `CONTRACT on PROVIDER`.
    pub mapping: String,
    pub message: String,
    /// In the mapping.
    pub span: Span,
}

/// All that mappings are tried with.
pub struct Trial<'a> {
    pub library: &'a Library,
    pub sources: &'a Sources,
    /// What a provider has against properties of a type. Values that are known later are `{"$unknown": true}`.
    pub judge: &'a (dyn Fn(&str, &str, &Value) -> Vec<String> + Sync),
}

impl Trial<'_> {
    /// Everything that is wrong with a mapping.
    pub fn mapping(&self, mapping: &Mapping) -> Vec<Finding> {
        checks::all(self, mapping)
    }
}

impl Check {
    pub const ALL: [Check; 9] = [
        Check::Examples,
        Check::Total,
        Check::Later,
        Check::Provider,
        Check::Read,
        Check::Guards,
        Check::Order,
        Check::Texts,
        Check::Names,
    ];

    /// What is held, in words.
    pub fn about(self) -> &'static str {
        match self {
            Check::Examples => "examples become nodes",
            Check::Total => "every unit becomes nodes or problems",
            Check::Later => "values may be known later",
            Check::Provider => "the provider takes the properties",
            Check::Read => "every property matters",
            Check::Guards => "every condition matters",
            Check::Order => "the order of keys does not matter",
            Check::Texts => "no secret is a part of a text",
            Check::Names => "units have names of their own",
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", *self as usize + 1)
    }
}
