//! A tree of plain data in one arena.

use std::sync::Arc;

use cue_num::Number;
use strata_base::Span;

use crate::event::Events;
use crate::kinds::Kinds;

/// A node of a [`Data`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);

/// A run of elements or fields in the side tables of a [`Data`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Run {
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Run {
    pub fn len(self) -> usize {
        self.len as usize
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    pub(crate) fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

#[derive(Clone, Debug)]
pub enum Node {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    List(Run),
    Struct(Run),
}

/// A field of a struct. The same key may occur twice: what that means is for the reader of the data to say.
#[derive(Clone, Debug)]
pub struct Field {
    pub key: Arc<str>,
    pub key_span: Span,
    pub value: NodeId,
}

/// What a program says of a node beside its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Mark {
    /// Who contributed it: a number that means something to whoever gave it.
    pub origin: Option<u32>,
    /// Whether it is a secret, never to be shown.
    pub sensitive: bool,
}

/// A tree of plain data with a place for each node and key. Made by a [`crate::Builder`].
///
/// Two trees are equal if they hold the same data: fields in any order, numbers by kind and value, places and marks
/// left aside.
#[derive(Clone)]
pub struct Data {
    pub(crate) nodes: Vec<Node>,
    pub(crate) spans: Vec<Span>,
    /// Empty as long as nothing is marked.
    pub(crate) marks: Vec<Mark>,
    pub(crate) elements: Vec<NodeId>,
    pub(crate) fields: Vec<Field>,
}

impl Data {
    pub const ROOT: NodeId = NodeId(0);

    pub fn root(&self) -> NodeId {
        Data::ROOT
    }

    /// The number of nodes.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never: there is always a root.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    pub fn span(&self, id: NodeId) -> Span {
        self.spans[id.0 as usize]
    }

    pub fn mark(&self, id: NodeId) -> Mark {
        self.marks.get(id.0 as usize).copied().unwrap_or_default()
    }

    /// Whether any node has a [`Mark`] of its own.
    pub fn has_marks(&self) -> bool {
        !self.marks.is_empty()
    }

    pub fn set_mark(&mut self, id: NodeId, mark: Mark) {
        if self.marks.is_empty() {
            self.marks.resize(self.nodes.len(), Mark::default());
        }
        self.marks[id.0 as usize] = mark;
    }

    pub fn kind(&self, id: NodeId) -> Kinds {
        match self.node(id) {
            Node::Null => Kinds::NULL,
            Node::Bool(_) => Kinds::BOOL,
            Node::Number(number) if number.is_int() => Kinds::INT,
            Node::Number(_) => Kinds::FLOAT,
            Node::String(_) => Kinds::STRING,
            Node::Bytes(_) => Kinds::BYTES,
            Node::List(_) => Kinds::LIST,
            Node::Struct(_) => Kinds::STRUCT,
        }
    }

    /// The elements of a list; nothing for any other node.
    pub fn elements(&self, id: NodeId) -> &[NodeId] {
        match self.node(id) {
            Node::List(run) => &self.elements[run.range()],
            _ => &[],
        }
    }

    /// The fields of a struct in their order; nothing for any other node.
    pub fn fields(&self, id: NodeId) -> &[Field] {
        match self.node(id) {
            Node::Struct(run) => &self.fields[run.range()],
            _ => &[],
        }
    }

    /// The first field of a struct with this key.
    pub fn get(&self, id: NodeId, key: &str) -> Option<NodeId> {
        self.fields(id).iter().find(|field| &*field.key == key).map(|field| field.value)
    }

    /// The text of a string node.
    pub fn as_str(&self, id: NodeId) -> Option<&str> {
        match self.node(id) {
            Node::String(text) => Some(text),
            _ => None,
        }
    }

    /// The node and all below it, in order.
    pub fn events(&self, id: NodeId) -> Events<'_> {
        Events::new(self, id)
    }
}
