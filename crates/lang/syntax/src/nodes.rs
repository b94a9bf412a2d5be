//! The nodes of a tree by place: what each consists of, in the order of the text.

use strata_base::Span;

use crate::ast::*;

#[derive(Clone, Copy)]
pub(crate) enum Node {
    File,
    Attribute(u32),
    Package,
    Import(u32),
    Decl(DeclId),
    Expr(ExprId),
}

/// A construct on the way down to a place, with what it consists of.
pub(crate) struct Level {
    pub(crate) node: Node,
    pub(crate) end: u32,
    children: Children,
    /// How many children begin before the place.
    pub(crate) passed: usize,
}

impl Level {
    pub(crate) fn new(file: &File, node: Node) -> Level {
        let (end, children) = match node {
            Node::Decl(id) => (file.decl_span(id).end, decl_children(file, id)),
            Node::Expr(id) => (file.expr_span(id).end, expr_children(file, id)),
            Node::Import(index) => (file.imports[index as usize].span.end, Children::Nodes(Vec::new())),
            Node::Attribute(_) | Node::Package => (u32::MAX, Children::Nodes(Vec::new())),
            Node::File => (u32::MAX, file_children(file)),
        };
        Level { node, end, children, passed: 0 }
    }

    pub(crate) fn child(&self, file: &File, index: usize) -> Option<(Span, Node)> {
        let node = match &self.children {
            Children::Decls(list) => Node::Decl(*file.decl_list(*list).get(index)?),
            Children::Exprs(list) => Node::Expr(*file.expr_list(*list).get(index)?),
            Children::Nodes(nodes) => *nodes.get(index)?,
        };
        Some((span_of(file, node), node))
    }

    /// Goes past the children that begin before a place.
    pub(crate) fn advance(&mut self, file: &File, place: u32) {
        let begins_before = |span: Span| span.start <= place;
        self.passed += match &self.children {
            Children::Decls(list) => {
                file.decl_list(*list)[self.passed..].partition_point(|&id| begins_before(file.decl_span(id)))
            }
            Children::Exprs(list) => {
                file.expr_list(*list)[self.passed..].partition_point(|&id| begins_before(file.expr_span(id)))
            }
            Children::Nodes(nodes) => nodes[self.passed..].partition_point(|&node| begins_before(span_of(file, node))),
        };
    }

    /// The last child that begins before the place.
    pub(crate) fn before(&self, file: &File) -> Option<(Span, Node)> {
        self.child(file, self.passed.checked_sub(1)?)
    }
}

/// What a construct consists of, in the order of the text.
enum Children {
    Decls(DeclList),
    Exprs(ExprList),
    Nodes(Vec<Node>),
}

fn span_of(file: &File, node: Node) -> Span {
    match node {
        Node::File => Span::NONE,
        Node::Attribute(index) => file.attributes[index as usize].span,
        Node::Package => file.package.map_or(Span::NONE, |name| name.span),
        Node::Import(index) => file.imports[index as usize].span,
        Node::Decl(id) => file.decl_span(id),
        Node::Expr(id) => file.expr_span(id),
    }
}

fn file_children(file: &File) -> Children {
    let decls = file.decl_list(file.decls);
    let mut nodes = Vec::with_capacity(decls.len());
    nodes.extend(file.leading_attributes.0.range().map(|index| Node::Attribute(index as u32)));
    nodes.extend(file.package.map(|_| Node::Package));
    nodes.extend((0..file.imports.len()).map(|index| Node::Import(index as u32)));
    nodes.extend(decls.iter().map(|&id| Node::Decl(id)));
    // Attributes between the package clause and the imports are declarations.
    nodes.sort_by_key(|&node| span_of(file, node).start);
    Children::Nodes(nodes)
}

fn decl_children(file: &File, id: DeclId) -> Children {
    Children::Nodes(match file.decl(id) {
        DeclKind::Field(field) => match field.label {
            Label::Dynamic(label) | Label::Interpolation(label) | Label::Pattern(label) => {
                vec![Node::Expr(label), Node::Expr(field.value)]
            }
            _ => vec![Node::Expr(field.value)],
        },
        DeclKind::Let { value, .. } | DeclKind::Embedding(value) => vec![Node::Expr(value)],
        DeclKind::Comprehension(comprehension) => comprehension_children(file, comprehension),
        DeclKind::Ellipsis(value) => value.into_iter().map(Node::Expr).collect(),
        DeclKind::Attribute(_) | DeclKind::Bad => Vec::new(),
    })
}

fn comprehension_children(file: &File, comprehension: Comprehension) -> Vec<Node> {
    let clauses = file.clause_list(comprehension.clauses).iter();
    let sources = clauses.filter_map(|&id| match file.clause(id) {
        Clause::For { source: expr, .. }
        | Clause::If(expr)
        | Clause::Let { value: expr, .. }
        | Clause::TryLet { value: expr, .. } => Some(expr),
        Clause::Try => None,
    });
    let fallback = comprehension.fallback.map(|fallback| fallback.body);
    sources.chain([comprehension.body]).chain(fallback).map(Node::Expr).collect()
}

fn expr_children(file: &File, id: ExprId) -> Children {
    Children::Nodes(match file.expr(id) {
        Expr::Struct(decls) => return Children::Decls(decls),
        Expr::List(elements) => return Children::Exprs(elements),
        Expr::Call { function, arguments } => {
            [function].iter().chain(file.expr_list(arguments)).map(|&id| Node::Expr(id)).collect()
        }
        Expr::Comprehension(comprehension) => comprehension_children(file, comprehension),
        Expr::Binary { left, right, .. } => vec![Node::Expr(left), Node::Expr(right)],
        Expr::Index { operand, index } => vec![Node::Expr(operand), Node::Expr(index)],
        Expr::Slice { operand, low, high } => {
            [Some(operand), low, high].into_iter().flatten().map(Node::Expr).collect()
        }
        Expr::Ellipsis(value) => value.into_iter().map(Node::Expr).collect(),
        Expr::Paren(inner)
        | Expr::Unary { operand: inner, .. }
        | Expr::Selector { operand: inner, .. }
        | Expr::PostfixEllipsis(inner)
        | Expr::PostfixQuestion(inner)
        | Expr::Alias { value: inner, .. } => vec![Node::Expr(inner)],
        // What stands in an interpolation is printed on one line: its comments go to the declaration around it.
        Expr::Interpolation { .. } => Vec::new(),
        Expr::Bad
        | Expr::Bottom
        | Expr::Ident(_)
        | Expr::Null
        | Expr::Bool(_)
        | Expr::Int(_)
        | Expr::Float(_)
        | Expr::String { .. }
        | Expr::Bytes { .. } => Vec::new(),
    })
}
