//! Giving comments to the nodes that they belong to.
//!
//! Comments are attached by place, when the tree stands: what stands before and after a comment inside the innermost
//! construct around it decides. They come in the order of the text, so the way down to one is the way down to the last
//! one for the most part, and each construct is entered once.

use std::sync::Arc;

use strata_base::Span;

use crate::ast::*;

/// Attaches the comments of a text, given in its order, to the tree of it.
pub(crate) fn attach(file: &mut File, text: &str, comments: &[Span]) {
    if comments.is_empty() {
        return;
    }
    let groups = group(file, text, comments);
    let mut path = vec![Level::new(file, Node::File)];
    let mut attached = Vec::with_capacity(groups.len());
    for group in groups {
        let (owner, slot) = place(file, &mut path, group.span);
        attached.push(Comment { owner, slot, lines: group.lines, span: group.span });
    }
    file.comments = attached;
}

struct Group {
    lines: Vec<Arc<str>>,
    span: Span,
}

/// Joins comments on adjacent lines, except with one that follows something on its line.
fn group(file: &File, text: &str, comments: &[Span]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut last: Option<usize> = None;
    for &span in comments {
        let (start, end) = (span.start as usize, span.end as usize);
        let line = file.line(span.start);
        let before = text[file.lines[line] as usize..start].trim_start_matches('\u{feff}');
        let own_line = before.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
        let comment: Arc<str> = match &text[start..end] {
            plain if !plain.contains('\r') => plain.into(),
            mixed => mixed.replace('\r', "").into(),
        };
        match groups.last_mut() {
            Some(group) if own_line && last == Some(line) => {
                group.lines.push(comment);
                group.span = group.span.to(span);
            }
            _ => groups.push(Group { lines: vec![comment], span }),
        }
        last = own_line.then_some(line + 1);
    }
    groups
}

#[derive(Clone, Copy)]
enum Node {
    File,
    Attribute(u32),
    Package,
    Import(u32),
    Decl(DeclId),
    Expr(ExprId),
}

/// A construct on the way down to a comment, with what it consists of.
struct Level {
    node: Node,
    end: u32,
    children: Children,
    /// How many children begin before the comment.
    passed: usize,
}

impl Level {
    fn new(file: &File, node: Node) -> Level {
        let (end, children) = match node {
            Node::Decl(id) => (file.decl_span(id).end, decl_children(file, id)),
            Node::Expr(id) => (file.expr_span(id).end, expr_children(file, id)),
            Node::Import(index) => (file.imports[index as usize].span.end, Children::Nodes(Vec::new())),
            Node::Attribute(_) | Node::Package => (u32::MAX, Children::Nodes(Vec::new())),
            Node::File => (u32::MAX, file_children(file)),
        };
        Level { node, end, children, passed: 0 }
    }

    fn child(&self, file: &File, index: usize) -> Option<(Span, Node)> {
        let node = match &self.children {
            Children::Decls(list) => Node::Decl(*file.decl_list(*list).get(index)?),
            Children::Exprs(list) => Node::Expr(*file.expr_list(*list).get(index)?),
            Children::Nodes(nodes) => *nodes.get(index)?,
        };
        Some((span_of(file, node), node))
    }

    /// Goes past the children that begin before a comment.
    fn advance(&mut self, file: &File, comment: Span) {
        let begins_before = |span: Span| span.start <= comment.start;
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

    /// The last child that begins before the comment.
    fn before(&self, file: &File) -> Option<(Span, Node)> {
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

/// Finds the owner of a comment; `path` is the way down to the comment before it.
fn place(file: &File, path: &mut Vec<Level>, comment: Span) -> (CommentOwner, Slot) {
    while path.len() > 1 && path.last().is_some_and(|level| level.end <= comment.start) {
        path.pop();
    }
    while let Some(level) = path.last_mut() {
        level.advance(file, comment);
        let around = match level.before(file) {
            Some((span, node)) if span.end > comment.start => node,
            _ => break,
        };
        path.push(Level::new(file, around));
    }
    let Some(level) = path.last() else { return (CommentOwner::File, Slot::Doc) };
    let before = level.before(file);
    let after = level.child(file, level.passed);
    match level.node {
        Node::Decl(_) | Node::Expr(_) if !is_container(file, level.node) => match after {
            // Between clauses there is no place for a comment of its own.
            Some((_, Node::Expr(id))) if !is_comprehension(file, level.node) => (CommentOwner::Expr(id), Slot::Doc),
            _ => (outer(file, path), Slot::Doc),
        },
        Node::Import(index) => (CommentOwner::Import(index), Slot::Inside),
        _ => beside(file, level, before, after, comment),
    }
}

/// A comment between the items of a container.
fn beside(
    file: &File,
    level: &Level,
    before: Option<(Span, Node)>,
    after: Option<(Span, Node)>,
    comment: Span,
) -> (CommentOwner, Slot) {
    // The function of a call stands before its arguments and is none of them.
    let before = before.filter(|_| !(level.passed == 1 && is_call(file, level.node)));
    let line = file.line(comment.start);
    if let Some((span, node)) = before
        && file.last_line(span) == line
    {
        return (owner(node), Slot::Line);
    }
    if let Some((span, node)) = after
        && file.line(span.start) <= file.last_line(comment) + 1
    {
        return (owner(node), Slot::Doc);
    }
    match (before, level.node) {
        (Some((_, node)), _) => (owner(node), Slot::After),
        (None, Node::File) => (CommentOwner::File, Slot::Doc),
        (None, node) => (owner(node), Slot::Inside),
    }
}

fn is_call(file: &File, node: Node) -> bool {
    matches!(node, Node::Expr(id) if matches!(file.expr(id), Expr::Call { .. }))
}

fn is_container(file: &File, node: Node) -> bool {
    match node {
        Node::Expr(id) => matches!(file.expr(id), Expr::Struct(_) | Expr::List(_) | Expr::Call { .. }),
        Node::Decl(_) => false,
        _ => true,
    }
}

fn is_comprehension(file: &File, node: Node) -> bool {
    match node {
        Node::Expr(id) => matches!(file.expr(id), Expr::Comprehension(_)),
        Node::Decl(id) => matches!(file.decl(id), DeclKind::Comprehension(_)),
        _ => false,
    }
}

fn owner(node: Node) -> CommentOwner {
    match node {
        Node::File => CommentOwner::File,
        Node::Attribute(index) => CommentOwner::Attribute(index),
        Node::Package => CommentOwner::Package,
        Node::Import(index) => CommentOwner::Import(index),
        Node::Decl(id) => CommentOwner::Decl(id),
        Node::Expr(id) => CommentOwner::Expr(id),
    }
}

/// The innermost item of a container around a comment that has no place of its own.
fn outer(file: &File, path: &[Level]) -> CommentOwner {
    let inner = path.windows(2).rev().find(|pair| {
        let chained = matches!(pair[0].node, Node::Expr(id) if file.is_chained(id));
        is_container(file, pair[0].node) && !chained && !is_function(file, pair)
    });
    inner.map_or(CommentOwner::File, |pair| owner(pair[1].node))
}

/// Whether the second of two levels is the function of the call that is the first.
fn is_function(file: &File, pair: &[Level]) -> bool {
    match (pair[0].node, pair[1].node) {
        (Node::Expr(call), Node::Expr(inner)) => {
            matches!(file.expr(call), Expr::Call { function, .. } if function == inner)
        }
        _ => false,
    }
}
