//! `@tag(…)`: fields that take their value from outside.

use std::sync::Arc;

use cue_syntax::ast::{
    Attribute, BinaryOp, Comprehension, DeclId, DeclKind, DeclList, Expr, ExprId, File, Label, Marker, Part, Quote,
    Spelling, Text, UnaryOp,
};
use strata_base::{Diagnostic, FileId, Sources, Span};

use crate::codes;
use crate::import_path::is_name;

/// A field that a tag gave a value to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Injection {
    /// The name of the tag, or of the variable.
    pub tag: String,
    /// Which file of the instance.
    pub file: usize,
    pub field: DeclId,
    /// What now stands where the field's value stood: the value, unified with what was injected.
    pub value: ExprId,
}

/// A value from outside, as `-T` supplies it for `@tag(x,var=now)`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Variable {
    String(String),
    /// A number as CUE spells it.
    Number(String),
}

/// A tag as it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) kind: TagKind,
    pub(crate) shorthands: Vec<String>,
    pub(crate) variable: Option<String>,
    pub(crate) field: DeclId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TagKind {
    String,
    Int,
    Number,
    Bool,
}

/// A literal that is to be injected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Literal {
    String(String),
    Int { negative: bool, digits: String },
    Float { negative: bool, digits: String },
    Bool(bool),
}

/// What is still to be looked at. Inside of what holds no tags, the reason is told for each tag that is found.
#[derive(Clone, Copy)]
struct Task {
    node: Node,
    refusal: Option<&'static str>,
}

#[derive(Clone, Copy)]
enum Node {
    Expr(ExprId),
    Decls(DeclList),
}

/// All tags of a file, in the order of the text, and what is wrong with some, in no order.
pub(crate) fn find(file: &File, problems: &mut Vec<Diagnostic>) -> Vec<Tag> {
    let mut tags = Vec::new();
    if !file.attributes.iter().any(|attribute| is_tag(file, attribute)) {
        return tags;
    }
    let mut tasks = vec![Task { node: Node::Decls(file.decls), refusal: None }];
    while let Some(Task { node, refusal }) = tasks.pop() {
        match node {
            Node::Expr(expr) => expression(file, expr, refusal, &mut tasks),
            Node::Decls(decls) => declarations(file, decls, refusal, &mut tasks, &mut tags, problems),
        }
    }
    tags.sort_by_key(|tag| file.decl_span(tag.field).start);
    tags
}

fn is_tag(file: &File, attribute: &Attribute) -> bool {
    &**file.text(attribute.name) == "tag"
}

fn declarations(
    file: &File,
    decls: DeclList,
    refusal: Option<&'static str>,
    tasks: &mut Vec<Task>,
    tags: &mut Vec<Tag>,
    problems: &mut Vec<Diagnostic>,
) {
    for &decl in file.decl_list(decls) {
        match file.decl(decl) {
            DeclKind::Field(field) => {
                let is_constraint =
                    field.marker != Marker::Regular || !matches!(field.label, Label::Ident(_) | Label::String { .. });
                let refusal = refusal.or(is_constraint.then_some("@tag not allowed within field constraint"));
                for attribute in file.attr_list(field.attributes).iter().filter(|attribute| is_tag(file, attribute)) {
                    match refusal.map_or_else(|| parse(file, attribute, decl), |reason| Err(reason.to_owned())) {
                        Ok(tag) => tags.push(tag),
                        Err(message) => problems.push(Diagnostic::error(codes::TAG, message).at(attribute.span)),
                    }
                }
                tasks.push(Task { node: Node::Expr(field.value), refusal });
            }
            DeclKind::Let { value, .. } | DeclKind::Embedding(value) | DeclKind::Ellipsis(Some(value)) => {
                tasks.push(Task { node: Node::Expr(value), refusal });
            }
            DeclKind::Comprehension(comprehension) => bodies(comprehension, refusal, tasks),
            DeclKind::Ellipsis(None) | DeclKind::Attribute(_) | DeclKind::Bad => {}
        }
    }
}

fn bodies(comprehension: Comprehension, refusal: Option<&'static str>, tasks: &mut Vec<Task>) {
    let refusal = refusal.or(Some("@tag not allowed within comprehension"));
    let fallback = comprehension.fallback.map(|fallback| fallback.body);
    for body in std::iter::once(comprehension.body).chain(fallback) {
        tasks.push(Task { node: Node::Expr(body), refusal });
    }
}

/// Clauses, labels and interpolations hold no fields that a person would tag; whatever else may hold a struct does.
fn expression(file: &File, expr: ExprId, refusal: Option<&'static str>, tasks: &mut Vec<Task>) {
    let mut push = |expr: ExprId| tasks.push(Task { node: Node::Expr(expr), refusal });
    match file.expr(expr) {
        Expr::Struct(decls) => tasks.push(Task { node: Node::Decls(decls), refusal }),
        Expr::List(elements) => {
            let refusal = refusal.or(Some("@tag not allowed within lists"));
            let elements = file.expr_list(elements).iter();
            tasks.extend(elements.map(|&expr| Task { node: Node::Expr(expr), refusal }));
        }
        Expr::Comprehension(comprehension) => bodies(comprehension, refusal, tasks),
        Expr::Interpolation { parts, .. } => {
            for part in file.part_list(parts) {
                if let Part::Expr(expr) = *part {
                    push(expr);
                }
            }
        }
        Expr::Binary { left, right, .. } => {
            push(left);
            push(right);
        }
        Expr::Paren(inner)
        | Expr::Unary { operand: inner, .. }
        | Expr::Selector { operand: inner, .. }
        | Expr::Index { operand: inner, .. }
        | Expr::Slice { operand: inner, .. }
        | Expr::PostfixEllipsis(inner)
        | Expr::PostfixQuestion(inner)
        | Expr::Alias { value: inner, .. }
        | Expr::Ellipsis(Some(inner)) => push(inner),
        Expr::Call { arguments, .. } => file.expr_list(arguments).iter().for_each(|&expr| push(expr)),
        _ => {}
    }
}

