//! Whether an error is the one that an assertion describes.

use cue_eval::{ErrorId, Limit, Value, VertexId};
use strata_base::Span;

use crate::directive::{ErrorSpec, Position};
use crate::finding::{Finding, Tier};
use crate::view::{Found, View};

/// Where an assertion stands, as far as its positions need it.
#[derive(Clone, Debug)]
pub(crate) struct Anchor {
    pub(crate) file: String,
    pub(crate) line: u32,
    /// The path of the field that it is about, as text.
    pub(crate) path: String,
}

/// What is wrong with the error of a value; nothing if it is as described.
pub(crate) fn check(
    view: &mut View<'_>,
    found: Found,
    spec: &ErrorSpec,
    anchor: &Anchor,
) -> Result<Vec<Finding>, Limit> {
    match found {
        Found::Value(vertex) => check_value(view, &Value::Vertex(vertex), spec, anchor),
        Found::Missing { may_come } => {
            // Looking for what is not there is an error, too.
            let code = if may_come { "incomplete" } else { "eval" };
            if spec.codes.is_empty() || spec.codes.iter().any(|wanted| same_code(wanted, code)) {
                Ok(Vec::new())
            } else {
                Ok(vec![Finding::value(format!("field not found, expected an error {:?}", spec.codes))])
            }
        }
    }
}

pub(crate) fn check_value(
    view: &mut View<'_>,
    value: &Value,
    spec: &ErrorSpec,
    anchor: &Anchor,
) -> Result<Vec<Finding>, Limit> {
    if spec.any {
        let found = has_descendant(view, value, spec, anchor)?;
        let message = || format!("no error below is {}", described(spec));
        return Ok(if found { Vec::new() } else { vec![Finding::value(message())] });
    }
    let Some(error) = view.error(value)? else {
        return Ok(vec![Finding::value(format!("expected an error, got {}", view.show(value)))]);
    };
    Ok(check_error(view, error, spec, anchor))
}

fn check_error(view: &View<'_>, error: ErrorId, spec: &ErrorSpec, anchor: &Anchor) -> Vec<Finding> {
    let mut findings = Vec::new();
    let code = view.code(error).name();
    if !spec.codes.is_empty() && !spec.codes.iter().any(|wanted| same_code(wanted, code)) {
        let message = view.session.message(error);
        findings.push(Finding::value(format!("expected code {}, got {code}: {message}", spec.codes.join("|"))));
    }
    let members = leaves(view, error);
    let first = members.first().copied().unwrap_or(error);
    findings.extend(check_one(view, first, members.len(), spec, anchor));
    if !spec.errors.is_empty() {
        let members: Vec<ErrorId> = members.into_iter().filter(|&error| !is_header(view, error)).collect();
        findings.extend(check_members(view, &members, &spec.errors, anchor));
    }
    findings
}

/// Words, path, arguments and places of a single error; `count` is that of the group that it leads.
fn check_one(view: &View<'_>, error: ErrorId, count: usize, spec: &ErrorSpec, anchor: &Anchor) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(wanted) = &spec.contains
        && !contains(view, error, count, wanted)
    {
        findings.push(Finding::new(Tier::Words, format!("expected {wanted:?} in {:?}", view.session.message(error))));
    }
    let arguments: Vec<String> = {
        let info = view.session.error_info(error);
        info.args.iter().map(|argument| view.session.argument_text(argument)).collect()
    };
    for wanted in spec.arguments.iter().filter(|&wanted| !arguments.contains(wanted)) {
        findings.push(Finding::new(Tier::Words, format!("expected the argument {wanted:?} among {arguments:?}")));
    }
    if let Some(wanted) = &spec.path {
        let path = view.session.path_of(view.session.error_info(error).vertex);
        let below = path.strip_prefix(&anchor.path).and_then(|path| path.strip_prefix('.')).unwrap_or(&path);
        if *wanted != path && wanted != below {
            findings.push(Finding::new(Tier::Place, format!("expected the path {wanted}, got {path}")));
        }
    }
    if let Some(wanted) = &spec.positions {
        let got = places(view, error);
        let expected: Vec<(String, i64, u32)> = wanted.iter().map(|position| absolute(position, anchor)).collect();
        if !is_same_set(&expected, &got) {
            let told = |places: &[(String, i64, u32)]| -> String {
                let told: Vec<String> = places
                    .iter()
                    .map(|(file, line, column)| {
                        let file = if *file == anchor.file { "" } else { file };
                        let colon = if file.is_empty() { "" } else { ":" };
                        format!("{file}{colon}{line}:{column}")
                    })
                    .collect();
                told.join(", ")
            };
            let message = format!("expected the places [{}], got [{}]", told(&expected), told(&got));
            findings.push(Finding::new(Tier::Place, message));
        }
    }
    findings
}

