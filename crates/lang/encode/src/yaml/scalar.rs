//! What a scalar of YAML stands for.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use cue_num::{Number, NumberKind};

use super::compose::Tag;

/// A scalar once it is known what it stands for.
#[derive(Clone, Debug)]
pub(super) enum Scalar<'t> {
    Null,
    Bool(bool),
    Number(Number),
    String(&'t str),
    Bytes(Vec<u8>),
}

/// What a plain scalar looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    Null,
    Bool(bool),
    Number(NumberKind),
    /// An infinity or a NaN, by the name that it has as a key.
    Special(&'static str),
    String,
}

/// The value of a scalar, or why it has none.
pub(super) fn resolve<'t>(text: &'t str, is_plain: bool, tag: &Tag) -> Result<Scalar<'t>, String> {
    match tag {
        Tag::None if !is_plain => Ok(Scalar::String(text)),
        Tag::None => resolve_plain(text),
        Tag::Core(name) => match &**name {
            "str" | "timestamp" => Ok(Scalar::String(text)),
            "binary" => binary(text),
            "bool" => Ok(Scalar::Bool(matches!(text, "true" | "True" | "TRUE"))),
            "int" => integer(text).map(Scalar::Number),
            "float" if is_plain && matches!(look(text), Look::Special(_)) => resolve_plain(text),
            "float" => number(text, "!!float").map(Scalar::Number),
            "null" => Ok(Scalar::Null),
            _ => Err(format!("cannot unmarshal tag {tag}")),
        },
        Tag::Other(_) => Err(format!("cannot unmarshal tag {tag}")),
    }
}

fn resolve_plain(text: &str) -> Result<Scalar<'_>, String> {
    match look(text) {
        Look::Null => Ok(Scalar::Null),
        Look::Bool(value) => Ok(Scalar::Bool(value)),
        Look::Number(NumberKind::Int) => integer(text).map(Scalar::Number),
        Look::Number(NumberKind::Float) => number(text, "!!float").map(Scalar::Number),
        Look::Special(_) => Err(format!("cannot represent {text}: CUE has no infinities and no NaN")),
        Look::String => Ok(Scalar::String(text)),
    }
}

/// The name of the field that a scalar key makes: numbers keep their spelling, words are normalised.
pub(super) fn label<'t>(text: &'t str, is_plain: bool, tag: &Tag) -> Result<Cow<'t, str>, String> {
    let boolean = |value: bool| Cow::Borrowed(if value { "true" } else { "false" });
    if *tag != Tag::None {
        return match resolve(text, is_plain, tag)? {
            Scalar::Null => Ok("null".into()),
            Scalar::Bool(value) => Ok(boolean(value)),
            Scalar::Number(_) => numeric_label(octal_to_cue(text)),
            Scalar::String(_) | Scalar::Bytes(_) => Ok(text.into()),
        };
    }
    match if is_plain { look(text) } else { Look::String } {
        Look::Null => Ok("null".into()),
        Look::Bool(value) => Ok(boolean(value)),
        Look::Number(_) => numeric_label(octal_to_cue(text)),
        Look::Special(name) => numeric_label(name.into()),
        Look::String => Ok(text.into()),
    }
}

/// A negative number would be an expression, not a name.
fn numeric_label(text: Cow<'_, str>) -> Result<Cow<'_, str>, String> {
    if text.starts_with('-') { Err(format!("invalid label {text}")) } else { Ok(text) }
}

pub(super) fn look(text: &str) -> Look {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Look::Null,
        "true" | "True" | "TRUE" => Look::Bool(true),
        "false" | "False" | "FALSE" => Look::Bool(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Look::Special("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => Look::Special("-Inf"),
        ".nan" | ".NaN" | ".NAN" => Look::Special("NaN"),
        _ => look_of_number(text).map_or(Look::String, Look::Number),
    }
}

/// Integers are those of YAML 1.2, and of 1.1 octals with a leading zero, binaries, and a sign before any base.
/// A decimal with a leading zero is none, so that `0778` is a string. Floats need a point or an exponent. Underscores
/// may stand anywhere but in front.
pub(super) fn look_of_number(text: &str) -> Option<NumberKind> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let plain = text.replace('_', "");
    let plain = plain.strip_prefix(['-', '+']).unwrap_or(&plain);
    if is_integer(plain) {
        return Some(NumberKind::Int);
    }
    is_float(plain).then_some(NumberKind::Float)
}

fn is_integer(text: &str) -> bool {
    let all = |digits: &str, radix| !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
    match text.strip_prefix('0') {
        None => all(text, 10),
        Some("") => true,
        Some(rest) => match rest.as_bytes()[0] {
            b'b' => all(&rest[1..], 2),
            b'x' => all(&rest[1..], 16),
            b'o' => all(&rest[1..], 8),
            _ => all(rest, 8),
        },
    }
}

fn is_float(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    let mut rest = &text[whole..];
    let has_point = rest.starts_with('.');
    if has_point {
        let fraction = digits(&rest[1..]);
        if whole + fraction == 0 {
            return false;
        }
        rest = &rest[1 + fraction..];
    }
    match rest.strip_prefix(['e', 'E']) {
        None => has_point && rest.is_empty(),
        Some(exponent) => {
            let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            whole + usize::from(has_point) > 0 && !exponent.is_empty() && digits(exponent) == exponent.len()
        }
    }
}

fn integer(text: &str) -> Result<Number, String> {
    let number = number(text, "!!int")?;
    if number.is_int() { Ok(number) } else { Err(format!("cannot decode {text:?} as !!int: not a literal number")) }
}

/// Every number of YAML is one of CUE too, once octals are spelt as there. What is not is told as a bad number.
fn number(text: &str, tag: &str) -> Result<Number, String> {
    Number::parse_literal(&octal_to_cue(text)).map_err(|error| format!("cannot decode {text:?} as {tag}: {error}"))
}

/// `0777` as CUE spells it, `0o777`; any other number as it is.
fn octal_to_cue(text: &str) -> Cow<'_, str> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = &text[..text.len() - digits.len()];
    match digits.strip_prefix('0') {
        Some(rest) if !rest.is_empty() && rest.bytes().all(|digit| matches!(digit, b'0'..=b'7' | b'_')) => {
            Cow::Owned(format!("{sign}0o{rest}"))
        }
        _ => Cow::Borrowed(text),
    }
}

fn binary(text: &str) -> Result<Scalar<'_>, String> {
    let text: String = text.split_ascii_whitespace().collect();
    let bytes = BASE64.decode(text).map_err(|_| "!!binary value contains invalid base64 data")?;
    Ok(Scalar::Bytes(bytes))
}
