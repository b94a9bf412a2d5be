//! Data of a user on its way into an evaluation. What is evaluated has numbers in the place of places, so that an answer
//! does not depend on where in a document something stands, and can be kept for the next time.

use cue_data::{Builder, Data, Event, NodeId};
use strata_base::{FileId, Span};

/// The file of which numbers say that they are places.
const NUMBERED: FileId = FileId(u32::MAX - 1);

/// Data with the places that stand behind the numbers.
#[derive(Debug)]
pub(crate) struct Given<'a> {
    data: &'a Data,
    /// Of keys, by the number of the node of their value.
    keys: Vec<Span>,
    /// The same data, with numbers.
    pub(crate) numbered: Data,
}

impl<'a> Given<'a> {
    pub(crate) fn new(data: &'a Data) -> Given<'a> {
        let mut keys = vec![Span::NONE; data.len()];
        let mut builder = Builder::new();
        for step in data.events(data.root()) {
            let place = numbered(step.node, 0);
            match step.event {
                Event::BeginStruct => _ = builder.begin_struct(place),
                Event::BeginList => _ = builder.begin_list(place),
                Event::Key(key) => {
                    keys[step.node.0 as usize] = step.span;
                    builder.key(key, numbered(step.node, 1));
                }
                Event::End => builder.end(Span::NONE),
                Event::Null => _ = builder.null(place),
                Event::Bool(bool) => _ = builder.bool(bool, place),
                Event::Number(number) => _ = builder.number(number.clone(), place),
                Event::String(text) => _ = builder.string(text, place),
                Event::Bytes(bytes) => _ = builder.bytes(bytes, place),
                Event::Spelling(_) => {}
            }
        }
        Given { data, keys, numbered: builder.finish() }
    }

    /// The place behind a number; any other is what it is.
    pub(crate) fn real(&self, place: Span) -> Span {
        let Some(number) = number(place) else { return place };
        let node = number / 2;
        match number % 2 {
            0 if (node as usize) < self.data.len() => self.data.span(NodeId(node)),
            _ => self.keys.get(node as usize).copied().unwrap_or(Span::NONE),
        }
    }
}

fn numbered(node: NodeId, is_key: u32) -> Span {
    place(node.0 * 2 + is_key)
}

/// The number of a place that has one.
pub(crate) fn number(place: Span) -> Option<u32> {
    (place.file == NUMBERED).then_some(place.start)
}

pub(crate) fn place(number: u32) -> Span {
    Span { file: NUMBERED, start: number, end: number + 1 }
}
