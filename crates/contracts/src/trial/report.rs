//! What the checks work with: the units that were tried, and what was found.

use std::sync::Arc;

use cue_data::Data;
use serde_json::Value;
use strata_base::Span;

use super::runs::Outcome;
use super::{Check, Finding, Trial};
use crate::knowledge::Mapping;

/// A unit that was tried, and what came of it.
pub(super) struct Tried {
    pub(super) properties: Value,
    pub(super) peers: Value,
    /// What its contract made of it.
    pub(super) spec: Option<Arc<Data>>,
    /// What an operator says, if he says more than he must.
    pub(super) binding: Option<Data>,
    pub(super) outcome: Outcome,
    /// The unit that it differs from, and where.
    pub(super) from: Option<(usize, String)>,
}

/// All findings about one mapping.
pub(super) struct Report<'a> {
    pub(super) trial: &'a Trial<'a>,
    pub(super) mapping: &'a Mapping,
    pub(super) findings: Vec<Finding>,
}

impl Report<'_> {
    pub(super) fn found(&mut self, check: Check, message: String, span: Option<Span>) {
        let mapping = format!("{} on {}", self.mapping.contract, self.mapping.provider);
        let span = span.unwrap_or(self.mapping.span);
        let finding = Finding { check, mapping, message, span };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}
