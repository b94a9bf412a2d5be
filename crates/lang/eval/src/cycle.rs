//! Cycles of references: a value that refers to itself is no restriction, a structure that contains itself is an error,
//! unless it came through something optional.
//!
//! Each conjunct carries the chain of references that it came through. A reference to a vertex above, or to one that
//! is already in the chain, makes the conjunct cyclic. A vertex all of whose conjuncts are cyclic is a structural
//! cycle; cyclic conjuncts are held back until something else shows that the vertex ends somewhere.

use rustc_hash::FxHashSet;

use crate::errors::ErrorId;
use crate::errors::{Arg, ErrorCode};
use crate::ir::NodeId;
use crate::limits::Limit;
use crate::session::Session;
use crate::vertex::{Conjunct, Cyclic, EnvId, Item, RefLink, Trail, VertexId};

/// How often an expression may lead to itself at one vertex, each time in a new inline value: what ends does so sooner.
const MAX_ROUNDS: u32 = 1000;

/// What a reference does to the conjunct that it brings.
pub(crate) enum Verdict {
    Insert(Trail),
    /// It adds nothing, or was held back.
    Skip,
    /// It would go on for ever.
    Endless,
}

impl Session {
    pub(crate) fn detect_cycle(
        &mut self,
        vertex: VertexId,
        target: VertexId,
        reference: NodeId,
        env: EnvId,
        mut trail: Trail,
    ) -> Verdict {
        if self.is_above(target, vertex) {
            let work = self.work(vertex);
            work.any_cyclic = true;
            work.ancestor_cycle = true;
            let hold = !work.has_non_cycle;
            self.vertex_mut(vertex).repeats = true;
            return self.mark_cyclic(vertex, target, reference, env, trail, hold);
        }
        let work = self.work(vertex);
        let has_non_cyclic = work.has_non_cyclic;
        let has_non_cycle = work.has_non_cycle;
        if has_non_cyclic && trail.cyclic == Cyclic::Maybe {
            return Verdict::Insert(trail);
        }
        let depth = self.depth(vertex);
        let mut next = trail.refs;
        let mut rounds = 0;
        while next != 0 {
            let link = self.links[next as usize];
            next = link.next;
            if self.same(link.target, target) {
                if self.same(link.at, vertex) {
                    return Verdict::Skip;
                }
                if trail.cyclic == Cyclic::Optional && has_non_cyclic {
                    trail.cyclic = Cyclic::Maybe;
                    if link.depth == depth {
                        return Verdict::Skip;
                    }
                    trail.refs = 0;
                    return Verdict::Insert(trail);
                }
                if link.reference != reference && has_non_cycle && has_non_cyclic {
                    continue;
                }
                let work = self.work(vertex);
                work.any_cyclic = true;
                let hold = !work.has_non_cyclic && !work.has_non_cycle;
                return self.mark_cyclic(vertex, target, reference, env, trail, hold);
            }
            if link.reference == reference && self.same(link.at, vertex) {
                rounds += 1;
                if self.feeds_itself(target) || rounds >= MAX_ROUNDS && self.is_inline(target) {
                    return Verdict::Endless;
                }
            }
            if link.reference == reference && self.vertex(target).detached && !self.vertex(target).label.is_let() {
                let work = self.work(vertex);
                work.any_cyclic = true;
                let hold = !work.has_non_cyclic && !work.has_non_cycle;
                return self.mark_cyclic(vertex, target, reference, env, trail, hold);
            }
        }
        let outermost = if trail.refs == 0 { reference } else { self.links[trail.refs as usize].outermost };
        self.links.push(RefLink { reference, env, target, at: vertex, next: trail.refs, outermost, depth });
        trail.refs = u32::try_from(self.links.len() - 1).unwrap_or(0);
        Verdict::Insert(trail)
    }

    fn mark_cyclic(
        &mut self,
        vertex: VertexId,
        target: VertexId,
        reference: NodeId,
        env: EnvId,
        mut trail: Trail,
        hold: bool,
    ) -> Verdict {
        trail.cyclic = Cyclic::Yes;
        if hold {
            let conjunct = Conjunct { item: Item::Node(reference), env, trail };
            self.work(vertex).held_back.push((conjunct, target));
            return Verdict::Skip;
        }
        Verdict::Insert(trail)
    }

