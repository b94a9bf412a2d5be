//! Raw CUE text: where strings end, without a parser.
//!
//! The census must not depend on the parser under test, and bodies of attributes are no CUE of their own.

/// The end of the string literal that starts at a byte, if one starts there.
pub(crate) fn skip_string(text: &str, start: usize) -> Option<usize> {
    let (hashes, quote) = opening(text, start)?;
    let escape = format!("\\{}", "#".repeat(hashes));
    let close = format!("{quote}{}", "#".repeat(hashes));
    let mut at = start + hashes + quote.len();
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(&escape) {
            at += escape.len();
            if text[at..].starts_with('(') {
                at = skip_interpolation(text, at + 1);
            } else {
                at += text[at..].chars().next().map_or(0, char::len_utf8);
            }
        } else if rest.starts_with(&close) {
            return Some(at + close.len());
        } else if quote.len() == 1 && rest.starts_with('\n') {
            return Some(at);
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(at)
}

/// How many `#` and which quotes open a string at a byte.
fn opening(text: &str, start: usize) -> Option<(usize, &str)> {
    let rest = &text[start..];
    let hashes = rest.bytes().take_while(|&byte| byte == b'#').count();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    quotes.into_iter().find(|quote| rest[hashes..].starts_with(quote)).map(|quote| (hashes, quote))
}

/// The end of an interpolation whose parenthesis opened before a byte. A string within it ends at its quote: one that
/// holds quotes in an interpolation of its own would need a stack, and stands in no archive.
fn skip_interpolation(text: &str, start: usize) -> usize {
    let (mut at, mut depth) = (start, 1u32);
    while at < text.len() && depth > 0 {
        if let Some((hashes, quote)) = opening(text, at) {
            let close = format!("{quote}{}", "#".repeat(hashes));
            let from = at + hashes + quote.len();
            at = text[from..].find(&close).map_or(text.len(), |length| from + length + close.len());
            continue;
        }
        match text.as_bytes()[at] {
            b'(' => depth += 1,
            b')' => depth -= 1,
            _ => {}
        }
        at += text[at..].chars().next().map_or(1, char::len_utf8);
    }
    at
}

/// The line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> u32 {
    let newlines = text.as_bytes()[..at.min(text.len())].iter().filter(|&&byte| byte == b'\n').count();
    u32::try_from(newlines + 1).unwrap_or(u32::MAX)
}
