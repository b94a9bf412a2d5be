//! Numbers as they are written in CUE and in JSON.

use dashu_int::UBig;

use crate::context::Rounding;
use crate::decimal::{Decimal, MAX_EXPONENT};
use crate::error::{DigitLimit, NumError};
use crate::number::Number;

impl Number {
    /// Reads a number as CUE spells it: `0x1F 0b1 0o7 1_000 .5 1e3 1.5Ki`, with an optional sign before it.
    pub fn parse_literal(text: &str) -> Result<Number, NumError> {
        Number::parse_literal_within(text, DigitLimit::DEFAULT)
    }

    pub fn parse_literal_within(text: &str, limit: DigitLimit) -> Result<Number, NumError> {
        // Most numbers are short and plain.
        let plain = text.len() < 19 && text.bytes().all(|b| b.is_ascii_digit());
        if plain
            && (text.len() == 1 || !text.starts_with('0'))
            && let Ok(small) = text.parse::<i64>()
        {
            return Ok(Number::from(small));
        }
        Literal { text, rest: text, limit }.number()
    }

    /// Reads a number of a JSON document, whose grammar the caller has checked: an int unless there is a point or an
    /// exponent.
    pub fn from_json(text: &str) -> Result<Number, NumError> {
        let (negative, magnitude) = match text.strip_prefix('-') {
            Some(magnitude) => (true, magnitude),
            None => (false, text),
        };
        let number = Literal { text, rest: magnitude, limit: DigitLimit::DEFAULT }.decimal()?;
        Ok(if negative { number.neg() } else { number })
    }

    /// Reads the digits of an integer in a base from 2 to 36.
    pub fn parse_radix(digits: &str, radix: u32, limit: DigitLimit) -> Result<Number, NumError> {
        // A digit of base 36 takes more room than one of base 10; a rough bound will do.
        if digits.len() as u64 > u64::from(limit.0) * 4 {
            return Err(NumError::TooManyDigits(limit));
        }
        let magnitude =
            UBig::from_str_radix(digits, radix).map_err(|_| NumError::Literal(format!("invalid number {digits:?}")))?;
        limit.check_bits(dashu_int::ops::BitTest::bit_len(&magnitude))?;
        Ok(Number::from_digits(false, magnitude))
    }
}

/// What stands behind a number: `Ki` is (1024, 1), `M` is (1000, 2).
const SUFFIXES: &str = "KMGTP";

struct Literal<'a> {
    text: &'a str,
    rest: &'a str,
    limit: DigitLimit,
}

