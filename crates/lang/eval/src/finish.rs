//! The end of a vertex: its value from what was gathered, then what only all of its fields can tell.

use std::sync::Arc;

use cue_data::Kinds;

use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::expr::Existence;
use crate::ir::{ArcType, Comparison};
use crate::limits::Limit;
use crate::session::{Here, Session, Step};
use crate::value::{Value, same_scalar};
use crate::vertex::{Status, VertexId};
use crate::work::{Check, Need};

impl Session {
    /// All tasks have run: the vertex has its value.
    pub(crate) fn finish(&mut self, vertex: VertexId) -> Result<(), Limit> {
        let saved = self.here;
        self.here.vertex = vertex;
        let result = self.finish_here(vertex);
        self.here = saved;
        result
    }

    fn finish_here(&mut self, vertex: VertexId) -> Result<(), Limit> {
        if self.only_cyclic(vertex) {
            let error = self.structural_cycle(vertex);
            self.add_error(vertex, error);
            self.vertex_mut(vertex).arcs.clear();
        }
        if !self.vertex(vertex).forward.is_none() {
            self.refuse(vertex);
            let error = self.work(vertex).error;
            let at = self.vertex_mut(vertex);
            at.status = Status::Done;
            if let Some(error) = error {
                // The vertex that stands for it is fine; it is here that it may not be.
                at.forward = VertexId::NONE;
                at.shared = false;
                at.value = Value::Bottom(error);
            }
            return Ok(());
        }
        let value = self.own_value(vertex);
        let work = self.work(vertex);
        let blocked = work.has_top && !work.has_struct;
        let closes = work.is_definition && !blocked;
        let at = self.vertex_mut(vertex);
        at.closed |= closes;
        at.value = value;
        self.refuse(vertex);
        if let Some(error) = self.work(vertex).error {
            self.vertex_mut(vertex).value = Value::Bottom(error);
        }
        self.thaw(vertex);
        let at = self.vertex_mut(vertex);
        at.status = Status::Done;
        let scalar = at.value.is_scalar();
        if scalar
            && at.arcs.is_empty()
            && at.work.as_ref().is_some_and(|w| w.checks.is_empty() && w.post_checks.is_empty())
        {
            at.status = Status::Deep;
            self.drop_work(vertex);
        }
        Ok(())
    }

    /// Holds the value of a vertex that was frozen in a cycle against what it was then.
    fn thaw(&mut self, vertex: VertexId) {
        let Some(frozen) = self.work(vertex).frozen.take() else { return };
        let now = self.vertex(vertex).value.clone();
        let same = match (&frozen, &now) {
            (Value::Bottom(_), _) | (_, Value::Bottom(_)) => true,
            (a, b) if a.is_scalar() && b.is_scalar() => same_scalar(a, b),
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        };
        if !same {
            let spans = self.conjunct_spans(vertex);
            let args = vec![Arg::Path(vertex)];
            let error = self.error_at(
                ErrorCode::Cycle,
                spans,
                "circular dependency in evaluation of conditionals: {} changed after evaluation",
                args,
            );
            self.vertex_mut(vertex).value = Value::Bottom(error);
        }
    }

    fn own_value(&mut self, vertex: VertexId) -> Value {
        let work = self.work(vertex);
        if let Some(error) = work.error {
            return Value::Bottom(error);
        }
        if let Some(resolved) = work.resolved.clone() {
            return resolved;
        }
        let scalar = work.scalar.clone();
        let list = work.list;
        let a_struct = work.a_struct;
        let could_be = work.has_struct && work.kinds.contains(Kinds::STRUCT);
        let loose_struct = could_be && (!work.has_top || work.may_have_fields || work.kinds == Kinds::STRUCT);
        if let Some(scalar) = scalar {
            self.hold_bounds(vertex, &scalar);
            return match self.work(vertex).error {
                Some(error) => Value::Bottom(error),
                None => scalar,
            };
        }
        if let Some(list) = list {
            return Value::List { open: !list.closed };
        }
        let has_fields = self
            .vertex(vertex)
            .arcs
            .iter()
            .any(|(label, field)| label.is_regular() && self.vertex(field).arc != ArcType::Optional);
        if a_struct || loose_struct || has_fields {
            return Value::Struct;
        }
        self.constraints(vertex)
    }

