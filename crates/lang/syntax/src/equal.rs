//! Whether two trees say the same, wherever they stand and however they are laid out.

use crate::ast::*;

/// Compares two files. Places, comments, parentheses around postfix aliases and the way in which lists and chains are
/// written do not count; how literals are spelt does.
pub fn structural_eq(a: &File, b: &File) -> bool {
    let mut compare = Compare { a, b, exprs: Vec::new(), decls: Vec::new() };
    compare.files() && compare.run()
}

/// Compares two expressions in the same way.
pub fn structural_eq_expr(a: (&File, ExprId), b: (&File, ExprId)) -> bool {
    let mut compare = Compare { a: a.0, b: b.0, exprs: vec![(a.1, b.1)], decls: Vec::new() };
    compare.run()
}

struct Compare<'f> {
    a: &'f File,
    b: &'f File,
    /// What remains to be compared.
    exprs: Vec<(ExprId, ExprId)>,
    decls: Vec<(DeclId, DeclId)>,
}

impl Compare<'_> {
    fn run(&mut self) -> bool {
        loop {
            if let Some((a, b)) = self.exprs.pop() {
                if !self.expr(self.a.expr(a), self.b.expr(b)) {
                    return false;
                }
            } else if let Some((a, b)) = self.decls.pop() {
                if !self.decl(self.a.decl(a), self.b.decl(b)) {
                    return false;
                }
            } else {
                return true;
            }
        }
    }

    fn files(&mut self) -> bool {
        let (a, b) = (self.a, self.b);
        self.attributes(a.leading_attributes, b.leading_attributes)
            && self.names(a.package, b.package)
            && a.imports.len() == b.imports.len()
            && a.imports.iter().zip(&b.imports).all(|(x, y)| {
                self.names(x.alias, y.alias)
                    && self.text(x.path, y.path)
                    && self.attributes(x.attributes, y.attributes)
                    && (x.group, x.parenthesised) == (y.group, y.parenthesised)
            })
            && self.decl_lists(a.decls, b.decls)
    }

    fn text(&self, a: Text, b: Text) -> bool {
        self.a.text(a) == self.b.text(b)
    }

    fn name(&self, a: Name, b: Name) -> bool {
        self.text(a.text, b.text)
    }

    fn names(&self, a: Option<Name>, b: Option<Name>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => self.name(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    fn attribute(&self, a: &Attribute, b: &Attribute) -> bool {
        self.text(a.name, b.name) && self.text(a.body, b.body)
    }

    fn attributes(&self, a: AttrList, b: AttrList) -> bool {
        let (a, b) = (self.a.attr_list(a), self.b.attr_list(b));
        a.len() == b.len() && a.iter().zip(b).all(|(x, y)| self.attribute(x, y))
    }

    // What follows is compared later; so nothing here goes deeper than one level.

    fn later(&mut self, a: ExprId, b: ExprId) -> bool {
        self.exprs.push((a, b));
        true
    }

    fn optional(&mut self, a: Option<ExprId>, b: Option<ExprId>) -> bool {
        match (a, b) {
            (Some(a), Some(b)) => self.later(a, b),
            (None, None) => true,
            _ => false,
        }
    }

    fn expr_lists(&mut self, a: ExprList, b: ExprList) -> bool {
        let (a, b) = (self.a.expr_list(a), self.b.expr_list(b));
        self.exprs.extend(a.iter().copied().zip(b.iter().copied()));
        a.len() == b.len()
    }

    fn decl_lists(&mut self, a: DeclList, b: DeclList) -> bool {
        let (a, b) = (self.a.decl_list(a), self.b.decl_list(b));
        self.decls.extend(a.iter().copied().zip(b.iter().copied()));
        a.len() == b.len()
    }

    fn expr(&mut self, a: Expr, b: Expr) -> bool {
        match (a, b) {
            (Expr::Bad, Expr::Bad) | (Expr::Bottom, Expr::Bottom) | (Expr::Null, Expr::Null) => true,
            (Expr::Bool(x), Expr::Bool(y)) => x == y,
            (Expr::Ident(x), Expr::Ident(y)) | (Expr::Int(x), Expr::Int(y)) | (Expr::Float(x), Expr::Float(y)) => {
                self.text(x, y)
            }
            (Expr::String { value: x, spelling: s }, Expr::String { value: y, spelling: t }) => {
                s == t && self.text(x, y)
            }
            (Expr::Bytes { value: x, spelling: s }, Expr::Bytes { value: y, spelling: t }) => {
                s == t && self.a.byte_string(x) == self.b.byte_string(y)
            }
            (Expr::Interpolation { parts: x, spelling: s }, Expr::Interpolation { parts: y, spelling: t }) => {
                s == t && self.parts(x, y)
            }
            (Expr::Struct(x), Expr::Struct(y)) => self.decl_lists(x, y),
            (Expr::List(x), Expr::List(y)) => self.expr_lists(x, y),
            (Expr::Ellipsis(x), Expr::Ellipsis(y)) => self.optional(x, y),
            (Expr::Comprehension(x), Expr::Comprehension(y)) => self.comprehension(x, y),
            (Expr::Paren(x), Expr::Paren(y))
            | (Expr::PostfixEllipsis(x), Expr::PostfixEllipsis(y))
            | (Expr::PostfixQuestion(x), Expr::PostfixQuestion(y)) => self.later(x, y),
            (Expr::Unary { op: o, operand: x }, Expr::Unary { op: p, operand: y }) => o == p && self.later(x, y),
            (
                Expr::Binary { op: o, left: l, right: r, op_start: _ },
                Expr::Binary { op: p, left: m, right: s, op_start: _ },
            ) => o == p && self.later(l, m) && self.later(r, s),
            (
                Expr::Selector { operand: x, label: l, label_span: _ },
                Expr::Selector { operand: y, label: m, label_span: _ },
            ) => self.selector_label(l, m) && self.later(x, y),
            (Expr::Index { operand: x, index: i }, Expr::Index { operand: y, index: j }) => {
                self.later(x, y) && self.later(i, j)
            }
            (Expr::Slice { operand: x, low: l, high: h }, Expr::Slice { operand: y, low: m, high: i }) => {
                self.later(x, y) && self.optional(l, m) && self.optional(h, i)
            }
            (Expr::Call { function: f, arguments: x }, Expr::Call { function: g, arguments: y }) => {
                self.later(f, g) && self.expr_lists(x, y)
            }
            (Expr::Alias { name: n, value: x }, Expr::Alias { name: m, value: y }) => {
                self.name(n, m) && self.later(x, y)
            }
            _ => false,
        }
    }

    fn selector_label(&self, a: SelectorLabel, b: SelectorLabel) -> bool {
        match (a, b) {
            (SelectorLabel::Ident(a), SelectorLabel::Ident(b))
            | (SelectorLabel::String(a), SelectorLabel::String(b)) => self.text(a, b),
            (SelectorLabel::Bad, SelectorLabel::Bad) => true,
            _ => false,
        }
    }

    fn parts(&mut self, a: PartList, b: PartList) -> bool {
        let (a, b) = (self.a.part_list(a), self.b.part_list(b));
        a.len() == b.len()
            && a.iter().zip(b).all(|(&x, &y)| match (x, y) {
                (Part::Text(x), Part::Text(y)) => self.text(x, y),
                (Part::Bytes(x), Part::Bytes(y)) => self.a.byte_string(x) == self.b.byte_string(y),
                (Part::Expr(x), Part::Expr(y)) => self.later(x, y),
                _ => false,
            })
    }

    fn comprehension(&mut self, a: Comprehension, b: Comprehension) -> bool {
        let (x, y) = (self.a.clause_list(a.clauses), self.b.clause_list(b.clauses));
        let fallback = match (a.fallback, b.fallback) {
            (Some(a), Some(b)) => a.kind == b.kind && self.later(a.body, b.body),
            (None, None) => true,
            _ => false,
        };
        fallback
            && x.len() == y.len()
            && x.iter().zip(y).all(|(&x, &y)| self.clause(self.a.clause(x), self.b.clause(y)))
            && self.later(a.body, b.body)
    }

    fn clause(&mut self, a: Clause, b: Clause) -> bool {
        match (a, b) {
            (Clause::For { key: k, value: v, source: x }, Clause::For { key: l, value: w, source: y }) => {
                self.names(k, l) && self.name(v, w) && self.later(x, y)
            }
            (Clause::If(x), Clause::If(y)) => self.later(x, y),
            (Clause::Let { name: n, value: x }, Clause::Let { name: m, value: y })
            | (Clause::TryLet { name: n, value: x }, Clause::TryLet { name: m, value: y }) => {
                self.name(n, m) && self.later(x, y)
            }
            (Clause::Try, Clause::Try) => true,
            _ => false,
        }
    }

    fn decl(&mut self, a: DeclKind, b: DeclKind) -> bool {
        match (a, b) {
            (DeclKind::Bad, DeclKind::Bad) => true,
            (DeclKind::Field(x), DeclKind::Field(y)) => self.field(x, y),
            (DeclKind::Let { name: n, value: x }, DeclKind::Let { name: m, value: y }) => {
                self.name(n, m) && self.later(x, y)
            }
            (DeclKind::Embedding(x), DeclKind::Embedding(y)) => self.later(x, y),
            (DeclKind::Comprehension(x), DeclKind::Comprehension(y)) => self.comprehension(x, y),
            (DeclKind::Ellipsis(x), DeclKind::Ellipsis(y)) => self.optional(x, y),
            (DeclKind::Attribute(x), DeclKind::Attribute(y)) => {
                self.attribute(&self.a.attributes[x as usize], &self.b.attributes[y as usize])
            }
            _ => false,
        }
    }

    fn field(&mut self, a: Field, b: Field) -> bool {
        let (x, y) = (self.a.names(&a), self.b.names(&b));
        let postfix = match (x.postfix, y.postfix) {
            (Some(a), Some(b)) => self.names(a.key, b.key) && self.names(a.value, b.value),
            (None, None) => true,
            _ => false,
        };
        postfix
            && self.label(a.label, b.label)
            && self.names(x.field, y.field)
            && self.names(x.matched, y.matched)
            && a.marker == b.marker
            && self.attributes(a.attributes, b.attributes)
            && self.later(a.value, b.value)
    }

    fn label(&mut self, a: Label, b: Label) -> bool {
        match (a, b) {
            (Label::Bad, Label::Bad) => true,
            (Label::Ident(x), Label::Ident(y)) => self.text(x, y),
            (Label::String { value: x, spelling: s }, Label::String { value: y, spelling: t }) => {
                s == t && self.text(x, y)
            }
            (Label::Interpolation(x), Label::Interpolation(y))
            | (Label::Dynamic(x), Label::Dynamic(y))
            | (Label::Pattern(x), Label::Pattern(y)) => self.later(x, y),
            _ => false,
        }
    }
}
