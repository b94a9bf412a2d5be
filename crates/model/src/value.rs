//! Values: JSON data, and the three things that a leaf can be besides.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::later::Later;
use crate::number::Number;
use crate::path::{Path, Segment};

/// The deepest nesting that is read anywhere. Real resources stay below 20.
pub const MAX_DEPTH: usize = 100;

pub type Map = BTreeMap<Arc<str>, Value>;

#[derive(Clone, PartialEq, Eq, Default)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    List(Vec<Value>),
    Map(Map),
    /// An expression that is filled while applying.
    Later(Box<Later>),
    /// A sensitive leaf as the engine may see it: equal text gives an equal fingerprint under one key.
    Sealed(Fingerprint),
    /// Known only after apply.
    Unknown,
}

/// A keyed digest of a sensitive leaf, such as `hmac-sha256:…`. Without the key it tells nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub Arc<str>);

impl Value {
    pub fn map() -> Value {
        Value::Map(Map::new())
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Value::Number(number) => number.as_i64(),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    pub fn is_container(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_))
    }

    /// The value at a path below this one.
    pub fn at(&self, path: &Path) -> Option<&Value> {
        path.segments().iter().try_fold(self, |value, segment| match (value, segment) {
            (Value::Map(map), Segment::Key(key)) => map.get(key),
            (Value::List(items), Segment::Index(index)) => items.get(*index as usize),
            _ => None,
        })
    }

    /// Whether everything below is plain data: nothing later, nothing unknown, nothing sealed.
    pub fn is_plain(&self) -> bool {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(items) => items.iter().all(Value::is_plain),
            Value::Map(map) => map.values().all(Value::is_plain),
            Value::Later(_) | Value::Sealed(_) | Value::Unknown => false,
        }
    }

    /// Whether something below is known only after apply.
    pub fn has_unknown(&self) -> bool {
        match self {
            Value::Unknown => true,
            Value::List(items) => items.iter().any(Value::has_unknown),
            Value::Map(map) => map.values().any(Value::has_unknown),
            _ => false,
        }
    }

    /// Calls `visit` for each expression below, outermost only, in order.
    pub fn each_later<'a>(&'a self, visit: &mut impl FnMut(&'a Later)) {
        match self {
            Value::Later(later) => visit(later),
            Value::List(items) => items.iter().for_each(|item| item.each_later(visit)),
            Value::Map(map) => map.values().for_each(|value| value.each_later(visit)),
            _ => {}
        }
    }

    /// Calls `visit` for each leaf with its path, in order. An empty list or map is a leaf.
    pub fn each_leaf<'a>(&'a self, visit: &mut impl FnMut(&Path, &'a Value)) {
        walk(self, &mut Path::root(), visit);
    }

    /// The same tree with each leaf replaced by what `change` makes of it, `None` leaving it as it is.
    #[must_use]
    pub fn map_leaves(&self, change: &mut impl FnMut(&Path, &Value) -> Option<Value>) -> Value {
        rebuild(self, &mut Path::root(), change)
    }
}

fn walk<'a>(value: &'a Value, path: &mut Path, visit: &mut impl FnMut(&Path, &'a Value)) {
    match value {
        Value::List(items) if !items.is_empty() => {
            for (index, item) in (0..).zip(items) {
                path.push(Segment::Index(index));
                walk(item, path, visit);
                path.pop();
            }
        }
        Value::Map(map) if !map.is_empty() => {
            for (key, item) in map {
                path.push(Segment::Key(Arc::clone(key)));
                walk(item, path, visit);
                path.pop();
            }
        }
        leaf => visit(path, leaf),
    }
}

fn rebuild(value: &Value, path: &mut Path, change: &mut impl FnMut(&Path, &Value) -> Option<Value>) -> Value {
    match value {
        Value::List(items) if !items.is_empty() => {
            let mut rebuilt = Vec::with_capacity(items.len());
            for (index, item) in (0..).zip(items) {
                path.push(Segment::Index(index));
                rebuilt.push(rebuild(item, path, change));
                path.pop();
            }
            Value::List(rebuilt)
        }
        Value::Map(map) if !map.is_empty() => {
            let mut rebuilt = Map::new();
            for (key, item) in map {
                path.push(Segment::Key(Arc::clone(key)));
                rebuilt.insert(Arc::clone(key), rebuild(item, path, change));
                path.pop();
            }
            Value::Map(rebuilt)
        }
        leaf => change(path, leaf).unwrap_or_else(|| leaf.clone()),
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::String(text.into())
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl From<i64> for Value {
    fn from(int: i64) -> Value {
        Value::Number(int.into())
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Value {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Value {
        Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }
}

/// Canonical JSON, as `{"a":1}`.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        crate::codec::from_json(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_more_than_json_survives_json() {
        for text in [
            r#"{"a":[1,"x",null,true,{}],"b":{"$unknown":true}}"#,
            r#"{"p":{"$secret":{"key":"db","store":"vault"},"$sensitive":true}}"#,
            r#"{"u":{"$join":["http://",{"$ref":{"address":"o/e/-/db/main","attr":"host"}},":80"]}}"#,
            r#"{"o":{"$ref":{"context":"o/e/-","output":"vpc"}}}"#,
            r#"{"n":{"$alloc":{"max":9,"min":1,"pool":"listener"}}}"#,
            r#"{"$literal":{"$ref":"not one of ours","x":{"$sealed":"hmac-sha256:00"}}}"#,
        ] {
            assert_eq!(read(text).map(|value| value.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_malformed_later_value_is_refused() {
        for (text, message) in [
            (r#"{"$rf":1}"#, "unknown `$rf`"),
            (r#"{"$ref":{"address":"a/b","attr":"x"}}"#, "2 segments"),
            (r#"{"$ref":{"address":"o/e/-/u/r","attr":"x"},"y":1}"#, "`y` cannot stand beside `$ref`"),
            (r#"{"$sensitive":true}"#, "found none"),
            (r#"{"a":1,"a":2}"#, "duplicate key `a`"),
        ] {
            assert!(read(text).is_err_and(|error| error.contains(message)), "{text}: {:?}", read(text));
        }
    }

    #[test]
    fn a_value_nested_too_deep_is_refused() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert!(read(&nested(MAX_DEPTH + 1)).is_err_and(|error| error.contains("nested deeper")));
    }
}
