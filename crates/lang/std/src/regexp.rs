//! `regexp`: searching and replacing by regular expression.

use cue_data::{Builder, Call, CallError, Exceeded, Function, Kinds as K, Package, Value};
use cue_regex::{Captures, Regex};
use strata_base::Span;

use crate::args::{Answer, Arguments, fail, function};

pub(crate) const PACKAGE: Package = Package { path: "regexp", functions: FUNCTIONS, constants: &[] };

const S: K = K::STRING;

const FUNCTIONS: &[Function] = &[
    function("Find", &[S, S], S, |call, args| {
        let text = args.string(1)?;
        compile(call, args.string(0)?)?.find(text).map(|range| text[range].into()).ok_or_else(no_match)
    }),
    function("FindAll", &[S, S, K::INT], K::LIST, |call, args| {
        let text = args.string(1)?;
        let all = compile(call, args.string(0)?)?.find_all(text, most(call, args.i64(2)?));
        call.check_list(all.len())?;
        found(&all)?;
        Ok(Value::strings(all.into_iter().map(|range| &text[range])))
    }),
    function("FindAllNamedSubmatch", &[S, S, K::INT], K::LIST, |call, args| each_match(call, args, named)),
    function("FindAllSubmatch", &[S, S, K::INT], K::LIST, |call, args| {
        each_match(call, args, |builder, _, text, captures| groups(builder, text, captures))
    }),
    function("FindNamedSubmatch", &[S, S], K::STRUCT, |call, args| first_match(call, args, named)),
    function("FindSubmatch", &[S, S], K::LIST, |call, args| {
        first_match(call, args, |builder, _, text, captures| groups(builder, text, captures))
    }),
    function("Match", &[S, S], K::BOOL, |call, args| {
        Ok(compile(call, args.string(0)?)?.is_match(args.string(1)?).into())
    }),
    function("QuoteMeta", &[S], S, |_, args| {
        let mut quoted = String::new();
        for c in args.string(0)?.chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        Ok(quoted.into())
    }),
    function("ReplaceAll", &[S, S, S], S, |call, args| {
        let regex = compile(call, args.string(0)?)?;
        let result = regex.replace_all(args.string(1)?, args.string(2)?, call.limits().string_bytes);
        result.map(Value::from).map_err(|_| CallError::Limit(Exceeded::StringBytes))
    }),
    function("ReplaceAllLiteral", &[S, S, S], S, |call, args| {
        let regex = compile(call, args.string(0)?)?;
        let result = regex.replace_all_literal(args.string(1)?, args.string(2)?, call.limits().string_bytes);
        result.map(Value::from).map_err(|_| CallError::Limit(Exceeded::StringBytes))
    }),
    function("Valid", &[S], K::BOOL, |call, args| compile(call, args.string(0)?).map(|_| true.into())),
];

/// Compiling takes far longer than reading, so it is paid for by itself.
fn compile(call: &mut Call<'_>, pattern: &str) -> Result<Regex, CallError> {
    call.spend(COMPILE_STEPS + pattern.len())?;
    Regex::new(pattern).map_err(|error| match error.is_limit() {
        true => CallError::Limit(Exceeded::Memory),
        false => CallError::message(error.to_string()),
    })
}

const COMPILE_STEPS: usize = 500;

fn no_match() -> CallError {
    CallError::message("no match")
}

fn found<T>(all: &[T]) -> Result<(), CallError> {
    if all.is_empty() { fail("no match") } else { Ok(()) }
}

/// How many matches to look for: one more than is allowed tells that there are too many.
fn most(call: &Call<'_>, count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).min(call.limits().list_length.saturating_add(1))
}

type Append = fn(&mut Builder, &Regex, &str, &Captures);

fn each_match(call: &mut Call<'_>, args: &[Value], append: Append) -> Answer {
    let (regex, text) = (compile(call, args.string(0)?)?, args.string(1)?);
    let all = regex.captures_all(text, most(call, args.i64(2)?));
    call.check_list(all.len())?;
    found(&all)?;
    let mut builder = Builder::new();
    builder.begin_list(Span::NONE);
    for captures in &all {
        append(&mut builder, &regex, text, captures);
    }
    builder.end(Span::NONE);
    Ok(Value::root(builder.finish()))
}

fn first_match(call: &mut Call<'_>, args: &[Value], append: Append) -> Answer {
    let (regex, text) = (compile(call, args.string(0)?)?, args.string(1)?);
    let captures = regex.captures(text).ok_or_else(no_match)?;
    let mut builder = Builder::new();
    append(&mut builder, &regex, text, &captures);
    Ok(Value::root(builder.finish()))
}

/// The text of all groups, empty for those that took no part.
fn groups(builder: &mut Builder, text: &str, captures: &Captures) {
    builder.begin_list(Span::NONE);
    for range in captures.iter() {
        builder.string(range.map_or("", |range| &text[range]), Span::NONE);
    }
    builder.end(Span::NONE);
}

/// The text of the groups that have names, by name. Of several with one name the last counts.
fn named(builder: &mut Builder, regex: &Regex, text: &str, captures: &Captures) {
    let mut fields = std::collections::BTreeMap::new();
    for (index, name) in regex.group_names().enumerate() {
        if let Some(name) = name {
            fields.insert(name, captures.get(index).map_or("", |range| &text[range]));
        }
    }
    builder.begin_struct(Span::NONE);
    for (name, text) in fields {
        builder.key(name, Span::NONE);
        builder.string(text, Span::NONE);
    }
    builder.end(Span::NONE);
}