    /// Bounds and validators, simplified, as one value.
    fn constraints(&mut self, vertex: VertexId) -> Value {
        let work = self.work(vertex);
        let (lower, upper) = (work.lower.clone(), work.upper.clone());
        let checks = work.checks.clone();
        let own = work.kinds;
        let both = lower.as_ref().zip(upper.as_ref());
        if let Some(error) = both.and_then(|(low, high)| self.excluding(low, high, own)) {
            return Value::Bottom(error);
        }
        let mut values = Vec::new();
        let mut kinds = Kinds::TOP;
        for check in lower.iter().chain(upper.iter()) {
            kinds = kinds.and(check.value.kinds());
            values.push(check.value.clone());
        }
        for check in &checks {
            let others = lower.iter().chain(upper.iter()).chain(&checks).filter_map(|other| match &other.value {
                Value::Bound(other) => Some(other),
                _ => None,
            });
            if let Value::Bound(bound) = &check.value
                && bound.op == Comparison::NotEqual
                && others.clone().any(|o| o.op != Comparison::NotEqual && !crate::bounds::within(o, &bound.value))
            {
                continue;
            }
            kinds = kinds.and(check.value.kinds());
            values.push(check.value.clone());
        }
        if !kinds.without(own).is_bottom() {
            values.push(if own == Kinds::TOP { Value::Top } else { Value::Basic(own) });
        }
        match values.len() {
            0 if own == Kinds::TOP => Value::Top,
            0 => Value::Basic(own),
            1 => values.remove(0),
            _ => Value::Conjunction(values.into()),
        }
    }

    /// Holds a scalar against bounds and against functions that need nothing but data.
    fn hold_bounds(&mut self, vertex: VertexId, scalar: &Value) {
        let work = self.work(vertex);
        let mut bounds: Vec<Check> = work.lower.take().into_iter().chain(work.upper.take()).collect();
        let mut later = Vec::new();
        for check in std::mem::take(&mut work.checks) {
            match &check.value {
                Value::Bound(_) => bounds.push(check),
                Value::Validator(validator) if validator.callee.needs_evaluator() => later.push(check),
                _ => bounds.push(check),
            }
        }
        work.checks = later;
        let scalar_node = work.scalar_node;
        for check in bounds {
            match &check.value {
                Value::Bound(bound) if !crate::bounds::within(bound, scalar) => {
                    let mut spans = vec![self.span(check.node)];
                    spans.extend(scalar_node.map(|node| self.span(node)));
                    spans.retain(|span| !span.is_none());
                    let args = vec![Arg::Value(scalar.clone()), Arg::Value(check.value.clone())];
                    let error = self.error_at(ErrorCode::Eval, spans, "invalid value {} (out of bound {})", args);
                    self.add_error(vertex, error);
                }
                Value::Validator(validator) => {
                    let validator = Arc::clone(validator);
                    if let Some(error) = self.validate_data(&validator, scalar, scalar_node) {
                        self.add_error(vertex, error);
                    }
                }
                _ => {}
            }
        }
    }

    /// Puts the error of a field that a closed struct does not allow.
    fn refuse(&mut self, vertex: VertexId) {
        let at = self.vertex(vertex);
        if at.arc == ArcType::Optional || at.parent.is_none() || at.alternative && at.label.is_let() {
            return;
        }
        // What is in error already needs no second one.
        let known = at.work.as_ref().and_then(|work| work.error);
        if known.is_some_and(|error| !self.bottom(error).close_check) {
            return;
        }
        if self.refused_by(vertex).is_some() {
            let error = self.not_allowed(vertex);
            self.add_error(vertex, error);
        }
    }

    /// All fields are known in depth: what needs them is checked, and their errors are gathered.
    pub(crate) fn complete(&mut self, vertex: VertexId) -> Step<()> {
        let saved = self.here;
        self.here = Here { vertex, forced: false, ..saved };
        let result = self.complete_here(vertex);
        self.here = saved;
        result
    }

