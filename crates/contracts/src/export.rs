//! Concrete values out of a session, with the place of each part and the vertex that it came from.

use cue_data::{Builder, Data, NodeId};
use cue_eval::{ArcType, Session, Value, VertexId};
use strata_base::Span;

/// Data, and for each of its nodes the vertex that holds it.
#[derive(Debug)]
pub(crate) struct Exported {
    pub(crate) data: Data,
    /// By the index of the node.
    pub(crate) vertices: Vec<VertexId>,
}

enum Todo {
    Visit(VertexId, Option<NodeId>),
    Key(String, Span),
    End,
}

/// What is below a vertex that is known to be concrete. A part that stands in the given data has the place that it has
/// there; any other has that of whatever else set it.
pub(crate) fn export(session: &Session, root: VertexId, given: Option<&Data>) -> Exported {
    let mut builder = Builder::new();
    let mut vertices = Vec::new();
    let mut todo = vec![Todo::Visit(root, given.map(Data::root))];
    while let Some(next) = todo.pop() {
        let (vertex, same) = match next {
            Todo::End => {
                builder.end(Span::NONE);
                continue;
            }
            Todo::Key(name, span) => {
                builder.key(&name, span);
                continue;
            }
            Todo::Visit(vertex, same) => (vertex, same),
        };
        let (at, value) = concrete(session, vertex);
        let here = given.zip(same);
        let span = here.map_or_else(|| place(session, vertex), |(given, node)| given.span(node));
        match value {
            Value::Bool(value) => _ = builder.bool(value, span),
            Value::Number(value) => _ = builder.number(value, span),
            Value::String(value) => _ = builder.string(value, span),
            Value::Bytes(value) => _ = builder.bytes(value, span),
            Value::Struct | Value::List { .. } => {
                let is_struct = matches!(value, Value::Struct);
                _ = if is_struct { builder.begin_struct(span) } else { builder.begin_list(span) };
                todo.push(Todo::End);
                let fields = session.fields(at).into_iter().filter(|field| field.arc == ArcType::Member);
                for field in fields.rev() {
                    if is_struct && field.label.is_string() {
                        let name = session.label_name(field.label);
                        let own =
                            here.and_then(|(given, node)| given.fields(node).iter().find(|own| *own.key == *name));
                        todo.push(Todo::Visit(field.vertex, own.map(|own| own.value)));
                        let span = own.map_or_else(|| place(session, field.vertex), |own| own.key_span);
                        todo.push(Todo::Key(name, span));
                    } else if !is_struct && field.label.is_int() {
                        let index = field.label.payload() as usize;
                        let own = here.and_then(|(given, node)| given.elements(node).get(index).copied());
                        todo.push(Todo::Visit(field.vertex, own));
                    }
                }
            }
            _ => _ = builder.null(span),
        }
        vertices.push(vertex);
    }
    Exported { data: builder.finish(), vertices }
}

impl Exported {
    pub(crate) fn vertex(&self, node: NodeId) -> VertexId {
        self.vertices.get(node.0 as usize).copied().unwrap_or(VertexId::NONE)
    }
}

/// The value of a vertex after defaults are chosen, and the vertex that has its fields.
pub(crate) fn concrete(session: &Session, vertex: VertexId) -> (VertexId, Value) {
    let mut at = session.end(vertex);
    loop {
        let value = session.default(at).unwrap_or_else(|| session.value(at));
        match value {
            Value::Vertex(inner) => at = session.end(inner),
            value => return (at, value),
        }
    }
}

fn place(session: &Session, vertex: VertexId) -> Span {
    session.places(vertex).first().copied().unwrap_or(Span::NONE)
}
