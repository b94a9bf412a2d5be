//! Functions that hold a value against schemas: each schema is unified with a copy of what is known of the value.

use std::sync::Arc;

use cue_data::Value as Plain;
use cue_num::Number;

use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::ir::{ArcType, Intrinsic, NodeId, Predeclared};
use crate::session::{Session, Step};
use crate::value::{Callee, Validator, Value};
use crate::vertex::{Conjunct, Cyclic, EnvId, Item, Trail, VertexId};
use crate::work::Need;

impl Session {
    /// Data unified with a schema; made once for a pair.
    fn trial(&mut self, data: VertexId, schema: &Value, tag: u32, node: NodeId) -> Step<VertexId> {
        let schema_key = match schema {
            Value::Vertex(vertex) => vertex.0,
            _ => u32::MAX - tag,
        };
        if let Some(&known) = self.trials.get(&(data, schema_key, tag, node)) {
            return Ok(known);
        }
        let copy = self.open_copy(data)?;
        let trail = Trail { refs: self.here.trail.refs, ..Trail::default() };
        let mut conjuncts = vec![Conjunct { item: Item::Vertex(copy), env: EnvId::NONE, trail }];
        let item = match schema {
            Value::Vertex(vertex) => Item::Vertex(*vertex),
            value => self.compute(value.clone(), node),
        };
        conjuncts.push(Conjunct { item, env: EnvId::NONE, trail });
        let vertex = self.add_inline(node, conjuncts)?;
        self.trials.insert((data, schema_key, tag, node), vertex);
        Ok(vertex)
    }

    /// A copy of what is known of a value, without its closedness and its constraints' origins.
    fn open_copy(&mut self, root: VertexId) -> Step<VertexId> {
        let top = self.add_data(Value::Top)?;
        let mut todo = vec![(root, top)];
        while let Some((from, to)) = todo.pop() {
            self.meter.work(1)?;
            let mut at = self.deref(from);
            if let Some(chosen) = self.default_vertex(at) {
                at = chosen;
            }
            let value = self.known_value(at).unwrap_or(Value::Top);
            let value = match value {
                Value::Disjunction(d) if d.defaults == 1 => d.values[0].clone(),
                other => other,
            };
            if matches!(value, Value::Struct | Value::List { .. }) {
                for (label, field) in self.vertex(at).arcs.iter().collect::<Vec<_>>() {
                    if !label.is_regular() || self.vertex(field).arc != ArcType::Member {
                        continue;
                    }
                    let copy = self.add_data(Value::Top)?;
                    let made = self.vertex_mut(copy);
                    made.parent = to;
                    made.label = label;
                    self.vertex_mut(to).arcs.push(label, copy);
                    todo.push((field, copy));
                }
            }
            self.vertex_mut(to).value = value;
        }
        Ok(top)
    }

    /// Why data does not satisfy a schema: it conflicts with it, or something is missing.
    fn unmet(&mut self, data: VertexId, schema: &Value, tag: u32, node: NodeId) -> Step<Option<ErrorId>> {
        let trial = self.trial(data, schema, tag, node)?;
        self.wait(trial, Need::Deep)?;
        Ok(self.failure_of(trial).or_else(|| self.unfinished_below(trial, false).first().copied()))
    }

    pub(crate) fn validate_by_evaluation(&mut self, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        match validator.callee {
            Callee::Predeclared(Predeclared::MatchN) => self.validate_match_n(validator, vertex),
            Callee::Predeclared(Predeclared::MatchIf) => self.validate_match_if(validator, vertex),
            Callee::Intrinsic(Intrinsic::ListMatchN) => self.validate_list_match_n(validator, vertex),
            Callee::Intrinsic(
                which @ (Intrinsic::JsonValidate | Intrinsic::YamlValidate | Intrinsic::YamlValidatePartial),
            ) => self.validate_text(which, validator, vertex),
            _ => Ok(None),
        }
    }

    fn validate_match_n(&mut self, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        if self.here.trail.cyclic == Cyclic::Yes {
            return Ok(None);
        }
        let Some(Value::Vertex(list)) = validator.arguments.get(1) else { return Ok(None) };
        let schemas: Vec<_> = self.vertex(self.deref(*list)).arcs.iter().map(|(_, element)| element).collect();
        let mut failures = Vec::new();
        let mut matched = 0i64;
        for (tag, schema) in (0u32..).zip(schemas) {
            match self.unmet(vertex, &Value::Vertex(schema), tag, validator.node)? {
                Some(error) => failures.push(error),
                None => matched += 1,
            }
        }
        let wanted = validator.arguments[0].clone();
        let Some(code) = self.miscounted(&wanted, matched, &failures) else { return Ok(None) };
        if code.is_incomplete() {
            // What fails for good explains nothing that may still be mended.
            failures.retain(|&error| self.bottom(error).code.is_incomplete());
        }
        let args = vec![Arg::Value(Value::Vertex(vertex)), Arg::from(matched.to_string()), Arg::Value(wanted)];
        let format = "invalid value {} (does not satisfy matchN): {} matched, expected {}";
        Ok(Some(self.unfit(code, format, args, validator, vertex, failures)))
    }

