//! Vertices as conjuncts: what a reference means is inserted conjunct by conjunct, or stood for as it is.

use cue_data::Kinds;

use super::{Done, field_trail};
use crate::close::HAS_STRUCT;
use crate::ir::{ArcType, Node, NodeId};
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, Cyclic, EnvId, Item, Status, Trail, VertexId};

/// Of how many vertices that one stands for a circle of structures is found.
const MAX_SHARERS: usize = 64;

impl Session {
    /// A vertex as a conjunct: data by its value, anything else by its conjuncts.
    pub(super) fn insert_vertex(&mut self, vertex: VertexId, other: VertexId, node: NodeId, trail: Trail) -> Done {
        let other = self.deref_shared(other);
        if !self.vertex(other).data {
            return self.insert_referenced(vertex, node, other, trail);
        }
        let mut trail = trail;
        if self.vertex(other).closed_once {
            self.vertex_mut(vertex).closed_once = true;
            trail = self.close_by_reference(node, vertex, other, trail, false);
        }
        let arcs: Vec<_> = self.vertex(other).arcs.iter().collect();
        match self.vertex(other).value.clone() {
            Value::Struct => {
                self.mark_value(vertex, &trail)?;
                self.note(vertex, &trail, HAS_STRUCT);
                self.become_struct(vertex, node, &trail);
                for (label, arc) in arcs {
                    if self.vertex(arc).arc != ArcType::Member {
                        continue;
                    }
                    let trail = field_trail(trail, ArcType::Member);
                    let conjunct = Conjunct { item: Item::Vertex(arc), env: EnvId::NONE, trail };
                    self.add_field(vertex, label, ArcType::Member, conjunct)?;
                }
                Ok(())
            }
            Value::List { open } => {
                self.mark_value(vertex, &trail)?;
                self.narrow(vertex, Kinds::LIST, node, &Value::List { open }, &trail);
                let elements: Vec<_> = arcs.into_iter().map(|(_, arc)| (Item::Vertex(arc), EnvId::NONE)).collect();
                let ellipsis = open.then_some((None, EnvId::NONE));
                self.insert_elements(vertex, &elements, ellipsis, node, trail)
            }
            value => self.insert_value(vertex, value, node, EnvId::NONE, trail),
        }
    }

    /// The conjuncts of a vertex that a reference means, or the vertex itself where nothing else is said.
    pub(crate) fn insert_referenced(
        &mut self,
        vertex: VertexId,
        node: NodeId,
        target: VertexId,
        mut trail: Trail,
    ) -> Done {
        let at = self.vertex(target);
        if !at.closed && !at.closed_once && trail.embed != 0 {
            trail.from_definition = false;
        }
        self.note_opened(vertex, target, &trail);
        if self.same(vertex, target) {
            return Ok(());
        }
        if self.share(vertex, target, &trail) {
            return Ok(());
        }
        let definition = self.names_definition(node) || self.vertex(target).label.is_definition();
        if definition {
            self.work(vertex).is_definition = true;
            trail.from_definition = true;
        }
        let trail = self.close_by_reference(node, vertex, target, trail, !definition);
        if self.work(vertex).seen.contains(&target) {
            return Ok(());
        }
        self.work(vertex).seen.push(target);
        if !self.vertex(target).settled {
            self.vertex_mut(target).rare_mut().dependents.push((vertex, trail));
        }
        if trail.from_definition {
            self.vertex_mut(vertex).closed = true;
        }
        for index in 0..self.vertex(target).conjuncts.len() {
            let conjunct = self.vertex(target).conjuncts[index];
            self.insert(vertex, conjunct.item, conjunct.env, trail)?;
        }
        Ok(())
    }

    /// What stands in a definition closes what it is made a part of by a program, as a path to it would.
    pub(super) fn close_by_part(&mut self, vertex: VertexId, part: VertexId, node: NodeId, trail: Trail) -> Trail {
        let part = self.deref_shared(part);
        let at = self.vertex(part);
        let closed = self.is_born_closed(part) || at.closed;
        let closed_once = at.closed_once;
        if at.data || self.same(vertex, part) || !closed && !closed_once {
            return trail;
        }
        let at = self.vertex_mut(vertex);
        at.closed |= closed;
        at.closed_once |= closed_once;
        self.close_by_reference(node, vertex, part, Trail { from_definition: closed, ..trail }, false)
    }

    /// Lets one vertex stand for another, where a reference is all that the other has.
    fn share(&mut self, vertex: VertexId, target: VertexId, trail: &Trail) -> bool {
        let at = self.vertex(vertex);
        let to = self.vertex(target);
        let alone = at.conjuncts.len() == 1
            && at.settled
            && !at.alternative
            && at.arcs.is_empty()
            && at.rare().patterns.is_empty()
            && at.forward.is_none();
        if !alone || to.detached || to.label.is_let() && !to.parent.is_none() {
            return false;
        }
        if trail.cyclic == Cyclic::Yes && at.detached {
            return false;
        }
        if at.closed && !to.closed && !self.is_born_closed(target) || self.may_lead_back(vertex, target) {
            return false;
        }
        let Some(work) = &at.work else { return false };
        // The reference task itself is the only one; nothing else was inserted.
        if work.tasks.len() != 1
            || !work.flat.is_empty()
            || work.error.is_some()
            || work.list.is_some()
            || work.frozen.is_some()
            || !work.held_back.is_empty()
        {
            return false;
        }
        self.note(vertex, trail, 0);
        let to = self.vertex_mut(target);
        if to.status < Status::Deep && to.rare().sharers.len() < MAX_SHARERS {
            to.rare_mut().sharers.push(vertex);
        }
        let at = self.vertex_mut(vertex);
        at.shared = true;
        at.forward = target;
        true
    }

    /// Whether what stands in an alternative or an inline value means something that is itself only a name, of what is not
    /// known yet. If that leads back to where the alternative belongs, it is the alternative that must go.
    fn may_lead_back(&self, vertex: VertexId, target: VertexId) -> bool {
        let to = self.vertex(target);
        let [Conjunct { item: Item::Node(node), .. }] = to.conjuncts[..] else { return false };
        if to.status >= Status::Done || !self.is_reference(node) {
            return false;
        }
        let mut at = self.vertex(vertex);
        while !at.alternative && !at.detached && !at.parent.is_none() {
            at = self.vertex(at.parent);
        }
        at.alternative || at.detached && !at.rare().maker.is_none()
    }

    /// Whether an expression is a path with a definition in it.
    fn names_definition(&self, mut node: NodeId) -> bool {
        loop {
            match self.ir().node(node) {
                Node::Field { label, .. } => return label.is_definition(),
                Node::Selector { operand, label } => {
                    if label.is_definition() {
                        return true;
                    }
                    node = operand;
                }
                Node::Index { operand, .. } | Node::Try(operand) => node = operand,
                _ => return false,
            }
        }
    }
}
