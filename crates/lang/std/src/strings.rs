//! `strings`: text, by characters or bytes as the names say.

use cue_data::{Call, CallError, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, MAX_REPEAT, TEXT, fail, function, int};
use crate::case;

pub(crate) const PACKAGE: Package = Package { path: "strings", functions: FUNCTIONS, constants: &[] };

const S: K = K::STRING;

const FUNCTIONS: &[Function] = &[
    function("ByteAt", &[TEXT, K::INT], K::INT, |_, args| {
        let index = usize::try_from(args.i64(1)?).unwrap_or(usize::MAX);
        args.bytes(0)?.get(index).map(|&byte| int(u32::from(byte))).ok_or_else(out_of_range)
    }),
    function("ByteSlice", &[TEXT, K::INT, K::INT], TEXT, |_, args| {
        slice(args.bytes(0)?, args.i64(1)?, args.i64(2)?).map(|part| Value::from(part.to_vec()))
    }),
    function("Compare", &[S, S], K::INT, |_, args| Ok(int(args.string(0)?.cmp(args.string(1)?) as i32))),
    function("Contains", &[S, S], K::BOOL, |_, args| Ok(args.string(0)?.contains(args.string(1)?).into())),
    function("ContainsAny", &[S, S], K::BOOL, |_, args| Ok(args.string(0)?.contains(any_of(args.string(1)?)).into())),
    function("Count", &[S, S], K::INT, |_, args| {
        let (text, part) = (args.string(0)?, args.string(1)?);
        Ok(int(if part.is_empty() { text.chars().count() + 1 } else { text.matches(part).count() }))
    }),
    function("Fields", &[S], K::LIST, |call, args| list(call, args.string(0)?, str::split_whitespace)),
    function("HasPrefix", &[S, S], K::BOOL, |_, args| Ok(args.string(0)?.starts_with(args.string(1)?).into())),
    function("HasSuffix", &[S, S], K::BOOL, |_, args| Ok(args.string(0)?.ends_with(args.string(1)?).into())),
    function("Index", &[S, S], K::INT, |_, args| Ok(index(args.string(0)?.find(args.string(1)?)))),
    function("IndexAny", &[S, S], K::INT, |_, args| Ok(index(args.string(0)?.find(any_of(args.string(1)?))))),
    function("Join", &[K::LIST, S], S, join).of(K::STRING),
    function("LastIndex", &[S, S], K::INT, |_, args| Ok(index(args.string(0)?.rfind(args.string(1)?)))),
    function("LastIndexAny", &[S, S], K::INT, |_, args| Ok(index(args.string(0)?.rfind(any_of(args.string(1)?))))),
    function("MaxRunes", &[S, K::INT], K::BOOL, |_, args| Ok((length(args.string(0)?) <= args.i64(1)?).into())),
    function("MinRunes", &[S, K::INT], K::BOOL, |_, args| Ok((length(args.string(0)?) >= args.i64(1)?).into())),
    function("Repeat", &[S, K::INT], S, repeat),
    function("Replace", &[S, S, S, K::INT], S, replace),
    function("Runes", &[S], K::LIST, |call, args| {
        let text = args.string(0)?;
        call.check_list(text.chars().count())?;
        let codes: Vec<Value> = text.chars().map(|c| int(u32::from(c))).collect();
        Ok(Value::list(&codes))
    }),
    function("SliceRunes", &[S, K::INT, K::INT], S, |_, args| {
        let text = args.string(0)?;
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let (start, end) = (args.i64(1)?, args.i64(2)?);
        let place = |rune: i64| usize::try_from(rune).ok().and_then(|rune| places.get(rune).copied());
        match (place(start), place(end)) {
            (Some(from), Some(to)) if start <= end => Ok(text[from..to].into()),
            _ => Err(out_of_range()),
        }
    }),
    function("Split", &[S, S], K::LIST, |call, args| split(call, args.string(0)?, args.string(1)?, -1, false)),
    function("SplitAfter", &[S, S], K::LIST, |call, args| split(call, args.string(0)?, args.string(1)?, -1, true)),
    function("SplitAfterN", &[S, S, K::INT], K::LIST, |call, args| {
        split(call, args.string(0)?, args.string(1)?, args.i64(2)?, true)
    }),
    function("SplitN", &[S, S, K::INT], K::LIST, |call, args| {
        split(call, args.string(0)?, args.string(1)?, args.i64(2)?, false)
    }),
    function("ToCamel", &[S], S, |_, args| Ok(word_starts(args.string(0)?, case::lower).into())),
    function("ToLower", &[S], S, |_, args| Ok(args.string(0)?.chars().map(case::lower).collect::<String>().into())),
    function("ToTitle", &[S], S, |_, args| Ok(word_starts(args.string(0)?, case::title).into())),
    function("ToUpper", &[S], S, |_, args| Ok(args.string(0)?.chars().map(case::upper).collect::<String>().into())),
    function("Trim", &[S, S], S, |_, args| Ok(args.string(0)?.trim_matches(any_of(args.string(1)?)).into())),
    function("TrimLeft", &[S, S], S, |_, args| Ok(args.string(0)?.trim_start_matches(any_of(args.string(1)?)).into())),
    function("TrimPrefix", &[S, S], S, |_, args| {
        let text = args.string(0)?;
        Ok(text.strip_prefix(args.string(1)?).unwrap_or(text).into())
    }),
    function("TrimRight", &[S, S], S, |_, args| Ok(args.string(0)?.trim_end_matches(any_of(args.string(1)?)).into())),
    function("TrimSpace", &[S], S, |_, args| Ok(args.string(0)?.trim().into())),
    function("TrimSuffix", &[S, S], S, |_, args| {
        let text = args.string(0)?;
        Ok(text.strip_suffix(args.string(1)?).unwrap_or(text).into())
    }),
];

