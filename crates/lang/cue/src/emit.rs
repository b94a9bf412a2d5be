//! A concrete value as a stream of events, without a tree between.

use cue_data::{Event, Sink};
use cue_eval::{ArcType, Label, Session, Value, VertexId};

/// Why a value was not told to its end.
pub(crate) enum Emitted<E> {
    NotConcrete,
    /// The sink took no more.
    Refused(E),
}

enum Todo {
    Value(VertexId),
    Key(Label),
    End,
}

/// Tells a value that was evaluated in depth. Only regular fields are told; defaults are chosen.
pub(crate) fn emit<S: Sink>(session: &mut Session, root: VertexId, sink: &mut S) -> Result<(), Emitted<S::Error>> {
    let mut todo = vec![Todo::Value(root)];
    while let Some(next) = todo.pop() {
        let vertex = match next {
            Todo::End => {
                sink.event(Event::End).map_err(Emitted::Refused)?;
                continue;
            }
            Todo::Key(label) => {
                let name = session.label_name(label);
                sink.event(Event::Key(&name)).map_err(Emitted::Refused)?;
                continue;
            }
            Todo::Value(vertex) => vertex,
        };
        let (at, value) = concrete(session, vertex);
        match &value {
            Value::Null => sink.event(Event::Null),
            Value::Bool(value) => sink.event(Event::Bool(*value)),
            Value::Number(number) => sink.event(Event::Number(number)),
            Value::String(text) => sink.event(Event::String(text)),
            Value::Bytes(bytes) => sink.event(Event::Bytes(bytes)),
            Value::Struct | Value::List { .. } => {
                let is_struct = matches!(value, Value::Struct);
                todo.push(Todo::End);
                for field in session.fields(at).into_iter().rev() {
                    let is_told = if is_struct { field.label.is_string() } else { field.label.is_int() };
                    if !is_told || field.arc == ArcType::Optional {
                        continue;
                    }
                    if field.arc == ArcType::Required {
                        return Err(Emitted::NotConcrete);
                    }
                    todo.push(Todo::Value(field.vertex));
                    if is_struct {
                        todo.push(Todo::Key(field.label));
                    }
                }
                sink.event(if is_struct { Event::BeginStruct } else { Event::BeginList })
            }
            _ => return Err(Emitted::NotConcrete),
        }
        .map_err(Emitted::Refused)?;
    }
    Ok(())
}

/// Where a value is at last, and what it is, its default chosen.
pub(crate) fn concrete(session: &Session, vertex: VertexId) -> (VertexId, Value) {
    let mut at = session.chosen(vertex);
    loop {
        let value = session.default(at).unwrap_or_else(|| session.value(at));
        match value {
            Value::Vertex(inner) => {
                let next = session.chosen(inner);
                if next == at {
                    return (at, Value::Top);
                }
                at = next;
            }
            value => return (at, value),
        }
    }
}
