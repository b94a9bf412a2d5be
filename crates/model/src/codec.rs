//! How nouns become JSON and come back.
//!
//! A [`Value`] is written with sorted keys; what is more than JSON is an object with one `$` key. An object of the
//! user's that has a key starting with `$` is wrapped in `$literal`, so nothing written can be read as something else.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::later::Later;
use crate::number::Number;
use crate::value::{Fingerprint, MAX_DEPTH, Map, Value};

/// Serialises types as the text of their `Display`, and reads them by their `FromStr`.
macro_rules! text_serde {
    ($($name:ty),+) => {$(
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}
pub(crate) use text_serde;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => to.serialize_unit(),
            Value::Bool(bool) => to.serialize_bool(*bool),
            Value::Number(number) => serialize_number(number, to),
            Value::String(text) => to.serialize_str(text),
            Value::List(items) => {
                let mut list = to.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(item))?;
                list.end()
            }
            Value::Map(map) if map.keys().any(|key| key.starts_with('$')) => tagged(to, "$literal", &Plain(map)),
            Value::Map(map) => Plain(map).serialize(to),
            Value::Later(later) => later.serialize(to),
            Value::Sealed(fingerprint) => tagged(to, "$sealed", &fingerprint.0),
            Value::Unknown => tagged(to, "$unknown", &true),
        }
    }
}

fn tagged<S: Serializer, T: Serialize + ?Sized>(to: S, tag: &'static str, value: &T) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(1))?;
    map.serialize_entry(tag, value)?;
    map.end()
}

/// A number goes out as a JSON number where that loses nothing, else as `{"$number": "…"}`.
fn serialize_number<S: Serializer>(number: &Number, to: S) -> Result<S::Ok, S::Error> {
    if let Some(int) = number.as_i64() {
        return to.serialize_i64(int);
    }
    match number.as_exact_f64() {
        Some(float) => to.serialize_f64(float),
        None => tagged(to, "$number", number.as_str().as_ref()),
    }
}

struct Plain<'a>(&'a Map);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        self.0.iter().try_for_each(|(key, value)| map.serialize_entry(&**key, value))?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Value, D::Error> {
        Reader { depth: 0 }.deserialize(from)
    }
}

#[derive(Clone, Copy)]
struct Reader {
    depth: usize,
}

impl Reader {
    fn deeper<E: de::Error>(self) -> Result<Reader, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(Reader { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Value, E> {
        Ok(Value::Bool(bool))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Value, E> {
        Ok(Value::Number(Number::from(int)))
    }

    fn visit_u64<E>(self, int: u64) -> Result<Value, E> {
        Ok(Value::Number(Number::from(int)))
    }

    fn visit_f64<E: de::Error>(self, float: f64) -> Result<Value, E> {
        Number::from_f64(float).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = from.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut map = Map::new();
        while let Some(key) = from.next_key::<Arc<str>>()? {
            let value =
                if &*key == "$literal" { from.next_value_seed(Literal(inner))? } else { from.next_value_seed(inner)? };
            if map.insert(Arc::clone(&key), value).is_some() {
                return Err(de::Error::custom(format_args!("duplicate key `{key}`")));
            }
        }
        interpret(map).map_err(de::Error::custom)
    }
}

/// The object inside `$literal`: its keys mean nothing, its children are read as usual.
struct Literal(Reader);

impl<'de> DeserializeSeed<'de> for Literal {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Literal {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let inner = self.0.deeper()?;
        let mut map = Map::new();
        while let Some(key) = from.next_key::<Arc<str>>()? {
            map.insert(key, from.next_value_seed(inner)?);
        }
        Ok(Value::Map(map))
    }
}

/// Turns an object whose parts have been read into what its `$` key says; an object without one is itself.
///
/// Readers of documents call this too, so that every door understands the same `$` objects. The object under
/// `$literal` must not have been interpreted before.
pub fn interpret(mut map: Map) -> Result<Value, String> {
    let Some(tag) = map.keys().find(|key| key.starts_with('$') && &***key != "$sensitive").cloned() else {
        if map.contains_key("$sensitive") {
            return Err("`$sensitive` marks a later value, found none".to_owned());
        }
        return Ok(Value::Map(map));
    };
    let body = map.remove(&tag).unwrap_or_default();
    let sensitive = match map.remove("$sensitive") {
        None => false,
        Some(Value::Bool(true)) => true,
        Some(_) => return Err("`$sensitive` can only be true".to_owned()),
    };
    let argument = if &*tag == "$call" { map.remove("arg") } else { None };
    if let Some(key) = map.keys().next() {
        return Err(format!("`{key}` cannot stand beside `{tag}`"));
    }
    let plain = |value: Value| if sensitive { Err(format!("`{tag}` takes no `$sensitive`")) } else { Ok(value) };
    match (&*tag, body) {
        ("$literal", body @ Value::Map(_)) => plain(body),
        ("$sealed", Value::String(text)) => plain(Value::Sealed(Fingerprint(text))),
        ("$unknown", Value::Bool(true)) => plain(Value::Unknown),
        ("$number", Value::String(text)) => match text.parse() {
            Ok(number) => plain(Value::Number(number)),
            Err(_) => Err(format!("`{text}` is not a number")),
        },
        (_, body) => Later::from_tagged(&tag, body, argument, sensitive).map(|later| Value::Later(Box::new(later))),
    }
}

/// The canonical bytes of anything of the model: one line of JSON, keys of values sorted, fields in the order of their
/// declaration, which is part of the format.
pub fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(value)
}

pub fn from_json<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}
