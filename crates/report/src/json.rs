//! The form for programs: one shape wherever a diagnostic is told as JSON. It is that of Terraform's `validate -json`
//! with `code`, `hints`, `facts`, `related` and `trace` added; readers ignore keys that they do not know.

use std::collections::BTreeMap;

use serde::Serialize;
use strata_base::{Diagnostic, Severity, Source, Sources, Span};

use crate::line::severity;

/// All diagnostics of a run.
#[derive(Serialize, Debug)]
pub struct Document<'a> {
    pub format_version: &'static str,
    pub valid: bool,
    pub error_count: usize,
    pub warning_count: usize,
    pub diagnostics: Vec<Item<'a>>,
}

#[derive(Serialize, Debug)]
pub struct Item<'a> {
    pub severity: &'static str,
    pub code: &'static str,
    pub summary: &'a str,
    /// What stands under the caret; may be empty.
    pub detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snippet: Option<Snippet<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub hints: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<&'static str, &'a str>,
}

#[derive(Serialize, Debug)]
pub struct Range<'a> {
    pub filename: &'a str,
    pub start: Position,
    pub end: Position,
}

/// Line and column from 1, the byte from 0; the column counts bytes.
#[derive(Serialize, Debug)]
pub struct Position {
    pub line: u32,
    pub column: u32,
    pub byte: u32,
}

/// The first line of the range, cut where it is very long. Offsets are bytes of `code`.
#[derive(Serialize, Debug)]
pub struct Snippet<'a> {
    pub code: &'a str,
    pub start_line: u32,
    pub highlight_start_offset: usize,
    pub highlight_end_offset: usize,
}

#[derive(Serialize, Debug)]
pub struct Place<'a> {
    pub message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<Range<'a>>,
}

/// Before and after what is highlighted, at most this much of the line is shown: enough for any line that a person
/// wrote, and it keeps a generated one from filling the report.
const SNIPPET_MARGIN: usize = 200;

pub fn json<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Item<'a> {
    let place = |span, message: &'a String| Place { message, range: range(span, sources) };
    Item {
        severity: severity(diagnostic.severity),
        code: diagnostic.code.0,
        summary: &diagnostic.message,
        detail: diagnostic.primary.as_ref().map_or("", |label| &label.text),
        range: range(diagnostic.span(), sources),
        snippet: sources.get(diagnostic.span().file).map(|source| snippet(diagnostic.span(), source)),
        related: diagnostic.secondary.iter().map(|label| place(label.span, &label.text)).collect(),
        trace: diagnostic.trace.iter().map(|step| place(step.span, &step.text)).collect(),
        hints: &diagnostic.hints,
        facts: diagnostic.facts.iter().map(|(name, value)| (*name, value.as_str())).collect(),
    }
}

pub fn document<'a>(diagnostics: &'a [Diagnostic], sources: &'a Sources) -> Document<'a> {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
    Document {
        format_version: "1.0",
        valid: count(Severity::Error) == 0,
        error_count: count(Severity::Error),
        warning_count: count(Severity::Warning),
        diagnostics: diagnostics.iter().map(|diagnostic| json(diagnostic, sources)).collect(),
    }
}

fn range<'a>(span: Span, sources: &'a Sources) -> Option<Range<'a>> {
    let source = sources.get(span.file)?;
    let position = |byte| {
        let at = source.line_col(byte);
        Position { line: at.line, column: at.column, byte }
    };
    Some(Range { filename: source.name(), start: position(span.start), end: position(span.end) })
}

fn snippet(span: Span, source: &Source) -> Snippet<'_> {
    let at = source.line_col(span.start);
    let line = source.line_text(at.line);
    let start = (at.column as usize - 1).min(line.len());
    let end = (start + span.end.saturating_sub(span.start) as usize).min(line.len());
    let from = line.floor_char_boundary(start.saturating_sub(SNIPPET_MARGIN));
    let to = line.ceil_char_boundary(end.min(start + SNIPPET_MARGIN) + SNIPPET_MARGIN);
    let code = &line[from..to];
    Snippet {
        code,
        start_line: at.line,
        highlight_start_offset: start - from,
        highlight_end_offset: (end - from).min(code.len()),
    }
}
