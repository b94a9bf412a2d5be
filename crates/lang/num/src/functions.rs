//! Roots, powers and logarithms of decimals, to the digits that the original gives.
//!
//! The results are computed with some digits more than are kept, by the methods that are usual for decimals, and then
//! rounded once.

use std::cmp::Ordering;

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use crate::context::{Context, PRECISION, Rounding};
use crate::decimal::{Decimal, MAX_EXPONENT, pow10};
use crate::error::{DigitLimit, NumError};
use crate::number::Number;

impl Number {
    /// The nearest whole number, of kind int.
    pub fn to_int(&self, rounding: Rounding, limit: DigitLimit) -> Result<Number, NumError> {
        if self.is_int() { Ok(self.clone()) } else { Number::rounded(&self.to_decimal(), rounding, limit) }
    }

    /// Whether the quotient, to the precision that is kept, is whole.
    pub fn is_multiple_of(&self, other: &Number) -> Result<bool, NumError> {
        Ok(Context::BASE.quo(&self.to_decimal(), &other.to_decimal())?.is_integral())
    }

    /// The number rounded to the precision that decimals keep, as a decimal.
    pub fn to_precision(&self) -> Result<Decimal, NumError> {
        Context::BASE.round(self.to_decimal())
    }

    pub fn sum_as_decimal(&self, other: &Number) -> Result<Decimal, NumError> {
        Context::BASE.add(&self.to_decimal(), &other.to_decimal())
    }

    pub fn pow(&self, exponent: &Number) -> Result<Decimal, NumError> {
        pow(&self.to_decimal(), &exponent.to_decimal())
    }

    pub fn exp(&self) -> Result<Decimal, NumError> {
        exp(Context::BASE, &self.to_decimal())
    }

    pub fn ln(&self) -> Result<Decimal, NumError> {
        ln(Context::BASE, &self.to_decimal())
    }

    pub fn log10(&self) -> Result<Decimal, NumError> {
        let ln = ln(Context::half_even(PRECISION + 2), &self.to_decimal())?;
        Context::half_even(PRECISION).mul(&ln, &constant(INVERSE_LN_10))
    }

    pub fn log2(&self) -> Result<Decimal, NumError> {
        Context::BASE.quo(&self.ln()?, &ln(Context::BASE, &Decimal::finite(2, 0))?)
    }

    pub fn cbrt(&self) -> Result<Decimal, NumError> {
        cbrt(&self.to_decimal())
    }
}

const OVERFLOW: NumError = NumError::Arithmetic("overflow");
const UNDERFLOW: NumError = NumError::Arithmetic("underflow, subnormal");

/// 110 digits of ln 10 behind the point.
const LN_10: &str =
    "230258509299404568401799145468436420760110148862877297603332790096757260967735248023599720508959829834196778404";
/// 110 digits of 1 / ln 10 behind the point.
const INVERSE_LN_10: &str =
    "043429448190325182765112891891660508229439700580366656611445378316586464920887077472922494933843174831870610674";
const CONSTANT_EXPONENT: i32 = -110;

/// More working digits than this are never asked for, so the constants are long enough.
const MAX_WORKING_DIGITS: u32 = 100;

fn constant(digits: &str) -> Decimal {
    let coefficient = UBig::from_str_radix(digits, 10).unwrap_or_default();
    Decimal { negative: false, exponent: CONSTANT_EXPONENT, coefficient }
}

fn one() -> Decimal {
    Decimal::finite(1, 0)
}

fn is_one(number: &Decimal) -> bool {
    *number == one()
}

