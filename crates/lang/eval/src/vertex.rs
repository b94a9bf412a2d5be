//! The mutable graph of one evaluation: vertices, the conjuncts that make them, the frames that conjuncts see.

use std::rc::Rc;

use strata_base::Span;

use crate::close::{Close, Evidence};
use crate::closing::Requirements;
use crate::errors::ErrorId;
use crate::few::Few;
use crate::ir::{ArcType, NodeId};
use crate::label::Label;
use crate::listed::Listed;
use crate::value::Value;
use crate::work::Work;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct VertexId(pub u32);

impl VertexId {
    pub const NONE: VertexId = VertexId(u32::MAX);

    pub fn is_none(self) -> bool {
        self == VertexId::NONE
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct EnvId(pub u32);

impl EnvId {
    /// Above the outermost frame.
    pub(crate) const NONE: EnvId = EnvId(u32::MAX);
}

/// Some of the vertices of a session.
pub(crate) struct VertexSet {
    pub(crate) words: Vec<u64>,
}

impl VertexSet {
    /// Adds a vertex; false if it was there.
    pub(crate) fn insert(&mut self, vertex: VertexId) -> bool {
        let (word, bit) = (vertex.0 as usize / 64, 1 << (vertex.0 % 64));
        let is_new = self.words[word] & bit == 0;
        self.words[word] |= bit;
        is_new
    }
}

/// One frame: what a name that climbs so far up finds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    /// The struct or list that a literal was inserted into.
    Vertex(VertexId),
    /// The label that a pattern or a computed label matched.
    Key(Label),
    /// One round of a `for`. The key is a list index or a field name.
    For { key: Label, value: VertexId },
    /// A `let` clause.
    Let(VertexId),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Env {
    pub(crate) up: EnvId,
    pub(crate) frame: Frame,
}

/// What is unified: an expression of the program, a vertex, or a value that was computed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Item {
    Node(NodeId),
    Vertex(VertexId),
    /// An index into the session's computed values.
    Value(u32),
}

/// How far a conjunct is suspected of feeding itself. It only grows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum Cyclic {
    #[default]
    No,
    /// It came through an optional field, a pattern or a disjunct.
    Optional,
    /// A repetition was seen once below something optional.
    Maybe,
    Yes,
}

/// What travels with a conjunct: for closedness, the ids of the references it came through; for cycles, those
/// references themselves.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trail {
    /// The closedness id of the innermost reference, embedding or struct it came through; 0 for none.
    pub(crate) id: u32,
    pub(crate) embed: u32,
    pub(crate) outer: u32,
    /// The chain of references, as an index into the session's; 0 for none.
    pub(crate) refs: u32,
    pub(crate) cyclic: Cyclic,
    pub(crate) from_definition: bool,
    pub(crate) from_embedding: bool,
    pub(crate) opened: bool,
    pub(crate) conjunct_opened: bool,
    /// It is an operand of an explicit `&`.
    pub(crate) explicit: bool,
    /// It stands inside of a literal that is itself a conjunct of the same vertex.
    pub(crate) derived: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Conjunct {
    pub(crate) item: Item,
    pub(crate) env: EnvId,
    pub(crate) trail: Trail,
}

/// One link of the chain of references that a conjunct came through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RefLink {
    pub(crate) reference: NodeId,
    /// The frame in which the reference was resolved.
    pub(crate) env: EnvId,
    pub(crate) target: VertexId,
    /// The vertex at which the reference was resolved.
    pub(crate) at: VertexId,
    pub(crate) next: u32,
    /// The reference at the end of the chain.
    pub(crate) outermost: NodeId,
    pub(crate) depth: u32,
}

/// The fields of a vertex, in the order in which they were met.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arcs(Option<Box<Listed<Label, VertexId>>>);

impl Arcs {
    fn list(&self) -> &[(Label, VertexId)] {
        self.0.as_ref().map_or(&[], |fields| fields.as_slice())
    }

    pub(crate) fn get(&self, label: Label) -> Option<VertexId> {
        self.0.as_ref()?.get(label).copied()
    }

    /// The place of a label in the order in which they were met.
    pub(crate) fn position(&self, label: Label) -> Option<u32> {
        self.0.as_ref()?.position(label)
    }

    pub(crate) fn push(&mut self, label: Label, id: VertexId) {
        self.0.get_or_insert_default().push(label, id);
    }

    /// None yet, but with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Arcs {
        Arcs((count > 0).then(|| Box::new(Listed::with_capacity(count))))
    }

    pub(crate) fn len(&self) -> usize {
        self.list().len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list().is_empty()
    }

    pub(crate) fn at(&self, index: usize) -> Option<(Label, VertexId)> {
        self.list().get(index).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Label, VertexId)> + '_ {
        self.list().iter().copied()
    }

    pub(crate) fn clear(&mut self) {
        *self = Arcs::default();
    }
}

/// How far a vertex has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum Status {
    /// Conjuncts are gathered, none is looked into.
    #[default]
    Fresh,
    /// Conjuncts are being inserted and its tasks run.
    Open,
    /// Its own value is known; its fields may still be fresh.
    Done,
    /// So are all values below it.
    Deep,
}

/// How far something closes a struct.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Closing {
    #[default]
    Open,
    /// This level only.
    Once,
    /// All levels.
    Deep,
}

/// A pattern constraint of a vertex: what its matching fields must also be.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) filter: Value,
    pub(crate) conjunct: Conjunct,
    /// Whether a frame holds the matched label for the value.
    pub(crate) keyed: bool,
    /// The node of the filter, for messages and comparison.
    pub(crate) node: NodeId,
}

