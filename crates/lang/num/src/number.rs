//! A number of CUE: an integer or a decimal, by how it came about and not by its value.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use dashu_int::{IBig, Sign, UBig};

use crate::context::{Context, Rounding};
use crate::decimal::{Decimal, MAX_EXPONENT};
use crate::error::{DigitLimit, NumError};

/// CUE's `int` or `float`. Every number is of exactly one kind: `1` is an int, `1.0` and `1e3` are floats.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum NumberKind {
    Int,
    Float,
}

/// What a [`Number`] holds.
#[derive(Clone, Copy, Debug)]
pub enum View<'a> {
    Int(i64),
    /// An integer that does not fit into 64 bits.
    Big(&'a IBig),
    Float(&'a Decimal),
}

/// A number, two words large and cheap to clone.
///
/// `==` is kind-strict (`1` is not `1.0`, but `1.0` is `1.00`), as in unification and in comparing lists.
/// [`Number::compare`] is what the operators `==` and `<` of the language do.
#[derive(Clone, Debug)]
pub struct Number(Repr);

#[derive(Clone, Debug)]
enum Repr {
    Int(i64),
    /// Never a value that fits into an `i64`.
    Big(Arc<IBig>),
    Dec(Arc<Decimal>),
}

impl Number {
    pub const ZERO: Number = Number(Repr::Int(0));

    pub fn kind(&self) -> NumberKind {
        if self.is_int() { NumberKind::Int } else { NumberKind::Float }
    }

    pub fn is_int(&self) -> bool {
        !matches!(self.0, Repr::Dec(_))
    }

    pub fn view(&self) -> View<'_> {
        match &self.0 {
            Repr::Int(small) => View::Int(*small),
            Repr::Big(big) => View::Big(big),
            Repr::Dec(decimal) => View::Float(decimal),
        }
    }

    pub fn is_zero(&self) -> bool {
        match self.view() {
            View::Int(small) => small == 0,
            View::Big(_) => false,
            View::Float(decimal) => decimal.is_zero(),
        }
    }

    /// Whether there is a minus sign, which `-0.0` has too.
    pub fn is_negative(&self) -> bool {
        match self.view() {
            View::Int(small) => small < 0,
            View::Big(big) => big.sign() == Sign::Negative,
            View::Float(decimal) => decimal.negative,
        }
    }

    /// Whether the value is a whole number, of whatever kind.
    pub fn is_integral(&self) -> bool {
        match self.view() {
            View::Float(decimal) => decimal.is_integral(),
            _ => true,
        }
    }

    /// The value if it is an int that fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(small) => Some(small),
            _ => None,
        }
    }

    /// The value if it is an int that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match self.view() {
            View::Int(small) => u64::try_from(small).ok(),
            View::Big(big) => u64::try_from(big).ok(),
            View::Float(_) => None,
        }
    }

    /// The value if it is of kind int.
    pub fn to_bigint(&self) -> Option<IBig> {
        match self.view() {
            View::Int(small) => Some(IBig::from(small)),
            View::Big(big) => Some(big.clone()),
            View::Float(_) => None,
        }
    }

    /// The value in the form that decimal arithmetic uses.
    pub fn to_decimal(&self) -> Decimal {
        let from_int = |(sign, coefficient)| Decimal { negative: sign == Sign::Negative, exponent: 0, coefficient };
        match self.view() {
            View::Int(small) => from_int(IBig::from(small).into_parts()),
            View::Big(big) => from_int(big.clone().into_parts()),
            View::Float(decimal) => decimal.clone(),
        }
    }

    /// The nearest binary number of 64 bits; infinite for what is out of its range.
    pub fn to_f64(&self) -> f64 {
        match self.view() {
            #[allow(clippy::cast_precision_loss)]
            View::Int(small) => small as f64,
            // The shortest way that rounds correctly is by text.
            _ => self.to_json_string().parse().unwrap_or(f64::NAN),
        }
    }

    /// The number of kind float with the shortest digits that read back as `value`; nothing for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        let text = format!("{:e}", value.abs());
        let (digits, exponent) = text.split_once('e')?;
        let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
        let coefficient: u64 = digits.replace('.', "").parse().ok()?;
        let exponent = exponent.parse::<i32>().ok()? - i32::try_from(fraction).ok()?;
        let decimal = Decimal { negative: value.is_sign_negative(), exponent, coefficient: UBig::from(coefficient) };
        Some(Number::from(decimal))
    }

    /// How the results of decimal functions are given to CUE: an int if the value is whole and has no more digits than
    /// the limit, else a float.
    pub fn int_if_integral(decimal: Decimal, limit: DigitLimit) -> Result<Number, NumError> {
        if decimal.is_integral() { Number::rounded(&decimal, Rounding::HalfUp, limit) } else { Ok(decimal.into()) }
    }

    /// The decimal rounded to a whole number, of kind int.
    pub(crate) fn rounded(decimal: &Decimal, rounding: Rounding, limit: DigitLimit) -> Result<Number, NumError> {
        if decimal.adjusted() > i64::from(limit.0).min(i64::from(MAX_EXPONENT)) {
            return Err(NumError::TooManyDigits(limit));
        }
        let whole = Context { rounding, ..Context::BASE }.to_integral(decimal);
        let sign = if whole.negative { Sign::Negative } else { Sign::Positive };
        Ok(Number::from(IBig::from_parts(sign, whole.coefficient)))
    }

    /// 10 to the power of `exponent`, of kind float.
    pub fn power_of_ten(exponent: i32) -> Result<Number, NumError> {
        Ok(Number::from(Decimal::new(false, UBig::ONE, exponent)?))
    }

    /// The order of the values, whatever their kinds.
    pub fn compare(&self, other: &Number) -> Ordering {
        match (self.view(), other.view()) {
            (View::Int(a), View::Int(b)) => a.cmp(&b),
            (View::Float(a), View::Float(b)) => a.cmp(b),
            (View::Float(_), _) | (_, View::Float(_)) => self.to_decimal().cmp(&other.to_decimal()),
            (View::Big(a), View::Big(b)) => a.cmp(b),
            // A big integer is beyond every small one.
            (View::Big(big), View::Int(_)) => big.sign().cmp_zero(),
            (View::Int(_), View::Big(big)) => big.sign().cmp_zero().reverse(),
        }
    }

    /// Whether an int or a float of the other kind or of this has the same value.
    pub fn same_value(&self, other: &Number) -> bool {
        self.compare(other).is_eq()
    }

    pub(crate) fn from_digits(negative: bool, magnitude: UBig) -> Number {
        let sign = if negative { Sign::Negative } else { Sign::Positive };
        Number::from(IBig::from_parts(sign, magnitude))
    }
}