/// The cube root by that of an integer: 34 digits, correctly rounded.
fn cbrt(x: &Decimal) -> Result<Decimal, NumError> {
    if x.is_zero() {
        return Ok(Decimal { exponent: x.exponent / 3, ..x.clone() });
    }
    // Scaled so that the root has at least two digits more than are kept and the exponent is divisible by 3.
    let wanted = 3 * (i64::from(PRECISION) + 2);
    let mut shift = (wanted - x.digits()).max(0);
    shift += (i64::from(x.exponent) - shift).rem_euclid(3);
    let scaled = &x.coefficient * pow10(u32::try_from(shift).map_err(|_| NumError::EXPONENT)?);
    let root = dashu_int::ops::CubicRoot::cbrt(&scaled);
    let exact = &root * &root * &root == scaled;
    // One more digit says whether something was cut off, so that a tie is told from what is just above it.
    let coefficient = root * UBig::from(10_u8) + UBig::from(u8::from(!exact));
    let exponent = (i64::from(x.exponent) - shift) / 3 - 1;
    let exponent = i32::try_from(exponent).map_err(|_| NumError::EXPONENT)?;
    Context::BASE.round(Decimal { negative: x.negative, exponent, coefficient })
}

/// `e^x`, by the series of an argument divided by a power of ten, raised to that power.
fn exp(context: Context, x: &Decimal) -> Result<Decimal, NumError> {
    if x.is_zero() {
        return Ok(one());
    }
    let magnitude = x.clone().absolute();
    let mut digits = context.precision;
    let size = Number::from(magnitude.clone()).to_f64() / 23.0;
    if size > f64::from(digits) && size < 1000.0 {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let needed = size.ceil() as u32;
        digits = needed;
    }
    if magnitude > Decimal::finite(u64::from(digits) * 23, 0) {
        return Err(if x.negative { UNDERFLOW } else { OVERFLOW });
    }
    if magnitude.adjusted() < -i64::from(digits) - 1 {
        return Ok(one());
    }
    let power = u32::try_from((i64::from(x.exponent) + x.digits()).max(0)).map_err(|_| NumError::EXPONENT)?;
    let divisor = Decimal { negative: false, exponent: i32::try_from(power).unwrap_or(MAX_EXPONENT), ..one() };
    let part = Context::half_even(digits).quo_full(x, &divisor)?;

    let working_digits = digits + power + 2;
    let working = Context::half_even(working_digits);
    let terms = series_terms(working_digits, Number::from(part.clone().absolute()).to_f64())?;
    let mut sum = one();
    for index in (1..terms).rev() {
        let factor = working.quo_full(&part, &Decimal::finite(index, 0))?;
        sum = working.add(&working.mul(&factor, &sum)?, &one())?;
    }
    let power = integer_power(working, &sum, false, &pow10(power))?;
    Context::half_even(context.precision).round(power)
}

