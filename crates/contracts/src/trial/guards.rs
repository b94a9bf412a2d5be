//! T6: each condition of a mapping is met by some units and not by others. A condition is put to the test by putting
//! `true` and `false` in its place: if that changes nothing for any unit, the condition decides nothing.

use cue_syntax::ast::{Clause, DeclKind, Expr, ExprId, File, Label};
use strata_base::{Sources, Span};

use super::checks::{Report, Tried};
use super::runs::{Outcome, Rig, UNIT};
use super::values::data_of;
use super::{Check, Trial};
use crate::library::{Library, Mapping};

pub(super) fn check(tried: &[Tried], report: &mut Report<'_>) {
    let (trial, mapping) = (report.trial, report.mapping);
    for guard in guards(trial, mapping) {
        for (value, wrong) in [("false", "is met by no unit"), ("true", "is met by every unit")] {
            let Some(changed) = changed(trial, guard, value) else { continue };
            let Some(other) = changed.mapping(&mapping.contract, &mapping.provider) else { continue };
            let rig = Rig::new(&changed, other);
            let matters = tried.iter().any(|one| {
                let Some(spec) = &one.spec else { return false };
                let outcome = rig.map(UNIT, spec, &data_of(&one.peers), None);
                // The files of the two libraries have other numbers.
                match (&outcome, &one.outcome) {
                    (Outcome::Bug(..), Outcome::Bug(..)) => false,
                    (outcome, before) => outcome != before,
                }
            });
            if !matters {
                let text = trial.sources.text(guard);
                report.found(Check::Guards, format!("the condition `{text}` {wrong} that was tried"), Some(guard));
            }
        }
    }
}

/// The conditions inside a mapping.
fn guards(trial: &Trial<'_>, mapping: &Mapping) -> Vec<Span> {
    let Some(source) = trial.sources.get(mapping.span.file) else { return Vec::new() };
    let parsed = cue_syntax::parse(mapping.span.file, source.text(), &cue_syntax::ParseOptions::default());
    let file = &parsed.file;
    let mut found = Vec::new();
    for &decl in file.decl_list(file.decls) {
        let DeclKind::Field(field) = file.decl(decl) else { continue };
        if field.label_span == mapping.span && !matches!(field.label, Label::Bad) {
            inside(file, field.value, &mut found);
        }
    }
    found.sort_by_key(|span| span.start);
    found
}

/// The conditions whose clauses stand inside an expression. All clauses of the file are in one list.
fn inside(file: &File, expr: ExprId, found: &mut Vec<Span>) {
    let around = file.expr_span(expr);
    for clause in &file.clauses {
        let Clause::If(condition) = clause else { continue };
        let span = file.expr_span(*condition);
        let is_constant = matches!(file.expr(*condition), Expr::Bool(_));
        if span.start >= around.start && span.end <= around.end && !is_constant {
            found.push(span);
        }
    }
}

/// The library with something else in the place of a condition.
fn changed(trial: &Trial<'_>, guard: Span, value: &str) -> Option<Library> {
    let source = trial.sources.get(guard.file)?;
    let text = source.text();
    let text = [&text[..guard.start as usize], value, &text[guard.end as usize..]].concat();
    Library::load_changed(trial.folder, trial.files, (source.name(), &text), &mut Sources::new()).ok()
}
