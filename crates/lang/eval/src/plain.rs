//! Plain structs and lists: those that are written out, whose conjuncts are literals without anything to evaluate beside
//! the fields. They have their value at once, without tasks and scratch state; only their fields remain to be looked into.
//!
//! As with leaves, whatever does not fit goes the long way, which comes to the same.

use crate::ir::{Decl, Node, StructLit};
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, Cyclic, Frame, Item, Status, VertexId};

impl Session {
    /// Gives a vertex that has all its conjuncts, and was not looked into yet, its value if it is a leaf or plain.
    pub(crate) fn settle_at_once(&mut self, vertex: VertexId) -> Result<bool, Limit> {
        let at = self.vertex(vertex);
        let is_untouched = at.status == Status::Fresh
            && at.work.is_none()
            && at.arcs.is_empty()
            && at.rare().patterns.is_empty()
            && !at.alternative
            && !at.detached;
        if !is_untouched {
            return Ok(false);
        }
        let first = at.conjuncts.first().and_then(|conjunct| match conjunct.item {
            Item::Node(node) => Some(self.ir().node(node)),
            _ => None,
        });
        match first {
            Some(Node::Struct(_) | Node::List(_)) => self.settle_plain(vertex),
            _ => Ok(self.settle_leaf(vertex)),
        }
    }

    fn settle_plain(&mut self, vertex: VertexId) -> Result<bool, Limit> {
        let Some(value) = self.plain_value(&self.vertex(vertex).conjuncts) else { return Ok(false) };
        if !self.is_named_by_all(vertex) {
            return Ok(false);
        }
        let closed = self.is_born_closed(vertex);
        let at = self.vertex_mut(vertex);
        at.closed |= closed;
        at.settled = true;
        at.status = Status::Done;
        at.value = value;
        self.progress += 1;
        for index in 0..self.vertex(vertex).conjuncts.len() {
            let Conjunct { item, env, trail } = self.vertex(vertex).conjuncts[index];
            let Item::Node(node) = item else { continue };
            self.meter.work(1)?;
            match self.ir().node(node) {
                Node::Struct(id) => {
                    let inner = self.begin_struct(vertex, id, node, env, &trail);
                    self.insert_members(vertex, id, node, inner, trail)?;
                }
                Node::List(id) => {
                    self.note(vertex, &trail, 0);
                    let inner = self.add_env(env, Frame::Vertex(vertex));
                    self.add_literal_elements(vertex, id, inner, node, trail)?;
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// What conjuncts come to that are all plain structs, or all plain lists that agree on their length.
    fn plain_value(&self, conjuncts: &[Conjunct]) -> Option<Value> {
        let mut is_struct = None;
        // Of lists: how many elements there are, and how many there may be.
        let (mut longest, mut most) = (0, u32::MAX);
        for conjunct in conjuncts {
            let Item::Node(node) = conjunct.item else { return None };
            if !matches!(conjunct.trail.cyclic, Cyclic::No | Cyclic::Optional) {
                return None;
            }
            let is_this_one = match self.ir().node(node) {
                Node::Struct(id) => {
                    let literal = self.ir().structure(id);
                    if !literal.is_static() || literal.has_pattern && !self.has_known_filters(literal) {
                        return None;
                    }
                    true
                }
                Node::List(id) => {
                    if !self.is_fixed(id) {
                        return None;
                    }
                    let list = self.ir().list(id);
                    longest = longest.max(list.elements.len);
                    if list.ellipsis.is_none() {
                        most = most.min(list.elements.len);
                    }
                    false
                }
                _ => return None,
            };
            if *is_struct.get_or_insert(is_this_one) != is_this_one {
                return None;
            }
        }
        if longest > most {
            return None;
        }
        Some(if is_struct? { Value::Struct } else { Value::List { open: most == u32::MAX } })
    }

    /// Whether it is known what labels the patterns of a literal take.
    fn has_known_filters(&self, literal: &StructLit) -> bool {
        self.ir().decls(literal).iter().all(|decl| match *decl {
            Decl::Pattern { filter, .. } => match self.ir().node(filter) {
                Node::Basic(_) => true,
                Node::Bound { .. } => self.bounds.contains_key(&filter),
                _ => false,
            },
            _ => true,
        })
    }
}
