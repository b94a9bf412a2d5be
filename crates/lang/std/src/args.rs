//! Taking arguments out of the list that a function is given, with the phrases for those that do not fit.

use std::sync::Arc;

use cue_data::{Call, CallError, Event, Exceeded, Function, Kinds, Tree, Value};
use cue_num::{BigInt, DigitLimit, NumError, Number, View};

use crate::quote;

pub(crate) type Answer = Result<Value, CallError>;

/// A string or bytes: what functions over bytes take.
pub(crate) const TEXT: Kinds = Kinds::BYTES.or(Kinds::STRING);

/// How many digits an integer may get that a function makes.
pub(crate) const DIGITS: DigitLimit = DigitLimit::DEFAULT;

/// The count above which repeating is refused, whatever it is that is repeated.
pub(crate) const MAX_REPEAT: i64 = 1_000_000;

pub(crate) const fn function(
    name: &'static str,
    params: &'static [Kinds],
    result: Kinds,
    call: fn(&mut Call<'_>, &[Value]) -> Answer,
) -> Function {
    Function::new(name, params, result, call)
}

pub(crate) fn fail<T>(text: impl Into<String>) -> Result<T, CallError> {
    Err(CallError::message(text))
}

pub(crate) fn int(value: impl Into<Number>) -> Value {
    Value::Number(value.into())
}

/// A number that a function computed with decimals: an int where it is whole.
pub(crate) fn decimal(number: &Number) -> Answer {
    if number.is_int() {
        return Ok(Value::Number(number.clone()));
    }
    Number::int_if_integral(number.to_decimal(), DIGITS).map(Value::Number).map_err(|error| number_error(&error))
}

/// Work in proportion to the digits of a number; making a long one costs more than copying it.
pub(crate) fn size(number: &Number) -> usize {
    let bits = match number.view() {
        View::Int(_) => 0,
        View::Big(big) => cue_num::bit_length(big),
        View::Float(decimal) => cue_num::bit_length(&decimal.coefficient().clone().into()),
    };
    bits / 8 + 1
}

pub(crate) fn number_error(error: &NumError) -> CallError {
    if error.is_limit() { CallError::Limit(Exceeded::Digits) } else { CallError::message(error.to_string()) }
}

/// The arguments of a call by their places, counted from 0.
pub(crate) trait Arguments {
    fn value(&self, index: usize) -> &Value;
    fn string(&self, index: usize) -> Result<&str, CallError>;
    fn bytes(&self, index: usize) -> Result<&[u8], CallError>;
    fn number(&self, index: usize) -> Result<&Number, CallError>;
    fn i64(&self, index: usize) -> Result<i64, CallError>;
    fn bigint(&self, index: usize) -> Result<BigInt, CallError>;
    fn list(&self, index: usize) -> Result<&Tree, CallError>;
    fn strings(&self, index: usize) -> Result<Vec<Arc<str>>, CallError>;
    fn numbers(&self, index: usize) -> Result<Vec<Number>, CallError>;
}

impl Arguments for [Value] {
    fn value(&self, index: usize) -> &Value {
        self.get(index).unwrap_or(&Value::Null)
    }

    fn string(&self, index: usize) -> Result<&str, CallError> {
        match self.value(index) {
            Value::String(text) => Ok(text),
            other => wrong_kind(other, "string"),
        }
    }

    fn bytes(&self, index: usize) -> Result<&[u8], CallError> {
        match self.value(index) {
            Value::String(text) => Ok(text.as_bytes()),
            Value::Bytes(bytes) => Ok(bytes),
            other => wrong_kind(other, "(string|bytes)"),
        }
    }

    fn number(&self, index: usize) -> Result<&Number, CallError> {
        match self.value(index) {
            Value::Number(number) => Ok(number),
            other => wrong_kind(other, "number"),
        }
    }

    fn i64(&self, index: usize) -> Result<i64, CallError> {
        match self.value(index) {
            Value::Number(number) if number.is_int() => match number.as_i64() {
                Some(value) => Ok(value),
                None => fail(format!("int {number} overflows int64 in argument {index}")),
            },
            other => wrong_kind(other, "int"),
        }
    }

    fn bigint(&self, index: usize) -> Result<BigInt, CallError> {
        let number = if let Value::Number(number) = self.value(index) { number.to_bigint() } else { None };
        number.map_or_else(|| wrong_kind(self.value(index), "int"), Ok)
    }

    fn list(&self, index: usize) -> Result<&Tree, CallError> {
        as_list(self.value(index))
    }

    fn strings(&self, index: usize) -> Result<Vec<Arc<str>>, CallError> {
        let elements = self.list(index)?.elements().enumerate();
        let strings = elements.map(|(at, element)| match element {
            Value::String(text) => Ok(text),
            other => wrong_element(index, at, &other, "string"),
        });
        strings.collect()
    }

    fn numbers(&self, index: usize) -> Result<Vec<Number>, CallError> {
        let elements = self.list(index)?.elements().enumerate();
        let numbers = elements.map(|(at, element)| match element {
            Value::Number(number) => Ok(number),
            other => wrong_element(index, at, &other, "number"),
        });
        numbers.collect()
    }
}

pub(crate) fn as_list(value: &Value) -> Result<&Tree, CallError> {
    match value {
        Value::Tree(tree) if value.kind() == Kinds::LIST => Ok(tree),
        other => wrong_kind(other, "list"),
    }
}

fn wrong_kind<T>(value: &Value, wanted: &str) -> Result<T, CallError> {
    fail(format!("cannot use value {} (type {}) as {wanted}", show(value), value.kind()))
}

fn wrong_element<T>(argument: usize, at: usize, value: &Value, wanted: &str) -> Result<T, CallError> {
    let (shown, kind) = (show(value), value.kind());
    fail(format!(
        "invalid list element {at} in argument {argument} to call: cannot use value {shown} ({kind}) as {wanted}"
    ))
}

/// A value as a message shows it: on one line, cut off where it gets long.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quote::quoted(text, '"', quote::Escape::Unprintable),
        Value::Bytes(bytes) => quote::quoted(&String::from_utf8_lossy(bytes), '\'', quote::Escape::Unprintable),
        Value::Tree(tree) => show_tree(tree),
    }
}

