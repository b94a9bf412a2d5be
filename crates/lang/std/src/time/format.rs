//! Times written by a layout.

use std::fmt::Write;

use super::civil::Time;
use super::layout::{Element, MONTHS, Offset, WEEKDAYS, split};

pub(crate) fn format(time: &Time, layout: &str) -> String {
    let civil = time.civil();
    let month = MONTHS[(civil.month - 1) as usize];
    let weekday = WEEKDAYS[time.weekday()];
    let hour12 = (civil.hour + 11) % 12 + 1;
    let afternoon = civil.hour >= 12;
    let mut text = String::new();
    let mut rest = layout;
    while let Some((before, element, _, behind)) = split(rest) {
        text.push_str(before);
        rest = behind;
        // Writing to a string cannot fail.
        let _ = match element {
            Element::LongMonth => write!(text, "{month}"),
            Element::Month => write!(text, "{}", &month[..3]),
            Element::NumMonth => write!(text, "{}", civil.month),
            Element::ZeroMonth => write!(text, "{:02}", civil.month),
            Element::LongWeekday => write!(text, "{weekday}"),
            Element::Weekday => write!(text, "{}", &weekday[..3]),
            Element::Day => write!(text, "{}", civil.day),
            Element::UnderDay => write!(text, "{:2}", civil.day),
            Element::ZeroDay => write!(text, "{:02}", civil.day),
            Element::UnderYearDay => write!(text, "{:3}", time.year_day()),
            Element::ZeroYearDay => write!(text, "{:03}", time.year_day()),
            Element::Hour => write!(text, "{:02}", civil.hour),
            Element::Hour12 => write!(text, "{hour12}"),
            Element::ZeroHour12 => write!(text, "{hour12:02}"),
            Element::Minute => write!(text, "{}", civil.minute),
            Element::ZeroMinute => write!(text, "{:02}", civil.minute),
            Element::Second => write!(text, "{}", civil.second),
            Element::ZeroSecond => write!(text, "{:02}", civil.second),
            Element::LongYear if civil.year < 0 => write!(text, "-{:04}", -civil.year),
            Element::LongYear => write!(text, "{:04}", civil.year),
            Element::Year => write!(text, "{:02}", civil.year.max(0) % 100),
            Element::UpperPm => write!(text, "{}", if afternoon { "PM" } else { "AM" }),
            Element::LowerPm => write!(text, "{}", if afternoon { "pm" } else { "am" }),
            Element::ZoneName if time.zone.is_empty() => {
                let numeric = Offset { z: false, colon: false, minutes: true, seconds: false };
                push_offset(&mut text, time.offset, numeric)
            }
            Element::ZoneName => write!(text, "{}", time.zone),
            Element::Offset(form) => push_offset(&mut text, time.offset, form),
            Element::Fraction(count, separator) => {
                write!(text, "{separator}{:0<count$}", &format!("{:09}", time.nanosecond)[..count.min(9)])
            }
            Element::ShortFraction(count, separator) => {
                let digits = format!("{:09}", time.nanosecond);
                match digits[..count.min(9)].trim_end_matches('0') {
                    "" => Ok(()),
                    digits => write!(text, "{separator}{digits}"),
                }
            }
        };
    }
    text.push_str(rest);
    text
}

fn push_offset(text: &mut String, offset: i64, form: Offset) -> std::fmt::Result {
    if form.z && offset == 0 {
        return text.write_char('Z');
    }
    // The sign is that of the minutes.
    let (sign, size) = (if offset / 60 < 0 { '-' } else { '+' }, offset.abs());
    let colon = if form.colon { ":" } else { "" };
    write!(text, "{sign}{:02}", size / 3600)?;
    if form.minutes {
        write!(text, "{colon}{:02}", size / 60 % 60)?;
    }
    if form.seconds {
        write!(text, "{colon}{:02}", size % 60)?;
    }
    Ok(())
}
