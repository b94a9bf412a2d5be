//! Dates of the Gregorian calendar, extended to all years, and seconds since 1970.

/// A moment with the offset from UTC, in seconds, in which it is told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Time {
    /// Seconds since the start of 1970 in UTC.
    pub(crate) seconds: i128,
    pub(crate) nanosecond: u32,
    pub(crate) offset: i64,
    /// The name of the zone, if it has one.
    pub(crate) zone: String,
}

/// A moment as a calendar and a clock show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Civil {
    pub(crate) year: i128,
    /// From 1 to 12.
    pub(crate) month: u32,
    pub(crate) day: u32,
    pub(crate) hour: u32,
    pub(crate) minute: u32,
    pub(crate) second: u32,
}

const DAY: i128 = 86_400;

impl Time {
    pub(crate) fn utc(seconds: i128, nanosecond: u32) -> Time {
        Time { seconds, nanosecond, offset: 0, zone: "UTC".to_owned() }
    }

    pub(crate) fn to_utc(&self) -> Time {
        Time::utc(self.seconds, self.nanosecond)
    }

    fn local_seconds(&self) -> i128 {
        self.seconds + i128::from(self.offset)
    }

    /// 0 is Sunday.
    pub(crate) fn weekday(&self) -> usize {
        // The first day of 1970 was a Thursday.
        narrow((self.local_seconds().div_euclid(DAY) + 4).rem_euclid(7)) as usize
    }

    /// From 1.
    pub(crate) fn year_day(&self) -> u32 {
        let civil = self.civil();
        days_before(civil.month, civil.year) + civil.day
    }

    pub(crate) fn civil(&self) -> Civil {
        let (days, clock) = (self.local_seconds().div_euclid(DAY), narrow(self.local_seconds().rem_euclid(DAY)));
        // Years are counted from the first of March of the year 0, so that the leap day comes last.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = narrow(day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Civil {
            year: year_of_era + era * 400 + i128::from(month <= 2),
            month,
            day: day_of_year - (153 * shifted + 2) / 5 + 1,
            hour: clock / 3600,
            minute: clock / 60 % 60,
            second: clock % 60,
        }
    }
}

impl Civil {
    /// Seconds since the start of 1970, as if the calendar told UTC.
    pub(crate) fn seconds(self) -> i128 {
        let year = self.year - i128::from(self.month <= 2);
        let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let shifted = i128::from(if self.month > 2 { self.month - 3 } else { self.month + 9 });
        let day_of_year = (153 * shifted + 2) / 5 + i128::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * 146_097 + day_of_era - 719_468;
        days * DAY + i128::from(self.hour * 3600 + self.minute * 60 + self.second)
    }
}

/// What a division by a small number leaves.
fn narrow(rest: i128) -> u32 {
    u32::try_from(rest).unwrap_or(0)
}

pub(crate) fn is_leap(year: i128) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) fn days_in(month: u32, year: i128) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// How many days of the year are before a month.
pub(crate) fn days_before(month: u32, year: i128) -> u32 {
    (1..month).map(|month| days_in(month, year)).sum()
}

#[cfg(test)]
mod tests {
    use super::{Civil, Time};

    #[test]
    fn dates_and_seconds_agree() {
        for (seconds, year, month, day, weekday, year_day) in [
            (0, 1970, 1, 1, 4, 1),
            (951_782_400, 2000, 2, 29, 2, 60),
            (-1, 1969, 12, 31, 3, 365),
            (253_402_300_799, 9999, 12, 31, 5, 365),
            (-62_167_219_200, 0, 1, 1, 6, 1),
            (-62_167_219_201, -1, 12, 31, 5, 365),
        ] {
            let time = Time::utc(seconds, 0);
            let civil = time.civil();
            assert_eq!((civil.year, civil.month, civil.day), (year, month, day));
            assert_eq!((time.weekday(), time.year_day()), (weekday, year_day));
            assert_eq!(civil.seconds(), seconds);
        }
        let every_day = (-800_000..800_000).step_by(97).map(|day| day * 86_400);
        assert!(every_day.into_iter().all(|seconds| Time::utc(seconds, 0).civil().seconds() == seconds));
        assert_eq!(Civil { second: 7, ..Time::utc(0, 0).civil() }.seconds(), 7);
    }
}
