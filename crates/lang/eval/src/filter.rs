//! Alternatives that cannot hold, found before anything is evaluated: by kinds, by literal fields that differ, by labels
//! that a closed definition does not have. This is what keeps tagged unions linear.

use std::sync::Arc;

use cue_data::Kinds;

use crate::ir::{ArcType, Decl, Node, NodeId};
use crate::resolve::Target;
use crate::session::Session;
use crate::value::{Value, same_scalar};
use crate::vertex::{Conjunct, EnvId, Item, Trail, VertexId};
use crate::work::{DisjunctionSource, PendingDisjunction};

impl Session {
    /// Whether an alternative may hold. It never says no to one that would.
    pub(crate) fn may_hold(&mut self, vertex: VertexId, pending: &PendingDisjunction, index: u32) -> bool {
        match &pending.source {
            DisjunctionSource::Literal { index: literal, .. } => {
                let node = self.ir().disjunction(*literal).disjuncts[index as usize].value;
                self.node_may_hold(vertex, node, pending.env, &pending.trail, 0)
            }
            DisjunctionSource::Value { value, .. } => {
                let value = value.values[index as usize].clone();
                !value.is_scalar() || self.scalar_may_hold(vertex, &value)
            }
        }
    }

    pub(crate) fn scalar_may_hold(&mut self, vertex: VertexId, value: &Value) -> bool {
        let work = self.work(vertex);
        if !work.kinds.intersects(value.kinds()) {
            return false;
        }
        let known = work.scalar.clone();
        let bounds = [work.lower.clone(), work.upper.clone()];
        known.is_none_or(|known| same_scalar(&known, value))
            && bounds.into_iter().flatten().all(|check| match &check.value {
                Value::Bound(bound) => crate::bounds::within(bound, value),
                _ => true,
            })
    }

    fn node_may_hold(&mut self, vertex: VertexId, node: NodeId, env: EnvId, trail: &Trail, depth: u32) -> bool {
        if depth > 4 {
            return true;
        }
        let ir_node = self.ir().node(node);
        match ir_node {
            Node::Bottom | Node::Invalid => true,
            Node::Struct(id) => {
                let program = Arc::clone(&self.program);
                let literal = program.ir.structure(id);
                let regular =
                    program.ir.decls(literal).iter().any(
                        |decl| matches!(decl, Decl::Field { label, arc: ArcType::Member, .. } if label.is_string()),
                    );
                if (regular || !literal.has_embedding) && !self.work(vertex).kinds.contains(Kinds::STRUCT) {
                    return false;
                }
                for decl in program.ir.decls(literal) {
                    let Decl::Field { label, arc, value, .. } = *decl else { continue };
                    if arc == ArcType::Optional {
                        continue;
                    }
                    let value_node = self.ir().node(value);
                    if !matches!(
                        value_node,
                        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Bytes(_)
                    ) {
                        continue;
                    }
                    let Some(field) = self.vertex(vertex).arcs.get(label) else { continue };
                    if self.vertex(field).arc != ArcType::Member {
                        continue;
                    }
                    let Some(known) = self.peek_scalar(field, 0) else { continue };
                    let Some(literal) = self.literal_value(value_node, value) else { continue };
                    if !same_scalar(&known, &literal) {
                        return false;
                    }
                }
                true
            }
            Node::And(operands) => {
                let operands = self.ir().nodes(operands).to_vec();
                operands.into_iter().all(|operand| self.node_may_hold(vertex, operand, env, trail, depth + 1))
            }
            Node::List(_) => self.work(vertex).kinds.contains(Kinds::LIST),
            Node::Field { .. } | Node::Selector { .. } | Node::Import(_) => {
                let Ok(Target::Vertex(target)) = self.resolve(node, env) else { return true };
                let target = self.deref_shared(target);
                let at = self.vertex(target);
                if at.alternative || at.detached || !at.settled {
                    return true;
                }
                let conjuncts = at.conjuncts.clone();
                let closes = at.label.is_definition() && !trail.from_embedding && !trail.opened;
                if closes && !self.labels_fit(vertex, &conjuncts) {
                    return false;
                }
                conjuncts.iter().all(|conjunct| match conjunct.item {
                    Item::Node(inner) => self.node_may_hold(vertex, inner, conjunct.env, trail, depth + 1),
                    _ => true,
                })
            }
            _ => match self.literal_value(ir_node, node) {
                Some(value) if value.is_scalar() => self.scalar_may_hold(vertex, &value),
                Some(Value::Basic(kinds)) => self.work(vertex).kinds.intersects(kinds),
                Some(Value::Bound(bound)) => {
                    let work = self.work(vertex);
                    let known = work.scalar.clone();
                    work.kinds.intersects(bound.kinds())
                        && known.is_none_or(|known| crate::bounds::within(&bound, &known))
                }
                _ => true,
            },
        }
    }

    /// Whether the fields that a vertex has are among those that a closed definition declares, by the text alone.
    fn labels_fit(&self, vertex: VertexId, conjuncts: &[Conjunct]) -> bool {
        let mut literals = Vec::new();
        for conjunct in conjuncts {
            let Item::Node(node) = conjunct.item else { return true };
            let Node::Struct(id) = self.ir().node(node) else { return true };
            let literal = self.ir().structure(id);
            if !literal.is_static() || literal.has_pattern || literal.has_ellipsis {
                return true;
            }
            literals.push(literal);
        }
        self.vertex(vertex).arcs.iter().all(|(label, field)| {
            crate::closing::always_allowed(label)
                || self.vertex(field).arc != ArcType::Member
                || literals.iter().any(|literal| self.ir().declared(literal, label).next().is_some())
        })
    }

    /// A scalar that a field has for certain, without evaluating anything.
    pub(crate) fn peek_scalar(&mut self, field: VertexId, depth: u32) -> Option<Value> {
        let at = self.deref(field);
        if let Some(value) = self.known_value(at)
            && value.is_scalar()
        {
            return Some(value);
        }
        if depth > 4 {
            return None;
        }
        let conjuncts = self.vertex(at).conjuncts.clone();
        for conjunct in &conjuncts {
            match conjunct.item {
                Item::Node(node) => {
                    let ir_node = self.ir().node(node);
                    match ir_node {
                        Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Bytes(_) => {
                            return self.literal_value(ir_node, node);
                        }
                        Node::Field { .. } | Node::Selector { .. } | Node::ForValue { .. } => {
                            if let Ok(Target::Vertex(target)) = self.resolve(node, conjunct.env)
                                && let Some(found) = self.peek_scalar(target, depth + 1)
                            {
                                return Some(found);
                            }
                        }
                        _ => {}
                    }
                }
                Item::Vertex(other) => {
                    if let Some(found) = self.peek_scalar(other, depth + 1) {
                        return Some(found);
                    }
                }
                Item::Value(index) => {
                    let value = &self.computed[index as usize].0;
                    if value.is_scalar() {
                        return Some(value.clone());
                    }
                }
            }
        }
        None
    }
}
