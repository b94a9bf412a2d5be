//! What a vertex comes to have while conjuncts are inserted: conjuncts, fields, patterns, tasks, errors.

use super::Done;
use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::few::Few;
use crate::ir::{ArcType, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Pattern, Status, Trail, Vertex, VertexId};
use crate::work::{Task, TaskId, TaskKind};

/// Among so many conjuncts of a vertex, one that says the same is looked for one by one.
const FEW_CONJUNCTS: usize = 12;

impl Session {
    /// Begins the evaluation of a vertex: its conjuncts are inserted.
    pub(crate) fn open(&mut self, vertex: VertexId) -> Done {
        let closed = self.is_born_closed(vertex);
        let at = self.vertex_mut(vertex);
        at.status = Status::Open;
        at.closed |= closed;
        self.work(vertex);
        // What comes while they are inserted is inserted when it comes.
        for index in 0..self.vertex(vertex).conjuncts.len() {
            let conjunct = self.vertex(vertex).conjuncts[index];
            self.insert(vertex, conjunct.item, conjunct.env, conjunct.trail)?;
        }
        Ok(())
    }

    /// Whether a vertex is closed by its name or by where it stands.
    pub(crate) fn is_born_closed(&self, vertex: VertexId) -> bool {
        let at = self.vertex(vertex);
        at.label.is_definition() || (!at.parent.is_none() && !at.detached && self.vertex(at.parent).closed)
    }

    /// Gives a vertex one more conjunct.
    pub(crate) fn add_conjunct(&mut self, vertex: VertexId, conjunct: Conjunct) -> Done {
        if let Some(known) = self.same_conjunct(vertex, &conjunct) {
            // The same again says nothing new, but may count as evidence for another definition.
            if known.trail.id != conjunct.trail.id {
                self.note(vertex, &conjunct.trail, 0);
            }
            return Ok(());
        }
        let place = self.vertex(vertex).conjuncts.len();
        if place > FEW_CONJUNCTS {
            self.conjunct_places.insert((vertex, conjunct.item, conjunct.env), place);
        }
        self.vertex_mut(vertex).conjuncts.push(conjunct);
        match self.vertex(vertex).status {
            Status::Fresh => {}
            Status::Open => self.insert(vertex, conjunct.item, conjunct.env, conjunct.trail)?,
            Status::Done | Status::Deep => self.reopen(vertex)?,
        }
        if self.vertex(vertex).rare().dependents.is_empty() {
            return Ok(());
        }
        for (dependent, trail) in self.vertex(vertex).rare().dependents.clone() {
            let dependent = self.deref_alternative(dependent);
            match self.vertex(dependent).status {
                Status::Fresh | Status::Open => self.insert(dependent, conjunct.item, conjunct.env, trail)?,
                Status::Done | Status::Deep => {}
            }
        }
        Ok(())
    }

    /// The conjunct of a vertex that says the same as another.
    fn same_conjunct(&mut self, vertex: VertexId, other: &Conjunct) -> Option<Conjunct> {
        let all = &self.vertices[vertex.0 as usize].conjuncts;
        let key = |conjunct: &Conjunct| (vertex, conjunct.item, conjunct.env);
        if all.len() <= FEW_CONJUNCTS {
            return all.iter().find(|known| key(known) == key(other)).copied();
        }
        if !self.conjunct_places.contains_key(&key(&all[0])) {
            for (place, conjunct) in all.iter().enumerate() {
                self.conjunct_places.entry(key(conjunct)).or_insert(place);
            }
        }
        self.conjunct_places.get(&key(other)).map(|&place| all[place])
    }

