//! Putting a tree together: ids for nodes, runs for lists, one id for each text.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use strata_base::{FileId, Span};

use crate::ast::*;

/// A [`File`] under construction. Used by the parser, and by whoever makes a tree to print it.
#[derive(Debug)]
pub struct Builder {
    pub file: File,
    texts: FxHashMap<Arc<str>, Text>,
    bytes: FxHashMap<Arc<[u8]>, Bytes>,
}

/// Ids are 32 bits wide; a text of at most four gigabytes cannot need more.
fn id(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

fn extend<T: Copy>(table: &mut Vec<T>, items: &[T]) -> Run {
    if items.is_empty() {
        return Run::default();
    }
    let start = id(table.len());
    table.extend_from_slice(items);
    Run { start, len: id(items.len()) }
}

impl Builder {
    pub fn new(id: FileId) -> Builder {
        Builder { file: File::new(id), texts: FxHashMap::default(), bytes: FxHashMap::default() }
    }

    /// Makes room for the tree of a text of a length. The ratios are those of ordinary configuration.
    pub(crate) fn reserve(&mut self, len: usize) {
        self.file.exprs.reserve(len / 8);
        self.file.expr_spans.reserve(len / 8);
        self.file.decl_kinds.reserve(len / 24);
        self.file.decl_spans.reserve(len / 24);
        self.file.decl_lists.reserve(len / 24);
    }

    pub fn finish(self) -> File {
        self.file
    }

    pub fn text(&mut self, text: &str) -> Text {
        if let Some(&known) = self.texts.get(text) {
            return known;
        }
        let shared: Arc<str> = text.into();
        let new = Text(id(self.file.texts.len()));
        self.file.texts.push(shared.clone());
        self.texts.insert(shared, new);
        new
    }

    pub fn byte_string(&mut self, bytes: &[u8]) -> Bytes {
        if let Some(&known) = self.bytes.get(bytes) {
            return known;
        }
        let shared: Arc<[u8]> = bytes.into();
        let new = Bytes(id(self.file.bytes.len()));
        self.file.bytes.push(shared.clone());
        self.bytes.insert(shared, new);
        new
    }

    pub fn expr(&mut self, expr: Expr, span: Span) -> ExprId {
        let new = ExprId(id(self.file.exprs.len()));
        self.file.exprs.push(expr);
        self.file.expr_spans.push(span);
        new
    }

    /// Takes back the expression that was added last, if it is this one: it turned out to be a label.
    pub(crate) fn take_back(&mut self, expr: ExprId) {
        if expr.0 as usize + 1 == self.file.exprs.len() {
            self.file.exprs.pop();
            self.file.expr_spans.pop();
        }
    }

    pub fn decl(&mut self, kind: DeclKind, span: Span) -> DeclId {
        let new = DeclId(id(self.file.decl_kinds.len()));
        self.file.decl_kinds.push(kind);
        self.file.decl_spans.push(span);
        new
    }

    /// The place of names; none if there are none.
    pub fn field_names(&mut self, names: FieldNames) -> NamesId {
        if names == FieldNames::default() {
            return NamesId::NONE;
        }
        let new = NamesId(id(self.file.field_names.len()));
        self.file.field_names.push(names);
        new
    }

    pub fn clause(&mut self, clause: Clause) -> ClauseId {
        let new = ClauseId(id(self.file.clauses.len()));
        self.file.clauses.push(clause);
        new
    }

    /// Attributes that are added one after the other form a list.
    pub fn attribute(&mut self, attribute: Attribute) -> u32 {
        let new = id(self.file.attributes.len());
        self.file.attributes.push(attribute);
        new
    }

    /// The list of all attributes that were added since there were `start` of them.
    pub fn attr_list_since(&self, start: usize) -> AttrList {
        let len = self.file.attributes.len() - start;
        if len == 0 { AttrList::default() } else { AttrList(Run { start: id(start), len: id(len) }) }
    }

    pub fn expr_list(&mut self, items: &[ExprId]) -> ExprList {
        ExprList(extend(&mut self.file.expr_lists, items))
    }

    pub fn decl_list(&mut self, items: &[DeclId]) -> DeclList {
        DeclList(extend(&mut self.file.decl_lists, items))
    }

    pub fn clause_list(&mut self, items: &[ClauseId]) -> ClauseList {
        ClauseList(extend(&mut self.file.clause_lists, items))
    }

    pub fn part_list(&mut self, items: &[Part]) -> PartList {
        PartList(extend(&mut self.file.parts, items))
    }
}
