//! Times read by a layout.

use std::fmt::Write;

use super::civil::{Civil, Time, days_before, days_in, is_leap};
use super::layout::{Element, MONTHS, Offset, WEEKDAYS, split};

/// Reads a time. An error is the text that says what is wrong.
pub(crate) fn parse(layout: &str, value: &str) -> Result<Time, String> {
    let mut found = Found::default();
    let mut rest = value;
    let mut layout_rest = layout;
    let wrong = |element: &str, rest: &str| {
        let (value, layout) = (quoted(value), quoted(layout));
        format!("parsing time {value} as {layout}: cannot parse {} as {}", quoted(rest), quoted(element))
    };
    let broken = |why: &str| format!("parsing time {}{why}", quoted(value));
    loop {
        let chunk = split(layout_rest);
        let literal = chunk.map_or(layout_rest, |(before, ..)| before);
        rest = skip(rest, literal).map_err(|rest| wrong(literal, rest))?;
        let Some((_, element, spelling, behind)) = chunk else { break };
        layout_rest = behind;
        rest = match found.read(element, rest, behind) {
            Ok(rest) => rest,
            Err(Fault::Bad) => return Err(wrong(spelling, rest)),
            Err(Fault::Range(what)) => return Err(broken(&format!(": {what} out of range"))),
        };
    }
    if !rest.is_empty() {
        return Err(broken(&format!(": extra text: {}", quoted(rest))));
    }
    found.finish().map_err(broken)
}

enum Fault {
    /// What stands there is not what is wanted.
    Bad,
    /// It is, but the number is too large.
    Range(&'static str),
}

type Read<'a, T> = Result<(T, &'a str), Fault>;

#[derive(Default)]
struct Found {
    year: u32,
    month: Option<u32>,
    day: Option<u32>,
    year_day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanosecond: u32,
    afternoon: Option<bool>,
    utc: bool,
    offset: Option<i64>,
    zone: String,
}

