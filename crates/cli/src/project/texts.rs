//! Texts of YAML, JSON and CUE as data, each part with its place.

use std::ops::Range;
use std::sync::Arc;

use cue::{Cancel, Check, Config, Evaluation, Limits, Path, Step, Value, Workspace};
use cue_data::{Builder, Data, Event, Node, NodeId};
use serde::de::DeserializeOwned;
use strata_base::{Diagnostic, FileId, Source, Sources, Span};
use strata_model::reading::{self, Syntax};

use super::disk::{Disk, text, unreadable};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

type Told<T> = Result<T, Vec<Diagnostic>>;

/// What a file is written in.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Yaml,
    Json,
    Cue,
}

impl Form {
    /// As its ending says. One without an ending, such as a pipe, is YAML, of which JSON is a part.
    pub(super) fn of(path: &std::path::Path) -> Option<Form> {
        let ending = path.extension().unwrap_or_default();
        match ending.to_ascii_lowercase().to_str()? {
            "yaml" | "yml" | "" => Some(Form::Yaml),
            "json" => Some(Form::Json),
            // The language knows its files by small letters.
            "cue" => (ending == "cue").then_some(Form::Cue),
            _ => None,
        }
    }
}

/// What a file holds; `-` is standard input. A file of CUE is evaluated.
pub(super) fn data(path: &std::path::Path, sources: &mut Sources) -> Result<Told<(Data, Source)>, CommandError> {
    let syntax = match Form::of(path) {
        Some(Form::Cue) => return evaluated(path, sources),
        Some(Form::Json) => Syntax::Json,
        Some(Form::Yaml) => Syntax::Yaml,
        None => return Err(unknown_form(path)),
    };
    let file = added(path.display().to_string(), text(path)?, sources);
    let source = || sources.get(file).cloned().unwrap_or_else(|| Source::new("", ""));
    Ok(reading::data(sources, file, syntax).map(|data| (data, source())))
}

/// Adds a text that a person wrote, with what looks like a secret in it hidden from whoever is shown a line of it.
fn added(name: String, text: String, sources: &mut Sources) -> FileId {
    let hidden = secrets(&text);
    let file = sources.add(name, text);
    hidden.into_iter().for_each(|range| sources.conceal(Span::new(file, range.start, range.end)));
    file
}

/// The values of keys whose names say that they are secrets, and passwords in addresses. A guess, made line by line: it
/// must also work where a text cannot be read as what it shall be.
fn secrets(text: &str) -> Vec<Range<usize>> {
    const WORDS: [&str; 8] =
        ["password", "passwd", "secret", "token", "apikey", "api_key", "private_key", "credential"];
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let lower = line.to_ascii_lowercase();
        for word in WORDS {
            // In `${secret:app:db}` it says what kind of reference this is.
            for (at, _) in lower.match_indices(word).filter(|(at, _)| !line[..*at].ends_with("${")) {
                found.extend(value_after(line, at + word.len()).map(|range| start + range.start..start + range.end));
            }
        }
        for (at, _) in line.match_indices("://") {
            let rest = &line[at + 3..];
            let end =
                rest.find(|char: char| char.is_whitespace() || matches!(char, '/' | '"' | '\'')).unwrap_or(rest.len());
            if let Some((name, _)) = rest[..end].rsplit_once('@').and_then(|(login, _)| login.split_once(':')) {
                let first = start + at + 3 + name.len() + 1;
                let last = start + at + 3 + rest[..end].rfind('@').unwrap_or(end);
                found.push(first..last);
            }
        }
        start += line.len();
    }
    found
}

/// The plain or quoted value behind the rest of a key, if there is one and it is no reference.
fn value_after(line: &str, at: usize) -> Option<Range<usize>> {
    let rest = &line[at..];
    let key = rest.find(|char: char| !char.is_alphanumeric() && !matches!(char, '_' | '-' | '"' | '\''))?;
    let gap = rest[key..].len() - rest[key..].trim_start().len();
    let sign = rest[key + gap..].strip_prefix([':', '='])?;
    let value = sign.trim_start();
    let first = at + (rest.len() - value.len());
    let length = match value.chars().next()? {
        quote @ ('"' | '\'') => 1 + value[1..].find(quote).unwrap_or(value[1..].trim_end().len()) + 1,
        '{' | '[' | '|' | '>' | '&' | '*' | '#' => return None,
        _ => value.find([',', '}', ']', '\n']).map_or(value.len(), |end| value[..end].trim_end().len()),
    };
    let length = length.min(value.trim_end().len());
    let is_reference = value[..length].trim_start_matches(['"', '\'']).starts_with("${");
    (length > 0 && !is_reference).then(|| first..first + length)
}

/// What stands behind an option, read as YAML.
pub(super) fn value(name: &str, text: &str, sources: &mut Sources) -> Told<Data> {
    let file = sources.add(format!("--set {name}"), text);
    reading::data(sources, file, Syntax::Yaml)
}

/// An ending that says nothing. That there is no such file is told first.
fn unknown_form(path: &std::path::Path) -> CommandError {
    if let Err(error) = std::fs::metadata(path) {
        return unreadable(path, &error);
    }
    let message = format!("cannot read `{}`: it is neither YAML nor JSON nor CUE by its name", path.display());
    let hint = "the ending tells what a file is written in: `.yaml`, `.yml` or none, `.json`, `.cue`";
    CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message).hint(hint))
}