impl Literal<'_> {
    fn error(&self, what: &str) -> NumError {
        NumError::Literal(format!("{what} {:?}", self.text))
    }

    fn eat(&mut self, wanted: &[char]) -> Option<char> {
        let first = self.rest.chars().next().filter(|c| wanted.contains(c))?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    fn number(mut self) -> Result<Number, NumError> {
        if self.text.is_empty() {
            return Err(self.error("invalid number"));
        }
        let negative = self.eat(&['-', '+']) == Some('-');
        let number = match self.radix() {
            Some((radix, what)) => self.integer(radix, what)?,
            None => self.decimal()?,
        };
        Ok(if negative { number.neg() } else { number })
    }

    fn radix(&mut self) -> Option<(u32, &'static str)> {
        let radix = match self.rest.as_bytes() {
            [b'0', b'x' | b'X', ..] => (16, "illegal hexadecimal number"),
            [b'0', b'b', ..] => (2, "illegal binary number"),
            [b'0', b'o', ..] => (8, "illegal octal number"),
            _ => return None,
        };
        self.rest = &self.rest[2..];
        Some(radix)
    }

    fn integer(mut self, radix: u32, what: &str) -> Result<Number, NumError> {
        let mut digits = String::new();
        self.digits(radix, &mut digits)?;
        if digits.is_empty() {
            return Err(self.error(what));
        }
        self.end()?;
        Number::parse_radix(&digits, radix, self.limit)
    }

    fn end(&self) -> Result<(), NumError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("illegal number")) }
    }

    /// Appends the digits that follow, without their separators.
    fn digits(&mut self, radix: u32, into: &mut String) -> Result<usize, NumError> {
        let end = self.rest.find(|c: char| c != '_' && !c.is_digit(radix)).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        if digits.ends_with('_') || digits.contains("__") {
            return Err(NumError::Literal("illegal '_' in number".to_owned()));
        }
        if digits.len() > self.limit.0 as usize * 4 {
            return Err(NumError::TooManyDigits(self.limit));
        }
        self.rest = rest;
        let before = into.len();
        into.extend(digits.chars().filter(|&c| c != '_'));
        Ok(into.len() - before)
    }

    /// An integer or a decimal in base 10, with or without suffix.
    fn decimal(mut self) -> Result<Number, NumError> {
        let mut digits = String::new();
        let whole = self.digits(10, &mut digits)?;
        let point = self.eat(&['.']).is_some();
        let fraction = if point { self.digits(10, &mut digits)? } else { 0 };
        if digits.is_empty() {
            return Err(self.error(if point { "illegal fraction" } else { "illegal number start" }));
        }
        if digits.len() > self.limit.0 as usize {
            return Err(NumError::TooManyDigits(self.limit));
        }
        if let Some(suffix) = self.eat(&['K', 'M', 'G', 'T', 'P']) {
            return self.suffixed(&digits, fraction, suffix);
        }
        let exponent = if self.eat(&['e', 'E']).is_some() { Some(self.exponent()?) } else { None };
        self.end()?;
        if !point && exponent.is_none() {
            if whole > 1 && digits.starts_with('0') {
                return Err(self.error("illegal integer number"));
            }
            return self.whole(&digits);
        }
        let exponent = exponent.unwrap_or(0) - fraction as i64;
        let exponent = i32::try_from(exponent).map_err(|_| NumError::EXPONENT)?;
        Ok(Number::from(Decimal::new(false, self.magnitude(&digits)?, exponent)?))
    }

    fn magnitude(&self, digits: &str) -> Result<UBig, NumError> {
        UBig::from_str_radix(digits, 10).map_err(|_| self.error("invalid number"))
    }

    fn whole(&self, digits: &str) -> Result<Number, NumError> {
        match digits.parse::<i64>() {
            Ok(small) => Ok(Number::from(small)),
            Err(_) => Ok(Number::from_digits(false, self.magnitude(digits)?)),
        }
    }

    fn exponent(&mut self) -> Result<i64, NumError> {
        let negative = self.eat(&['-', '+']) == Some('-');
        let mut digits = String::new();
        if self.digits(10, &mut digits)? == 0 {
            return Err(self.error("illegal exponent"));
        }
        let exponent = digits.parse::<i64>().ok().filter(|&exponent| exponent <= 2 * i64::from(MAX_EXPONENT));
        let exponent = exponent.ok_or(NumError::EXPONENT)?;
        Ok(if negative { -exponent } else { exponent })
    }

    fn suffixed(&mut self, digits: &str, fraction: usize, suffix: char) -> Result<Number, NumError> {
        let base: u64 = if self.eat(&['i']).is_some() { 1024 } else { 1000 };
        if !self.rest.is_empty() {
            return Err(self.error("illegal trailing characters in number"));
        }
        let power = SUFFIXES.find(suffix).unwrap_or(0) + 1;
        let exponent = i32::try_from(fraction).map_err(|_| NumError::EXPONENT)?;
        let product = self.magnitude(digits)? * UBig::from(base).pow(power);
        let product = Decimal::new(false, product, -exponent)?;
        if !product.is_integral() {
            return Err(NumError::Literal("number cannot be represented as int".to_owned()));
        }
        Number::rounded(&product, Rounding::HalfUp, self.limit)
    }
}