/// A struct literal that was inserted, for the order of fields and for explanations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inserted {
    pub(crate) literal: NodeId,
    /// Where it came in.
    pub(crate) place: Span,
    /// It is an operand of an explicit `&`.
    pub(crate) explicit: bool,
    /// The frame that its members see.
    pub(crate) env: EnvId,
}

/// What a vertex has that most vertices, which are leaves, do without.
#[derive(Debug)]
pub(crate) struct More {
    pub(crate) inserted: Few<Inserted>,
    pub(crate) evidence: Few<Evidence>,
    /// The requirements for its fields, once they are final.
    pub(crate) requirements: Option<Rc<Requirements>>,
    pub(crate) rare: Option<Box<Rare>>,
}

/// What few vertices have.
#[derive(Debug)]
pub(crate) struct Rare {
    /// Of an alternative, the vertex that it is one for.
    pub(crate) base: VertexId,
    /// Of an inline value, the vertex whose evaluation made it.
    pub(crate) maker: VertexId,
    /// The strongest closing of what was opened (`x...`) in it.
    pub(crate) opened: Closing,
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) close: Option<Close>,
    /// A permanent error of something below.
    pub(crate) child_error: Option<ErrorId>,
    /// An error below that more values may mend.
    pub(crate) loose_error: Option<ErrorId>,
    /// Vertices that copied its conjuncts before all of them were there.
    pub(crate) dependents: Vec<(VertexId, Trail)>,
    /// Vertices that it stood for before all below it was known: what lies below it lies below them too.
    pub(crate) sharers: Few<VertexId>,
}

impl More {
    const NOTHING: More = More { inserted: Few::None, evidence: Few::None, requirements: None, rare: None };
}

impl Rare {
    const NOTHING: Rare = Rare {
        base: VertexId::NONE,
        maker: VertexId::NONE,
        opened: Closing::Open,
        patterns: Vec::new(),
        close: None,
        child_error: None,
        loose_error: None,
        dependents: Vec::new(),
        sharers: Few::None,
    };
}

#[derive(Debug)]
pub(crate) struct Vertex {
    pub(crate) parent: VertexId,
    pub(crate) label: Label,
    pub(crate) arc: ArcType,
    pub(crate) status: Status,
    /// No more conjuncts will come from above.
    pub(crate) settled: bool,
    /// It has no path from the root: an inline value, a `let`, an operand.
    pub(crate) detached: bool,
    /// It is one alternative of a disjunction.
    pub(crate) alternative: bool,
    pub(crate) closed: bool,
    /// By `close()`: this level only.
    pub(crate) closed_once: bool,
    pub(crate) has_ellipsis: bool,
    /// Its value came from data, not from expressions.
    pub(crate) data: bool,
    /// It refers to something that it lies in.
    pub(crate) repeats: bool,
    /// A struct or list of which all is known to be data, defaults chosen.
    pub(crate) concrete: bool,
    /// Being looked at in depth.
    pub(crate) visiting: bool,
    pub(crate) shared: bool,
    /// The place of data; of an inline value, the expression that it was made for.
    pub(crate) place: NodeId,
    /// Its place among the active frames, plus one.
    pub(crate) active: u32,
    /// The vertex that stands for it: shared, or the only remaining alternative.
    pub(crate) forward: VertexId,
    pub(crate) value: Value,
    pub(crate) conjuncts: Few<Conjunct>,
    pub(crate) arcs: Arcs,
    pub(crate) more: Option<Box<More>>,
    pub(crate) work: Option<Box<Work>>,
}

impl Vertex {
    pub(crate) fn new(parent: VertexId, label: Label, arc: ArcType) -> Vertex {
        Vertex {
            parent,
            label,
            arc,
            status: Status::Fresh,
            settled: false,
            detached: false,
            alternative: false,
            closed: false,
            closed_once: false,
            has_ellipsis: false,
            data: false,
            repeats: false,
            concrete: false,
            visiting: false,
            shared: false,
            place: NodeId(0),
            active: 0,
            forward: VertexId::NONE,
            value: Value::Top,
            conjuncts: Few::None,
            arcs: Arcs::default(),
            more: None,
            work: None,
        }
    }

    /// Whether it is a scalar and has nothing beside its value, neither fields nor errors. Most leaves are like that.
    pub(crate) fn is_bare_scalar(&self) -> bool {
        self.more.is_none() && self.forward.is_none() && self.value.is_scalar()
    }

    pub(crate) fn more(&self) -> &More {
        const NOTHING: &More = &More::NOTHING;
        self.more.as_deref().unwrap_or(NOTHING)
    }

    /// It takes room from the first change on.
    pub(crate) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_with(|| Box::new(More::NOTHING))
    }

    pub(crate) fn rare(&self) -> &Rare {
        static NOTHING: Rare = Rare::NOTHING;
        self.more.as_ref().and_then(|more| more.rare.as_deref()).unwrap_or(&NOTHING)
    }

    /// It takes room from the first change on.
    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.more_mut().rare.get_or_insert_with(|| Box::new(Rare::NOTHING))
    }
}

#[cfg(test)]
mod tests {
    use super::{Conjunct, Vertex};

    #[test]
    fn vertices_stay_small() {
        assert!(size_of::<Vertex>() <= 128, "{}", size_of::<Vertex>());
        assert!(size_of::<Conjunct>() <= 36, "{}", size_of::<Conjunct>());
    }
}
