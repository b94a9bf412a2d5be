//! Arithmetic on decimals at a precision: what every operation does to the digits that do not fit.

use std::borrow::Cow;
use std::cmp::Ordering;

use dashu_int::UBig;
use dashu_int::ops::DivRem;

use crate::decimal::{Decimal, MAX_EXPONENT, pow10};
use crate::error::NumError;

/// How many digits a computed decimal keeps.
pub const PRECISION: u32 = 34;

/// What becomes of a number that lies between two that can be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    HalfUp,
    HalfEven,
    Down,
    Floor,
    Ceiling,
}

impl Rounding {
    /// Whether the magnitude `kept` grows by one, where what is dropped compares to a half as `half` says. It is asked
    /// only if something other than zeros is dropped.
    fn grows(self, kept: &UBig, negative: bool, half: Ordering) -> bool {
        match self {
            Rounding::HalfUp => half.is_ge(),
            Rounding::HalfEven => half.is_gt() || (half.is_eq() && !is_even(kept)),
            Rounding::Down => false,
            Rounding::Floor => negative,
            Rounding::Ceiling => !negative,
        }
    }
}

fn is_even(number: &UBig) -> bool {
    (number & UBig::ONE).is_zero()
}

/// A precision and a way of rounding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) precision: u32,
    pub(crate) rounding: Rounding,
}

impl Context {
    pub(crate) const BASE: Context = Context { precision: PRECISION, rounding: Rounding::HalfUp };

    pub(crate) fn half_even(precision: u32) -> Context {
        Context { precision, rounding: Rounding::HalfEven }
    }

    pub(crate) fn round(self, number: Decimal) -> Result<Decimal, NumError> {
        let excess = number.digits() - i64::from(self.precision);
        let Some(excess) = u32::try_from(excess).ok().filter(|&excess| excess > 0) else {
            return number.in_range();
        };
        let (mut kept, grown) = self.drop_digits(&number, excess);
        let mut exponent = i64::from(number.exponent) + i64::from(excess);
        if grown && kept >= pow10(self.precision) {
            kept /= UBig::from(10_u8);
            exponent += 1;
        }
        let exponent = i32::try_from(exponent).map_err(|_| NumError::EXPONENT)?;
        Decimal::new(number.negative, kept, exponent)
    }

    /// The coefficient without its last digits, rounded, and whether rounding has made it greater.
    fn drop_digits(self, number: &Decimal, count: u32) -> (UBig, bool) {
        let unit = pow10(count);
        let (kept, dropped) = (&number.coefficient).div_rem(&unit);
        let grows =
            !dropped.is_zero() && self.rounding.grows(&kept, number.negative, (dropped * UBig::from(2_u8)).cmp(&unit));
        if grows { (kept + UBig::ONE, true) } else { (kept, false) }
    }

    /// The nearest number with exponent 0.
    pub(crate) fn to_integral(self, number: &Decimal) -> Decimal {
        let shift = number.exponent.unsigned_abs();
        let coefficient = if number.exponent >= 0 {
            &number.coefficient * pow10(shift)
        } else if i64::from(shift) > number.digits() + 1 {
            // Less than a tenth: spares a division by a huge power.
            let grows = !number.is_zero() && self.rounding.grows(&UBig::ZERO, number.negative, Ordering::Less);
            UBig::from(u8::from(grows))
        } else {
            self.drop_digits(number, shift).0
        };
        Decimal { negative: number.negative, exponent: 0, coefficient }
    }

    pub(crate) fn add(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        let gap = x.exponent.abs_diff(y.exponent);
        if gap > MAX_EXPONENT.unsigned_abs() {
            return Err(NumError::Arithmetic("add: exponent out of range"));
        }
        if x.exponent < y.exponent {
            return self.add_aligned(&self.brought_near(y, x), y);
        }
        self.add_aligned(x, &self.brought_near(x, y))
    }

