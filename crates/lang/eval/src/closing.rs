//! Which fields a struct refuses: the requirements that hold at a vertex, and whether a field meets them.
//!
//! Requirements are inherited downwards until something opens them, so most vertices hold what the one above them holds,
//! and share it. What holds at a vertex is kept once it cannot change any more.

use std::borrow::Cow;
use std::rc::Rc;

use crate::close::{Evidence, HAS_ELLIPSIS, HAS_OPENER, HAS_STRUCT, HAS_TOP, Origin};
use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::few::Few;
use crate::label::Label;
use crate::session::Session;
use crate::vertex::{Conjunct, Status, VertexId};

/// A requirement as it stands at one vertex, inherited or its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Required {
    id: u32,
    parent: u32,
    embed: u32,
    origin: Origin,
    /// It holds for one level only.
    once: bool,
    ignored: bool,
    removed: bool,
    conjunct_opened: bool,
}

impl Required {
    fn refuses(&self) -> bool {
        !self.ignored && !self.removed
    }
}

/// All requirements that hold at a vertex for its fields.
#[derive(Default, Debug)]
pub(crate) struct Requirements {
    required: Vec<Required>,
    /// What also counts as what, at the vertex and above it.
    also: Vec<(u32, u32)>,
}

impl Requirements {
    fn refusing(&self) -> impl Iterator<Item = &Required> {
        self.required.iter().filter(|set| set.refuses())
    }
}

impl Session {
    /// Whether `inner` lies within `outer`: mostly it is the same.
    #[inline]
    fn contains(&self, also: &[(u32, u32)], outer: u32, inner: u32) -> bool {
        inner == outer || self.lies_within(also, outer, inner)
    }

    fn lies_within(&self, also: &[(u32, u32)], outer: u32, inner: u32) -> bool {
        if also.is_empty() {
            let mut at = inner;
            while at != outer && at != 0 {
                at = self.containments.around(at);
            }
            return at != 0;
        }
        let mut visited: Vec<u32> = Vec::new();
        let mut pending = vec![inner];
        while let Some(mut at) = pending.pop() {
            while at != 0 {
                if at == outer {
                    return true;
                }
                if visited.contains(&at) {
                    break;
                }
                visited.push(at);
                pending.extend(also.iter().filter(|(_, to)| *to == at).map(|(from, _)| *from));
                at = self.containments.around(at);
            }
        }
        false
    }

    /// What also counts as what, at a vertex and above it.
    fn also_above(&self, vertex: VertexId) -> Vec<(u32, u32)> {
        let mut also = Vec::new();
        let mut at = vertex;
        while !at.is_none() {
            let vertex = self.vertex(at);
            if let Some(close) = &vertex.rare().close {
                also.extend_from_slice(&close.also);
            }
            at = vertex.parent;
        }
        also
    }

    /// The requirements that hold at a vertex for its fields.
    fn requirements_of(&mut self, vertex: VertexId) -> Rc<Requirements> {
        let at = self.vertex(vertex);
        if let Some(known) = &at.more().requirements {
            return Rc::clone(known);
        }
        // Mostly it is what is known to hold above.
        if at.status >= Status::Done
            && !at.parent.is_none()
            && !at.detached
            && at.rare().close.is_none()
            && let Some(above) = &self.vertex(at.parent).more().requirements
            && self.inherits_all(vertex, above)
        {
            let closing = Rc::clone(above);
            self.vertex_mut(vertex).more_mut().requirements = Some(Rc::clone(&closing));
            return closing;
        }
        self.inherited_requirements(vertex)
    }

    fn inherited_requirements(&mut self, vertex: VertexId) -> Rc<Requirements> {
        // The vertices that need computing, from here up to one that is known.
        let mut chain = Few::None;
        let mut at = vertex;
        let (mut closing, mut is_final) = loop {
            if at.is_none() {
                break (Rc::clone(&self.open), true);
            }
            let here = self.vertex(at);
            if let Some(known) = &here.more().requirements {
                break (Rc::clone(known), true);
            }
            chain.push(at);
            if here.detached {
                let also = self.also_above(here.parent);
                let closing = Requirements { required: Vec::new(), also };
                break (if closing.also.is_empty() { Rc::clone(&self.open) } else { Rc::new(closing) }, false);
            }
            at = here.parent;
        };
        for &at in chain.iter().rev() {
            closing = self.requirements_below(at, closing);
            let at = self.vertex_mut(at);
            is_final = (is_final || at.detached) && at.status >= Status::Done;
            if is_final {
                at.more_mut().requirements = Some(Rc::clone(&closing));
            }
        }
        closing
    }

    /// Whether nothing requires anything of the fields of a vertex, seen without working out what holds there.
    fn takes_all(&self, vertex: VertexId) -> bool {
        let mut at = vertex;
        while !at.is_none() {
            let here = self.vertex(at);
            if let Some(known) = &here.more().requirements {
                return known.refusing().next().is_none();
            }
            if here.rare().close.as_ref().is_some_and(|close| close.demands) {
                return false;
            }
            if here.detached {
                return true;
            }
            at = here.parent;
        }
        true
    }

