//! Patterns that match names: `*` and `?` within an element, `[a-z]`, `\` before what stands for itself.

use cue_data::{Call, CallError};

use super::os::Os;
use crate::args::fail;

fn bad<T>() -> Result<T, CallError> {
    fail("syntax error in pattern")
}

/// A star, if there is one, and the pieces up to the next.
struct Chunk {
    star: bool,
    pieces: Vec<Piece>,
}

enum Piece {
    Literal(char),
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

pub(super) fn matches(call: &mut Call<'_>, pattern: &str, name: &str, os: Os) -> Result<bool, CallError> {
    let chunks = parse(pattern, os)?;
    let name: Vec<char> = name.chars().collect();
    let mut at = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let last = index + 1 == chunks.len();
        let rest = name.len() - at;
        let most = if chunk.star { name[at..].iter().take_while(|&&c| c != os.separator()).count() } else { 0 };
        if chunk.star && chunk.pieces.is_empty() {
            return Ok(most == rest);
        }
        let mut found = None;
        for skipped in 0..=most {
            call.spend(1)?;
            let end = at + skipped + chunk.pieces.len();
            if end <= name.len()
                && (!last || end == name.len())
                && chunk.pieces.iter().zip(&name[at + skipped..end]).all(|(piece, &c)| piece.matches(c, os))
            {
                found = Some(end);
                break;
            }
        }
        match found {
            Some(end) => at = end,
            None => return Ok(false),
        }
    }
    Ok(at == name.len())
}

impl Piece {
    fn matches(&self, c: char, os: Os) -> bool {
        match self {
            Piece::Literal(literal) => *literal == c,
            Piece::Any => c != os.separator(),
            Piece::Class { negated, ranges } => ranges.iter().any(|&(low, high)| low <= c && c <= high) != *negated,
        }
    }
}

fn parse(pattern: &str, os: Os) -> Result<Vec<Chunk>, CallError> {
    let escapes = os != Os::Windows;
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '*' {
            if chars.peek() == Some(&'*') {
                return fail("'**' is not supported in patterns as of yet");
            }
            chunks.push(Chunk { star: true, pieces: Vec::new() });
            continue;
        }
        let piece = match c {
            '?' => Piece::Any,
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = class_character(&mut chars, escapes)?;
                    let high =
                        if chars.next_if_eq(&'-').is_some() { class_character(&mut chars, escapes)? } else { low };
                    ranges.push((low, high));
                }
                Piece::Class { negated, ranges }
            }
            '\\' if escapes => match chars.next() {
                Some(c) => Piece::Literal(c),
                None => return bad(),
            },
            _ => Piece::Literal(c),
        };
        match chunks.last_mut() {
            Some(chunk) => chunk.pieces.push(piece),
            None => chunks.push(Chunk { star: false, pieces: vec![piece] }),
        }
    }
    Ok(chunks)
}

/// A character of a class, behind which there has to be more.
fn class_character(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, escapes: bool) -> Result<char, CallError> {
    let c = match chars.next() {
        None | Some('-' | ']') => return bad(),
        Some('\\') if escapes => chars.next(),
        c => c,
    };
    match c {
        Some(c) if chars.peek().is_some() => Ok(c),
        _ => bad(),
    }
}
