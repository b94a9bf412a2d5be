//! Patterns that match names: `*` and `?` within an element, `[a-z]`, `\` before what stands for itself.

use cue_data::{Call, CallError};

use super::os::Os;

/// A star, if there is one, and the pieces up to the next. What is wrong with them matters only once the match comes
/// to them.
struct Chunk {
    star: bool,
    pieces: Result<Vec<Piece>, Fault>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fault {
    Syntax,
    /// Two stars together: refused even if the match fails before.
    Stars,
}

impl From<Fault> for CallError {
    fn from(fault: Fault) -> CallError {
        CallError::message(match fault {
            Fault::Syntax => "syntax error in pattern",
            Fault::Stars => "'**' is not supported in patterns as of yet",
        })
    }
}

enum Piece {
    Literal(char),
    Any,
    Class { negated: bool, ranges: Vec<(char, char)> },
}

pub(super) fn matches(call: &mut Call<'_>, pattern: &str, name: &str, os: Os) -> Result<bool, CallError> {
    let chunks = parse(pattern, os);
    let name: Vec<char> = name.chars().collect();
    let mut at = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let last = index + 1 == chunks.len();
        let rest = name.len() - at;
        let pieces = chunk.pieces.as_ref().map_err(|&fault| fault)?;
        let most = if chunk.star { name[at..].iter().take_while(|&&c| c != os.separator()).count() } else { 0 };
        if chunk.star && pieces.is_empty() {
            return Ok(most == rest);
        }
        let mut found = None;
        for skipped in 0..=most {
            call.spend(1)?;
            let end = at + skipped + pieces.len();
            if end <= name.len()
                && (!last || end == name.len())
                && pieces.iter().zip(&name[at + skipped..end]).all(|(piece, &c)| piece.matches(c, os))
            {
                found = Some(end);
                break;
            }
        }
        match found {
            Some(end) => at = end,
            None if chunks[index..].iter().any(|chunk| matches!(chunk.pieces, Err(Fault::Stars))) => {
                return Err(Fault::Stars.into());
            }
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

/// The chunks of a pattern, up to the first in which something is wrong.
fn parse(pattern: &str, os: Os) -> Vec<Chunk> {
    let escapes = os != Os::Windows;
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '*' {
            let stars = chars.peek() == Some(&'*');
            chunks.push(Chunk { star: true, pieces: if stars { Err(Fault::Stars) } else { Ok(Vec::new()) } });
            if stars {
                break;
            }
            continue;
        }
        if chunks.is_empty() {
            chunks.push(Chunk { star: false, pieces: Ok(Vec::new()) });
        }
        let Some(chunk) = chunks.last_mut() else { break };
        match (piece(c, &mut chars, escapes), &mut chunk.pieces) {
            (Ok(piece), Ok(pieces)) => pieces.push(piece),
            (Err(fault), _) => {
                chunk.pieces = Err(fault);
                break;
            }
            (Ok(_), Err(_)) => break,
        }
    }
    chunks
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

fn piece(first: char, chars: &mut Chars<'_>, escapes: bool) -> Result<Piece, Fault> {
    Ok(match first {
        '?' => Piece::Any,
        '[' => {
            let negated = chars.next_if_eq(&'^').is_some();
            let mut ranges = Vec::new();
            while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                let low = class_character(chars, escapes)?;
                let high = if chars.next_if_eq(&'-').is_some() { class_character(chars, escapes)? } else { low };
                ranges.push((low, high));
            }
            Piece::Class { negated, ranges }
        }
        '\\' if escapes => Piece::Literal(chars.next().ok_or(Fault::Syntax)?),
        _ => Piece::Literal(first),
    })
}

/// A character of a class, behind which there has to be more.
fn class_character(chars: &mut Chars<'_>, escapes: bool) -> Result<char, Fault> {
    let c = match chars.next() {
        None | Some('-' | ']') => return Err(Fault::Syntax),
        Some('\\') if escapes => chars.next(),
        c => c,
    };
    c.filter(|_| chars.peek().is_some()).ok_or(Fault::Syntax)
}
