//! From names and paths to vertices.

use cue_data::Kinds;
use strata_base::Span;

use crate::closing::always_allowed;
use crate::errors::{Arg, ErrorCode};
use crate::expr::Needs;
use crate::ir::{ArcType, LetId, Node, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Status, Trail, VertexId};
use crate::work::Need;

/// How often an expression may be evaluated for the sake of its own evaluation. The original allows none; a few do no
/// harm.
const MAX_REPEATS: u32 = 6;

/// What a reference leads to.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Vertex(VertexId),
    /// A value without a place, or the error that ends the path.
    Value(Value),
    /// A required field that is not there yet: the error, and what is said of the field.
    Missing {
        field: VertexId,
        error: Value,
    },
}

impl Target {
    /// The value of a path that ends here.
    pub(crate) fn value(self) -> Value {
        match self {
            Target::Vertex(vertex) => Value::Vertex(vertex),
            Target::Value(value) | Target::Missing { error: value, .. } => value,
        }
    }
}

impl Session {
    pub(crate) fn resolve(&mut self, node: NodeId, env: EnvId) -> Step<Target> {
        let found = match self.ir().node(node) {
            Node::Field { up, label } => {
                let Some(vertex) = self.frame_vertex(env, up) else { return Ok(self.lost(node)) };
                return self.lookup(vertex, label, node);
            }
            Node::DynamicField { up, key } => {
                let Some((at, Frame::Vertex(vertex))) = self.frame(env, up) else { return Ok(self.lost(node)) };
                return self.lookup_key(vertex, key, at, node);
            }
            Node::KeyField { up } => {
                let Some((at, Frame::Key(label))) = self.frame(env, up) else { return Ok(self.lost(node)) };
                let above = self.env(at).up;
                let Some(vertex) = self.frame_vertex(above, 0) else { return Ok(self.lost(node)) };
                return self.lookup(vertex, label, node);
            }
            Node::ForValue { up } => match self.frame(env, up) {
                Some((_, Frame::For { value, .. })) => Some(value),
                _ => None,
            },
            Node::ClauseLet { up } => match self.frame(env, up) {
                Some((_, Frame::Let(vertex))) => Some(vertex),
                _ => None,
            },
            Node::SelfValue { up } => self.frame_vertex(env, up),
            Node::ValueAlias { up: 0 } => Some(self.here.vertex),
            Node::ValueAlias { up } => self.frame_vertex(env, up - 1),
            Node::Let { up, id } => match self.frame(env, up) {
                Some((at, Frame::Vertex(vertex))) => Some(self.let_vertex(at, vertex, id)?),
                _ => None,
            },
            Node::Import(instance) => Some(self.root(instance)?),
            Node::Selector { operand, label } => {
                if matches!(self.ir().node(operand), Node::StdImport(_)) {
                    let error = self.incomplete(node, "undefined field: {}", vec![Arg::Label(label)]);
                    return Ok(Target::Value(error));
                }
                return match self.operand_vertex(operand, env)? {
                    Target::Vertex(vertex) => self.lookup(vertex, label, node),
                    target => Ok(self.not_a_struct(target.value(), node)),
                };
            }
            Node::Index { operand, index } => {
                return match self.operand_vertex(operand, env)? {
                    Target::Vertex(vertex) => self.lookup_key(vertex, index, env, node),
                    target => Ok(self.not_a_struct(target.value(), node)),
                };
            }
            Node::Try(inner) => {
                let saved = std::mem::replace(&mut self.here.trying, true);
                let found = self.resolve(inner, env);
                self.here.trying = saved;
                return found;
            }
            _ => None,
        };
        Ok(found.map_or_else(|| self.lost(node), Target::Vertex))
    }

    /// Whether a path begins at an expression rather than at a name.
    pub(crate) fn needs_inline(&self, node: NodeId) -> bool {
        matches!(self.ir().node(self.first_of_path(node)), Node::Struct(_) | Node::And(_) | Node::Or(_))
    }

    /// What a path begins at.
    pub(crate) fn first_of_path(&self, mut node: NodeId) -> NodeId {
        while let Node::Selector { operand, .. } | Node::Index { operand, .. } = self.ir().node(node) {
            node = operand;
        }
        node
    }

