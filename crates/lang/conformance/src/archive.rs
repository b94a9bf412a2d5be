//! One archive: every attribute that the census counts gets an answer.

use std::collections::BTreeMap;

use cue_data::Kinds;
use cue_eval::{Cancel, Limits, Session, Value};
use cue_txtar::Archive;
use serde::{Deserialize, Serialize};

use crate::attribute_places::Attributes;
use crate::census::{self, Entry};
use crate::directive::{Check, Directive, ErrorSpec, Selector};
use crate::expect::{self, Expected};
use crate::extract::{self, Assertion};
use crate::fault::{self, Anchor};
use crate::finding::{Finding, Tier};
use crate::path;
use crate::program::Packages;
use crate::share;
use crate::text::line_of;
use crate::view::{Found, View};

/// What one archive may use. Far more than any honest test needs, and little enough to run hundreds at once.
pub(crate) const LIMITS: Limits = Limits {
    work: 5_000_000,
    vertices: 2_000_000,
    depth: 10_000,
    string_bytes: 64 << 20,
    list_length: 1_000_000,
    output_bytes: 64 << 20,
    digits: 100_000,
    disjuncts: 100_000,
};

/// One attribute with its answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// The line of the archive.
    pub line: u32,
    /// The directive as written, with its suffix.
    pub directive: String,
    /// The field that it is about.
    pub path: String,
    pub is_scored: bool,
    /// What should hold one day.
    pub is_todo: bool,
    /// What holds although it should not.
    pub is_incorrect: bool,
    /// It could not be asked at all: no load, no path, not understood.
    pub is_unasked: bool,
    /// Which tiers it says something about.
    pub tiers: Vec<Tier>,
    /// What is wrong; nothing if it holds.
    pub findings: Vec<Finding>,
}

impl Answer {
    /// Whether it holds as far as a tier looks.
    pub fn holds(&self, tier: Tier) -> bool {
        self.findings.iter().all(|finding| finding.tier > tier)
    }
}

/// The answers of one archive, in the order of the text.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Answers {
    pub answers: Vec<Answer>,
    /// Values that should be one and the same.
    pub shares: Vec<Answer>,
}

/// Asks all that an archive asserts.
pub(crate) fn ask(text: &str, limits: Limits, cancel: &Cancel) -> Answers {
    let archive = Archive::parse(text);
    let entries = census::entries(&archive);
    let line = |entry: &Entry| line_of(text, archive.sections[entry.section].start + entry.start);
    let lines: Vec<u32> = entries.iter().map(line).collect();
    match Packages::load(&archive) {
        Ok(packages) => ask_packages(&archive, &packages, &entries, &lines, limits, cancel),
        Err(problem) => unasked(&entries, &lines, &problem),
    }
}

/// The same answer to everything.
pub(crate) fn unasked_text(text: &str, problem: &str) -> Answers {
    let archive = Archive::parse(text);
    let entries = census::entries(&archive);
    let line = |entry: &Entry| line_of(text, archive.sections[entry.section].start + entry.start);
    let lines: Vec<u32> = entries.iter().map(line).collect();
    unasked(&entries, &lines, problem)
}

fn unasked(entries: &[Entry], lines: &[u32], problem: &str) -> Answers {
    let answers = entries.iter().zip(lines).map(|(entry, &line)| blank(entry, line).failed(problem)).collect();
    Answers { answers, shares: Vec::new() }
}

fn blank(entry: &Entry, line: u32) -> Answer {
    let directive = Directive::parse(&entry.body).ok();
    let tiers = directive.as_ref().map_or_else(
        || if entry.is_scored { vec![Tier::Value] } else { Vec::new() },
        |directive| tiers(&directive.check),
    );
    Answer {
        line,
        directive: directive.as_ref().map_or_else(|| entry.word.clone(), |directive| directive.name.clone()),
        path: String::new(),
        is_scored: entry.is_scored,
        is_todo: directive.as_ref().is_some_and(|directive| directive.is_todo),
        is_incorrect: directive.is_some_and(|directive| directive.is_incorrect),
        is_unasked: false,
        tiers,
        findings: Vec::new(),
    }
}