    fn complete_here(&mut self, vertex: VertexId) -> Step<()> {
        let concrete = matches!(self.vertex(vertex).value, Value::Struct | Value::List { .. })
            || self.vertex(vertex).value.is_scalar();
        if concrete {
            while let Some(check) = self.vertex(vertex).work.as_ref().and_then(|work| work.checks.first().cloned()) {
                let error = self.hold_check(vertex, &check)?;
                self.work(vertex).checks.remove(0);
                if let Some(error) = error {
                    self.add_error(vertex, error);
                }
            }
        }
        while let Some(check) = self.vertex(vertex).work.as_ref().and_then(|work| work.post_checks.first().copied()) {
            let found = self.eval(check.node, check.env)?;
            let error = self.settled_error(&found)?;
            self.work(vertex).post_checks.remove(0);
            if error.is_ok_and(|now| (now == Existence::Error) != check.was_error) {
                let error = self.changed_after(check.node);
                self.add_error(vertex, error);
            }
        }
        if let Some(error) = self.vertex(vertex).work.as_ref().and_then(|work| work.error) {
            self.vertex_mut(vertex).value = Value::Bottom(error);
        }
        let (hard, loose) = self.gather(vertex);
        let concrete = self.has_only_data(vertex);
        let at = self.vertex_mut(vertex);
        at.concrete = concrete;
        if hard.is_some() || loose.is_some() {
            let rare = at.rare_mut();
            rare.child_error = hard;
            rare.loose_error = loose;
        }
        at.status = Status::Deep;
        self.drop_work(vertex);
        Ok(())
    }

    /// The errors of the fields: permanent ones, and those that more values may mend.
    fn gather(&mut self, vertex: VertexId) -> (Option<ErrorId>, Option<ErrorId>) {
        let mut hard: Vec<ErrorId> = Vec::new();
        let mut loose = None;
        // Of what is in error itself, no field is refused.
        let judged = match self.vertex(vertex).value {
            Value::Bottom(error) => !self.bottom(error).close_check,
            _ => false,
        };
        for (label, field) in self.vertex(vertex).arcs.iter() {
            let at = self.vertex(field);
            if at.is_bare_scalar() || label.is_let() || at.arc == ArcType::Optional {
                continue;
            }
            let end = self.deref(field);
            if let Some(error) = self.permanent_first(end).filter(|&error| !judged || !self.bottom(error).close_check) {
                if self.bottom(error).code.is_incomplete() {
                    loose = loose.or(Some(error));
                } else {
                    hard.push(error);
                }
            }
            loose = loose.or(self.vertex(end).rare().loose_error);
        }
        let combined = match hard[..] {
            [] => None,
            [only] => Some(only),
            _ => {
                let mut children = Vec::new();
                for error in hard {
                    let bottom = self.bottom(error);
                    if bottom.is_group() {
                        children.extend_from_slice(&bottom.children);
                    } else {
                        children.push(error);
                    }
                }
                children.sort_unstable();
                children.dedup();
                let code = children.iter().map(|&child| self.bottom(child).code).min().unwrap_or(ErrorCode::Eval);
                Some(self.add_bottom(Bottom {
                    code,
                    format: "",
                    args: Vec::new(),
                    vertex,
                    spans: Vec::new(),
                    children,
                    close_check: false,
                }))
            }
        };
        (combined, loose)
    }

    fn hold_check(&mut self, vertex: VertexId, check: &Check) -> Step<Option<ErrorId>> {
        match &check.value {
            Value::Validator(validator) => {
                let validator = Arc::clone(validator);
                self.validate_vertex(&validator, vertex)
            }
            Value::Bound(bound) => {
                let equal = match &bound.value {
                    Value::Vertex(other) => {
                        self.wait(*other, Need::Deep)?;
                        self.same_data(vertex, *other)
                    }
                    _ => false,
                };
                if equal == (bound.op == Comparison::Equal) {
                    return Ok(None);
                }
                let args = vec![Arg::Value(Value::Vertex(vertex)), Arg::Value(check.value.clone())];
                let mut spans = vec![self.span(check.node)];
                spans.extend(self.conjunct_spans(vertex));
                spans.dedup();
                Ok(Some(self.error_at(ErrorCode::Eval, spans, "invalid value {} (out of bound {})", args)))
            }
            _ => Ok(None),
        }
    }
}