    /// Whether `target` lies above `vertex`, or above what an inline value around it was made for, or above one that
    /// something above it stands for.
    fn is_above(&self, target: VertexId, vertex: VertexId) -> bool {
        let target = self.base_of(self.deref(target));
        let mut seen = FxHashSet::default();
        let mut todo: Vec<VertexId> = self.vertex(vertex).rare().sharers.iter().copied().collect();
        let mut start = vertex;
        loop {
            let mut at = self.above(start);
            while !at.is_none() {
                if self.base_of(self.deref(at)) == target {
                    return true;
                }
                let sharers = &self.vertex(at).rare().sharers;
                // Where others came by before there is nothing new.
                if (start != vertex || !sharers.is_empty()) && !seen.insert(at) {
                    break;
                }
                todo.extend(sharers.iter());
                at = self.above(at);
            }
            start = match todo.pop() {
                Some(next) => next,
                None => return false,
            };
            if seen.insert(start) {
                todo.extend(self.vertex(start).rare().sharers.iter());
            }
        }
    }

    /// Whether a vertex lies in an inline value that was made from what it is made for. Each round of such a reference
    /// makes a new inline value, so that no two targets are ever the same.
    fn feeds_itself(&self, target: VertexId) -> bool {
        let mut at = target;
        loop {
            let here = self.vertex(at);
            if here.detached {
                return here.repeats && !here.rare().maker.is_none();
            }
            if here.parent.is_none() {
                return false;
            }
            at = here.parent;
        }
    }

    /// Whether a vertex lies in an inline value.
    fn is_inline(&self, mut vertex: VertexId) -> bool {
        while !self.vertex(vertex).detached {
            if self.vertex(vertex).parent.is_none() {
                return false;
            }
            vertex = self.vertex(vertex).parent;
        }
        !self.vertex(vertex).rare().maker.is_none()
    }

    /// What an alternative is an alternative for.
    pub(crate) fn base_of(&self, mut vertex: VertexId) -> VertexId {
        while !self.vertex(vertex).rare().base.is_none() {
            vertex = self.vertex(vertex).rare().base;
        }
        vertex
    }

    fn above(&self, vertex: VertexId) -> VertexId {
        let at = self.vertex(vertex);
        if at.parent.is_none() { at.rare().maker } else { at.parent }
    }

    /// A conjunct that repeats a structure around it and would need a new inline value to go on: it ends here.
    pub(crate) fn ends_in_cycle(&mut self, vertex: VertexId, trail: &Trail) -> bool {
        if trail.cyclic != Cyclic::Yes {
            return false;
        }
        let work = self.work(vertex);
        work.any_cyclic = true;
        work.ancestor_cycle = true;
        true
    }

    /// Records a conjunct that is not known to repeat.
    pub(crate) fn mark_non_cyclic(&mut self, vertex: VertexId, trail: &Trail) {
        if matches!(trail.cyclic, Cyclic::No | Cyclic::Optional) {
            self.work(vertex).has_non_cyclic = true;
        }
    }

    /// Records a value that ends a recursion, and lets in what was held back until one came.
    pub(crate) fn mark_value(&mut self, vertex: VertexId, trail: &Trail) -> Result<(), Limit> {
        if trail.cyclic == Cyclic::Yes {
            return Ok(());
        }
        let work = self.work(vertex);
        work.has_non_cycle = true;
        for (conjunct, target) in std::mem::take(&mut work.held_back) {
            let Item::Node(node) = conjunct.item else { continue };
            self.insert_referenced(vertex, node, target, conjunct.trail)?;
        }
        Ok(())
    }

    /// Whether all that a vertex has is its own repetition.
    pub(crate) fn only_cyclic(&mut self, vertex: VertexId) -> bool {
        let work = self.work(vertex);
        work.held_back.clear();
        (work.ancestor_cycle && !work.has_non_cycle) || (work.any_cyclic && !work.has_non_cyclic)
    }

    pub(crate) fn structural_cycle(&mut self, vertex: VertexId) -> ErrorId {
        let spans = self.conjunct_spans(vertex);
        let id = self.error_at(ErrorCode::StructuralCycle, spans, "structural cycle", Vec::new());
        self.bottoms[id.0 as usize].vertex = vertex;
        id
    }

    pub(crate) fn cycle_error(&mut self, vertex: VertexId) -> ErrorId {
        let spans = self.conjunct_spans(vertex);
        let id = self.error_at(ErrorCode::Cycle, spans, "cycle with field: {}", vec![Arg::Path(vertex)]);
        self.bottoms[id.0 as usize].vertex = vertex;
        id
    }
}