impl Answer {
    fn failed(self, problem: &str) -> Answer {
        let tier = self.tiers.first().copied();
        let findings = tier.map(|tier| Finding::new(tier, problem)).into_iter().collect();
        Answer { is_unasked: true, findings, ..self }
    }
}

/// Which tiers an assertion says something about.
fn tiers(check: &Check) -> Vec<Tier> {
    let of_spec = |specs: &[ErrorSpec]| {
        let mut tiers = vec![Tier::Value];
        if specs.iter().any(ErrorSpec::tells_words) {
            tiers.push(Tier::Words);
        }
        if specs.iter().any(ErrorSpec::tells_place) {
            tiers.push(Tier::Place);
        }
        tiers
    };
    match check {
        Check::Error(spec) => of_spec(std::slice::from_ref(spec)),
        Check::Equal(text) => of_spec(&nested_specs(text)),
        Check::Present | Check::Kind(_) | Check::Closed(_) | Check::Allows { .. } => vec![Tier::Value],
        Check::Inside => vec![Tier::Inside],
        Check::Permute(_) | Check::ShareId(_) | Check::Todo | Check::Note => Vec::new(),
    }
}

/// What an expected value says about errors inside of it.
fn nested_specs(text: &str) -> Vec<ErrorSpec> {
    let Ok(expected) = Expected::parse(text) else { return Vec::new() };
    let attributes = expected.file.attributes.iter();
    let bodies = attributes
        .filter(|attribute| &**expected.file.text(attribute.name) == extract::NAME)
        .map(|attribute| expected.file.text(attribute.body));
    let directives = bodies.filter_map(|body| Directive::parse(body).ok());
    directives
        .filter_map(|directive| match directive.check {
            Check::Error(spec) => Some(spec),
            _ => None,
        })
        .collect()
}

/// The assertions of the package under test, by section and byte.
pub(crate) fn located(archive: &Archive<'_>, packages: &Packages) -> BTreeMap<(usize, usize), (Assertion, String)> {
    let mut found = BTreeMap::new();
    for file in packages.files() {
        let name = packages.name(file.id);
        let Some(section) = archive.sections.iter().position(|section| section.name == name) else { continue };
        for assertion in extract::assertions(file, &packages.identity) {
            found.insert((section, assertion.start as usize), (assertion, name.clone()));
        }
    }
    found
}

/// The one field that an archive wants to be asked about: `#subpath: a`.
fn only_path(archive: &Archive<'_>) -> Option<path::Step> {
    let lines = archive.comment.lines();
    let name = lines.filter_map(|line| line.trim().strip_prefix("#subpath:")).next()?;
    path::parse(name.trim()).ok()?.into_iter().next()
}

/// The paths of which it is said that nothing need hold yet.
fn unfinished(located: &BTreeMap<(usize, usize), (Assertion, String)>) -> Vec<Vec<path::Step>> {
    let assertions = located.values().map(|(assertion, _)| assertion);
    assertions
        .filter(|assertion| matches!(Directive::parse(&assertion.body), Ok(Directive { check: Check::Todo, .. })))
        .map(|assertion| assertion.path.clone())
        .collect()
}

