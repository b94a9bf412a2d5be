//! Data as JSON values and back.

use cue_data::{Builder, Data, Event, NodeId};
use serde_json::{Map, Value};
use strata_base::Span;

/// What a value that is known later is for a provider.
fn unknown() -> Value {
    serde_json::json!({"$unknown": true})
}

/// A JSON value as data. Samples are a few levels deep, so the walk may recurse.
pub fn data_of(value: &Value) -> Data {
    let mut builder = Builder::new();
    write(value, &mut builder);
    builder.finish()
}

fn write(value: &Value, builder: &mut Builder) {
    let none = Span::NONE;
    match value {
        Value::Null => _ = builder.null(none),
        Value::Bool(bool) => _ = builder.bool(*bool, none),
        Value::Number(number) => match cue_num::Number::from_json(&number.to_string()) {
            Ok(number) => _ = builder.number(number, none),
            Err(_) => _ = builder.null(none),
        },
        Value::String(text) => _ = builder.string(text.as_str(), none),
        Value::Array(elements) => {
            builder.begin_list(none);
            elements.iter().for_each(|element| write(element, builder));
            builder.end(none);
        }
        Value::Object(fields) => {
            builder.begin_struct(none);
            for (key, value) in fields {
                builder.key(key, none);
                write(value, builder);
            }
            builder.end(none);
        }
    }
}

/// Data as a JSON value.
pub fn json(data: &Data) -> Value {
    value_of(data, data.root())
}

/// An open container: a struct with the key that comes next, or a list.
enum Open {
    Struct(Map<String, Value>, String),
    List(Vec<Value>),
}

/// Data as a JSON value with sorted keys, and without its places.
pub(super) fn value_of(data: &Data, node: NodeId) -> Value {
    let mut open: Vec<Open> = Vec::new();
    let mut done = Value::Null;
    for step in data.events(node) {
        let value = match step.event {
            Event::BeginStruct => {
                open.push(Open::Struct(Map::new(), String::new()));
                continue;
            }
            Event::BeginList => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            Event::Key(name) => {
                if let Some(Open::Struct(_, key)) = open.last_mut() {
                    name.clone_into(key);
                }
                continue;
            }
            Event::Spelling(_) => continue,
            Event::End => match open.pop() {
                Some(Open::Struct(mut fields, _)) => {
                    fields.sort_keys();
                    Value::Object(fields)
                }
                Some(Open::List(elements)) => Value::Array(elements),
                None => Value::Null,
            },
            Event::Null => Value::Null,
            Event::Bool(bool) => Value::Bool(bool),
            Event::Number(number) => serde_json::from_str(&number.to_json_string()).unwrap_or_default(),
            Event::String(text) => Value::String(text.to_owned()),
            Event::Bytes(bytes) => Value::String(format!("{bytes:?}")),
        };
        match open.last_mut() {
            Some(Open::Struct(fields, key)) => _ = fields.insert(std::mem::take(key), value),
            Some(Open::List(elements)) => elements.push(value),
            None => done = value,
        }
    }
    done
}

/// Whether a struct stands for a value that is known later.
pub(super) fn is_later(value: &Value) -> bool {
    value.as_object().is_some_and(|fields| fields.keys().any(|key| key.starts_with('$')))
}

/// The same with what is known later as unknown.
pub(super) fn with_holes(value: &Value) -> Value {
    match value {
        later if is_later(later) => unknown(),
        Value::Array(elements) => elements.iter().map(with_holes).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(key, value)| (key.clone(), with_holes(value))).collect())
        }
        plain => plain.clone(),
    }
}

/// All texts, but not those of values that are known later.
pub(super) fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        later if is_later(later) => {
            // The parts of a join are texts of the mapping's own.
            let parts = later.get("$join").and_then(Value::as_array);
            parts.into_iter().flatten().for_each(|part| texts(part, found));
        }
        Value::String(text) => found.push(text),
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// The same with the keys of all structs in the contrary order.
pub(super) fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(elements) => elements.iter().map(reversed).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().rev().map(|(key, value)| (key.clone(), reversed(value))).collect())
        }
        plain => plain.clone(),
    }
}
