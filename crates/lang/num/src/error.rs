use std::fmt;

/// How many decimal digits an exact integer may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DigitLimit(pub u32);

impl DigitLimit {
    /// Enough for any honest number; the largest takes some hundred kilobytes and milliseconds.
    pub const DEFAULT: DigitLimit = DigitLimit(200_000);

    /// Fails for an integer of so many bits if it has certainly more digits than allowed.
    pub fn check_bits(self, bits: usize) -> Result<(), NumError> {
        // 3.3219… bits a digit: 100 digits take at most 333 bits.
        if bits as u64 > u64::from(self.0) * 333 / 100 + 4 {
            return Err(NumError::TooManyDigits(self));
        }
        Ok(())
    }
}

/// Why an operation has no number as its answer. The text is the one that functions tell, without a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NumError {
    /// The text is no number.
    Literal(String),
    /// An integer operation with the divisor 0.
    DivisionByZero,
    /// Decimal arithmetic has no answer; the text says why.
    Arithmetic(&'static str),
    /// A limit was reached. It must not be taken for an ordinary failure: with more room there would be an answer.
    TooManyDigits(DigitLimit),
}

impl NumError {
    pub(crate) const EXPONENT: NumError = NumError::Arithmetic("exponent out of range");
    pub(crate) const INVALID: NumError = NumError::Arithmetic("invalid operation");

    /// The text for an operator of the language; functions tell the plain one.
    pub fn of_operator(&self) -> String {
        match self {
            NumError::Arithmetic(why) => format!("failed arithmetic: {why}"),
            _ => self.to_string(),
        }
    }

    pub fn is_limit(&self) -> bool {
        matches!(self, NumError::TooManyDigits(_))
    }
}

impl fmt::Display for NumError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NumError::Literal(text) => f.write_str(text),
            NumError::DivisionByZero => f.write_str("division by zero"),
            NumError::Arithmetic(why) => f.write_str(why),
            NumError::TooManyDigits(limit) => write!(f, "number of more than {} digits", limit.0),
        }
    }
}

impl std::error::Error for NumError {}
