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
pub(crate) fn emit<S: Sink>(session: &Session, root: VertexId, sink: &mut S) -> Result<(), Emitted<S::Error>> {
    let mut todo = vec![Todo::Value(root)];
    let mut fields = Vec::new();
    while let Some(next) = todo.pop() {
        let vertex = match next {
            Todo::End => {
                sink.event(Event::End).map_err(Emitted::Refused)?;
                continue;
            }
            Todo::Key(label) => {
                sink.event(Event::Key(session.field_name(label).unwrap_or_default())).map_err(Emitted::Refused)?;
                continue;
            }
            Todo::Value(vertex) => vertex,
        };
        let (at, value) = session.chosen_value(vertex);
        match value {
            Value::Null => sink.event(Event::Null),
            Value::Bool(value) => sink.event(Event::Bool(*value)),
            Value::Number(number) => sink.event(Event::Number(number)),
            Value::String(text) => sink.event(Event::String(text)),
            Value::Bytes(bytes) => sink.event(Event::Bytes(bytes)),
            Value::Struct | Value::List { .. } => {
                let is_struct = matches!(value, Value::Struct);
                todo.push(Todo::End);
                session.list_fields(at, &mut fields);
                while let Some(field) = fields.pop() {
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
