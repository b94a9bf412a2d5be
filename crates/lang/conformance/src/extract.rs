//! Where the assertions of a file stand, and which values they are about.
//!
//! Only static paths through struct literals are followed: an attribute elsewhere is about no value.

use cue_syntax::ast::{Attribute, DeclId, DeclKind, DeclList, Expr, ExprId, File, Label};

use crate::path::Step;

pub(crate) const NAME: &str = "test";

/// An attribute with what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Assertion {
    /// The byte at which the attribute starts.
    pub(crate) start: u32,
    pub(crate) body: String,
    /// From the top of the file to the value that is meant.
    pub(crate) path: Vec<Step>,
    /// The byte on whose line positions are counted from.
    pub(crate) base: u32,
    /// It stands inside of the struct that it is about and not behind a field.
    pub(crate) is_inside: bool,
}

/// The assertions of a file, whose hidden fields belong to a package of that identity.
pub(crate) fn assertions(file: &File, owner: &str) -> Vec<Assertion> {
    let mut walk = Walk { file, owner, found: Vec::new(), todo: Vec::new() };
    for attribute in file.attr_list(file.leading_attributes) {
        walk.add(attribute, &[], attribute.span.start, true);
    }
    walk.decls(file.decls, &[], None);
    while let Some((expr, path)) = walk.todo.pop() {
        if let Expr::Struct(decls) = file.expr(expr) {
            walk.decls(decls, &path, Some(file.expr_span(expr).start));
        }
    }
    walk.found.sort_by_key(|assertion| assertion.start);
    walk.found
}

struct Walk<'a> {
    file: &'a File,
    owner: &'a str,
    found: Vec<Assertion>,
    todo: Vec<(ExprId, Vec<Step>)>,
}

impl Walk<'_> {
    fn add(&mut self, attribute: &Attribute, path: &[Step], base: u32, is_inside: bool) {
        if &**self.file.text(attribute.name) == NAME {
            let body = self.file.text(attribute.body).to_string();
            self.found.push(Assertion { start: attribute.span.start, body, path: path.to_vec(), base, is_inside });
        }
    }

    fn decls(&mut self, decls: DeclList, path: &[Step], brace: Option<u32>) {
        for &decl in self.file.decl_list(decls) {
            match self.file.decl(decl) {
                DeclKind::Attribute(index) => {
                    let attribute = self.file.attributes[index as usize];
                    self.add(&attribute, path, brace.unwrap_or(attribute.span.start), true);
                }
                DeclKind::Field(_) => self.field(decl, path),
                _ => {}
            }
        }
    }

    fn field(&mut self, decl: DeclId, path: &[Step]) {
        let DeclKind::Field(field) = self.file.decl(decl) else { return };
        let Some(step) = Step::of_label(self.file, field.label, self.owner) else { return };
        let mut path = path.to_vec();
        path.push(step);
        for attribute in self.file.attr_list(field.attributes) {
            self.add(attribute, &path, self.file.decl_span(decl).start, false);
        }
        self.todo.push((without_alias(self.file, field.value), path));
    }
}

pub(crate) fn without_alias(file: &File, mut expr: ExprId) -> ExprId {
    while let Expr::Alias { value, .. } = file.expr(expr) {
        expr = value;
    }
    expr
}

/// The struct literals that a path leads to, as their declarations: the same field may be written several times.
pub(crate) fn literals(file: &File, path: &[Step], owner: &str) -> Vec<DeclList> {
    let mut found = vec![file.decls];
    for step in path {
        let mut inner = Vec::new();
        for &decl in found.iter().flat_map(|&decls| file.decl_list(decls)) {
            let DeclKind::Field(field) = file.decl(decl) else { continue };
            let is_it = Step::of_label(file, field.label, owner).is_some_and(|label| is_same(&label, step));
            if let (true, Expr::Struct(decls)) = (is_it, file.expr(without_alias(file, field.value))) {
                inner.push(decls);
            }
        }
        found = inner;
    }
    found
}

/// An identifier and a string may name the same field.
pub(crate) fn is_same(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Name(a) | Step::Text(a), Step::Name(b) | Step::Text(b)) => a == b,
        _ => a == b,
    }
}

/// Whether a declaration is a field with one of these labels; any field if there are none.
pub(crate) fn is_field(file: &File, decl: DeclId, names: &[Step], owner: &str) -> bool {
    let DeclKind::Field(field) = file.decl(decl) else { return false };
    if names.is_empty() {
        return !matches!(field.label, Label::Bad);
    }
    Step::of_label(file, field.label, owner).is_some_and(|step| names.iter().any(|name| is_same(&step, name)))
}
