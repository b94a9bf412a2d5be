//! `@if(…)` and `@ignore()`: whether a file belongs to its package at all.

use cue_syntax::ast::{Attribute, BinaryOp, Expr, ExprId, File, UnaryOp};
use strata_base::{Diagnostic, FileId, Span};

use crate::codes;

/// Why a file is left out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Excluded {
    pub(crate) reason: String,
    pub(crate) span: Span,
}

/// Whether the attributes before the package clause let a file in.
pub(crate) fn check(file: &File, mut is_set: impl FnMut(&str) -> bool) -> Result<Option<Excluded>, Box<Diagnostic>> {
    let attributes = file.attr_list(file.leading_attributes);
    let named = |name: &'static str| attributes.iter().filter(move |attribute| &**file.text(attribute.name) == name);
    if let Some(ignore) = named("ignore").next() {
        return Ok(Some(Excluded { reason: "@ignore() attribute found".to_owned(), span: ignore.span }));
    }
    let mut conditions = named("if");
    let Some(condition) = conditions.next() else { return Ok(None) };
    if let Some(second) = conditions.next() {
        let problem = Diagnostic::error(codes::BUILD_ATTRIBUTE, "multiple @if attributes");
        return Err(Box::new(problem.at(second.span).also(condition.span, "previous declaration here")));
    }
    let body = file.text(condition.body);
    let is_met = evaluate(body, &mut is_set).map_err(|message| refused(message, condition))?;
    let excluded = Excluded { reason: format!("@if({body}) did not match"), span: condition.span };
    Ok((!is_met).then_some(excluded))
}

fn refused(message: String, attribute: &Attribute) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(codes::BUILD_ATTRIBUTE, message).at(attribute.span))
}

/// What is left to do, last first.
enum Task {
    Visit(ExprId),
    Not,
    And,
    Or,
}

/// Both operands are looked at even where the first one decides, so that every name counts as used.
fn evaluate(body: &str, is_set: &mut impl FnMut(&str) -> bool) -> Result<bool, String> {
    let (file, root, problems) = cue_syntax::parse_expr(FileId::NONE, body);
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    let mut tasks = vec![Task::Visit(root)];
    let mut values: Vec<bool> = Vec::new();
    while let Some(task) = tasks.pop() {
        match task {
            Task::Visit(expr) => match file.expr(expr) {
                Expr::Ident(name) => values.push(is_set(file.text(name))),
                Expr::Paren(inner) => tasks.push(Task::Visit(inner)),
                Expr::Unary { op: UnaryOp::Not, operand } => tasks.extend([Task::Not, Task::Visit(operand)]),
                Expr::Binary { op: op @ (BinaryOp::LogicalAnd | BinaryOp::LogicalOr), left, right, .. } => {
                    let combine = if op == BinaryOp::LogicalAnd { Task::And } else { Task::Or };
                    tasks.extend([combine, Task::Visit(right), Task::Visit(left)]);
                }
                Expr::Unary { .. } => return Err(invalid_operator(body, file.expr_span(expr).start)),
                Expr::Binary { op_start, .. } => return Err(invalid_operator(body, op_start)),
                _ => return Err(format!("invalid expression in build attribute @if({body})")),
            },
            Task::Not => values.last_mut().into_iter().for_each(|value| *value = !*value),
            Task::And | Task::Or => {
                let (right, left) = (values.pop().unwrap_or_default(), values.pop().unwrap_or_default());
                values.push(if matches!(task, Task::And) { left && right } else { left || right });
            }
        }
    }
    Ok(values.pop().unwrap_or_default())
}

fn invalid_operator(body: &str, at: u32) -> String {
    let is_sign = |c: &char| c.is_ascii_punctuation() && !matches!(c, '(' | '_');
    let operator: String = body.get(at as usize..).unwrap_or("").chars().take_while(is_sign).collect();
    format!("invalid operator {operator} in build attribute")
}
