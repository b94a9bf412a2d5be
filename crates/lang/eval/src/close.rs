//! Closedness: which structs refuse which fields.
//!
//! Every reference, embedding and struct that matters is given a number when it is inserted, and what comes through it
//! carries that number. Numbers contain each other: what an embedding brings lies within the struct that embeds it. A
//! struct that is unified with a definition gains a *requirement*: each of its fields must have *evidence*, a conjunct
//! whose number lies within that of the definition. Requirements are inherited downwards until something opens them.

use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::ir::NodeId;
use crate::label::Label;
use crate::session::Session;
use crate::vertex::{Closing, Trail, VertexId};

/// What a number was given to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    Reference,
    Embedding,
    Struct,
}

/// A number that was given at a vertex, and what it may require there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requirement {
    /// The vertex referred to; [`VertexId::NONE`] for embeddings and structs.
    target: VertexId,
    id: u32,
    /// The enclosing struct's number.
    parent: u32,
    /// The embedding in whose scope it was given.
    embed: u32,
    /// It requires nothing, but others are judged by it.
    ignore: bool,
    origin: Origin,
    recursive: bool,
    conjunct_opened: bool,
    once: bool,
    /// Given while a literal of the vertex itself was inserted.
    derived: bool,
}

/// What a vertex knows of the conjuncts that came through one number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Evidence {
    pub(crate) id: u32,
    pub(crate) embed: u32,
    pub(crate) flags: u8,
}

pub(crate) const HAS_ELLIPSIS: u8 = 1;
pub(crate) const HAS_TOP: u8 = 2;
pub(crate) const HAS_STRUCT: u8 = 4;
/// A validator looks at the fields itself.
pub(crate) const HAS_OPENER: u8 = 8;

/// The closedness of one vertex.
#[derive(Clone, Debug, Default)]
pub(crate) struct Close {
    requirements: Vec<Requirement>,
    /// What lies within `.1` also counts as lying within `.0`.
    also: Vec<(u32, u32)>,
    sets: Option<Vec<Required>>,
}

impl Close {
    /// For an alternative of the vertex: without what its literals will give again.
    pub(crate) fn for_alternative(&self) -> Close {
        let requirements = self.requirements.iter().filter(|r| !r.derived).copied().collect();
        Close { requirements, also: self.also.clone(), sets: None }
    }
}

/// A requirement as it stands at one vertex, inherited or its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Required {
    pub(crate) id: u32,
    parent: u32,
    embed: u32,
    origin: Origin,
    /// It holds for one level only.
    once: bool,
    ignored: bool,
    removed: bool,
    conjunct_opened: bool,
}

/// Which number lies directly within which, and what each was given to.
#[derive(Debug)]
pub(crate) struct Containments {
    within: Vec<u32>,
    nodes: Vec<NodeId>,
}

impl Containments {
    pub(crate) fn new() -> Containments {
        Containments { within: vec![0], nodes: vec![NodeId(0)] }
    }

    fn next(&mut self, node: NodeId) -> u32 {
        self.within.push(0);
        self.nodes.push(node);
        u32::try_from(self.within.len() - 1).unwrap_or(u32::MAX)
    }

    pub(crate) fn node(&self, id: u32) -> NodeId {
        self.nodes.get(id as usize).copied().unwrap_or(NodeId(0))
    }
}

impl Session {
    /// Says that what has the number `to` also counts for `from`.
    fn also_counts(&mut self, vertex: VertexId, from: u32, to: u32) {
        if from == 0 || from == to {
            return;
        }
        if from < to && self.containments.within[to as usize] == 0 {
            self.containments.within[to as usize] = from;
            return;
        }
        let close = self.vertex_mut(vertex).close.get_or_insert_default();
        close.sets = None;
        if !close.also.contains(&(from, to)) {
            close.also.push((from, to));
        }
    }

    pub(crate) fn note(&mut self, vertex: VertexId, trail: &Trail, flags: u8) {
        let evidence = &mut self.vertex_mut(vertex).evidence;
        match evidence.iter_mut().find(|known| known.id == trail.id) {
            Some(known) => known.flags |= flags,
            None => evidence.push(Evidence { id: trail.id, embed: trail.embed, flags }),
        }
    }

