//! Leaves: what is evaluated on its own and compared as a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_eval::{Cancel, InstanceId, Library, Limits, PackageSource, Program, Session, Value};
use cue_syntax::ast::{Expr, ExprId, File, UnaryOp};
use strata_base::Sources;

use super::{Comparison, Outcome, differs};

/// Folders in which a package of the library may stand by its last name.
const LIBRARY_FOLDERS: [&str; 5] = ["", "encoding/", "crypto/", "text/", "path/"];

impl Comparison<'_, '_> {
    pub(super) fn compare_leaf(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let text = self.expected.source(expr);
        let (other, wanted) = match constant(&self.expected.file, expr, text) {
            Ok(constant) => constant,
            Err(problem) => return differs(path, problem),
        };
        let value = self.view.defaulted(value.clone())?;
        let settled = self.view.settled(&value)?;
        let is_same = match (&wanted, &settled) {
            (Value::Number(a), Value::Number(b)) => a.is_int() == b.is_int() && a.compare(b).is_eq(),
            (Value::Struct | Value::List { .. } | Value::Bottom(_), _) => false,
            _ => other.show(&wanted) == self.view.show(&settled),
        };
        if is_same { Ok(()) } else { differs(path, format!("expected {text}, got {}", self.view.show(&value))) }
    }

    pub(super) fn compare_bound(&mut self, path: &str, op: UnaryOp, operand: ExprId, value: &Value) -> Outcome {
        let op = match op {
            UnaryOp::Less => "<",
            UnaryOp::LessEqual => "<=",
            UnaryOp::Greater => ">",
            UnaryOp::GreaterEqual => ">=",
            UnaryOp::Equal => "==",
            UnaryOp::NotEqual => "!=",
            UnaryOp::Match => "=~",
            UnaryOp::NotMatch => "!~",
            UnaryOp::Plus | UnaryOp::Minus | UnaryOp::Not | UnaryOp::Default => "?",
        };
        match self.view.settled(value)? {
            Value::Bound(bound) if bound.op.text() == op => self.compare(path, operand, &bound.value),
            _ => differs(path, format!("expected a bound {op}, got {}", self.view.show(value))),
        }
    }
}

/// Evaluates an expression that refers to nothing but what is predeclared and the library.
fn constant(file: &File, expr: ExprId, text: &str) -> Result<(Session, Value), String> {
    let mut source = String::new();
    for name in library_names(file, expr) {
        let path = LIBRARY_FOLDERS.iter().map(|folder| format!("{folder}{name}"));
        if let Some(path) = path.into_iter().find(|path| cue_std::package(path).is_some()) {
            source.push_str(&format!("import {path:?}\n"));
        }
    }
    source.push_str("expected: ");
    source.push_str(text);
    let mut sources = Sources::new();
    let id = sources.add("expected", source.as_str());
    let parsed = cue_syntax::parse(id, &source, &cue_syntax::ParseOptions::default());
    let library: Arc<Library> = Arc::new(|path: &str| cue_std::package(path));
    let package = PackageSource {
        identity: "expected".to_owned(),
        name: "expected".to_owned(),
        files: vec![&parsed.file],
        imports: BTreeMap::new(),
        expressions: Vec::new(),
    };
    let (program, diagnostics) = Program::compile(&Arc::new(sources), &[package], &library);
    if let Some(problem) = parsed.diagnostics.iter().chain(&diagnostics).find(|problem| problem.is_error()) {
        return Err(format!("cannot evaluate {text}: {}", problem.message));
    }
    let mut session = Session::new(&program, Limits::default(), Cancel::new());
    let evaluated = session.evaluate(InstanceId(0));
    let root = evaluated.map_err(|limit| format!("cannot evaluate {text}: {limit}"))?;
    let label = session.label("expected", "");
    let field = session.arc(root, label).ok_or_else(|| format!("cannot evaluate {text}"))?;
    let value = session.value(field.vertex);
    match value {
        Value::Bottom(error) => Err(format!("cannot evaluate {text}: {}", session.message(error))),
        value => Ok((session, value)),
    }
}

/// The names before a dot: those of packages of the library, since nothing else can be referred to.
fn library_names(file: &File, expr: ExprId) -> Vec<String> {
    let span = file.expr_span(expr);
    let mut names = Vec::new();
    for (index, candidate) in file.exprs.iter().enumerate() {
        let inside = file.expr_spans[index];
        let Expr::Selector { operand, .. } = candidate else { continue };
        let Expr::Ident(name) = file.expr(*operand) else { continue };
        let name = file.text(name).to_string();
        if inside.start >= span.start && inside.end <= span.end && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
