//! Answers as bytes: data with its places, which are numbers of what was given or stand in the library.

use cue_data::{Builder, Data, Event};
use cue_num::Number;
use strata_base::{FileId, Span};

use crate::given::{self, Given};

/// Writes an answer, or a question.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

/// What stands in front of each part.
mod tag {
    pub(super) const NULL: u8 = 0;
    pub(super) const FALSE: u8 = 1;
    pub(super) const TRUE: u8 = 2;
    pub(super) const NUMBER: u8 = 3;
    pub(super) const TEXT: u8 = 4;
    pub(super) const BYTES: u8 = 5;
    pub(super) const LIST: u8 = 6;
    pub(super) const STRUCT: u8 = 7;
    pub(super) const KEY: u8 = 8;
    pub(super) const END: u8 = 9;
    pub(super) const NOWHERE: u8 = 0;
    pub(super) const GIVEN: u8 = 1;
    pub(super) const LIBRARY: u8 = 2;
}

impl Writer {
    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    /// Seven bits a byte, the least first; the last byte has no eighth.
    pub(crate) fn count(&mut self, mut count: u32) {
        while count > 0x7f {
            self.bytes.push((count & 0x7f) as u8 | 0x80);
            count >>= 7;
        }
        self.bytes.push((count & 0x7f) as u8);
    }

    fn blob(&mut self, bytes: &[u8]) {
        self.count(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.blob(text.as_bytes());
    }

    /// A place in an answer. The files of the library begin at `first`.
    pub(crate) fn place(&mut self, place: Span, first: FileId) {
        if let Some(number) = given::number(place) {
            self.byte(tag::GIVEN);
            self.count(number);
        } else if place.file >= first && place.file != FileId::NONE {
            self.byte(tag::LIBRARY);
            [place.file.0 - first.0, place.start, place.end].into_iter().for_each(|part| self.count(part));
        } else {
            self.byte(tag::NOWHERE);
        }
    }

    /// The begin of a struct that has no place.
    pub(crate) fn begin_struct(&mut self) {
        self.event(Event::BeginStruct);
        self.byte(tag::NOWHERE);
    }

    /// A key that has no place.
    pub(crate) fn key(&mut self, key: &str) {
        self.event(Event::Key(key));
        self.byte(tag::NOWHERE);
    }

    /// A step of data, without its place.
    pub(crate) fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Null => self.byte(tag::NULL),
            Event::Bool(false) => self.byte(tag::FALSE),
            Event::Bool(true) => self.byte(tag::TRUE),
            Event::Number(number) => {
                self.byte(tag::NUMBER);
                self.text(&number.to_cue_string());
            }
            Event::String(text) => {
                self.byte(tag::TEXT);
                self.text(text);
            }
            Event::Bytes(bytes) => {
                self.byte(tag::BYTES);
                self.blob(bytes);
            }
            Event::BeginList => self.byte(tag::LIST),
            Event::BeginStruct => self.byte(tag::STRUCT),
            Event::Key(key) => {
                self.byte(tag::KEY);
                self.text(key);
            }
            Event::End => self.byte(tag::END),
            Event::Spelling(_) => {}
        }
    }

    /// Data with what is said of each place.
    pub(crate) fn data(&mut self, data: &Data, mut place: impl FnMut(&mut Writer, Span)) {
        for step in data.events(data.root()) {
            self.event(step.event);
            if !matches!(step.event, Event::End | Event::Spelling(_)) {
                place(self, step.span);
            }
        }
    }
}

