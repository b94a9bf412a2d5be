//! Instants as data, in UTC. Who asks a clock is not here.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Milliseconds since 1970, written `2026-11-21T13:30:00.250Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// The last millisecond of the year 9999: four digits are all that the text has.
const LAST: i64 = 253_402_300_799_999;

impl Timestamp {
    pub fn from_millis(millis: i64) -> Timestamp {
        Timestamp(millis.clamp(0, LAST))
    }

    pub fn millis(self) -> i64 {
        self.0
    }

    #[must_use]
    pub fn plus(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(LAST);
        Timestamp::from_millis(self.0.saturating_add(millis))
    }

    /// How long after `earlier` this is; nothing if it is not.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0 - earlier.0).unwrap_or(0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = civil(days);
        let seconds = millis / 1000;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1000)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The Gregorian date of a day counted from 1970-01-01, reckoned in years that begin in March, so that a leap day is
/// the last day of one.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let march_month = (month + 9) % 12;
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl FromStr for Timestamp {
    type Err = String;

    fn from_str(text: &str) -> Result<Timestamp, String> {
        read(text).ok_or_else(|| format!("`{text}` is not an instant such as 2026-11-21T13:30:00Z"))
    }
}

/// `2026-11-21T13:30:00Z`, or with milliseconds before the `Z`.
fn read(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?.bytes();
        digits.into_iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0')))
    };
    let marks: &[(usize, u8)] = &[(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let (millis, end): (i64, &[(usize, u8)]) = match text.len() {
        20 => (0, &[(19, b'Z')]),
        24 => (number(20, 23)?, &[(19, b'.'), (23, b'Z')]),
        _ => return None,
    };
    let date = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days_from_civil(date.0, date.1, date.2);
    let sound = marks.iter().chain(end).all(|&(at, mark)| text.as_bytes()[at] == mark)
        && civil(days) == date
        && days >= 0
        && hour < 24
        && minute < 60
        && second < 60;
    sound.then(|| Timestamp::from_millis(days * 86_400_000 + (hour * 3600 + minute * 60 + second) * 1000 + millis))
}

crate::codec::text_serde!(Timestamp);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_back_as_it_was_written() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_267_800_250, "2026-11-21T13:30:00.250Z"),
            (LAST, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
            assert_eq!(text.parse(), Ok(Timestamp::from_millis(millis)));
        }
        assert_eq!("2000-02-29T00:00:00Z".parse(), Ok(Timestamp::from_millis(951_782_400_000)));
        for text in [
            "2001-02-29T00:00:00Z",
            "2000-01-01",
            "2000-01-01 00:00:00Z",
            "2000-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2000-01-01T24:00:00Z",
            "2000-01-01T00:00:00.00ZZ",
            "2000-01-01T00:00:00.0+1Z",
            "2000-00-01T00:00:00Z",
            "2000-01-01T00:00:60.000Z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
        }
    }
}
