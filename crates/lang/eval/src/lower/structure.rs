//! Struct literals: scopes first, then declarations.

use std::sync::Arc;

use cue_syntax::ast;
use rustc_hash::FxHashMap;
use strata_base::Span;

use super::Lowering;
use crate::codes;
use crate::ir::{ArcType, AttributeText, Decl, LetId, LetLit, NodeId, StructId};
use crate::label::{Label, LabelKind, Symbol};
use crate::scope::{Binding, Clash, ScopeId};

impl Lowering<'_> {
    /// Binds what the declarations of a struct name. `scope` is the struct's own, already open.
    pub(super) fn declare_all(&mut self, decls: ast::DeclList, scope: ScopeId, id: StructId) {
        let file = self.file;
        let around = self.current;
        for &decl in file.decl_list(decls) {
            self.around[decl.0 as usize] = around;
            self.current = Some(decl);
            self.declare(decl, scope, id);
        }
    }

    /// Lowers declarations into a struct, all names of which are bound.
    pub(super) fn lower_all(&mut self, decls: ast::DeclList, scope: ScopeId, id: StructId) {
        let file = self.file;
        let decls = file.decl_list(decls);
        self.computed_keys(decls, scope);
        let base = self.decls.len();
        for &decl in decls {
            self.current = Some(decl);
            self.decl(decl, scope, id);
        }
        self.ir.structs[id.0 as usize].decls = self.ir.add_decls(&self.decls[base..]);
        self.decls.truncate(base);
    }

    /// Binds what a declaration names, so that its siblings can refer to it wherever they stand.
    fn declare(&mut self, decl: ast::DeclId, scope: ScopeId, id: StructId) {
        match self.file.decl(decl) {
            ast::DeclKind::Field(field) => self.declare_field(decl, &field, scope),
            ast::DeclKind::Let { name, .. } => {
                let text = self.symbol(name.text);
                let label = Label::new(LabelKind::Let, text);
                let let_id = LetId(u32::try_from(self.ir.lets.len()).unwrap_or(u32::MAX));
                if !self.bind_alias(scope, name, Binding::Let(let_id)) {
                    return;
                }
                // The value is lowered with the declarations: it may name what comes after it.
                self.ir.lets.push(LetLit { label, value: NodeId(0) });
                // All of a struct follow each other: nothing else is declared in between.
                let lets = &mut self.ir.structs[id.0 as usize].lets;
                *lets = if lets.start == lets.end { let_id.0 } else { lets.start }..let_id.0 + 1;
                self.lets.insert(decl, let_id);
            }
            _ => {}
        }
    }

    /// Binds a name that must be used, or says why it cannot be.
    fn bind_alias(&mut self, scope: ScopeId, name: ast::Name, binding: Binding) -> bool {
        let symbol = self.symbol(name.text);
        let bound = self.scopes.bind_alias(scope, symbol, binding, name.span, false);
        self.tell_clash(bound, symbol, name.span)
    }

    /// Whether a name was bound; if not, that is told.
    pub(super) fn tell_clash(&mut self, bound: Result<(), Clash>, name: Symbol, span: Span) -> bool {
        let Err(clash) = bound else { return true };
        let name = self.symbol_text(name);
        let message = match clash {
            Clash::AliasAndField => format!("cannot have both alias and field with name \"{name}\" in same scope"),
            Clash::Redeclared => format!("alias \"{name}\" redeclared in same scope"),
        };
        self.error(codes::SYNTAX, span, message);
        false
    }

    fn declare_field(&mut self, decl: ast::DeclId, field: &ast::Field, scope: ScopeId) {
        let static_label = self.static_label(&field.label);
        if let ast::Label::Ident(text) = field.label
            && let Some(label) = static_label
        {
            let symbol = self.symbol(text);
            let bound = self.scopes.bind(scope, symbol, Binding::Field(label));
            self.tell_clash(bound, symbol, field.label_span);
        }
        if field.names == ast::NamesId::NONE {
            return;
        }
        let names = self.file.names(field);
        if let (Some(label), Some(key)) = (static_label, names.postfix.and_then(|alias| alias.key)) {
            let symbol = self.symbol(key.text);
            if label.is_string() && self.symbol_text(symbol) != "_" {
                self.bind_alias(scope, key, Binding::KeyText(label.symbol()));
            }
        }
        let alias = names.field.or(names.postfix.and_then(|alias| alias.value));
        let Some(alias) = alias else { return };
        let binding = match (static_label, field.label) {
            (Some(label), _) => Binding::Field(label),
            (None, ast::Label::Dynamic(_) | ast::Label::Interpolation(_)) => {
                Binding::DynamicField { key: self.dynamic_key(decl, &field.label) }
            }
            // A pattern's alias is seen from its value only.
            _ => return,
        };
        self.bind_alias(scope, alias, binding);
    }

    /// Reserves the node of a computed label's key, to be filled when the field itself is lowered.
    fn dynamic_key(&mut self, decl: ast::DeclId, label: &ast::Label) -> NodeId {
        let span = match label {
            ast::Label::Dynamic(expr) | ast::Label::Interpolation(expr) => self.file.expr_span(*expr),
            _ => Span::NONE,
        };
        let node = self.ir.add(crate::ir::Node::Invalid, span);
        self.keys.insert(decl, node);
        node
    }

    /// Lowers the keys that aliases name before anything can refer to them; a key that needs a later one, or itself,
    /// has no value.
    fn computed_keys(&mut self, decls: &[ast::DeclId], scope: ScopeId) {
        for &decl in decls {
            let Some(&reserved) = self.keys.get(&decl) else { continue };
            let ast::DeclKind::Field(field) = self.file.decl(decl) else { continue };
            let (ast::Label::Dynamic(expr) | ast::Label::Interpolation(expr)) = field.label else { continue };
            self.current = Some(decl);
            self.in_key = true;
            let key = self.expr(expr, scope);
            self.in_key = false;
            self.ir.nodes[reserved.0 as usize] = self.ir.node(key);
        }
    }

    pub(super) fn static_label(&mut self, label: &ast::Label) -> Option<Label> {
        match *label {
            ast::Label::Ident(text) => {
                if &**self.file.text(text) == "_" {
                    return None;
                }
                Some(self.text_label(text))
            }
            ast::Label::String { value, .. } => {
                let symbol = self.normalised_symbol(value);
                Some(Label::string(symbol))
            }
            _ => None,
        }
    }

    fn decl(&mut self, decl: ast::DeclId, scope: ScopeId, id: StructId) {
        let file = self.file;
        let span = file.decl_span(decl);
        match file.decl(decl) {
            ast::DeclKind::Bad => {}
            ast::DeclKind::Attribute(index) => self.struct_attributes(&file.attributes[index as usize..][..1], id),
            ast::DeclKind::Let { value, .. } => {
                if let Some(&let_id) = self.lets.get(&decl) {
                    self.ir.lets[let_id.0 as usize].value = self.expr(value, scope);
                }
            }
            ast::DeclKind::Field(field) => {
                if let Some(lowered) = self.field(decl, &field, scope, span) {
                    let literal = &mut self.ir.structs[id.0 as usize];
                    match lowered {
                        Decl::Dynamic { .. } => literal.has_dynamic = true,
                        Decl::Pattern { .. } => literal.has_pattern = true,
                        _ => {}
                    }
                    self.decls.push(lowered);
                }
            }
            ast::DeclKind::Embedding(expr) => {
                let node = self.nested(expr, scope, self.depth);
                let literal = &mut self.ir.structs[id.0 as usize];
                literal.has_embedding = true;
                self.decls.push(Decl::Embedding(node));
            }
            ast::DeclKind::Comprehension(comprehension) => {
                let lowered = self.comprehension(&comprehension, scope, span);
                let literal = &mut self.ir.structs[id.0 as usize];
                literal.has_embedding = true;
                if let Some(lowered) = lowered {
                    self.decls.push(Decl::Comprehension(lowered));
                }
            }
            ast::DeclKind::Ellipsis(expr) => {
                if let Some(expr) = expr {
                    // Its names must be known, though nothing is made of it.
                    self.expr(expr, scope);
                }
                let literal = &mut self.ir.structs[id.0 as usize];
                literal.has_ellipsis = true;
                self.decls.push(Decl::Ellipsis);
            }
        }
    }

    fn field(&mut self, decl: ast::DeclId, field: &ast::Field, scope: ScopeId, span: Span) -> Option<Decl> {
        let names = self.file.names(field);
        if names.field.is_some() && names.postfix.is_some() {
            self.error(codes::SYNTAX, span, "field has both label alias and postfix alias");
        }
        let arc = match field.marker {
            ast::Marker::Regular => ArcType::Member,
            ast::Marker::Required => ArcType::Required,
            ast::Marker::Optional => ArcType::Optional,
        };
        let (value_scope, keyed) = self.value_scope(field, scope);
        let value = self.field_value(field, value_scope);
        self.attributes(field.attributes, value);
        if let Some(docs) = self.docs.remove(&decl) {
            self.ir.docs.insert(value, docs);
        }
        if let Some(label) = self.static_label(&field.label) {
            return Some(Decl::Field { label, arc, value, span: field.label_span });
        }
        match field.label {
            ast::Label::Ident(_) => {
                self.error(codes::SYNTAX, field.label_span, "cannot use _ as label");
                None
            }
            ast::Label::Dynamic(expr) | ast::Label::Interpolation(expr) => {
                let key = match self.keys.get(&decl) {
                    Some(&reserved) => reserved,
                    None => self.expr(expr, scope),
                };
                Some(Decl::Dynamic { key, arc, value, span: field.label_span, keyed })
            }
            ast::Label::Pattern(constraint) => {
                let filter = match self.file.expr(constraint) {
                    ast::Expr::Alias { value, .. } => value,
                    _ => constraint,
                };
                let filter = self.expr(filter, scope);
                Some(Decl::Pattern { filter, value, keyed })
            }
            ast::Label::Bad | ast::Label::String { .. } => None,
        }
    }

    /// The scope of a field's value: a frame of its own where the label is computed and an alias names it.
    fn value_scope(&mut self, field: &ast::Field, scope: ScopeId) -> (ScopeId, bool) {
        if field.names == ast::NamesId::NONE && !matches!(field.label, ast::Label::Pattern(_)) {
            return (scope, false);
        }
        let declared = self.file.names(field);
        let static_label = self.static_label(&field.label);
        let mut names = Vec::new();
        let mut key_name = None;
        if let ast::Label::Pattern(constraint) = field.label {
            let inner = match self.file.expr(constraint) {
                ast::Expr::Alias { name, .. } => Some(name),
                _ => None,
            };
            if let Some(name) = declared.matched.or(inner) {
                // Naming what a pattern matches says something even where nobody uses the name.
                key_name = Some(name);
            }
            if let Some(name) = declared.field.or(declared.postfix.and_then(|alias| alias.value)) {
                names.push((name, Binding::KeyField));
            }
        }
        if let Some(key) = declared.postfix.and_then(|alias| alias.key) {
            match static_label {
                Some(label) if label.is_string() => {}
                Some(_) => {
                    self.error(codes::SYNTAX, key.span, "label alias cannot reference definition or hidden field");
                }
                None => names.push((key, Binding::Key)),
            }
        }
        if names.is_empty() && key_name.is_none() {
            return (scope, false);
        }
        let keyed = static_label.is_none();
        let inner = self.scopes.open(Some(scope), keyed, false);
        if let Some(name) = key_name {
            let symbol = self.symbol(name.text);
            let bound = self.scopes.bind(inner, symbol, Binding::Key);
            self.tell_clash(bound, symbol, name.span);
        }
        for (name, binding) in names {
            let symbol = self.symbol(name.text);
            if self.symbol_text(symbol) == "_" {
                continue;
            }
            self.bind_alias(inner, name, binding);
        }
        (inner, keyed)
    }

    /// Lowers a field's value; `a: X=v` binds `X` inside of it.
    fn field_value(&mut self, field: &ast::Field, scope: ScopeId) -> NodeId {
        let ast::Expr::Alias { name, value } = self.file.expr(field.value) else {
            return self.expr(field.value, scope);
        };
        let inner = self.scopes.open(Some(scope), false, false);
        self.bind_alias(inner, name, Binding::ValueAlias);
        self.expr(value, inner)
    }

    fn attributes(&mut self, list: ast::AttrList, value: NodeId) {
        for attribute in self.file.attr_list(list) {
            let text = self.attribute(attribute);
            self.ir.attributes.entry(value).or_default().push(text);
        }
    }

    pub(super) fn struct_attributes(&mut self, attributes: &[ast::Attribute], id: StructId) {
        for attribute in attributes {
            let text = self.attribute(attribute);
            self.ir.struct_attributes.entry(id).or_default().push(text);
        }
    }

    fn attribute(&self, attribute: &ast::Attribute) -> AttributeText {
        (Arc::clone(self.file.text(attribute.name)), Arc::clone(self.file.text(attribute.body)))
    }
}

/// The comments before each field. Those before `a: b: c` document `c`.
pub(super) fn docs(file: &ast::File) -> FxHashMap<ast::DeclId, Vec<Arc<str>>> {
    let mut docs: FxHashMap<ast::DeclId, Vec<Arc<str>>> = FxHashMap::default();
    for comment in &file.comments {
        let (ast::CommentOwner::Decl(mut decl), ast::Slot::Doc) = (comment.owner, comment.slot) else { continue };
        while let ast::DeclKind::Field(field) = file.decl(decl)
            && file.is_chained(field.value)
            && let ast::Expr::Struct(decls) = file.expr(field.value)
            && let [only] = file.decl_list(decls)
        {
            decl = *only;
        }
        docs.entry(decl).or_default().push(comment.lines.join("\n").into());
    }
    docs
}
