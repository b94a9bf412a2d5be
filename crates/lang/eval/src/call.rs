//! Calls: arguments are checked and made data, results become values again.

mod data;
mod validate;

use std::sync::Arc;

use cue_data::{CallError, Exceeded, Kinds, Value as Plain};

use crate::errors::{Arg, ErrorCode};
use crate::expr::Needs;
use crate::ir::{LibraryFunction, Node, NodeId, Nodes};
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::{Callee, Validator, Value};
use crate::vertex::EnvId;
use crate::work::Need;

/// Why an argument is none. Of several arguments the first reason is told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Unfit {
    /// It is in error.
    Error,
    /// It is of another kind.
    Kind,
    /// It is not known yet, or not in depth.
    Unknown,
}

impl Callee {
    /// Whether it looks at schemas, so that closedness is its own business.
    pub(crate) fn sees_schemas(self) -> bool {
        !matches!(self, Callee::Library(_))
    }

    /// Whether it evaluates something of its own and cannot answer at once.
    pub(crate) fn needs_evaluator(self) -> bool {
        !matches!(self, Callee::Library(_))
    }

    pub(crate) fn name(self) -> String {
        match self {
            Callee::Library(function) => function.name(),
            Callee::Intrinsic(intrinsic) => intrinsic.name().to_owned(),
            Callee::Predeclared(predeclared) => predeclared.name().to_owned(),
        }
    }

    fn same(self, other: Callee) -> bool {
        match (self, other) {
            (Callee::Library(a), Callee::Library(b)) => std::ptr::eq(a.function, b.function),
            (Callee::Intrinsic(a), Callee::Intrinsic(b)) => a == b,
            (Callee::Predeclared(a), Callee::Predeclared(b)) => a == b,
            _ => false,
        }
    }
}

impl Session {
    pub(crate) fn call(&mut self, function: NodeId, arguments: Nodes, env: EnvId, node: NodeId) -> Step<Value> {
        let callee = match self.eval(function, env)? {
            Value::Function(callee) => callee,
            Value::Vertex(vertex) => {
                self.wait(vertex, Need::Done)?;
                let at = self.deref(vertex);
                match self.known_value(at) {
                    Some(Value::Function(callee)) => callee,
                    Some(Value::Validator(validator)) => {
                        if matches!(self.ir().node(validator.node), Node::Call { .. }) {
                            let text = Arg::from(self.source_text(function));
                            return Ok(self.failure(
                                function,
                                "cannot call previously called validator {}",
                                vec![text],
                            ));
                        }
                        validator.callee
                    }
                    Some(value @ Value::Bottom(_)) => return Ok(value),
                    Some(value) => return Ok(self.not_a_function(function, &value)),
                    None => return Ok(self.not_a_function(function, &Value::Top)),
                }
            }
            value @ Value::Bottom(_) => return Ok(value),
            value => return Ok(self.not_a_function(function, &value)),
        };
        let arguments = self.ir().nodes(arguments).to_vec();
        match callee {
            Callee::Predeclared(predeclared) => self.call_predeclared(predeclared, &arguments, env, node),
            Callee::Intrinsic(intrinsic) => self.call_intrinsic(intrinsic, &arguments, env, node),
            Callee::Library(function) => self.call_library(function, &arguments, env, node),
        }
    }

    fn not_a_function(&mut self, node: NodeId, value: &Value) -> Value {
        let kinds = value.kinds();
        let args = vec![Arg::from(self.source_text(node)), Arg::Kinds(kinds)];
        if kinds.intersects(Kinds::FUNC) {
            self.incomplete(node, "cannot call non-concrete value {} (type {})", args)
        } else {
            self.failure(node, "cannot call non-function {} (type {})", args)
        }
    }

    pub(crate) fn wrong_count(&mut self, few: bool, name: &str, have: usize, want: usize, node: NodeId) -> Value {
        let args = vec![Arg::from(name), Arg::from(have.to_string()), Arg::from(want.to_string())];
        if few {
            self.failure(node, "not enough arguments in call to {} (have {}, want {})", args)
        } else {
            self.failure(node, "too many arguments in call to {} (have {}, want {})", args)
        }
    }