    /// The number `low`, or one that makes the same rounded sum if it lies far below the last digit that counts. That
    /// spares the work of writing `1e100000` out in order to add 1.
    fn brought_near<'a>(self, high: &Decimal, low: &'a Decimal) -> Cow<'a, Decimal> {
        let last = i64::from(high.exponent).min(high.adjusted() - i64::from(self.precision) - 3);
        if high.is_zero() || low.adjusted() >= last {
            return Cow::Borrowed(low);
        }
        let Ok(exponent) = i32::try_from(last - 1) else { return Cow::Borrowed(low) };
        let coefficient = if low.is_zero() { UBig::ZERO } else { UBig::ONE };
        Cow::Owned(Decimal { negative: low.negative, exponent, coefficient })
    }

    fn add_aligned(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        let gap = x.exponent.abs_diff(y.exponent);
        let exponent = x.exponent.min(y.exponent);
        let scaled = |number: &Decimal| {
            let aligned = number.exponent == exponent || number.is_zero();
            if aligned { number.coefficient.clone() } else { &number.coefficient * pow10(gap) }
        };
        let (a, b) = (scaled(x), scaled(y));
        let (negative, coefficient) = match (x.negative == y.negative, a.cmp(&b)) {
            (true, _) => (x.negative, a + b),
            (false, Ordering::Equal) => (false, UBig::ZERO),
            (false, Ordering::Greater) => (x.negative, a - b),
            (false, Ordering::Less) => (y.negative, b - a),
        };
        self.round(Decimal { negative, exponent, coefficient })
    }

    pub(crate) fn sub(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        // Not `negated`: a negative zero has to stay a zero of the other sign for the sign of the sum.
        self.add(x, &Decimal { negative: !y.negative, ..y.clone() })
    }

    pub(crate) fn mul(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        let exponent = x.exponent.checked_add(y.exponent).ok_or(NumError::EXPONENT)?;
        let negative = x.negative != y.negative;
        let product = Decimal { negative, exponent, coefficient: &x.coefficient * &y.coefficient };
        if product.adjusted().abs() > i64::from(MAX_EXPONENT) {
            return Err(NumError::EXPONENT);
        }
        self.round(product)
    }

    /// The quotient without its trailing zeros, but for one behind a decimal point.
    pub(crate) fn quo(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        self.quo_full(x, y).map(reduced_keeping_point)
    }

    /// The quotient with all digits of the precision.
    pub(crate) fn quo_full(self, x: &Decimal, y: &Decimal) -> Result<Decimal, NumError> {
        if y.is_zero() {
            return Err(NumError::Arithmetic(if x.is_zero() { "division undefined" } else { "division by zero" }));
        }
        let shift = i64::from(x.exponent) - i64::from(y.exponent);
        if x.is_zero() {
            return Decimal::finite(0, i32::try_from(shift).map_err(|_| NumError::EXPONENT)?).in_range();
        }
        // Scaled so that the integer quotient has exactly `precision` digits.
        let mut scale = y.digits() - x.digits();
        let scaled_pair = |scale: i64| {
            let power = pow10(u32::try_from(scale.unsigned_abs()).unwrap_or(u32::MAX));
            if scale >= 0 {
                (&x.coefficient * power, y.coefficient.clone())
            } else {
                (x.coefficient.clone(), &y.coefficient * power)
            }
        };
        let (mut dividend, divisor) = scaled_pair(scale);
        if dividend < divisor {
            dividend *= UBig::from(10_u8);
            scale += 1;
        }
        dividend *= pow10(self.precision - 1);
        scale += i64::from(self.precision) - 1;
        let (mut coefficient, rest) = dividend.div_rem(&divisor);
        let negative = x.negative != y.negative;
        if !rest.is_zero() && self.rounding.grows(&coefficient, negative, (rest * UBig::from(2_u8)).cmp(&divisor)) {
            coefficient += UBig::ONE;
        }
        let exponent = i32::try_from(shift - scale).map_err(|_| NumError::EXPONENT)?;
        let quotient = Decimal { negative, exponent, coefficient };
        // Unlike elsewhere only the magnitude counts, not the place of the last digit.
        if quotient.adjusted().abs() > i64::from(MAX_EXPONENT) {
            return Err(NumError::EXPONENT);
        }
        Ok(quotient)
    }
}

/// Trailing zeros removed, but `5.000` becomes `5.0`, so that it still looks like a decimal.
fn reduced_keeping_point(number: Decimal) -> Decimal {
    let had_point = number.exponent < 0;
    let mut reduced = number.reduced();
    if had_point && reduced.exponent >= 0 {
        reduced.exponent -= 1;
        reduced.coefficient *= UBig::from(10_u8);
    }
    reduced
}
