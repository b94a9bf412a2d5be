//! JSON to data.

use std::borrow::Cow;

use cue_data::{Builder, Data};
use cue_num::Number;
use strata_base::{Diagnostic, FileId, Span};

use crate::options::ReadOptions;
use crate::{codes, duplicates};

/// Reads a text that is one JSON value.
pub fn read(file: FileId, text: &str, options: &ReadOptions) -> Result<Data, Vec<Diagnostic>> {
    let mut reader = Reader::new(file, text, options);
    let data = reader.value().map_err(|problem| vec![*problem])?;
    reader.skip_space();
    if reader.peek().is_some() {
        return Err(vec![*reader.unexpected("after top-level value")]);
    }
    duplicates::check(data, options.duplicate_keys)
}

/// Reads a text of any number of JSON values, one after the other, such as JSON lines.
pub fn read_stream(file: FileId, text: &str, options: &ReadOptions) -> Result<Vec<Data>, Vec<Diagnostic>> {
    let mut reader = Reader::new(file, text, options);
    let mut values = Vec::new();
    reader.skip_space();
    while reader.peek().is_some() {
        let data = reader.value().map_err(|problem| vec![*problem])?;
        values.push(duplicates::check(data, options.duplicate_keys)?);
        reader.skip_space();
    }
    Ok(values)
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    max_depth: usize,
}

