//! Layouts: texts that show how a certain moment, `Mon Jan 2 15:04:05 MST 2006`, would be written.

/// A part of a layout that stands for a part of a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Element {
    LongMonth,
    Month,
    NumMonth,
    ZeroMonth,
    LongWeekday,
    Weekday,
    Day,
    UnderDay,
    ZeroDay,
    UnderYearDay,
    ZeroYearDay,
    Hour,
    Hour12,
    ZeroHour12,
    Minute,
    ZeroMinute,
    Second,
    ZeroSecond,
    LongYear,
    Year,
    UpperPm,
    LowerPm,
    ZoneName,
    Offset(Offset),
    /// So many digits, written out to the last zero.
    Fraction(usize, char),
    /// Up to so many digits, without zeros at the end.
    ShortFraction(usize, char),
}

/// How an offset from UTC is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Offset {
    /// Whether UTC is `Z`.
    pub(crate) z: bool,
    pub(crate) colon: bool,
    pub(crate) minutes: bool,
    pub(crate) seconds: bool,
}

/// Splits a layout at its first element: the text before it, the element with its spelling, and the rest.
pub(crate) fn split(layout: &str) -> Option<(&str, Element, &str, &str)> {
    for (at, _) in layout.char_indices() {
        if let Some((element, skip, length)) = element(&layout[at..]) {
            let start = at + skip;
            return Some((&layout[..start], element, &layout[start..start + length], &layout[start + length..]));
        }
    }
    None
}

/// The element that a text starts with, what of the text is passed over, and how long the element is.
fn element(text: &str) -> Option<(Element, usize, usize)> {
    let plain = |element, spelling: &str| text.starts_with(spelling).then_some((element, 0, spelling.len()));
    // `Janet` is a name and no month.
    let word = |element, spelling: &str| {
        plain(element, spelling).filter(|_| !text[spelling.len()..].starts_with(|c: char| c.is_ascii_lowercase()))
    };
    match text.as_bytes()[0] {
        b'J' => plain(Element::LongMonth, "January").or_else(|| word(Element::Month, "Jan")),
        b'M' => plain(Element::LongWeekday, "Monday")
            .or_else(|| word(Element::Weekday, "Mon"))
            .or_else(|| plain(Element::ZoneName, "MST")),
        b'0' => [
            (Element::ZeroMonth, "01"),
            (Element::ZeroDay, "02"),
            (Element::ZeroHour12, "03"),
            (Element::ZeroMinute, "04"),
            (Element::ZeroSecond, "05"),
            (Element::Year, "06"),
            (Element::ZeroYearDay, "002"),
        ]
        .into_iter()
        .find_map(|(element, spelling)| plain(element, spelling)),
        b'1' => plain(Element::Hour, "15").or_else(|| plain(Element::NumMonth, "1")),
        b'2' => plain(Element::LongYear, "2006").or_else(|| plain(Element::Day, "2")),
        // Here the underscore is itself.
        b'_' if text.starts_with("_2006") => Some((Element::LongYear, 1, 4)),
        b'_' => plain(Element::UnderDay, "_2").or_else(|| plain(Element::UnderYearDay, "__2")),
        b'3' => plain(Element::Hour12, "3"),
        b'4' => plain(Element::Minute, "4"),
        b'5' => plain(Element::Second, "5"),
        b'P' => plain(Element::UpperPm, "PM"),
        b'p' => plain(Element::LowerPm, "pm"),
        b'-' => offset(&text[1..], false),
        b'Z' => offset(&text[1..], true),
        separator @ (b'.' | b',') => fraction(&text[1..], char::from(separator)),
        _ => None,
    }
}

fn offset(digits: &str, z: bool) -> Option<(Element, usize, usize)> {
    let forms = [
        ("070000", true, true),
        ("07:00:00", true, true),
        ("0700", true, false),
        ("07:00", true, false),
        ("07", false, false),
    ];
    forms.into_iter().find(|(spelling, ..)| digits.starts_with(spelling)).map(|(spelling, minutes, seconds)| {
        let offset = Offset { z, colon: spelling.contains(':'), minutes, seconds };
        (Element::Offset(offset), 0, spelling.len() + 1)
    })
}

fn fraction(digits: &str, separator: char) -> Option<(Element, usize, usize)> {
    let digit = digits.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let count = digits.chars().take_while(|&c| c == digit).count();
    if digits[count..].starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let element =
        if digit == '0' { Element::Fraction(count, separator) } else { Element::ShortFraction(count, separator) };
    Some((element, 0, count + 1))
}

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(crate) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
