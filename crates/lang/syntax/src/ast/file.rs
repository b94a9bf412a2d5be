//! The tree as a whole: the arena and its side tables.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_base::{FileId, Span};

use super::*;

/// The tree of one file.
#[derive(Clone, Debug)]
pub struct File {
    pub id: FileId,
    /// Where each line of the text starts; empty in a tree that no text stands behind. The printer keeps the author's
    /// lines by it.
    pub lines: Vec<u32>,
    /// Attributes before the package clause, such as `@if(prod)`.
    pub leading_attributes: AttrList,
    pub package: Option<Name>,
    pub imports: Vec<Import>,
    pub decls: DeclList,
    /// In the order of the text.
    pub comments: Vec<Comment>,

    pub exprs: Vec<Expr>,
    pub expr_spans: Vec<Span>,
    pub decl_kinds: Vec<DeclKind>,
    pub decl_spans: Vec<Span>,
    pub clauses: Vec<Clause>,
    pub attributes: Vec<Attribute>,
    pub field_names: Vec<FieldNames>,

    pub expr_lists: Vec<ExprId>,
    pub decl_lists: Vec<DeclId>,
    pub clause_lists: Vec<ClauseId>,
    pub parts: Vec<Part>,
    /// Lists whose elements are separated by line ends and not by commas, in order.
    pub bare_lists: Vec<ExprId>,

    /// What stands between the quotes of literals that are not spelt as the printer would: by the place of the literal
    /// and the part of the interpolation. Margins of multi-line literals are left out.
    pub spellings: BTreeMap<(u32, u32), Text>,

    pub texts: Vec<Arc<str>>,
    pub bytes: Vec<Arc<[u8]>>,
}

impl File {
    pub fn new(id: FileId) -> File {
        File {
            id,
            lines: Vec::new(),
            leading_attributes: AttrList::default(),
            package: None,
            imports: Vec::new(),
            decls: DeclList::default(),
            comments: Vec::new(),
            exprs: Vec::new(),
            expr_spans: Vec::new(),
            decl_kinds: Vec::new(),
            decl_spans: Vec::new(),
            clauses: Vec::new(),
            attributes: Vec::new(),
            field_names: Vec::new(),
            expr_lists: Vec::new(),
            decl_lists: Vec::new(),
            clause_lists: Vec::new(),
            parts: Vec::new(),
            bare_lists: Vec::new(),
            spellings: BTreeMap::new(),
            texts: Vec::new(),
            bytes: Vec::new(),
        }
    }

    pub fn expr(&self, id: ExprId) -> Expr {
        self.exprs[id.0 as usize]
    }
    pub fn expr_span(&self, id: ExprId) -> Span {
        self.expr_spans[id.0 as usize]
    }
    pub fn decl(&self, id: DeclId) -> DeclKind {
        self.decl_kinds[id.0 as usize]
    }
    pub fn decl_span(&self, id: DeclId) -> Span {
        self.decl_spans[id.0 as usize]
    }
    pub fn clause(&self, id: ClauseId) -> Clause {
        self.clauses[id.0 as usize]
    }
    pub fn expr_list(&self, list: ExprList) -> &[ExprId] {
        &self.expr_lists[list.0.range()]
    }
    pub fn decl_list(&self, list: DeclList) -> &[DeclId] {
        &self.decl_lists[list.0.range()]
    }
    pub fn clause_list(&self, list: ClauseList) -> &[ClauseId] {
        &self.clause_lists[list.0.range()]
    }
    pub fn part_list(&self, list: PartList) -> &[Part] {
        &self.parts[list.0.range()]
    }
    pub fn attr_list(&self, list: AttrList) -> &[Attribute] {
        &self.attributes[list.0.range()]
    }
    /// The names of a field beside its label.
    pub fn names(&self, field: &Field) -> FieldNames {
        self.field_names.get(field.names.0 as usize).copied().unwrap_or_default()
    }
    pub fn text(&self, text: Text) -> &Arc<str> {
        &self.texts[text.0 as usize]
    }
    pub fn byte_string(&self, bytes: Bytes) -> &Arc<[u8]> {
        &self.bytes[bytes.0 as usize]
    }

    /// The line of a place, counted from 0.
    pub fn line(&self, offset: u32) -> usize {
        self.lines.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The line on which a span ends, counted from 0.
    pub fn last_line(&self, span: Span) -> usize {
        self.line(span.end.saturating_sub(1).max(span.start))
    }

    /// Whether a struct was written without braces, as the `b: 1` of `a: b: 1`: then its span starts at its first
    /// field and not at a brace.
    pub fn is_chained(&self, structure: ExprId) -> bool {
        let Expr::Struct(decls) = self.expr(structure) else { return false };
        let span = self.expr_span(structure);
        matches!(self.decl_list(decls), [only] if !span.is_none() && self.decl_span(*only).start == span.start)
    }
}
