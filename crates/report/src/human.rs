//! The form for people: the line itself, a caret, what leads there, what to do.

use std::borrow::Cow;
use std::ops::Range;

use annotate_snippets::renderer::DEFAULT_TERM_WIDTH;
use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer};
use strata_base::{Diagnostic, Label, Severity, Source, Sources, Span};

use crate::clean;

/// What the terminal can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    pub color: bool,
    /// Columns; longer source lines are cut around what matters.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Style {
        Style { color: false, width: DEFAULT_TERM_WIDTH }
    }
}

/// Several lines without a line end after the last.
pub fn human(diagnostic: &Diagnostic, sources: &Sources, style: Style) -> String {
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() }.term_width(style.width);
    // Each part is rendered alone: in one report the library joins them with bars, also where there is no source.
    let part = |group: Group<'_>| renderer.render(&[group]);
    let title = level(diagnostic.severity).primary_title(clean::block(&diagnostic.message)).id(diagnostic.code.0);
    let first = part(Group::with_title(title).elements(snippets(diagnostic, sources)));
    let trace = diagnostic.trace.iter().map(|step| {
        let at = sources.position(step.span);
        let text = if at.is_empty() { step.text.clone() } else { format!("{at}: {}", step.text) };
        part(Group::with_title(Level::NOTE.secondary_title(clean::block(&text))))
    });
    let hints = diagnostic.hints.iter().map(|hint| {
        let help = Level::HELP.secondary_title(clean::block(hint));
        part(Group::with_title(help))
    });
    let parts: Vec<String> =
        std::iter::once(with_our_place(first, diagnostic.span(), sources)).chain(trace).chain(hints).collect();
    parts.join("\n")
}

/// The library counts columns in characters, and places the end of a text as it likes; so the place that it prints is
/// replaced by ours, which is the same in every form.
fn with_our_place(rendered: String, span: Span, sources: &Sources) -> String {
    let Some(source) = sources.get(span.file) else { return rendered };
    let (name, at) = (format!("{}:", clean::line(source.name())), source.line_col(span.start));
    let Some(start) = rendered.find("--> ").and_then(|arrow| Some(arrow + rendered[arrow..].find(&name)? + name.len()))
    else {
        return rendered;
    };
    let is_place = |c: char| c.is_ascii_digit() || c == ':';
    let end = rendered[start..].find(|c| !is_place(c)).map_or(rendered.len(), |length| start + length);
    format!("{}{}:{}{}", &rendered[..start], at.line, at.column, &rendered[end..])
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// One snippet for each file that has a label: that of the primary one first, the others as they come.
fn snippets<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources) -> Vec<Element<'a>> {
    let primary = diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label));
    let secondary = diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label));
    let labels: Vec<_> = primary.chain(secondary).collect();
    let mut files = Vec::new();
    for (_, label) in &labels {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    let mut elements = Vec::new();
    for file in files {
        let Some(source) = sources.get(file) else { continue };
        let here: Vec<_> = labels.iter().copied().filter(|(_, label)| label.span.file == file).collect();
        elements.push(snippet(source, &here));
    }
    elements
}

/// Only the lines from the first label to the last are handed on, so that a thousand mistakes in one long file do not
/// cost a thousand readings of it.
fn snippet<'a>(source: &'a Source, labels: &[(AnnotationKind, &'a Label)]) -> Element<'a> {
    let text = source.shown();
    let ranges: Vec<Range<usize>> = labels.iter().map(|(_, label)| bytes(text, label.span)).collect();
    let first = ranges.iter().map(|range| range.start).min().unwrap_or(0);
    let last = ranges.iter().map(|range| range.end).max().unwrap_or(0);
    let start = text[..first].rfind('\n').map_or(0, |at| at + 1);
    let end = text[last..].find('\n').map_or(text.len(), |at| last + at);
    let mut snippet = annotate_snippets::Snippet::source(line_ends(&text[start..end]))
        .path(clean::line(source.name()))
        .line_start(source.line_col(narrow(first)).line as usize);
    for ((kind, label), range) in labels.iter().zip(ranges) {
        let mut annotation = kind.span(range.start - start..range.end - start);
        if !label.text.is_empty() {
            annotation = annotation.label(clean::line(&label.text));
        }
        snippet = snippet.annotation(annotation);
    }
    snippet.into()
}

/// Lines without the carriage returns at their ends, which would be drawn; what takes their place is as long.
fn line_ends(lines: &str) -> Cow<'_, str> {
    if !lines.contains('\r') {
        return Cow::Borrowed(lines);
    }
    let lines = lines.replace("\r\n", " \n");
    Cow::Owned(lines.strip_suffix('\r').map_or_else(|| lines.clone(), |rest| format!("{rest} ")))
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

/// A range that is inside the text and cuts no character, whatever the span says. The end of a text that ends with a line
/// end is shown behind its last line.
fn bytes(text: &str, span: Span) -> Range<usize> {
    let end_of_last_line = text.strip_suffix('\n').unwrap_or(text).len();
    let start = text.floor_char_boundary(span.start as usize).min(end_of_last_line);
    let end = text.ceil_char_boundary(span.end as usize).max(start);
    // What a block ends with is no part of it worth showing.
    match text[start..end].trim_end().len() {
        0 => start..end,
        length => start..start + length,
    }
}
