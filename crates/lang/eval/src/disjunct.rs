//! Disjunctions: which alternatives remain, and which of them is the default.
//!
//! Alternatives that cannot hold are dropped before anything is evaluated, by kinds, literal fields and closed labels;
//! if one is left it is inserted as if it had been written alone. Only where several are left is the vertex evaluated
//! once for each: an *alternative* is a vertex with the same conjuncts and one choice made. It is made anew from
//! conjuncts and frames, so nothing is cloned.

use std::sync::Arc;

use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::ir::NodeId;
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::{Disjunction, Value};
use crate::vertex::{EnvId, Frame, Item, Status, Trail, Vertex, VertexId};
use crate::work::{DisjunctionSource, Need, PendingDisjunction, Task, TaskKind};

/// Whether an alternative is a default. The order is that of strength when two are combined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Mode {
    /// Nothing was marked.
    Maybe,
    Default,
    NotDefault,
}

/// One way through the disjunctions so far.
#[derive(Clone, Debug)]
struct Partial {
    choices: Vec<(u64, u32)>,
    vertex: VertexId,
    /// Of the choices before the last.
    mode: Mode,
    /// Of the last choice.
    last: Mode,
}

/// The state of working through the disjunctions of a vertex, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    list: Vec<PendingDisjunction>,
    level: usize,
    cross: Vec<Partial>,
    /// The alternatives of this level.
    trial: Vec<Partial>,
}

impl Expansion {
    pub(crate) fn pending(&self) -> &[PendingDisjunction] {
        &self.list
    }
}

/// What is left when all disjunctions are worked through.
pub(crate) type Remaining = Vec<(Value, Mode)>;

impl Session {
    pub(crate) fn add_disjunction(
        &mut self,
        vertex: VertexId,
        source: DisjunctionSource,
        node: NodeId,
        env: EnvId,
        trail: Trail,
    ) -> Result<(), Limit> {
        let key = self.disjunction_key(vertex, node, env);
        let work = self.work(vertex);
        if work.deferred.contains(&key) {
            return Ok(());
        }
        let pending = PendingDisjunction { source, env, trail, key };
        if let Some(&(_, index)) = work.choices.iter().find(|(known, _)| *known == key) {
            return self.choose(vertex, &pending, index);
        }
        if work.disjunctions.iter().any(|known| known.key == key) {
            return Ok(());
        }
        work.disjunctions.push(pending);
        let open = work.tasks.clone();
        let waiting = open.iter().any(|&task| self.task(task).kind == TaskKind::Disjunctions && !self.task(task).done);
        if !waiting || self.vertex(vertex).work.as_ref().is_some_and(|work| work.expansion.is_some()) {
            self.add_task(vertex, TaskKind::Disjunctions, node, env, trail);
        }
        Ok(())
    }

    /// The same number for one disjunction in a vertex and in its alternatives: frames of the vertex itself count by
    /// their shape.
    fn disjunction_key(&self, vertex: VertexId, node: NodeId, env: EnvId) -> u64 {
        let mut hash = u64::from(node.0).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut mix = |part: u64| {
            hash = (hash.rotate_left(23) ^ part).wrapping_mul(0x2545_F491_4F6C_DD1D);
        };
        let mut at = env;
        while at != EnvId::NONE {
            let frame = self.env(at);
            match frame.frame {
                Frame::Vertex(inner) if inner == vertex => mix(1),
                Frame::For { key, .. } => mix(2 + (u64::from(key.payload()) << 8) + ((key.kind() as u64) << 40)),
                Frame::Let(_) => mix(3),
                Frame::Key(label) => mix(4 + (u64::from(label.payload()) << 8)),
                Frame::Vertex(_) => {
                    mix(5 + (u64::from(at.0) << 8));
                    break;
                }
            }
            at = frame.up;
        }
        hash
    }

    fn choose(&mut self, vertex: VertexId, pending: &PendingDisjunction, index: u32) -> Result<(), Limit> {
        match &pending.source {
            DisjunctionSource::Literal { index: literal, .. } => {
                let node = self.ir().disjunction(*literal).disjuncts[index as usize].value;
                let trail = Trail { derived: true, ..pending.trail };
                self.insert(vertex, Item::Node(node), pending.env, trail)
            }
            DisjunctionSource::Value { node, value } => {
                let chosen = value.values[index as usize].clone();
                let trail = Trail { derived: true, ..pending.trail };
                self.insert_value(vertex, chosen, *node, pending.env, trail)
            }
        }
    }

