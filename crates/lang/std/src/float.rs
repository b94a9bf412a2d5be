//! Binary floating-point numbers as text, in the formats of Go: `%e %E %f %g %G %b %x %X` with or without precision.

use cue_data::{Call, CallError};

/// Significant digits and where the point is: the value is `0.digits × 10^point`. No zeros at the end; zero has none.
struct Digits {
    digits: String,
    point: i64,
}

/// More digits than this are zeros for every number of 64 bits.
const MAX_DIGITS: i64 = 1100;

/// A precision below 0 asks for the fewest digits that read back as the same number of `bits` bits.
pub(crate) fn format(call: &Call<'_>, value: f64, format: u8, precision: i64, bits: i64) -> Result<String, CallError> {
    if bits != 32 && bits != 64 {
        return Err(CallError::message("strconv: illegal AppendFloat/FormatFloat bitSize"));
    }
    if precision > 0 {
        call.check_string(usize::try_from(precision).unwrap_or(usize::MAX).saturating_add(400))?;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the caller asks for the narrower number")]
    let narrow = value as f32;
    let value = if bits == 32 { f64::from(narrow) } else { value };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return Ok("NaN".to_owned());
    }
    if value.is_infinite() {
        return Ok(format!("{}Inf", if sign.is_empty() { "+" } else { sign }));
    }
    let magnitude = value.abs();
    match format {
        b'b' => return Ok(format!("{sign}{}", binary(magnitude, bits))),
        b'x' | b'X' => {
            let text = format!("{sign}{}", hexadecimal(magnitude, precision));
            return Ok(if format == b'X' { text.to_uppercase() } else { text });
        }
        _ => {}
    }
    let shortest = precision < 0;
    let scientific =
        |count: i64| format!("{magnitude:.*e}", usize::try_from(count.clamp(1, MAX_DIGITS) - 1).unwrap_or(0));
    let digits = match format {
        _ if shortest && bits == 32 => digits(&format!("{:e}", narrow.abs())),
        _ if shortest => digits(&format!("{magnitude:e}")),
        b'e' | b'E' => digits(&scientific(precision + 1)),
        b'f' => fixed_digits(magnitude, precision.min(MAX_DIGITS)),
        b'g' | b'G' => digits(&scientific(precision.max(1))),
        _ => return Ok(format!("%{}", char::from(format))),
    };
    let count = i64::try_from(digits.digits.len()).unwrap_or(i64::MAX);
    let text = match format {
        b'e' | b'E' => exponential(&digits, if shortest { (count - 1).max(0) } else { precision }, format),
        b'f' => plain(&digits, if shortest { (count - digits.point).max(0) } else { precision }),
        b'g' | b'G' => general(&digits, count, shortest, precision, format),
        _ => return Ok(format!("%{}", char::from(format))),
    };
    Ok(format!("{sign}{text}"))
}

fn general(digits: &Digits, count: i64, shortest: bool, precision: i64, format: u8) -> String {
    let mut precision = if shortest { count } else { precision.max(1) };
    let mut threshold = precision;
    if threshold > count && count >= digits.point {
        threshold = count;
    }
    if shortest {
        threshold = 6;
    }
    let exponent = digits.point - 1;
    if exponent < -4 || exponent >= threshold {
        precision = precision.min(count);
        let letter = if format == b'g' { b'e' } else { b'E' };
        return exponential(digits, (precision - 1).max(0), letter);
    }
    plain(digits, (count - digits.point).max(0))
}

/// Takes `d.ddde±x` apart.
fn digits(scientific: &str) -> Digits {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let all = mantissa.replace('.', "");
    let digits = all.trim_end_matches('0').to_owned();
    let point = if digits.is_empty() { 0 } else { exponent.parse::<i64>().unwrap_or(0) + 1 };
    Digits { digits, point }
}