/// How many terms of the exponential series are needed for an argument below one.
fn series_terms(digits: u32, argument: f64) -> Result<u64, NumError> {
    let digits = f64::from(digits);
    let terms = ((1.435 * digits - 1.182) / (digits / argument).log10()).ceil();
    if terms.is_nan() || terms > 1000.0 {
        return Err(NumError::Arithmetic("too many iterations"));
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let terms = terms.max(0.0) as u64;
    Ok(terms)
}

/// `x^power`, or its inverse, by repeated squaring.
fn integer_power(context: Context, x: &Decimal, inverse: bool, power: &UBig) -> Result<Decimal, NumError> {
    let mut result = one();
    let mut square = x.clone();
    for bit in 0..power.bit_len() {
        if bit > 0 {
            square = context.mul(&square, &square)?;
        }
        if power.bit(bit) {
            result = context.mul(&result, &square)?;
        }
    }
    if inverse { context.quo_full(&one(), &result) } else { Ok(result) }
}

fn pow(x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
    let (whole, fraction) = y.split();
    let y_is_int = fraction.is_zero();
    if x.is_zero() {
        return match (y.is_zero(), y.negative) {
            (true, _) => Err(NumError::INVALID),
            (false, true) => Err(NumError::Arithmetic("division by zero")),
            (false, false) => Ok(Decimal::finite(0, 0)),
        };
    }
    if y.is_zero() {
        return Ok(one());
    }
    if x.negative && !y_is_int {
        return Err(NumError::INVALID);
    }
    let digits = u32::try_from(x.digits()).unwrap_or(u32::MAX).clamp(PRECISION, MAX_WORKING_DIGITS - 12) + 10;
    let context = Context { precision: digits, rounding: Rounding::HalfUp };
    let exponent = context.to_integral(&whole).coefficient;
    let power = integer_power(context, x, whole.negative, &exponent)?;
    if y_is_int {
        return Context::BASE.round(power);
    }
    let root = exp(context, &context.mul(&ln(context, x)?, &fraction)?)?;
    Context::BASE.round(context.mul(&power, &root)?)
}

/// The natural logarithm: a series near one, elsewhere Halley's iteration on the exponential function.
fn ln(context: Context, x: &Decimal) -> Result<Decimal, NumError> {
    if x.is_zero() || x.negative {
        return Err(NumError::INVALID);
    }
    if is_one(x) {
        return Ok(Decimal::finite(0, 0));
    }
    let working = Context::half_even(context.precision + 2);
    let near_one = |number: &Decimal| -> Result<Option<Decimal>, NumError> {
        let distance = working.sub(number, &one())?;
        Ok((distance.clone().absolute() <= Decimal::finite(1, -1)).then_some(distance))
    };
    if let Some(distance) = near_one(x)? {
        return context.round(ln_series(working, &distance)?);
    }
    // x = scaled × 10^shift, with scaled in [0.1, 1).
    let shift = x.digits() + i64::from(x.exponent);
    let scaled = Decimal { exponent: i32::try_from(-x.digits()).map_err(|_| NumError::EXPONENT)?, ..x.clone() };
    let shift = Decimal { negative: shift < 0, ..Decimal::finite(shift.unsigned_abs(), 0) };
    let adjustment = working.mul(&shift, &constant(LN_10))?;
    let logarithm = match near_one(&scaled)? {
        Some(distance) => ln_series(working, &distance)?,
        None => ln_iteration(context, working, &scaled)?,
    };
    context.round(working.add(&logarithm, &adjustment)?)
}

/// `ln(1 + d)` as twice the series of the odd powers of `d / (d + 2)`.
fn ln_series(context: Context, distance: &Decimal) -> Result<Decimal, NumError> {
    let ratio = context.quo_full(distance, &context.add(distance, &Decimal::finite(2, 0))?)?;
    let mut power = context.add(&ratio, &ratio)?;
    let mut sum = power.clone();
    let enough = Decimal { exponent: -i32::try_from(context.precision).unwrap_or(MAX_EXPONENT), ..one() };
    for odd in (3..).step_by(2) {
        power = context.mul(&context.mul(&power, &ratio)?, &ratio)?;
        let term = context.quo_full(&power, &Decimal::finite(odd, 0))?;
        sum = context.add(&sum, &term)?;
        if term.absolute() <= enough {
            break;
        }
    }
    Ok(sum)
}

fn ln_iteration(context: Context, working: Context, x: &Decimal) -> Result<Decimal, NumError> {
    // Only a start: twelve digits, so that it is the same on every machine.
    let estimate = (Number::from(x.clone()).to_f64().ln() * 1e12).round() / 1e12;
    let mut result = Number::from_f64(estimate).ok_or(NumError::INVALID)?.to_decimal();
    for _ in 0..10 + context.precision {
        let power = exp(working, &result)?;
        let difference = working.sub(&power, x)?;
        let twice = working.add(&difference, &difference)?;
        let step = working.quo_full(&twice, &working.add(&power, x)?)?;
        let next = working.sub(&result, &step)?;
        let change = working.sub(&result, &next)?.absolute();
        let settled = next.exponent + i32::try_from(next.digits()).unwrap_or(0)
            - i32::try_from(context.precision + 1).unwrap_or(MAX_EXPONENT);
        result = next;
        if change.cmp(&Decimal { exponent: settled, ..one() }) != Ordering::Greater {
            return Ok(result);
        }
    }
    Err(NumError::Arithmetic("no convergence"))
}
