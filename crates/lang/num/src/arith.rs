//! The operators of the language on numbers.

use dashu_int::IBig;
use dashu_int::ops::{BitTest, DivRem, DivRemEuclid};

use crate::context::Context;
use crate::decimal::Decimal;
use crate::error::{DigitLimit, NumError};
use crate::number::{Number, View};

type DecimalOp = fn(Context, &Decimal, &Decimal) -> Result<Decimal, NumError>;

impl Number {
    /// `x + y`: an exact int of two ints, else a float.
    pub fn add(&self, other: &Number, limit: DigitLimit) -> Result<Number, NumError> {
        self.operate(other, limit, i64::checked_add, |a, b| a + b, Context::add)
    }

    /// `x - y`: an exact int of two ints, else a float.
    pub fn sub(&self, other: &Number, limit: DigitLimit) -> Result<Number, NumError> {
        self.operate(other, limit, i64::checked_sub, |a, b| a - b, Context::sub)
    }

    /// `x * y`: an exact int of two ints, else a float.
    pub fn mul(&self, other: &Number, limit: DigitLimit) -> Result<Number, NumError> {
        if let (Some(a), Some(b)) = (self.bit_len(), other.bit_len()) {
            // Before the work is done, not after.
            limit.check_bits(a + b)?;
        }
        self.operate(other, limit, i64::checked_mul, |a, b| a * b, Context::mul)
    }

    /// `x / y`: always a float.
    pub fn div(&self, other: &Number) -> Result<Number, NumError> {
        Context::BASE.quo(&self.to_decimal(), &other.to_decimal()).map(Number::from)
    }

    /// `-x`. The negative of zero is zero.
    #[must_use]
    pub fn neg(&self) -> Number {
        match self.view() {
            View::Int(small) => small.checked_neg().map_or_else(|| Number::from(-IBig::from(small)), Number::from),
            View::Big(big) => Number::from(-big),
            View::Float(decimal) => Number::from(decimal.clone().negated()),
        }
    }

    #[must_use]
    pub fn abs(&self) -> Number {
        match self.view() {
            View::Float(decimal) => Number::from(decimal.clone().absolute()),
            _ if self.is_negative() => self.neg(),
            _ => self.clone(),
        }
    }

    /// `div(x, y)`: the quotient that goes with [`Number::int_mod`].
    pub fn int_div(&self, other: &Number) -> Result<Number, NumError> {
        self.divide(other, |a, b| a.div_rem_euclid(b).0)
    }

    /// `mod(x, y)`: the remainder that is never negative.
    pub fn int_mod(&self, other: &Number) -> Result<Number, NumError> {
        self.divide(other, |a, b| IBig::from(a.div_rem_euclid(b).1))
    }

    /// `quo(x, y)`: the quotient rounded towards zero.
    pub fn int_quo(&self, other: &Number) -> Result<Number, NumError> {
        self.divide(other, |a, b| a.div_rem(b).0)
    }

    /// `rem(x, y)`: the remainder that has the sign of `x`.
    pub fn int_rem(&self, other: &Number) -> Result<Number, NumError> {
        self.divide(other, |a, b| a.div_rem(b).1)
    }

    fn bit_len(&self) -> Option<usize> {
        match self.view() {
            View::Int(small) => Some(64 - small.unsigned_abs().leading_zeros() as usize),
            View::Big(big) => Some(big.bit_len()),
            View::Float(_) => None,
        }
    }

    fn operate(
        &self,
        other: &Number,
        limit: DigitLimit,
        small: fn(i64, i64) -> Option<i64>,
        big: fn(IBig, IBig) -> IBig,
        decimal: DecimalOp,
    ) -> Result<Number, NumError> {
        if let (Some(a), Some(b)) = (self.as_i64(), other.as_i64())
            && let Some(result) = small(a, b)
        {
            return Ok(Number::from(result));
        }
        if let (Some(a), Some(b)) = (self.to_bigint(), other.to_bigint()) {
            let result = big(a, b);
            limit.check_bits(result.bit_len())?;
            return Ok(Number::from(result));
        }
        decimal(Context::BASE, &self.to_decimal(), &other.to_decimal()).map(Number::from)
    }

    /// Integer division. A float operand is not an answer for the caller, who has checked the kinds; it counts as
    /// invalid.
    fn divide(&self, other: &Number, operation: fn(IBig, IBig) -> IBig) -> Result<Number, NumError> {
        let (Some(a), Some(b)) = (self.to_bigint(), other.to_bigint()) else {
            return Err(NumError::INVALID);
        };
        if b.is_zero() {
            return Err(NumError::DivisionByZero);
        }
        Ok(Number::from(operation(a, b)))
    }
}
