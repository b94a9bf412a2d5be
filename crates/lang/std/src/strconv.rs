//! `strconv`: numbers, booleans and quoted text to and from strings.

use std::borrow::Cow;

use cue_data::{Call, CallError, Constant, Function, Kinds as K, Package, Value};
use cue_num::{BigInt, NumError, Number};
use cue_syntax::ast::{Expr, Quote};
use strata_base::FileId;

use crate::args::{Answer, Arguments, DIGITS, decimal, fail, function, number_error};
use crate::quote::{Escape, is_graphic, is_print, quoted};
use crate::{float, quote};

pub(crate) const PACKAGE: Package =
    Package { path: "strconv", functions: FUNCTIONS, constants: &[("IntSize", Constant::Int(64))] };

const S: K = K::STRING;

const FUNCTIONS: &[Function] = &[
    function("Atoi", &[S], K::INT, |_, args| parse_int("Atoi", args.string(0)?, 10, 0)),
    function("FormatBool", &[K::BOOL], S, |_, args| match args.value(0) {
        Value::Bool(true) => Ok("true".into()),
        _ => Ok("false".into()),
    }),
    function("FormatFloat", &[K::NUMBER, K::TOP, K::INT, K::INT], S, |call, args| {
        let format = match args.value(1) {
            Value::String(text) => match text.as_bytes() {
                [format] => *format,
                _ => return fail("expected single character string"),
            },
            Value::Number(number) if number.is_int() => match number.as_u64().and_then(|n| u8::try_from(n).ok()) {
                Some(format) => format,
                None => return fail(format!("format value {number} out of range [0, 255]")),
            },
            other => return fail(format!("unexpected kind {}", other.kind())),
        };
        float::format(call, args.number(0)?.to_f64(), format, args.i64(2)?, args.i64(3)?).map(Value::from)
    }),
    function("FormatInt", &[K::INT, K::INT], S, format_int),
    function("FormatUint", &[K::INT, K::INT], S, format_int),
    function("IsGraphic", &[K::INT], K::BOOL, |_, args| Ok(rune(args)?.is_some_and(is_graphic).into())),
    function("IsPrint", &[K::INT], K::BOOL, |_, args| Ok(rune(args)?.is_some_and(is_print).into())),
    function("ParseBool", &[S], K::BOOL, |_, args| {
        let text = args.string(0)?;
        match text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true.into()),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false.into()),
            _ => syntax_error("ParseBool", text),
        }
    }),
    function("ParseFloat", &[S, K::INT], K::NUMBER, |_, args| parse_float(args.string(0)?, args.i64(1)?)),
    function("ParseInt", &[S, K::INT, K::INT], K::INT, |_, args| {
        parse_int("ParseInt", args.string(0)?, args.i64(1)?, args.i64(2)?)
    }),
    function("ParseNumber", &[S], K::NUMBER, |_, args| {
        let text = args.string(0)?;
        match Number::parse_literal(text) {
            Ok(number) => decimal(&number),
            Err(error) if error.is_limit() => Err(number_error(&error)),
            Err(error) => parse_error("ParseNumber", text, &error.to_string()),
        }
    }),
    function("ParseUint", &[S, K::INT, K::INT], K::INT, |_, args| {
        parse_uint(args.string(0)?, args.i64(1)?, args.i64(2)?)
    }),
    function("Quote", &[S], S, |call, args| quote_string(call, args, Escape::Unprintable)),
    function("QuoteRune", &[K::INT], S, |_, args| quote_rune(args, Escape::Unprintable)),
    function("QuoteRuneToASCII", &[K::INT], S, |_, args| quote_rune(args, Escape::AllButAscii)),
    function("QuoteRuneToGraphic", &[K::INT], S, |_, args| quote_rune(args, Escape::UnprintableButSpaces)),
    function("QuoteToASCII", &[S], S, |call, args| quote_string(call, args, Escape::AllButAscii)),
    function("QuoteToGraphic", &[S], S, |call, args| quote_string(call, args, Escape::UnprintableButSpaces)),
    function("Unquote", &[S], S, |_, args| unquote(args.string(0)?)),
];

fn parse_error<T>(function: &str, text: &str, why: &str) -> Result<T, CallError> {
    fail(format!("strconv.{function}: parsing {}: {why}", quoted(text, '"', Escape::Unprintable)))
}

fn syntax_error<T>(function: &str, text: &str) -> Result<T, CallError> {
    parse_error(function, text, "invalid syntax")
}

fn range_error<T>(function: &str, text: &str) -> Result<T, CallError> {
    parse_error(function, text, "value out of range")
}

