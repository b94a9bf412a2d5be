//! Leaves: what most of a configuration is. A vertex whose conjuncts are literals and constraints written out, or that is
//! one path to a scalar which is known, has its value at once, without tasks and scratch state.
//!
//! Whatever does not fit, and every mistake, goes the long way, which comes to the same.

use cue_data::Kinds;

use crate::ir::{ArcType, Node, NodeId};
use crate::session::Session;
use crate::value::{Value, same_scalar};
use crate::vertex::{Conjunct, EnvId, Frame, Item, Status, VertexId};

/// How deep constraints are looked into. Operators nest, and this calls itself.
const DEPTH: u32 = 4;

impl Session {
    /// Gives a vertex of which nothing but its conjuncts is known its value if it is a leaf.
    pub(crate) fn settle_leaf(&mut self, vertex: VertexId) -> bool {
        let at = self.vertex(vertex);
        if let [only] = at.conjuncts[..]
            && let Some(target) = self.known_scalar(&only)
        {
            return self.share_leaf(vertex, target);
        }
        let Some(value) = self.literal_leaf(&self.vertex(vertex).conjuncts) else { return false };
        if !self.admit_leaf(vertex) {
            return false;
        }
        let at = self.vertex_mut(vertex);
        at.value = value;
        true
    }

    /// Makes a leaf known; false where the struct above may not allow it.
    fn admit_leaf(&mut self, vertex: VertexId) -> bool {
        if !self.is_named_by_all(vertex) {
            return false;
        }
        let closed = self.is_born_closed(vertex);
        self.progress += 1;
        let at = self.vertex_mut(vertex);
        at.closed |= closed;
        at.settled = true;
        at.status = Status::Deep;
        true
    }

    fn share_leaf(&mut self, vertex: VertexId, target: VertexId) -> bool {
        if self.is_born_closed(vertex) && !self.vertex(target).closed || !self.admit_leaf(vertex) {
            return false;
        }
        let at = self.vertex_mut(vertex);
        at.shared = true;
        at.forward = target;
        true
    }

    /// The scalar, known in full, that a conjunct refers to.
    fn known_scalar(&self, conjunct: &Conjunct) -> Option<VertexId> {
        let Item::Node(node) = conjunct.item else { return None };
        let target = self.deref_shared(self.known_target(node, conjunct.env, DEPTH)?);
        let at = self.vertex(target);
        let is_known = at.status == Status::Deep && at.value.is_scalar() && at.forward.is_none();
        if !is_known || at.data || at.detached {
            return None;
        }
        // What came here by way of it adds nothing; that is seen to elsewhere.
        let mut next = conjunct.trail.refs;
        while next != 0 {
            let link = self.links[next as usize];
            if self.same(link.target, target) {
                return None;
            }
            next = link.next;
        }
        Some(target)
    }

    /// Where a path leads by fields that are there.
    fn known_target(&self, node: NodeId, env: EnvId, depth: u32) -> Option<VertexId> {
        let (around, label) = match self.ir().node(node) {
            Node::Field { up, label } => (self.frame_vertex(env, up)?, label),
            Node::Selector { operand, label } => (self.known_target(operand, env, depth.checked_sub(1)?)?, label),
            Node::ForValue { up } => match self.frame(env, up)? {
                (_, Frame::For { value, .. }) => return Some(value),
                _ => return None,
            },
            _ => return None,
        };
        let around = self.vertex(self.deref(around));
        let field = around.arcs.get(label)?;
        (around.status != Status::Fresh && self.vertex(field).arc == ArcType::Member).then_some(field)
    }

    /// The name that a loop or a pattern goes by.
    fn known_key(&self, node: NodeId, env: EnvId) -> Option<Value> {
        let label = match self.ir().node(node) {
            Node::Key { up } => match self.frame(env, up)? {
                (_, Frame::Key(label)) => label,
                _ => return None,
            },
            Node::ForKey { up } => match self.frame(env, up)? {
                (_, Frame::For { key, .. }) => key,
                _ => return None,
            },
            _ => return None,
        };
        Some(self.label_value(label))
    }

