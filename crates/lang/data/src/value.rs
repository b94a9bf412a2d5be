//! One value as an argument or a result: scalars by themselves, lists and structs as a place in a tree.

use std::sync::Arc;

use cue_num::Number;
use strata_base::Span;

use crate::builder::Builder;
use crate::data::{Data, Field, Node, NodeId};
use crate::kinds::Kinds;

/// A concrete value. Copying one is cheap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// A list or a struct.
    Tree(Tree),
}

/// A list or a struct in a shared tree. Two are equal if they hold the same data.
#[derive(Clone, Debug)]
pub struct Tree {
    data: Arc<Data>,
    node: NodeId,
}

impl Value {
    /// A node of a tree: by itself if it is a scalar.
    pub fn of(data: &Arc<Data>, node: NodeId) -> Value {
        match data.node(node) {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(*value),
            Node::Number(number) => Value::Number(number.clone()),
            Node::String(text) => Value::String(Arc::clone(text)),
            Node::Bytes(bytes) => Value::Bytes(Arc::clone(bytes)),
            Node::List(_) | Node::Struct(_) => Value::Tree(Tree { data: Arc::clone(data), node }),
        }
    }

    /// The root of a tree.
    pub fn root(data: Data) -> Value {
        let root = data.root();
        Value::of(&Arc::new(data), root)
    }

    pub fn list<'a>(elements: impl IntoIterator<Item = &'a Value>) -> Value {
        let mut builder = Builder::new();
        builder.begin_list(Span::NONE);
        for element in elements {
            builder.value(element);
        }
        builder.end(Span::NONE);
        Value::root(builder.finish())
    }

    pub fn strings<S: AsRef<str>>(elements: impl IntoIterator<Item = S>) -> Value {
        let mut builder = Builder::new();
        builder.begin_list(Span::NONE);
        for element in elements {
            builder.string(element.as_ref(), Span::NONE);
        }
        builder.end(Span::NONE);
        Value::root(builder.finish())
    }

    pub fn kind(&self) -> Kinds {
        match self {
            Value::Null => Kinds::NULL,
            Value::Bool(_) => Kinds::BOOL,
            Value::Number(number) if number.is_int() => Kinds::INT,
            Value::Number(_) => Kinds::FLOAT,
            Value::String(_) => Kinds::STRING,
            Value::Bytes(_) => Kinds::BYTES,
            Value::Tree(tree) => tree.data.kind(tree.node),
        }
    }

    /// The value as a tree of its own.
    pub fn to_data(&self) -> Data {
        let mut builder = Builder::new();
        builder.value(self);
        builder.finish()
    }
}

impl Tree {
    pub fn data(&self) -> &Arc<Data> {
        &self.data
    }

    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The elements, if it is a list.
    pub fn elements(&self) -> impl ExactSizeIterator<Item = Value> + DoubleEndedIterator + '_ {
        self.data.elements(self.node).iter().map(|&element| Value::of(&self.data, element))
    }

    /// The fields, if it is a struct.
    pub fn fields(&self) -> &[Field] {
        self.data.fields(self.node)
    }

    pub fn get(&self, key: &str) -> Option<Value> {
        self.data.get(self.node, key).map(|node| Value::of(&self.data, node))
    }

    /// The number of elements or of fields.
    pub fn len(&self) -> usize {
        self.data.elements(self.node).len() + self.fields().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PartialEq for Tree {
    fn eq(&self, other: &Tree) -> bool {
        self.data.compare(self.node, &other.data, other.node).is_eq()
    }
}

impl Eq for Tree {}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<Number> for Value {
    fn from(value: Number) -> Value {
        Value::Number(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::String(value.into())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Value {
        Value::Bytes(value.into())
    }
}
