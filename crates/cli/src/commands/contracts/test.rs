//! `strata contracts test`

use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use serde_json::Value;
use strata_base::{Diagnostic, Sources};
use strata_contracts::trial::{Check, Finding, Trial};
use strata_contracts::{Library, Mapping, codes};
use strata_model::codec;

use super::cases;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{files, library_of};
use crate::ui::Ui;

/// What was tried, and what came of it.
#[derive(Serialize, Debug)]
struct Report {
    mappings: usize,
    cases: usize,
    updated: usize,
    findings: Vec<Found>,
}

#[derive(Serialize, Debug)]
struct Found {
    /// `T1` to `T9`, or `case`.
    check: String,
    about: &'static str,
    mapping: String,
    message: String,
    place: String,
}

pub(super) fn run(ui: &mut Ui, folder: Option<&Path>, update: bool) -> Outcome {
    let mut sources = Sources::new();
    let own = folder.map_or_else(|| Ok(Vec::new()), files)?;
    let library = library_of(folder, &own, &mut sources)?;
    let trial = Trial { library: &library, sources: &sources, judge: &judge };
    let tried: Vec<&Mapping> = library.mappings().filter(|mapping| is_tried(mapping, folder, &sources)).collect();
    let mut report = Report { mappings: tried.len(), cases: 0, updated: 0, findings: Vec::new() };
    for finding in all(&trial, &tried) {
        report.findings.push(found(finding, &sources));
    }
    if let Some(folder) = folder {
        let cases = cases::run(folder, &library, update)?;
        (report.cases, report.updated) = (cases.run, cases.updated);
        report.findings.extend(cases.different.into_iter().map(|different| Found {
            check: "case".to_owned(),
            about: "the mapping gives what was written down",
            mapping: different.mapping,
            message: different.message,
            place: different.place,
        }));
    }
    ui.answer(&report, text)?;
    match report.findings.len() {
        0 => Ok(Exit::Done),
        count => {
            let message = format!("mappings do not hold what they must: {}", counted(count, "finding"));
            Err(CommandError::plain(Exit::Validation, Diagnostic::error(codes::TRIAL, message)))
        }
    }
}

/// The findings about all mappings, in their order; they are tried side by side.
fn all(trial: &Trial<'_>, mappings: &[&Mapping]) -> Vec<Finding> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(mapping) = mappings.get(index) else { return done };
            done.push((index, trial.mapping(mapping)));
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(mappings.len());
    let mut done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        // One that panics takes the command down as it would have without threads.
        let done = workers.into_iter().map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        done.flatten().collect::<Vec<_>>()
    });
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, findings)| findings).collect()
}

/// Those of the folder that was named; the embedded ones without one.
fn is_tried(mapping: &Mapping, folder: Option<&Path>, sources: &Sources) -> bool {
    let is_embedded = sources.get(mapping.span.file).is_some_and(|source| Library::is_embedded(source.name()));
    is_embedded != folder.is_some()
}

/// What the providers of this build have against properties. Of a provider that it does not have nothing is known.
fn judge(provider: &str, kind: &str, properties: &Value) -> Vec<String> {
    let known = codec::from_json(properties.to_string().as_bytes());
    let Ok(properties) = known else { return vec!["the properties cannot be read".to_owned()] };
    let problems = match provider {
        "compose" => strata_provider_compose::check(kind, &properties),
        "local" => strata_provider_local::check(kind, &properties),
        _ => return Vec::new(),
    };
    match problems {
        None => vec![format!("`{provider}` has no type `{kind}`")],
        Some(problems) => problems.into_iter().map(|(path, message)| format!("`{path}` {message}")).collect(),
    }
}

fn found(finding: Finding, sources: &Sources) -> Found {
    Found {
        check: finding.check.to_string(),
        about: finding.check.about(),
        mapping: finding.mapping,
        message: finding.message,
        place: sources.position(finding.span),
    }
}

fn text(report: &Report) -> String {
    let mut out = String::new();
    for found in &report.findings {
        out += &format!("{} {}: {}\n  {}\n", found.check, found.mapping, found.message, found.place);
    }
    let Report { mappings, cases, updated, findings } = report;
    out += &format!(
        "{} by {}, {}: {}",
        counted(*mappings, "mapping"),
        counted(Check::ALL.len(), "check"),
        counted(*cases, "case"),
        counted(findings.len(), "finding")
    );
    if *updated > 0 {
        out += &format!(", {} written", counted(*updated, "case"));
    }
    out + "\n"
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
