//! How numbers are written. Trailing zeros and exponents are kept as they came about.

use std::fmt;

use crate::decimal::Decimal;
use crate::number::{Number, View};

impl Number {
    /// As in CUE text: `1e+3`, and `.0` is added to a float that would look like an int.
    pub fn to_cue_string(&self) -> String {
        match self.view() {
            View::Float(decimal) => {
                let mut text = scientific(decimal, 'e');
                if !text.contains(['.', 'e']) {
                    text.push_str(".0");
                }
                text
            }
            _ => self.to_json_string(),
        }
    }

    /// As in JSON, in interpolations and in messages: `1E+3`, and a float may look like an int.
    pub fn to_json_string(&self) -> String {
        match self.view() {
            View::Int(small) => small.to_string(),
            View::Big(big) => big.to_string(),
            View::Float(decimal) => scientific(decimal, 'E'),
        }
    }
}

/// The same text as [`Number::to_json_string`].
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.view() {
            View::Int(small) => write!(f, "{small}"),
            View::Big(big) => write!(f, "{big}"),
            View::Float(decimal) => write!(f, "{decimal}"),
        }
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&scientific(self, 'E'))
    }
}

/// Zeros with an exponent below this are not written out.
const SMALLEST_PLAIN_ZERO: i32 = -2000;

/// Scientific notation where the exponent is above 0 or the first digit stands more than six places behind the point,
/// else plain.
fn scientific(number: &Decimal, letter: char) -> String {
    let digits = number.coefficient.to_string();
    let sign = if number.negative { "-" } else { "" };
    let exponent = i64::from(number.exponent);
    let adjusted = exponent + digits.len() as i64 - 1;
    let plain_zero = number.is_zero() && (SMALLEST_PLAIN_ZERO..0).contains(&number.exponent);
    if exponent <= 0 && (adjusted >= -6 || plain_zero) {
        return format!("{sign}{}", plain(&digits, number.exponent.unsigned_abs() as usize));
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}{letter}{adjusted:+}")
}

/// Digits with a point before the last `fraction` of them.
fn plain(digits: &str, fraction: usize) -> String {
    match digits.len().checked_sub(fraction) {
        _ if fraction == 0 => digits.to_owned(),
        Some(whole) if whole > 0 => format!("{}.{}", &digits[..whole], &digits[whole..]),
        _ => format!("0.{digits:0>fraction$}"),
    }
}
