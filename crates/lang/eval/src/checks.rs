//! Bounds and validators as parts of a vertex: the tightest of each sort is kept, and what leaves nothing is an error.

use std::sync::Arc;

use cue_data::Kinds;

use crate::close::{HAS_OPENER, HAS_TOP};
use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{Comparison, NodeId};
use crate::session::Session;
use crate::value::{Bound, Validator, Value, same_scalar};
use crate::vertex::{Trail, VertexId};
use crate::work::Check;

impl Session {
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