impl Found {
    /// Reads what an element stands for, and gives what follows. `layout` is what follows the element.
    fn read<'a>(&mut self, element: Element, text: &'a str, layout: &str) -> Result<&'a str, Fault> {
        let rest;
        match element {
            Element::Year => {
                // Two characters that are a number: `+5` is one too.
                let year: i64 = text.get(..2).and_then(|year| year.parse().ok()).ok_or(Fault::Bad)?;
                let year = year + if year >= 69 { 1900 } else { 2000 };
                self.year = u32::try_from(year).map_err(|_| Fault::Bad)?;
                rest = &text[2..];
            }
            Element::LongYear => (self.year, rest) = digits(text, 4)?,
            Element::Month => (self.month, rest) = name(text, MONTHS.map(|month| &month[..3]))?,
            Element::LongMonth => (self.month, rest) = name(text, MONTHS)?,
            Element::NumMonth | Element::ZeroMonth => {
                let (month, behind) = number(text, element == Element::ZeroMonth)?;
                self.month = Some(within(month, 1..=12, "month")?);
                rest = behind;
            }
            Element::Weekday => rest = name(text, WEEKDAYS.map(|day| &day[..3]))?.1,
            Element::LongWeekday => rest = name(text, WEEKDAYS)?.1,
            Element::Day | Element::UnderDay | Element::ZeroDay => {
                let text = if element == Element::UnderDay { text.strip_prefix(' ').unwrap_or(text) } else { text };
                let (day, behind) = number(text, element == Element::ZeroDay)?;
                (self.day, rest) = (Some(day), behind);
            }
            Element::UnderYearDay | Element::ZeroYearDay => {
                let fixed = element == Element::ZeroYearDay;
                let spaces = if fixed { 0 } else { text.bytes().take(2).take_while(|&b| b == b' ').count() };
                let text = &text[spaces..];
                let count = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
                if count == 0 || (fixed && count != 3) {
                    return Err(Fault::Bad);
                }
                let (day, behind) = digits(text, count)?;
                (self.year_day, rest) = (Some(day), behind);
            }
            Element::Hour => {
                let (hour, behind) = number(text, false)?;
                (self.hour, rest) = (within(hour, 0..=23, "hour")?, behind);
            }
            Element::Hour12 | Element::ZeroHour12 => {
                let (hour, behind) = number(text, element == Element::ZeroHour12)?;
                (self.hour, rest) = (within(hour, 0..=12, "hour")?, behind);
            }
            Element::Minute | Element::ZeroMinute => {
                let (minute, behind) = number(text, element == Element::ZeroMinute)?;
                (self.minute, rest) = (within(minute, 0..=59, "minute")?, behind);
            }
            Element::Second | Element::ZeroSecond => {
                let (second, behind) = number(text, element == Element::ZeroSecond)?;
                self.second = within(second, 0..=59, "second")?;
                let wanted = matches!(split(layout), Some((_, Element::Fraction(..) | Element::ShortFraction(..), ..)));
                rest = if wanted { behind } else { self.fraction(behind)? };
            }
            Element::UpperPm => (self.afternoon, rest) = half_day(text, "AM", "PM")?,
            Element::LowerPm => (self.afternoon, rest) = half_day(text, "am", "pm")?,
            Element::Offset(form) => rest = self.offset(form, text)?,
            Element::ZoneName => match text.strip_prefix("UTC") {
                Some(behind) => (self.utc, rest) = (true, behind),
                None => {
                    let (zone, behind) = text.split_at(zone_length(text).ok_or(Fault::Bad)?);
                    (self.zone, rest) = (zone.to_owned(), behind);
                }
            },
            Element::Fraction(count, _) => {
                let enough = text.as_bytes().get(1..=count).is_some_and(|digits| digits.iter().all(u8::is_ascii_digit));
                if !enough || !text.starts_with(['.', ',']) {
                    return Err(Fault::Bad);
                }
                self.nanosecond = nanoseconds(&text[1..=count]);
                rest = &text[count + 1..];
            }
            Element::ShortFraction(..) => rest = self.fraction(text)?,
        }
        Ok(rest)
    }

    /// Reads a fraction of a second of any length, if there is one.
    fn fraction<'a>(&mut self, text: &'a str) -> Result<&'a str, Fault> {
        let Some(behind) = text.strip_prefix(['.', ',']) else { return Ok(text) };
        let count = behind.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 {
            return Ok(text);
        }
        self.nanosecond = nanoseconds(&behind[..count]);
        Ok(&behind[count..])
    }

    fn offset<'a>(&mut self, form: Offset, text: &'a str) -> Result<&'a str, Fault> {
        if let Some(behind) = text.strip_prefix('Z').filter(|_| form.z) {
            self.utc = true;
            return Ok(behind);
        }
        let mut rest = text.strip_prefix(['+', '-']).ok_or(Fault::Bad)?;
        let mut total = 0;
        let parts = [
            (true, 24, 3600, "time zone offset hour"),
            (form.minutes, 60, 60, "time zone offset minute"),
            (form.seconds, 60, 1, "time zone offset second"),
        ];
        let mut range = None;
        for (_, most, unit, what) in parts.into_iter().filter(|(present, ..)| *present) {
            if unit < 3600 && form.colon {
                rest = rest.strip_prefix(':').ok_or(Fault::Bad)?;
            }
            let (part, behind) = number(rest, true)?;
            if part > most {
                range = range.or(Some(what));
            }
            total += i64::from(part) * unit;
            rest = behind;
        }
        if let Some(what) = range {
            return Err(Fault::Range(what));
        }
        self.offset = Some(if text.starts_with('-') { -total } else { total });
        Ok(rest)
    }

    fn finish(mut self) -> Result<Time, &'static str> {
        match self.afternoon {
            Some(true) if self.hour < 12 => self.hour += 12,
            Some(false) if self.hour == 12 => self.hour = 0,
            _ => {}
        }
        let year = i128::from(self.year);
        let (month, day) = match self.year_day {
            Some(year_day) => self.month_and_day(year_day)?,
            None => (self.month.unwrap_or(1), self.day.unwrap_or(1)),
        };
        if day < 1 || day > days_in(month, year) {
            return Err(": day out of range");
        }
        let (hour, minute, second) = (self.hour, self.minute, self.second);
        let seconds = Civil { year, month, day, hour, minute, second }.seconds();
        Ok(match self.offset {
            _ if self.utc => Time::utc(seconds, self.nanosecond),
            Some(0) => Time::utc(seconds, self.nanosecond),
            Some(offset) => {
                Time { seconds: seconds - i128::from(offset), nanosecond: self.nanosecond, offset, zone: self.zone }
            }
            None if self.zone.is_empty() => Time::utc(seconds, self.nanosecond),
            // The name of a zone says nothing of its offset. `GMT-3` does, but the original only shows it.
            None => {
                let hours = self.zone.strip_prefix("GMT").and_then(|hours| hours.parse::<i64>().ok()).unwrap_or(0);
                Time { seconds, nanosecond: self.nanosecond, offset: hours * 3600, zone: self.zone }
            }
        })
    }

    fn month_and_day(&self, year_day: u32) -> Result<(u32, u32), &'static str> {
        let year = i128::from(self.year);
        if year_day < 1 || year_day > 365 + u32::from(is_leap(year)) {
            return Err(": day-of-year out of range");
        }
        let month = (1..=12).rev().find(|&month| days_before(month, year) < year_day).unwrap_or(1);
        let day = year_day - days_before(month, year);
        if self.month.is_some_and(|given| given != month) {
            return Err(": day-of-year does not match month");
        }
        if self.day.is_some_and(|given| given != day) {
            return Err(": day-of-year does not match day");
        }
        Ok((month, day))
    }
}

