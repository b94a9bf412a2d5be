//! Why nothing is left of a disjunction.

use cue_data::Kinds;

use super::Expansion;
use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::ir::{Node, NodeId};
use crate::session::Session;
use crate::vertex::VertexId;
use crate::work::{DisjunctionSource, PendingDisjunction};

/// The most alternatives that are evaluated only to tell why they do not hold.
const MOST_TOLD: usize = 16;

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

    /// Whether alternatives that were dropped unseen are looked at after all, for what speaks against them: where that is
    /// all that there is to tell, and they are few.
    pub(super) fn tells_dropped(&self, vertex: VertexId, expansion: &Expansion, seen: &[Option<ErrorId>]) -> bool {
        let dropped = seen.iter().filter(|error| error.is_none()).count();
        expansion.dropped.is_none()
            && matches!(expansion.cross[..], [_])
            && !self.vertex(vertex).alternative
            && (1..=MOST_TOLD).contains(&dropped)
    }

    fn dropped_error(&mut self, vertex: VertexId, pending: &PendingDisjunction, index: usize) -> ErrorId {
        let node = match &pending.source {
            DisjunctionSource::Literal { index: literal, .. } => self.ir().disjunction(*literal).disjuncts[index].value,
            DisjunctionSource::Value { node, .. } => *node,
        };
        let ir_node = self.ir().node(node);
        match self.literal_value(ir_node, node) {
            Some(value) => self.excluded(vertex, node, Arg::Value(value.clone()), value.kinds()),
            None => {
                let kinds = if matches!(ir_node, Node::List(_)) { Kinds::LIST } else { Kinds::STRUCT };
                self.excluded(vertex, node, Arg::Source(node), kinds)
            }
        }
    }

    /// The error of an alternative that does not go with what a vertex is.
    pub(crate) fn excluded(&mut self, vertex: VertexId, node: NodeId, value: Arg, kinds: Kinds) -> ErrorId {
        let work = self.work(vertex);
        let base_node = work.scalar_node.or(work.kinds_node).unwrap_or(NodeId(0));
        let base = match work.scalar.clone() {
            Some(scalar) => scalar,
            None => self.known_value(vertex).unwrap_or_else(|| self.simple_base(vertex)),
        };
        let spans = [node, base_node].iter().map(|n| self.span(*n)).filter(|span| !span.is_none()).collect();
        let base_kinds = base.kinds();
        let base = self.written(base_node, &base);
        if kinds.intersects(base_kinds) {
            self.error_at(ErrorCode::Eval, spans, "conflicting values {} and {}", vec![value, base])
        } else {
            let args = vec![base, value, Arg::Kinds(base_kinds), Arg::Kinds(kinds)];
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
