//! The functions of the language itself, and those of the library that evaluate something.

use std::sync::Arc;

use cue_data::Kinds;
use cue_num::Number;

use crate::errors::{Arg, ErrorCode};
use crate::expr::Needs;
use crate::ir::{ArcType, Intrinsic, Node, NodeId, Predeclared};
use crate::session::{Session, Step};
use crate::value::{Callee, Disjunction, Validator, Value};
use crate::vertex::{Closing, Conjunct, EnvId, Item, Trail, VertexId};
use crate::work::Need;

impl Session {
    pub(crate) fn call_predeclared(
        &mut self,
        function: Predeclared,
        arguments: &[NodeId],
        env: EnvId,
        node: NodeId,
    ) -> Step<Value> {
        let (least, most) = match function {
            Predeclared::Div | Predeclared::Mod | Predeclared::Quo | Predeclared::Rem | Predeclared::MatchN => (2, 2),
            Predeclared::MatchIf => (3, 3),
            _ => (1, 1),
        };
        if arguments.len() < least || arguments.len() > most {
            let few = arguments.len() < least;
            return Ok(self.wrong_count(few, function.name(), arguments.len(), least, node));
        }
        match function {
            Predeclared::Len => self.len(arguments[0], env, node),
            Predeclared::Close => self.close_call(arguments[0], env, node),
            Predeclared::CloseAll | Predeclared::Reclose => self.reclose_call(function, arguments[0], env, node),
            Predeclared::And => self.and_call(arguments[0], env, node),
            Predeclared::Or => self.or_call(arguments[0], env, node),
            Predeclared::Error => self.error_call(arguments[0], env, node),
            Predeclared::Div | Predeclared::Mod | Predeclared::Quo | Predeclared::Rem => {
                self.int_division(function, arguments, env, node)
            }
            Predeclared::MatchN | Predeclared::MatchIf => {
                let mut values = Vec::with_capacity(arguments.len());
                for (index, &argument) in arguments.iter().enumerate() {
                    let value = self.eval(argument, env)?;
                    // The count and the list of schemas must be known, the schemas themselves are only used later.
                    if function == Predeclared::MatchN
                        && let Value::Vertex(vertex) = value
                    {
                        self.wait(vertex, Need::Done)?;
                        if index == 1 {
                            let list = self.concrete_value(value, argument, "matchN")?;
                            if let Value::Bottom(_) = list {
                                return Ok(list);
                            }
                            values.push(list);
                            continue;
                        }
                    }
                    values.push(value);
                }
                let callee = Callee::Predeclared(function);
                Ok(Value::Validator(Arc::new(Validator { callee, arguments: values, node, kinds: Kinds::TOP })))
            }
        }
    }

    fn len(&mut self, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let value = self.concrete(argument, env, Needs::Length)?;
        if let Some(error) = self.refuse_opaque(&value, "len", node)? {
            return Ok(error);
        }
        let length = match &value {
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Vertex(vertex) => {
                self.wait(*vertex, Need::Done)?;
                let at = self.deref(*vertex);
                let arcs: Vec<_> = self.vertex(at).arcs.iter().collect();
                arcs.into_iter()
                    .filter(|(label, field)| label.is_regular() && self.vertex(*field).arc == ArcType::Member)
                    .count()
            }
            Value::Bottom(_) => return Ok(value),
            _ => {
                let kinds = value.kinds();
                let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                return Ok(self.failure(node, "invalid argument {} (type {})", args));
            }
        };
        Ok(Value::Number(Number::from(i64::try_from(length).unwrap_or(i64::MAX))))
    }

    fn close_call(&mut self, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let vertex = self.inline(argument, env)?;
        self.wait(vertex, Need::Done)?;
        let at = self.deref(vertex);
        match self.known_value(at) {
            Some(Value::Struct) | None => {}
            Some(value @ Value::Bottom(_)) => return Ok(value),
            Some(value) => {
                let kinds = value.kinds();
                if value.is_concrete() || !kinds.intersects(Kinds::STRUCT) {
                    let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                    return Ok(self.failure(node, "cannot use {} (type {}) as struct in argument 1 to close", args));
                }
            }
        }
        self.vertex_mut(vertex).closed_once = true;
        Ok(Value::Vertex(vertex))
    }