/// `name,type=int,short=a|b,var=now`
fn parse(file: &File, attribute: &Attribute, field: DeclId) -> Result<Tag, String> {
    let body = file.text(attribute.body);
    let mut arguments = body.split(',').map(|argument| argument.trim());
    let name = arguments.next().unwrap_or("").trim_matches('"');
    if !is_name(name) {
        return Err(format!("invalid identifier {name:?}"));
    }
    let mut tag = Tag { name: name.to_owned(), kind: TagKind::String, shorthands: Vec::new(), variable: None, field };
    for argument in arguments {
        let Some((key, value)) = argument.split_once('=') else { continue };
        let value = value.trim().trim_matches('"');
        match key.trim() {
            "type" => {
                tag.kind = match value {
                    "string" => TagKind::String,
                    "int" => TagKind::Int,
                    "number" => TagKind::Number,
                    "bool" => TagKind::Bool,
                    other => return Err(format!("invalid type {other:?}")),
                }
            }
            "short" => tag.shorthands = value.split('|').map(str::to_owned).collect(),
            "var" => tag.variable = Some(value.to_owned()),
            _ => {}
        }
    }
    Ok(tag)
}

impl Tag {
    /// What a text from the command line stands for, by the type of the tag.
    pub(crate) fn literal(&self, text: &str) -> Result<Literal, String> {
        match self.kind {
            TagKind::String => Ok(Literal::String(text.to_owned())),
            TagKind::Bool => match text.trim() {
                "1" | "t" | "T" | "true" | "True" | "TRUE" => Ok(Literal::Bool(true)),
                "0" | "f" | "F" | "false" | "False" | "FALSE" => Ok(Literal::Bool(false)),
                other => Err(format!("invalid boolean {other:?} for injection tag {:?}", self.name)),
            },
            TagKind::Int | TagKind::Number => match number(text) {
                Some(Literal::Float { .. }) if self.kind == TagKind::Int => {
                    Err(format!("invalid int {text:?} for injection tag {:?}", self.name))
                }
                Some(number) => Ok(number),
                None => Err(format!("invalid number for injection tag {:?}: invalid number {text:?}", self.name)),
            },
        }
    }
}

/// A number literal of CUE with an optional sign.
pub(crate) fn number(text: &str) -> Option<Literal> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let negative = text.starts_with('-');
    let (file, root, problems) = cue_syntax::parse_expr(FileId::NONE, digits);
    match file.expr(root) {
        _ if !problems.is_empty() => None,
        Expr::Int(_) => Some(Literal::Int { negative, digits: digits.to_owned() }),
        Expr::Float(_) => Some(Literal::Float { negative, digits: digits.to_owned() }),
        _ => None,
    }
}

/// Unifies the value of a field with a literal. The literal gets a text of its own to stand in, so that whoever asks
/// where a value comes from is told of the tag.
pub(crate) fn inject(
    file: &mut File,
    field: DeclId,
    tag: &str,
    text: &str,
    literal: &Literal,
    sources: &mut Sources,
) -> ExprId {
    let source = sources.add(format!("-t {tag}"), text);
    let span = Span::new(source, 0, text.len());
    let injected = match literal {
        Literal::String(text) => {
            let value = add_text(file, text);
            let spelling = Spelling { quote: Quote::String, multiline: false, hashes: 0 };
            add(file, Expr::String { value, spelling }, span)
        }
        Literal::Bool(value) => add(file, Expr::Bool(*value), span),
        Literal::Int { negative, digits } => {
            let digits = add_text(file, digits);
            let number = add(file, Expr::Int(digits), span);
            signed(file, number, *negative, span)
        }
        Literal::Float { negative, digits } => {
            let digits = add_text(file, digits);
            let number = add(file, Expr::Float(digits), span);
            signed(file, number, *negative, span)
        }
    };
    let DeclKind::Field(mut declaration) = file.decl(field) else { return injected };
    let span = file.expr_span(declaration.value);
    let both = Expr::Binary { op: BinaryOp::And, op_start: span.end, left: declaration.value, right: injected };
    declaration.value = add(file, both, span);
    file.decl_kinds[field.0 as usize] = DeclKind::Field(declaration);
    declaration.value
}

fn signed(file: &mut File, number: ExprId, negative: bool, span: Span) -> ExprId {
    if negative { add(file, Expr::Unary { op: UnaryOp::Minus, operand: number }, span) } else { number }
}

fn add(file: &mut File, expr: Expr, span: Span) -> ExprId {
    let id = ExprId(u32::try_from(file.exprs.len()).unwrap_or(u32::MAX));
    file.exprs.push(expr);
    file.expr_spans.push(span);
    id
}

fn add_text(file: &mut File, text: &str) -> Text {
    let id = Text(u32::try_from(file.texts.len()).unwrap_or(u32::MAX));
    file.texts.push(Arc::from(text));
    id
}