    /// Keeps how far something was closed that was opened in a vertex.
    pub(crate) fn note_opened(&mut self, vertex: VertexId, target: VertexId, trail: &Trail) {
        if !trail.opened && !trail.conjunct_opened {
            return;
        }
        let target = self.vertex(target);
        let closing = match (target.closed || target.label.is_definition(), target.closed_once) {
            (true, _) => Closing::Deep,
            (false, true) => Closing::Once,
            (false, false) => return,
        };
        let at = self.vertex_mut(vertex);
        at.opened = at.opened.max(closing);
    }

    /// Gives a number to a reference from `vertex` to `target`. `forced_open`: it closes nothing.
    pub(crate) fn close_by_reference(
        &mut self,
        node: NodeId,
        vertex: VertexId,
        target: VertexId,
        mut trail: Trail,
        forced_open: bool,
    ) -> Trail {
        let at = self.vertex(target);
        let (closed, closed_once) = (at.closed, at.closed_once);
        let closes_outer = trail.from_definition && trail.from_embedding && !trail.opened && !trail.conjunct_opened;
        if closes_outer && !forced_open {
            let close = self.vertex_mut(vertex).close.get_or_insert_default();
            close.sets = None;
            let mut outer = trail.outer;
            for requirement in close.requirements.iter_mut().rev() {
                if outer != 0 && requirement.id == outer {
                    requirement.ignore = false;
                    requirement.recursive |= closed;
                    outer = requirement.parent;
                }
            }
        }
        let ignore = if forced_open || trail.opened {
            true
        } else if trail.embed != 0 || trail.outer == 0 {
            // Definitions that are embedded together are held against each other.
            !(trail.from_definition || closed || closed_once)
        } else {
            trail.from_embedding
        };
        let close = self.vertex_mut(vertex).close.get_or_insert_default();
        let mut id = 0;
        if let Some(known) = close.requirements.iter_mut().find(|r| r.target == target) {
            id = known.id;
            if known.ignore && !ignore {
                known.ignore = false;
                known.parent = trail.outer;
                known.embed = trail.embed;
                known.conjunct_opened = trail.conjunct_opened;
                close.sets = None;
            }
        }
        if id == 0 || trail.embed != 0 {
            let next = self.containments.next(node);
            if id != 0 {
                self.also_counts(vertex, next, id);
            }
            id = next;
            let close = self.vertex_mut(vertex).close.get_or_insert_default();
            close.sets = None;
            close.requirements.push(Requirement {
                target,
                id,
                parent: trail.outer,
                embed: trail.embed,
                ignore,
                origin: Origin::Reference,
                recursive: closed,
                conjunct_opened: trail.conjunct_opened,
                once: closed_once,
                derived: trail.derived,
            });
        }
        let source = trail.id;
        trail.id = id;
        self.also_counts(vertex, source, id);
        trail
    }

    /// Gives a number to an embedding or to the struct around embeddings.
    pub(crate) fn close_scope(&mut self, node: NodeId, vertex: VertexId, mut trail: Trail, origin: Origin) -> Trail {
        let id = self.containments.next(node);
        self.also_counts(vertex, trail.id, id);
        let parent = trail.id;
        trail.id = id;
        match origin {
            Origin::Embedding => trail.embed = id,
            _ => trail.outer = id,
        }
        let close = self.vertex_mut(vertex).close.get_or_insert_default();
        close.sets = None;
        close.requirements.push(Requirement {
            target: VertexId::NONE,
            id,
            parent,
            embed: trail.embed,
            ignore: true,
            origin,
            recursive: trail.from_definition,
            conjunct_opened: false,
            once: false,
            // A literal makes its scope anew in an alternative.
            derived: trail.derived || origin == Origin::Struct,
        });
        trail
    }

    /// Whether `inner` lies within `outer`, as seen from a vertex.
    fn contains(&self, also: &[(u32, u32)], outer: u32, inner: u32) -> bool {
        let mut visited: Vec<u32> = Vec::new();
        let mut pending = vec![inner];
        while let Some(mut at) = pending.pop() {
            while at != 0 {
                if at == outer {
                    return true;
                }
                if !also.is_empty() {
                    if visited.contains(&at) {
                        break;
                    }
                    visited.push(at);
                    pending.extend(also.iter().filter(|(_, to)| *to == at).map(|(from, _)| *from));
                }
                at = self.containments.within[at as usize];
            }
        }
        inner == outer
    }

