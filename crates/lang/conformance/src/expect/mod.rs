//! Whether a value is the one that an expression of an assertion describes.
//!
//! The expression is not evaluated as a whole: its tree is walked beside the value, so that a mistake of the evaluator
//! cannot hide by being made on both sides. Only leaves are evaluated.

mod leaf;
mod structure;

use cue_eval::{Limit, Value, VertexId};
use cue_syntax::ast::{BinaryOp, Expr, ExprId, File, UnaryOp};
use strata_base::FileId;

use crate::attribute_places::Attributes;
use crate::fault::Anchor;
use crate::finding::Finding;
use crate::view::View;

/// How deep expected values may nest.
const MAX_DEPTH: u32 = 200;

/// Why a value is not the expected one.
#[derive(Debug)]
pub(crate) enum Mismatch {
    Differs(String),
    Limit(Limit),
}

impl From<Limit> for Mismatch {
    fn from(limit: Limit) -> Mismatch {
        Mismatch::Limit(limit)
    }
}

pub(crate) type Outcome = Result<(), Mismatch>;

/// An expected value: its text and its tree.
pub(crate) struct Expected {
    pub(crate) text: String,
    pub(crate) file: File,
    pub(crate) root: ExprId,
}

impl Expected {
    pub(crate) fn parse(text: &str) -> Result<Expected, String> {
        let (file, root, diagnostics) = cue_syntax::parse_expr(FileId::NONE, text);
        match diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
            Some(diagnostic) => Err(format!("the expected value does not parse: {}", diagnostic.message)),
            None => Ok(Expected { text: text.to_owned(), file, root }),
        }
    }

    fn source(&self, expr: ExprId) -> &str {
        let span = self.file.expr_span(expr);
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}

/// What is wrong with a value; nothing if it is as expected.
pub(crate) fn check(
    view: &mut View<'_>,
    vertex: VertexId,
    expected: &Expected,
    anchor: &Anchor,
    attributes: &Attributes<'_>,
) -> Vec<Finding> {
    let mut comparison =
        Comparison { view, expected, anchor, attributes, findings: Vec::new(), depth: 0, is_final: false };
    match comparison.compare("", expected.root, &Value::Vertex(vertex)) {
        Ok(()) => comparison.findings,
        Err(Mismatch::Differs(message)) => vec![Finding::value(message)],
        Err(Mismatch::Limit(limit)) => vec![limit.into()],
    }
}

pub(crate) struct Comparison<'a, 'v> {
    view: &'a mut View<'v>,
    expected: &'a Expected,
    anchor: &'a Anchor,
    attributes: &'a Attributes<'a>,
    /// What is wrong beyond values: words and places of expected errors.
    findings: Vec<Finding>,
    depth: u32,
    /// Defaults are chosen before comparing.
    is_final: bool,
}

