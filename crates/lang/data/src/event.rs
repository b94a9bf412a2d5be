//! Data as a stream: what writers take, so that nobody has to build a tree in order to print one.

use cue_num::Number;
use strata_base::Span;

use crate::data::{Data, Field, Node, NodeId};

/// A step of a value told in order. A list is `BeginList`, its values, `End`; a struct is `BeginStruct`, then a `Key`
/// and a value for each field, then `End`. A `Spelling` may stand before a scalar and adds nothing to its value.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    Null,
    Bool(bool),
    Number(&'a Number),
    String(&'a str),
    Bytes(&'a [u8]),
    BeginList,
    BeginStruct,
    Key(&'a str),
    End,
    Spelling(Spelling<'a>),
}

/// How the author spelt the scalar that follows. Writers that show it look alike keep it; the others need not care.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spelling<'a> {
    /// The number as it stands in the text, such as `0x1F`.
    Number(&'a str),
    /// A string within one line, whatever is in it: `"a\nb"`.
    Line,
    /// A string over several lines.
    Block,
}

/// What takes a value event by event: a writer, a [`crate::Builder`].
pub trait Sink {
    type Error;

    fn event(&mut self, event: Event<'_>) -> Result<(), Self::Error>;
}

impl Data {
    /// Tells a node and all below it to a sink.
    pub fn emit<S: Sink>(&self, id: NodeId, sink: &mut S) -> Result<(), S::Error> {
        self.events(id).try_for_each(|step| sink.event(step.event))
    }
}

/// An event of a [`Data`] and what it tells of.
#[derive(Clone, Copy, Debug)]
pub struct Step<'a> {
    pub event: Event<'a>,
    /// Of a key the node of its value, of an `End` the node that it ends.
    pub node: NodeId,
    /// The place of the node, or that of the key.
    pub span: Span,
}

/// The events of a node and all below it, in order.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    data: &'a Data,
    next: Option<NodeId>,
    open: Vec<Open<'a>>,
}

#[derive(Clone, Debug)]
struct Open<'a> {
    node: NodeId,
    rest: Rest<'a>,
}

#[derive(Clone, Debug)]
enum Rest<'a> {
    Elements(std::slice::Iter<'a, NodeId>),
    Fields(std::slice::Iter<'a, Field>),
}

impl<'a> Events<'a> {
    pub(crate) fn new(data: &'a Data, root: NodeId) -> Events<'a> {
        Events { data, next: Some(root), open: Vec::new() }
    }

    fn enter(&mut self, node: NodeId) -> Step<'a> {
        let event = match self.data.node(node) {
            Node::Null => Event::Null,
            Node::Bool(value) => Event::Bool(*value),
            Node::Number(number) => Event::Number(number),
            Node::String(text) => Event::String(text),
            Node::Bytes(bytes) => Event::Bytes(bytes),
            Node::List(_) => {
                self.open.push(Open { node, rest: Rest::Elements(self.data.elements(node).iter()) });
                Event::BeginList
            }
            Node::Struct(_) => {
                self.open.push(Open { node, rest: Rest::Fields(self.data.fields(node).iter()) });
                Event::BeginStruct
            }
        };
        Step { event, node, span: self.data.span(node) }
    }
}

impl<'a> Iterator for Events<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        if let Some(node) = self.next.take() {
            return Some(self.enter(node));
        }
        let top = self.open.last_mut()?;
        match &mut top.rest {
            Rest::Elements(rest) => {
                if let Some(&element) = rest.next() {
                    return Some(self.enter(element));
                }
            }
            Rest::Fields(rest) => {
                if let Some(field) = rest.next() {
                    self.next = Some(field.value);
                    return Some(Step { event: Event::Key(&field.key), node: field.value, span: field.key_span });
                }
            }
        }
        let node = top.node;
        self.open.pop();
        Some(Step { event: Event::End, node, span: self.data.span(node) })
    }
}
