//! Shapes out of the syntax of a definition.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use cue_num::Number;
use cue_syntax::ast::{
    BinaryOp, Clause, CommentOwner, Comprehension, DeclId, DeclKind, DeclList, Expr, ExprId, Field as FieldSyntax,
    File, Label, Marker, SelectorLabel, Slot, UnaryOp,
};

use strata_base::{Diagnostic, Span};
use strata_model::Measure;

use super::flaws;
use super::meet::{add, either, fields as meet_fields, meet};
use super::{Bound, Condition, Field, Fields, Given, Kind, Limits, Literal, Pattern, Presence, Rule, Shape};
use crate::knowledge::Place;

/// How deep definitions may be nested: what lies deeper is taken for anything.
const MAX_DEPTH: usize = 64;

/// Of how many parts a contract may be put together: what is beyond is not looked at.
const MAX_PARTS: usize = 256;

/// The package whose words mean something of their own.
const CORE: &str = "strata.dev/core";

/// The syntax of packages, in which definitions are looked up.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(crate) packages: Vec<Package>,
    /// What was found to be wrong while reading; [`Packages::flaws`] takes it.
    flaws: RefCell<Vec<Diagnostic>>,
}

#[derive(Clone, Debug)]
pub(crate) struct Package {
    /// What tells its hidden fields from those of others.
    pub(crate) identity: String,
    pub(crate) name: String,
    pub(crate) files: Vec<Arc<File>>,
    /// By the path as it is written.
    pub(crate) imports: BTreeMap<String, usize>,
}

/// An expression and where it stands.
#[derive(Clone, Copy)]
struct At<'a> {
    package: usize,
    file: &'a File,
    expr: ExprId,
}

impl Packages {
    pub(crate) fn new(packages: Vec<Package>) -> Packages {
        Packages { packages, flaws: RefCell::default() }
    }

    /// What was wrong with the definitions that were read since it was asked last.
    pub(crate) fn flaws(&self) -> Vec<Diagnostic> {
        self.flaws.take()
    }

    /// The shape of a definition inside a field of a package, such as `#spec` of a contract; `None` where there is none.
    pub(crate) fn shape(&self, package: usize, field: &str, definition: &str) -> Option<Shape> {
        self.shape_at(package, field, definition, 0)
    }

    /// The same from inside another one, so deep.
    fn shape_at(&self, package: usize, field: &str, definition: &str, depth: usize) -> Option<Shape> {
        let own = self.parts(package, field).into_iter();
        let own = own.filter(|(reading, field)| label(reading.file, field).is_some_and(|name| **name == *definition));
        own.map(|(reading, field)| reading.shape(field.value, &mut vec![Vec::new(); depth])).reduce(meet)
    }

    /// Where a field of a field of a package is written; `None` where it is not.
    pub(crate) fn place(&self, place: &Place, name: &str) -> Option<Span> {
        let labels = self.labels(place.instance.0 as usize, &place.field);
        labels.into_iter().find(|(own, _)| **own == *name).map(|(_, span)| span)
    }

    /// The names of the fields of a field of a package that are written in it, with their places.
    pub(crate) fn labels(&self, package: usize, field: &str) -> Vec<(Arc<str>, Span)> {
        let own = self.parts(package, field).into_iter().filter(|(reading, _)| reading.package == package);
        own.filter_map(|(reading, field)| Some((label(reading.file, &field)?.clone(), field.label_span))).collect()
    }

    /// Where a field of a package is written: several files may have it.
    pub(crate) fn written(&self, place: &Place) -> Vec<(&File, Span)> {
        let found = self.fields(place.instance.0 as usize, &place.field).into_iter();
        found.map(|at| (at.file, at.file.expr_span(at.expr))).collect()
    }

