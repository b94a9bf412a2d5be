//! A decimal as it was written or computed: sign, coefficient and exponent, not normalised.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use dashu_int::UBig;
use dashu_int::ops::{BitTest, DivRem};

use crate::error::NumError;

/// The largest exponent, and the negative of the smallest.
pub const MAX_EXPONENT: i32 = 100_000;

/// `(-1)^negative × coefficient × 10^exponent`. `1.50` and `1.5` are equal but print differently.
#[derive(Clone, Debug)]
pub struct Decimal {
    pub(crate) negative: bool,
    pub(crate) exponent: i32,
    pub(crate) coefficient: UBig,
}

impl Decimal {
    pub fn new(negative: bool, coefficient: UBig, exponent: i32) -> Result<Decimal, NumError> {
        Decimal { negative, exponent, coefficient }.in_range()
    }

    pub(crate) fn finite(coefficient: u64, exponent: i32) -> Decimal {
        Decimal { negative: false, exponent, coefficient: UBig::from(coefficient) }
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn coefficient(&self) -> &UBig {
        &self.coefficient
    }

    pub fn exponent(&self) -> i32 {
        self.exponent
    }

    pub fn is_zero(&self) -> bool {
        self.coefficient.is_zero()
    }

    /// How many digits the coefficient has; 1 for zero.
    pub(crate) fn digits(&self) -> i64 {
        digit_count(&self.coefficient)
    }

    /// The exponent that the number has in scientific notation.
    pub(crate) fn adjusted(&self) -> i64 {
        i64::from(self.exponent) + self.digits() - 1
    }

    pub(crate) fn in_range(self) -> Result<Decimal, NumError> {
        let limit = i64::from(MAX_EXPONENT);
        if self.exponent < -MAX_EXPONENT || self.adjusted().abs() > limit { Err(NumError::EXPONENT) } else { Ok(self) }
    }

    pub(crate) fn negated(mut self) -> Decimal {
        self.negative = !self.is_zero() && !self.negative;
        self
    }

    pub(crate) fn absolute(mut self) -> Decimal {
        self.negative = false;
        self
    }

    /// The same number without trailing zeros.
    pub(crate) fn reduced(mut self) -> Decimal {
        if self.is_zero() {
            return Decimal::finite(0, 0);
        }
        // Chunks keep this linear in the number of zeros for the usual 34 digits and cheap for large ones.
        for chunk in [4096_u32, 256, 16, 1] {
            let divisor = pow10(chunk);
            loop {
                if self.coefficient < divisor {
                    break;
                }
                let (quotient, rest) = (&self.coefficient).div_rem(&divisor);
                if !rest.is_zero() {
                    break;
                }
                self.coefficient = quotient;
                self.exponent += i32::try_from(chunk).unwrap_or(0);
            }
        }
        self
    }

    /// Splits at the decimal point. Both parts have the sign of the whole.
    pub(crate) fn split(&self) -> (Decimal, Decimal) {
        let zero = |negative| Decimal { negative, exponent: 0, coefficient: UBig::ZERO };
        if self.exponent >= 0 {
            return (self.clone(), zero(self.negative));
        }
        if -i64::from(self.exponent) > self.digits() {
            return (zero(self.negative), self.clone());
        }
        let (whole, fraction) = (&self.coefficient).div_rem(pow10(self.exponent.unsigned_abs()));
        (
            Decimal { negative: self.negative, exponent: 0, coefficient: whole },
            Decimal { negative: self.negative, exponent: self.exponent, coefficient: fraction },
        )
    }

    pub fn is_integral(&self) -> bool {
        self.split().1.is_zero()
    }

    fn sign(&self) -> i8 {
        match (self.is_zero(), self.negative) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => -1,
        }
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By numerical value, so `1.0` equals `1.00` and `-0.0` equals `0.0`.
impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        let by_sign = self.sign().cmp(&other.sign());
        if by_sign != Ordering::Equal || self.is_zero() {
            return by_sign;
        }
        let magnitude = self.adjusted().cmp(&other.adjusted()).then_with(|| {
            // The magnitudes are alike, so the exponents differ by no more than the digits do.
            let shift = self.exponent.abs_diff(other.exponent);
            match self.exponent.cmp(&other.exponent) {
                Ordering::Equal => self.coefficient.cmp(&other.coefficient),
                Ordering::Less => self.coefficient.cmp(&(&other.coefficient * pow10(shift))),
                Ordering::Greater => (&self.coefficient * pow10(shift)).cmp(&other.coefficient),
            }
        });
        if self.negative { magnitude.reverse() } else { magnitude }
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let canonical = self.clone().reduced();
        canonical.negative.hash(state);
        canonical.exponent.hash(state);
        canonical.coefficient.hash(state);
    }
}

pub(crate) fn pow10(exponent: u32) -> UBig {
    if exponent <= 38 { UBig::from(10_u128.pow(exponent)) } else { UBig::from(10_u8).pow(exponent as usize) }
}

/// How many decimal digits a number has; 1 for zero.
pub(crate) fn digit_count(number: &UBig) -> i64 {
    if let Ok(small) = u128::try_from(number) {
        return i64::from(small.checked_ilog10().unwrap_or(0)) + 1;
    }
    // floor(log10 x) is this estimate or one more, for every length that the limits allow.
    let bits = number.bit_len() as u64;
    // log10(2) to twenty digits.
    let estimate = u128::from(bits - 1) * 30_102_999_566_398_119_521 / 100_000_000_000_000_000_000;
    let estimate = u32::try_from(estimate).unwrap_or(u32::MAX - 1);
    let longer = *number >= pow10(estimate + 1);
    i64::from(estimate) + 1 + i64::from(longer)
}
