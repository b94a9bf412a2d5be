//! The numbers of CUE: integers of any size, and decimals of 34 digits whose trailing zeros and exponents can be seen.
//!
//! Invariant: knows no syntax tree, no value but numbers, no place in a text. Every operation is total: a number that
//! would be too large is an error ([`NumError`]), never a panic and never an endless computation. The size of exact
//! integers is bounded by a [`DigitLimit`] that the caller gives.
//!
//! ```
//! use cue_num::{DigitLimit, Number};
//!
//! let limit = DigitLimit::DEFAULT;
//! let price = Number::parse_literal("1.50").unwrap();
//! assert_eq!(price.add(&price, limit).unwrap().to_cue_string(), "3.00");
//! let third = Number::from(1).div(&Number::from(3)).unwrap();
//! assert_eq!(third.to_cue_string(), "0.3333333333333333333333333333333333");
//! assert_eq!(Number::parse_literal("1.5Ki").unwrap(), Number::from(1536));
//! ```

mod arith;
mod context;
mod decimal;
mod error;
mod format;
mod functions;
mod number;
mod parse;

pub use context::{PRECISION, Rounding};
pub use dashu_int::{IBig as BigInt, UBig as BigUint};
pub use decimal::{Decimal, MAX_EXPONENT};
pub use error::{DigitLimit, NumError};
pub use number::{Number, NumberKind, View};

/// How many binary digits the magnitude of an integer has.
pub fn bit_length(integer: &BigInt) -> usize {
    dashu_int::ops::BitTest::bit_len(integer)
}

/// A bit of an integer in two's complement.
pub fn bit(integer: &BigInt, index: usize) -> bool {
    dashu_int::ops::BitTest::bit(integer, index)
}

/// How many of the lowest bits are zeros; 0 for zero.
pub fn trailing_zeros(integer: &BigInt) -> usize {
    integer.trailing_zeros().unwrap_or(0)
}