const SHOWN_BYTES: usize = 1000;

fn show_tree(tree: &Tree) -> String {
    let mut text = String::new();
    // What closes each list and struct that is open, and whether a comma is due.
    let mut open: Vec<char> = Vec::new();
    let mut comma = false;
    for step in tree.data().events(tree.node()) {
        if text.len() > SHOWN_BYTES {
            text.push('…');
            break;
        }
        if comma && !matches!(step.event, Event::End) {
            text.push(',');
        }
        comma = true;
        match step.event {
            Event::BeginList | Event::BeginStruct => {
                let list = matches!(step.event, Event::BeginList);
                text.push(if list { '[' } else { '{' });
                open.push(if list { ']' } else { '}' });
                comma = false;
            }
            Event::End => text.extend(open.pop()),
            Event::Key(key) => {
                let plain = key.starts_with(|c: char| c.is_alphabetic()) && key.chars().all(char::is_alphanumeric);
                if plain {
                    text.push_str(key);
                } else {
                    text.push_str(&quote::quoted(key, '"', quote::Escape::Unprintable));
                }
                text.push(':');
                comma = false;
            }
            Event::Null => text.push_str("null"),
            Event::Bool(value) => text.push_str(&value.to_string()),
            Event::Number(number) => text.push_str(&number.to_string()),
            Event::String(string) => text.push_str(&quote::quoted(string, '"', quote::Escape::Unprintable)),
            Event::Bytes(bytes) => {
                text.push_str(&quote::quoted(&String::from_utf8_lossy(bytes), '\'', quote::Escape::Unprintable));
            }
            Event::Spelling(_) => comma = false,
        }
    }
    text
}