    /// Whether a node is a path to a vertex rather than an operation.
    pub(crate) fn is_reference(&self, node: NodeId) -> bool {
        matches!(
            self.ir().node(node),
            Node::Field { .. }
                | Node::DynamicField { .. }
                | Node::KeyField { .. }
                | Node::ForValue { .. }
                | Node::ClauseLet { .. }
                | Node::SelfValue { .. }
                | Node::ValueAlias { .. }
                | Node::Let { .. }
                | Node::Import(_)
                | Node::Selector { .. }
                | Node::Index { .. }
                | Node::Try(_)
        )
    }

    pub(crate) fn frame_vertex(&self, env: EnvId, up: u32) -> Option<VertexId> {
        match self.frame(env, up) {
            Some((_, Frame::Vertex(vertex))) => Some(vertex),
            _ => None,
        }
    }

    /// A frame that is not what lowering promised: a defect of ours, told as an error rather than a crash.
    fn lost(&mut self, node: NodeId) -> Target {
        Target::Value(self.failure(node, "internal error: a name has lost its frame", Vec::new()))
    }

    fn let_vertex(&mut self, env: EnvId, owner: VertexId, id: LetId) -> Result<VertexId, Limit> {
        if let Some(&known) = self.lets.get(&(env, id)) {
            return Ok(known);
        }
        let literal = self.ir().lets[id.0 as usize];
        let trail = Trail { refs: self.here.trail.refs, cyclic: self.here.trail.cyclic, ..Trail::default() };
        let conjunct = Conjunct { item: Item::Node(literal.value), env, trail };
        let vertex = self.add_detached_for(owner, literal.label, vec![conjunct])?;
        let maker = self.here.vertex;
        self.vertex_mut(vertex).rare_mut().maker = maker;
        self.lets.insert((env, id), vertex);
        Ok(vertex)
    }

    fn add_detached_for(&mut self, owner: VertexId, label: Label, conjuncts: Vec<Conjunct>) -> Result<VertexId, Limit> {
        let vertex = self.add_detached(owner, conjuncts)?;
        self.vertex_mut(vertex).label = label;
        Ok(vertex)
    }

    /// The vertex of the operand of a selector: by its path, or made for the expression.
    fn operand_vertex(&mut self, node: NodeId, env: EnvId) -> Step<Target> {
        if self.is_reference(node) {
            return self.resolve(node, env);
        }
        match self.ir().node(node) {
            Node::Struct(_) | Node::List(_) | Node::And(_) | Node::Or(_) | Node::Open(_) => {
                Ok(Target::Vertex(self.inline(node, env)?))
            }
            _ => match self.eval(node, env)? {
                Value::Vertex(vertex) => Ok(Target::Vertex(vertex)),
                value => Ok(Target::Value(value)),
            },
        }
    }

    /// A vertex for an expression that has none of its own. Asked again from the same place it is the same one.
    pub(crate) fn inline(&mut self, node: NodeId, env: EnvId) -> Step<VertexId> {
        let key = (node, env, self.here.vertex);
        if let Some(&known) = self.inlines.get(&key) {
            return Ok(known);
        }
        let trail = Trail { refs: self.here.trail.refs, cyclic: self.here.trail.cyclic, ..Trail::default() };
        let conjunct = Conjunct { item: Item::Node(node), env, trail };
        let vertex = self.add_inline(node, vec![conjunct])?;
        self.inlines.insert(key, vertex);
        Ok(vertex)
    }

    /// A vertex that is made while another is evaluated. One that is made for the sake of itself again and again would
    /// never end: it is a structural cycle.
    pub(crate) fn add_inline(&mut self, node: NodeId, conjuncts: Vec<Conjunct>) -> Step<VertexId> {
        let mut repeats = 0;
        let mut at = self.here.vertex;
        while !at.is_none() {
            let here = self.vertex(at);
            if here.detached && here.place == node && !here.rare().maker.is_none() {
                repeats += 1;
            }
            at = if here.parent.is_none() || here.detached { here.rare().maker } else { here.parent };
        }
        if repeats >= MAX_REPEATS {
            let error = self.error(ErrorCode::StructuralCycle, node, "structural cycle", Vec::new());
            return self.add_data(Value::Bottom(error));
        }
        let vertex = self.add_detached(VertexId::NONE, conjuncts)?;
        let maker = self.here.vertex;
        let at = self.vertex_mut(vertex);
        at.place = node;
        at.rare_mut().maker = maker;
        Ok(vertex)
    }

