//! T6: each condition of a mapping is met by some units and not by others. A condition is put to the test by putting
//! `true` and `false` in its place: if that changes nothing for any unit, the condition decides nothing.

use std::sync::Arc;

use cue_syntax::ast::{Clause, DeclKind, Expr, ExprId, File, Label};

use super::Check;
use super::report::{Report, Tried};
use super::runs::{Rig, UNIT};
use super::values::data_of;
use crate::knowledge::Mapping;
use crate::library::Guard;

pub(super) fn check<'t>(rig: &Rig<'_>, tried: impl Iterator<Item = &'t Tried>, report: &mut Report<'_>) {
    let (library, sources) = (rig.library, Arc::new(report.trial.sources.clone()));
    let Some(file) = library.syntax(rig.mapping.file) else { return };
    // For whom one condition matters, the next one often matters too.
    let tried = Vec::from_iter(tried);
    let mut orders = [tried.clone(), tried];
    for expr in guards(file, rig.mapping) {
        let guard = Guard { file: file.id, expr };
        let tests = [(false, "is met by no unit"), (true, "is met by every unit")];
        for ((is, wrong), order) in tests.into_iter().zip(&mut orders) {
            let Some(changed) = library.with_guard(rig.mapping, guard, is, &sources) else { continue };
            let changed = rig.over(&changed);
            if let Some(at) = order.iter().position(|one| matters(&changed, one)) {
                order[..=at].rotate_right(1);
            } else {
                let place = file.expr_span(expr);
                let message = format!("the condition `{}` {wrong} that was tried", sources.text(place));
                report.found(Check::Guards, message, Some(place));
            }
        }
    }
}

/// Whether a changed library gives something else for a unit.
fn matters(changed: &Rig<'_>, one: &Tried) -> bool {
    let spec = one.spec.as_ref();
    spec.is_some_and(|spec| changed.map(UNIT, spec, &data_of(&one.peers), one.binding.as_ref()) != one.outcome)
}

/// The conditions inside a mapping, in their order.
fn guards(file: &File, mapping: &Mapping) -> Vec<ExprId> {
    let mut found = Vec::new();
    for &decl in file.decl_list(file.decls) {
        let DeclKind::Field(field) = file.decl(decl) else { continue };
        if field.label_span == mapping.span && !matches!(field.label, Label::Bad) {
            inside(file, field.value, &mut found);
        }
    }
    found.sort_by_key(|&guard| file.expr_span(guard).start);
    found
}

/// The conditions whose clauses stand inside an expression. All clauses of the file are in one list.
fn inside(file: &File, expr: ExprId, found: &mut Vec<ExprId>) {
    let around = file.expr_span(expr);
    for clause in &file.clauses {
        let Clause::If(condition) = clause else { continue };
        let span = file.expr_span(*condition);
        let is_constant = matches!(file.expr(*condition), Expr::Bool(_));
        if span.start >= around.start && span.end <= around.end && !is_constant {
            found.push(*condition);
        }
    }
}
