//! Units of measure: `512Mi` as bytes, `500m` as thousandths of a processor, `10s` as seconds.

use cue_num::Number;

/// What the attribute `@unit(…)` of a field says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Measure {
    /// A plain number of things.
    Count,
    Bytes,
    MilliCpu,
    Seconds,
}

impl Measure {
    pub fn named(name: &str) -> Option<Measure> {
        match name {
            "count" => Some(Measure::Count),
            "bytes" => Some(Measure::Bytes),
            "millicpu" => Some(Measure::MilliCpu),
            "seconds" => Some(Measure::Seconds),
            _ => None,
        }
    }

    /// What to write instead of what was not understood.
    pub fn example(self) -> &'static str {
        match self {
            Measure::Count => "a whole number",
            Measure::Bytes => "`512Mi`, `2Gi` or a number of bytes",
            Measure::MilliCpu => "`500m`, `0.5` or a number of processors",
            Measure::Seconds => "`10s`, `5m`, `1h` or a number of seconds",
        }
    }

    /// How many of the smallest thing a unit stands for, as a fraction.
    fn unit(self, unit: &str) -> Option<(u64, u64)> {
        let factor = match (self, unit) {
            (Measure::Count, "") | (Measure::Bytes, "" | "B") | (Measure::MilliCpu, "m") | (Measure::Seconds, "s") => 1,
            (Measure::Bytes, "k") => 1_000,
            (Measure::Bytes, "M") => 1_000_000,
            (Measure::Bytes, "G") => 1_000_000_000,
            (Measure::Bytes, "T") => 1_000_000_000_000,
            (Measure::Bytes, "Ki") => 1 << 10,
            (Measure::Bytes, "Mi") => 1 << 20,
            (Measure::Bytes, "Gi") => 1 << 30,
            (Measure::Bytes, "Ti") => 1 << 40,
            (Measure::MilliCpu, "") => 1_000,
            (Measure::Seconds, "ms") => return Some((1, 1_000)),
            (Measure::Seconds, "m") => 60,
            (Measure::Seconds, "h") => 3_600,
            _ => return None,
        };
        Some((factor, 1))
    }

    /// The whole number that a text stands for; `None` where it is no such text, or not a whole number.
    pub fn parse(self, text: &str) -> Option<Number> {
        let at = text.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(at);
        let (factor, divisor) = self.unit(unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() || number.ends_with('.') || fraction.contains('.') {
            return None;
        }
        let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let digits: u128 = [whole, fraction].concat().parse().ok()?;
        let over = scale.checked_mul(divisor.into())?;
        let amount = digits.checked_mul(factor.into())?;
        let whole = amount.is_multiple_of(over).then(|| amount / over)?;
        i64::try_from(whole).ok().map(Number::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_whole_numbers_of_the_smallest_unit() {
        let parse = |measure: Measure, text| measure.parse(text).map(|number| number.to_cue_string());
        for (measure, text, expected) in [
            (Measure::Bytes, "512Mi", Some("536870912")),
            (Measure::Bytes, "1.5Gi", Some("1610612736")),
            (Measure::Bytes, "1M", Some("1000000")),
            (Measure::Bytes, "12", Some("12")),
            (Measure::Bytes, "0.5", None),
            (Measure::Bytes, "512 Mi", None),
            (Measure::Bytes, "512MB", None),
            (Measure::MilliCpu, "500m", Some("500")),
            (Measure::MilliCpu, "0.25", Some("250")),
            (Measure::MilliCpu, "-1", None),
            (Measure::Seconds, "10s", Some("10")),
            (Measure::Seconds, "5m", Some("300")),
            (Measure::Seconds, "1500ms", None),
            (Measure::Seconds, "2000ms", Some("2")),
            (Measure::Seconds, "1..5s", None),
            (Measure::Seconds, "s", None),
            (Measure::Bytes, "99999999999999999999Ti", None),
        ] {
            assert_eq!(parse(measure, text).as_deref(), expected, "{text}");
        }
    }
}