    /// The error of a path that goes on from what has no fields, or is not known to have any.
    fn not_a_struct(&mut self, value: Value, node: NodeId) -> Target {
        if let Value::Bottom(_) = value {
            return Target::Value(value);
        }
        let operand = match self.ir().node(node) {
            Node::Selector { operand, .. } | Node::Index { operand, .. } => operand,
            _ => node,
        };
        let text = Arg::from(self.source_text(operand));
        let kinds = self.kinds_of(&value);
        let error = if kinds.intersects(Kinds::STRUCT) {
            let args = vec![Arg::from(self.source_text(node)), text, Arg::Kinds(kinds)];
            self.incomplete(operand, "{} undefined as {} is incomplete (type {})", args)
        } else {
            self.failure(operand, "invalid operand {} (found {}, want list or struct)", vec![text, Arg::Kinds(kinds)])
        };
        Target::Value(error)
    }

    fn lookup_key(&mut self, vertex: VertexId, key: NodeId, env: EnvId, node: NodeId) -> Step<Target> {
        let key_value = self.concrete(key, env, Needs::Label)?;
        let label = match &key_value {
            Value::Bottom(_) => return Ok(Target::Value(key_value)),
            Value::String(text) => {
                let text = std::sync::Arc::clone(text);
                Label::string(self.intern(&text))
            }
            Value::Number(number) if number.is_int() => match number.as_u64() {
                Some(index) if index < u64::from(Label::MAX_INDEX) => {
                    Label::index(u32::try_from(index).unwrap_or(u32::MAX))
                }
                _ => {
                    let written = matches!(self.ir().node(key), Node::Number(_) | Node::Negate(_));
                    let value = Arg::Value(key_value.clone());
                    let error = if written {
                        self.failure(key, "invalid index {} (index must be non-negative)", vec![value])
                    } else {
                        let args = vec![Arg::from(self.source_text(key)), value];
                        self.failure(key, "index {} out of range [{}]", args)
                    };
                    return Ok(Target::Value(error));
                }
            },
            _ => {
                let args = vec![Arg::Value(key_value.clone()), Arg::Kinds(key_value.kinds())];
                return Ok(Target::Value(self.failure(key, "invalid index {} (invalid type {})", args)));
            }
        };
        self.lookup(vertex, label, node)
    }

    /// The field of a vertex, once it is known whether there is one.
    pub(crate) fn lookup(&mut self, vertex: VertexId, label: Label, node: NodeId) -> Step<Target> {
        let mut vertex = self.deref(vertex);
        if let Some(own) = self.alternative_around(vertex) {
            vertex = own;
        }
        if let Some(chosen) = self.default_vertex(vertex) {
            vertex = chosen;
        }
        if let Some(field) = self.vertex(vertex).arcs.get(label)
            && self.vertex(field).arc == ArcType::Member
            && self.vertex(vertex).status != Status::Fresh
        {
            return Ok(Target::Vertex(field));
        }
        self.wait(vertex, Need::Label(label))?;
        let mut vertex = self.deref(vertex);
        if self.vertex(vertex).work.as_ref().is_some_and(|work| work.resolved.is_some()) {
            // Its alternatives are known, and so it has no fields of its own any more.
            self.wait(vertex, Need::Done)?;
            vertex = self.deref(vertex);
        }
        if let Some(chosen) = self.default_vertex(vertex) {
            vertex = chosen;
        }
        if let Some(field) = self.vertex(vertex).arcs.get(label) {
            match self.vertex(field).arc {
                ArcType::Member => return Ok(Target::Vertex(field)),
                arc => {
                    let format = match arc {
                        ArcType::Optional => "cannot reference optional field: {}",
                        _ => "required field missing: {}",
                    };
                    let spans = vec![self.selected_span(node)];
                    let error = self.error_at(ErrorCode::Incomplete, spans, format, vec![Arg::Label(label)]);
                    let error = Value::Bottom(error);
                    return Ok(match arc {
                        ArcType::Required => Target::Missing { field, error },
                        _ => Target::Value(error),
                    });
                }
            }
        }
        self.missing(vertex, label, node)
    }

    /// The alternative of a vertex that is being tried, seen from inside of it.
    fn alternative_around(&self, vertex: VertexId) -> Option<VertexId> {
        self.vertex(vertex).work.as_ref()?.expansion.as_ref()?;
        let mut at = self.here.vertex;
        while !at.is_none() {
            let here = self.vertex(at);
            if here.alternative && self.base_of(at) == vertex {
                return Some(at);
            }
            at = here.parent;
        }
        None
    }

