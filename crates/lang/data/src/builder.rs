//! Making a tree of data, event by event.

use std::convert::Infallible;
use std::sync::Arc;

use cue_num::Number;
use rustc_hash::FxHashSet;
use strata_base::Span;

use crate::data::{Data, Field, Mark, Node, NodeId, Run};
use crate::event::{Event, Sink, Step};
use crate::value::Value;

/// Makes a [`Data`]: containers are begun and ended, values and keys are given in order.
///
/// # Panics
/// The caller owes a well-formed stream: one value at the root, a key before each value of a struct and nowhere
/// else, an `end` for each `begin`. What breaks this is a mistake in the program, never in its input, and panics.
///
/// ```
/// use cue_data::Builder;
/// use strata_base::Span;
///
/// let mut builder = Builder::new();
/// builder.begin_struct(Span::NONE);
/// builder.key("a", Span::NONE);
/// builder.string("text", Span::NONE);
/// builder.end(Span::NONE);
/// let data = builder.finish();
/// assert_eq!(data.get(data.root(), "a").and_then(|id| data.as_str(id)), Some("text"));
/// ```
#[derive(Debug)]
pub struct Builder {
    data: Data,
    open: Vec<Open>,
    /// Elements and fields of the open containers, innermost last.
    pending_elements: Vec<NodeId>,
    pending_fields: Vec<Field>,
    key: Option<(Arc<str>, Span)>,
    keys: FxHashSet<Arc<str>>,
}

#[derive(Debug)]
struct Open {
    node: NodeId,
    is_struct: bool,
    /// Where its own begin among the pending ones.
    start: usize,
}

impl Default for Builder {
    fn default() -> Builder {
        Builder::new()
    }
}

impl Builder {
    pub fn new() -> Builder {
        let data =
            Data { nodes: Vec::new(), spans: Vec::new(), marks: Vec::new(), elements: Vec::new(), fields: Vec::new() };
        Builder {
            data,
            open: Vec::new(),
            pending_elements: Vec::new(),
            pending_fields: Vec::new(),
            key: None,
            keys: FxHashSet::default(),
        }
    }

    pub fn null(&mut self, span: Span) -> NodeId {
        self.add(Node::Null, span)
    }

    pub fn bool(&mut self, value: bool, span: Span) -> NodeId {
        self.add(Node::Bool(value), span)
    }

    pub fn number(&mut self, value: Number, span: Span) -> NodeId {
        self.add(Node::Number(value), span)
    }

    pub fn string(&mut self, value: impl Into<Arc<str>>, span: Span) -> NodeId {
        self.add(Node::String(value.into()), span)
    }

    pub fn bytes(&mut self, value: impl Into<Arc<[u8]>>, span: Span) -> NodeId {
        self.add(Node::Bytes(value.into()), span)
    }

    pub fn begin_list(&mut self, span: Span) -> NodeId {
        let node = self.add(Node::List(Run::default()), span);
        self.open.push(Open { node, is_struct: false, start: self.pending_elements.len() });
        node
    }

    pub fn begin_struct(&mut self, span: Span) -> NodeId {
        let node = self.add(Node::Struct(Run::default()), span);
        self.open.push(Open { node, is_struct: true, start: self.pending_fields.len() });
        node
    }

    /// The key of the next value. Equal keys of one tree share one text.
    pub fn key(&mut self, key: &str, span: Span) {
        assert!(self.open.last().is_some_and(|open| open.is_struct), "a key stands only in a struct");
        assert!(self.key.is_none(), "a key is followed by its value");
        let key = match self.keys.get(key) {
            Some(known) => Arc::clone(known),
            None => {
                let key: Arc<str> = key.into();
                self.keys.insert(Arc::clone(&key));
                key
            }
        };
        self.key = Some((key, span));
    }

    /// Ends the innermost container; `span` is the place of its end, by which its own place grows.
    pub fn end(&mut self, span: Span) {
        assert!(self.key.is_none(), "a key is followed by its value");
        let Some(open) = self.open.pop() else { panic!("only what was begun is ended") };
        let run = |start: usize, len: usize| Run { start: narrow(start), len: narrow(len) };
        let at = open.node.0 as usize;
        self.data.nodes[at] = if open.is_struct {
            let start = self.data.fields.len();
            self.data.fields.extend(self.pending_fields.drain(open.start..));
            Node::Struct(run(start, self.data.fields.len() - start))
        } else {
            let start = self.data.elements.len();
            self.data.elements.extend(self.pending_elements.drain(open.start..));
            Node::List(run(start, self.data.elements.len() - start))
        };
        self.data.spans[at] = self.data.spans[at].to(span);
    }