    fn call_library(&mut self, callee: LibraryFunction, arguments: &[NodeId], env: EnvId, node: NodeId) -> Step<Value> {
        let function = callee.function;
        let want = function.params.len();
        let least = want - function.optional;
        if function.is_validator() && arguments.len() + 1 == want {
            let mut values = Vec::with_capacity(arguments.len());
            for (&argument, &kinds) in arguments.iter().zip(&function.params[1..]) {
                match self.argument(argument, env, kinds, values.len() + 1, callee)? {
                    Ok(_) => {}
                    Err((_, error)) => return Ok(error),
                }
                values.push(self.concrete(argument, env, Needs::Library(callee))?);
            }
            let kinds = function.params[0];
            let callee = Callee::Library(callee);
            return Ok(Value::Validator(Arc::new(Validator { callee, arguments: values, node, kinds })));
        }
        if arguments.len() < least || arguments.len() > want {
            let few = arguments.len() < least;
            return Ok(self.wrong_count(few, &callee.quoted_name(), arguments.len(), want, node));
        }
        if let Some(&first) = arguments.first()
            && let Some(error) = self.unfit_element(callee, first, env, node)?
        {
            return Ok(error);
        }
        let mut plain = Vec::with_capacity(arguments.len());
        let mut unfit = None;
        for (index, (&argument, &kinds)) in arguments.iter().zip(function.params).enumerate() {
            let refuses = self.looks_at_arguments(&callee.name());
            let saved = std::mem::replace(&mut self.refuses_opaque, refuses);
            let found = self.argument(argument, env, kinds, index + 1, callee);
            self.refuses_opaque = saved;
            match found? {
                Ok(value) => plain.push(value),
                Err(found) => unfit = Some(unfit.filter(|known: &(Unfit, Value)| known.0 <= found.0).unwrap_or(found)),
            }
        }
        // The same vertices again when the task runs again: what waits for them must find them.
        let key = (node, env, self.here.vertex);
        if let Some(&known) = self.inlines.get(&key) {
            return Ok(Value::Vertex(known));
        }
        if let Some((why, error)) = unfit {
            let answer = match why {
                Unfit::Unknown => self.call_with_handles(callee, arguments, env, node)?,
                Unfit::Error | Unfit::Kind => None,
            };
            if let (Some(Value::Vertex(made)), false) = (&answer, self.here.forced) {
                self.inlines.insert(key, *made);
            }
            return Ok(answer.unwrap_or(error));
        }
        match self.apply(callee, &plain)? {
            Ok(value) => {
                let value = self.value_from(&value)?;
                if let (Value::Vertex(made), false) = (&value, self.here.forced) {
                    self.inlines.insert(key, *made);
                }
                Ok(value)
            }
            // What a validator would refuse is false when it is asked for.
            Err(CallError::Unsatisfied(_)) => Ok(Value::Bool(false)),
            Err(error) => Ok(self.call_failed(&error, &callee.name(), node)),
        }
    }

    /// The error of the first element of a list that is not what a function takes lists of.
    fn unfit_element(
        &mut self,
        callee: LibraryFunction,
        argument: NodeId,
        env: EnvId,
        node: NodeId,
    ) -> Step<Option<Value>> {
        let wanted = callee.function.elements;
        if wanted == Kinds::TOP {
            return Ok(None);
        }
        let Value::Vertex(list) = self.eval(argument, env)? else { return Ok(None) };
        self.wait(list, Need::Deep)?;
        let (list, value) = self.chosen_value(list);
        if !matches!(value, Value::List { .. }) {
            return Ok(None);
        }
        let elements: Vec<_> = self.vertex(list).arcs.iter().filter(|(label, _)| label.is_int()).collect();
        for (label, element) in elements {
            let (at, value) = self.chosen_value(element);
            let kinds = value.kinds();
            if matches!(value, Value::Bottom(_)) || value.is_scalar() && kinds.intersects(wanted) {
                continue;
            }
            let value = Arg::Value(Value::Vertex(at));
            let mut spans = vec![self.span(node)];
            spans.extend(self.conjunct_spans(at));
            let name = Arg::from(callee.name());
            let error = if kinds.intersects(wanted) {
                let format = "error in call to {}: non-concrete value {} for element {} of {} list argument 0";
                let args = vec![name, value, Arg::Label(label), Arg::Kinds(wanted)];
                self.error_at(ErrorCode::Incomplete, spans, format, args)
            } else {
                let format = "error in call to {}: invalid list element {} in argument 0 to call: cannot use value {} ({}) as {}";
                let args = vec![name, Arg::Label(label), value, Arg::Kinds(kinds), Arg::Kinds(wanted)];
                self.error_at(ErrorCode::Eval, spans, format, args)
            };
            return Ok(Some(Value::Bottom(error)));
        }
        Ok(None)
    }

