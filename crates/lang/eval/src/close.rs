//! Closedness: which structs refuse which fields.
//!
//! Every reference, embedding and struct that matters is given a number when it is inserted, and what comes through it
//! carries that number. Numbers contain each other: what an embedding brings lies within the struct that embeds it. A
//! struct that is unified with a definition gains a *requirement*: each of its fields must have *evidence*, a conjunct
//! whose number lies within that of the definition. Here numbers are given; [`crate::closing`] holds fields against them.

use crate::ir::NodeId;
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
    pub(crate) target: VertexId,
    pub(crate) id: u32,
    /// The enclosing struct's number.
    pub(crate) parent: u32,
    /// The embedding in whose scope it was given.
    pub(crate) embed: u32,
    /// It requires nothing, but others are judged by it.
    pub(crate) ignore: bool,
    pub(crate) origin: Origin,
    pub(crate) recursive: bool,
    pub(crate) conjunct_opened: bool,
    pub(crate) once: bool,
    /// Given while a literal of the vertex itself was inserted.
    pub(crate) derived: bool,
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
    pub(crate) requirements: Vec<Requirement>,
    /// Whether one of them requires anything.
    pub(crate) demands: bool,
    /// What lies within `.1` also counts as lying within `.0`.
    pub(crate) also: Vec<(u32, u32)>,
}

impl Close {
    /// For an alternative of the vertex: without what its literals will give again.
    pub(crate) fn for_alternative(&self) -> Close {
        let requirements: Vec<_> = self.requirements.iter().filter(|r| !r.derived).copied().collect();
        let demands = requirements.iter().any(|r| !r.ignore);
        Close { requirements, demands, also: self.also.clone() }
    }
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

    /// What a number lies directly within; 0 for nothing.
    pub(crate) fn around(&self, id: u32) -> u32 {
        self.within[id as usize]
    }

    /// The references, embeddings and structs that a number lies within, itself first.
    pub(crate) fn chain(&self, id: u32) -> impl Iterator<Item = NodeId> + '_ {
        let next = |&id: &u32| self.within.get(id as usize).copied().filter(|&outer| outer != 0);
        std::iter::successors((id != 0).then_some(id), next).map(|id| self.node(id))
    }

    pub(crate) fn node(&self, id: u32) -> NodeId {
        self.nodes.get(id as usize).copied().unwrap_or(NodeId(0))
    }
}

impl Session {
    /// What a vertex says of its own closedness, to be changed.
    fn close_of(&mut self, vertex: VertexId) -> &mut Close {
        let at = self.vertex_mut(vertex);
        at.more_mut().requirements = None;
        at.rare_mut().close.get_or_insert_default()
    }

    /// Says that what has the number `to` also counts for `from`.
    fn also_counts(&mut self, vertex: VertexId, from: u32, to: u32) {
        if from == 0 || from == to {
            return;
        }
        if from < to && self.containments.within[to as usize] == 0 {
            self.containments.within[to as usize] = from;
            return;
        }
        let close = self.close_of(vertex);
        if !close.also.contains(&(from, to)) {
            close.also.push((from, to));
        }
    }

    pub(crate) fn note(&mut self, vertex: VertexId, trail: &Trail, flags: u8) {
        let more = self.vertex_mut(vertex).more_mut();
        more.requirements = None;
        match more.evidence.iter_mut().find(|known| known.id == trail.id) {
            Some(known) => known.flags |= flags,
            None => more.evidence.push(Evidence { id: trail.id, embed: trail.embed, flags }),
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
        let rare = self.vertex_mut(vertex).rare_mut();
        rare.opened = rare.opened.max(closing);
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
            let close = self.close_of(vertex);
            let mut outer = trail.outer;
            for requirement in close.requirements.iter_mut().rev() {
                if outer != 0 && requirement.id == outer {
                    requirement.ignore = false;
                    requirement.recursive |= closed;
                    outer = requirement.parent;
                    close.demands = true;
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
        let close = self.close_of(vertex);
        close.demands |= !ignore;
        let mut id = 0;
        if let Some(known) = close.requirements.iter_mut().find(|r| r.target == target) {
            id = known.id;
            if known.ignore && !ignore {
                known.ignore = false;
                known.parent = trail.outer;
                known.embed = trail.embed;
                known.conjunct_opened = trail.conjunct_opened;
            }
        }
        if id == 0 || trail.embed != 0 {
            let next = self.containments.next(node);
            if id != 0 {
                self.also_counts(vertex, next, id);
            }
            id = next;
            let close = self.close_of(vertex);
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
        let close = self.close_of(vertex);
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
}