    /// `__closeAll({…})` closes all levels, `__reclose({…})` those that were opened in it.
    fn reclose_call(&mut self, function: Predeclared, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let allowed = match self.ir().node(argument) {
            Node::Struct(id) => Ok(self.ir().structure(id).explicit_open),
            Node::List(_) => Ok(true),
            Node::Call { function: inner, .. }
                if function == Predeclared::Reclose
                    && matches!(self.ir().node(inner), Node::Predeclared(Predeclared::Close)) =>
            {
                Ok(true)
            }
            _ => Err("argument must be a struct or list literal"),
        };
        let name = Arg::from(function.name());
        match allowed {
            Ok(true) => {}
            Ok(false) => {
                let args = vec![name.clone(), name];
                let format = "error in call to {}: {} may only be used when explicitopen is enabled";
                return Ok(self.failure(node, format, args));
            }
            Err(why) => return Ok(self.failure(node, "error in call to {}: {}", vec![name, Arg::from(why)])),
        }
        let vertex = match self.ir().node(argument) {
            Node::Call { .. } => match self.eval(argument, env)? {
                Value::Vertex(vertex) => vertex,
                value => return Ok(value),
            },
            _ => self.inline(argument, env)?,
        };
        self.wait(vertex, Need::Done)?;
        let closing = if function == Predeclared::CloseAll { Closing::Deep } else { self.vertex(vertex).rare().opened };
        let at = self.vertex_mut(vertex);
        match closing {
            Closing::Open => {}
            Closing::Once => at.closed_once = true,
            Closing::Deep => at.closed = true,
        }
        Ok(Value::Vertex(vertex))
    }

    /// The elements of a list argument, or the value to return instead.
    pub(crate) fn elements(&mut self, argument: NodeId, env: EnvId, name: &str) -> Step<Result<Vec<VertexId>, Value>> {
        let value = self.concrete(argument, env, name)?;
        let Value::Vertex(vertex) = value else {
            if matches!(value, Value::Bottom(_)) {
                return Ok(Err(value));
            }
            let kinds = value.kinds();
            let args = vec![Arg::Value(value), Arg::Kinds(kinds), Arg::from(name)];
            return Ok(Err(self.failure(argument, "cannot use {} (type {}) as list in argument 1 to {}", args)));
        };
        self.wait(vertex, Need::Done)?;
        let at = self.deref(vertex);
        if !matches!(self.known_value(at), Some(Value::List { .. })) {
            let args = vec![Arg::Value(Value::Vertex(at)), Arg::from("struct"), Arg::from(name)];
            return Ok(Err(self.failure(argument, "cannot use {} (type {}) as list in argument 1 to {}", args)));
        }
        Ok(Ok(self.vertex(at).arcs.iter().filter(|(label, _)| label.is_int()).map(|(_, v)| v).collect()))
    }

    fn and_call(&mut self, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let elements = match self.elements(argument, env, "and")? {
            Ok(elements) => elements,
            Err(error) => return Ok(error),
        };
        if elements.is_empty() {
            return Ok(Value::Top);
        }
        if let Some(&known) = self.inlines.get(&(node, env, self.here.vertex)) {
            return Ok(Value::Vertex(known));
        }
        let trail = Trail { refs: self.here.trail.refs, cyclic: self.here.trail.cyclic, ..Trail::default() };
        let conjuncts =
            elements.into_iter().map(|v| Conjunct { item: Item::Vertex(v), env: EnvId::NONE, trail }).collect();
        let vertex = self.add_detached(VertexId::NONE, conjuncts)?;
        self.inlines.insert((node, env, self.here.vertex), vertex);
        Ok(Value::Vertex(vertex))
    }

    fn or_call(&mut self, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let elements = match self.elements(argument, env, "or")? {
            Ok(elements) => elements,
            Err(error) => return Ok(error),
        };
        let mut values = Vec::with_capacity(elements.len());
        for element in elements {
            // Scalars need no vertices, and so no alternatives.
            values.push(self.peek_scalar(element, 0).unwrap_or(Value::Vertex(element)));
        }
        Ok(match &values[..] {
            [] => self.incomplete(node, "error in call to or: empty list in call to or", Vec::new()),
            [only] => only.clone(),
            _ => Value::Disjunction(Arc::new(Disjunction { values, defaults: 0, has_defaults: false })),
        })
    }

    fn error_call(&mut self, argument: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let parts = match self.ir().node(argument) {
            Node::Interpolation { parts, .. } => self.ir().nodes(parts).to_vec(),
            _ => vec![argument],
        };
        let mut text = String::new();
        for part in parts {
            // What fails to become a part of the message must not take its place.
            let found = self.eval(part, env)?;
            let value = self.concrete_value(found.clone(), part, "error")?;
            text += &match value {
                Value::String(text) => text.to_string(),
                Value::Bottom(_) => match self.settled_value(&found)? {
                    Some(known) if !matches!(known, Value::Bottom(_)) => self.show(&known),
                    _ => self.source_text(part),
                },
                value => self.show(&value),
            };
        }
        Ok(Value::Bottom(self.error(ErrorCode::User, node, "{}", vec![Arg::from(text)])))
    }

