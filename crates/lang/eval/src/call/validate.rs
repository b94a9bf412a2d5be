//! Functions as constraints: a value is held against them, and what they say of it becomes an error.

use std::sync::Arc;

use cue_data::{Builder, CallError, Value as Plain};
use strata_base::Span;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{ArcType, LibraryFunction, Node, NodeId};
use crate::session::{Halt, Session, Step};
use crate::value::{Callee, Validator, Value};
use crate::vertex::VertexId;

impl Session {
    /// A function that is itself a constraint, such as `net.IPv4`.
    pub(crate) fn bare_validator(&mut self, callee: Callee, node: NodeId) -> Option<Value> {
        let Callee::Library(function) = callee else { return None };
        let one = function.function.params.len() - function.function.optional == 1;
        (function.function.is_validator() && one).then(|| {
            let kinds = function.function.params[0];
            Value::Validator(Arc::new(Validator { callee, arguments: Vec::new(), node, kinds }))
        })
    }

    pub(crate) fn same_validator(&self, a: &Validator, b: &Validator) -> bool {
        a.callee.same(b.callee)
            && a.arguments.len() == b.arguments.len()
            && a.arguments.iter().zip(&b.arguments).all(|(a, b)| match (a, b) {
                (Value::Vertex(a), Value::Vertex(b)) => self.same_source(*a, *b),
                _ => crate::scalars::same_constraint(a, b),
            })
    }

    /// Whether two arguments are one vertex, or written in the same place and frames. Arguments may hold validators that
    /// hold them again, so nothing is looked into.
    fn same_source(&self, a: VertexId, b: VertexId) -> bool {
        if self.same(a, b) {
            return true;
        }
        let (x, y) = (&self.vertex(a).conjuncts, &self.vertex(b).conjuncts);
        !x.is_empty() && x.len() == y.len() && x.iter().zip(y).all(|(p, q)| p.item == q.item && p.env == q.env)
    }

    /// Holds a struct or list against a validator. Its fields are known in depth.
    pub(crate) fn validate_vertex(&mut self, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        if validator.callee.needs_evaluator() {
            return self.validate_by_evaluation(validator, vertex);
        }
        let value = match self.vertex(vertex).value.clone() {
            Value::Struct | Value::List { .. } => Value::Vertex(vertex),
            other => other,
        };
        Ok(self.validate_shape(validator, &value))
    }

    /// Like [`Session::validate_data`], but for what may still have fields that are not concrete: functions that only
    /// count are asked with placeholders.
    fn validate_shape(&mut self, validator: &Validator, value: &Value) -> Option<ErrorId> {
        let Value::Vertex(vertex) = value else { return self.validate_data(validator, value, None) };
        let Callee::Library(function) = validator.callee else { return None };
        if !matches!(function.function.name, "MinFields" | "MaxFields" | "MinItems" | "MaxItems") {
            return self.validate_data_at(validator, *vertex);
        }
        let at = self.deref(*vertex);
        let list = matches!(self.vertex(at).value, Value::List { .. });
        let mut builder = Builder::new();
        if list {
            builder.begin_list(Span::NONE)
        } else {
            builder.begin_struct(Span::NONE)
        };
        let (mut count, mut may_come) = (0u64, 0u64);
        for (label, field) in self.vertex(at).arcs.iter().collect::<Vec<_>>() {
            if !label.is_regular() {
                continue;
            }
            if self.vertex(field).arc == ArcType::Member {
                count += 1;
                if !list {
                    let text = self.label_text(label);
                    builder.key(&text, Span::NONE);
                }
                builder.null(Span::NONE);
            } else {
                may_come += 1;
            }
        }
        builder.end(Span::NONE);
        let open = matches!(self.vertex(at).value, Value::List { open: true });
        let mut plain = vec![Plain::root(builder.finish())];
        for argument in &validator.arguments {
            match self.plain_of(argument, validator.node) {
                Ok(Ok(value)) => plain.push(value),
                other => return self.unanswered(&other),
            }
        }
        let why = match self.ask(function, &plain)? {
            Ok(()) => return None,
            Err(CallError::Message(text) | CallError::Unsatisfied(text)) => Some(text),
            Err(_) => None,
        };
        // What may still grow may still reach a minimum.
        let minimum = function.function.name.starts_with("Min");
        let least = match plain.get(1) {
            Some(Plain::Number(number)) => number.as_u64().unwrap_or(u64::MAX),
            _ => u64::MAX,
        };
        let may_grow = if list { open } else { !self.is_closed_here(at) || count + may_come >= least };
        let code = if minimum && may_grow { ErrorCode::Incomplete } else { ErrorCode::Eval };
        let spans = vec![self.span(validator.node)];
        Some(self.unsatisfied(validator, value, why, code, spans))
    }

    fn validate_data_at(&mut self, validator: &Validator, vertex: VertexId) -> Option<ErrorId> {
        let node = self.vertex(vertex).conjuncts.first().and_then(|c| match c.item {
            crate::vertex::Item::Node(node) => Some(node),
            _ => None,
        });
        self.validate_data(validator, &Value::Vertex(vertex), node)
    }

