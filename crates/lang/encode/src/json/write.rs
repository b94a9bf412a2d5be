//! Events to JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cue_data::{Data, Event, NodeId, Sink};
use cue_num::View;

use crate::output::{Limit, Output, WriteError};

/// How JSON is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    /// All in one line, without spaces.
    Compact,
    /// A line for each element and field, indented by so many spaces for each level.
    Indented(usize),
}

impl Layout {
    /// As `cue export` prints.
    pub const EXPORT: Layout = Layout::Indented(4);
}

/// Writes one value as JSON, event by event. No line end follows the value.
#[derive(Debug)]
pub struct Writer<W> {
    out: Output<W>,
    layout: Layout,
    open: Vec<Open>,
    after_key: bool,
}

#[derive(Debug)]
struct Open {
    close: &'static str,
    is_struct: bool,
    is_empty: bool,
}

impl<W: fmt::Write> Writer<W> {
    pub fn new(sink: W, layout: Layout, limit: Limit) -> Writer<W> {
        Writer { out: Output::new(sink, limit), layout, open: Vec::new(), after_key: false }
    }

    /// Whether a value was begun and not yet ended.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// What stands between the values of a container: a comma and a line.
    fn separate(&mut self) -> Result<(), WriteError> {
        if std::mem::take(&mut self.after_key) {
            return Ok(());
        }
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        let is_first = std::mem::take(&mut open.is_empty);
        self.line(if is_first { "" } else { "," }, self.open.len())
    }

    /// Ends a line with a separator and begins the next.
    fn line(&mut self, separator: &'static str, depth: usize) -> Result<(), WriteError> {
        match self.layout {
            Layout::Indented(width) => self.out.line(separator, depth.saturating_mul(width)),
            Layout::Compact => self.out.text(separator),
        }
    }

    fn begin(&mut self, is_struct: bool) -> Result<(), WriteError> {
        self.separate()?;
        let (begin, close) = if is_struct { ("{", "}") } else { ("[", "]") };
        self.out.text(begin)?;
        self.open.push(Open { close, is_struct, is_empty: true });
        Ok(())
    }

    fn key(&mut self, key: &str) -> Result<(), WriteError> {
        debug_assert!(self.open.last().is_some_and(|open| open.is_struct), "a key stands only in a struct");
        self.separate()?;
        self.out.text("\"")?;
        escape(key, |piece| self.out.text(piece))?;
        self.after_key = true;
        self.out.text(if self.layout == Layout::Compact { "\":" } else { "\": " })
    }

    fn end(&mut self) -> Result<(), WriteError> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        if !open.is_empty {
            self.line("", self.open.len())?;
        }
        self.out.text(open.close)
    }

    fn string(&mut self, text: &str) -> Result<(), WriteError> {
        self.out.text("\"")?;
        escape(text, |piece| self.out.text(piece))?;
        self.out.text("\"")
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), WriteError> {
        match event {
            Event::Spelling(_) => return Ok(()),
            Event::Key(key) => return self.key(key),
            Event::End => return self.end(),
            Event::BeginList => return self.begin(false),
            Event::BeginStruct => return self.begin(true),
            _ => self.separate()?,
        }
        match event {
            Event::Null => self.out.text("null"),
            Event::Bool(true) => self.out.text("true"),
            Event::Bool(false) => self.out.text("false"),
            Event::Number(number) => match number.view() {
                View::Int(small) => self.out.display(small),
                _ => self.out.text(&number.to_json_string()),
            },
            Event::String(text) => self.string(text),
            Event::Bytes(bytes) => self.string(&BASE64.encode(bytes)),
            _ => Ok(()),
        }
    }
}

impl<W: fmt::Write> Sink for Writer<W> {
    type Error = WriteError;

    fn event(&mut self, event: Event<'_>) -> Result<(), WriteError> {
        self.write(event)?;
        self.out.settle(!self.is_open())
    }
}

/// A node and all below it as JSON.
pub fn to_string(data: &Data, node: NodeId, layout: Layout, limit: Limit) -> Result<String, WriteError> {
    let mut text = String::new();
    data.emit(node, &mut Writer::new(&mut text, layout, limit))?;
    Ok(text)
}

/// A string as JSON, with its quotes.
pub fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let Ok(()) = escape(text, |piece| {
        quoted.push_str(piece);
        Ok::<(), std::convert::Infallible>(())
    });
    quoted.push('"');
    quoted
}

/// The bytes that begin something to be escaped, or may.
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    let mut byte = 0;
    while byte < 0x20 {
        special[byte] = true;
        byte += 1;
    }
    special[b'"' as usize] = true;
    special[b'\\' as usize] = true;
    special[0xe2] = true;
    special
};

/// Only what JSON requires is escaped, and the two line separators that JavaScript once choked on.
fn escape<E>(text: &str, mut out: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    if !text.bytes().any(|byte| SPECIAL[usize::from(byte)]) {
        return out(text);
    }
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        let (piece, len) = match byte {
            b'"' => ("\\\"", 1),
            b'\\' => ("\\\\", 1),
            0x08 => ("\\b", 1),
            0x0c => ("\\f", 1),
            b'\n' => ("\\n", 1),
            b'\r' => ("\\r", 1),
            b'\t' => ("\\t", 1),
            0..0x20 => {
                out(&text[done..at])?;
                out(&format!("\\u{byte:04x}"))?;
                done = at + 1;
                continue;
            }
            0xe2 if text[at..].starts_with('\u{2028}') => ("\\u2028", 3),
            0xe2 if text[at..].starts_with('\u{2029}') => ("\\u2029", 3),
            _ => continue,
        };
        out(&text[done..at])?;
        out(piece)?;
        done = at + len;
    }
    out(&text[done..])
}