    /// How many containers are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The number of nodes so far.
    pub fn len(&self) -> usize {
        self.data.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.data.nodes.is_empty()
    }

    pub fn mark(&mut self, node: NodeId, mark: Mark) {
        self.data.set_mark(node, mark);
    }

    /// A copy of a node of another tree with all below it, places and marks included.
    pub fn copy(&mut self, from: &Data, id: NodeId) -> NodeId {
        let root = NodeId(narrow(self.data.nodes.len()));
        for Step { event, node, span } in from.events(id) {
            let added = match event {
                Event::Null => self.null(span),
                Event::Bool(value) => self.bool(value, span),
                Event::BeginList => self.begin_list(span),
                Event::BeginStruct => self.begin_struct(span),
                // Texts, numbers and byte strings are shared, not copied.
                Event::Number(_) | Event::String(_) | Event::Bytes(_) => self.add(from.node(node).clone(), span),
                Event::Key(key) => {
                    self.key(key, span);
                    continue;
                }
                Event::End => {
                    self.end(Span::NONE);
                    continue;
                }
                Event::Spelling(_) => continue,
            };
            if from.has_marks() {
                self.mark(added, from.mark(node));
            }
        }
        root
    }

    /// A value without a place.
    pub fn value(&mut self, value: &Value) -> NodeId {
        match value {
            Value::Null => self.null(Span::NONE),
            Value::Bool(value) => self.bool(*value, Span::NONE),
            Value::Number(number) => self.number(number.clone(), Span::NONE),
            Value::String(text) => self.string(Arc::clone(text), Span::NONE),
            Value::Bytes(bytes) => self.bytes(Arc::clone(bytes), Span::NONE),
            Value::Tree(tree) => self.copy(tree.data(), tree.node()),
        }
    }

    pub fn finish(self) -> Data {
        self.check_whole();
        self.data
    }

    /// The tree in just the room that it needs. The builder is ready for the next one, which shares the texts of keys with
    /// those before it: for many small trees that are kept.
    pub fn take(&mut self) -> Data {
        self.check_whole();
        Data {
            nodes: self.data.nodes.drain(..).collect(),
            spans: self.data.spans.drain(..).collect(),
            marks: self.data.marks.drain(..).collect(),
            elements: self.data.elements.drain(..).collect(),
            fields: self.data.fields.drain(..).collect(),
        }
    }

    /// Forgets what was begun.
    pub fn clear(&mut self) {
        let Data { nodes, spans, marks, elements, fields } = &mut self.data;
        nodes.clear();
        spans.clear();
        marks.clear();
        elements.clear();
        fields.clear();
        self.open.clear();
        self.pending_elements.clear();
        self.pending_fields.clear();
        self.key = None;
    }

    fn check_whole(&self) {
        assert!(self.open.is_empty(), "what was begun is ended");
        assert!(!self.data.nodes.is_empty(), "a tree has a root");
    }

    fn add(&mut self, node: Node, span: Span) -> NodeId {
        let id = NodeId(narrow(self.data.nodes.len()));
        match self.open.last() {
            None => assert!(id == Data::ROOT, "a tree has one root"),
            Some(open) if open.is_struct => {
                let Some((key, key_span)) = self.key.take() else { panic!("a value of a struct has a key") };
                self.pending_fields.push(Field { key, key_span, value: id });
            }
            Some(_) => self.pending_elements.push(id),
        }
        self.data.nodes.push(node);
        self.data.spans.push(span);
        if self.data.has_marks() {
            self.data.marks.push(Mark::default());
        }
        id
    }
}

/// Arena indices are 32 bits wide; a tree of more than four thousand million nodes does not fit any limit.
fn narrow(index: usize) -> u32 {
    match u32::try_from(index) {
        Ok(index) => index,
        Err(_) => panic!("a tree holds at most 2^32 nodes"),
    }
}

/// Events carry no places.
impl Sink for Builder {
    type Error = Infallible;

    fn event(&mut self, event: Event<'_>) -> Result<(), Infallible> {
        match event {
            Event::Null => _ = self.null(Span::NONE),
            Event::Bool(value) => _ = self.bool(value, Span::NONE),
            Event::Number(number) => _ = self.number(number.clone(), Span::NONE),
            Event::String(text) => _ = self.string(text, Span::NONE),
            Event::Bytes(bytes) => _ = self.bytes(bytes, Span::NONE),
            Event::BeginList => _ = self.begin_list(Span::NONE),
            Event::BeginStruct => _ = self.begin_struct(Span::NONE),
            Event::Key(key) => self.key(key, Span::NONE),
            Event::End => self.end(Span::NONE),
            Event::Spelling(_) => {}
        }
        Ok(())
    }
}