impl Comparison<'_, '_> {
    fn compare(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return differs(path, "the expected value nests too deeply");
        }
        let outcome = self.compare_here(path, expr, value);
        self.depth -= 1;
        outcome
    }

    fn compare_here(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let file = &self.expected.file;
        let value = &if self.is_final { self.view.defaulted(value.clone())? } else { value.clone() };
        match file.expr(expr) {
            Expr::Struct(decls) => return self.compare_struct(path, decls, value),
            Expr::Paren(inner) => return self.compare(path, inner, value),
            _ => {}
        }
        self.same_shape(path, expr, value)?;
        match file.expr(expr) {
            Expr::List(_) => {
                self.no_other_fields(path, value)?;
                self.compare_list(path, expr, value)
            }
            Expr::Binary { op: BinaryOp::And, .. } => self.compare_conjunction(path, expr, value),
            Expr::Binary { op: BinaryOp::Or, .. } => self.compare_disjunction(path, expr, value),
            Expr::Unary { op: UnaryOp::Plus | UnaryOp::Minus | UnaryOp::Not, .. } => {
                self.compare_leaf(path, expr, value)
            }
            Expr::Unary { op, operand } => self.compare_bound(path, op, operand, value),
            Expr::Bottom => match self.view.error(value)? {
                Some(_) => Ok(()),
                None => differs(path, format!("expected an error, got {}", self.view.show(value))),
            },
            Expr::Null
            | Expr::Bool(_)
            | Expr::Int(_)
            | Expr::Float(_)
            | Expr::String { .. }
            | Expr::Bytes { .. }
            | Expr::Ident(_) => {
                self.no_other_fields(path, value)?;
                self.compare_leaf(path, expr, value)
            }
            Expr::Call { .. } | Expr::Selector { .. } => self.compare_leaf(path, expr, value),
            _ => differs(path, format!("nothing can be compared with {}", self.expected.source(expr))),
        }
    }

    /// A disjunction must be expected as one, so that no alternative and no mark is overlooked; constraints that remain
    /// must be expected as such.
    fn same_shape(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let op = match self.expected.file.expr(expr) {
            Expr::Binary { op, .. } => Some(op),
            _ => None,
        };
        match self.view.settled(value)? {
            Value::Disjunction(_) if op != Some(BinaryOp::Or) => {
                differs(path, format!("it is a disjunction: {}", self.view.show(value)))
            }
            Value::Conjunction(_) if op != Some(BinaryOp::And) && !self.is_leaf(expr) => {
                differs(path, format!("several constraints remain: {}", self.view.show(value)))
            }
            _ => Ok(()),
        }
    }

    /// Predeclared names may stand for several constraints.
    fn is_leaf(&self, expr: ExprId) -> bool {
        matches!(self.expected.file.expr(expr), Expr::Ident(_) | Expr::Call { .. } | Expr::Selector { .. })
    }

    fn compare_list(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let Expr::List(elements) = self.expected.file.expr(expr) else { return Ok(()) };
        let value = self.view.defaulted(value.clone())?;
        let settled = self.view.settled(&value)?;
        let (Value::List { .. }, Value::Vertex(vertex)) = (&settled, &value) else {
            return differs(path, format!("expected a list, got {}", self.view.show(&value)));
        };
        let fields = self.view.session.fields(self.view.session.end(*vertex));
        let got: Vec<Value> =
            fields.into_iter().filter(|field| field.label.is_int()).map(|field| Value::Vertex(field.vertex)).collect();
        let wanted: Vec<ExprId> = self.expected.file.expr_list(elements).to_vec();
        for (index, (&wanted, got)) in wanted.iter().zip(&got).enumerate() {
            self.compare(&join(path, &index.to_string()), wanted, got)?;
        }
        if wanted.len() == got.len() {
            Ok(())
        } else {
            differs(path, format!("expected {} elements, got {}", wanted.len(), got.len()))
        }
    }

    fn compare_disjunction(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let Value::Disjunction(got) = self.view.settled(value)? else {
            return differs(path, format!("expected a disjunction, got {}", self.view.show(value)));
        };
        let (marked, unmarked): (Vec<_>, Vec<_>) = self.alternatives(expr).into_iter().partition(|&(_, marked)| marked);
        let (defaults, others) = got.values.split_at(got.defaults);
        if marked.len() != defaults.len() || unmarked.len() != others.len() {
            let message = format!(
                "expected {} alternatives with {} marked, got {} with {}: {}",
                marked.len() + unmarked.len(),
                marked.len(),
                got.values.len(),
                defaults.len(),
                self.view.show(value)
            );
            return differs(path, message);
        }
        self.match_each(path, marked.into_iter().map(|(expr, _)| expr).collect(), defaults)?;
        self.match_each(path, unmarked.into_iter().map(|(expr, _)| expr).collect(), others)
    }

    /// The alternatives of an expected disjunction, and whether each is marked.
    fn alternatives(&self, expr: ExprId) -> Vec<(ExprId, bool)> {
        let mut found = Vec::new();
        let mut todo = vec![(expr, false)];
        while let Some((expr, marked)) = todo.pop() {
            match self.expected.file.expr(expr) {
                Expr::Binary { op: BinaryOp::Or, left, right, .. } => todo.extend([(right, marked), (left, marked)]),
                Expr::Unary { op: UnaryOp::Default, operand } => todo.push((operand, true)),
                Expr::Paren(inner) => todo.push((inner, marked)),
                _ => found.push((expr, marked)),
            }
        }
        found
    }

    /// Every expected value must be one of those that are there, each with one, in any order.
    fn match_each(&mut self, path: &str, wanted: Vec<ExprId>, got: &[Value]) -> Outcome {
        let mut is_used = vec![false; got.len()];
        for expr in wanted {
            let mut matched = None;
            for (index, value) in got.iter().enumerate() {
                if is_used[index] {
                    continue;
                }
                if self.try_compare(path, expr, value)? {
                    matched = Some(index);
                    break;
                }
            }
            let Some(index) = matched else {
                let got: Vec<String> = got.iter().map(|value| self.view.show(value)).collect();
                return differs(path, format!("no {} among: {}", self.expected.source(expr), got.join(" , ")));
            };
            is_used[index] = true;
        }
        Ok(())
    }

    /// Compares, and forgets what was found if it does not match.
    fn try_compare(&mut self, path: &str, expr: ExprId, value: &Value) -> Result<bool, Mismatch> {
        let (found, depth) = (self.findings.len(), self.depth);
        match self.compare(path, expr, value) {
            Ok(()) => Ok(true),
            Err(Mismatch::Differs(_)) => {
                self.findings.truncate(found);
                self.depth = depth;
                Ok(false)
            }
            Err(limit) => Err(limit),
        }
    }

    fn compare_conjunction(&mut self, path: &str, expr: ExprId, value: &Value) -> Outcome {
        let mut wanted = Vec::new();
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            match self.expected.file.expr(expr) {
                Expr::Binary { op: BinaryOp::And, left, right, .. } => todo.extend([right, left]),
                Expr::Paren(inner) => todo.push(inner),
                _ => wanted.push(expr),
            }
        }
        let settled = self.view.settled(value)?;
        let got = Self::constraints(&settled);
        // A struct among the constraints is the value itself.
        let mut others = Vec::new();
        for expr in wanted {
            match self.expected.file.expr(expr) {
                Expr::Struct(decls) => self.compare_struct(path, decls, value)?,
                _ => others.push(expr),
            }
        }
        if others.len() != got.len() {
            let told: Vec<String> = got.iter().map(|value| self.view.show(value)).collect();
            return differs(path, format!("expected {} constraints, got {}", others.len(), told.join(" & ")));
        }
        self.match_each(path, others, &got)
    }

    /// What remains of a value: its constraints one by one.
    fn constraints(settled: &Value) -> Vec<Value> {
        match settled {
            Value::Conjunction(values) => values.to_vec(),
            Value::Struct | Value::List { .. } => Vec::new(),
            other => vec![other.clone()],
        }
    }
}

pub(crate) fn differs(path: &str, message: impl Into<String>) -> Outcome {
    let message = message.into();
    Err(Mismatch::Differs(if path.is_empty() { message } else { format!("{path}: {message}") }))
}

pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
