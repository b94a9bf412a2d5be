//! What narrows a vertex: kinds and scalars, each held against those that came before.

use cue_data::Kinds;

use crate::errors::{Arg, ErrorCode};
use crate::ir::{Node, NodeId};
use crate::session::Session;
use crate::value::{Value, same_scalar};
use crate::vertex::{Trail, VertexId};

/// One side of a conflict.
struct Part<'a> {
    value: &'a Value,
    node: NodeId,
    kinds: Kinds,
    /// The closedness id that it came through.
    id: u32,
}

impl Session {
    /// Holds the kinds of one more conjunct against those that came before; false where nothing is left.
    pub(crate) fn narrow(
        &mut self,
        vertex: VertexId,
        kinds: Kinds,
        node: NodeId,
        value: &Value,
        trail: &Trail,
    ) -> bool {
        self.note(vertex, trail, 0);
        let work = self.work(vertex);
        let before = work.kinds;
        if before.is_bottom() || kinds.is_bottom() {
            return false;
        }
        let both = before.and(kinds);
        let id = work.kinds_id;
        if both.is_bottom()
            && let (Some(first), Some(other)) = (work.kinds_value.clone(), work.kinds_node)
        {
            let first = Part { value: &first, node: other, kinds: before, id };
            self.conflict(vertex, first, Part { value, node, kinds, id: trail.id });
        }
        let work = self.work(vertex);
        if before != both || work.kinds_node.is_none() {
            work.kinds_node = Some(node);
            work.kinds_value = Some(value.clone());
            work.kinds_id = trail.id;
        }
        work.kinds = both;
        !both.is_bottom()
    }

    /// The error of two parts that cannot both hold. Their places, and those of the references that brought them.
    fn conflict(&mut self, vertex: VertexId, first: Part<'_>, second: Part<'_>) {
        let mut spans = Vec::new();
        for part in [&first, &second] {
            spans.push(self.span(part.node));
        }
        for part in [&first, &second] {
            spans.extend(self.containments.chain(part.id).map(|node| self.span(node)));
        }
        let mut unique = Vec::with_capacity(spans.len());
        for span in spans {
            if !span.is_none() && !unique.contains(&span) {
                unique.push(span);
            }
        }
        // Bounds are told after what they are held against.
        let swapped = matches!(first.value, Value::Bound(_)) && !matches!(second.value, Value::Bound(_));
        let (first, second) = if swapped { (second, first) } else { (first, second) };
        let mut args = vec![self.part_arg(&first), self.part_arg(&second)];
        let format = if first.kinds.intersects(second.kinds) {
            "conflicting values {} and {}"
        } else {
            args.push(Arg::Kinds(first.kinds));
            args.push(Arg::Kinds(second.kinds));
            "conflicting values {} and {} (mismatched types {} and {})"
        };
        let error = self.error_at(ErrorCode::Eval, unique, format, args);
        self.add_error(vertex, error);
    }

    fn part_arg(&self, part: &Part<'_>) -> Arg {
        self.written(part.node, part.value)
    }

    /// A value for a message: a struct or list as it was written.
    pub(crate) fn written(&self, node: NodeId, value: &Value) -> Arg {
        match self.ir().nodes.get(node.0 as usize) {
            Some(Node::Struct(_) | Node::List(_)) => Arg::Source(node),
            _ => Arg::Value(value.clone()),
        }
    }

    pub(crate) fn insert_scalar(&mut self, vertex: VertexId, value: Value, node: NodeId, trail: &Trail) {
        let work = self.work(vertex);
        let Some(known) = work.scalar.clone() else {
            work.scalar = Some(value);
            work.scalar_node = Some(node);
            work.scalar_id = trail.id;
            return;
        };
        if same_scalar(&known, &value) {
            return;
        }
        let other = work.scalar_node.unwrap_or(node);
        let id = work.scalar_id;
        let (kinds, known_kinds) = (value.kinds(), known.kinds());
        // The newer is told first.
        let newer = Part { value: &value, node, kinds, id: trail.id };
        self.conflict(vertex, newer, Part { value: &known, node: other, kinds: known_kinds, id });
    }
}