/// Pairs described errors with those that are there, each with one.
fn check_members(view: &View<'_>, members: &[ErrorId], wanted: &[ErrorSpec], anchor: &Anchor) -> Vec<Finding> {
    if members.len() != wanted.len() {
        let messages: Vec<String> = members.iter().map(|&error| view.session.message(error)).collect();
        let message = format!("expected {} errors, got {}: {}", wanted.len(), members.len(), messages.join("; "));
        return vec![Finding::new(Tier::Words, message)];
    }
    let mut findings = Vec::new();
    let mut is_used = vec![false; members.len()];
    // Those with places first: they fit one error only.
    let mut order: Vec<&ErrorSpec> = wanted.iter().filter(|spec| has_positions(spec)).collect();
    order.extend(wanted.iter().filter(|spec| !has_positions(spec)));
    for spec in order {
        let fit = |index: usize| check_one(view, members[index], 1, spec, anchor);
        let free = || (0..members.len()).filter(|&index| !is_used[index]);
        let exact = free().find(|&index| fit(index).is_empty());
        let near = || free().find(|&index| fit(index).iter().all(|finding| finding.tier > Tier::Words));
        match exact.or_else(near) {
            Some(index) => {
                is_used[index] = true;
                findings.extend(check_one(view, members[index], 1, spec, anchor));
            }
            None => findings.push(Finding::new(Tier::Words, format!("none of the errors is {}", described(spec)))),
        }
    }
    findings
}

fn has_positions(spec: &ErrorSpec) -> bool {
    spec.positions.as_ref().is_some_and(|positions| !positions.is_empty())
}

fn described(spec: &ErrorSpec) -> String {
    let mut parts = Vec::new();
    if !spec.codes.is_empty() {
        parts.push(format!("of code {}", spec.codes.join("|")));
    }
    if let Some(contains) = &spec.contains {
        parts.push(format!("{contains:?}"));
    }
    if !spec.arguments.is_empty() {
        parts.push(format!("with {:?}", spec.arguments));
    }
    if let Some(path) = &spec.path {
        parts.push(format!("at {path}"));
    }
    if parts.is_empty() { "there".to_owned() } else { parts.join(" ") }
}

fn has_descendant(view: &mut View<'_>, value: &Value, spec: &ErrorSpec, anchor: &Anchor) -> Result<bool, Limit> {
    let spec = ErrorSpec { any: false, ..spec.clone() };
    let mut todo = vec![value.clone()];
    let mut seen: Vec<VertexId> = Vec::new();
    while let Some(value) = todo.pop() {
        if let Some(error) = view.error(&value)? {
            let findings = check_error(view, error, &spec, anchor);
            // The words count here: they are what finds the error.
            if findings.iter().all(|finding| finding.tier > Tier::Words) {
                return Ok(true);
            }
        }
        let Value::Vertex(vertex) = value else { continue };
        let end = view.session.end(vertex);
        if seen.contains(&end) || seen.len() > MOST_DESCENDANTS {
            continue;
        }
        seen.push(end);
        let fields = view.session.fields(end);
        todo.extend(
            fields.into_iter().filter(|field| field.label.is_regular()).map(|field| Value::Vertex(field.vertex)),
        );
    }
    Ok(false)
}

/// Cyclic values would never end.
const MOST_DESCENDANTS: usize = 10_000;

/// The errors of a group in their order; of a failed disjunction its summary first.
fn leaves(view: &View<'_>, error: ErrorId) -> Vec<ErrorId> {
    let mut found = Vec::new();
    let mut todo = vec![error];
    while let Some(error) = todo.pop() {
        let info = view.session.error_info(error);
        if !info.is_group() {
            found.push(error);
        }
        todo.extend(info.children.iter().rev().copied());
    }
    found
}

fn is_header(view: &View<'_>, error: ErrorId) -> bool {
    view.session.error_info(error).format.contains("errors in empty disjunction")
}

/// Codes are written with a blank, an underscore or short.
fn same_code(wanted: &str, code: &str) -> bool {
    wanted == code || wanted.replace('_', " ") == code || (wanted == "structural" && code == "structural cycle")
}

/// Whether a text is part of the message, with or without its path, or of the pattern of the message.
fn contains(view: &View<'_>, error: ErrorId, count: usize, wanted: &str) -> bool {
    let info = view.session.error_info(error);
    let more = if count > 1 { format!(" (and {} more errors)", count - 1) } else { String::new() };
    let message = format!("{}: {}{more}", view.session.path_of(info.vertex), view.session.message(error));
    message.contains(wanted) || info.format.contains(&pattern(wanted))
}

/// A pattern of a message with our placeholders for those of the original.
fn pattern(wanted: &str) -> String {
    ["%s", "%v", "%d", "%q"].iter().fold(wanted.to_owned(), |text, verb| text.replace(verb, "{}"))
}

fn places(view: &View<'_>, error: ErrorId) -> Vec<(String, i64, u32)> {
    let mut found: Vec<(String, i64, u32)> =
        view.session.error_info(error).spans.iter().filter_map(|&span| place(view, span)).collect();
    found.sort();
    found.dedup();
    found
}

fn place(view: &View<'_>, span: Span) -> Option<(String, i64, u32)> {
    let source = view.sources.get(span.file)?;
    let at = source.line_col(span.start);
    Some((crate::program::short(source.name()).to_owned(), i64::from(at.line), at.column))
}

fn absolute(position: &Position, anchor: &Anchor) -> (String, i64, u32) {
    match &position.file {
        Some(file) => (file.clone(), position.line, position.column),
        None => (anchor.file.clone(), i64::from(anchor.line) + position.line, position.column),
    }
}

fn is_same_set(expected: &[(String, i64, u32)], got: &[(String, i64, u32)]) -> bool {
    let mut expected = expected.to_vec();
    expected.sort();
    expected.dedup();
    expected == got
}
