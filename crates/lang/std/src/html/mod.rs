//! `html`: the characters that mean something in HTML, as entities and back.

use std::sync::LazyLock;

use cue_data::{Call, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, function};

pub(crate) const PACKAGE: Package = Package { path: "html", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("Escape", &[K::STRING], K::STRING, escape),
    function("Unescape", &[K::STRING], K::STRING, |_, args| Ok(unescape(args.string(0)?).into())),
];

fn escape(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let text = args.string(0)?;
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            _ => escaped.push(c),
        }
    }
    call.check_string(escaped.len())?;
    Ok(escaped.into())
}

/// The named entities of HTML 5 with their code points, in the order of their names. Those that old pages write without
/// a semicolon stand there in both forms.
static ENTITIES: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let lines = include_str!("entities.txt").lines().filter_map(|line| line.split_once(' '));
    let character = |code| u32::from_str_radix(code, 16).ok().and_then(char::from_u32);
    lines.map(|(name, codes)| (name, codes.split(' ').filter_map(character).collect())).collect()
});

fn named(name: &str) -> Option<&'static str> {
    let at = ENTITIES.binary_search_by(|(entity, _)| (*entity).cmp(name)).ok()?;
    Some(&ENTITIES[at].1)
}

fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        result.push_str(before);
        rest = match numeric(behind).or_else(|| by_name(behind)) {
            Some((characters, length)) => {
                result.push_str(&characters);
                &behind[length..]
            }
            None => {
                result.push('&');
                behind
            }
        };
    }
    result.push_str(rest);
    result
}

/// Reads `#65;` or `#x41;` at the start of a text: the character, and how much was read. The semicolon may be missing,
/// but for a single digit.
fn numeric(text: &str) -> Option<(String, usize)> {
    let digits = text.strip_prefix('#')?;
    let (radix, digits) = match digits.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, digits),
    };
    let count = digits.bytes().take_while(|&b| char::from(b).is_digit(radix)).count();
    let semicolon = usize::from(digits[count..].starts_with(';'));
    let length = text.len() - digits.len() + count + semicolon;
    if length <= 2 {
        return None;
    }
    let code = digits[..count].bytes().fold(0_u32, |code, digit| {
        code.saturating_mul(radix).saturating_add(char::from(digit).to_digit(radix).unwrap_or(0))
    });
    let character = match code {
        0 => char::REPLACEMENT_CHARACTER,
        // Old pages mean Windows-1252.
        0x80..=0x9F => WINDOWS_1252[code as usize - 0x80],
        _ => char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some((character.to_string(), length))
}

const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

/// The longest name that is known only without its semicolon.
const LONGEST_BARE: usize = 6;

/// Reads `amp;`, or the longest bare name that the text starts with.
fn by_name(text: &str) -> Option<(String, usize)> {
    let count = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let whole = count + usize::from(text[count..].starts_with(';'));
    if let Some(characters) = named(&text[..whole]) {
        return Some((characters.to_owned(), whole));
    }
    let longest = whole.saturating_sub(1).min(LONGEST_BARE);
    (2..=longest).rev().find_map(|length| named(&text[..length]).map(|characters| (characters.to_owned(), length)))
}