    /// Holds data against a function of the library; the error where it does not satisfy it.
    pub(crate) fn validate_data(
        &mut self,
        validator: &Validator,
        value: &Value,
        place: Option<NodeId>,
    ) -> Option<ErrorId> {
        let Callee::Library(function) = validator.callee else { return None };
        let mut plain = Vec::new();
        for value in std::iter::once(value).chain(&validator.arguments) {
            // What is being validated is known in depth, though it is not yet said to be.
            let known = match value {
                Value::Vertex(vertex) => self.data_of(*vertex).map(|data| match data {
                    Ok(data) => Ok(Plain::root(data)),
                    Err(error) => Err(Value::Bottom(error)),
                }),
                scalar => self.plain_of(scalar, validator.node),
            };
            match known {
                Ok(Ok(value)) => plain.push(value),
                Ok(Err(Value::Bottom(error))) => return Some(error),
                other => return self.unanswered(&other),
            }
        }
        let why = match self.ask(function, &plain)? {
            Ok(()) => return None,
            Err(CallError::Message(text) | CallError::Unsatisfied(text)) => Some(text),
            Err(CallError::Incomplete(text)) => {
                let args = vec![Arg::from(function.name()), Arg::from(text)];
                return Some(self.error(ErrorCode::Incomplete, validator.node, "error in call to {}: {}", args));
            }
            Err(_) => None,
        };
        let spans = std::iter::once(validator.node).chain(place).map(|node| self.span(node)).collect();
        Some(self.unsatisfied(validator, value, why, ErrorCode::Eval, spans))
    }

    /// Whether a validator is satisfied. Without an answer a limit was reached, which ends the evaluation.
    fn ask(&mut self, function: LibraryFunction, arguments: &[Plain]) -> Option<Result<(), CallError>> {
        match self.apply(function, arguments) {
            Ok(Ok(Plain::Bool(true))) => Some(Ok(())),
            Ok(Ok(_)) => Some(Err(CallError::Bottom)),
            Ok(Err(error)) => Some(Err(error)),
            Err(limit) => {
                self.meter.spent = Some(limit);
                None
            }
        }
    }

    /// What a validator says of arguments that did not become data: nothing, but a limit must not be lost over it.
    fn unanswered(&mut self, argument: &Step<Result<Plain, Value>>) -> Option<ErrorId> {
        if let Err(Halt::Limit(limit)) = argument {
            self.meter.spent = Some(*limit);
        }
        None
    }

    fn unsatisfied(
        &mut self,
        validator: &Validator,
        value: &Value,
        why: Option<String>,
        code: ErrorCode,
        mut spans: Vec<Span>,
    ) -> ErrorId {
        spans.retain(|span| !span.is_none());
        let text = self.validator_text(validator);
        let mut args = vec![Arg::Value(value.clone()), Arg::from(text)];
        let format = match why {
            None => "invalid value {} (does not satisfy {})",
            Some(why) => {
                args.push(Arg::from(why));
                "invalid value {} (does not satisfy {}): {}"
            }
        };
        self.error_at(code, spans, format, args)
    }

    /// The places of what a value does not satisfy: the function, its literal arguments, and what makes up the value.
    pub(crate) fn validator_spans(&self, validator: &Validator, vertex: VertexId) -> Vec<Span> {
        let mut spans = vec![self.span(validator.node)];
        if let Node::Call { arguments, .. } = self.ir().node(validator.node) {
            let literal = |node: NodeId| self.ir().node(node).is_scalar();
            spans.extend(self.ir().nodes(arguments).iter().filter(|&&node| literal(node)).map(|&node| self.span(node)));
        }
        spans.extend(self.conjunct_spans(vertex));
        let mut unique = Vec::with_capacity(spans.len());
        for span in spans {
            if !span.is_none() && !unique.contains(&span) {
                unique.push(span);
            }
        }
        unique
    }

    fn is_closed_here(&self, vertex: VertexId) -> bool {
        let at = self.vertex(vertex);
        (at.closed || at.closed_once) && !at.has_ellipsis && at.rare().patterns.is_empty()
    }

    /// Whether a constraint takes a scalar, as far as that can be told without evaluating more.
    pub(crate) fn accepts(&mut self, filter: &Value, value: &Value) -> bool {
        match filter {
            Value::Top => true,
            Value::Basic(kinds) => kinds.intersects(value.kinds()),
            Value::Bound(bound) => bound.kinds().intersects(value.kinds()) && crate::bounds::within(bound, value),
            Value::Conjunction(parts) => parts.iter().all(|part| self.accepts(part, value)),
            Value::Disjunction(d) => d.values.iter().any(|part| self.accepts(part, value)),
            Value::Validator(validator) => {
                validator.kinds.intersects(value.kinds())
                    && self.validate_data(&Arc::clone(validator), value, None).is_none()
            }
            Value::Vertex(vertex) => {
                let at = self.deref(*vertex);
                match self.known_value(at) {
                    Some(Value::Vertex(_)) | None => false,
                    Some(known) => self.accepts(&known, value),
                }
            }
            scalar if scalar.is_scalar() => match (scalar, value) {
                (Value::Number(a), Value::Number(b)) => a.compare(b).is_eq(),
                _ => crate::value::same_scalar(scalar, value),
            },
            _ => false,
        }
    }
}