    pub(crate) fn width(&self, pending: &PendingDisjunction) -> u32 {
        let width = match &pending.source {
            DisjunctionSource::Literal { index, .. } => self.ir().disjunction(*index).disjuncts.len(),
            DisjunctionSource::Value { value, .. } => value.values.len(),
        };
        u32::try_from(width).unwrap_or(u32::MAX)
    }

    pub(crate) fn mode_of(&self, pending: &PendingDisjunction, index: u32) -> Mode {
        let (marked, any) = match &pending.source {
            DisjunctionSource::Literal { index: literal, .. } => {
                let literal = self.ir().disjunction(*literal);
                (literal.disjuncts[index as usize].default, literal.has_defaults)
            }
            DisjunctionSource::Value { value, .. } => ((index as usize) < value.defaults, value.has_defaults),
        };
        match (any, marked) {
            (false, _) => Mode::Maybe,
            (true, true) => Mode::Default,
            (true, false) => Mode::NotDefault,
        }
    }

    pub(crate) fn perform_disjunctions(&mut self, task: &Task) -> Step<()> {
        let vertex = task.vertex;
        if self.work(vertex).error.is_some() {
            self.work(vertex).disjunctions.clear();
            return Ok(());
        }
        if self.work(vertex).expansion.is_none() {
            let list = std::mem::take(&mut self.work(vertex).disjunctions);
            if list.is_empty() {
                return Ok(());
            }
            if let Some(remaining) = self.scalar_alternatives(vertex, &list) {
                self.settle_scalars(vertex, &list, remaining);
                return Ok(());
            }
            let Some(list) = self.narrow_down(vertex, list)? else { return Ok(()) };
            let start = Partial { choices: Vec::new(), vertex: VertexId::NONE, mode: Mode::Maybe, last: Mode::Maybe };
            let expansion = Expansion { list, level: 0, cross: vec![start], trial: Vec::new() };
            self.work(vertex).expansion = Some(Box::new(expansion));
        }
        let Some(mut expansion) = self.work(vertex).expansion.take() else { return Ok(()) };
        let result = self.expand(vertex, &mut expansion);
        match result {
            Ok(()) => Ok(()),
            Err(halt) => {
                self.work(vertex).expansion = Some(expansion);
                Err(halt)
            }
        }
    }

    /// Inserts what has only one alternative left, and puts the rest back. `None` if anything was inserted, for that
    /// must be evaluated before the rest.
    fn narrow_down(
        &mut self,
        vertex: VertexId,
        list: Vec<PendingDisjunction>,
    ) -> Step<Option<Vec<PendingDisjunction>>> {
        let mut rest = Vec::new();
        let mut moved = false;
        for pending in list {
            let alive: Vec<u32> =
                (0..self.width(&pending)).filter(|&index| self.may_hold(vertex, &pending, index)).collect();
            if let [only] = alive[..] {
                self.work(vertex).choices.push((pending.key, only));
                self.choose(vertex, &pending, only)?;
                moved = true;
            } else {
                rest.push(pending);
            }
        }
        if !moved {
            return Ok(Some(rest));
        }
        if let Some(first) = rest.first() {
            let (env, trail) = (first.env, first.trail);
            self.work(vertex).disjunctions.extend(rest);
            self.add_task(vertex, TaskKind::Disjunctions, NodeId(0), env, trail);
        }
        Ok(None)
    }

    // In general: one vertex for each alternative.