/// Reads an answer; nothing where the bytes are none.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) bytes: &'a [u8],
    /// What the answer is about.
    pub(crate) given: &'a Given<'a>,
    /// The first file of the library.
    pub(crate) first: FileId,
    /// Makes the trees of all answers.
    pub(crate) builder: &'a mut Builder,
}

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*byte)
    }

    pub(crate) fn count(&mut self) -> Option<u32> {
        let mut count = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            count |= u32::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(count);
            }
        }
        None
    }

    fn blob(&mut self) -> Option<&'a [u8]> {
        let length = self.count()? as usize;
        let (blob, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(blob)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        self.blob().and_then(|blob| std::str::from_utf8(blob).ok())
    }

    fn place(&mut self) -> Option<Span> {
        match self.byte()? {
            tag::NOWHERE => Some(Span::NONE),
            tag::GIVEN => self.count().map(|number| self.given.real(given::place(number))),
            tag::LIBRARY => {
                let file = FileId(self.first.0.checked_add(self.count()?)?);
                Some(Span { file, start: self.count()?, end: self.count()? })
            }
            _ => None,
        }
    }

    /// Data with its places in documents and in the library.
    pub(crate) fn data(&mut self) -> Option<Data> {
        self.builder.clear();
        // Of each open container, whether it is a struct.
        let mut open: Vec<bool> = Vec::new();
        let mut has_key = false;
        loop {
            let kind = self.byte()?;
            match (kind, open.last()) {
                (tag::END, Some(_)) if !has_key => {
                    open.pop();
                    self.builder.end(Span::NONE);
                }
                (tag::KEY, Some(true)) if !has_key => {
                    let (key, place) = (self.text()?, self.place()?);
                    self.builder.key(key, place);
                    has_key = true;
                    continue;
                }
                (tag::END | tag::KEY, _) => return None,
                (_, Some(true)) if !has_key => return None,
                _ => {
                    has_key = false;
                    open.extend(self.value(kind)?);
                }
            }
            if open.is_empty() {
                return Some(self.builder.take());
            }
        }
    }

    /// A scalar, or the begin of a container, of which it tells whether that is a struct.
    fn value(&mut self, kind: u8) -> Option<Option<bool>> {
        match kind {
            tag::NULL => {
                let place = self.place()?;
                self.builder.null(place);
            }
            tag::FALSE | tag::TRUE => {
                let place = self.place()?;
                self.builder.bool(kind == tag::TRUE, place);
            }
            tag::NUMBER => {
                let (number, place) = (number(self.text()?)?, self.place()?);
                self.builder.number(number, place);
            }
            tag::TEXT => {
                let (text, place) = (self.text()?, self.place()?);
                self.builder.string(text, place);
            }
            tag::BYTES => {
                let (bytes, place) = (self.blob()?, self.place()?);
                self.builder.bytes(bytes, place);
            }
            tag::LIST => {
                let place = self.place()?;
                self.builder.begin_list(place);
                return Some(Some(false));
            }
            tag::STRUCT => {
                let place = self.place()?;
                self.builder.begin_struct(place);
                return Some(Some(true));
            }
            _ => return None,
        }
        Some(None)
    }
}

fn number(text: &str) -> Option<Number> {
    match text.strip_prefix('-') {
        Some(magnitude) => Number::parse_literal(magnitude).ok().map(|number| number.neg()),
        None => Number::parse_literal(text).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::trial::data_of;

    /// Whatever is read is the same data; of bytes that were cut or changed, none are taken for more than they are.
    #[test]
    fn data_is_read_as_it_was_written_and_damage_is_harmless() {
        let value = json!({"a": [1, -2, 1.5, 123_456_789_012_345_678_u64, "x", true, null, {}], "b": {"c": {"d": []}}});
        let data = data_of(&value);
        let given = Given::new(&data);
        let mut writer = Writer::default();
        writer.data(&given.numbered, |writer, place| writer.place(place, FileId(0)));
        let bytes = writer.finish();
        let mut builder = Builder::new();
        let mut read = |bytes: &[u8]| Reader { bytes, given: &given, first: FileId(0), builder: &mut builder }.data();
        assert_eq!(read(&bytes).as_ref(), Some(&data));
        for cut in 0..bytes.len() {
            assert_eq!(read(&bytes[..cut]), None, "cut at {cut}");
        }
        for at in 0..bytes.len() {
            for change in [1, 0x40, 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] ^= change;
                // It need not be found out here: only nothing may break.
                let _ = read(&damaged);
            }
        }
    }
}
