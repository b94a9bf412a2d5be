//! Texts and bytes as literals of CUE.

use std::fmt::Write as _;

/// A string literal: over several lines if the text has several.
pub(crate) fn string(text: &str) -> String {
    let is_block = text.contains('\n');
    let mut out = String::with_capacity(text.len() + 2);
    if !is_block {
        out.push('"');
        escape(text, &mut out);
        out.push('"');
        return out;
    }
    out.push_str("\"\"\"\n");
    for line in text.split('\n') {
        escape_block(line, &mut out);
        out.push('\n');
    }
    out.push_str("\"\"\"");
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        if c == '"' {
            out.push('\\');
        }
        escape_char(c, out);
    }
}

/// Within a block only the quotes that would end it are escaped.
fn escape_block(line: &str, out: &mut String) {
    let mut quotes = 0;
    for c in line.chars() {
        quotes = if c == '"' { quotes + 1 } else { 0 };
        if quotes == 3 {
            out.push('\\');
            quotes = 0;
        }
        escape_char(c, out);
    }
}

fn escape_char(c: char, out: &mut String) {
    match c {
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\u{b}' => out.push_str("\\v"),
        '\u{c}' => out.push_str("\\f"),
        c if c.is_control() || c == '\u{feff}' => _ = write!(out, "\\u{:04x}", u32::from(c)),
        c => out.push(c),
    }
}

/// A bytes literal.
pub(crate) fn bytes(bytes: &[u8]) -> String {
    let mut out = String::from("'");
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' => out.push_str("\\'"),
                c if c.is_ascii_control() && !('\u{7}'..='\u{d}').contains(&c) => {
                    _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c => escape_char(c, &mut out),
            }
        }
        for byte in chunk.invalid() {
            _ = write!(out, "\\x{byte:02x}");
        }
    }
    out.push('\'');
    out
}

/// Whether a name can be the label of a regular field without quotes.
pub(crate) fn is_plain_label(name: &str) -> bool {
    let mut chars = name.chars();
    let is_start = chars.next().is_some_and(|c| c.is_alphabetic() || c == '$');
    is_start && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}