fn out_of_range() -> CallError {
    CallError::message("index out of range")
}

fn slice(bytes: &[u8], start: i64, end: i64) -> Result<&[u8], CallError> {
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { return Err(out_of_range()) };
    bytes.get(start..end).ok_or_else(out_of_range)
}

fn any_of(set: &str) -> impl FnMut(char) -> bool + Clone + '_ {
    move |c| set.contains(c)
}

fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// A place in bytes, -1 for none.
fn index(place: Option<usize>) -> Value {
    place.map_or_else(|| int(-1), int)
}

fn list<'a, I: Iterator<Item = &'a str>>(call: &Call<'_>, text: &'a str, parts: fn(&'a str) -> I) -> Answer {
    call.check_list(parts(text).count())?;
    Ok(Value::strings(parts(text)))
}

fn join(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (parts, separator) = (args.strings(0)?, args.string(1)?);
    let separators = separator.len().saturating_mul(parts.len().saturating_sub(1));
    call.check_string(parts.iter().map(|part| part.len()).fold(separators, usize::saturating_add))?;
    Ok(parts.join(separator).into())
}

fn repeat(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (text, count) = (args.string(0)?, args.i64(1)?);
    let times = usize::try_from(count).or_else(|_| fail("negative count"))?;
    if count > MAX_REPEAT {
        return fail(format!("count {count} exceeds limit of {MAX_REPEAT}"));
    }
    let bytes = text.len().saturating_mul(times);
    call.check_string(bytes)?;
    call.spend(bytes / 16)?;
    Ok(text.repeat(times).into())
}

/// Replaces the first `count` places, all for a negative count. An empty text stands before every character and at
/// the end.
fn replace(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let (text, old, new, count) = (args.string(0)?, args.string(1)?, args.string(2)?, args.i64(3)?);
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let places = text.matches(old).take(count).count();
    let grown = text.len().saturating_add(new.len().saturating_mul(places));
    call.check_string(grown.saturating_sub(old.len().saturating_mul(places)))?;
    Ok(text.replacen(old, new, count).into())
}

/// Splits into at most `count` parts, all for a negative count. An empty separator splits into characters.
fn split(call: &mut Call<'_>, text: &str, separator: &str, count: i64, keep: bool) -> Answer {
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    let mut parts = Vec::new();
    let mut rest = text;
    while parts.len() + 1 < count {
        let end = match separator.is_empty() {
            true => rest.chars().next().map(|c| (c.len_utf8(), c.len_utf8())),
            false => rest.find(separator).map(|at| (at, at + separator.len())),
        };
        let Some((end, next)) = end.filter(|&(_, next)| !separator.is_empty() || next < rest.len()) else { break };
        parts.push(&rest[..if keep { next } else { end }]);
        rest = &rest[next..];
        call.check_list(parts.len())?;
    }
    if count > 0 && !(separator.is_empty() && rest.is_empty()) {
        parts.push(rest);
    }
    Ok(Value::strings(parts))
}

/// Maps every character that stands first or behind a space.
fn word_starts(text: &str, map: fn(char) -> char) -> String {
    let mut before = ' ';
    let mapped = text.chars().map(|c| {
        let start = before.is_whitespace();
        before = c;
        if start { map(c) } else { c }
    });
    mapped.collect()
}