/// An integer of any size, in two's complement of so many bits unless that is 0.
fn parse_int(function: &str, text: &str, base: i64, bits: i64) -> Answer {
    let Ok(bits) = u32::try_from(bits) else { return range_error(function, text) };
    let Some(number) = integer(text, base)? else { return syntax_error(function, text) };
    let magnitude = match number.is_negative() {
        // -128 takes as many bits as 127.
        true => number.neg().sub(&Number::from(1), DIGITS).map_err(|error| number_error(&error))?,
        false => number.clone(),
    };
    if bits > 0 && bit_length(&magnitude) > bits as usize - 1 {
        return range_error(function, text);
    }
    Ok(number.into())
}

fn parse_uint(text: &str, base: i64, bits: i64) -> Answer {
    let Ok(bits) = u32::try_from(bits) else { return range_error("ParseUint", text) };
    let Some(number) = integer(text, base)? else { return syntax_error("ParseUint", text) };
    if number.is_negative() || (bits > 0 && bit_length(&number) > bits as usize) {
        return range_error("ParseUint", text);
    }
    Ok(number.into())
}

fn bit_length(number: &Number) -> usize {
    number.to_bigint().map_or(0, |big| cue_num::bit_length(&big))
}

/// The digits that Go uses up to base 62.
const DIGIT_NAMES: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// Reads digits of a base from 2 to 62, with a sign; base 0 takes the base from a prefix and allows separators.
fn integer(text: &str, base: i64) -> Result<Option<Number>, CallError> {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (base, digits) = match base {
        0 => match prefixed(digits) {
            Some(parts) => parts,
            None => return Ok(None),
        },
        2..=62 => (u32::try_from(base).unwrap_or(0), digits.to_owned()),
        _ => return fail(format!("invalid number base {base}")),
    };
    if digits.is_empty() {
        return Ok(None);
    }
    let magnitude = if base <= 36 {
        if !digits.chars().all(|c| c.is_digit(base)) {
            return Ok(None);
        }
        match Number::parse_radix(&digits, base, DIGITS) {
            Ok(number) => number,
            Err(error @ NumError::TooManyDigits(_)) => return Err(number_error(&error)),
            Err(_) => return Ok(None),
        }
    } else {
        let mut number = Number::ZERO;
        for byte in digits.bytes() {
            let Some(digit) = DIGIT_NAMES[..base as usize].iter().position(|&name| name == byte) else {
                return Ok(None);
            };
            number = number.mul(&Number::from(base), DIGITS).map_err(|error| number_error(&error))?;
            number = number.add(&Number::from(digit), DIGITS).map_err(|error| number_error(&error))?;
        }
        number
    };
    Ok(Some(if negative { magnitude.neg() } else { magnitude }))
}

/// Takes a prefix such as `0x` off, and the separators out, each of which has to stand between digits.
fn prefixed(digits: &str) -> Option<(u32, String)> {
    let lower = digits.get(..2).unwrap_or("").to_ascii_lowercase();
    let (base, rest, prefix) = match lower.as_str() {
        "0x" => (16, &digits[2..], true),
        "0b" => (2, &digits[2..], true),
        "0o" => (8, &digits[2..], true),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..], true),
        _ => (10, digits, false),
    };
    let misplaced = rest.contains("__") || rest.ends_with('_') || (rest.starts_with('_') && !prefix);
    (!misplaced).then(|| (base, rest.replace('_', "")))
}

fn format_int(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (number, base) = (args.bigint(0)?, args.i64(1)?);
    let Some(base) = u8::try_from(base).ok().filter(|base| (2..=62).contains(base)) else {
        return fail("invalid base");
    };
    let digits = cue_num::bit_length(&number);
    call.check_string(digits)?;
    call.spend(digits / 16)?;
    if base <= 36 {
        return Ok(number.in_radix(base).to_string().into());
    }
    let mut rest = Number::from(number.clone()).abs();
    let base_number = Number::from(u32::from(base));
    let mut text = Vec::new();
    loop {
        call.spend(cue_num::bit_length(&number) / 64 + 1)?;
        let digit = rest.int_rem(&base_number).map_err(|error| number_error(&error))?.as_u64().unwrap_or(0);
        text.push(DIGIT_NAMES[usize::try_from(digit).unwrap_or(0)]);
        rest = rest.int_quo(&base_number).map_err(|error| number_error(&error))?;
        if rest.is_zero() {
            break;
        }
    }
    if number < BigInt::ZERO {
        text.push(b'-');
    }
    text.reverse();
    Ok(String::from_utf8_lossy(&text).into_owned().into())
}

