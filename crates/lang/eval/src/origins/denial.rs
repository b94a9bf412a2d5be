//! Who refuses a field.

use strata_base::Span;

use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::vertex::VertexId;
use crate::work::Need;

/// One reason why a struct refuses a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    /// The reference, embedding or call that closes the struct.
    pub closed_by: Span,
    /// Where the closed struct is declared.
    pub declared: Vec<Span>,
    /// The fields that it knows.
    pub known: Vec<String>,
}

impl Session {
    /// Why a struct does not take a field: nothing where it does.
    pub fn why_not(&mut self, vertex: VertexId, label: Label) -> Result<Vec<Denial>, Limit> {
        self.require(vertex, Need::Deep)?;
        let at = self.deref(vertex);
        for pattern in self.vertex(at).rare().patterns.clone() {
            if self.matches(&pattern.filter, label) {
                return Ok(Vec::new());
            }
        }
        let deniers = match self.vertex(at).arcs.get(label) {
            Some(field) => self.refused_by(field).into_iter().collect(),
            None => self.refusers(at, label),
        };
        let mut denials = Vec::new();
        for id in deniers {
            let node = self.containments.node(id);
            let target = self.closed_target(at, id);
            if let Some(target) = target {
                self.require(target, Need::Done)?;
            }
            let declared = target.map_or_else(Vec::new, |target| self.conjunct_spans(target));
            // Where the declaration is not kept apart, whatever the struct has.
            let end = self.deref(target.unwrap_or(at));
            let fields = self.vertex(end).arcs.iter().map(|(known, _)| known);
            let fields = fields.filter(|known| known.is_string() && *known != label);
            let mut known: Vec<String> = fields.map(|known| self.label_text(known)).collect();
            known.sort();
            denials.push(Denial { closed_by: self.span(node), declared, known });
        }
        denials.sort_by_key(|denial| denial.closed_by);
        denials.dedup();
        Ok(denials)
    }
}