    /// The code of the error where a number of matches is not the one that is wanted: whether those that failed may
    /// still come to match and make up for it.
    fn miscounted(&mut self, wanted: &Value, matched: i64, failures: &[ErrorId]) -> Option<ErrorCode> {
        if self.accepts(wanted, &Value::Number(Number::from(matched))) {
            return None;
        }
        let open = failures.iter().filter(|&&error| self.bottom(error).code.is_incomplete()).count();
        let most = matched + i64::try_from(open).unwrap_or(i64::MAX - matched);
        let possible = match wanted {
            Value::Number(_) | Value::Bound(_) => {
                (matched + 1..=most).any(|count| self.accepts(wanted, &Value::Number(Number::from(count))))
            }
            _ => true,
        };
        Some(if possible { ErrorCode::Incomplete } else { ErrorCode::Eval })
    }

    /// The error of a value that a function refuses because of others.
    fn unfit(
        &mut self,
        code: ErrorCode,
        format: &'static str,
        args: Vec<Arg>,
        validator: &Validator,
        vertex: VertexId,
        children: Vec<ErrorId>,
    ) -> ErrorId {
        let spans = self.validator_spans(validator, vertex);
        let id = self.error_at(code, spans, format, args);
        self.bottoms[id.0 as usize].children = children;
        id
    }

    fn validate_match_if(&mut self, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        let [condition, then, otherwise] = &validator.arguments[..] else { return Ok(None) };
        let (schema, tag) = match self.unmet(vertex, condition, 0, validator.node)? {
            None => (then, 1),
            Some(_) => (otherwise, 2),
        };
        let Some(error) = self.unmet(vertex, schema, tag, validator.node)? else { return Ok(None) };
        let Bottom { code, spans, .. } = self.bottom(error).clone();
        let args = vec![Arg::Value(Value::Vertex(vertex)), Arg::from(self.message(error))];
        let format = "invalid value {} (does not satisfy matchIf): {}";
        let error = self.unfit(code, format, args, validator, vertex, Vec::new());
        self.bottoms[error.0 as usize].spans.extend(spans);
        Ok(Some(error))
    }

    fn validate_list_match_n(&mut self, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        let [wanted, schema] = &validator.arguments[..] else { return Ok(None) };
        let elements: Vec<_> = self.vertex(vertex).arcs.iter().filter(|(l, _)| l.is_int()).map(|(_, e)| e).collect();
        let mut failures = Vec::new();
        let mut matched = 0i64;
        for (tag, element) in (0u32..).zip(elements) {
            match self.unmet(element, schema, tag, validator.node)? {
                Some(error) => failures.push(error),
                None => matched += 1,
            }
        }
        let Some(code) = self.miscounted(wanted, matched, &failures) else { return Ok(None) };
        let text = self.validator_text(validator);
        let args = vec![
            Arg::Value(Value::Vertex(vertex)),
            Arg::from(text),
            Arg::from(matched.to_string()),
            Arg::Value(wanted.clone()),
        ];
        let format = "invalid value {} (does not satisfy {}): number of matched elements is {}: does not satisfy {}";
        Ok(Some(self.unfit(code, format, args, validator, vertex, Vec::new())))
    }

    /// A text that must be JSON or YAML of a schema.
    fn validate_text(&mut self, which: Intrinsic, validator: &Validator, vertex: VertexId) -> Step<Option<ErrorId>> {
        let text = self.vertex(vertex).value.clone();
        let Some(schema) = validator.arguments.first().cloned() else { return Ok(None) };
        let Some(plain) = self.read_text(which, &text)? else {
            let name = which.name();
            let args = vec![Arg::Value(text), Arg::from(name)];
            return Ok(Some(self.error(
                ErrorCode::Eval,
                validator.node,
                "invalid value {} (does not satisfy {})",
                args,
            )));
        };
        let key = (vertex, u32::MAX, u32::MAX, validator.node);
        let data = match self.trials.get(&key) {
            Some(&known) => known,
            None => {
                let value = self.value_from(&plain)?;
                let made = match value {
                    Value::Vertex(made) => made,
                    scalar => self.add_data(scalar)?,
                };
                self.trials.insert(key, made);
                made
            }
        };
        let trial = self.trial(data, &schema, 0, validator.node)?;
        self.wait(trial, Need::Deep)?;
        let failure = self
            .failure_of(trial)
            .filter(|&error| which == Intrinsic::YamlValidate || !self.bottom(error).code.is_incomplete());
        let failure = match failure {
            // JSON only must not conflict, YAML must be complete.
            None if which == Intrinsic::YamlValidate => self.data_of(trial)?.err(),
            other => other,
        };
        let Some(failure) = failure else { return Ok(None) };
        let message = self.message(failure);
        let name = self.validator_text(validator);
        let args = vec![Arg::Value(text), Arg::from(name), Arg::from(message)];
        let format = "invalid value {} (does not satisfy {}): {}";
        Ok(Some(self.error(ErrorCode::Eval, validator.node, format, args)))
    }

    fn read_text(&mut self, which: Intrinsic, text: &Value) -> Step<Option<Plain>> {
        let path = if which == Intrinsic::JsonValidate { "encoding/json" } else { "encoding/yaml" };
        let Some(package) = (self.program.library)(path) else { return Ok(None) };
        let Some(function) = package.function("Unmarshal") else { return Ok(None) };
        let argument = match text {
            Value::String(text) => Plain::String(Arc::clone(text)),
            Value::Bytes(bytes) => Plain::Bytes(Arc::clone(bytes)),
            _ => return Ok(None),
        };
        let callee = crate::ir::LibraryFunction { package, function };
        Ok(self.apply(callee, &[argument])?.ok())
    }
}