/// What may stand next.
#[derive(Clone, Copy)]
enum Expect {
    Value,
    /// A value or the end of the list.
    FirstElement,
    /// A key or the end of the struct.
    FirstKey,
    Key,
    /// A comma, the end of the container or, outside of any, nothing.
    AfterValue,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str, options: &ReadOptions) -> Reader<'a> {
        let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Reader { file, text, bytes: text.as_bytes(), at: bom, max_depth: options.max_depth }
    }

    /// One value, with a stack of its own.
    fn value(&mut self) -> Result<Data, Box<Diagnostic>> {
        let mut builder = Builder::new();
        // Of each open container, whether it is a struct.
        let mut open: Vec<bool> = Vec::new();
        let mut expect = Expect::Value;
        loop {
            self.skip_space();
            let start = self.at;
            let Some(byte) = self.peek() else { return Err(self.unexpected_end()) };
            expect = match (expect, byte) {
                (Expect::FirstElement, b']') | (Expect::FirstKey, b'}') => {
                    self.at += 1;
                    builder.end(self.span(start));
                    open.pop();
                    Expect::AfterValue
                }
                (Expect::Value | Expect::FirstElement, b'[' | b'{') => {
                    self.at += 1;
                    if open.len() == self.max_depth {
                        return Err(self.too_deep(start));
                    }
                    let is_struct = byte == b'{';
                    open.push(is_struct);
                    if is_struct {
                        builder.begin_struct(self.span(start));
                        Expect::FirstKey
                    } else {
                        builder.begin_list(self.span(start));
                        Expect::FirstElement
                    }
                }
                (Expect::Value | Expect::FirstElement, _) => {
                    self.scalar(byte, &mut builder)?;
                    Expect::AfterValue
                }
                (Expect::FirstKey | Expect::Key, b'"') => {
                    let key = self.string()?;
                    builder.key(&key, self.span(start));
                    self.skip_space();
                    match self.peek() {
                        Some(b':') => self.at += 1,
                        Some(_) => return Err(self.unexpected("after object key")),
                        None => return Err(self.unexpected_end()),
                    }
                    Expect::Value
                }
                (Expect::FirstKey | Expect::Key, _) => {
                    return Err(self.unexpected("looking for beginning of object key string"));
                }
                (Expect::AfterValue, _) => match (open.last(), byte) {
                    (Some(true), b'}') | (Some(false), b']') => {
                        self.at += 1;
                        builder.end(self.span(start));
                        open.pop();
                        Expect::AfterValue
                    }
                    (Some(&is_struct), b',') => {
                        self.at += 1;
                        if is_struct { Expect::Key } else { Expect::Value }
                    }
                    (Some(true), _) => return Err(self.unexpected("after object key:value pair")),
                    (_, _) => return Err(self.unexpected("after array element")),
                },
            };
            if open.is_empty() {
                return Ok(builder.finish());
            }
        }
    }

    fn scalar(&mut self, byte: u8, builder: &mut Builder) -> Result<(), Box<Diagnostic>> {
        let start = self.at;
        match byte {
            b'"' => {
                let text = self.string()?;
                builder.string(&*text, self.span(start));
            }
            b't' => {
                self.word("true")?;
                builder.bool(true, self.span(start));
            }
            b'f' => {
                self.word("false")?;
                builder.bool(false, self.span(start));
            }
            b'n' => {
                self.word("null")?;
                builder.null(self.span(start));
            }
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                builder.number(number, self.span(start));
            }
            _ => return Err(self.unexpected("looking for beginning of value")),
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Box<Diagnostic>> {
        for expected in word.bytes() {
            match self.peek() {
                Some(byte) if byte == expected => self.at += 1,
                Some(_) => {
                    return Err(self.unexpected(&format!("in literal {word} (expecting '{}')", char::from(expected))));
                }
                None => return Err(self.unexpected_end()),
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Number, Box<Diagnostic>> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        let text = &self.text[start..self.at];
        Number::from_json(text)
            .map_err(|error| Box::new(Diagnostic::error(codes::BAD_VALUE, error.to_string()).at(self.span(start))))
    }

    /// At least one digit.
    fn digits(&mut self, place: &str) -> Result<(), Box<Diagnostic>> {
        let rest = &self.bytes[self.at..];
        match rest.iter().take_while(|byte| byte.is_ascii_digit()).count() {
            0 if rest.is_empty() => Err(self.unexpected_end()),
            0 => Err(self.unexpected(place)),
            count => {
                self.at += count;
                Ok(())
            }
        }
    }

    /// A string from its first quote past its last one. Without escapes it is a piece of the text.
    fn string(&mut self) -> Result<Cow<'a, str>, Box<Diagnostic>> {
        let start = self.at;
        self.at += 1;
        let mut value = Cow::Borrowed("");
        loop {
            let rest = &self.bytes[self.at..];
            let plain = rest.iter().take_while(|&&byte| byte != b'"' && byte != b'\\' && byte >= 0x20).count();
            let piece = &self.text[self.at..self.at + plain];
            if value.is_empty() {
                value = Cow::Borrowed(piece);
            } else {
                value.to_mut().push_str(piece);
            }
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escaped = self.escape(start)?;
                    value.to_mut().push(escaped);
                }
                Some(_) => return Err(self.unexpected("in string literal")),
                None => return Err(self.unexpected_end()),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, string: usize) -> Result<char, Box<Diagnostic>> {
        let Some(byte) = self.peek() else { return Err(self.unexpected_end()) };
        let escaped = match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                self.at += 1;
                return self.unicode(string);
            }
            _ => return Err(self.unexpected("in string escape code")),
        };
        self.at += 1;
        Ok(escaped)
    }

    /// The digits of `\uXXXX`, and of a second one that completes a pair of surrogates.
    fn unicode(&mut self, string: usize) -> Result<char, Box<Diagnostic>> {
        let mut units = vec![self.unit()?];
        let is_high = (0xd800..0xdc00).contains(&units[0]);
        if is_high && self.bytes[self.at..].starts_with(b"\\u") {
            self.at += 2;
            units.push(self.unit()?);
        }
        let mut decoded = char::decode_utf16(units);
        match (decoded.next(), decoded.next()) {
            (Some(Ok(character)), None) => Ok(character),
            _ => Err(self.error("invalid string: unmatched surrogate pair", self.span(string))),
        }
    }

    fn unit(&mut self) -> Result<u16, Box<Diagnostic>> {
        let mut unit = 0;
        for _ in 0..4 {
            let Some(byte) = self.peek() else { return Err(self.unexpected_end()) };
            let Some(digit) = char::from(byte).to_digit(16) else {
                return Err(self.unexpected("in \\u hexadecimal character escape"));
            };
            unit = unit << 4 | digit as u16;
            self.at += 1;
        }
        Ok(unit)
    }

    fn skip_space(&mut self) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn span(&self, start: usize) -> Span {
        Span::new(self.file, start, self.at)
    }

    fn error(&self, message: &str, span: Span) -> Box<Diagnostic> {
        Box::new(Diagnostic::error(codes::JSON_SYNTAX, message).at(span))
    }

    fn unexpected(&self, place: &str) -> Box<Diagnostic> {
        let character = self.text[self.at..].chars().next().unwrap_or(' ');
        let shown = match character {
            '\'' => "\\'".to_owned(),
            '"' => "\"".to_owned(),
            other => other.escape_debug().to_string(),
        };
        let span = Span::new(self.file, self.at, self.at + character.len_utf8());
        let problem = self.error(&format!("invalid JSON: invalid character '{shown}' {place}"), span);
        let before = self.text[..self.at].trim_end();
        let hint = match character {
            '}' | ']' if before.ends_with(',') => "take out the comma before it",
            '/' | '#' => "JSON has no comments; YAML has them, behind `#`",
            '\'' => "texts stand in double quotes",
            other if other.is_alphabetic() && place.contains("object key string") => "names stand in double quotes",
            _ => return problem,
        };
        Box::new(problem.hint(hint))
    }

    /// Told at the last character, as the end itself has no place in any line.
    fn unexpected_end(&self) -> Box<Diagnostic> {
        let last = self.text.char_indices().next_back().map_or(0, |(at, _)| at);
        self.error("invalid JSON: unexpected end of JSON input", Span::new(self.file, last, self.text.len()))
    }

    fn too_deep(&self, start: usize) -> Box<Diagnostic> {
        let message = format!("document nested more than {} levels deep", self.max_depth);
        Box::new(Diagnostic::error(codes::TOO_DEEP, message).at(self.span(start)))
    }
}
