//! Data for functions, and values of the data that they give.

use std::sync::Arc;

use cue_data::{Builder, Data, Value as Plain};
use strata_base::Span;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{ArcType, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Item, Status, Trail, Vertex, VertexId};
use crate::work::Need;

/// What one value takes as data, with its place, its key, and its place among others.
const DATUM_BYTES: usize = 100;

impl Session {
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
        let mut size = 0;
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
            // What stands in many places is there once as a vertex, and as data once for each.
            size += DATUM_BYTES;
            self.meter.room(size)?;
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

    /// A key that stands twice in a struct gives one field, which is both values at once: what holds such data is no
    /// data itself, but is evaluated from it.
    pub(crate) fn vertex_of(&mut self, data: &Data, root: cue_data::NodeId) -> Step<VertexId> {
        let top = self.add_data(Value::Struct)?;
        let mut has_repeated = false;
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
                        has_repeated |= self.vertex(vertex).arcs.get(label).is_some();
                        todo.push((field.value, self.add_data_field(vertex, label)?));
                    }
                    Value::Struct
                }
            };
            self.vertex_mut(vertex).value = value;
        }
        if has_repeated {
            let conjunct = Conjunct { item: Item::Vertex(top), env: EnvId::NONE, trail: Trail::default() };
            return Ok(self.add_detached(VertexId::NONE, vec![conjunct])?);
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
}
