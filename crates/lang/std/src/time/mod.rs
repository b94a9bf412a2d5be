//! `time`: moments as RFC 3339 text, durations, and layouts for both reading and writing. There is no clock here.

mod civil;
mod duration;
mod format;
mod layout;
mod parse;

use cue_data::{Builder, CallError, Constant, Function, Kinds as K, Package, Value};
use cue_num::Number;
use strata_base::Span;

use crate::args::{Answer, Arguments, fail, function, int};
use crate::quote::{Escape, quoted};
use civil::Time;

pub(crate) const PACKAGE: Package = Package { path: "time", functions: FUNCTIONS, constants: CONSTANTS };

const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";

const CONSTANTS: &[(&str, Constant)] = &[
    ("ANSIC", Constant::String("Mon Jan _2 15:04:05 2006")),
    ("April", Constant::Int(4)),
    ("August", Constant::Int(8)),
    ("December", Constant::Int(12)),
    ("February", Constant::Int(2)),
    ("Friday", Constant::Int(5)),
    ("Hour", Constant::Int(3_600_000_000_000)),
    ("January", Constant::Int(1)),
    ("July", Constant::Int(7)),
    ("June", Constant::Int(6)),
    ("Kitchen", Constant::String("3:04PM")),
    ("Kitchen24", Constant::String("15:04")),
    ("March", Constant::Int(3)),
    ("May", Constant::Int(5)),
    ("Microsecond", Constant::Int(1000)),
    ("Millisecond", Constant::Int(1_000_000)),
    ("Minute", Constant::Int(60_000_000_000)),
    ("Monday", Constant::Int(1)),
    ("Nanosecond", Constant::Int(1)),
    ("November", Constant::Int(11)),
    ("October", Constant::Int(10)),
    ("RFC1123", Constant::String("Mon, 02 Jan 2006 15:04:05 MST")),
    ("RFC1123Z", Constant::String("Mon, 02 Jan 2006 15:04:05 -0700")),
    ("RFC3339", Constant::String("2006-01-02T15:04:05Z07:00")),
    ("RFC3339Date", Constant::String("2006-01-02")),
    ("RFC3339Nano", Constant::String(RFC3339_NANO)),
    ("RFC822", Constant::String("02 Jan 06 15:04 MST")),
    ("RFC822Z", Constant::String("02 Jan 06 15:04 -0700")),
    ("RFC850", Constant::String("Monday, 02-Jan-06 15:04:05 MST")),
    ("RubyDate", Constant::String("Mon Jan 02 15:04:05 -0700 2006")),
    ("Saturday", Constant::Int(6)),
    ("Second", Constant::Int(1_000_000_000)),
    ("September", Constant::Int(9)),
    ("Sunday", Constant::Int(0)),
    ("Thursday", Constant::Int(4)),
    ("Tuesday", Constant::Int(2)),
    ("UnixDate", Constant::String("Mon Jan _2 15:04:05 MST 2006")),
    ("Wednesday", Constant::Int(3)),
];

const S: K = K::STRING;

const FUNCTIONS: &[Function] = &[
    function("Duration", &[S], K::BOOL, |_, args| told(duration::parse(args.string(0)?)).map(|_| true.into())),
    function("Format", &[S, S], K::BOOL, |_, args| is_time(args.string(0)?, args.string(1)?)),
    function("FormatDuration", &[K::INT], S, |_, args| Ok(duration::format(args.i64(0)?).into())),
    function("FormatString", &[S, S], S, |call, args| {
        let layout = args.string(0)?;
        // No element of a layout grows by more than its own length and a year.
        call.check_string(layout.len().saturating_mul(10))?;
        Ok(format::format(&rfc3339(args.string(1)?)?, layout).into())
    }),
    function("Parse", &[S, S], S, |_, args| {
        let time = told(parse::parse(args.string(0)?, args.string(1)?))?;
        Ok(format::format(&time.to_utc(), RFC3339_NANO).into())
    }),
    function("ParseDuration", &[S], K::INT, |_, args| told(duration::parse(args.string(0)?)).map(int)),
    function("Split", &[S], K::STRUCT, |_, args| Ok(parts(&rfc3339(args.string(0)?)?))),
    function("Time", &[S], K::BOOL, |_, args| is_time(args.string(0)?, RFC3339_NANO)),
    function("ToUnix", &[S], K::INT, |_, args| Ok(int(rfc3339(args.string(0)?)?.seconds))),
    function("ToUnixNano", &[S], K::INT, |_, args| {
        let time = rfc3339(args.string(0)?)?;
        Ok(int(time.seconds * 1_000_000_000 + i128::from(time.nanosecond)))
    }),
    function("Unix", &[K::INT, K::INT], S, |_, args| {
        let total = i128::from(args.i64(0)?) * 1_000_000_000 + i128::from(args.i64(1)?);
        let nanosecond = u32::try_from(total.rem_euclid(1_000_000_000)).unwrap_or(0);
        Ok(format::format(&Time::utc(total.div_euclid(1_000_000_000), nanosecond), RFC3339_NANO).into())
    }),
];

fn told<T>(result: Result<T, String>) -> Result<T, CallError> {
    result.map_err(CallError::Message)
}

fn rfc3339(text: &str) -> Result<Time, CallError> {
    told(parse::parse(RFC3339_NANO, text))
}

fn is_time(text: &str, layout: &str) -> Answer {
    match parse::parse(layout, text) {
        Ok(_) => Ok(true.into()),
        Err(_) => fail(format!("invalid time {}", quoted(text, '"', Escape::Unprintable))),
    }
}

fn parts(time: &Time) -> Value {
    let civil = time.civil();
    let fields = [
        ("year", Number::from(civil.year)),
        ("month", Number::from(civil.month)),
        ("day", Number::from(civil.day)),
        ("hour", Number::from(civil.hour)),
        ("minute", Number::from(civil.minute)),
        ("second", Number::from(civil.second)),
        ("nanosecond", Number::from(time.nanosecond)),
    ];
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    for (key, number) in fields {
        builder.key(key, Span::NONE);
        builder.number(number, Span::NONE);
    }
    builder.end(Span::NONE);
    Value::root(builder.finish())
}
