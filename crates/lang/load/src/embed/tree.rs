//! Data as a part of a tree, with the places of its own text.

use std::sync::Arc;

use cue_data::{Builder, Data, Event};
use cue_syntax::ast::{
    AttrList, Bytes, DeclId, DeclKind, DeclList, Expr, ExprId, ExprList, Field, File, Label, Marker, NamesId, Quote,
    Run, Spelling, Text, UnaryOp,
};
use strata_base::Span;

const STRING: Spelling = Spelling { quote: Quote::String, multiline: false, hashes: 0 };
const BYTES: Spelling = Spelling { quote: Quote::Bytes, multiline: false, hashes: 0 };

/// A struct or list that is not at its end.
struct Open {
    is_struct: bool,
    span: Span,
    /// The labels of a struct; empty for a list.
    keys: Vec<(Text, Span)>,
    values: Vec<ExprId>,
}

/// What an empty file holds.
pub(super) fn null() -> Data {
    let mut builder = Builder::new();
    builder.null(Span::NONE);
    builder.finish()
}

/// Adds data to a tree.
pub(super) fn add(file: &mut File, data: &Data) -> ExprId {
    // Around all of it, to collect the one value.
    let mut open = vec![Open { is_struct: false, span: Span::NONE, keys: Vec::new(), values: Vec::new() }];
    for step in data.events(data.root()) {
        let span = step.span;
        let value = match step.event {
            Event::Spelling(_) => continue,
            Event::Key(key) => {
                let key = text(file, key);
                if let Some(inner) = open.last_mut() {
                    inner.keys.push((key, span));
                }
                continue;
            }
            Event::BeginStruct | Event::BeginList => {
                let is_struct = matches!(step.event, Event::BeginStruct);
                open.push(Open { is_struct, span, keys: Vec::new(), values: Vec::new() });
                continue;
            }
            Event::End => match open.pop() {
                Some(inner) => close(file, &inner),
                None => continue,
            },
            Event::Null => expr(file, Expr::Null, span),
            Event::Bool(value) => expr(file, Expr::Bool(value), span),
            Event::Number(number) => {
                let spelt = number.to_cue_string();
                let digits = text(file, spelt.trim_start_matches('-'));
                let literal = if number.is_int() { Expr::Int(digits) } else { Expr::Float(digits) };
                let literal = expr(file, literal, span);
                match spelt.starts_with('-') {
                    true => expr(file, Expr::Unary { op: UnaryOp::Minus, operand: literal }, span),
                    false => literal,
                }
            }
            Event::String(value) => {
                let value = text(file, value);
                expr(file, Expr::String { value, spelling: STRING }, span)
            }
            Event::Bytes(bytes) => {
                let value = Bytes(narrow(file.bytes.len()));
                file.bytes.push(Arc::from(bytes));
                expr(file, Expr::Bytes { value, spelling: BYTES }, span)
            }
        };
        if let Some(outer) = open.last_mut() {
            outer.values.push(value);
        }
    }
    let only = open.pop().and_then(|mut all| all.values.pop());
    only.unwrap_or_else(|| expr(file, Expr::Null, Span::NONE))
}

/// Adds the data of several files as one struct.
pub(super) fn by_name(file: &mut File, files: &[(String, Data)], span: Span) -> ExprId {
    let mut all = Open { is_struct: true, span, keys: Vec::new(), values: Vec::new() };
    for (name, data) in files {
        let key = text(file, name);
        let value = add(file, data);
        all.keys.push((key, span));
        all.values.push(value);
    }
    close(file, &all)
}

fn close(file: &mut File, open: &Open) -> ExprId {
    if !open.is_struct {
        let start = narrow(file.expr_lists.len());
        file.expr_lists.extend_from_slice(&open.values);
        let list = ExprList(Run { start, len: narrow(open.values.len()) });
        return expr(file, Expr::List(list), open.span);
    }
    let mut decls = Vec::with_capacity(open.values.len());
    for (&(value, label_span), &inner) in open.keys.iter().zip(&open.values) {
        let field = Field {
            label: Label::String { value, spelling: STRING },
            label_span,
            names: NamesId::NONE,
            marker: Marker::Regular,
            value: inner,
            attributes: AttrList::default(),
        };
        decls.push(DeclId(narrow(file.decl_kinds.len())));
        file.decl_kinds.push(DeclKind::Field(field));
        file.decl_spans.push(label_span.to(file.expr_span(inner)));
    }
    let start = narrow(file.decl_lists.len());
    file.decl_lists.extend_from_slice(&decls);
    let list = DeclList(Run { start, len: narrow(decls.len()) });
    expr(file, Expr::Struct(list), open.span)
}

pub(super) fn expr(file: &mut File, expr: Expr, span: Span) -> ExprId {
    let id = ExprId(narrow(file.exprs.len()));
    file.exprs.push(expr);
    file.expr_spans.push(span);
    id
}

fn text(file: &mut File, text: &str) -> Text {
    let id = Text(narrow(file.texts.len()));
    file.texts.push(Arc::from(text));
    id
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