    fn expand(&mut self, vertex: VertexId, expansion: &mut Expansion) -> Step<()> {
        loop {
            let Some(pending) = expansion.list.get(expansion.level).cloned() else { break };
            if expansion.trial.is_empty() {
                let deferred: Vec<u64> = expansion.list[expansion.level + 1..].iter().map(|d| d.key).collect();
                for partial in expansion.cross.clone() {
                    for index in 0..self.width(&pending) {
                        if !self.may_hold(vertex, &pending, index) {
                            continue;
                        }
                        let mut choices = partial.choices.clone();
                        choices.push((pending.key, index));
                        let made = self.alternative(vertex, &choices, &deferred)?;
                        let last = self.mode_of(&pending, index);
                        expansion.trial.push(Partial { choices, vertex: made, mode: partial.mode, last });
                    }
                }
                if expansion.trial.len() > self.meter.limits.disjuncts {
                    return Err(Limit::Disjuncts.into());
                }
            }
            for partial in &expansion.trial {
                self.wait(partial.vertex, Need::Deep)?;
            }
            let last_level = expansion.level + 1 == expansion.list.len();
            let outer_defers = !self.work(vertex).deferred.is_empty();
            let trial = std::mem::take(&mut expansion.trial);
            let mut errors = Vec::new();
            let mut survivors = Vec::new();
            for partial in trial {
                match self.failure_of(partial.vertex) {
                    Some(error) if !self.bottom(error).code.is_incomplete() || (last_level && !outer_defers) => {
                        errors.push(error);
                    }
                    _ => survivors.push(partial),
                }
            }
            if survivors.is_empty() {
                if errors.is_empty() {
                    errors = self.dropped_errors(vertex, &pending);
                }
                let error = self.empty_disjunction(vertex, errors);
                self.add_error(vertex, error);
                return Ok(());
            }
            if last_level {
                self.settle_alternatives(vertex, survivors);
                return Ok(());
            }
            let left_drops = !survivors.iter().any(|p| p.mode == Mode::Default);
            let right_drops = !survivors.iter().any(|p| p.last == Mode::Default);
            for partial in &mut survivors {
                partial.mode = combine(partial.mode, partial.last, left_drops, right_drops);
                partial.last = Mode::Maybe;
            }
            expansion.cross = survivors;
            expansion.level += 1;
        }
        Ok(())
    }

    /// A vertex like another, with choices made.
    fn alternative(&mut self, base: VertexId, choices: &[(u64, u32)], deferred: &[u64]) -> Result<VertexId, Limit> {
        let at = self.vertex(base);
        let mut made = Vertex::new(at.parent, at.label, at.arc);
        made.settled = true;
        made.alternative = true;
        made.base = base;
        made.detached = at.detached;
        made.close = at.close.as_ref().map(|close| Box::new(close.for_alternative()));
        let work = at.work.as_ref();
        made.conjuncts = work.map_or_else(Vec::new, |work| work.flat.clone());
        let mut all_choices = work.map_or_else(Vec::new, |work| work.choices.clone());
        all_choices.extend_from_slice(choices);
        let mut all_deferred = work.map_or_else(Vec::new, |work| work.deferred.clone());
        all_deferred.extend_from_slice(deferred);
        let id = self.add_vertex(made)?;
        let work = self.work(id);
        work.choices = all_choices;
        work.deferred = all_deferred;
        Ok(id)
    }

    /// The error of a vertex or of anything in it.
    pub(crate) fn failure_of(&self, vertex: VertexId) -> Option<ErrorId> {
        let at = self.vertex(self.deref(vertex));
        if let Value::Bottom(error) = at.value {
            return Some(error);
        }
        at.child_error.or(at.loose_error)
    }

    fn settle_alternatives(&mut self, vertex: VertexId, survivors: Vec<Partial>) {
        let left_drops = !survivors.iter().any(|p| p.mode == Mode::Default);
        let right_drops = !survivors.iter().any(|p| p.last == Mode::Default);
        let mut remaining: Remaining = Vec::new();
        let mut nested = false;
        for partial in survivors {
            let end = self.deref(partial.vertex);
            let inner = match &self.vertex(end).value {
                Value::Disjunction(d) => Some(Arc::clone(d)),
                _ => None,
            };
            match inner {
                None => {
                    let mode = combine(partial.mode, partial.last, left_drops, right_drops);
                    self.join(&mut remaining, Value::Vertex(end), mode);
                }
                Some(inner) => {
                    for (index, value) in inner.values.iter().enumerate() {
                        let own = match (inner.has_defaults, index < inner.defaults) {
                            (false, _) => Mode::Maybe,
                            (true, true) => Mode::Default,
                            (true, false) => Mode::NotDefault,
                        };
                        let mode = combine(partial.mode, partial.last.max(own), left_drops, false);
                        nested |= mode != Mode::Maybe;
                        self.join(&mut remaining, value.clone(), mode);
                    }
                }
            }
        }
        if nested {
            for (_, mode) in &mut remaining {
                if *mode == Mode::Maybe {
                    *mode = Mode::NotDefault;
                }
            }
        }
        if let [(Value::Vertex(only), _)] = remaining[..] {
            let at = self.vertex_mut(vertex);
            at.forward = only;
            at.status = Status::Done;
            return;
        }
        let value = match &remaining[..] {
            [(only, _)] => only.clone(),
            _ => disjunction_value(remaining),
        };
        self.vertex_mut(vertex).arcs.clear();
        self.work(vertex).resolved = Some(value);
    }