    /// The fields of a field of a package, which may be put together of parts that stand elsewhere.
    fn parts(&self, package: usize, field: &str) -> Vec<(Reading<'_>, FieldSyntax)> {
        let (mut todo, mut seen, mut parts) = (self.fields(package, field), Vec::new(), Vec::new());
        while let Some(at) = todo.pop() {
            if seen.len() > MAX_PARTS || seen.contains(&(at.file.id, at.expr)) {
                continue;
            }
            seen.push((at.file.id, at.expr));
            let reading = Reading { packages: self, package: at.package, file: at.file };
            match at.file.expr(at.expr) {
                Expr::Paren(expr) => todo.push(At { expr, ..at }),
                Expr::Binary { op: BinaryOp::And, left, right, .. } => {
                    todo.extend([right, left].map(|expr| At { expr, ..at }));
                }
                Expr::Ident(name) => todo.extend(self.fields(at.package, at.file.text(name))),
                Expr::Selector { operand, label: SelectorLabel::Ident(name), .. } => {
                    let target = reading.imported(operand);
                    todo.extend(target.into_iter().flat_map(|target| self.fields(target, at.file.text(name))));
                }
                Expr::Struct(decls) => {
                    for &decl in at.file.decl_list(decls) {
                        match at.file.decl(decl) {
                            DeclKind::Embedding(expr) => todo.push(At { expr, ..at }),
                            DeclKind::Field(field) => parts.push((reading, field)),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        parts
    }

    /// The values of a field of a package: several files may have one.
    fn fields<'a>(&'a self, package: usize, name: &str) -> Vec<At<'a>> {
        let mut found = Vec::new();
        for file in self.packages.get(package).into_iter().flat_map(|package| &package.files) {
            for &decl in file.decl_list(file.decls) {
                let DeclKind::Field(field) = file.decl(decl) else { continue };
                if label(file, &field).is_some_and(|label| **label == *name) {
                    found.push(At { package, file, expr: field.value });
                }
            }
        }
        found
    }
}

/// Reads one file.
#[derive(Clone, Copy)]
struct Reading<'a> {
    packages: &'a Packages,
    package: usize,
    file: &'a File,
}

/// The names of the fields around an expression, innermost last.
type Scope = Vec<Vec<Arc<str>>>;

impl<'a> Reading<'a> {
    /// The depth is limited, so the walk may recurse.
    fn shape(self, expr: ExprId, scope: &mut Scope) -> Shape {
        if scope.len() > MAX_DEPTH {
            return Shape::default();
        }
        scope.push(Vec::new());
        let shape = self.shape_inside(expr, scope);
        scope.pop();
        shape
    }

    fn shape_inside(self, expr: ExprId, scope: &mut Scope) -> Shape {
        let file = self.file;
        if let Some(literal) = self.literal(expr) {
            let default = Some(Given::Literal(literal.clone()));
            return Shape { default, ..Shape::of(Kind::OneOf(vec![literal])) };
        }
        match file.expr(expr) {
            Expr::Paren(inner) => self.shape(inner, scope),
            Expr::Ident(name) => self.named(expr, file.text(name), scope),
            Expr::Selector { operand, label: SelectorLabel::Ident(name), .. } => {
                self.selected(expr, operand, name, scope)
            }
            Expr::Binary { op: BinaryOp::And, left, right, .. } => {
                meet(self.shape(left, scope), self.shape(right, scope))
            }
            Expr::Binary { op: BinaryOp::Or, .. } => self.alternatives(expr, scope),
            Expr::Unary { op, operand } => self.bound(expr, op, operand, scope),
            Expr::Struct(decls) => Shape::of(Kind::Struct(self.fields(decls, scope))),
            Expr::List(list) => match file.expr_list(list) {
                [] => Shape { default: Some(Given::EmptyList), ..Shape::of(Kind::List(Box::default())) },
                [only] => match file.expr(*only) {
                    Expr::Ellipsis(element) => {
                        let element = element.map_or_else(Shape::default, |element| self.shape(element, scope));
                        Shape { default: Some(Given::EmptyList), ..Shape::of(Kind::List(Box::new(element))) }
                    }
                    _ => self.unread(expr),
                },
                _ => self.unread(expr),
            },
            _ => self.unread(expr),
        }
    }

    /// What has no form stays as its text.
    fn unread(self, expr: ExprId) -> Shape {
        let text = format!("as the contract says: `{}`", cue_syntax::print_expr(self.file, expr).trim());
        Shape { also: vec![text.into()], ..Shape::default() }
    }

    fn literal(self, expr: ExprId) -> Option<Literal> {
        let file = self.file;
        Some(match file.expr(expr) {
            Expr::Null => Literal::Null,
            Expr::Bool(bool) => Literal::Bool(bool),
            Expr::Int(text) | Expr::Float(text) => Literal::Number(Number::parse_literal(file.text(text)).ok()?),
            Expr::String { value, .. } => Literal::Text(file.text(value).clone()),
            Expr::Paren(inner) => return self.literal(inner),
            Expr::Unary { op: UnaryOp::Minus, operand } => match self.literal(operand)? {
                Literal::Number(number) => Literal::Number(number.neg()),
                _ => return None,
            },
            _ => return None,
        })
    }

    fn named(self, expr: ExprId, name: &Arc<str>, scope: &mut Scope) -> Shape {
        let least = |value: i64| Some(Bound { value: value.into(), open: false });
        match &**name {
            "_" => Shape::default(),
            "string" => Shape::of(Kind::Text),
            "int" => Shape::of(Kind::Int),
            "number" | "float" => Shape::of(Kind::Number),
            "bool" => Shape::of(Kind::Bool),
            "uint" => Shape { limits: Limits { least: least(0), ..Limits::default() }, ..Shape::of(Kind::Int) },
            // Another property: it has the same value.
            _ if scope.iter().any(|names| names.contains(name)) => {
                let also = vec![format!("the same as `{name}`").into()];
                Shape { also, default: Some(Given::Same(name.clone())), ..Shape::default() }
            }
            _ => self.definition(self.package, name, scope).unwrap_or_else(|| self.unread(expr)),
        }
    }

    fn selected(self, expr: ExprId, operand: ExprId, name: cue_syntax::ast::Text, scope: &mut Scope) -> Shape {
        let name = self.file.text(name);
        self.imported(operand)
            .and_then(|target| self.definition(target, name, scope))
            .or_else(|| self.of_another(operand, name, scope))
            .unwrap_or_else(|| self.unread(expr))
    }

    /// A definition inside a field of a package, such as `bucket.#binding` or `own.bucket.#binding`.
    fn of_another(self, operand: ExprId, definition: &Arc<str>, scope: &Scope) -> Option<Shape> {
        let (package, field) = match self.file.expr(operand) {
            Expr::Ident(field) => (self.package, field),
            Expr::Selector { operand, label: SelectorLabel::Ident(field), .. } => (self.imported(operand)?, field),
            _ => return None,
        };
        self.packages.shape_at(package, self.file.text(field), definition, scope.len())
    }

    /// The package that an identifier means, if it means one that is loaded.
    fn imported(self, operand: ExprId) -> Option<usize> {
        let Expr::Ident(package) = self.file.expr(operand) else { return None };
        let package = self.file.text(package);
        let imported = self.file.imports.iter().find(|import| {
            let path = self.file.text(import.path);
            let last = path.rsplit('/').next().unwrap_or(path).split('@').next().unwrap_or(path);
            import.alias.map_or(last, |alias| self.file.text(alias.text)) == &**package
        });
        let path = self.file.text(imported?.path);
        self.packages.packages[self.package].imports.get(&**path).copied()
    }

    /// What a definition of a package says.
    fn definition(self, package: usize, name: &Arc<str>, scope: &mut Scope) -> Option<Shape> {
        if self.packages.packages[package].identity.split('@').next() == Some(CORE) {
            match &**name {
                "#Value" => return Some(Shape::of(Kind::Value)),
                "#Later" => return Some(Shape::of(Kind::Later)),
                "#Name" => return Some(Shape::of(Kind::Name)),
                "#Sensitive" | "#Secret" => return Some(Shape::of(Kind::Secret)),
                _ => {}
            }
        }
        let found = self.packages.fields(package, name);
        let shapes = found.into_iter().map(|at| {
            let reading = Reading { packages: self.packages, package: at.package, file: at.file };
            // Nothing outside the definition is in its scope, but the depth is.
            let mut inner: Scope = vec![Vec::new(); scope.len()];
            reading.shape(at.expr, &mut inner)
        });
        shapes.reduce(meet)
    }

    fn alternatives(self, expr: ExprId, scope: &mut Scope) -> Shape {
        let (mut todo, mut shapes, mut default) = (vec![expr], Vec::new(), None);
        while let Some(expr) = todo.pop() {
            match self.file.expr(expr) {
                Expr::Binary { op: BinaryOp::Or, left, right, .. } => todo.extend([right, left]),
                Expr::Unary { op: UnaryOp::Default, operand } => {
                    let shape = self.shape(operand, scope);
                    default = shape.default.clone().or_else(|| shape.fields().map(|_| Given::EmptyStruct));
                    // That the default is another property's value does not bind what else may be said.
                    if !matches!(default, Some(Given::Same(_))) {
                        shapes.push(shape);
                    }
                }
                _ => shapes.push(self.shape(expr, scope)),
            }
        }
        Shape { default, ..either(shapes.into_iter().map(|shape| Shape { default: None, ..shape }).collect()) }
    }

    fn bound(self, expr: ExprId, op: UnaryOp, operand: ExprId, scope: &Scope) -> Shape {
        let Some(literal) = self.literal(operand) else {
            // A bound by another property is told in words.
            let Expr::Ident(name) = self.file.expr(operand) else { return self.unread(expr) };
            let name = self.file.text(name);
            let than = match op {
                UnaryOp::GreaterEqual => "at least",
                UnaryOp::Greater => "more than",
                UnaryOp::LessEqual => "at most",
                UnaryOp::Less => "less than",
                UnaryOp::NotEqual => "other than",
                _ => return self.unread(expr),
            };
            if !scope.iter().any(|names| names.contains(name)) {
                return self.unread(expr);
            }
            return Shape { also: vec![format!("{than} `{name}`").into()], ..Shape::default() };
        };
        let (mut limits, mut kind) = (Limits::default(), Kind::Any);
        match (op, literal) {
            (UnaryOp::GreaterEqual | UnaryOp::Greater, Literal::Number(value)) => {
                (limits.least, kind) = (Some(Bound { value, open: op == UnaryOp::Greater }), Kind::Number);
            }
            (UnaryOp::LessEqual | UnaryOp::Less, Literal::Number(value)) => {
                (limits.most, kind) = (Some(Bound { value, open: op == UnaryOp::Less }), Kind::Number);
            }
            (UnaryOp::Match, Literal::Text(pattern)) => (limits.matches, kind) = (vec![pattern], Kind::Text),
            (UnaryOp::NotMatch, Literal::Text(pattern)) => (limits.matches_not, kind) = (vec![pattern], Kind::Text),
            (UnaryOp::NotEqual, literal) => limits.not = vec![literal],
            _ => return self.unread(expr),
        }
        Shape { limits, ..Shape::of(kind) }
    }

    fn fields(self, decls: DeclList, scope: &mut Scope) -> Fields {
        let file = self.file;
        let decls = file.decl_list(decls);
        let names = decls.iter().filter_map(|&decl| match file.decl(decl) {
            DeclKind::Field(field) => label(file, &field).cloned(),
            _ => None,
        });
        let names: Vec<Arc<str>> = names.collect();
        if let Some(innermost) = scope.last_mut() {
            innermost.extend(names);
        }
        let mut fields = Fields::default();
        for &decl in decls {
            match file.decl(decl) {
                DeclKind::Field(syntax) => self.field(decl, &syntax, scope, &mut fields),
                DeclKind::Comprehension(comprehension) => match self.rule(&comprehension, scope) {
                    Some(rule) => fields.rules.push(rule),
                    None => {
                        self.flaw(flaws::comprehension(file, &comprehension));
                        self.unread_part(decl, &mut fields);
                    }
                },
                DeclKind::Ellipsis(_) => {
                    self.flaw(flaws::open(file.decl_span(decl)));
                    fields.open = true;
                }
                DeclKind::Embedding(expr) => match self.shape(expr, scope) {
                    Shape { kind: Kind::Struct(more), .. } => fields = meet_fields(fields, more),
                    _ => self.unread_part(decl, &mut fields),
                },
                DeclKind::Let { .. } | DeclKind::Attribute(_) => {}
                DeclKind::Bad => fields.open = true,
            }
        }
        fields
    }

    fn flaw(self, flaw: Diagnostic) {
        let mut flaws = self.packages.flaws.borrow_mut();
        // A definition that several others use is read for each of them.
        if !flaws.contains(&flaw) {
            flaws.push(flaw);
        }
    }

    fn unread_part(self, decl: DeclId, fields: &mut Fields) {
        let span = self.file.decl_span(decl);
        fields.also.push(format!("what the contract says at its line {}", self.file.line(span.start) + 1).into());
        fields.open = true;
    }

    fn field(self, decl: DeclId, syntax: &FieldSyntax, scope: &mut Scope, fields: &mut Fields) {
        let file = self.file;
        let about = self.comment(decl);
        let mut shape = self.shape(syntax.value, scope);
        let mut aliases = Vec::new();
        for attribute in file.attr_list(syntax.attributes) {
            let body = file.text(attribute.body).trim();
            flaws::attribute(file.text(attribute.name), body, attribute.span)
                .into_iter()
                .for_each(|flaw| self.flaw(flaw));
            match (&**file.text(attribute.name), body.split_once('=')) {
                ("unit", _) => shape.measure = Measure::named(body).or(shape.measure),
                ("sensitive", _) => shape.sensitive = true,
                ("alias", Some((word, meant))) => shape.words.push((word.trim().into(), meant.trim().into())),
                ("alias", None) => aliases.push(body.into()),
                _ => {}
            }
        }
        match syntax.label {
            Label::Pattern(constraint) => {
                let names = self.shape(constraint, scope).limits.matches.first().cloned();
                fields.patterns.push(Pattern { names, about, shape });
            }
            _ => {
                let Some(name) = label(file, syntax).filter(|name| !name.starts_with(['#', '_'])) else { return };
                let presence = match syntax.marker {
                    Marker::Required => Presence::Required,
                    Marker::Optional => Presence::Optional,
                    Marker::Regular => Presence::Always,
                };
                for taken in aliases.iter().filter(|alias| names_in(scope).contains(alias)) {
                    self.flaw(flaws::alias(name, taken, syntax.label_span));
                }
                add(fields, Field { name: name.clone(), aliases, presence, about, shape });
            }
        }
    }

    /// `if a == "b" {…}` and its kin. `None` for whatever has no form.
    fn rule(self, comprehension: &Comprehension, scope: &mut Scope) -> Option<Rule> {
        let beside = scope.last().cloned().unwrap_or_default();
        let mut when = Vec::new();
        for &clause in self.file.clause_list(comprehension.clauses) {
            let Clause::If(condition) = self.file.clause(clause) else { return None };
            self.conditions(condition, &beside, &mut when)?;
        }
        let Expr::Struct(decls) = self.file.expr(comprehension.body) else { return None };
        if comprehension.fallback.is_some() || scope.len() > MAX_DEPTH {
            return None;
        }
        // A rule inside the rule may speak of the fields around it.
        scope.push(beside);
        let then = self.fields(decls, scope);
        scope.pop();
        Some(Rule { when, then })
    }

    fn conditions(self, expr: ExprId, beside: &[Arc<str>], when: &mut Vec<Condition>) -> Option<()> {
        let field = |expr| match self.file.expr(expr) {
            Expr::Ident(name) => Some(self.file.text(name).clone()).filter(|name| beside.contains(name)),
            _ => None,
        };
        let mut todo = vec![expr];
        while let Some(expr) = todo.pop() {
            let is = |value| Some(Literal::Bool(value));
            when.push(match self.file.expr(expr) {
                Expr::Paren(inner) => {
                    todo.push(inner);
                    continue;
                }
                Expr::Binary { op: BinaryOp::LogicalAnd, left, right, .. } => {
                    todo.extend([right, left]);
                    continue;
                }
                Expr::Binary { op: op @ (BinaryOp::Equal | BinaryOp::NotEqual), left, right, .. } => {
                    let not = op == BinaryOp::NotEqual;
                    match self.file.expr(right) {
                        Expr::Bottom => Condition { field: field(left)?, is: None, not: !not },
                        _ => Condition { field: field(left)?, is: Some(self.literal(right)?), not },
                    }
                }
                Expr::Unary { op: UnaryOp::Not, operand } => {
                    Condition { field: field(operand)?, is: is(true), not: true }
                }
                Expr::Ident(_) => Condition { field: field(expr)?, is: is(true), not: false },
                _ => return None,
            });
        }
        Some(())
    }

    /// What is written above a declaration, or behind it, in one line.
    fn comment(self, decl: DeclId) -> String {
        let spans = self.file.decl_span(decl);
        let own = self.file.comments.iter().filter(|comment| match (comment.owner, comment.slot) {
            (CommentOwner::Decl(owner), Slot::Doc | Slot::Line) => owner == decl,
            (CommentOwner::Expr(_), Slot::Line) => {
                self.file.line(comment.span.start) == self.file.last_line(spans) && comment.span.start >= spans.end
            }
            _ => false,
        });
        let lines = own.flat_map(|comment| &comment.lines);
        let words: Vec<&str> = lines.map(|line| line.trim_start_matches('/').trim()).collect();
        words.join(" ")
    }
}

/// The names of the fields beside the one that is read.
fn names_in(scope: &Scope) -> &[Arc<str>] {
    scope.last().map_or(&[], |names| names)
}

fn label<'a>(file: &'a File, field: &FieldSyntax) -> Option<&'a Arc<str>> {
    match field.label {
        Label::Ident(name) | Label::String { value: name, .. } => Some(file.text(name)),
        _ => None,
    }
}
