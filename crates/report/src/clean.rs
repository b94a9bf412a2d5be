//! Texts from outside, made fit for a terminal.

use std::borrow::Cow;

/// Replaces what could move the cursor, change colours or reverse the direction of writing. Line ends and tabs stay.
pub(crate) fn block(text: &str) -> Cow<'_, str> {
    replace(text, |c| c != '\n' && c != '\t' && is_unsafe(c), |_| char::REPLACEMENT_CHARACTER)
}

/// As [`block`], on one line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    replace(text, is_unsafe, |c| if c.is_whitespace() { ' ' } else { char::REPLACEMENT_CHARACTER })
}

fn replace(text: &str, bad: impl Fn(char) -> bool, with: impl Fn(char) -> char) -> Cow<'_, str> {
    if text.contains(&bad) { text.chars().map(|c| if bad(c) { with(c) } else { c }).collect() } else { text.into() }
}

fn is_unsafe(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}
