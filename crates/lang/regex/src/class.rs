//! Sets of characters: `[a-z]`, `\d`, `\pL`, `[[:alpha:]]`.

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind};

use crate::error::{Error, ErrorKind};
use crate::escape::escape;

/// A set of characters and what follows it in the pattern.
type Parsed<'a> = (ClassUnicode, &'a str);

pub(crate) fn range(low: u32, high: u32) -> ClassUnicode {
    // Surrogates are no characters and match nothing.
    let low = char::from_u32(low).unwrap_or('\u{E000}');
    let high = char::from_u32(high).unwrap_or('\u{D7FF}');
    ClassUnicode::new((low <= high).then(|| ClassUnicodeRange::new(low, high)))
}

pub(crate) fn folded(mut class: ClassUnicode) -> ClassUnicode {
    class.case_fold_simple();
    class
}

fn negated(mut class: ClassUnicode) -> ClassUnicode {
    class.negate();
    class
}

/// Reads a class that starts with `[`.
pub(crate) fn bracketed(text: &str, fold: bool) -> Result<Parsed<'_>, Error> {
    let mut rest = &text[1..];
    let negative = rest.starts_with('^');
    if negative {
        rest = &rest[1..];
    }
    let mut class = ClassUnicode::empty();
    let mut first = true;
    // A `]` that comes first is one of the characters.
    while first || !rest.starts_with(']') {
        first = false;
        let part = if let Some(parsed) = named(rest, fold)? {
            parsed
        } else if let Some(parsed) = group(rest, fold)? {
            parsed
        } else {
            character_range(rest, text, fold)?
        };
        class.union(&part.0);
        rest = part.1;
    }
    Ok((if negative { negated(class) } else { class }, &rest[1..]))
}

/// A single character or `a-z`, in a class.
fn character_range<'a>(text: &'a str, whole: &str, fold: bool) -> Result<Parsed<'a>, Error> {
    let (low, mut rest) = character(text, whole)?;
    let mut high = low;
    // A `-` before the end of the class is a character.
    if rest.len() >= 2 && rest.starts_with('-') && !rest.starts_with("-]") {
        (high, rest) = character(&rest[1..], whole)?;
        if high < low {
            return Err(Error::new(ErrorKind::InvalidCharRange, &text[..text.len() - rest.len()]));
        }
    }
    let class = range(low, high);
    Ok((if fold { folded(class) } else { class }, rest))
}

fn character<'a>(text: &'a str, whole: &str) -> Result<(u32, &'a str), Error> {
    if text.starts_with('\\') {
        return escape(text);
    }
    let mut chars = text.chars();
    match chars.next() {
        Some(c) => Ok((u32::from(c), chars.as_str())),
        None => Err(Error::new(ErrorKind::MissingBracket, whole)),
    }
}

/// Reads `\d`, `\W`, `\pL`, `\P{Greek}` …, if the text starts with one.
pub(crate) fn group(text: &str, fold: bool) -> Result<Option<Parsed<'_>>, Error> {
    let Some(behind) = text.strip_prefix('\\') else { return Ok(None) };
    let Some(letter) = behind.chars().next() else { return Ok(None) };
    if matches!(letter, 'p' | 'P') {
        return unicode(text, fold);
    }
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\x0C', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return Ok(None),
    };
    Ok(Some((ascii(ranges, letter.is_ascii_uppercase(), fold), &behind[1..])))
}

fn ascii(ranges: &[(char, char)], negative: bool, fold: bool) -> ClassUnicode {
    let class = ClassUnicode::new(ranges.iter().map(|&(low, high)| ClassUnicodeRange::new(low, high)));
    let class = if fold { folded(class) } else { class };
    if negative { negated(class) } else { class }
}

/// Reads `[:alpha:]` or `[:^alpha:]`, if the text starts with one.
fn named(text: &str, fold: bool) -> Result<Option<Parsed<'_>>, Error> {
    let Some(behind) = text.strip_prefix("[:") else { return Ok(None) };
    let Some((name, rest)) = behind.split_once(":]") else { return Ok(None) };
    let (negative, bare) = name.strip_prefix('^').map_or((false, name), |bare| (true, bare));
    let ranges: &[(char, char)] = match bare {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7F')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1F'), ('\x7F', '\x7F')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return Err(Error::new(ErrorKind::InvalidCharRange, &text[..text.len() - rest.len()])),
    };
    Ok(Some((ascii(ranges, negative, fold), rest)))
}

/// Reads `\pL`, `\p{Greek}`, `\P{^Lu}`.
fn unicode(text: &str, fold: bool) -> Result<Option<Parsed<'_>>, Error> {
    let mut negative = text.starts_with("\\P");
    let mut chars = text[2..].chars();
    let (mut name, rest) = match chars.next() {
        None => ("", ""),
        Some('{') => match chars.as_str().split_once('}') {
            Some(parts) => parts,
            None => return Err(Error::new(ErrorKind::InvalidCharRange, text)),
        },
        Some(_) => text[2..].split_at(text.len() - 2 - chars.as_str().len()),
    };
    if let Some(bare) = name.strip_prefix('^') {
        negative = !negative;
        name = bare;
    }
    let Some(class) = property(name) else {
        return Err(Error::new(ErrorKind::InvalidCharRange, &text[..text.len() - rest.len()]));
    };
    let class = if fold { folded(class) } else { class };
    Ok(Some((if negative { negated(class) } else { class }, rest)))
}

/// The characters of a general category or a script.
fn property(name: &str) -> Option<ClassUnicode> {
    if !name.starts_with(|c: char| c.is_ascii_alphabetic())
        || !name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-' | ' '))
    {
        return None;
    }
    ["gc", "sc"].into_iter().find_map(|property| {
        let hir = regex_syntax::parse(&format!("\\p{{{property}={name}}}")).ok()?;
        class_of(&hir)
    })
}

fn class_of(hir: &Hir) -> Option<ClassUnicode> {
    match hir.kind() {
        HirKind::Class(Class::Unicode(class)) => Some(class.clone()),
        _ => None,
    }
}
