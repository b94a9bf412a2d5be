//! Events to YAML.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cue_data::{Data, Event, NodeId, Sink, Spelling};

use super::{number, quote};
use crate::output::{Limit, Output, WriteError};

/// Writes documents as `cue export --out yaml` does: indented by two, lists too; texts of several lines as blocks;
/// quotes only where they are needed by this or an older version of YAML.
#[derive(Debug)]
pub struct Writer<W> {
    out: Output<W>,
    open: Vec<Open>,
    place: Place,
    /// Whether nothing was written yet.
    is_fresh: bool,
    /// The last [`Event::Spelling`], in force for the next scalar.
    written: Written,
}

/// A container that was begun.
#[derive(Debug)]
struct Open {
    is_struct: bool,
    is_empty: bool,
    indent: usize,
}

/// Where the next value stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// At the start of a document.
    Root,
    /// Behind `key:`.
    AfterKey,
    /// Behind `- `.
    AfterDash,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Written {
    Unknown,
    Number(String),
    Line,
    Block,
}

const STEP: usize = 2;

impl<W: fmt::Write> Writer<W> {
    pub fn new(sink: W, limit: Limit) -> Writer<W> {
        let out = Output::new(sink, limit);
        Writer { out, open: Vec::new(), place: Place::Root, is_fresh: true, written: Written::Unknown }
    }

    /// Begins the next document of a stream.
    pub fn next_document(&mut self) -> Result<(), WriteError> {
        self.place = Place::Root;
        if self.is_fresh { Ok(()) } else { self.out.text("---\n") }
    }

    /// Writes what stands before a value and says where the lines under it are indented to.
    fn begin_value(&mut self) -> Result<usize, WriteError> {
        self.is_fresh = false;
        if self.open.last().is_some_and(|open| !open.is_struct) {
            self.begin_entry()?;
            self.out.text("- ")?;
            self.place = Place::AfterDash;
        }
        Ok(match self.place {
            Place::Root => 0,
            Place::AfterKey | Place::AfterDash => self.open.last().map_or(0, |open| open.indent) + STEP,
        })
    }

    /// Begins the line of an element or a field of the innermost container. The first one of a container that stands
    /// behind a dash, or at the start, is on that line already.
    fn begin_entry(&mut self) -> Result<(), WriteError> {
        let place = self.place;
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let is_first = std::mem::take(&mut open.is_empty);
        if is_first && place == Place::AfterKey {
            self.out.text("\n")?;
        }
        if is_first && place != Place::AfterKey { Ok(()) } else { self.out.spaces(open.indent) }
    }

    fn begin(&mut self, is_struct: bool) -> Result<(), WriteError> {
        let indent = self.begin_value()?;
        self.open.push(Open { is_struct, is_empty: true, indent });
        Ok(())
    }

    fn end(&mut self) -> Result<(), WriteError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if !open.is_empty {
            return Ok(());
        }
        let empty = if open.is_struct { "{}" } else { "[]" };
        self.space_after_key()?;
        self.out.text(empty)?;
        self.out.text("\n")
    }

    fn key(&mut self, key: &str) -> Result<(), WriteError> {
        self.begin_entry()?;
        self.out.text(&quote::one_line(key))?;
        self.out.text(":")?;
        self.place = Place::AfterKey;
        Ok(())
    }

    fn space_after_key(&mut self) -> Result<(), WriteError> {
        if self.place == Place::AfterKey { self.out.text(" ") } else { Ok(()) }
    }

    fn scalar(&mut self, text: &str) -> Result<(), WriteError> {
        self.begin_value()?;
        self.space_after_key()?;
        self.out.text(text)?;
        self.out.text("\n")
    }

    fn string(&mut self, text: &str, written: &Written) -> Result<(), WriteError> {
        let is_block = match written {
            Written::Block => true,
            Written::Line => false,
            Written::Unknown | Written::Number(_) => text.contains('\n'),
        };
        if is_block && quote::fits_block(text) {
            return self.block(text);
        }
        let is_document = self.open.is_empty();
        self.scalar(&if is_document { quote::document(text) } else { quote::one_line(text) })
    }

    fn block(&mut self, text: &str) -> Result<(), WriteError> {
        let indent = self.begin_value()?.max(STEP);
        self.space_after_key()?;
        let header = match text {
            _ if text.ends_with("\n\n") => "|+\n",
            _ if text.ends_with('\n') => "|\n",
            _ => "|-\n",
        };
        self.out.text(header)?;
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            if !line.is_empty() {
                self.out.spaces(indent)?;
                self.out.text(line)?;
            }
            self.out.text("\n")?;
        }
        Ok(())
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), WriteError> {
        let written = std::mem::replace(&mut self.written, Written::Unknown);
        match event {
            Event::Null => self.scalar("null"),
            Event::Bool(true) => self.scalar("true"),
            Event::Bool(false) => self.scalar("false"),
            Event::Number(value) => match written {
                Written::Number(text) => self.scalar(&number::spell(value, Some(&text))),
                _ => self.scalar(&number::spell(value, None)),
            },
            Event::String(text) => self.string(text, &written),
            Event::Bytes(bytes) => self.scalar(&format!("!!binary {}", BASE64.encode(bytes))),
            Event::BeginList => self.begin(false),
            Event::BeginStruct => self.begin(true),
            Event::Key(key) => self.key(key),
            Event::End => self.end(),
            Event::Spelling(spelling) => {
                self.written = match spelling {
                    Spelling::Number(text) => Written::Number(text.to_owned()),
                    Spelling::Line => Written::Line,
                    Spelling::Block => Written::Block,
                };
                Ok(())
            }
        }
    }
}

impl<W: fmt::Write> Sink for Writer<W> {
    type Error = WriteError;

    fn event(&mut self, event: Event<'_>) -> Result<(), WriteError> {
        self.write(event)?;
        self.out.settle(self.open.is_empty())
    }
}

/// A node and all below it as a YAML document.
pub fn to_string(data: &Data, node: NodeId, limit: Limit) -> Result<String, WriteError> {
    let mut text = String::new();
    data.emit(node, &mut Writer::new(&mut text, limit))?;
    Ok(text)
}