trait CmpZero {
    fn cmp_zero(self) -> Ordering;
}

impl CmpZero for Sign {
    fn cmp_zero(self) -> Ordering {
        if self == Sign::Negative { Ordering::Less } else { Ordering::Greater }
    }
}

impl From<IBig> for Number {
    fn from(big: IBig) -> Number {
        match i64::try_from(&big) {
            Ok(small) => Number(Repr::Int(small)),
            Err(_) => Number(Repr::Big(Arc::new(big))),
        }
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Number {
        Number(Repr::Dec(Arc::new(decimal)))
    }
}

impl From<i64> for Number {
    fn from(small: i64) -> Number {
        Number(Repr::Int(small))
    }
}

macro_rules! from_int {
    ($($int:ty),*) => {$(
        impl From<$int> for Number {
            fn from(value: $int) -> Number {
                i64::try_from(value).map_or_else(|_| Number(Repr::Big(Arc::new(IBig::from(value)))), Number::from)
            }
        }
    )*};
}
from_int!(i32, u32, u64, usize, i128, u128);

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.kind() == other.kind() && self.compare(other).is_eq()
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self.view() {
            View::Int(small) => small.hash(state),
            View::Big(big) => big.hash(state),
            View::Float(decimal) => decimal.hash(state),
        }
    }
}
