//! From the value of a string or bytes literal to its spelling.

use crate::ast::{Quote, Spelling};

/// A string literal on one line.
pub fn string(text: &str) -> String {
    literal(text.as_bytes(), Quote::String)
}

/// A bytes literal on one line.
pub fn bytes(bytes: &[u8]) -> String {
    literal(bytes, Quote::Bytes)
}

fn literal(value: &[u8], quote: Quote) -> String {
    let spelling = Spelling { quote, multiline: false, hashes: 0 };
    let (open, close) = delimiter(spelling);
    open + &content(value, spelling) + &close
}

/// A string literal: over several lines, without a margin, if the text has several.
pub fn text(text: &str) -> String {
    spread(text.as_bytes(), Quote::String)
}

/// A bytes literal, likewise.
pub fn byte_text(bytes: &[u8]) -> String {
    spread(bytes, Quote::Bytes)
}

fn spread(value: &[u8], quote: Quote) -> String {
    if !value.contains(&b'\n') {
        return literal(value, quote);
    }
    let spelling = Spelling { quote, multiline: true, hashes: 0 };
    let (open, close) = delimiter(spelling);
    format!("{open}\n{}\n{close}", content(value, spelling).replace('\t', "\\t"))
}

/// Whether a name can be the label of a regular field without quotes.
pub fn is_plain_label(name: &str) -> bool {
    let mut chars = name.chars();
    let is_start = chars.next().is_some_and(|c| c.is_alphabetic() || c == '$');
    is_start && chars.all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}

pub(crate) fn delimiter(spelling: Spelling) -> (String, String) {
    let hashes = "#".repeat(usize::from(spelling.hashes));
    let quotes = match (spelling.quote, spelling.multiline) {
        (Quote::String, false) => "\"",
        (Quote::String, true) => "\"\"\"",
        (Quote::Bytes, false) => "'",
        (Quote::Bytes, true) => "'''",
    };
    (format!("{hashes}{quotes}"), format!("{quotes}{hashes}"))
}

/// What begins an escape.
pub(crate) fn escape(spelling: Spelling) -> String {
    format!("\\{}", "#".repeat(usize::from(spelling.hashes)))
}

/// Spells a piece of a literal. Of a multi-line one it still holds the line ends, each to be followed by the margin.
pub(crate) fn content(value: &[u8], spelling: Spelling) -> String {
    let escape = escape(spelling);
    let mut spelt = String::with_capacity(value.len());
    let mut quotes = 0;
    for chunk in value.utf8_chunks() {
        let mut rest = chunk.valid().chars().peekable();
        while let Some(c) = rest.next() {
            let quote = matches!((c, spelling.quote), ('"', Quote::String) | ('\'', Quote::Bytes));
            // A run of quotes is broken before it can be taken for the delimiter.
            let breaks = match spelling {
                Spelling { multiline: true, .. } => quotes == 2,
                Spelling { hashes: 0, .. } => true,
                _ => matches!((rest.peek(), spelt.is_empty()), (Some('#'), _) | (Some('"' | '\''), true)),
            };
            quotes = if quote && !(breaks && spelling.multiline) { quotes + 1 } else { 0 };
            match c {
                _ if quote && breaks => {
                    spelt.push_str(&escape);
                    spelt.push(c);
                }
                // In a raw literal a lone backslash stands for itself.
                '\\' if spelling.hashes > 0 && rest.peek() != Some(&'#') => spelt.push('\\'),
                '\\' => {
                    spelt.push_str(&escape);
                    spelt.push('\\');
                }
                '\n' | '\t' if spelling.multiline => spelt.push(c),
                _ => character(c, spelling, &escape, &mut spelt),
            }
        }
        for byte in chunk.invalid() {
            spelt.push_str(&escape);
            spelt.push_str(&format!("x{byte:02x}"));
        }
    }
    spelt
}

fn character(c: char, spelling: Spelling, escape: &str, spelt: &mut String) {
    let letter = match c {
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\u{c}' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\u{b}' => 'v',
        _ if strata_base::is_print(c) => {
            spelt.push(c);
            return;
        }
        '\0'..='\u{1f}' if spelling.quote == Quote::Bytes => {
            spelt.push_str(&format!("{escape}x{:02x}", u32::from(c)));
            return;
        }
        '\0'..='\u{ffff}' => {
            spelt.push_str(&format!("{escape}u{:04x}", u32::from(c)));
            return;
        }
        _ => {
            spelt.push_str(&format!("{escape}U{:08x}", u32::from(c)));
            return;
        }
    };
    spelt.push_str(escape);
    spelt.push(letter);
}
