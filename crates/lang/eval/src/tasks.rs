//! What the tasks of a vertex do.

use std::sync::Arc;

use cue_data::Kinds;

use crate::errors::Arg;
use crate::ir::{ArcType, Clause, Decl, Node, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::resolve::Target;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Pattern, VertexId};
use crate::work::{Need, Task, TaskId, TaskKind};

impl Session {
    /// Runs a task to its end, or says what it waits for and leaves no trace.
    pub(crate) fn perform(&mut self, id: TaskId, task: &Task) -> Step<()> {
        match task.kind {
            TaskKind::Reference => self.perform_reference(task),
            TaskKind::Expression => {
                let value = self.eval(task.node, task.env)?;
                if let Value::Vertex(vertex) = value {
                    return self.bring(task, vertex);
                }
                self.insert_value(task.vertex, value, task.node, task.env, task.trail)?;
                Ok(())
            }
            TaskKind::Dynamic { index } => self.perform_dynamic(task, index),
            TaskKind::Pattern { index } => self.perform_pattern(task, index),
            TaskKind::Comprehension => self.perform_comprehension(id, task),
            TaskKind::List => self.perform_list(id, task),
            TaskKind::Disjunctions => self.perform_disjunctions(task),
        }
    }

    fn perform_reference(&mut self, task: &Task) -> Step<()> {
        if self.needs_inline(task.node) && self.ends_in_cycle(task.vertex, &task.trail) {
            return Ok(());
        }
        match self.resolve(task.node, task.env)? {
            Target::Vertex(target) => self.bring(task, target),
            // What is said of the field may be selected from all the same.
            Target::Missing { field, error } => {
                self.bring(task, field)?;
                self.insert_value(task.vertex, error, task.node, task.env, task.trail)?;
                Ok(())
            }
            Target::Value(value) => {
                self.insert_value(task.vertex, value, task.node, task.env, task.trail)?;
                Ok(())
            }
        }
    }

    /// Brings what a vertex means into the vertex of a task.
    fn bring(&mut self, task: &Task, target: VertexId) -> Step<()> {
        let target = self.deref_shared(target);
        let end = self.deref_alternative(target);
        if self.vertex(target).data {
            self.insert(task.vertex, Item::Vertex(target), task.env, task.trail)?;
            return Ok(());
        }
        self.wait(target, Need::Settled)?;
        match self.detect_cycle(task.vertex, end, task.node, task.env, task.trail) {
            crate::cycle::Verdict::Skip => Ok(()),
            crate::cycle::Verdict::Endless => {
                let place = self.first_of_path(task.node);
                let error = self.error(crate::errors::ErrorCode::StructuralCycle, place, "structural cycle", vec![]);
                self.add_error(task.vertex, error);
                Ok(())
            }
            crate::cycle::Verdict::Insert(trail) => {
                if let Value::Bottom(error) = self.vertex(end).value
                    && self.bottom(error).code == crate::errors::ErrorCode::StructuralCycle
                {
                    self.add_error(task.vertex, error);
                    return Ok(());
                }
                let (closed, closed_once) = (self.vertex(target).closed, self.vertex(target).closed_once);
                let trail = if task.kind == TaskKind::Expression && (closed || closed_once) {
                    self.note_opened(task.vertex, target, &trail);
                    let at = self.vertex_mut(task.vertex);
                    at.closed |= closed;
                    at.closed_once |= closed_once;
                    self.close_by_reference(task.node, task.vertex, target, trail, false)
                } else {
                    trail
                };
                self.insert_referenced(task.vertex, task.node, target, trail)?;
                Ok(())
            }
        }
    }

    fn decl(&self, node: NodeId, index: u32) -> Option<Decl> {
        match self.ir().node(node) {
            Node::Struct(id) => self.ir().decls(self.ir().structure(id)).get(index as usize).copied(),
            _ => None,
        }
    }

    fn perform_dynamic(&mut self, task: &Task, index: u32) -> Step<()> {
        let Some(Decl::Dynamic { key, arc, value, keyed, .. }) = self.decl(task.node, index) else { return Ok(()) };
        let found = self.concrete(key, task.env, "dynamic field")?;
        let label = match &found {
            Value::String(text) => {
                let text = Arc::clone(text);
                Label::string(self.intern(&text))
            }
            Value::Bottom(_) => {
                let error = self.key_error(found, key);
                self.insert_value(task.vertex, error, key, task.env, task.trail)?;
                return Ok(());
            }
            Value::Number(_) => {
                let error = self.failure(key, "integer fields not supported", Vec::new());
                self.insert_value(task.vertex, error, key, task.env, task.trail)?;
                return Ok(());
            }
            _ => {
                let kinds = self.kinds_of(&found);
                let args = vec![Arg::Value(found), Arg::Kinds(kinds)];
                let error = self.failure(key, "invalid index {} (invalid type {})", args);
                self.insert_value(task.vertex, error, key, task.env, task.trail)?;
                return Ok(());
            }
        };
        let env = if keyed { self.add_env(task.env, Frame::Key(label)) } else { task.env };
        let conjunct = Conjunct { item: Item::Node(value), env, trail: task.trail };
        self.add_field(task.vertex, label, arc, conjunct)?;
        Ok(())
    }