    /// The vertex of the default of a disjunction, where there is exactly one.
    pub(crate) fn default_vertex(&self, vertex: VertexId) -> Option<VertexId> {
        let mut at = vertex;
        while let Value::Disjunction(d) = &self.vertex(at).value {
            if d.defaults != 1 {
                break;
            }
            let Some(Value::Vertex(chosen)) = d.values.first() else { break };
            at = self.deref(*chosen);
        }
        (at != vertex).then_some(at)
    }

    /// Where the last part of a path stands.
    fn selected_span(&self, node: NodeId) -> Span {
        let span = self.span(node);
        match self.ir().node(node) {
            Node::Index { index, .. } => self.span(index),
            Node::Selector { .. } => {
                let text = self.program.sources.text(span);
                // A quoted label may hold dots.
                let dot = if text.ends_with('"') { text.rfind(".\"") } else { text.rfind('.') };
                let skip = dot.map_or(0, |dot| {
                    let after = &text[dot + 1..];
                    dot + 1 + (after.len() - after.trim_start().len())
                });
                Span::new(span.file, span.start as usize + skip, span.end as usize)
            }
            Node::Try(inner) => self.selected_span(inner),
            _ => span,
        }
    }

    /// Why there is no such field.
    fn missing(&mut self, vertex: VertexId, label: Label, node: NodeId) -> Step<Target> {
        let at = self.vertex(vertex);
        let value = if at.status >= Status::Done { at.value.clone() } else { self.shape_so_far(vertex) };
        match &value {
            Value::Bottom(_) => return Ok(Target::Value(value)),
            Value::Disjunction(_) => {
                let kinds = self.kinds_of(&value);
                let args = vec![Arg::Value(Value::Vertex(vertex)), Arg::Kinds(kinds)];
                let error = self.incomplete(node, "unresolved disjunction {} (type {})", args);
                return Ok(Target::Value(error));
            }
            Value::Struct | Value::List { .. } => {}
            // It may still come to be a struct or list.
            _ if at.status < Status::Done
                && !value.is_scalar()
                && value.kinds().intersects(Kinds::STRUCT.or(Kinds::LIST)) => {}
            _ => return Ok(self.not_a_struct(value, node)),
        }
        let kinds = value.kinds();
        if label.is_int() && !kinds.is_bottom() && !kinds.intersects(Kinds::LIST) {
            let args = vec![Arg::Label(label), Arg::Kinds(kinds)];
            let spans = vec![self.selected_span(node)];
            let error = self.error_at(ErrorCode::Eval, spans, "invalid index {} (found {}, want list)", args);
            return Ok(Target::Value(Value::Bottom(error)));
        }
        let may_come = match value {
            Value::List { open } if label.is_int() => open,
            _ if label.is_string() && !kinds.intersects(Kinds::STRUCT) => false,
            _ => self.may_gain(vertex, label),
        };
        let code = if may_come { ErrorCode::Incomplete } else { ErrorCode::Eval };
        let spans = vec![self.selected_span(node)];
        let error = if label.is_int() {
            let length = self.vertex(vertex).arcs.iter().filter(|(label, _)| label.is_int()).count().to_string();
            let args = vec![Arg::Label(label), Arg::from(length)];
            self.error_at(code, spans, "index out of range [{}] with length {}", args)
        } else {
            self.error_at(code, spans, "undefined field: {}", vec![Arg::Label(label)])
        };
        Ok(Target::Value(Value::Bottom(error)))
    }

    /// Whether a struct may come to have a field that it does not have.
    fn may_gain(&mut self, vertex: VertexId, label: Label) -> bool {
        let at = self.vertex(vertex);
        // What tests for a field must do so by a name that the definitions at hand know, finished or not.
        if at.status < Status::Done && self.rules.strict_presence {
            return self.refusers(vertex, label).is_empty();
        }
        // Of what is not finished only `close()` is known.
        let closed = if at.status < Status::Done { at.closed_once } else { at.closed || at.closed_once };
        if !closed || at.has_ellipsis || always_allowed(label) {
            return true;
        }
        let patterns: Vec<_> = at.rare().patterns.iter().map(|pattern| pattern.filter.clone()).collect();
        patterns.iter().any(|filter| self.matches(filter, label))
    }

    /// What a vertex that is not finished is so far known to be.
    fn shape_so_far(&self, vertex: VertexId) -> Value {
        let Some(work) = &self.vertex(vertex).work else { return Value::Top };
        if let Some(error) = work.error {
            return Value::Bottom(error);
        }
        match work.list {
            Some(list) => Value::List { open: !list.closed },
            None if work.a_struct => Value::Struct,
            None => Value::Basic(work.kinds),
        }
    }
}
