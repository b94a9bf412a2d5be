//! Why nothing is left of a disjunction.

use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::session::Session;
use crate::value::Value;
use crate::vertex::VertexId;
use crate::work::{DisjunctionSource, PendingDisjunction};

impl Session {
    /// Why each alternative does not hold, also those that were dropped unseen.
    pub(super) fn all_errors(
        &mut self,
        vertex: VertexId,
        pending: &PendingDisjunction,
        seen: Vec<Option<ErrorId>>,
    ) -> Vec<ErrorId> {
        let mut errors = Vec::with_capacity(seen.len());
        for (index, error) in seen.into_iter().enumerate() {
            errors.push(error.unwrap_or_else(|| self.dropped_error(vertex, pending, index)));
        }
        errors
    }

    fn dropped_error(&mut self, vertex: VertexId, pending: &PendingDisjunction, index: usize) -> ErrorId {
        let node = match &pending.source {
            DisjunctionSource::Literal { index: literal, .. } => self.ir().disjunction(*literal).disjuncts[index].value,
            DisjunctionSource::Value { node, .. } => *node,
        };
        let ir_node = self.ir().node(node);
        let value = self.literal_value(ir_node, node).unwrap_or(Value::Struct);
        let known = self.known_value(vertex).unwrap_or_else(|| self.simple_base(vertex));
        let (a, b) = (value.kinds(), known.kinds());
        let span = self.span(node);
        let mut spans = self.conjunct_spans(vertex);
        spans.insert(0, span);
        if a.intersects(b) {
            let args = vec![Arg::Value(value), Arg::Value(known)];
            self.error_at(ErrorCode::Eval, spans, "conflicting values {} and {}", args)
        } else {
            let args = vec![Arg::Value(value), Arg::Value(known), Arg::Kinds(a), Arg::Kinds(b)];
            self.error_at(ErrorCode::Eval, spans, "conflicting values {} and {} (mismatched types {} and {})", args)
        }
    }

    /// The error of a disjunction that nothing is left of. What the configuration says of its own accord (`told`) is
    /// told instead of the rest, but the sort of the error is that of the rest: `error("…")` explains a failure and
    /// does not change it.
    pub(crate) fn empty_disjunction(
        &mut self,
        vertex: VertexId,
        mut children: Vec<ErrorId>,
        told: &[ErrorId],
    ) -> ErrorId {
        children.retain(|&child| self.bottom(child).code != ErrorCode::User);
        children.dedup();
        let code = children.iter().map(|&child| self.bottom(child).code).max().unwrap_or(ErrorCode::Eval);
        let mut spans = Vec::new();
        if !told.is_empty() {
            spans = children.iter().flat_map(|&child| self.bottom(child).spans.clone()).collect();
            children.clear();
            for &error in told {
                let own = self.bottom(error).clone();
                if !children.iter().any(|&known| self.bottom(known).spans == own.spans) {
                    children.push(self.add_bottom(Bottom { code, ..own }));
                }
            }
        }
        if let [only] = children[..] {
            for span in spans {
                let known = &mut self.bottoms[only.0 as usize].spans;
                if !known.contains(&span) {
                    known.push(span);
                }
            }
            return only;
        }
        let count = children.len().to_string();
        self.add_bottom(Bottom {
            code,
            format: "{} errors in empty disjunction:",
            args: vec![Arg::from(count)],
            vertex,
            spans,
            children,
            close_check: false,
        })
    }
}
