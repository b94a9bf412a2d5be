//! Insertion: a conjunct becomes part of a vertex, at once where it is a literal, as a task where it must be evaluated.

use std::sync::Arc;

use cue_data::Kinds;
use strata_base::Span;

use crate::close::{HAS_ELLIPSIS, HAS_STRUCT, HAS_TOP, Origin};
use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::few::Few;
use crate::ir::{ArcType, Comparison, Decl, Ir, ListId, Node, NodeId, StructId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, Cyclic, EnvId, Frame, Inserted, Item, Pattern, Status, Trail, Vertex, VertexId};
use crate::work::{DisjunctionSource, ListState, Task, TaskId, TaskKind};

type Done = Result<(), Limit>;

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
        let known =
            self.vertex(vertex).conjuncts.iter().find(|c| c.item == conjunct.item && c.env == conjunct.env).copied();
        if let Some(known) = known {
            // The same again says nothing new, but may count as evidence for another definition.
            if known.trail.id != conjunct.trail.id {
                self.note(vertex, &conjunct.trail, 0);
            }
            return Ok(());
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
        let mut made = Vertex::new(vertex, label, arc);
        made.conjuncts = Few::One(conjunct);
        let field = self.add_vertex(made)?;
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

    /// Makes a conjunct part of a vertex.
    pub(crate) fn insert(&mut self, vertex: VertexId, item: Item, env: EnvId, trail: Trail) -> Done {
        self.meter.work(1)?;
        match item {
            Item::Node(node) => {
                self.mark_non_cyclic(vertex, &trail);
                self.insert_node(vertex, node, env, trail)
            }
            Item::Vertex(other) => {
                self.mark_non_cyclic(vertex, &trail);
                self.remember(vertex, item, env, trail);
                let place = self.vertex(other).place;
                let trail = self.close_by_part(vertex, other, place, trail);
                self.insert_vertex(vertex, other, place, trail)
            }
            Item::Value(index) => {
                self.mark_non_cyclic(vertex, &trail);
                self.remember(vertex, item, env, trail);
                let (value, node) = self.computed[index as usize].clone();
                self.insert_value(vertex, value, node, env, trail)
            }
        }
    }

    /// What stands in a definition closes what it is made a part of by a program, as a path to it would.
    fn close_by_part(&mut self, vertex: VertexId, part: VertexId, node: NodeId, trail: Trail) -> Trail {
        let part = self.deref_shared(part);
        let at = self.vertex(part);
        if at.data || self.same(vertex, part) || !self.is_born_closed(part) && !at.closed {
            return trail;
        }
        self.vertex_mut(vertex).closed = true;
        self.close_by_reference(node, vertex, part, Trail { from_definition: true, ..trail }, false)
    }

    /// Keeps a conjunct that stands in no literal of the vertex, for its alternatives.
    fn remember(&mut self, vertex: VertexId, item: Item, env: EnvId, trail: Trail) {
        if !trail.derived {
            self.work(vertex).flat.push(Conjunct { item, env, trail });
        }
    }

    fn insert_node(&mut self, vertex: VertexId, node: NodeId, env: EnvId, trail: Trail) -> Done {
        let ir_node = self.ir().node(node);
        match ir_node {
            Node::And(operands) => {
                let mut inner = Trail { explicit: true, ..trail };
                if inner.opened {
                    inner.opened = false;
                    inner.conjunct_opened = true;
                    inner.from_embedding = true;
                    inner = self.close_scope(node, vertex, inner, Origin::Embedding);
                }
                for index in 0..operands.len as usize {
                    let operand = self.ir().nodes(operands)[index];
                    self.insert(vertex, Item::Node(operand), env, inner)?;
                }
                return Ok(());
            }
            Node::Open(inner) => {
                let trail = Trail { opened: true, ..trail };
                return self.insert(vertex, Item::Node(inner), env, trail);
            }
            Node::Field { .. }
            | Node::DynamicField { .. }
            | Node::KeyField { .. }
            | Node::ForValue { .. }
            | Node::Let { .. }
            | Node::ClauseLet { .. }
            | Node::SelfValue { .. }
            | Node::ValueAlias { .. }
            | Node::Import(_)
            | Node::Selector { .. }
            | Node::Index { .. }
            | Node::Try(_) => {
                self.add_task(vertex, TaskKind::Reference, node, env, trail);
                return Ok(());
            }
            _ => {}
        }
        self.remember(vertex, Item::Node(node), env, trail);
        match ir_node {
            Node::Struct(id) => self.insert_struct(vertex, id, node, env, trail),
            Node::List(id) => self.insert_list(vertex, id, node, env, trail),
            Node::Or(index) => {
                let trail = optional(trail);
                let source = DisjunctionSource::Literal { node, index };
                self.note(vertex, &trail, 0);
                self.add_disjunction(vertex, source, node, env, trail)
            }
            Node::Comprehension(_) => {
                self.add_task(vertex, TaskKind::Comprehension, node, env, trail);
                Ok(())
            }
            other => match self.literal_value(other, node) {
                Some(value) => self.insert_value(vertex, value, node, env, trail),
                None => {
                    self.add_task(vertex, TaskKind::Expression, node, env, trail);
                    Ok(())
                }
            },
        }
    }

    /// The value of a node that needs no evaluation.
    pub(crate) fn literal_value(&mut self, node: Node, id: NodeId) -> Option<Value> {
        let ir = &self.program.ir;
        Some(match node {
            Node::Null => Value::Null,
            Node::Bool(value) => Value::Bool(value),
            Node::Number(index) => Value::Number(ir.numbers[index as usize].clone()),
            Node::String(index) => Value::String(Arc::clone(&ir.strings[index as usize])),
            Node::Bytes(index) => Value::Bytes(Arc::clone(&ir.bytes[index as usize])),
            Node::Top => Value::Top,
            Node::Basic(kinds) => Value::Basic(kinds),
            Node::Bottom => {
                let error = self.error(ErrorCode::LegacyUser, id, "explicit error (_|_ literal) in source", Vec::new());
                Value::Bottom(error)
            }
            Node::Invalid => Value::Bottom(self.error(ErrorCode::Eval, id, "invalid expression", Vec::new())),
            Node::Bound { op, operand } => {
                if let Some(known) = self.bounds.get(&id) {
                    return Some(Value::Bound(Arc::clone(known)));
                }
                let operand = self.ir().node(operand);
                if matches!(operand, Node::Bottom | Node::Invalid | Node::Top | Node::Basic(_) | Node::Bound { .. }) {
                    return None;
                }
                let value = self.literal_value(operand, id)?;
                let bound = self.bound(op, value, id);
                if let Value::Bound(bound) = &bound {
                    self.bounds.insert(id, Arc::clone(bound));
                }
                bound
            }
            _ => return None,
        })
    }

    fn insert_struct(&mut self, vertex: VertexId, id: StructId, node: NodeId, env: EnvId, trail: Trail) -> Done {
        self.mark_value(vertex, &trail)?;
        self.note(vertex, &trail, HAS_STRUCT);
        let literal = self.ir().structure(id);
        let (count, has_embedding, explicit_open) =
            (literal.decls.len as usize, literal.has_embedding, literal.explicit_open);
        let makes_scope = has_embedding && !explicit_open && !literal.is_file;
        let only_fields = literal.is_static() && !literal.has_pattern && !literal.has_ellipsis;
        let place = self.place_of(node, trail.refs);
        let env = self.add_env(env, Frame::Vertex(vertex));
        let at = self.vertex_mut(vertex);
        at.more_mut().inserted.push(Inserted { literal: node, place, explicit: trail.explicit, env });
        if at.arcs.is_empty() {
            at.arcs.reserve(count);
        }
        let inner = env;
        self.work(vertex).has_struct = true;
        let mut trail = trail;
        if makes_scope && trail.outer == 0 && !trail.from_embedding {
            trail = self.close_scope(node, vertex, trail, Origin::Struct);
        }
        let mut is_told = false;
        // Fields first: what a task may look at is then there.
        let decls = self.ir().structure(id).decls;
        for index in decls.start..decls.start + decls.len {
            if let Decl::Field { label, arc, value, .. } = self.ir().all_decls[index as usize] {
                if !is_told && label.is_string() && arc == ArcType::Member {
                    self.become_struct(vertex, node, &trail);
                    is_told = true;
                }
                let trail = field_trail(trail, arc);
                self.add_field(vertex, label, arc, Conjunct { item: Item::Node(value), env: inner, trail })?;
            }
        }
        if !only_fields {
            self.insert_rest(vertex, id, node, inner, trail)?;
        }
        if !has_embedding && !is_told {
            self.become_struct(vertex, node, &trail);
        }
        Ok(())
    }

    /// What a literal holds beside fields.
    fn insert_rest(&mut self, vertex: VertexId, id: StructId, node: NodeId, inner: EnvId, trail: Trail) -> Done {
        let program = Arc::clone(&self.program);
        let literal = program.ir.structure(id);
        for (index, decl) in program.ir.decls(literal).iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            match *decl {
                Decl::Field { .. } => {}
                Decl::Dynamic { arc, .. } => {
                    if arc == ArcType::Member {
                        self.become_struct(vertex, node, &trail);
                    }
                    let trail = field_trail(trail, arc);
                    self.add_task(vertex, TaskKind::Dynamic { index }, node, inner, trail);
                }
                Decl::Pattern { filter, value, keyed, .. } => {
                    let trail = optional(field_trail(trail, ArcType::Member));
                    let filter_node = self.ir().node(filter);
                    match self.literal_value(filter_node, filter) {
                        Some(value_filter) if !matches!(value_filter, Value::Bottom(_)) => {
                            let conjunct = Conjunct { item: Item::Node(value), env: inner, trail };
                            self.add_pattern(vertex, Pattern { filter: value_filter, conjunct, keyed, node: filter })?;
                        }
                        _ => self.add_task(vertex, TaskKind::Pattern { index }, node, inner, trail),
                    }
                }
                Decl::Embedding(embedded) => {
                    let trail = self.embedding_trail(embedded, vertex, trail, literal.explicit_open);
                    self.insert(vertex, Item::Node(embedded), inner, trail)?;
                }
                Decl::Comprehension(comprehension) => {
                    let body = program.ir.comprehension(comprehension).body;
                    let trail = self.embedding_trail(body, vertex, trail, literal.explicit_open);
                    if names_fields(&program.ir, body) {
                        self.work(vertex).may_have_fields = true;
                    }
                    let node = program.comprehension_node(comprehension);
                    self.add_task(vertex, TaskKind::Comprehension, node, inner, trail);
                }
                Decl::Ellipsis => {
                    self.vertex_mut(vertex).has_ellipsis = true;
                    self.note(vertex, &trail, HAS_ELLIPSIS);
                }
            }
        }
        Ok(())
    }

    fn become_struct(&mut self, vertex: VertexId, node: NodeId, trail: &Trail) {
        self.work(vertex).a_struct = true;
        self.narrow(vertex, Kinds::STRUCT, node, &Value::Struct, trail);
    }

    fn embedding_trail(&mut self, node: NodeId, vertex: VertexId, trail: Trail, explicit_open: bool) -> Trail {
        let mut inner = Trail { derived: true, explicit: false, ..trail };
        if explicit_open {
            return inner;
        }
        inner.from_embedding = true;
        if matches!(self.ir().node(node), Node::Or(_) | Node::Chain(_) | Node::Compare { .. } | Node::Logical { .. }) {
            return inner;
        }
        self.close_scope(node, vertex, inner, Origin::Embedding)
    }

    fn insert_list(&mut self, vertex: VertexId, id: ListId, node: NodeId, env: EnvId, trail: Trail) -> Done {
        self.mark_value(vertex, &trail)?;
        let inner = self.add_env(env, Frame::Vertex(vertex));
        self.narrow(vertex, Kinds::LIST, node, &Value::List { open: false }, &trail);
        let program = Arc::clone(&self.program);
        let literal = program.ir.list(id);
        let elements = program.ir.nodes(literal.elements);
        let fixed = elements.iter().all(|&e| !matches!(program.ir.node(e), Node::Comprehension(_)));
        if !fixed {
            self.add_task(vertex, TaskKind::List, node, inner, trail);
            return Ok(());
        }
        let elements: Vec<_> = elements.iter().map(|&element| (Item::Node(element), inner)).collect();
        self.insert_elements(vertex, &elements, literal.ellipsis.map(|value| (value, inner)), node, trail)
    }

    /// The elements of a list and what its tail may be.
    pub(crate) fn insert_elements(
        &mut self,
        vertex: VertexId,
        elements: &[(Item, EnvId)],
        ellipsis: Option<(Option<NodeId>, EnvId)>,
        node: NodeId,
        trail: Trail,
    ) -> Done {
        let length = u32::try_from(elements.len()).map_err(|_| Limit::ListLength)?;
        let closed = ellipsis.is_none();
        let inner = field_trail(trail, ArcType::Member);
        for (index, &(item, env)) in elements.iter().enumerate() {
            let label = Label::index(u32::try_from(index).map_err(|_| Limit::ListLength)?);
            self.add_field(vertex, label, ArcType::Member, Conjunct { item, env, trail: inner })?;
        }
        if let Some((Some(value), env)) = ellipsis {
            let filter = self.bound(Comparison::GreaterEqual, Value::Number(i64::from(length).into()), node);
            let conjunct = Conjunct { item: Item::Node(value), env, trail: optional(inner) };
            self.add_pattern(vertex, Pattern { filter, conjunct, keyed: false, node: value })?;
        }
        self.join_list(vertex, length, closed, node);
        Ok(())
    }

    /// Holds the length of one more list against those that came before.
    fn join_list(&mut self, vertex: VertexId, length: u32, closed: bool, node: NodeId) {
        let known = self.work(vertex).list;
        let Some(known) = known else {
            self.work(vertex).list = Some(ListState { length, closed, node });
            return;
        };
        let too_short = length < known.length && closed;
        let too_long = length > known.length && known.closed;
        if too_short || too_long {
            let (short, long) = if too_short { (length, known.length) } else { (known.length, length) };
            let spans = vec![self.span(known.node), self.span(node)];
            let args = vec![Arg::from(short.to_string()), Arg::from(long.to_string())];
            let error = self.error_at(ErrorCode::Eval, spans, "incompatible list lengths ({} and {})", args);
            self.add_error(vertex, error);
            return;
        }
        let list = ListState { length: known.length.max(length), closed: known.closed || closed, node };
        self.work(vertex).list = Some(list);
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
        if at.closed && !to.closed {
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
        let at = self.vertex_mut(vertex);
        at.shared = true;
        at.forward = target;
        true
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

    /// A vertex as a conjunct: data by its value, anything else by its conjuncts.
    fn insert_vertex(&mut self, vertex: VertexId, other: VertexId, node: NodeId, trail: Trail) -> Done {
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

    /// Makes a value part of a vertex.
    pub(crate) fn insert_value(
        &mut self,
        vertex: VertexId,
        value: Value,
        node: NodeId,
        env: EnvId,
        trail: Trail,
    ) -> Done {
        match value {
            Value::Vertex(other) => return self.insert_vertex(vertex, other, node, trail),
            Value::Bottom(error) => {
                self.add_error(vertex, error);
                return Ok(());
            }
            Value::Conjunction(values) => {
                for value in values.iter() {
                    self.insert_value(vertex, value.clone(), node, env, trail)?;
                }
                return Ok(());
            }
            Value::Disjunction(disjunction) => {
                self.mark_value(vertex, &trail)?;
                let source = DisjunctionSource::Value { node, value: disjunction };
                return self.add_disjunction(vertex, source, node, env, optional(trail));
            }
            Value::Function(callee) => {
                let validator = self.bare_validator(callee, node);
                if let Some(validator) = validator {
                    return self.insert_value(vertex, validator, node, env, trail);
                }
            }
            _ => {}
        }
        let kinds = value.kinds();
        if !self.narrow(vertex, kinds, node, &value, &trail) {
            return Ok(());
        }
        match &value {
            Value::Top => {
                self.mark_value(vertex, &trail)?;
                self.work(vertex).has_top = true;
                self.note(vertex, &trail, HAS_TOP);
            }
            Value::Basic(_) => {
                self.mark_value(vertex, &trail)?;
                self.note(vertex, &trail, HAS_TOP);
            }
            Value::Bound(bound) => {
                self.mark_value(vertex, &trail)?;
                let bound = Arc::clone(bound);
                self.insert_bound(vertex, &bound, node, &trail);
            }
            Value::Validator(validator) => {
                self.mark_value(vertex, &trail)?;
                let validator = Arc::clone(validator);
                self.insert_validator(vertex, &validator, node, &trail);
            }
            Value::Struct => self.become_struct(vertex, node, &trail),
            Value::List { .. } => {}
            _ => {
                self.mark_value(vertex, &trail)?;
                self.insert_scalar(vertex, value, node, &trail);
            }
        }
        Ok(())
    }

    pub(crate) fn conjunct_span(&self, conjunct: &Conjunct) -> Option<Span> {
        let span = match conjunct.item {
            Item::Node(node) => self.span(node),
            Item::Value(index) => self.span(self.computed[index as usize].1),
            Item::Vertex(other) if self.vertex(other).data => self.span(self.vertex(other).place),
            Item::Vertex(_) => Span::NONE,
        };
        (!span.is_none()).then_some(span)
    }

    pub(crate) fn conjunct_spans(&self, vertex: VertexId) -> Vec<Span> {
        self.vertex(vertex).conjuncts.iter().filter_map(|conjunct| self.conjunct_span(conjunct)).collect()
    }
}

/// Whether a literal names fields that a struct would have.
fn names_fields(ir: &Ir, body: NodeId) -> bool {
    let Node::Struct(id) = ir.node(body) else { return false };
    let regular = |decl: &Decl| matches!(decl, Decl::Field { label, arc: ArcType::Member, .. } if label.is_string());
    ir.decls(ir.structure(id)).iter().any(regular)
}

/// The trail of what stands in a field.
pub(crate) fn field_trail(trail: Trail, arc: ArcType) -> Trail {
    let inner = Trail { from_embedding: false, derived: false, explicit: false, ..trail };
    if arc == ArcType::Optional { optional(inner) } else { inner }
}

/// The trail of what may turn out not to be there.
pub(crate) fn optional(trail: Trail) -> Trail {
    if trail.cyclic == Cyclic::No { Trail { cyclic: Cyclic::Optional, ..trail } } else { trail }
}
