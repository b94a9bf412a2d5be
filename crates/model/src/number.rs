//! Exact numbers. Two spellings of one number are one number: `1.0`, `1` and `10e-1`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Digits and exponents beyond this are refused; no platform has a use for them and they would cost without bound.
const MAX_DIGITS: usize = 1000;

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    /// Canonical plain decimal text of what is no `i64`.
    Text(Arc<str>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a number")]
pub struct NumberError;

impl Number {
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(int) => Some(int),
            Repr::Text(_) => None,
        }
    }

    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Text(text) => !text.contains('.'),
        }
    }

    pub fn as_str(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Int(int) => Cow::Owned(int.to_string()),
            Repr::Text(text) => Cow::Borrowed(text),
        }
    }

    /// The number as a float, rounded where it must be. For measuring, never for comparing or storing.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(int) => *int as f64,
            Repr::Text(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// The float whose shortest text is this number, if there is one.
    pub fn as_exact_f64(&self) -> Option<f64> {
        let float = self.to_f64();
        (Number::from_f64(float).as_ref() == Some(self)).then_some(float)
    }

    /// The number that the shortest text of a float says; `None` for what is not finite.
    pub fn from_f64(float: f64) -> Option<Number> {
        if !float.is_finite() {
            return None;
        }
        float.to_string().parse().ok()
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Number {
        Number(Repr::Int(int))
    }
}

impl From<u64> for Number {
    fn from(int: u64) -> Number {
        match i64::try_from(int) {
            Ok(int) => Number(Repr::Int(int)),
            Err(_) => Number(Repr::Text(int.to_string().into())),
        }
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Reads a JSON number of any size.
    fn from_str(text: &str) -> Result<Number, NumberError> {
        if let Ok(int) = text.parse::<i64>()
            && !text.starts_with('+')
        {
            return Ok(Number::from(int));
        }
        let (negative, rest) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            None => (rest, 0),
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().map_err(|_| NumberError)?),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let digits_only = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits_only(whole) || !digits_only(fraction) {
            return Err(NumberError);
        }
        let digits = [whole, fraction].concat();
        let point = i64::try_from(whole.len()).map_err(|_| NumberError)?.checked_add(exponent).ok_or(NumberError)?;
        let limit = i64::try_from(MAX_DIGITS).map_err(|_| NumberError)?;
        if digits.bytes().all(|byte| byte == b'0') {
            return Ok(Number::from(0_i64));
        }
        if digits.len() > MAX_DIGITS || point.abs() > limit {
            return Err(NumberError);
        }
        Ok(plain(negative, &digits, point))
    }
}

/// The number 0.`digits` × 10^`point`, with zeroes at neither end.
fn plain(negative: bool, digits: &str, point: i64) -> Number {
    let width = |count: i64| usize::try_from(count).unwrap_or(0);
    let len = i64::try_from(digits.len()).unwrap_or(0);
    let (whole, fraction) = if point <= 0 {
        (String::new(), "0".repeat(width(-point)) + digits)
    } else if point >= len {
        (digits.to_owned() + &"0".repeat(width(point - len)), String::new())
    } else {
        (digits[..width(point)].to_owned(), digits[width(point)..].to_owned())
    };
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let mut text = String::new();
    if negative {
        text.push('-');
    }
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    match text.parse::<i64>() {
        Ok(int) => Number(Repr::Int(int)),
        Err(_) => Number(Repr::Text(text.into())),
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_are_one_number() {
        let canonical = |text: &str| text.parse::<Number>().map(|number| number.to_string());
        for (text, expected) in [
            ("1.0", "1"),
            ("10e-1", "1"),
            ("-0.0", "0"),
            ("1e3", "1000"),
            ("0.50", "0.5"),
            ("12.5e-3", "0.0125"),
            ("9223372036854775808", "9223372036854775808"),
            ("-1.25E2", "-125"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "-", "1.", ".5", "+1", "1e", "0x1", "1e100000", "NaN"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }

    #[test]
    fn json_loses_no_digit() {
        for text in ["0.1", "1.5", "18446744073709551616", "0.1000000000000000055511151231257827", "1e300"] {
            let number: Number = text.parse().unwrap();
            let value = crate::Value::Number(number);
            let bytes = crate::codec::to_json(&value).unwrap();
            assert_eq!(crate::codec::from_json::<crate::Value>(&bytes).unwrap(), value, "{text}");
        }
    }
}
