//! How numbers are spelt in YAML.

use cue_num::{Number, View};

/// The spelling of a number: as the author wrote it, where YAML reads that as a number, else in plain digits.
pub(super) fn spell(number: &Number, written: Option<&str>) -> String {
    let spelt = match written {
        Some(written) => written.to_owned(),
        None => canonical(number),
    };
    if is_read_as_number(&spelt) {
        return spelt;
    }
    let magnitude = spelt.strip_prefix('-').unwrap_or(&spelt);
    // `0X1F` and `1.5Ki` are CUE's own.
    let is_decimal =
        magnitude.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'_' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_decimal {
        return number.to_json_string();
    }
    let plain = magnitude.replace('_', "").replace('E', "e");
    let sign = &spelt[..spelt.len() - magnitude.len()];
    let zero = if plain.starts_with('.') { "0" } else { "" };
    format!("{sign}{zero}{plain}")
}

/// A float shows that it is one.
fn canonical(number: &Number) -> String {
    let mut text = number.to_json_string();
    if matches!(number.view(), View::Float(_)) && !text.contains(['.', 'E']) {
        text.push('.');
    }
    text
}

/// Whether the YAML library of the CUE tools takes a text for a number: integers of 64 bits in any base, and decimals
/// with a point. It is the reason why `1e3` is respelt and `1.0e3` is not.
pub(super) fn is_read_as_number(text: &str) -> bool {
    let points = text.bytes().filter(|&byte| byte == b'.').count();
    if text.is_empty() || text.starts_with('_') || points > 1 {
        return false;
    }
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix('+').unwrap_or(text);
    let magnitude = unsigned.strip_prefix('-').unwrap_or(unsigned).replace('_', "");
    let (digits, radix) = match magnitude.as_bytes() {
        [b'0', b'x', ..] => (&magnitude[2..], 16),
        [b'0', b'o', ..] => (&magnitude[2..], 8),
        [b'0', b'b', ..] => (&magnitude[2..], 2),
        [b'0', _, ..] if points == 0 => (&magnitude[1..], 8),
        _ if points == 1 => return is_decimal_float(&magnitude),
        _ => (&*magnitude, 10),
    };
    // A second sign is none of a number, though the standard library would take it.
    let is_digits = !digits.is_empty() && digits.bytes().all(|digit| char::from(digit).is_digit(radix));
    is_digits
        && match u64::from_str_radix(digits, radix) {
            Ok(magnitude) => !is_negative || magnitude <= 1 << 63,
            Err(_) => false,
        }
}

/// Digits with a point and perhaps an exponent, within the range of 64-bit floats.
fn is_decimal_float(text: &str) -> bool {
    let is_float = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    is_float && !text.starts_with(['+', '-']) && text.parse::<f64>().is_ok_and(f64::is_finite)
}
