//! What a backslash and the characters behind it stand for, if they stand for one character.

use crate::error::{Error, ErrorKind};

/// Reads `\n`, `\x{1F600}`, `\.` … at the start of `text`: the code point, which may be a surrogate, and what follows.
pub(crate) fn escape(text: &str) -> Result<(u32, &str), Error> {
    let mut chars = text.chars();
    chars.next();
    let Some(first) = chars.next() else {
        return Err(Error::new(ErrorKind::TrailingBackslash, ""));
    };
    let invalid = |rest: &str| Error::new(ErrorKind::InvalidEscape, &text[..text.len() - rest.len()]);
    let code = match first {
        '1'..='7' if !chars.as_str().starts_with(is_octal) => return Err(invalid(chars.as_str())),
        '0'..='7' => {
            let mut code = u32::from(first) - u32::from('0');
            for _ in 0..2 {
                let Some(digit) = chars.clone().next().and_then(|next| next.to_digit(8)) else { break };
                chars.next();
                code = code * 8 + digit;
            }
            code
        }
        'x' => return hexadecimal(chars.as_str()).map_err(invalid),
        'a' => 7,
        'f' => 12,
        'n' => 10,
        'r' => 13,
        't' => 9,
        'v' => 11,
        _ if first.is_ascii() && !first.is_ascii_alphanumeric() => u32::from(first),
        _ => return Err(invalid(chars.as_str())),
    };
    Ok((code, chars.as_str()))
}

fn is_octal(c: char) -> bool {
    c.is_digit(8)
}

/// Reads `7F` or `{1F600}`; an error is what follows the text that is no code point.
fn hexadecimal(text: &str) -> Result<(u32, &str), &str> {
    let mut chars = text.chars();
    let first = chars.next().ok_or(text)?;
    if first != '{' {
        // Two digits are consumed before either is judged.
        let second = chars.next();
        let digits = (first.to_digit(16), second.and_then(|c| c.to_digit(16)));
        let (Some(high), Some(low)) = digits else { return Err(chars.as_str()) };
        return Ok((high * 16 + low, chars.as_str()));
    }
    let mut code = 0;
    let mut count = 0;
    for c in chars.by_ref() {
        if c == '}' {
            break;
        }
        let Some(digit) = c.to_digit(16) else {
            count = 0;
            break;
        };
        code = code * 16 + digit;
        count += 1;
        if code > u32::from(char::MAX) {
            count = 0;
            break;
        }
    }
    let closed = text[..text.len() - chars.as_str().len()].ends_with('}');
    if count == 0 || !closed { Err(chars.as_str()) } else { Ok((code, chars.as_str())) }
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn one_character_each() {
        for (text, expected) in [
            (r"\n.", Ok((10, "."))),
            (r"\.x", Ok((46, "x"))),
            (r"\_", Ok((95, ""))),
            (r"\x41B", Ok((65, "B"))),
            (r"\x{1F600}z", Ok((0x1F600, "z"))),
            (r"\0", Ok((0, ""))),
            (r"\1018", Ok((65, "8"))),
            (r"\8", Err(r"\8")),
            (r"\1", Err(r"\1")),
            (r"\q", Err(r"\q")),
            (r"\xg0", Err(r"\xg0")),
            (r"\x{}", Err(r"\x{}")),
            (r"\x{12", Err(r"\x{12")),
            (r"\x{110000}", Err(r"\x{110000")),
            (r"\x", Err(r"\x")),
            ("\\", Err("")),
        ] {
            assert_eq!(escape(text).map_err(|error| error.part), expected.map_err(str::to_owned), "{text}");
        }
    }
}