    fn int_division(&mut self, function: Predeclared, arguments: &[NodeId], env: EnvId, node: NodeId) -> Step<Value> {
        let mut numbers = Vec::with_capacity(2);
        for (index, &argument) in arguments.iter().enumerate() {
            match self.concrete(argument, env, Needs::Argument(function.name()))? {
                Value::Number(number) if number.is_int() => numbers.push(number),
                value @ Value::Bottom(_) => return Ok(value),
                value => {
                    let kinds = self.kinds_of(&value);
                    let position = (index + 1).to_string();
                    let args =
                        vec![Arg::Value(value), Arg::Kinds(kinds), Arg::from(position), Arg::from(function.name())];
                    return Ok(self.failure(argument, "cannot use {} (type {}) as int in argument {} to {}", args));
                }
            }
        }
        let (a, b) = (&numbers[0], &numbers[1]);
        if b.is_zero() {
            return Ok(self.failure(node, "error in call to {}: division by zero", vec![Arg::from(function.name())]));
        }
        let result = match function {
            Predeclared::Div => a.int_div(b),
            Predeclared::Mod => a.int_mod(b),
            Predeclared::Quo => a.int_quo(b),
            _ => a.int_rem(b),
        };
        match result {
            Ok(number) => Ok(Value::Number(number)),
            Err(error) => Ok(self.failure(node, "failed arithmetic: {}", vec![Arg::from(error.to_string())])),
        }
    }

    pub(crate) fn call_intrinsic(
        &mut self,
        which: Intrinsic,
        arguments: &[NodeId],
        env: EnvId,
        node: NodeId,
    ) -> Step<Value> {
        let (want, kinds) = match which {
            Intrinsic::ListSort | Intrinsic::ListSortStable | Intrinsic::ListIsSorted => (2, Kinds::LIST),
            Intrinsic::ListMatchN => (3, Kinds::LIST),
            _ => (2, Kinds::STRING.or(Kinds::BYTES)),
        };
        let callee = Callee::Intrinsic(which);
        let sorts = matches!(which, Intrinsic::ListSort | Intrinsic::ListSortStable | Intrinsic::ListIsSorted);
        if arguments.len() + 1 == want && (!sorts || which == Intrinsic::ListIsSorted) {
            let mut values = Vec::new();
            for &argument in arguments {
                values.push(self.eval(argument, env)?);
            }
            return Ok(Value::Validator(Arc::new(Validator { callee, arguments: values, node, kinds })));
        }
        if arguments.len() != want {
            return Ok(self.wrong_count(arguments.len() < want, which.name(), arguments.len(), want, node));
        }
        if sorts {
            return self.sort_call(which, arguments, env, node);
        }
        let value = self.concrete(arguments[0], env, Needs::Argument(which.name()))?;
        let data = match value {
            Value::Bottom(_) => return Ok(value),
            value if !self.kinds_of(&value).intersects(kinds) => {
                return self.wrong_argument(value, kinds, 1, which.name(), arguments[0]);
            }
            Value::Vertex(vertex) => vertex,
            scalar => {
                let key = (VertexId::NONE, env.0, 0, node);
                match self.trials.get(&key) {
                    Some(&known) => known,
                    None => {
                        let made = self.add_data(scalar)?;
                        self.trials.insert(key, made);
                        made
                    }
                }
            }
        };
        self.wait(data, Need::Deep)?;
        let mut values = Vec::new();
        for &argument in &arguments[1..] {
            let value = self.eval(argument, env)?;
            if let Value::Vertex(vertex) = value {
                self.wait(vertex, Need::Done)?;
            }
            values.push(value);
        }
        let validator = Validator { callee, arguments: values, node, kinds };
        let data = self.deref(data);
        Ok(match self.validate_by_evaluation(&validator, data)? {
            None => Value::Bool(true),
            Some(_) if which == Intrinsic::ListMatchN => Value::Bool(false),
            Some(error) => Value::Bottom(error),
        })
    }
}

impl Intrinsic {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Intrinsic::ListSort => "list.Sort",
            Intrinsic::ListSortStable => "list.SortStable",
            Intrinsic::ListIsSorted => "list.IsSorted",
            Intrinsic::ListMatchN => "list.MatchN",
            Intrinsic::JsonValidate => "json.Validate",
            Intrinsic::YamlValidate => "yaml.Validate",
            Intrinsic::YamlValidatePartial => "yaml.ValidatePartial",
        }
    }
}