    /// What also counts as what, at a vertex and above it.
    fn also_above(&self, vertex: VertexId) -> Vec<(u32, u32)> {
        let mut also = Vec::new();
        let mut at = vertex;
        while !at.is_none() {
            let vertex = self.vertex(at);
            if let Some(close) = &vertex.close {
                also.extend_from_slice(&close.also);
            }
            at = vertex.parent;
        }
        also
    }

    /// The requirements that hold at a vertex for its fields.
    pub(crate) fn requirements(&mut self, vertex: VertexId) -> Vec<Required> {
        // Collect the vertices that need computing, from here up to one that is known.
        let mut chain = Vec::new();
        let mut at = vertex;
        let mut sets: Vec<Required> = Vec::new();
        while !at.is_none() {
            if let Some(known) = self.vertex(at).close.as_ref().and_then(|close| close.sets.as_ref()) {
                sets.clone_from(known);
                break;
            }
            chain.push(at);
            let above = self.vertex(at);
            if above.detached {
                break;
            }
            at = above.parent;
        }
        while let Some(at) = chain.pop() {
            sets = self.requirements_at(at, sets);
        }
        sets
    }

    fn requirements_at(&mut self, vertex: VertexId, mut sets: Vec<Required>) -> Vec<Required> {
        for set in &mut sets {
            if set.once {
                set.ignored = true;
            }
        }
        let inherited = sets.len();
        let own = self.vertex(vertex).close.as_ref().map_or(Vec::new(), |close| close.requirements.clone());
        if inherited == 0 && own.is_empty() {
            return sets;
        }
        for requirement in own {
            if requirement.ignore && requirement.origin == Origin::Reference {
                continue;
            }
            if sets.iter().any(|set| set.id == requirement.id) {
                continue;
            }
            let once = requirement.origin != Origin::Embedding
                && (requirement.once || (!requirement.ignore && !requirement.recursive));
            sets.push(Required {
                id: requirement.id,
                parent: requirement.parent,
                embed: requirement.embed,
                origin: requirement.origin,
                once,
                ignored: requirement.ignore,
                removed: false,
                conjunct_opened: requirement.conjunct_opened,
            });
            if requirement.parent != 0 && !requirement.ignore {
                let mut outer = requirement.parent;
                for set in sets[..inherited].iter_mut().rev() {
                    if outer != 0 && set.id == outer {
                        set.once =
                            if set.ignored { !requirement.recursive } else { set.once && !requirement.recursive };
                        set.ignored = false;
                        outer = set.parent;
                    }
                }
            }
        }
        let also = self.also_above(vertex);
        let evidence = self.vertex(vertex).evidence.clone();
        if always_allowed(self.vertex(vertex).label) && !self.vertex(vertex).parent.is_none() {
            sets.retain(|set| evidence.iter().any(|known| self.contains(&also, set.id, known.id)));
        }
        let parent = self.vertex(vertex).parent;
        let above = if parent.is_none() { Vec::new() } else { self.vertex(parent).evidence.clone() };
        self.drop_opened(&also, &mut sets, &evidence, &above);
        if self.vertex(vertex).status >= crate::vertex::Status::Done
            && let Some(close) = &mut self.vertex_mut(vertex).close
        {
            close.sets = Some(sets.clone());
        }
        sets
    }

    /// Drops what a `_`, an ellipsis or a validator opens.
    fn drop_opened(&self, also: &[(u32, u32)], sets: &mut Vec<Required>, evidence: &[Evidence], above: &[Evidence]) {
        sets.retain_mut(|set| {
            let mut flags = 0;
            let mut any = false;
            for known in evidence {
                if self.contains(also, set.id, known.id) {
                    any = true;
                    let seen = if known.id < set.id { known.flags & !HAS_STRUCT } else { known.flags };
                    flags |= seen;
                }
            }
            if (flags & HAS_TOP != 0 && flags & HAS_STRUCT == 0) || flags & HAS_OPENER != 0 {
                return false;
            }
            if any && set.origin != Origin::Struct {
                return true;
            }
            if let Some(opener) = self.ellipsis_within(also, set.id, above) {
                let outside = !evidence.iter().any(|known| self.contains(also, opener, known.id));
                set.removed |= !any || (set.origin == Origin::Struct && outside);
            }
            true
        });
    }