    /// The scalar that literals come to, where it meets all constraints; or the value of a union, if that is all.
    fn literal_leaf(&self, conjuncts: &[Conjunct]) -> Option<Value> {
        if let [Conjunct { item: Item::Node(node), trail, .. }] = conjuncts
            && !trail.opened
            && let Some(only) = self.scalar_literal(*node)
        {
            return Some(only);
        }
        let mut scalar = None;
        for conjunct in conjuncts {
            scalar = match conjunct.item {
                Item::Node(node) => self.first_scalar(node, conjunct.trail.opened),
                Item::Vertex(other) => self.data_scalar(other),
                Item::Value(_) => None,
            };
            if scalar.is_some() {
                break;
            }
        }
        let Some(scalar) = scalar else {
            let [Conjunct { item: Item::Node(node), env, .. }] = conjuncts else { return None };
            return match self.ir().node(*node) {
                Node::Or(union) => self.unions.get(&union).cloned(),
                _ => self.known_key(*node, *env),
            };
        };
        let fits = |conjunct: &Conjunct| match conjunct.item {
            Item::Node(node) => !conjunct.trail.opened && self.meets(node, &scalar, DEPTH),
            Item::Vertex(other) => self.data_scalar(other).is_some_and(|other| same_scalar(&other, &scalar)),
            Item::Value(_) => false,
        };
        conjuncts.iter().all(fits).then_some(scalar)
    }

    fn data_scalar(&self, other: VertexId) -> Option<Value> {
        let at = self.vertex(other);
        (at.data && !at.closed_once && at.forward.is_none() && at.value.is_scalar()).then(|| at.value.clone())
    }

    fn first_scalar(&self, node: NodeId, opened: bool) -> Option<Value> {
        match self.ir().node(node) {
            Node::And(operands) if !opened => {
                self.ir().nodes(operands).iter().find_map(|&operand| self.scalar_literal(operand))
            }
            _ => self.scalar_literal(node),
        }
    }

    fn scalar_literal(&self, node: NodeId) -> Option<Value> {
        let ir = self.ir();
        Some(match ir.node(node) {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(value),
            Node::Number(index) => Value::Number(ir.numbers[index as usize].clone()),
            Node::String(index) => Value::String(ir.strings[index as usize].clone()),
            Node::Bytes(index) => Value::Bytes(ir.bytes[index as usize].clone()),
            _ => return None,
        })
    }

    /// Whether a scalar meets a constraint that is written out; false also where that is not to be seen here.
    fn meets(&self, node: NodeId, scalar: &Value, depth: u32) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        let ir = self.ir();
        match (ir.node(node), scalar) {
            (Node::Top, _) => true,
            (Node::Basic(kinds), _) => kinds.intersects(scalar.kinds()),
            (Node::And(operands), _) => ir.nodes(operands).iter().all(|&operand| self.meets(operand, scalar, depth)),
            (Node::Or(index), _) => {
                let disjuncts = &ir.disjunction(index).disjuncts;
                disjuncts.iter().all(|disjunct| self.is_plain_constraint(disjunct.value))
                    && disjuncts.iter().any(|disjunct| self.meets(disjunct.value, scalar, depth))
            }
            (Node::Bound { .. }, _) => self
                .bounds
                .get(&node)
                .is_some_and(|bound| bound.kinds().intersects(scalar.kinds()) && crate::bounds::within(bound, scalar)),
            (Node::String(index), Value::String(text)) => ir.strings[index as usize] == *text,
            (_, Value::String(_)) => false,
            _ => self.scalar_literal(node).is_some_and(|literal| same_scalar(&literal, scalar)),
        }
    }

    /// Whether an alternative is a scalar, a kind, a bound, or several of these at once.
    fn is_plain_constraint(&self, node: NodeId) -> bool {
        let is_one = |node: NodeId| match self.ir().node(node) {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Bytes(_) => true,
            Node::Basic(kinds) => !kinds.intersects(Kinds::STRUCT.or(Kinds::LIST)),
            Node::Bound { operand, .. } => self.scalar_literal(operand).is_some(),
            _ => false,
        };
        match self.ir().node(node) {
            Node::And(operands) => self.ir().nodes(operands).iter().all(|&operand| is_one(operand)),
            _ => is_one(node),
        }
    }
}
