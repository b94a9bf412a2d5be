//! Data into types of Rust, by way of serde. What does not fit is told at its place.

use std::fmt;

use cue_data::{Data, Node, NodeId};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use strata_base::{Diagnostic, FileId, Span};

use crate::evaluation::Diagnostics;

/// Types that contain themselves are read by native recursion, so the depth has a limit.
const MAX_DEPTH: u32 = 200;

/// Data as a type of Rust.
///
/// ```
/// use cue::{Spanned, decode};
///
/// #[derive(serde::Deserialize)]
/// struct App {
///     name: String,
///     replicas: Spanned<u8>,
/// }
///
/// let mut builder = cue_data::Builder::new();
/// let place = strata_base::Span::new(strata_base::FileId(0), 5, 6);
/// builder.begin_struct(place);
/// builder.key("name", place);
/// builder.string("shop", place);
/// builder.key("replicas", place);
/// builder.number(3.into(), place);
/// builder.end(place);
/// let app: App = decode(&builder.finish()).expect("it fits");
/// assert_eq!((app.name.as_str(), app.replicas.value, app.replicas.span), ("shop", 3, place));
/// ```
pub fn decode<T: de::DeserializeOwned>(data: &Data) -> Result<T, Diagnostics> {
    let root = Part { data, node: data.root(), depth: 0 };
    T::deserialize(root).map_err(|error| {
        let Mismatch { message, span, path } = error;
        let message = if path.is_empty() { message } else { format!("{}: {message}", path.join(".")) };
        let problem = Diagnostic::error(cue_eval::codes::CONFLICT, message);
        vec![span.map_or(problem.clone(), |span| problem.at(span))]
    })
}

/// A value with the place that it was read from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

/// The names by which a [`Spanned`] asks for its parts; no text can hold them.
const SPANNED: &str = "\u{0}spanned";
const PARTS: &[&str] = &["\u{0}file", "\u{0}start", "\u{0}end", "\u{0}value"];

/// What does not fit, gathering its path on the way out.
#[derive(Debug)]
struct Mismatch {
    message: String,
    span: Option<Span>,
    path: Vec<String>,
}

impl std::error::Error for Mismatch {}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Mismatch {
        Mismatch { message: message.to_string(), span: None, path: Vec::new() }
    }
}

impl Mismatch {
    fn at(mut self, span: Span) -> Mismatch {
        self.span = self.span.or((!span.is_none()).then_some(span));
        self
    }

    fn below(mut self, step: impl Into<String>) -> Mismatch {
        self.path.insert(0, step.into());
        self
    }
}

#[derive(Clone, Copy)]
struct Part<'a> {
    data: &'a Data,
    node: NodeId,
    depth: u32,
}

impl<'a> Part<'a> {
    fn span(self) -> Span {
        self.data.span(self.node)
    }

    fn inner(self, node: NodeId) -> Part<'a> {
        Part { node, depth: self.depth + 1, ..self }
    }
}

impl<'de> Deserializer<'de> for Part<'de> {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        if self.depth > MAX_DEPTH {
            return Err(de::Error::custom("values nest too deep to be read"));
        }
        let read = match self.data.node(self.node) {
            Node::Null => visitor.visit_unit(),
            Node::Bool(value) => visitor.visit_bool(*value),
            Node::Number(number) => {
                let text = number.to_cue_string();
                match (number.as_u64(), text.parse::<i64>(), text.parse::<f64>()) {
                    (Some(value), ..) if number.is_int() => visitor.visit_u64(value),
                    (_, Ok(value), _) if number.is_int() => visitor.visit_i64(value),
                    (.., Ok(value)) if !number.is_int() => visitor.visit_f64(value),
                    _ => Err(de::Error::custom(format!("{text} does not fit in 64 bits"))),
                }
            }
            Node::String(text) => visitor.visit_str(text),
            Node::Bytes(bytes) => visitor.visit_bytes(bytes),
            Node::List(_) => visitor.visit_seq(Elements { part: self, next: 0 }),
            Node::Struct(_) => visitor.visit_map(Fields { part: self, next: 0 }),
        };
        read.map_err(|error| error.at(self.span()))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.data.node(self.node) {
            Node::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    /// A text is a variant without content; a struct of one field is one with.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        let read = match self.data.node(self.node) {
            Node::String(text) => visitor.visit_enum((&**text).into_deserializer()),
            _ => match self.data.fields(self.node) {
                [_] => visitor.visit_enum(de::value::MapAccessDeserializer::new(Fields { part: self, next: 0 })),
                _ => Err(de::Error::custom("expected a text or a struct of one field")),
            },
        };
        read.map_err(|error: Mismatch| error.at(self.span()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == SPANNED { visitor.visit_map(Pieces { part: self, next: 0 }) } else { self.deserialize_any(visitor) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

struct Elements<'a> {
    part: Part<'a>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mismatch> {
        let Some(&element) = self.part.data.elements(self.part.node).get(self.next) else { return Ok(None) };
        let index = self.next;
        self.next += 1;
        seed.deserialize(self.part.inner(element)).map(Some).map_err(|error| error.below(index.to_string()))
    }
}

struct Fields<'a> {
    part: Part<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some(field) = self.part.data.fields(self.part.node).get(self.next) else { return Ok(None) };
        let key: StrDeserializer<'_, Mismatch> = (&*field.key).into_deserializer();
        seed.deserialize(key).map(Some).map_err(|error| error.at(field.key_span).below(&*field.key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let Some(field) = self.part.data.fields(self.part.node).get(self.next) else {
            return Err(de::Error::custom("no value behind a key"));
        };
        self.next += 1;
        seed.deserialize(self.part.inner(field.value)).map_err(|error| error.below(&*field.key))
    }
}

/// A value as a [`Spanned`] sees it.
struct Pieces<'a> {
    part: Part<'a>,
    next: usize,
}

impl<'de> MapAccess<'de> for Pieces<'de> {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mismatch> {
        let Some(&name) = PARTS.get(self.next) else { return Ok(None) };
        let key: StrDeserializer<'_, Mismatch> = name.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mismatch> {
        let span = self.part.span();
        self.next += 1;
        match self.next {
            1 => seed.deserialize(span.file.0.into_deserializer()),
            2 => seed.deserialize(span.start.into_deserializer()),
            3 => seed.deserialize(span.end.into_deserializer()),
            _ => seed.deserialize(self.part),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Spanned<T>, D::Error> {
        struct Reader<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place, which only `cue::decode` gives")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Spanned<T>, A::Error> {
                let mut place = [0; 3];
                let mut value = None;
                let mut index = 0;
                while let Some(key) = map.next_key::<String>()? {
                    match place.get_mut(index) {
                        Some(slot) if key == PARTS[index] => *slot = map.next_value()?,
                        _ => value = Some(map.next_value()?),
                    }
                    index += 1;
                }
                let [file, start, end] = place;
                let span = Span { file: FileId(file), start, end };
                value.map(|value| Spanned { value, span }).ok_or_else(|| de::Error::missing_field("value"))
            }
        }
        deserializer.deserialize_struct(SPANNED, PARTS, Reader(std::marker::PhantomData))
    }
}