    /// Whether each requirement of the struct above is met by a conjunct of a field itself, as nearly all are.
    pub(crate) fn is_named_by_all(&mut self, field: VertexId) -> bool {
        let parent = self.vertex(field).parent;
        if parent.is_none() {
            return true;
        }
        if self.vertex(parent).more().requirements.is_none() {
            if self.takes_all(parent) {
                return true;
            }
            self.requirements_of(parent);
        }
        let at = self.vertex(field);
        let Some(closing) = &self.vertex(parent).more().requirements else { return false };
        let is_named = |set: &Required| {
            at.conjuncts.iter().any(|conjunct| self.contains(&closing.also, set.id, conjunct.trail.id))
        };
        closing.refusing().all(is_named) || always_allowed(at.label)
    }

    /// The requirements at a vertex, by those above it.
    fn requirements_below(&self, vertex: VertexId, above: Rc<Requirements>) -> Rc<Requirements> {
        let at = self.vertex(vertex);
        let (own, also) = match &at.rare().close {
            Some(close) => (&close.requirements[..], &close.also[..]),
            None => (&[][..], &[][..]),
        };
        if own.is_empty() && also.is_empty() && self.inherits_all(vertex, &above) {
            return above;
        }
        let mut sets = above.required.clone();
        for set in &mut sets {
            set.ignored |= set.once;
        }
        let inherited = sets.len();
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
        let also = if also.is_empty() { above.also.clone() } else { [also, &above.also].concat() };
        let parent = at.parent;
        if !sets.is_empty() {
            if always_allowed(at.label) && !parent.is_none() {
                sets.retain(|set| at.more().evidence.iter().any(|known| self.contains(&also, set.id, known.id)));
            }
            let around = if parent.is_none() { &[][..] } else { &self.vertex(parent).more().evidence };
            self.drop_opened(&also, &mut sets, &at.more().evidence, around);
        }
        if sets == above.required && also.len() == above.also.len() {
            return above;
        }
        Rc::new(Requirements { required: sets, also })
    }

    /// Whether just what holds above a vertex holds at it too, seen without changing anything: so it is for most.
    fn inherits_all(&self, vertex: VertexId, above: &Requirements) -> bool {
        let at = self.vertex(vertex);
        let evidence = &at.more().evidence;
        let is_kept = |set: &Required| {
            let mut is_met = false;
            for known in evidence {
                if self.contains(&above.also, set.id, known.id) {
                    if known.flags & (HAS_TOP | HAS_OPENER) != 0 {
                        return false;
                    }
                    is_met = true;
                }
            }
            is_met && !set.once && set.origin != Origin::Struct
        };
        above.required.is_empty() || !always_allowed(at.label) && above.required.iter().all(is_kept)
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
        let parent = at.parent;
        if parent.is_none() || at.detached || always_allowed(at.label) || self.takes_all(parent) {
            return None;
        }
        let closing = self.requirements_of(parent);
        let at = self.vertex(field);
        let own = at.rare().close.as_ref().map_or(&[][..], |close| &close.also);
        let joined: Vec<(u32, u32)>;
        let also = if own.is_empty() {
            &closing.also
        } else {
            joined = [own, &closing.also].concat();
            &joined
        };
        // Nearly all fields are named by each definition itself.
        let evidence = self.evidence_of(field);
        let is_named = |set: &Required| evidence.iter().any(|known| self.contains(also, set.id, known.id));
        if closing.refusing().all(is_named) {
            return None;
        }
        let above = &self.vertex(parent).more().evidence;
        let mut required = closing.required.clone();
        for set in &mut required {
            set.removed |= self.ellipsis_within(also, set.id, above).is_some();
        }
        let refuses = |set: &&Required| set.refuses() && !self.has_evidence(also, &required, set, &evidence);
        required.iter().find(refuses).map(|set| set.id)
    }

    /// What a vertex knows of where it came from. For leaves that were settled at once it is not kept: their conjuncts
    /// tell it.
    fn evidence_of(&self, vertex: VertexId) -> Cow<'_, [Evidence]> {
        let at = self.vertex(vertex);
        if !at.more().evidence.is_empty() {
            return Cow::Borrowed(&at.more().evidence);
        }
        let of = |c: &Conjunct| Evidence { id: c.trail.id, embed: c.trail.embed, flags: 0 };
        Cow::Owned(at.conjuncts.iter().map(of).collect())
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

    /// The requirements of a struct that a field which it does not have would not meet.
    pub(crate) fn refusers(&mut self, vertex: VertexId, label: Label) -> Vec<u32> {
        if always_allowed(label) {
            return Vec::new();
        }
        let closing = self.requirements_of(vertex);
        let evidence = &self.vertex(vertex).more().evidence;
        let is_shut = |set: &&Required| self.ellipsis_within(&closing.also, set.id, evidence).is_none();
        closing.refusing().filter(is_shut).map(|set| set.id).collect()
    }

    /// The vertex that a requirement was made for, looked for at a vertex and above it.
    pub(crate) fn closed_target(&self, vertex: VertexId, id: u32) -> Option<VertexId> {
        let mut at = vertex;
        while !at.is_none() {
            let close = self.vertex(at).rare().close.as_ref();
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