    fn ellipsis_within(&self, also: &[(u32, u32)], id: u32, evidence: &[Evidence]) -> Option<u32> {
        evidence
            .iter()
            .filter(|known| known.flags & HAS_ELLIPSIS != 0)
            .find(|known| self.contains(also, id, known.id))
            .map(|known| known.id)
    }

    /// The requirement of the struct above that refuses a field, if one does.
    pub(crate) fn refused_by(&mut self, field: VertexId) -> Option<u32> {
        let at = self.vertex(field);
        let (parent, label) = (at.parent, at.label);
        if parent.is_none() || at.detached || always_allowed(label) {
            return None;
        }
        let mut required = self.requirements(parent);
        if required.iter().all(|set| set.ignored || set.removed) {
            return None;
        }
        let evidence = self.vertex(field).evidence.clone();
        let also = self.also_above(field);
        let above = self.vertex(parent).evidence.clone();
        for set in &mut required {
            if self.ellipsis_within(&also, set.id, &above).is_some() {
                set.removed = true;
            }
        }
        required
            .iter()
            .filter(|set| !set.ignored && !set.removed)
            .find(|set| !self.has_evidence(&also, &required, set, &evidence))
            .map(|set| set.id)
    }

    fn has_evidence(&self, also: &[(u32, u32)], all: &[Required], set: &Required, evidence: &[Evidence]) -> bool {
        if evidence.iter().any(|known| self.contains(also, set.id, known.id)) {
            return true;
        }
        let find = |id: u32| all.iter().find(|other| id != 0 && other.id == id);
        let Some(scope) = find(set.embed) else { return false };
        let outer = find(set.parent);
        if set.conjunct_opened && set.parent == 0 {
            return !evidence.iter().any(|known| self.contains(also, scope.id, known.embed));
        }
        for known in evidence {
            if self.contains(also, scope.id, known.embed) {
                continue;
            }
            if set.parent == 0 {
                if scope.parent != 0 && find(scope.parent).is_none() {
                    continue;
                }
                return true;
            }
            let Some(outer) = outer else { return true };
            if outer.removed || self.contains(also, outer.id, known.id) {
                return true;
            }
        }
        false
    }

    /// Whether a vertex would take a field that it does not have.
    pub(crate) fn allows(&mut self, vertex: VertexId, label: Label) -> bool {
        if always_allowed(label) {
            return true;
        }
        let required = self.requirements(vertex);
        let closed = required.iter().any(|set| !set.ignored && !set.removed);
        let evidence = self.vertex(vertex).evidence.clone();
        let also = self.also_above(vertex);
        !closed
            || required
                .iter()
                .filter(|set| !set.ignored && !set.removed)
                .all(|set| self.ellipsis_within(&also, set.id, &evidence).is_some())
    }

    /// The requirements of a struct that a field which it does not have would not meet.
    pub(crate) fn refusers(&mut self, vertex: VertexId, label: Label) -> Vec<u32> {
        if always_allowed(label) {
            return Vec::new();
        }
        let required = self.requirements(vertex);
        let evidence = self.vertex(vertex).evidence.clone();
        let also = self.also_above(vertex);
        required
            .iter()
            .filter(|set| !set.ignored && !set.removed)
            .filter(|set| self.ellipsis_within(&also, set.id, &evidence).is_none())
            .map(|set| set.id)
            .collect()
    }

    /// The vertex that a requirement was made for, looked for at a vertex and above it.
    pub(crate) fn closed_target(&self, vertex: VertexId, id: u32) -> Option<VertexId> {
        let mut at = vertex;
        while !at.is_none() {
            let close = self.vertex(at).close.as_ref();
            let found = close.and_then(|close| close.requirements.iter().find(|r| r.id == id));
            if let Some(found) = found {
                return (!found.target.is_none()).then_some(found.target);
            }
            at = self.vertex(at).parent;
        }
        None
    }

    pub(crate) fn not_allowed(&mut self, field: VertexId) -> ErrorId {
        let spans = self.label_spans(field, None);
        self.add_bottom(Bottom {
            code: ErrorCode::Eval,
            format: "{}: field not allowed",
            args: vec![Arg::Path(field)],
            vertex: field,
            spans,
            children: Vec::new(),
            close_check: true,
        })
    }
}

/// Labels that every closed struct takes.
pub(crate) fn always_allowed(label: Label) -> bool {
    label.is_hidden() || label.is_definition() || label.is_let()
}