    /// Evaluates a vertex anew, because a conjunct came after it had been frozen in a cycle.
    fn reopen(&mut self, vertex: VertexId) -> Done {
        let parent = self.vertex(vertex).parent;
        let label = self.vertex(vertex).label;
        let arc = self.vertex(vertex).arc;
        let old = std::mem::replace(self.vertex_mut(vertex), Vertex::new(parent, label, arc));
        let at = self.vertex_mut(vertex);
        at.conjuncts = old.conjuncts;
        at.settled = old.settled;
        at.detached = old.detached;
        at.alternative = old.alternative;
        at.active = old.active;
        if let Some(old) = old.more.and_then(|more| more.rare) {
            let rare = at.rare_mut();
            rare.base = old.base;
            rare.dependents = old.dependents;
        }
        let frozen = old.value;
        self.work(vertex).frozen = Some(frozen);
        self.progress += 1;
        Ok(())
    }

    /// A field of a vertex, made if it is not there, with one more conjunct.
    pub(crate) fn add_field(
        &mut self,
        vertex: VertexId,
        label: Label,
        arc: ArcType,
        conjunct: Conjunct,
    ) -> Result<VertexId, Limit> {
        if let Some(field) = self.vertex(vertex).arcs.get(label) {
            let known = self.vertex(field).arc;
            self.vertex_mut(field).arc = known.min(arc);
            self.add_conjunct(field, conjunct)?;
            return Ok(field);
        }
        let frozen = self.vertex(vertex).work.as_ref().is_some_and(|work| work.field_set_frozen);
        if frozen && arc == ArcType::Member {
            let error = self.error_at(
                ErrorCode::Eval,
                Vec::new(),
                "adding field {} not allowed as field set was already referenced",
                vec![Arg::Label(label)],
            );
            self.add_error(vertex, error);
        }
        let field = self.add_vertex(vertex, label, arc)?;
        self.vertex_mut(field).conjuncts = Few::One(conjunct);
        self.vertex_mut(vertex).arcs.push(label, field);
        for index in 0..self.vertex(vertex).rare().patterns.len() {
            let pattern = self.vertex(vertex).rare().patterns[index].clone();
            if self.matches(&pattern.filter, label) {
                self.apply_pattern(field, label, &pattern)?;
            }
        }
        Ok(field)
    }

    fn apply_pattern(&mut self, field: VertexId, label: Label, pattern: &Pattern) -> Done {
        let mut conjunct = pattern.conjunct;
        if pattern.keyed {
            conjunct.env = self.add_env(conjunct.env, Frame::Key(label));
        }
        self.add_conjunct(field, conjunct)
    }

    pub(crate) fn add_pattern(&mut self, vertex: VertexId, pattern: Pattern) -> Done {
        let known = self.vertex(vertex).rare().patterns.iter().any(|known| {
            known.node == pattern.node
                && known.conjunct.item == pattern.conjunct.item
                && known.conjunct.env == pattern.conjunct.env
        });
        if known {
            return Ok(());
        }
        for (label, field) in self.vertex(vertex).arcs.iter().collect::<Vec<_>>() {
            if self.matches(&pattern.filter, label) {
                self.apply_pattern(field, label, &pattern)?;
            }
        }
        self.vertex_mut(vertex).rare_mut().patterns.push(pattern);
        Ok(())
    }

    /// Whether a pattern takes a label.
    pub(crate) fn matches(&mut self, filter: &Value, label: Label) -> bool {
        if !label.is_regular() {
            return false;
        }
        let value = self.label_value(label);
        self.accepts(filter, &value)
    }

    pub(crate) fn add_error(&mut self, vertex: VertexId, error: ErrorId) {
        // An error that a task met while it filled in a field is the field's.
        let here = self.here.vertex;
        let bottom = &mut self.bottoms[error.0 as usize];
        if bottom.vertex == here {
            bottom.vertex = vertex;
        }
        let known = self.work(vertex).error;
        let combined = self.combine(known, error);
        self.work(vertex).error = Some(combined);
    }

    pub(crate) fn add_task(&mut self, vertex: VertexId, kind: TaskKind, node: NodeId, env: EnvId, trail: Trail) {
        let id = TaskId(u32::try_from(self.tasks.len()).unwrap_or(u32::MAX));
        self.tasks.push(Task { kind, vertex, node, env, trail, wait: None, done: false, forced: false });
        self.work(vertex).tasks.push(id);
    }
}
