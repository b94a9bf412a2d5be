//! Giving comments to the nodes that they belong to.
//!
//! Comments are attached by place, when the tree stands: what stands before and after a comment inside the innermost
//! construct around it decides. They come in the order of the text, so the way down to one is the way down to the last
//! one for the most part, and each construct is entered once.

use std::sync::Arc;

use strata_base::Span;

use crate::ast::*;
use crate::nodes::{Level, Node};

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

/// Finds the owner of a comment; `path` is the way down to the comment before it.
fn place(file: &File, path: &mut Vec<Level>, comment: Span) -> (CommentOwner, Slot) {
    while path.len() > 1 && path.last().is_some_and(|level| level.end <= comment.start) {
        path.pop();
    }
    while let Some(level) = path.last_mut() {
        level.advance(file, comment.start);
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