fn fixed_digits(magnitude: f64, precision: i64) -> Digits {
    let text = format!("{magnitude:.*}", usize::try_from(precision).unwrap_or(0));
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let all = format!("{whole}{fraction}");
    let significant = all.trim_start_matches('0');
    let skipped = i64::try_from(all.len() - significant.len()).unwrap_or(0);
    let digits = significant.trim_end_matches('0').to_owned();
    let point = if digits.is_empty() { 0 } else { i64::try_from(whole.len()).unwrap_or(0) - skipped };
    Digits { digits, point }
}

/// `d.ddde±dd` with so many digits behind the point.
fn exponential(digits: &Digits, fraction: i64, letter: u8) -> String {
    let fraction = usize::try_from(fraction).unwrap_or(0);
    let first = digits.digits.get(..1).unwrap_or("0");
    let rest = digits.digits.get(1..).unwrap_or("");
    let point = if fraction > 0 { "." } else { "" };
    let exponent = if digits.digits.is_empty() { 0 } else { digits.point - 1 };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest:0<fraction$}{}{sign}{:02}", char::from(letter), exponent.abs())
}

/// `ddd.ddd` with so many digits behind the point.
fn plain(digits: &Digits, fraction: i64) -> String {
    let fraction = usize::try_from(fraction).unwrap_or(0);
    let point = usize::try_from(digits.point).unwrap_or(0);
    let (whole, rest) = digits.digits.split_at(point.min(digits.digits.len()));
    let leading = usize::try_from(-digits.point).unwrap_or(0);
    let rest = format!("{}{rest}", "0".repeat(leading));
    let rest = rest.get(..fraction).unwrap_or(&rest);
    let whole = if whole.is_empty() { "0".to_owned() } else { format!("{whole:0<point$}") };
    if fraction == 0 { whole } else { format!("{whole}.{rest:0<fraction$}") }
}

/// A mantissa of 53 or 24 bits and its exponent of 2.
fn binary(magnitude: f64, bits: i64) -> String {
    let (mantissa, exponent) = mantissa(magnitude);
    if bits == 64 {
        return format!("{mantissa}p{exponent:+}");
    }
    // The 29 bits that the narrower number does not have are zeros, except that a subnormal one has fewer.
    let drop = if exponent + 29 < -149 { -149 - exponent } else { 29 };
    let narrow = u32::try_from(drop).ok().and_then(|drop| mantissa.checked_shr(drop)).unwrap_or(0);
    format!("{narrow}p{:+}", exponent + drop)
}

fn mantissa(magnitude: f64) -> (u64, i64) {
    let bits = magnitude.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    match i64::try_from(bits >> 52).unwrap_or(0) {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << 52, exponent - 1075),
    }
}

/// `0x1.yyyp±dd`, with so many hexadecimal digits behind the point if the precision is not negative.
fn hexadecimal(magnitude: f64, precision: i64) -> String {
    let (mantissa, exponent) = mantissa(magnitude);
    // The leading 1 goes to bit 60.
    let shift = if mantissa == 0 { 0 } else { mantissa.leading_zeros() - 3 };
    let mut mantissa = mantissa << shift;
    let mut exponent = if mantissa == 0 { 0 } else { exponent + 60 - i64::from(shift) };
    if (0..15).contains(&precision) {
        let keep = u32::try_from(precision).unwrap_or(0) * 4;
        let dropped = (mantissa << keep) & ((1 << 60) - 1);
        mantissa >>= 60 - keep;
        if dropped | (mantissa & 1) > 1 << 59 {
            mantissa += 1;
        }
        mantissa <<= 60 - keep;
        if mantissa & (1 << 61) != 0 {
            mantissa >>= 1;
            exponent += 1;
        }
    }
    let digits = format!("{:015x}", mantissa & ((1 << 60) - 1));
    let fraction = match usize::try_from(precision) {
        Ok(precision) => format!("{:0<precision$}", digits.get(..precision).unwrap_or(&digits)),
        Err(_) => digits.trim_end_matches('0').to_owned(),
    };
    let point = if fraction.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{}{point}{fraction}p{sign}{:02}", mantissa >> 60, exponent.abs())
}
