//! Literals, and the few values of the library that are CUE themselves.

use std::sync::Arc;

use cue_num::Number;
use cue_syntax::ast;
use strata_base::Span;
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::Lowering;
use crate::codes;
use crate::ir::{Ellipsis, ListId, Node, NodeId};
use crate::label::Symbol;
use crate::scope::ScopeId;

impl Lowering<'_> {
    pub(super) fn list_body(&mut self, expr: ast::ExprId, scope: ScopeId, id: ListId) {
        let file = self.file;
        let ast::Expr::List(elements) = file.expr(expr) else { return };
        let mut nodes = Vec::with_capacity(file.expr_list(elements).len());
        for &element in file.expr_list(elements) {
            match file.expr(element) {
                ast::Expr::Ellipsis(value) => {
                    let is_said = value.is_some();
                    let value = match value {
                        Some(value) => self.expr(value, scope),
                        // A definition takes any element there, as it would by `..._`.
                        None => self.ir.add(Node::Top, file.expr_span(element)),
                    };
                    self.ir.lists[id.0 as usize].ellipsis = Some(Ellipsis { value, is_said });
                }
                _ => {
                    let node = self.expr(element, scope);
                    nodes.push(node);
                }
            }
        }
        self.ir.lists[id.0 as usize].elements = self.ir.add_nodes(&nodes);
    }

    pub(super) fn number(&mut self, text: ast::Text, span: Span) -> NodeId {
        if let Some(known) = self.texts[text.0 as usize].number {
            return self.ir.add(known, span);
        }
        let spelling = self.file.text(text);
        match Number::parse_literal(spelling) {
            Ok(number) => {
                let node = self.number_node(number);
                self.texts[text.0 as usize].number = Some(node);
                self.ir.add(node, span)
            }
            Err(error) => self.error(codes::SYNTAX, span, format!("invalid number {}: {error}", short(spelling))),
        }
    }

    pub(super) fn number_node(&mut self, number: Number) -> Node {
        self.ir.numbers.push(number);
        Node::Number(u32::try_from(self.ir.numbers.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn string(&mut self, text: ast::Text) -> Node {
        if let Some(known) = self.texts[text.0 as usize].string {
            return known;
        }
        self.ir.strings.push(Arc::clone(self.file.text(text)));
        let node = Node::String(u32::try_from(self.ir.strings.len() - 1).unwrap_or(u32::MAX));
        self.texts[text.0 as usize].string = Some(node);
        node
    }

    pub(super) fn string_node(&mut self, text: &str) -> Node {
        self.ir.strings.push(text.into());
        Node::String(u32::try_from(self.ir.strings.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn byte_string(&mut self, bytes: ast::Bytes) -> Node {
        self.ir.bytes.push(Arc::clone(self.file.byte_string(bytes)));
        Node::Bytes(u32::try_from(self.ir.bytes.len() - 1).unwrap_or(u32::MAX))
    }

    pub(super) fn interpolation(
        &mut self,
        parts: ast::PartList,
        spelling: ast::Spelling,
        scope: ScopeId,
        depth: u32,
    ) -> Node {
        let file = self.file;
        let mut nodes = Vec::new();
        for &part in file.part_list(parts) {
            let node = match part {
                ast::Part::Text(text) => {
                    let node = self.string(text);
                    self.ir.add(node, Span::NONE)
                }
                ast::Part::Bytes(bytes) => {
                    let node = self.byte_string(bytes);
                    self.ir.add(node, Span::NONE)
                }
                ast::Part::Expr(expr) => self.nested(expr, scope, depth),
            };
            nodes.push(node);
        }
        Node::Interpolation { bytes: spelling.quote == ast::Quote::Bytes, parts: self.ir.add_nodes(&nodes) }
    }

    /// The symbol of a quoted label. Composed and decomposed spellings are one label.
    pub(super) fn normalised_symbol(&mut self, text: ast::Text) -> Symbol {
        let spelt = Arc::clone(self.file.text(text));
        if spelt.is_ascii() || is_nfc(&spelt) {
            return self.symbol(text);
        }
        let normal: String = spelt.nfc().collect();
        self.symbols.intern(&normal)
    }

    /// A value of the library that is written in CUE.
    pub(super) fn cue_constant(&mut self, text: &str, span: Span) -> NodeId {
        let (file, expr, _) = cue_syntax::parse_expr(strata_base::FileId::NONE, text);
        let mut inner = Lowering {
            file: &file,
            identity: "",
            experiments: super::Experiments::default(),
            ir: &mut *self.ir,
            symbols: &mut *self.symbols,
            diagnostics: &mut *self.diagnostics,
            free: None,
            scopes: crate::scope::Scopes::default(),
            work: Vec::new(),
            current: None,
            around: vec![None; file.decl_kinds.len()],
            decls: Vec::new(),
            texts: vec![super::Known::default(); file.texts.len()],
            lets: rustc_hash::FxHashMap::default(),
            docs: rustc_hash::FxHashMap::default(),
            keys: rustc_hash::FxHashMap::default(),
            tried: None,
            in_key: false,
            depth: 0,
        };
        let scope = inner.scopes.open(None, false, false);
        let node = inner.expr(expr, scope);
        inner.drain();
        self.ir.spans[node.0 as usize] = span;
        node
    }
}

/// As much of a literal as a message shows.
fn short(spelling: &str) -> String {
    match spelling.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &spelling[..end]),
        None => spelling.to_owned(),
    }
}
