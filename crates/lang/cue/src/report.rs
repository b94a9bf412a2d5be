//! Errors of values as diagnostics, in the words and the order of the CUE tools.

use cue_eval::{ErrorCode, ErrorId, Limit, Session, VertexId, codes};
use rustc_hash::FxHashSet;
use strata_base::{Code, Diagnostic, Source, Sources, Span};

/// One error of a value. It knows its path apart from its message, because errors are sorted by it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    path: Vec<String>,
    message: String,
    /// The place first if it has one of its own, then those of what took part.
    spans: Vec<Span>,
    /// Whether the first place is its own. What several parts do together has none.
    has_place: bool,
    code: Code,
}

/// Errors as they are told: those of groups apart, sorted by place, each once.
pub(crate) fn diagnostics(session: &Session, sources: &Sources, errors: &[(VertexId, ErrorId)]) -> Vec<Diagnostic> {
    let mut todo: Vec<(VertexId, ErrorId)> = errors.iter().rev().copied().collect();
    let mut seen = FxHashSet::default();
    let mut told = Vec::new();
    while let Some((found_at, error)) = todo.pop() {
        if !seen.insert(error) {
            continue;
        }
        let info = session.error_info(error);
        if !info.is_group() {
            told.push(one(session, sources, error, found_at));
        }
        todo.extend(info.children.iter().rev().map(|&child| (found_at, child)));
    }
    let key = |told: &Told| place(sources, told.spans.first().copied().filter(|_| told.has_place));
    told.sort_by(|a, b| key(a).cmp(&key(b)).then_with(|| a.path.cmp(&b.path)).then_with(|| a.message.cmp(&b.message)));
    told.dedup_by(|a, b| {
        let known = key(a).is_some() && key(b).is_some();
        a.path == b.path && if known { key(a) == key(b) } else { a.message == b.message }
    });
    told.into_iter().map(Told::into_diagnostic).collect()
}

/// A budget that was spent.
pub(crate) fn limit(limit: Limit) -> Diagnostic {
    Diagnostic::error(codes::LIMIT, limit.to_string())
}

/// Whether an expression that was asked for speaks of a name that there is not. That is no value that may still come.
pub(crate) fn is_missing_name(session: &Session, sources: &Sources, error: ErrorId) -> bool {
    let info = session.error_info(error);
    let message = session.message(error);
    let Some(name) = message.strip_prefix("undefined field: ") else { return false };
    let at = info.spans.first().copied().unwrap_or(Span::NONE);
    let Some(source) = sources.get(at.file).filter(|source| is_asked(source)) else { return false };
    // What stands behind a dot is a field of something that there is.
    let before = source.text()[..at.start as usize].trim_end();
    sources.text(at) == name && !before.ends_with('.')
}

/// Whether a text is an expression that was asked for, and not one of those that were read.
pub(crate) fn is_asked(source: &Source) -> bool {
    source.name().starts_with("--")
}

/// The path is that of the value that the error is, if it is known; else that of the value at which it was found.
fn one(session: &Session, sources: &Sources, error: ErrorId, found_at: VertexId) -> Told {
    let info = session.error_info(error);
    let is_value = |vertex: VertexId| {
        !vertex.is_none()
            && !session.is_apart(vertex)
            && session.own_error(vertex).is_some_and(|own| session.members(own).contains(&error))
    };
    let vertex = if is_value(info.vertex) || found_at.is_none() { info.vertex } else { found_at };
    let path = if vertex.is_none() { Vec::new() } else { session.path_labels(vertex) };
    let mut message = session.message(error);
    // Some messages begin with the path themselves.
    let prefix = format!("{}: ", path.join("."));
    if let Some(rest) = message.strip_prefix(&prefix) {
        message = rest.to_owned();
    }
    let mut spans: Vec<Span> = info.spans.iter().copied().filter(|span| !span.is_none()).collect();
    const TOGETHER: [&str; 4] = ["conflicting values", "incomplete value", "field is required", "field not allowed"];
    let has_place = !TOGETHER.iter().any(|start| message.starts_with(start));
    let own = usize::from(has_place).min(spans.len());
    spans[own..].sort_by_key(|&span| place(sources, Some(span)));
    let mut seen = FxHashSet::default();
    spans.retain(|span| seen.insert((span.file, span.start)));
    // That something was asked for is no news where there are other places.
    let is_asked = |span: &Span| sources.get(span.file).is_some_and(is_asked);
    if !spans.iter().all(is_asked) {
        spans.retain(|span| !is_asked(span));
    }
    if is_missing_name(session, sources, error) {
        message = message.replace("undefined field: ", "reference \"") + "\" not found";
    }
    let code = match info.code {
        _ if info.close_check => codes::NOT_ALLOWED,
        ErrorCode::Eval => codes::CONFLICT,
        ErrorCode::User | ErrorCode::LegacyUser => codes::USER,
        ErrorCode::StructuralCycle | ErrorCode::Cycle => codes::CYCLE,
        ErrorCode::Incomplete if message.ends_with("required but not present") => codes::REQUIRED,
        ErrorCode::Incomplete => codes::INCOMPLETE,
    };
    Told { path, message, spans, has_place, code }
}

/// Where a place stands in the order of telling: by the name of the text; what has no place comes first.
fn place(sources: &Sources, span: Option<Span>) -> Option<(&str, u32)> {
    let span = span?;
    sources.get(span.file).map(|source| (source.name(), span.start))
}

impl Told {
    fn into_diagnostic(self) -> Diagnostic {
        let message = match self.path.join(".") {
            path if path.is_empty() => self.message,
            path => format!("{path}: {}", self.message),
        };
        let mut diagnostic = Diagnostic::error(self.code, message);
        let mut spans = self.spans.into_iter();
        if let Some(first) = spans.next() {
            diagnostic = diagnostic.at(first);
        }
        for span in spans {
            diagnostic = diagnostic.also(span, "");
        }
        diagnostic
    }
}