    pub(crate) fn call_failed(&mut self, error: &CallError, name: &str, node: NodeId) -> Value {
        match error {
            CallError::Message(text) => {
                let args = vec![Arg::from(name), Arg::from(text.clone())];
                self.failure(node, "error in call to {}: {}", args)
            }
            CallError::Incomplete(text) => {
                let args = vec![Arg::from(name), Arg::from(text.clone())];
                self.incomplete(node, "error in call to {}: {}", args)
            }
            _ => self.failure(node, "error in call to {}", vec![Arg::from(name)]),
        }
    }

    pub(crate) fn apply(
        &mut self,
        callee: LibraryFunction,
        arguments: &[Plain],
    ) -> Result<Result<Plain, CallError>, Limit> {
        let limits = cue_data::Limits {
            string_bytes: self.meter.limits.string_bytes,
            list_length: self.meter.limits.list_length,
        };
        let before = self.meter.remaining();
        let mut work = before;
        let mut call = cue_data::Call::new(&limits, &mut work);
        let result = callee.function.invoke(&mut call, arguments);
        self.meter.work(before - work)?;
        match result {
            Err(CallError::Limit(exceeded)) => Err(match exceeded {
                Exceeded::Work => Limit::Work,
                Exceeded::Memory => Limit::Memory,
                Exceeded::Depth => Limit::Depth,
                Exceeded::StringBytes => Limit::StringBytes,
                Exceeded::ListLength => Limit::ListLength,
                Exceeded::Digits => Limit::Digits,
            }),
            other => Ok(other),
        }
    }

    /// An argument as data of the kinds that are asked for.
    fn argument(
        &mut self,
        node: NodeId,
        env: EnvId,
        kinds: Kinds,
        position: usize,
        callee: LibraryFunction,
    ) -> Step<Result<Plain, (Unfit, Value)>> {
        let value = self.eval(node, env)?;
        let value = match self.concrete_value(value.clone(), node, Needs::Library(callee))? {
            Value::Bottom(error) => {
                let known = self.kinds_of(&value);
                if known.is_bottom() {
                    return Ok(Err((Unfit::Error, Value::Bottom(error))));
                }
                // What can never fit is an error now; what is only not known yet may still come to fit.
                if !known.intersects(kinds) && !self.is_undecided(&value) {
                    return Ok(Err((
                        Unfit::Kind,
                        self.wrong_argument(value, kinds, position, &callee.quoted_name(), node)?,
                    )));
                }
                return Ok(Err((Unfit::Unknown, Value::Bottom(error))));
            }
            other => other,
        };
        let own = self.kinds_of(&value);
        // An integer serves where any number does, and a float that is whole where an integer is asked for.
        if !own.intersects(kinds) {
            return Ok(Err((Unfit::Kind, self.wrong_argument(value, kinds, position, &callee.quoted_name(), node)?)));
        }
        Ok(self.plain_of(&value, node)?.map_err(|error| (self.unfit_by(&error), error)))
    }

    /// Whether a value is one of several, none of which was chosen.
    fn is_undecided(&self, value: &Value) -> bool {
        match value {
            Value::Vertex(vertex) => matches!(self.chosen_value(*vertex).1, Value::Disjunction(_)),
            value => matches!(value, Value::Disjunction(_)),
        }
    }

    fn unfit_by(&self, error: &Value) -> Unfit {
        match error {
            Value::Bottom(error) if self.bottom(*error).code == ErrorCode::Incomplete => Unfit::Unknown,
            _ => Unfit::Error,
        }
    }

    pub(crate) fn wrong_argument(
        &mut self,
        value: Value,
        kinds: Kinds,
        position: usize,
        name: &str,
        node: NodeId,
    ) -> Step<Value> {
        if let Value::Vertex(vertex) = value {
            self.wait(vertex, Need::Deep)?;
        }
        let own = self.kinds_of(&value);
        let args = vec![
            Arg::Value(value),
            Arg::Kinds(own),
            Arg::Kinds(kinds),
            Arg::from(position.to_string()),
            Arg::from(name),
        ];
        Ok(self.failure(node, "cannot use {} (type {}) as {} in argument {} to {}", args))
    }

    // Validators
}
