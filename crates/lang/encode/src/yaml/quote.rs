//! Which strings of YAML need quotes, and which kind.

use std::borrow::Cow;

use super::number::is_read_as_number;
use super::scalar::{Look, look};
use strata_base::is_print;

/// A string on one line: plain where it reads back as itself, else in quotes.
pub(super) fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') || is_unprintable(text) {
        Cow::Owned(double(text))
    } else if is_indicator(text) {
        Cow::Owned(single(text))
    } else if needs_double(text) {
        Cow::Owned(double(text))
    } else if needs_single(text) {
        Cow::Owned(single(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// A string that is a whole document, where the mark of a document's end would be taken for one.
pub(super) fn document(text: &str) -> Cow<'_, str> {
    if text == "..." { Cow::Owned(single(text)) } else { one_line(text) }
}

/// Whether a block (`|`) holds exactly this text. Space at a line's end would not be seen, space at the start would be
/// taken for indentation, and one line end alone for the end of a block that holds nothing.
pub(super) fn fits_block(text: &str) -> bool {
    let visible = text.trim_start_matches('\n');
    !matches!(text, "" | "\n")
        && !text.starts_with('\t')
        && !visible.starts_with(' ')
        && !text.contains(" \n")
        && !text.ends_with(' ')
        && !is_unprintable(text)
}

/// Words and forms that other versions of YAML read as something else, and tabs.
fn needs_double(text: &str) -> bool {
    text.is_empty()
        || is_legacy_word(text)
        || is_time_like(text)
        || is_old_octal(text)
        || look(text) != Look::String
        || is_read_as_another_kind(text)
        || text.contains('\t')
}

/// What some readers take for a number, a word or a merge key, a space behind it or not.
fn is_read_as_another_kind(text: &str) -> bool {
    let trimmed = text.trim_end_matches(' ');
    let may_be_number = trimmed.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.'));
    (may_be_number && is_read_as_number(trimmed))
        || (!trimmed.is_empty()
            && trimmed.len() < text.len()
            && (trimmed == "<<"
                || (!trimmed.starts_with('+')
                    && matches!(look(trimmed), Look::Null | Look::Bool(_) | Look::Special(_)))))
}

/// These would be read as the start of a key and as a merge key.
fn is_indicator(text: &str) -> bool {
    text == "?" || text.starts_with("? ") || text == "<<"
}

/// What has an indicator in it that would end or change a plain scalar.
fn needs_single(text: &str) -> bool {
    text == "-"
        || text.starts_with(['*', '&', '[', '{', '}', ']', ',', '!', '|', '>', '%', '\'', '"', '@', ' ', '`'])
        || text.ends_with([':', ' '])
        || text.contains(['#', '\\'])
        || text.contains(": ")
        || text.contains("- ")
        || text.starts_with("... ")
}

fn is_legacy_word(text: &str) -> bool {
    matches!(
        text,
        "y" | "Y"
            | "yes"
            | "Yes"
            | "YES"
            | "n"
            | "N"
            | "no"
            | "No"
            | "NO"
            | "t"
            | "T"
            | "f"
            | "F"
            | "on"
            | "On"
            | "ON"
            | "off"
            | "Off"
            | "OFF"
            | "true"
            | "True"
            | "TRUE"
            | "false"
            | "False"
            | "FALSE"
            | ".Nan"
    )
}

/// Dates, times, base-60 numbers and everything that looks a little like one.
fn is_time_like(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    }
    let body = text.strip_suffix(['z', 'Z']).unwrap_or(text).as_bytes();
    let is_separator = |byte: u8| matches!(byte, b't' | b'T');
    let is_numeric = |byte: u8| matches!(byte, b'-' | b'+' | b'0'..=b'9' | b':' | b'.' | b' ' | b'\t');
    if body.len() < 3 || !body.iter().all(|&byte| is_numeric(byte) || is_separator(byte)) {
        return false;
    }
    let inner = &body[1..body.len() - 1];
    match body.iter().filter(|&&byte| is_separator(byte)).count() {
        0 => inner.iter().any(|&byte| matches!(byte, b'-' | b':')),
        1 => inner.iter().any(|&byte| is_separator(byte)),
        _ => false,
    }
}

/// A leading zero and more digits, even 8 and 9, which some readers take for a float.
fn is_old_octal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// Control characters, noncharacters, line ends that are not `\n`, and the mark of byte order, which may not stand
/// inside of a document.
fn is_unprintable(text: &str) -> bool {
    text.chars().any(|c| match c {
        '\t' | '\n' => false,
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        c => c < ' ',
    })
}

fn single(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A string in double quotes, with escapes for all that does not print.
fn double(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            c if is_print(c) => quoted.push(c),
            c => {
                let code = u32::from(c);
                quoted.push_str(&match code {
                    0..0x80 => format!("\\x{code:02x}"),
                    0x80..0x1_0000 => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
        }
    }
    quoted.push('"');
    quoted
}
