//! Where the fields stand that make up a vertex.

use strata_base::Span;

use super::surroundings::Stands;
use crate::ir::{ArcType, Decl, NodeId};
use crate::session::Session;
use crate::vertex::{Item, VertexId};

impl Session {
    /// The places of the fields that make up a vertex, by their labels. `only`: those of one sort.
    pub(crate) fn label_spans(&self, vertex: VertexId, only: Option<ArcType>) -> Vec<Span> {
        let mut spans = Vec::new();
        for conjunct in &self.vertex(vertex).conjuncts {
            let label = match conjunct.item {
                Item::Node(node) => self.label_of(node),
                _ => None,
            };
            let span = match (label, only) {
                (Some((span, arc)), only) if only.is_none_or(|only| only == arc) => Some(span),
                (None, None) => self.conjunct_span(conjunct),
                _ => None,
            };
            spans.extend(span.filter(|span| !span.is_none()));
        }
        spans
    }

    /// The label of the field whose value an expression is, and what sort of field that makes.
    fn label_of(&self, node: NodeId) -> Option<(Span, ArcType)> {
        let (Stands::Member(literal) | Stands::Labelled { literal, .. }) = self.surroundings().stands(node) else {
            return None;
        };
        self.ir().decls(self.ir().structure(literal)).iter().find_map(|decl| match *decl {
            Decl::Field { value, span, arc, .. } | Decl::Dynamic { value, span, arc, .. } if value == node => {
                Some((span, arc))
            }
            _ => None,
        })
    }
}
