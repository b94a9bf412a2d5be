//! What the stages of the planner hand to one another: what is settled of each node, and what is known of its
//! properties and of outputs.

use std::collections::BTreeMap;

use strata_model::plan::Read;
use strata_model::record::OutputRecord;
use strata_model::resource::SecretVersion;
use strata_model::{ActionKind, Address, Change, Output, Path, Reason, TypeSchema, Value};

pub(super) enum Settled<'a> {
    /// Nothing is to be done.
    Same,
    /// Left out of this plan, whatever it might need.
    Skipped,
    /// Only the record changes.
    Record {
        reasons: Vec<Reason>,
        filled: Box<Filled>,
    },
    Change(Box<Decision<'a>>),
}

pub(super) struct Decision<'a> {
    pub(super) kind: ActionKind,
    pub(super) reasons: Vec<Reason>,
    pub(super) changes: Vec<Change>,
    pub(super) filled: Filled,
    pub(super) schema: &'a TypeSchema,
}

impl Decision<'_> {
    pub(super) fn updates_in_place(&self) -> bool {
        self.kind == ActionKind::Update
    }

    pub(super) fn replaces(&self) -> bool {
        self.kind.is_replace()
    }
}

/// The properties of one node as far as they are known.
#[derive(Debug, Default)]
pub(super) struct Filled {
    /// What the properties are compared as; `None` if they hold nothing later.
    pub(super) value: Option<Value>,
    /// Leaves that must not be shown.
    pub(super) sensitive: Vec<Path>,
    /// Leaves that are unknown because of something that is replaced.
    pub(super) replaced: BTreeMap<Path, Address>,
    pub(super) reads: Vec<Read>,
    pub(super) secrets: Vec<SecretVersion>,
}

/// An output as far as it is known.
pub(super) struct FilledOutput {
    /// `None` where it is unknown, or made of something sensitive.
    pub(super) known: Option<Value>,
    /// Whether all that it is made of is known.
    pub(super) is_known: bool,
    pub(super) reads: Vec<Read>,
    pub(super) secrets: Vec<SecretVersion>,
    /// Whether something that it is made of is recorded anew by what is planned.
    pub(super) moves: bool,
}

impl FilledOutput {
    pub(super) fn is_sensitive(&self) -> bool {
        self.is_known && self.known.as_ref().is_none_or(|known| matches!(known, Value::Sealed(_)))
    }
    /// Whether an output is what is published already. Something sensitive is compared by its fingerprint where it is one thing;
    /// else it is the same if it is made of the same things in the same way, and none of them is recorded anew.
    pub(super) fn stays(&self, output: &Output, record: &OutputRecord) -> bool {
        let same_inputs = || {
            self.reads.iter().all(|read| record.inputs.contains(read))
                && self.secrets.iter().all(|secret| record.secrets.contains(secret))
        };
        match &self.known {
            Some(Value::Sealed(known)) => record.sensitive && record.value == Value::Sealed(known.clone()),
            Some(known) if !output.sensitive => !record.sensitive && *known == record.value,
            _ => record.sensitive && self.is_known && !self.moves && record.desired == output.value && same_inputs(),
        }
    }
}
