//! Text between quotes, in the manner of Go.

use std::fmt::Write;
use std::sync::LazyLock;

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

/// Letters, marks, numbers, punctuation, symbols and the ASCII space.
pub(crate) fn is_print(c: char) -> bool {
    static PRINTABLE: LazyLock<Vec<(char, char)>> =
        LazyLock::new(|| cue_regex::character_ranges(r"[\pL\pM\pN\pP\pS ]").unwrap_or_default());
    match c {
        ' '..='~' => true,
        _ if c.is_ascii() => false,
        _ => contains(&PRINTABLE, c),
    }
}

/// What is printable, and spaces of all kinds.
pub(crate) fn is_graphic(c: char) -> bool {
    static SPACES: LazyLock<Vec<(char, char)>> =
        LazyLock::new(|| cue_regex::character_ranges(r"[\p{Zs}]").unwrap_or_default());
    is_print(c) || contains(&SPACES, c)
}

fn contains(ranges: &[(char, char)], c: char) -> bool {
    let at = ranges.partition_point(|&(_, high)| high < c);
    ranges.get(at).is_some_and(|&(low, _)| low <= c)
}
