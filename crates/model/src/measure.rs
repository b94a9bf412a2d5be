//! Units of measure: `512Mi` as bytes, `500m` as thousandths of a processor, `10s` as seconds.

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
    pub const ALL: [Measure; 4] = [Measure::Count, Measure::Bytes, Measure::MilliCpu, Measure::Seconds];

    pub fn name(self) -> &'static str {
        match self {
            Measure::Count => "count",
            Measure::Bytes => "bytes",
            Measure::MilliCpu => "millicpu",
            Measure::Seconds => "seconds",
        }
    }

    pub fn named(name: &str) -> Option<Measure> {
        Measure::ALL.into_iter().find(|measure| measure.name() == name)
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

    /// As it can follow `must be`.
    pub fn in_words(self) -> &'static str {
        match self {
            Measure::Count => "a whole number",
            Measure::Bytes => "an amount of memory, such as `512Mi`",
            Measure::MilliCpu => "an amount of processor, such as `500m`",
            Measure::Seconds => "a time, such as `10s`",
        }
    }

    /// An amount of the smallest thing as people write it: in the largest unit of which it is a whole number.
    pub fn show(self, amount: i128) -> String {
        let units: &[(&str, i128)] = match self {
            Measure::Bytes => &[("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)],
            Measure::Seconds => &[("h", 3_600), ("m", 60), ("s", 1)],
            Measure::MilliCpu => &[("m", 1)],
            Measure::Count => &[],
        };
        let whole = |(_, unit): &&(&str, i128)| amount != 0 && amount % unit == 0;
        let unit = units.iter().find(whole);
        unit.map_or_else(|| amount.to_string(), |(name, unit)| format!("{}{name}", amount / unit))
    }

    /// How many of the smallest thing a unit stands for, as a fraction.
    fn unit(self, unit: &str) -> Option<(u64, u64)> {
        let factor = match (self, unit) {
            (Measure::Count, "")
            | (Measure::Bytes, "" | "B")
            | (Measure::MilliCpu, "m")
            | (Measure::Seconds, "" | "s") => 1,
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
    pub fn parse(self, text: &str) -> Option<i64> {
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
        i64::try_from(whole).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_shown_by_the_largest_unit_that_fits() {
        for (measure, amount, expected) in [
            (Measure::Bytes, 536_870_912, "512Mi"),
            (Measure::Bytes, 1_610_612_736, "1536Mi"),
            (Measure::Bytes, 1_000, "1000"),
            (Measure::MilliCpu, 1500, "1500m"),
            (Measure::Seconds, 90, "90s"),
            (Measure::Seconds, 345_600, "96h"),
            (Measure::Seconds, 0, "0"),
            (Measure::Count, 60, "60"),
        ] {
            let shown = measure.show(amount);
            assert_eq!(shown, expected);
            assert_eq!(measure.parse(&shown).map(i128::from), Some(amount));
        }
    }

    #[test]
    fn quantities_are_whole_numbers_of_the_smallest_unit() {
        for (measure, text, expected) in [
            (Measure::Bytes, "512Mi", Some(536_870_912)),
            (Measure::Bytes, "1.5Gi", Some(1_610_612_736)),
            (Measure::Bytes, "1M", Some(1_000_000)),
            (Measure::Bytes, "12", Some(12)),
            (Measure::Bytes, "0.5", None),
            (Measure::Bytes, "512 Mi", None),
            (Measure::Bytes, "512MB", None),
            (Measure::MilliCpu, "500m", Some(500)),
            (Measure::MilliCpu, "0.25", Some(250)),
            (Measure::MilliCpu, "-1", None),
            (Measure::Seconds, "10s", Some(10)),
            (Measure::Seconds, "5m", Some(300)),
            (Measure::Seconds, "1500ms", None),
            (Measure::Seconds, "2000ms", Some(2)),
            (Measure::Seconds, "1..5s", None),
            (Measure::Seconds, "s", None),
            (Measure::Bytes, "99999999999999999999Ti", None),
        ] {
            assert_eq!(measure.parse(text), expected, "{text}");
        }
    }
}
