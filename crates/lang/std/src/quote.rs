//! Text between quotes, in the manner of Go.

use std::fmt::Write;

pub(crate) use strata_base::is_print;

/// Which characters are written as escapes beside the quote and the backslash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Escape {
    Unprintable,
    /// As above, but spaces of all kinds are written as they are.
    UnprintableButSpaces,
    AllButAscii,
}

pub(crate) fn quoted(text: &str, quote: char, escape: Escape) -> String {
    let mut result = String::with_capacity(text.len() + 2);
    result.push(quote);
    for c in text.chars() {
        push(&mut result, c, quote, escape);
    }
    result.push(quote);
    result
}

fn push(into: &mut String, c: char, quote: char, escape: Escape) {
    let plain = match escape {
        Escape::Unprintable => is_print(c),
        Escape::UnprintableButSpaces => is_graphic(c),
        Escape::AllButAscii => c.is_ascii() && is_print(c),
    };
    let code = u32::from(c);
    // Writing to a string cannot fail.
    let _ = match c {
        _ if c == quote || c == '\\' => write!(into, "\\{c}"),
        _ if plain => write!(into, "{c}"),
        '\x07' => write!(into, "\\a"),
        '\x08' => write!(into, "\\b"),
        '\x0C' => write!(into, "\\f"),
        '\n' => write!(into, "\\n"),
        '\r' => write!(into, "\\r"),
        '\t' => write!(into, "\\t"),
        '\x0B' => write!(into, "\\v"),
        _ if c < ' ' || c == '\x7F' => write!(into, "\\x{code:02x}"),
        _ if code < 0x1_0000 => write!(into, "\\u{code:04x}"),
        _ => write!(into, "\\U{code:08x}"),
    };
}

/// What is printable, and spaces of all kinds.
pub(crate) fn is_graphic(c: char) -> bool {
    let is_space = matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}');
    is_print(c) || is_space
}