/// Reads a binary floating-point number of 32 or 64 bits.
fn parse_float(spelling: &str, bits: i64) -> Answer {
    let text = &*match without_separators(spelling) {
        Some(text) => text,
        None => return syntax_error("ParseFloat", spelling),
    };
    let signless = text.trim_start_matches(['+', '-']);
    let plain = signless.starts_with(|c: char| c.is_ascii_digit() || c == '.') && text.len() - signless.len() <= 1;
    let value = match plain {
        true if signless.len() > 1 && signless[..2].eq_ignore_ascii_case("0x") => {
            hexadecimal(signless).map(|magnitude| if text.starts_with('-') { -magnitude } else { magnitude })
        }
        true => text.parse::<f64>().ok(),
        false => None,
    };
    let Some(value) = value else { return syntax_error("ParseFloat", spelling) };
    let number = match bits {
        32 => {
            // Read again: rounding twice is not rounding once.
            #[expect(clippy::cast_possible_truncation, reason = "a number of 32 bits is asked for")]
            let narrow = text.parse::<f32>().unwrap_or(value as f32);
            Number::from_f64(f64::from(narrow))
        }
        _ => Number::from_f64(value),
    };
    match number {
        Some(number) => Ok(number.into()),
        None => range_error("ParseFloat", spelling),
    }
}

/// A number without its underscores, if each of them stands between digits.
fn without_separators(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let hexadecimal = text.contains(['x', 'X']);
    let digit = |c: Option<char>| {
        c.is_some_and(|c| c.is_ascii_digit() || (hexadecimal && (c.is_ascii_hexdigit() || matches!(c, 'x' | 'X'))))
    };
    let between = |(at, _)| digit(text[..at].chars().next_back()) && digit(text[at + 1..].chars().next());
    text.match_indices('_').all(between).then(|| Cow::Owned(text.replace('_', "")))
}

/// Reads `0x1.8p3`, if it has no more digits than a double.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text[2..].split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if digits.is_empty() || significant.len() > 13 || exponent.is_empty() {
        return None;
    }
    let zeros = digits.len() - digits.trim_end_matches('0').len();
    let value = if significant.is_empty() { 0 } else { u64::from_str_radix(significant, 16).ok()? };
    let shift = if significant.is_empty() {
        0
    } else {
        4 * (i64::try_from(zeros).ok()? - i64::try_from(fraction.len()).ok()?)
    };
    let exponent = exponent.parse::<i32>().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "thirteen hexadecimal digits fit into a double")]
    let value = value as f64;
    Some(libm::scalbn(value, i32::try_from(i64::from(exponent) + shift).ok()?))
}

/// The character that a number stands for; what stands for none is replaced where it is shown.
fn rune(args: &[Value]) -> Result<Option<char>, CallError> {
    let code = args.i64(0)?;
    match i32::try_from(code) {
        Ok(code) => Ok(u32::try_from(code).ok().and_then(char::from_u32)),
        Err(_) => fail(format!("int {code} overflows rune in argument 0")),
    }
}

fn quote_rune(args: &[Value], escape: Escape) -> Answer {
    let c = rune(args)?.unwrap_or(char::REPLACEMENT_CHARACTER);
    Ok(quoted(c.encode_utf8(&mut [0; 4]), '\'', escape).into())
}

fn quote_string(call: &mut Call<'_>, args: &[Value], escape: Escape) -> Answer {
    let text = args.string(0)?;
    // An escape is at most ten times as long as its character.
    call.check_string(text.len() * 10 + 2)?;
    Ok(quote::quoted(text, '"', escape).into())
}

/// The value of a string literal of CUE.
fn unquote(text: &str) -> Answer {
    let (file, root, diagnostics) = cue_syntax::parse_expr(FileId::NONE, text);
    let is_quote = ['"', '\'', '#'];
    if text.starts_with(is_quote) && (text.len() == 1 || !text.ends_with(is_quote)) {
        return fail("invalid string: unmatched quote");
    }
    if !text.starts_with(is_quote) || diagnostics.iter().any(strata_base::Diagnostic::is_error) {
        return fail("invalid syntax");
    }
    match file.expr(root) {
        Expr::String { value, spelling } if spelling.quote == Quote::String => Ok((&**file.text(value)).into()),
        Expr::Bytes { value, .. } => Ok(String::from_utf8_lossy(file.byte_string(value)).into_owned().into()),
        _ => fail("invalid syntax"),
    }
}
