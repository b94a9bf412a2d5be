//! `encoding/json`: values as JSON and back, and JSON text laid out in other ways. `Validate` needs an evaluator and is
//! not here.

use cue_data::{Builder, Call, CallError, Data, Exceeded, Function, Kinds as K, Package, Value};
use cue_encode::json::{Layout, read, read_stream, to_string};
use cue_encode::{Limit, ReadOptions, WriteError, codes};
use strata_base::{Diagnostic, FileId, Span};

use crate::args::{Answer, Arguments, TEXT, fail, function};

pub(crate) const PACKAGE: Package = Package { path: "encoding/json", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("Compact", &[TEXT], K::STRING, |call, args| {
        let text = text(args.bytes(0)?)?;
        parse(call, text)?;
        lay_out(call, text, None)
    }),
    function("HTMLEscape", &[TEXT], K::STRING, html_escape),
    function("Indent", &[TEXT, K::STRING, K::STRING], K::STRING, |call, args| {
        let text = text(args.bytes(0)?)?;
        parse(call, text)?;
        lay_out(call, text, Some((args.string(1)?, args.string(2)?)))
    }),
    function("Marshal", &[K::TOP], K::STRING, |call, args| marshal(call, args.value(0)).map(Value::from)),
    function("MarshalStream", &[K::TOP], K::STRING, |call, args| {
        let mut lines = String::new();
        for element in args.list(0)?.elements() {
            lines.push_str(&marshal(call, &element)?);
            lines.push('\n');
            call.check_string(lines.len())?;
        }
        Ok(lines.into())
    }),
    function("Unmarshal", &[TEXT], K::TOP, |call, args| {
        match text(args.bytes(0)?).and_then(|text| parse(call, text)) {
            Ok(data) => Ok(Value::root(data)),
            Err(CallError::Message(_)) => fail("json: invalid JSON"),
            Err(other) => Err(other),
        }
    }),
    function("UnmarshalStream", &[TEXT], K::TOP, |call, args| {
        let text = text(args.bytes(0)?)?;
        call.spend(text.len() / 16)?;
        match read_stream(FileId::NONE, text, &ReadOptions::default()) {
            Ok(values) => Ok(list(&values)),
            Err(problems) => Err(refused(&problems)),
        }
    }),
    function("Valid", &[TEXT], K::BOOL, |call, args| match text(args.bytes(0)?).and_then(|text| parse(call, text)) {
        Ok(_) => Ok(true.into()),
        Err(CallError::Message(_)) => Ok(false.into()),
        Err(other) => Err(other),
    }),
];

pub(crate) fn text(bytes: &[u8]) -> Result<&str, CallError> {
    std::str::from_utf8(bytes).or_else(|_| fail("invalid UTF-8"))
}

/// Why a document was not read. What would be too deep or too large is a limit, not a mistake.
pub(crate) fn refused(problems: &[Diagnostic]) -> CallError {
    let Some(first) = problems.first() else { return CallError::Bottom };
    match first.code {
        codes::TOO_DEEP => CallError::Limit(Exceeded::Depth),
        codes::TOO_MANY_ALIASES => CallError::Limit(Exceeded::Memory),
        _ => CallError::Message(first.message.clone()),
    }
}

pub(crate) fn written(result: Result<String, WriteError>) -> Result<String, CallError> {
    result.map_err(|_| CallError::Limit(Exceeded::StringBytes))
}

/// Values that were read, as one list.
pub(crate) fn list(values: &[Data]) -> Value {
    let mut builder = Builder::new();
    builder.begin_list(Span::NONE);
    for value in values {
        builder.copy(value, value.root());
    }
    builder.end(Span::NONE);
    Value::root(builder.finish())
}

fn parse(call: &mut Call<'_>, text: &str) -> Result<Data, CallError> {
    call.spend(text.len() / 16)?;
    read(FileId::NONE, text, &ReadOptions::default()).map_err(|problems| match refused(&problems) {
        // Here it is clear that JSON is meant.
        CallError::Message(text) => CallError::message(text.strip_prefix("invalid JSON: ").unwrap_or(&text)),
        other => other,
    })
}

pub(crate) fn limit(call: &Call<'_>) -> Limit {
    Limit(call.limits().string_bytes as u64)
}

fn marshal(call: &mut Call<'_>, value: &Value) -> Result<String, CallError> {
    let limit = limit(call);
    let text = match value {
        Value::Tree(tree) => to_string(tree.data(), tree.node(), Layout::Compact, limit),
        scalar => {
            let data = scalar.to_data();
            to_string(&data, data.root(), Layout::Compact, limit)
        }
    };
    let text = written(text)?;
    call.spend(text.len() / 16)?;
    Ok(text)
}

/// Valid JSON with other space between its tokens: none, or lines with a prefix and so much indentation a level.
fn lay_out(call: &mut Call<'_>, text: &str, lines: Option<(&str, &str)>) -> Answer {
    let trimmed = text.trim_start_matches(JSON_SPACE);
    let (body, trailing) = trimmed.split_at(trimmed.trim_end_matches(JSON_SPACE).len());
    let mut result = String::with_capacity(body.len());
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    // Whether a bracket has just been opened, so that an empty pair stays together.
    let mut opened = false;
    let new_line = |result: &mut String, depth: usize| -> Result<(), CallError> {
        if let Some((prefix, indent)) = lines {
            call.check_string(result.len() + 1 + prefix.len() + indent.len().saturating_mul(depth))?;
            result.push('\n');
            result.push_str(prefix);
            result.extend(std::iter::repeat_n(indent, depth));
        }
        Ok(())
    };
    for c in body.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            result.push(c);
            continue;
        }
        if JSON_SPACE.contains(&c) {
            continue;
        }
        let closes = matches!(c, '}' | ']');
        if std::mem::take(&mut opened) && !closes {
            depth += 1;
            new_line(&mut result, depth)?;
        } else if closes && !result.ends_with(['{', '[']) {
            depth = depth.saturating_sub(1);
            new_line(&mut result, depth)?;
        }
        result.push(c);
        match c {
            '"' => in_string = true,
            '{' | '[' => opened = true,
            ',' => new_line(&mut result, depth)?,
            ':' if lines.is_some() => result.push(' '),
            _ => {}
        }
    }
    if lines.is_some() {
        result.push_str(trailing);
    }
    Ok(result.into())
}

const JSON_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Makes any text safe to stand in a script, if it is JSON.
fn html_escape(call: &mut Call<'_>, args: &[Value]) -> Answer {
    let bytes = args.bytes(0)?;
    let mut escaped = String::with_capacity(bytes.len());
    for c in String::from_utf8_lossy(bytes).chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            _ => escaped.push(c),
        }
    }
    call.check_string(escaped.len())?;
    Ok(escaped.into())
}
