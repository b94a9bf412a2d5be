//! Insertion: a conjunct becomes part of a vertex, at once where it is a literal, as a task where it must be evaluated.

mod grow;
mod list;
mod referenced;

use std::sync::Arc;

use cue_data::Kinds;
use strata_base::Span;

use crate::close::{HAS_ELLIPSIS, HAS_STRUCT, HAS_TOP, Origin};
use crate::errors::ErrorCode;
use crate::ir::{ArcType, Decl, Ir, Node, NodeId, StructId};
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Arcs, Conjunct, Cyclic, EnvId, Frame, Inserted, Item, Pattern, Trail, VertexId};
use crate::work::{DisjunctionSource, TaskKind};

type Done = Result<(), Limit>;

impl Session {
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
                // What a reference leads to is an operand where the reference is.
                let mut inner = Trail { explicit: trail.explicit || trail.refs == 0, ..trail };
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
        self.work(vertex).has_struct = true;
        let literal = self.ir().structure(id);
        let makes_scope = literal.has_embedding && !literal.explicit_open && !literal.is_file;
        let is_struct = !literal.has_embedding || names_members(self.ir(), id);
        let inner = self.begin_struct(vertex, id, node, env, &trail);
        let mut trail = trail;
        if makes_scope && trail.outer == 0 && !trail.from_embedding {
            trail = self.close_scope(node, vertex, trail, Origin::Struct);
        }
        if is_struct {
            self.become_struct(vertex, node, &trail);
        }
        self.insert_members(vertex, id, node, inner, trail)
    }

    /// Notes that a vertex has a struct literal; the frame that its members see.
    pub(crate) fn begin_struct(
        &mut self,
        vertex: VertexId,
        id: StructId,
        node: NodeId,
        env: EnvId,
        trail: &Trail,
    ) -> EnvId {
        self.note(vertex, trail, HAS_STRUCT);
        let place = self.place_of(node, trail.refs);
        let count = self.ir().structure(id).decls.len as usize;
        let env = self.add_env(env, Frame::Vertex(vertex));
        let at = self.vertex_mut(vertex);
        at.more_mut().inserted.push(Inserted { literal: node, place, explicit: trail.explicit, env });
        if at.arcs.is_empty() {
            at.arcs = Arcs::with_capacity(count);
        }
        env
    }

    /// All that a struct literal holds. Fields first: what a task may look at is then there.
    pub(crate) fn insert_members(
        &mut self,
        vertex: VertexId,
        id: StructId,
        node: NodeId,
        env: EnvId,
        trail: Trail,
    ) -> Done {
        let literal = self.ir().structure(id);
        let only_fields = literal.is_static() && !literal.has_pattern && !literal.has_ellipsis;
        let decls = literal.decls;
        for index in decls.start..decls.start + decls.len {
            if let Decl::Field { label, arc, value, .. } = self.ir().all_decls[index as usize] {
                let trail = field_trail(trail, arc);
                self.add_field(vertex, label, arc, Conjunct { item: Item::Node(value), env, trail })?;
            }
        }
        if only_fields { Ok(()) } else { self.insert_rest(vertex, id, node, env, trail) }
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
        let mut inner = part_of_literal(trail);
        if explicit_open {
            return inner;
        }
        inner.from_embedding = true;
        if matches!(self.ir().node(node), Node::Or(_) | Node::Chain(_) | Node::Compare { .. } | Node::Logical { .. }) {
            return inner;
        }
        self.close_scope(node, vertex, inner, Origin::Embedding)
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

/// The trail of what stands in a literal beside its fields. A literal is an operand without it; what a reference leads to
/// is one as a whole.
pub(crate) fn part_of_literal(trail: Trail) -> Trail {
    Trail { derived: true, explicit: trail.explicit && trail.refs != 0, ..trail }
}

/// Whether a literal names fields that a struct would have.
fn names_fields(ir: &Ir, body: NodeId) -> bool {
    let Node::Struct(id) = ir.node(body) else { return false };
    names_members(ir, id)
}

/// Whether a literal has regular fields that are neither optional nor required.
fn names_members(ir: &Ir, id: StructId) -> bool {
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
