//! Calls: arguments are checked and made data, results become values again.

use std::sync::Arc;

use cue_data::{Builder, CallError, Data, Exceeded, Kinds, Value as Plain};
use strata_base::Span;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{ArcType, LibraryFunction, Node, NodeId, Nodes, Predeclared};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::{Halt, Session, Step};
use crate::value::{Callee, Validator, Value};
use crate::vertex::{EnvId, Status, Vertex, VertexId};
use crate::work::Need;

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
                match self.argument(argument, env, kinds, values.len() + 1, &callee.quoted_name())? {
                    Ok(_) => {}
                    Err(error) => return Ok(error),
                }
                values.push(self.concrete(argument, env, "argument")?);
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
        for (&argument, &kinds) in arguments.iter().zip(function.params) {
            let refuses = self.looks_at_arguments(&callee.name());
            let saved = std::mem::replace(&mut self.refuses_opaque, refuses);
            let found = self.argument(argument, env, kinds, plain.len() + 1, &callee.quoted_name());
            self.refuses_opaque = saved;
            match found? {
                Ok(value) => plain.push(value),
                Err(error) => return Ok(error),
            }
        }
        // The same vertices again when the task runs again: what waits for them must find them.
        let key = (node, env, self.here.vertex);
        if let Some(&known) = self.inlines.get(&key) {
            return Ok(Value::Vertex(known));
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

    fn call_failed(&mut self, error: &CallError, name: &str, node: NodeId) -> Value {
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
        name: &str,
    ) -> Step<Result<Plain, Value>> {
        let value = self.eval(node, env)?;
        let value = match self.concrete_value(value.clone(), node, "argument")? {
            Value::Bottom(error) if self.bottom(error).code.is_incomplete() => {
                // What can never fit is an error now; what is only not known yet may still come to fit.
                let known = self.kinds_of(&value);
                if !known.is_bottom() && !known.intersects(kinds) {
                    return Ok(Err(self.wrong_argument(value, kinds, position, name, node)));
                }
                return Ok(Err(Value::Bottom(error)));
            }
            other => other,
        };
        if let Value::Bottom(_) = value {
            return Ok(Err(value));
        }
        let own = self.kinds_of(&value);
        // An integer serves where any number does, and a float that is whole where an integer is asked for.
        if !own.intersects(kinds) {
            return Ok(Err(self.wrong_argument(value, kinds, position, name, node)));
        }
        self.plain_of(&value, node)
    }

    fn wrong_argument(&mut self, value: Value, kinds: Kinds, position: usize, name: &str, node: NodeId) -> Value {
        let own = self.kinds_of(&value);
        let args = vec![
            Arg::Value(value),
            Arg::Kinds(own),
            Arg::Kinds(kinds),
            Arg::from(position.to_string()),
            Arg::from(name),
        ];
        self.failure(node, "cannot use {} (type {}) as {} in argument {} to {}", args)
    }

    /// A concrete value as data, with defaults chosen; or the error of what is not concrete.
    pub(crate) fn plain_of(&mut self, value: &Value, node: NodeId) -> Step<Result<Plain, Value>> {
        Ok(match value {
            Value::Null => Ok(Plain::Null),
            Value::Bool(value) => Ok(Plain::Bool(*value)),
            Value::Number(number) => Ok(Plain::Number(number.clone())),
            Value::String(text) => Ok(Plain::String(Arc::clone(text))),
            Value::Bytes(bytes) => Ok(Plain::Bytes(Arc::clone(bytes))),
            Value::Vertex(vertex) => {
                self.wait(*vertex, Need::Deep)?;
                match self.data_of(*vertex)? {
                    Ok(data) => Ok(Plain::root(data)),
                    Err(error) => Err(Value::Bottom(error)),
                }
            }
            Value::Bottom(_) => Err(value.clone()),
            other => {
                let args = vec![Arg::Value(other.clone())];
                Err(self.incomplete(node, "non-concrete argument {}", args))
            }
        })
    }

    /// Everything below a vertex as data. The vertex is known in depth.
    pub(crate) fn data_of(&mut self, root: VertexId) -> Step<Result<Data, ErrorId>> {
        enum Todo {
            Visit(VertexId),
            Key(Label),
            End,
        }
        let mut builder = Builder::new();
        let mut todo = vec![Todo::Visit(root)];
        while let Some(next) = todo.pop() {
            self.meter.work(1)?;
            let vertex = match next {
                Todo::End => {
                    builder.end(Span::NONE);
                    continue;
                }
                Todo::Key(label) => {
                    let text = self.label_text(label);
                    builder.key(&text, Span::NONE);
                    continue;
                }
                Todo::Visit(vertex) => vertex,
            };
            if todo.len() > self.meter.limits.depth as usize * 64 + 10_000_000 {
                return Err(Limit::Depth.into());
            }
            let mut value = Value::Vertex(vertex);
            let mut at = vertex;
            while let Value::Vertex(inner) = value {
                at = self.deref(inner);
                value = self.known_value(at).unwrap_or(Value::Top);
                if let Value::Disjunction(d) = &value
                    && d.defaults == 1
                {
                    value = d.values[0].clone();
                }
            }
            match value {
                Value::Null => _ = builder.null(Span::NONE),
                Value::Bool(value) => _ = builder.bool(value, Span::NONE),
                Value::Number(number) => _ = builder.number(number, Span::NONE),
                Value::String(text) => _ = builder.string(text, Span::NONE),
                Value::Bytes(bytes) => _ = builder.bytes(bytes, Span::NONE),
                Value::Struct if self.refuses_opaque && self.is_opaque(at) => {
                    let args = vec![Arg::Value(Value::Vertex(at)), Arg::from("a call")];
                    let format = "invalid use of {} in {}: it is known only later";
                    return Ok(Err(self.error_at(ErrorCode::Eval, Vec::new(), format, args)));
                }
                Value::Struct => {
                    builder.begin_struct(Span::NONE);
                    todo.push(Todo::End);
                    for (label, field) in self.ordered_fields(at).into_iter().rev() {
                        match self.vertex(field).arc {
                            ArcType::Member if label.is_string() => {
                                todo.push(Todo::Visit(field));
                                todo.push(Todo::Key(label));
                            }
                            ArcType::Required if label.is_string() => {
                                let error = self.required_missing(field);
                                return Ok(Err(error));
                            }
                            _ => {}
                        }
                    }
                }
                Value::List { .. } => {
                    builder.begin_list(Span::NONE);
                    todo.push(Todo::End);
                    let elements: Vec<_> = self.vertex(at).arcs.iter().filter(|(l, _)| l.is_int()).collect();
                    todo.extend(elements.into_iter().rev().map(|(_, element)| Todo::Visit(element)));
                }
                Value::Bottom(error) => return Ok(Err(error)),
                other => {
                    let error = self.not_concrete(at, other);
                    return Ok(Err(error));
                }
            }
        }
        Ok(Ok(builder.finish()))
    }

    pub(crate) fn required_missing(&mut self, field: VertexId) -> ErrorId {
        let spans = self.label_spans(field, Some(ArcType::Required));
        let args = vec![Arg::Path(field)];
        let error = self.error_at(ErrorCode::Incomplete, spans, "{}: field is required but not present", args);
        self.bottoms[error.0 as usize].vertex = field;
        error
    }

    pub(crate) fn not_concrete(&mut self, vertex: VertexId, value: Value) -> ErrorId {
        let spans = self.conjunct_spans(vertex);
        let error = self.error_at(ErrorCode::Incomplete, spans, "incomplete value {}", vec![Arg::Value(value)]);
        self.bottoms[error.0 as usize].vertex = vertex;
        error
    }

    /// A vertex that is plain data.
    pub(crate) fn add_data(&mut self, value: Value) -> Step<VertexId> {
        let vertex = self.add_detached(VertexId::NONE, Vec::new())?;
        let at: &mut Vertex = self.vertex_mut(vertex);
        at.value = value;
        at.status = Status::Deep;
        at.data = true;
        Ok(vertex)
    }

    /// Data as a value: scalars by themselves, the rest as vertices.
    pub(crate) fn value_from(&mut self, value: &Plain) -> Step<Value> {
        Ok(match value {
            Plain::Null => Value::Null,
            Plain::Bool(value) => Value::Bool(*value),
            Plain::Number(number) => Value::Number(number.clone()),
            Plain::String(text) => Value::String(Arc::clone(text)),
            Plain::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
            Plain::Tree(tree) => Value::Vertex(self.vertex_of(tree.data(), tree.node())?),
        })
    }

    pub(crate) fn vertex_of(&mut self, data: &Data, root: cue_data::NodeId) -> Step<VertexId> {
        let top = self.add_data(Value::Struct)?;
        let mut todo = vec![(root, top)];
        while let Some((node, vertex)) = todo.pop() {
            let span = data.span(node);
            if !span.is_none() {
                let place = self.add_place(span);
                self.vertex_mut(vertex).place = place;
            }
            let value = match data.node(node) {
                cue_data::Node::Null => Value::Null,
                cue_data::Node::Bool(value) => Value::Bool(*value),
                cue_data::Node::Number(number) => Value::Number(number.clone()),
                cue_data::Node::String(text) => Value::String(Arc::clone(text)),
                cue_data::Node::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
                cue_data::Node::List(_) => {
                    for (index, &element) in data.elements(node).iter().enumerate() {
                        let label = Label::index(u32::try_from(index).map_err(|_| Limit::ListLength)?);
                        todo.push((element, self.add_data_field(vertex, label)?));
                    }
                    Value::List { open: false }
                }
                cue_data::Node::Struct(_) => {
                    for field in data.fields(node) {
                        let label = Label::string(self.intern(&field.key));
                        if self.vertex(vertex).arcs.get(label).is_none() {
                            todo.push((field.value, self.add_data_field(vertex, label)?));
                        }
                    }
                    Value::Struct
                }
            };
            self.vertex_mut(vertex).value = value;
        }
        Ok(top)
    }

    fn add_data_field(&mut self, parent: VertexId, label: Label) -> Step<VertexId> {
        let field = self.add_data(Value::Null)?;
        let at = self.vertex_mut(field);
        at.parent = parent;
        at.label = label;
        self.vertex_mut(parent).arcs.push(label, field);
        Ok(field)
    }

    // Validators

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

    /// What a validator says of arguments that did not become data: nothing, but a limit must not be lost over it.
    fn unanswered(&mut self, argument: &Step<Result<Plain, Value>>) -> Option<ErrorId> {
        if let Err(Halt::Limit(limit)) = argument {
            self.meter.spent = Some(*limit);
        }
        None
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

impl Predeclared {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Predeclared::Len => "len",
            Predeclared::Close => "close",
            Predeclared::And => "and",
            Predeclared::Or => "or",
            Predeclared::Div => "div",
            Predeclared::Mod => "mod",
            Predeclared::Quo => "quo",
            Predeclared::Rem => "rem",
            Predeclared::Error => "error",
            Predeclared::MatchN => "matchN",
            Predeclared::MatchIf => "matchIf",
            Predeclared::CloseAll => "__closeAll",
            Predeclared::Reclose => "__reclose",
        }
    }
}
