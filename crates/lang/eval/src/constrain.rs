//! What narrows a vertex: kinds, scalars, bounds and functions, each held against those that came before.

use std::sync::Arc;

use cue_data::Kinds;

use crate::close::{HAS_OPENER, HAS_TOP};
use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{Comparison, Node, NodeId};
use crate::session::Session;
use crate::value::{Bound, Validator, Value, same_scalar};
use crate::vertex::{Trail, VertexId};
use crate::work::Check;

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

    /// A struct or list is told as it was written.
    fn part_arg(&self, part: &Part<'_>) -> Arg {
        match self.ir().nodes.get(part.node.0 as usize) {
            Some(Node::Struct(_) | Node::List(_)) => Arg::Source(part.node),
            _ => Arg::Value(part.value.clone()),
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

    pub(crate) fn insert_bound(&mut self, vertex: VertexId, bound: &Arc<Bound>, node: NodeId, trail: &Trail) {
        if matches!(bound.op, Comparison::Equal | Comparison::NotEqual) {
            self.note(vertex, trail, HAS_OPENER | HAS_TOP);
            if bound.kinds().intersects(Kinds::STRUCT.or(Kinds::LIST)) {
                self.work(vertex).has_top = true;
            }
        }
        let check = Check { value: Value::Bound(Arc::clone(bound)), node };
        let upper = match bound.op {
            Comparison::Less | Comparison::LessEqual => true,
            Comparison::Greater | Comparison::GreaterEqual => false,
            _ => {
                let checks = std::mem::take(&mut self.work(vertex).checks);
                let mut kept = Vec::with_capacity(checks.len() + 1);
                let mut known = false;
                for other in checks {
                    if let Value::Bound(b) = &other.value {
                        known |= b.op == bound.op && same_scalar(&b.value, &bound.value);
                    }
                    kept.push(other);
                }
                if !known {
                    kept.push(check);
                }
                self.work(vertex).checks = kept;
                return;
            }
        };
        let work = self.work(vertex);
        let slot = if upper { &mut work.upper } else { &mut work.lower };
        match slot {
            Some(known) => {
                if let Value::Bound(other) = &known.value
                    && crate::bounds::is_tighter(bound, other)
                {
                    *slot = Some(check);
                }
            }
            None => *slot = Some(check),
        }
    }

    /// The error of two bounds that leave nothing between them.
    pub(crate) fn excluding(&mut self, lower: &Check, upper: &Check, kinds: Kinds) -> Option<ErrorId> {
        let (Value::Bound(low), Value::Bound(high)) = (&lower.value, &upper.value) else { return None };
        let sort = crate::bounds::incompatible(low, high, kinds)?;
        let spans = vec![self.span(lower.node), self.span(upper.node)];
        let args = vec![Arg::from(sort), Arg::Value(upper.value.clone()), Arg::Value(lower.value.clone())];
        Some(self.error_at(ErrorCode::Eval, spans, "incompatible {} bounds {} and {}", args))
    }

    pub(crate) fn insert_validator(
        &mut self,
        vertex: VertexId,
        validator: &Arc<Validator>,
        node: NodeId,
        trail: &Trail,
    ) {
        if validator.kinds.intersects(Kinds::STRUCT.or(Kinds::LIST)) {
            let opener = if validator.callee.sees_schemas() { HAS_OPENER } else { 0 };
            self.note(vertex, trail, HAS_TOP | opener);
        }
        if validator.kinds == Kinds::TOP {
            self.work(vertex).has_top = true;
        }
        let known = self.work(vertex).checks.clone();
        for check in &known {
            if let Value::Validator(other) = &check.value
                && self.same_validator(other, validator)
            {
                return;
            }
        }
        self.work(vertex).checks.push(Check { value: Value::Validator(Arc::clone(validator)), node });
    }
}
