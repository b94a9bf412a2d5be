//! What evaluation yields.

use std::sync::Arc;

use cue_data::Kinds;
use cue_num::Number;
use cue_regex::Regex;

use crate::errors::ErrorId;
use crate::ir::{Comparison, Intrinsic, LibraryFunction, NodeId, Predeclared};
use crate::vertex::VertexId;

/// A value, or the part of it that is known.
#[derive(Clone, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    Top,
    Basic(Kinds),
    Bound(Arc<Bound>),
    Validator(Arc<Validator>),
    /// Constraints that could not be made one.
    Conjunction(Arc<[Value]>),
    Disjunction(Arc<Disjunction>),
    /// A function as a value.
    Function(Callee),
    /// The vertex itself is a struct, its fields are its arcs.
    Struct,
    /// The vertex itself is a list, its elements are its arcs. `open`: it may grow.
    List {
        open: bool,
    },
    /// Another vertex: a struct, a list, or anything that has a place.
    Vertex(VertexId),
    Bottom(ErrorId),
}

/// `<= 5`, `!= null`, `=~ "a"`
#[derive(Debug)]
pub struct Bound {
    pub op: Comparison,
    /// Concrete.
    pub value: Value,
    pub node: NodeId,
    /// Of `=~` and `!~`, compiled once.
    pub regex: Option<Regex>,
}

impl Bound {
    /// The kinds of values that can satisfy it.
    pub fn kinds(&self) -> Kinds {
        let kind = match self.value {
            Value::Vertex(_) => Kinds::STRUCT.or(Kinds::LIST),
            _ => self.value.kinds(),
        };
        match self.op {
            Comparison::NotEqual if matches!(self.value, Value::Null) => Kinds::TOP.without(Kinds::NULL),
            Comparison::Match | Comparison::NotMatch => kind,
            _ => kind_group(kind),
        }
    }
}

fn kind_group(kind: Kinds) -> Kinds {
    if kind.intersects(Kinds::NUMBER) { Kinds::NUMBER } else { kind }
}

/// A function that a value must satisfy, waiting for the value.
#[derive(Debug)]
pub struct Validator {
    pub callee: Callee,
    /// The arguments after the first.
    pub arguments: Vec<Value>,
    pub node: NodeId,
    pub kinds: Kinds,
}

/// What can be called.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    Predeclared(Predeclared),
    Intrinsic(Intrinsic),
    Library(LibraryFunction),
}

/// Alternatives that remain. The first `defaults` of them are the default.
#[derive(Debug)]
pub struct Disjunction {
    pub values: Vec<Value>,
    pub defaults: usize,
    /// Whether any alternative was marked, even if none of the marked remained.
    pub has_defaults: bool,
}

impl Value {
    /// The kinds that the value is or may become, as far as it tells without looking at vertices.
    pub fn kinds(&self) -> Kinds {
        match self {
            Value::Null => Kinds::NULL,
            Value::Bool(_) => Kinds::BOOL,
            Value::Number(number) if number.is_int() => Kinds::INT,
            Value::Number(_) => Kinds::FLOAT,
            Value::String(_) => Kinds::STRING,
            Value::Bytes(_) => Kinds::BYTES,
            Value::Top | Value::Vertex(_) => Kinds::TOP,
            Value::Basic(kinds) => *kinds,
            Value::Bound(bound) => bound.kinds(),
            Value::Validator(validator) => validator.kinds,
            Value::Conjunction(values) => values.iter().fold(Kinds::TOP, |kinds, value| kinds.and(value.kinds())),
            Value::Disjunction(d) => d.values.iter().fold(Kinds::BOTTOM, |kinds, value| kinds.or(value.kinds())),
            Value::Function(_) => Kinds::FUNC,
            Value::Struct => Kinds::STRUCT,
            Value::List { .. } => Kinds::LIST,
            Value::Bottom(_) => Kinds::BOTTOM,
        }
    }

    /// A null, bool, number, string or bytes.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Bytes(_))
    }

    /// Whether it is known in full, apart from the fields of a struct or list.
    pub fn is_concrete(&self) -> bool {
        self.is_scalar() || matches!(self, Value::Struct | Value::List { .. } | Value::Function(_))
    }
}

/// Whether two scalars are the same value: numbers by value whatever their spelling, kinds apart.
pub(crate) fn same_scalar(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a.is_int() == b.is_int() && a.compare(b).is_eq(),
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        _ => false,
    }
}