    fn key_error(&mut self, found: Value, key: NodeId) -> Value {
        let Value::Bottom(error) = found else { return found };
        if self.bottom(error).format.starts_with("non-concrete value") {
            let value = self.bottom(error).args.first().cloned();
            if let Some(Arg::Value(value)) = value {
                let args = vec![Arg::Value(value)];
                return self.incomplete(key, "key value of dynamic field must be concrete, found {}", args);
            }
        }
        Value::Bottom(error)
    }

    fn perform_pattern(&mut self, task: &Task, index: u32) -> Step<()> {
        let Some(Decl::Pattern { filter, value, keyed, .. }) = self.decl(task.node, index) else { return Ok(()) };
        let found = self.eval(filter, task.env)?;
        let found = self.pattern_filter(found)?;
        if let Value::Bottom(_) = found {
            self.insert_value(task.vertex, found, filter, task.env, task.trail)?;
            return Ok(());
        }
        let conjunct = Conjunct { item: Item::Node(value), env: task.env, trail: task.trail };
        self.add_pattern(task.vertex, Pattern { filter: found, conjunct, keyed, node: filter })?;
        Ok(())
    }

    /// A pattern as a constraint that can be held against labels.
    fn pattern_filter(&mut self, found: Value) -> Step<Value> {
        let Value::Vertex(vertex) = found else { return Ok(found) };
        self.wait(vertex, Need::Done)?;
        let at = self.deref(vertex);
        let value = self.known_value(at).unwrap_or(Value::Top);
        let Value::Disjunction(d) = &value else { return Ok(value) };
        let mut values = Vec::with_capacity(d.values.len());
        for value in &d.values {
            values.push(match value {
                Value::Vertex(inner) => {
                    let inner = self.deref(*inner);
                    self.known_value(inner).unwrap_or(Value::Top)
                }
                other => other.clone(),
            });
        }
        let all = crate::value::Disjunction { values, defaults: 0, has_defaults: false };
        Ok(Value::Disjunction(Arc::new(all)))
    }

    fn perform_comprehension(&mut self, id: TaskId, task: &Task) -> Step<()> {
        let Node::Comprehension(comprehension) = self.ir().node(task.node) else { return Ok(()) };
        let program = Arc::clone(&self.program);
        let literal = program.ir.comprehension(comprehension);
        let rounds = match self.rounds(id, &literal.clauses, literal.body, task.env)? {
            Ok(rounds) => rounds,
            Err(error) => {
                self.insert_value(task.vertex, error, task.node, task.env, task.trail)?;
                return Ok(());
            }
        };
        if rounds.is_empty()
            && let Some(fallback) = literal.fallback
        {
            self.insert(task.vertex, Item::Node(fallback), task.env, task.trail)?;
        }
        for env in rounds {
            self.insert(task.vertex, Item::Node(literal.body), env, task.trail)?;
        }
        Ok(())
    }

    /// The frames of each round of a comprehension, or the error that keeps it from going round.
    fn rounds(&mut self, id: TaskId, clauses: &[Clause], body: NodeId, env: EnvId) -> Step<Result<Vec<EnvId>, Value>> {
        let mut envs = vec![env];
        for (index, clause) in clauses.iter().enumerate() {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let mut next = Vec::new();
            for env in envs {
                match *clause {
                    Clause::For { source } => match self.iterate(source, env)? {
                        Ok(items) => {
                            for (key, value) in items {
                                self.meter.work(1)?;
                                next.push(self.round(id, env, index, key, Frame::For { key, value }));
                            }
                        }
                        Err(error) => return Ok(Err(error)),
                    },
                    Clause::If(condition) => match self.condition(condition, env)? {
                        Ok(true) => next.push(env),
                        Ok(false) => {}
                        Err(error) => return Ok(Err(error)),
                    },
                    Clause::Let(value) => {
                        let vertex = self.inline(value, env)?;
                        next.push(self.round(id, env, index, Label::index(0), Frame::Let(vertex)));
                    }
                    Clause::TryLet(value) => {
                        if self.attempt(value, env)? {
                            let vertex = self.inline(value, env)?;
                            next.push(self.round(id, env, index, Label::index(0), Frame::Let(vertex)));
                        }
                    }
                    Clause::Try => {
                        if self.attempt_body(body, env)? {
                            next.push(env);
                        }
                    }
                }
            }
            envs = next;
        }
        Ok(Ok(envs))
    }

    /// The frame of a round; the same again when the task runs again.
    fn round(&mut self, id: TaskId, up: EnvId, clause: u32, key: Label, frame: Frame) -> EnvId {
        let memo = (id, up, clause, key);
        if let Some(&known) = self.rounds_made.get(&memo) {
            return known;
        }
        let env = self.add_env(up, frame);
        self.rounds_made.insert(memo, env);
        env
    }