/// Reads exactly so many digits.
fn digits(text: &str, count: usize) -> Read<'_, u32> {
    let all = text.get(..count).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit())).ok_or(Fault::Bad)?;
    Ok((all.parse().map_err(|_| Fault::Bad)?, &text[count..]))
}

/// Reads one or two digits; two if `fixed`.
fn number(text: &str, fixed: bool) -> Read<'_, u32> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if count == 0 || (fixed && count == 1) {
        return Err(Fault::Bad);
    }
    digits(text, count)
}

fn within(value: u32, range: std::ops::RangeInclusive<u32>, what: &'static str) -> Result<u32, Fault> {
    if range.contains(&value) { Ok(value) } else { Err(Fault::Range(what)) }
}

/// Reads one of the names, in any case, and gives its number from 1.
fn name<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Read<'a, Option<u32>> {
    let starts = |name: &str| text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let at = names.iter().position(|name| starts(name)).ok_or(Fault::Bad)?;
    Ok((u32::try_from(at + 1).ok(), &text[names[at].len()..]))
}

fn half_day<'a>(text: &'a str, morning: &str, afternoon: &str) -> Read<'a, Option<bool>> {
    match (text.strip_prefix(morning), text.strip_prefix(afternoon)) {
        (Some(rest), _) => Ok((Some(false), rest)),
        (_, Some(rest)) => Ok((Some(true), rest)),
        _ => Err(Fault::Bad),
    }
}

/// Digits behind the point; what is shorter than a nanosecond is cut off.
fn nanoseconds(digits: &str) -> u32 {
    format!("{:0<9}", &digits[..digits.len().min(9)]).parse().unwrap_or(0)
}

/// How long the name of a zone is that a text starts with.
fn zone_length(text: &str) -> Option<usize> {
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(behind) = text.strip_prefix("GMT") {
        return Some(3 + signed_hours(behind));
    }
    if text.starts_with(['+', '-']) {
        return Some(signed_hours(text)).filter(|&length| length > 0);
    }
    let capitals = text.bytes().take(6).take_while(u8::is_ascii_uppercase).count();
    match capitals {
        3 => Some(3),
        4 if text[..4].ends_with('T') || text.starts_with("WITA") => Some(4),
        5 if text[..5].ends_with('T') => Some(5),
        _ => None,
    }
}

fn signed_hours(text: &str) -> usize {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return 0 };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    match digits[..count].parse::<u64>() {
        Ok(hours) if hours <= 23 => count + 1,
        _ => 0,
    }
}

/// Passes over a literal of the layout; any number of spaces matches any other. An error is where it stopped.
fn skip<'a>(mut text: &'a str, mut literal: &str) -> Result<&'a str, &'a str> {
    while let Some(c) = literal.chars().next() {
        if c == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return Err(text);
            }
            literal = literal.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
            continue;
        }
        literal = &literal[c.len_utf8()..];
        text = text.strip_prefix(c).ok_or(text)?;
    }
    Ok(text)
}

/// Between quotes, with bytes that are not printable ASCII as escapes.
fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for byte in text.bytes() {
        // Writing to a string cannot fail.
        let _ = match byte {
            b'"' | b'\\' => write!(result, "\\{}", char::from(byte)),
            b' '..=b'~' | 0x7F => write!(result, "{}", char::from(byte)),
            _ => write!(result, "\\x{byte:02x}"),
        };
    }
    result.push('"');
    result
}
