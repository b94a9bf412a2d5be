//! Durations as text: `1h15m30.5s`.

use crate::quote::{Escape, quoted};

const SECOND: u64 = 1_000_000_000;

/// Units by their names, in nanoseconds. Both letters that look like a micro sign are taken.
const UNITS: [(&str, u64); 8] = [
    ("ns", 1),
    ("us", 1000),
    ("µs", 1000),
    ("μs", 1000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", 60 * SECOND),
    ("h", 3600 * SECOND),
];

/// Reads a duration in nanoseconds. An error is the text that says what is wrong.
pub(crate) fn parse(given: &str) -> Result<i64, String> {
    let shown = || quoted(given, '"', Escape::Unprintable);
    let invalid = || format!("time: invalid duration {}", shown());
    let (negative, mut rest) = match given.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, given.strip_prefix('+').unwrap_or(given)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (whole, behind) = leading_digits(rest);
        let (fraction, behind) = behind.strip_prefix('.').map_or(("", behind), leading_digits);
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().map_err(|_| invalid())? };
        if whole > 1 << 63 {
            return Err(invalid());
        }
        let end = behind.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        if name.is_empty() {
            return Err(format!("time: missing unit in duration {}", shown()));
        }
        let Some((_, unit)) = UNITS.into_iter().find(|(unit, _)| *unit == name) else {
            let name = quoted(name, '"', Escape::Unprintable);
            return Err(format!("time: unknown unit {name} in duration {}", shown()));
        };
        total = whole
            .checked_mul(u128::from(unit))
            .and_then(|whole| total.checked_add(whole + u128::from(fraction_of(fraction, unit))))
            .filter(|&total| total <= 1 << 63)
            .ok_or_else(invalid)?;
        rest = behind;
    }
    let total = i128::try_from(total).map_err(|_| invalid())?;
    i64::try_from(if negative { -total } else { total }).map_err(|_| invalid())
}

fn leading_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A fraction of a unit, cut off to nanoseconds in binary floating point, as the original does.
fn fraction_of(digits: &str, unit: u64) -> u64 {
    let mut value: u64 = 0;
    let mut scale = 1.0_f64;
    for digit in digits.bytes() {
        // More digits than fit do not count.
        let Some(next) = value.checked_mul(10).and_then(|value| value.checked_add(u64::from(digit - b'0'))) else {
            break;
        };
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "see above"
    )]
    let nanoseconds = (value as f64 * (unit as f64 / scale)) as u64;
    nanoseconds
}

pub(crate) fn format(duration: i64) -> String {
    let sign = if duration < 0 { "-" } else { "" };
    let size = duration.unsigned_abs();
    let text = match size {
        0 => "0s".to_owned(),
        1..1000 => format!("{size}ns"),
        1000..1_000_000 => format!("{}µs", decimal(size, 1000)),
        1_000_000..SECOND => format!("{}ms", decimal(size, 1_000_000)),
        _ => {
            let (hours, minutes) = (size / (3600 * SECOND), size / (60 * SECOND) % 60);
            let seconds = decimal(size % (60 * SECOND), SECOND);
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}

fn decimal(size: u64, unit: u64) -> String {
    let width = unit.ilog10() as usize;
    let fraction = format!("{:0width$}", size % unit);
    match fraction.trim_end_matches('0') {
        "" => (size / unit).to_string(),
        fraction => format!("{}.{fraction}", size / unit),
    }
}