    /// What a `for` goes through: keys and vertices in order.
    fn iterate(&mut self, source: NodeId, env: EnvId) -> Step<Result<Vec<(Label, VertexId)>, Value>> {
        let value = self.eval(source, env)?;
        let value = match value {
            Value::Vertex(vertex) if self.here.forced => {
                let at = self.deref(vertex);
                self.wait(at, Need::Fields)?;
                if self.vertex(at).status < crate::vertex::Status::Done {
                    self.work(at).field_set_frozen = true;
                }
                self.known_value(at).map_or(Value::Top, |known| match known {
                    Value::Struct | Value::List { .. } => Value::Vertex(at),
                    other => other,
                })
            }
            Value::Vertex(vertex) => {
                self.wait(vertex, Need::Done)?;
                value
            }
            value => value,
        };
        let known = self.settled_value(&value)?;
        let many = Kinds::STRUCT.or(Kinds::LIST);
        let never = known.as_ref().is_some_and(|known| !known.kinds().is_bottom() && !known.kinds().intersects(many));
        let value = match known {
            Some(known) if never => known,
            Some(known) if !known.is_concrete() && !matches!(known, Value::Bottom(_) | Value::Disjunction(_)) => {
                let args = vec![Arg::from(self.source_text(source)), Arg::Kinds(known.kinds())];
                return Ok(Err(self.incomplete(source, "cannot range over {} (incomplete type {})", args)));
            }
            _ => self.concrete_value(value, source, "for")?,
        };
        let Value::Vertex(vertex) = value else {
            if matches!(value, Value::Bottom(_)) {
                return Ok(Err(value));
            }
            let args = vec![Arg::from(self.source_text(source)), Arg::Kinds(value.kinds())];
            return Ok(Err(self.failure(source, "cannot range over {} (found {}, want list or struct)", args)));
        };
        if let Some(error) = self.refuse_opaque(&Value::Vertex(vertex), "for", source)? {
            return Ok(Err(error));
        }
        let vertex = self.deref(vertex);
        let is_list = matches!(self.known_value(vertex), Some(Value::List { .. }));
        let fields = if is_list { self.vertex(vertex).arcs.iter().collect() } else { self.ordered_fields(vertex) };
        let mut items = Vec::with_capacity(fields.len());
        for (label, field) in fields {
            if label.is_regular() && self.vertex(field).arc == ArcType::Member {
                items.push((label, field));
            }
        }
        Ok(Ok(items))
    }

    fn attempt(&mut self, node: NodeId, env: EnvId) -> Step<bool> {
        // A required field is there, though nothing is in it.
        if let Node::Try(_) = self.ir().node(node)
            && let Target::Missing { .. } = self.resolve(node, env)?
        {
            return Ok(true);
        }
        let found = self.eval(node, env)?;
        Ok(!matches!(found, Value::Bottom(error) if self.bottom(error).code.is_incomplete()))
    }

    /// Whether all that a tried body asks for with `?` is there.
    fn attempt_body(&mut self, body: NodeId, env: EnvId) -> Step<bool> {
        let program = Arc::clone(&self.program);
        for &(node, depth) in program.ir.tries.get(&body).map_or(&[][..], Vec::as_slice) {
            let mut inner = env;
            for _ in 0..depth {
                inner = match self.probe_frames.get(&(body, inner)) {
                    Some(&known) => known,
                    None => {
                        let made = self.add_env(inner, Frame::Vertex(self.here.vertex));
                        self.probe_frames.insert((body, inner), made);
                        made
                    }
                };
            }
            if !self.attempt(node, inner)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn perform_list(&mut self, id: TaskId, task: &Task) -> Step<()> {
        let Node::List(list) = self.ir().node(task.node) else { return Ok(()) };
        let program = Arc::clone(&self.program);
        let literal = program.ir.list(list);
        let mut elements = Vec::new();
        for &element in program.ir.nodes(literal.elements) {
            let Node::Comprehension(comprehension) = self.ir().node(element) else {
                elements.push((Item::Node(element), task.env));
                continue;
            };
            let inner = program.ir.comprehension(comprehension);
            match self.rounds(id, &inner.clauses, inner.body, task.env)? {
                Ok(rounds) => {
                    if rounds.is_empty() {
                        elements.extend(inner.fallback.map(|fallback| (Item::Node(fallback), task.env)));
                    }
                    elements.extend(rounds.into_iter().map(|env| (Item::Node(inner.body), env)));
                }
                Err(error) => {
                    self.insert_value(task.vertex, error, element, task.env, task.trail)?;
                    return Ok(());
                }
            }
            if elements.len() > self.meter.limits.list_length {
                return Err(Limit::ListLength.into());
            }
        }
        let ellipsis = literal.ellipsis.map(|rest| (Some(rest.value), task.env));
        self.insert_elements(task.vertex, &elements, ellipsis, task.node, task.trail)?;
        Ok(())
    }
}
