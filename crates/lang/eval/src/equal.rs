//! Equality: of data as `==` means it, and of structure to drop alternatives that are the same.

use crate::ir::ArcType;
use crate::session::Session;
use crate::value::{Value, same_scalar};
use crate::vertex::VertexId;

impl Session {
    /// Whether two vertices hold the same data: regular fields only, numbers by value and kind.
    pub(crate) fn same_data(&self, a: VertexId, b: VertexId) -> bool {
        self.equal(a, b, false)
    }

    /// Whether two values are the same in every respect that a reader could see.
    pub(crate) fn same_structure(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Vertex(a), Value::Vertex(b)) => self.equal(*a, *b, true),
            (Value::Vertex(vertex), other) | (other, Value::Vertex(vertex)) => {
                let at = self.deref(*vertex);
                let value = &self.vertex(at).value;
                self.vertex(at).arcs.is_empty() && self.same_leaf(value, other)
            }
            _ => self.same_leaf(a, b),
        }
    }

    fn same_leaf(&self, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Validator(a), Value::Validator(b)) => self.same_validator(a, b),
            (Value::Struct, Value::Struct) => true,
            (Value::List { open: a }, Value::List { open: b }) => a == b,
            (Value::Conjunction(a), Value::Conjunction(b)) => {
                a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| self.same_leaf(a, b))
            }
            (Value::Bottom(a), Value::Bottom(b)) => {
                a == b || {
                    let (a, b) = (self.bottom(*a), self.bottom(*b));
                    a.code == b.code && a.format == b.format && a.spans == b.spans
                }
            }
            (a, b) if a.is_scalar() && b.is_scalar() => same_scalar(a, b),
            _ => crate::scalars::same_constraint(a, b),
        }
    }

    fn equal(&self, a: VertexId, b: VertexId, structure: bool) -> bool {
        let mut todo = vec![(a, b)];
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some((a, b)) = todo.pop() {
            let (a, b) = (self.plain_end(a, structure), self.plain_end(b, structure));
            if a == b || !seen.insert((a, b)) {
                continue;
            }
            let (x, y) = (self.vertex(a), self.vertex(b));
            let (value_x, value_y) = (&x.value, &y.value);
            match (value_x, value_y) {
                (Value::Disjunction(p), Value::Disjunction(q)) => {
                    if p.values.len() != q.values.len() || p.defaults != q.defaults {
                        return false;
                    }
                    for (p, q) in p.values.iter().zip(&q.values) {
                        match (p, q) {
                            (Value::Vertex(p), Value::Vertex(q)) => todo.push((*p, *q)),
                            (p, q) if self.same_leaf(p, q) => {}
                            _ => return false,
                        }
                    }
                }
                (Value::List { .. }, Value::List { .. }) if !structure => {}
                _ if !self.same_leaf(value_x, value_y) => return false,
                _ => {}
            }
            if structure && !self.same_shape(a, b) {
                return false;
            }
            let relevant = |session: &Session, vertex: VertexId| -> Vec<_> {
                session
                    .vertex(vertex)
                    .arcs
                    .iter()
                    .filter(|(label, field)| {
                        !label.is_let()
                            && (structure || (label.is_regular() && session.vertex(*field).arc == ArcType::Member))
                    })
                    .collect()
            };
            let (left, right) = (relevant(self, a), relevant(self, b));
            if left.len() != right.len() {
                return false;
            }
            for (label, field) in left {
                let Some(other) = self.vertex(b).arcs.get(label) else { return false };
                if structure && self.vertex(field).arc != self.vertex(other).arc {
                    return false;
                }
                if self.vertex(field).arc == ArcType::Optional {
                    if !self.same_conjuncts(field, other) {
                        return false;
                    }
                    continue;
                }
                todo.push((field, other));
            }
        }
        true
    }

    /// The vertex that a value ends at; data takes defaults.
    fn plain_end(&self, vertex: VertexId, structure: bool) -> VertexId {
        let at = self.deref(vertex);
        if structure { at } else { self.default_vertex(at).unwrap_or(at) }
    }

    fn same_shape(&self, a: VertexId, b: VertexId) -> bool {
        let (x, y) = (self.vertex(a), self.vertex(b));
        x.has_ellipsis == y.has_ellipsis
            && (x.closed || x.closed_once) == (y.closed || y.closed_once)
            && x.rare().patterns.len() == y.rare().patterns.len()
            && x.rare()
                .patterns
                .iter()
                .zip(&y.rare().patterns)
                .all(|(p, q)| p.node == q.node && p.conjunct.item == q.conjunct.item)
    }

    /// Optional fields are not evaluated, so they are the same only if they are written the same.
    fn same_conjuncts(&self, a: VertexId, b: VertexId) -> bool {
        let (x, y) = (&self.vertex(a).conjuncts, &self.vertex(b).conjuncts);
        x.len() == y.len()
            && x.iter().zip(y).all(|(p, q)| {
                p.item == q.item || {
                    let literal = |c: &crate::vertex::Conjunct| match c.item {
                        crate::vertex::Item::Node(node) => Some(self.ir().node(node)),
                        _ => None,
                    };
                    match (literal(p), literal(q)) {
                        (Some(crate::ir::Node::Basic(a)), Some(crate::ir::Node::Basic(b))) => a == b,
                        _ => false,
                    }
                }
            })
    }
}
