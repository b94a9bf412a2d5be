//! Texts of YAML, JSON and CUE as data, each part with its place.

use std::path::Path;

use cue::{Cancel, Check, Config, Limits, Workspace};
use cue_data::{Builder, Data, Event};
use strata_base::{Diagnostic, FileId, Source, Sources, Span};
use strata_model::reading::{self, Syntax};

use super::document::unreadable;
use crate::codes;
use crate::commands::Disk;
use crate::error::CommandError;
use crate::exit::Exit;

type Told<T> = Result<T, Vec<Diagnostic>>;

/// What a file holds; `-` is standard input. A file of CUE is evaluated.
pub(super) fn data(path: &Path, sources: &mut Sources) -> Result<Told<(Data, Source)>, CommandError> {
    let is = |ending: &str| path.extension().is_some_and(|extension| extension == ending);
    if is("cue") {
        return evaluated(path, sources);
    }
    let syntax = if is("json") { Syntax::Json } else { Syntax::Yaml };
    let file = sources.add(path.display().to_string(), text(path)?);
    let source = || sources.get(file).cloned().unwrap_or_else(|| Source::new("", ""));
    Ok(reading::data(sources, file, syntax).map(|data| (data, source())))
}

/// What stands behind an option, read as YAML.
pub(super) fn value(name: &str, text: &str, sources: &mut Sources) -> Told<Data> {
    let file = sources.add(format!("--set {name}"), text);
    reading::data(sources, file, Syntax::Yaml)
}

/// The text of a file; `-` is standard input.
pub(crate) fn text(path: &Path) -> Result<String, CommandError> {
    let read = if path.as_os_str() == "-" {
        std::io::read_to_string(std::io::stdin().lock())
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| unreadable(path, &error))
}

fn evaluated(path: &Path, sources: &mut Sources) -> Result<Told<(Data, Source)>, CommandError> {
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
        sources.add(source.name().trim_start_matches("./"), source.text().clone());
    }
    let data = match outcome {
        Ok(data) => placed(&data, offset),
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
    evaluation.data(target)
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

fn placed(data: &Data, offset: usize) -> Data {
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