/// What a text of TOML says, or what is wrong with it, at its place and in the words of `wrong`.
pub(crate) fn toml<T: DeserializeOwned>(
    path: &std::path::Path,
    text: &str,
    wrong: impl FnOnce(&str) -> Diagnostic,
) -> Result<T, CommandError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let mut sources = Sources::new();
        let file = sources.add(path.display().to_string(), text);
        let place = error.span().map_or(Span::NONE, |at| Span::new(file, at.start, at.end));
        CommandError::new(Exit::Validation, vec![wrong(error.message().trim_end()).at(place)], sources)
    })
}

fn evaluated(path: &std::path::Path, sources: &mut Sources) -> Result<Told<(Data, Source)>, CommandError> {
    let folder = std::env::current_dir().map_err(|error| {
        let message = format!("the working folder cannot be used: {error}");
        CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
    })?;
    let name = path.display().to_string();
    let mut workspace = Workspace::load(std::slice::from_ref(&name), &Config::new(folder.to_string_lossy()), &Disk);
    // A workspace has texts of its own; here they stand behind those that are there already.
    let offset = sources.iter().count();
    let told = |problems: Vec<Diagnostic>| problems.into_iter().map(|problem| moved(problem, offset)).collect();
    let outcome = evaluate(&mut workspace);
    for (_, source) in workspace.sources().iter() {
        added(source.name().trim_start_matches("./").to_owned(), source.text().to_string(), sources);
    }
    let data = match outcome {
        Ok(data) => moved_data(&data, offset),
        Err(problems) => return Ok(Err(told(problems))),
    };
    let own = sources.iter().skip(offset).find(|(_, source)| source.name() == name);
    let source = own.map_or_else(|| Source::new(name.as_str(), ""), |(_, source)| source.clone());
    Ok(Ok((data, source)))
}

fn evaluate(workspace: &mut Workspace) -> Told<Data> {
    let problems: Vec<Diagnostic> = workspace.diagnostics().into_iter().filter(Diagnostic::is_error).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let Some(target) = workspace.package(0) else {
        return Err(vec![Diagnostic::error(codes::READ, "there is nothing to evaluate")]);
    };
    let (compiled, problems) = workspace.compile();
    if problems.iter().any(Diagnostic::is_error) {
        return Err(problems);
    }
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    evaluation.check(target, Check::Concrete)?;
    let data = evaluation.data(target)?;
    let root = evaluation.value(target)?;
    placed(&mut evaluation, root, &data)
}

enum Todo {
    Visit(NodeId, Option<Value>),
    Key(Arc<str>, Span),
    End,
}

/// The same data with the place of whatever in the files gave each part.
fn placed(evaluation: &mut Evaluation, root: Value, data: &Data) -> Told<Data> {
    let mut builder = Builder::new();
    let mut todo = vec![Todo::Visit(data.root(), Some(root))];
    while let Some(next) = todo.pop() {
        let (node, value) = match next {
            Todo::Visit(node, value) => (node, value),
            Todo::Key(key, span) => {
                builder.key(&key, span);
                continue;
            }
            Todo::End => {
                builder.end(Span::NONE);
                continue;
            }
        };
        let place = |evaluation: &Evaluation, value: Option<Value>| {
            let places = value.map_or_else(Vec::new, |value| evaluation.places(value));
            places.first().copied().unwrap_or(Span::NONE)
        };
        let inner = |evaluation: &mut Evaluation, path: Path| match value {
            Some(value) => evaluation.at(value, &path),
            None => Ok(None),
        };
        let span = place(evaluation, value);
        match data.node(node) {
            Node::Struct(_) => {
                builder.begin_struct(span);
                todo.push(Todo::End);
                for field in data.fields(node).iter().rev() {
                    let found = inner(evaluation, Path::fields([&*field.key]))?;
                    todo.push(Todo::Visit(field.value, found));
                    // Of a key there is no place of its own.
                    todo.push(Todo::Key(field.key.clone(), place(evaluation, found)));
                }
            }
            Node::List(_) => {
                builder.begin_list(span);
                todo.push(Todo::End);
                for (index, &element) in (0..).zip(data.elements(node)).collect::<Vec<_>>().into_iter().rev() {
                    todo.push(Todo::Visit(element, inner(evaluation, Path::new([Step::Index(index)]))?));
                }
            }
            Node::Null => _ = builder.null(span),
            Node::Bool(value) => _ = builder.bool(*value, span),
            Node::Number(value) => _ = builder.number(value.clone(), span),
            Node::String(value) => _ = builder.string(value.clone(), span),
            Node::Bytes(value) => _ = builder.bytes(value.clone(), span),
        }
    }
    Ok(builder.finish())
}

fn further(span: Span, offset: usize) -> Span {
    match u32::try_from(offset) {
        Ok(offset) if !span.is_none() => Span { file: FileId(span.file.0 + offset), ..span },
        _ => span,
    }
}

fn moved(mut problem: Diagnostic, offset: usize) -> Diagnostic {
    for label in problem.primary.iter_mut().chain(&mut problem.secondary) {
        label.span = further(label.span, offset);
    }
    for step in &mut problem.trace {
        step.span = further(step.span, offset);
    }
    problem
}

fn moved_data(data: &Data, offset: usize) -> Data {
    let mut builder = Builder::new();
    for step in data.events(data.root()) {
        let span = further(step.span, offset);
        match step.event {
            Event::Null => _ = builder.null(span),
            Event::Bool(value) => _ = builder.bool(value, span),
            Event::Number(value) => _ = builder.number(value.clone(), span),
            Event::String(value) => _ = builder.string(value, span),
            Event::Bytes(value) => _ = builder.bytes(value, span),
            Event::BeginList => _ = builder.begin_list(span),
            Event::BeginStruct => _ = builder.begin_struct(span),
            Event::Key(key) => builder.key(key, span),
            Event::End => builder.end(Span::NONE),
            Event::Spelling(_) => {}
        }
    }
    builder.finish()
}
