//! From the spelling of a string or bytes literal to its value.

use std::borrow::Cow;

use crate::ast::{Quote, Spelling};

/// What the delimiters of a literal say about its content.
pub(crate) struct Form<'t> {
    pub(crate) spelling: Spelling,
    hashes: usize,
    /// The white space that every line of a multi-line literal begins with.
    indent: &'t str,
    open_len: usize,
    close_len: usize,
}

/// Why a literal has no value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Syntax,
    Surrogate,
    Indent { expected: String, actual: String },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fault::Syntax => write!(f, "invalid string: invalid syntax"),
            Fault::Surrogate => write!(f, "invalid string: unmatched surrogate pair"),
            Fault::Indent { expected, actual } => write!(
                f,
                "invalid string: non-matching whitespace for multiline string (expected {expected:?}, got {actual:?})"
            ),
        }
    }
}

impl<'t> Form<'t> {
    /// `start` is the text of the literal from its beginning, `end` the text up to its end. They are one text unless
    /// the literal interpolates. `None` if the literal is not complete.
    pub(crate) fn of(start: &'t str, end: &'t str) -> Option<Form<'t>> {
        let hashes = start.bytes().take_while(|&b| b == b'#').count();
        let rest = &start[hashes..];
        let (quote, triple) = match rest.as_bytes().first()? {
            b'"' => (Quote::String, "\"\"\""),
            b'\'' => (Quote::Bytes, "'''"),
            _ => return None,
        };
        let line = rest.strip_prefix(triple).and_then(|content| {
            let blank = content.starts_with("\r\n");
            content.starts_with(['\n', '\r']).then_some(if blank { 2 } else { 1 })
        });
        let quotes = if line.is_some() { 3 } else { 1 };
        let open_len = hashes + quotes + line.unwrap_or(0);
        let close_len = hashes + quotes;
        let content = end.len().checked_sub(close_len)?;
        let close = &end.as_bytes()[content..];
        let quote_byte = rest.as_bytes()[0];
        if close[..quotes].iter().any(|&b| b != quote_byte) || close[quotes..].iter().any(|&b| b != b'#') {
            return None;
        }
        if std::ptr::eq(start, end) && start.len() < open_len + close_len - usize::from(line.is_some()) {
            return None;
        }
        let indent = match line {
            Some(_) => {
                let before = &end[..content];
                &before[before.rfind('\n')? + 1..]
            }
            None => "",
        };
        let spelling = Spelling { quote, multiline: line.is_some(), hashes: u8::try_from(hashes).unwrap_or(u8::MAX) };
        Some(Form { spelling, hashes, indent, open_len, close_len })
    }

    /// The content of a piece of the literal: the text from the opening quotes or a parenthesis to the closing quotes
    /// or the next `\\(`, without these and without margins.
    pub(crate) fn content<'p>(&self, piece: &'p str, first: bool, last: bool) -> Result<Cow<'p, str>, Fault> {
        let start = if first { self.open_len } else { 1 };
        let end = piece.len() - if last { self.close_len } else { self.hashes + 2 };
        let content = piece.get(start..end.max(start)).unwrap_or("");
        if !self.spelling.multiline {
            return Ok(Cow::Borrowed(content));
        }
        let content = match content.rfind('\n') {
            Some(line_end) if last => &content[..line_end],
            // Nothing but the indentation of the closing quotes.
            None if last && first => "",
            _ => content,
        };
        let mut lines = String::with_capacity(content.len());
        for (number, line) in content.split('\n').enumerate() {
            if number > 0 {
                lines.push('\n');
            }
            let margin = if number == 0 && !first { "" } else { self.indent };
            match line.strip_prefix(margin) {
                // Carriage returns count for nothing, wherever they stand.
                Some(rest) => lines.extend(rest.split('\r')),
                None if matches!(line, "" | "\r") => {}
                None => {
                    let blank = line.len() - line.trim_start_matches([' ', '\t']).len();
                    return Err(Fault::Indent { expected: self.indent.to_owned(), actual: line[..blank].to_owned() });
                }
            }
        }
        Ok(Cow::Owned(lines))
    }

    /// The value of a content.
    pub(crate) fn unescape(&self, content: &str) -> Result<Vec<u8>, Fault> {
        let mut value = Vec::with_capacity(content.len());
        let mut rest = content;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            value.extend_from_slice(before.as_bytes());
            let body = &escape[1..];
            let hashes = body.bytes().take(self.hashes).take_while(|&b| b == b'#').count();
            if hashes < self.hashes {
                value.push(b'\\');
                rest = body;
                continue;
            }
            rest = self.escape(&body[hashes..], &mut value)?;
        }
        value.extend_from_slice(rest.as_bytes());
        Ok(value)
    }

    /// Decodes one escape, of which `text` begins with the letter; gives what follows it.
    fn escape<'a>(&self, text: &'a str, value: &mut Vec<u8>) -> Result<&'a str, Fault> {
        let letter = *text.as_bytes().first().ok_or(Fault::Syntax)?;
        let bytes = self.spelling.quote == Quote::Bytes;
        let simple = match letter {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            b'/' | b'\\' => letter,
            b'"' if !bytes => letter,
            b'\'' if bytes => letter,
            b'x' if bytes => {
                let (code, rest) = digits(&text[1..], 2, 16)?;
                value.push(u8::try_from(code).map_err(|_| Fault::Syntax)?);
                return Ok(rest);
            }
            b'0'..=b'7' if bytes => {
                let (code, rest) = digits(text, 3, 8)?;
                value.push(u8::try_from(code).map_err(|_| Fault::Syntax)?);
                return Ok(rest);
            }
            b'u' | b'U' => return self.code_point(text, value),
            _ => return Err(Fault::Syntax),
        };
        value.push(simple);
        Ok(&text[1..])
    }

    /// `u0041` or `U00000041`. As in JSON, two escapes may spell a surrogate pair.
    fn code_point<'a>(&self, text: &'a str, value: &mut Vec<u8>) -> Result<&'a str, Fault> {
        let unit = |text: &'a str| {
            let len = if text.starts_with('U') { 8 } else { 4 };
            digits(&text[1..], len, 16)
        };
        let (mut code, mut rest) = unit(text)?;
        if (0xd800..0xdc00).contains(&code) {
            let next = rest.strip_prefix('\\').ok_or(Fault::Surrogate)?;
            let hashes = next.bytes().take(self.hashes).take_while(|&b| b == b'#').count();
            let next = &next[hashes..];
            if hashes < self.hashes || !next.starts_with(['u', 'U']) {
                return Err(Fault::Surrogate);
            }
            let (low, after) = unit(next)?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(Fault::Surrogate);
            }
            code = 0x10000 + (code - 0xd800) * 0x400 + (low - 0xdc00);
            rest = after;
        }
        let c = match char::from_u32(code) {
            Some(c) => c,
            None if code < 0x11_0000 => return Err(Fault::Surrogate),
            None => return Err(Fault::Syntax),
        };
        value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(rest)
    }
}

fn digits(text: &str, len: usize, base: u32) -> Result<(u32, &str), Fault> {
    let spelt = text.get(..len).ok_or(Fault::Syntax)?;
    if !spelt.chars().all(|c| c.is_digit(base)) {
        return Err(Fault::Syntax);
    }
    let code = u32::from_str_radix(spelt, base).map_err(|_| Fault::Syntax)?;
    Ok((code, &text[len..]))
}