fn ask_packages(
    archive: &Archive<'_>,
    packages: &Packages,
    entries: &[Entry],
    lines: &[u32],
    limits: Limits,
    cancel: &Cancel,
) -> Answers {
    let program = match packages.compile(None) {
        Ok(program) => program,
        Err(problem) => return unasked(entries, lines, &problem),
    };
    let mut session = Session::new(&program, limits, cancel.clone());
    let root = match session.evaluate(packages.instance()) {
        Ok(root) => root,
        Err(limit) => return unasked(entries, lines, &format!("limit: {limit}")),
    };
    let mut view = View { session, sources: &packages.sources, root };
    let attributes = Attributes::of_files(packages.all_files());
    let located = located(archive, packages);
    let todo = unfinished(&located);
    let only = only_path(archive);
    let mut answers = Vec::new();
    let mut shared = share::Groups::default();
    for (entry, &line) in entries.iter().zip(lines) {
        let answer = blank(entry, line);
        let Some((assertion, file)) = located.get(&(entry.section, entry.start)) else {
            answers.push(answer.failed("it stands where no static path leads"));
            continue;
        };
        let text = &archive.sections[entry.section].text;
        let path = path::display(&assertion.path);
        let answer = Answer { path: path.clone(), is_todo: answer.is_todo || todo.contains(&assertion.path), ..answer };
        if only.as_ref().is_some_and(|only| !assertion.path.first().is_some_and(|first| extract::is_same(first, only)))
        {
            answers.push(answer.failed("the archive asks for another field only"));
            continue;
        }
        let directive = match Directive::parse(&assertion.body) {
            Ok(directive) if directive.is_active() => directive,
            Ok(directive) => {
                answers.push(answer.failed(&format!("{} is for another evaluator", directive.name)));
                continue;
            }
            Err(problem) => {
                answers.push(answer.failed(&problem));
                continue;
            }
        };
        let whole: Vec<path::Step> = assertion.path.iter().chain(&directive.at).cloned().collect();
        let is_there = matches!(view.find(view.root, &whole), Ok(Found::Value(_)));
        let answer = if is_there { Answer { path: path::display(&whole), ..answer } } else { answer };
        let anchor = Anchor { file: file.clone(), line: line_of(text, assertion.base as usize), path };
        shared.add(assertion, &directive, line);
        let findings = ask_one(&mut view, assertion, &directive, &anchor, &attributes);
        let findings = findings.unwrap_or_else(|limit| vec![limit.into()]);
        answers.push(Answer { findings, ..answer });
    }
    let shares = shared.ask(&mut view);
    Answers { answers, shares }
}

fn ask_one(
    view: &mut View<'_>,
    assertion: &Assertion,
    directive: &Directive,
    anchor: &Anchor,
    attributes: &Attributes<'_>,
) -> Result<Vec<Finding>, cue_eval::Limit> {
    let path: Vec<path::Step> = assertion.path.iter().chain(&directive.at).cloned().collect();
    let found = match &directive.check {
        Check::Permute(_) | Check::ShareId(_) | Check::Todo | Check::Note => return Ok(Vec::new()),
        _ => view.find(view.root, &path)?,
    };
    if let Check::Error(spec) = &directive.check {
        if let (Found::Missing { .. }, false) = (found, directive.at.is_empty()) {
            return Ok(vec![Finding::value(format!("no value at {}", path::display(&directive.at)))]);
        }
        let anchor = Anchor { path: path::display(&path), ..anchor.clone() };
        return fault::check(view, found, spec, &anchor);
    }
    let Found::Value(vertex) = found else {
        return Ok(vec![Finding::value(format!("no value at {}", path::display(&path)))]);
    };
    let wrong = |is_right: bool, message: String| if is_right { Vec::new() } else { vec![Finding::value(message)] };
    Ok(match &directive.check {
        Check::Equal(text) => match Expected::parse(text) {
            Ok(expected) => expect::check(view, vertex, &expected, anchor, attributes),
            Err(problem) => vec![Finding::value(problem)],
        },
        Check::Kind(kinds) => {
            let got = view.session.kinds(vertex);
            wrong(got == *kinds, format!("expected the kind {kinds}, got {got}"))
        }
        Check::Closed(expected) => {
            let got = view.session.is_marked_closed(vertex);
            wrong(got == *expected, format!("expected closed={expected}, got closed={got}"))
        }
        Check::Allows { expected, selector } => {
            let got = match selector {
                Selector::AnyString => view.session.takes_any(vertex, false),
                Selector::AnyIndex => view.session.takes_any(vertex, true),
                Selector::Step(step) => {
                    let label = step.label(&mut view.session);
                    view.session.takes(vertex, label)
                }
            };
            let kinds = view.session.kinds(vertex);
            if kinds == Kinds::STRUCT || kinds == Kinds::LIST {
                wrong(got == *expected, format!("expected allows={expected}, got allows={got}"))
            } else {
                vec![Finding::value(format!("only structs and lists allow anything, it is {kinds}"))]
            }
        }
        Check::Inside => {
            let value = view.show(&Value::Vertex(vertex));
            vec![Finding::new(Tier::Inside, format!("there is no printer of the original's inside; it is {value}"))]
        }
        _ => Vec::new(),
    })
}