    /// Adds an alternative unless an equal one is there.
    fn join(&mut self, remaining: &mut Remaining, value: Value, mode: Mode) {
        for (known, known_mode) in remaining.iter_mut() {
            if self.same_structure(known, &value) {
                if mode == Mode::Default {
                    *known_mode = Mode::Default;
                }
                return;
            }
        }
        remaining.push((value, mode));
    }

    /// Why alternatives that were dropped unseen do not hold.
    fn dropped_errors(&mut self, vertex: VertexId, pending: &PendingDisjunction) -> Vec<ErrorId> {
        let mut errors = Vec::new();
        for index in 0..self.width(pending) {
            let node = match &pending.source {
                DisjunctionSource::Literal { index: literal, .. } => {
                    self.ir().disjunction(*literal).disjuncts[index as usize].value
                }
                DisjunctionSource::Value { node, .. } => *node,
            };
            let ir_node = self.ir().node(node);
            let value = self.literal_value(ir_node, node).unwrap_or(Value::Struct);
            let known = self.known_value(vertex).unwrap_or_else(|| self.simple_base(vertex));
            let (a, b) = (value.kinds(), known.kinds());
            let span = self.span(node);
            let mut spans = self.conjunct_spans(vertex);
            spans.insert(0, span);
            let error = if a.intersects(b) {
                let args = vec![Arg::Value(value), Arg::Value(known)];
                self.error_at(ErrorCode::Eval, spans, "conflicting values {} and {}", args)
            } else {
                let args = vec![Arg::Value(value), Arg::Value(known), Arg::Kinds(a), Arg::Kinds(b)];
                self.error_at(ErrorCode::Eval, spans, "conflicting values {} and {} (mismatched types {} and {})", args)
            };
            errors.push(error);
        }
        errors
    }

    pub(crate) fn empty_disjunction(&mut self, vertex: VertexId, mut children: Vec<ErrorId>) -> ErrorId {
        // What the configuration says of its own accord is told instead of the rest, but the sort of the error is that
        // of the rest: `error("…")` explains a failure and does not change it.
        let user = |session: &Session, child: &ErrorId| session.bottom(*child).code == ErrorCode::User;
        let code = children
            .iter()
            .filter(|child| !user(self, child))
            .map(|&child| self.bottom(child).code)
            .max()
            .unwrap_or(ErrorCode::Eval);
        let told: Vec<ErrorId> = children.iter().copied().filter(|child| user(self, child)).collect();
        if !told.is_empty() {
            children = told
                .into_iter()
                .map(|child| {
                    let copy = Bottom { code, ..self.bottom(child).clone() };
                    self.add_bottom(copy)
                })
                .collect();
        }
        children.dedup();
        if let [only] = children[..] {
            return only;
        }
        let count = children.len().to_string();
        let spans = Vec::new();
        self.add_bottom(Bottom {
            code,
            format: "{} errors in empty disjunction:",
            args: vec![Arg::from(count)],
            vertex,
            spans,
            children,
            close_check: false,
        })
    }
}

pub(crate) fn combine(left: Mode, right: Mode, left_drops: bool, right_drops: bool) -> Mode {
    let left = if left_drops { Mode::Maybe } else { left };
    let right = if right_drops { Mode::Maybe } else { right };
    left.max(right)
}

pub(crate) fn disjunction_value(remaining: Remaining) -> Value {
    let has_defaults = remaining.iter().any(|(_, mode)| *mode != Mode::Maybe);
    let defaults = remaining.iter().filter(|(_, mode)| *mode == Mode::Default).count();
    let (marked, rest): (Vec<_>, Vec<_>) = remaining.into_iter().partition(|(_, mode)| *mode == Mode::Default);
    let values = marked.into_iter().chain(rest).map(|(value, _)| value).collect();
    Value::Disjunction(Arc::new(Disjunction { values, defaults, has_defaults }))
}
