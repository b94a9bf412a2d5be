//! Events of the parser to a graph of nodes in which aliases are still aliases.

use std::borrow::Cow;
use std::fmt;

use granit_parser::{Event, ScalarStyle};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Span};

use crate::codes;

/// A node of a [`Document`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Id(u32);

/// One document, as it is written.
#[derive(Debug, Default)]
pub(super) struct Document<'t> {
    nodes: Vec<Node<'t>>,
    spans: Vec<Span>,
    /// Elements of lists; keys and values of mappings by turns.
    children: Vec<Id>,
}

#[derive(Debug)]
pub(super) enum Node<'t> {
    /// The text borrows from the document where it stands there as it is.
    Scalar {
        text: Cow<'t, str>,
        is_plain: bool,
        tag: Tag,
    },
    List(Children),
    Mapping(Children),
    /// The same as another node, which stands before this one and does not hold it.
    Alias(Id),
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Children {
    start: usize,
    end: usize,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Tag {
    None,
    /// `!!name`
    Core(Box<str>),
    Other(Box<str>),
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Tag::None => Ok(()),
            Tag::Core(name) => write!(f, "\"!!{name}\""),
            Tag::Other(name) => write!(f, "{name:?}"),
        }
    }
}

impl<'t> Document<'t> {
    pub(super) fn node(&self, id: Id) -> &Node<'t> {
        &self.nodes[id.0 as usize]
    }

    pub(super) fn span(&self, id: Id) -> Span {
        self.spans[id.0 as usize]
    }

    pub(super) fn children(&self, children: Children) -> &[Id] {
        &self.children[children.start..children.end]
    }

    /// The keys and values of a mapping by turns; nothing for any other node.
    pub(super) fn pairs(&self, id: Id) -> &[Id] {
        match self.node(id) {
            Node::Mapping(children) => self.children(*children),
            _ => &[],
        }
    }

    /// A node with its alias followed.
    pub(super) fn target(&self, id: Id) -> Id {
        // An alias names what was written out, never another alias: one step is enough.
        match self.node(id) {
            Node::Alias(target) => *target,
            _ => id,
        }
    }
}

/// Takes the events of one document.
#[derive(Debug)]
pub(super) struct Composer<'t> {
    text: &'t str,
    document: Document<'t>,
    open: Vec<Open>,
    /// The children of the open containers, innermost last.
    pending: Vec<Id>,
    anchors: FxHashMap<usize, Id>,
}

#[derive(Debug)]
struct Open {
    node: Id,
    start: usize,
}

impl<'t> Composer<'t> {
    /// `text` is that of the whole stream.
    pub(super) fn new(text: &'t str) -> Composer<'t> {
        Composer {
            text,
            document: Document::default(),
            open: Vec::new(),
            pending: Vec::new(),
            anchors: FxHashMap::default(),
        }
    }

    /// What a document adds up to; nothing if it holds no node.
    pub(super) fn finish(self) -> Option<(Document<'t>, Id)> {
        let root = *self.pending.first()?;
        Some((self.document, root))
    }

    pub(super) fn event(&mut self, event: Event<'t>, span: Span) -> Result<(), Box<Diagnostic>> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_plain = style == ScalarStyle::Plain;
                let tag = read_tag(tag.as_deref());
                self.add(Node::Scalar { text, is_plain, tag }, span, anchor);
            }
            Event::SequenceStart(_, anchor, tag) => {
                check_container_tag(&read_tag(tag.as_deref()), span)?;
                self.begin(Node::List(Children::default()), span, anchor);
            }
            Event::MappingStart(_, anchor, tag) => {
                check_container_tag(&read_tag(tag.as_deref()), span)?;
                self.begin(Node::Mapping(Children::default()), span, anchor);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(span),
            Event::Alias(anchor) => {
                // The parser gives ids only to anchors that it has told of.
                let target = self.anchors.get(&anchor).copied().filter(|&target| !self.is_open(target));
                let Some(target) = target else {
                    self.add(Node::Alias(Id(0)), span, 0);
                    let name = self.text.get(span.start as usize + 1..span.end as usize).unwrap_or("");
                    let message = format!("anchor {name:?} value contains itself");
                    return Err(Box::new(Diagnostic::error(codes::BAD_ALIAS, message).at(span)));
                };
                self.add(Node::Alias(target), span, 0);
            }
            Event::UnresolvedAlias(name) => {
                self.add(Node::Alias(Id(0)), span, 0);
                let message = format!("unknown anchor '{name}' referenced");
                return Err(Box::new(Diagnostic::error(codes::BAD_ALIAS, message).at(span)));
            }
            _ => {}
        }
        Ok(())
    }

    fn is_open(&self, node: Id) -> bool {
        // Ids of open containers ascend.
        self.open.binary_search_by(|open| open.node.cmp(&node)).is_ok()
    }

    fn begin(&mut self, node: Node<'t>, span: Span, anchor: usize) {
        let node = self.add(node, span, anchor);
        self.open.push(Open { node, start: self.pending.len() });
    }

    fn end(&mut self, span: Span) {
        let Some(open) = self.open.pop() else { return };
        let start = self.document.children.len();
        self.document.children.extend(self.pending.drain(open.start..));
        let held = Children { start, end: self.document.children.len() };
        let at = open.node.0 as usize;
        if let Node::List(children) | Node::Mapping(children) = &mut self.document.nodes[at] {
            *children = held;
        }
        self.document.spans[at] = self.document.spans[at].to(span);
    }

    fn add(&mut self, node: Node<'t>, span: Span, anchor: usize) -> Id {
        // A text of which offsets fit into 32 bits has no more nodes than that.
        let id = Id(u32::try_from(self.document.nodes.len()).unwrap_or(u32::MAX));
        self.document.nodes.push(node);
        self.document.spans.push(span);
        self.pending.push(id);
        if anchor != 0 {
            self.anchors.insert(anchor, id);
        }
        id
    }
}

fn read_tag(tag: Option<&granit_parser::Tag>) -> Tag {
    let Some(tag) = tag else { return Tag::None };
    match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(name) => Tag::Core(name.into()),
        // `!` alone says only that there is no tag.
        None if tag.original() == "!" => Tag::None,
        None => Tag::Other(tag.original().into()),
    }
}

/// Tags of collections carry no meaning for CUE, except that a collection is no scalar.
fn check_container_tag(tag: &Tag, span: Span) -> Result<(), Box<Diagnostic>> {
    match tag {
        Tag::Core(name) if matches!(&**name, "str" | "timestamp" | "binary" | "bool" | "int" | "float" | "null") => {
            let message = format!("cannot unmarshal tag {tag} on a collection");
            Err(Box::new(Diagnostic::error(codes::BAD_VALUE, message).at(span)))
        }
        _ => Ok(()),
    }
}
