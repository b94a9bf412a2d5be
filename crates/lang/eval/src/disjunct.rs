//! Disjunctions: which alternatives remain, and which of them is the default.
//!
//! Alternatives that cannot hold are dropped before anything is evaluated, by kinds, literal fields and closed labels;
//! if one is left it is inserted as if it had been written alone. Only where several are left is the vertex evaluated
//! once for each: an *alternative* is a vertex with the same conjuncts and one choice made. It is made anew from
//! conjuncts and frames, so nothing is cloned.

mod failed;
mod settled;

use crate::close::Close;
use crate::errors::{ErrorCode, ErrorId};
use crate::few::Few;
use crate::insert::part_of_literal;
use crate::ir::{ArcType, Node, NodeId};
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Trail, VertexId};
use crate::work::{DisjunctionSource, Need, PendingDisjunction, Task, TaskKind};

pub(crate) use settled::{combine, disjunction_value};

/// Whether an alternative is a default. The order is that of strength when two are combined.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) enum Mode {
    /// Nothing was marked.
    #[default]
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
    /// Of the choice before the last alone.
    before: Mode,
    /// Of the last choice.
    last: Mode,
}

/// What an alternative came to that had disjunctions of its own.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    value: Value,
    mode: Mode,
    last: Mode,
    /// The choices that lead to it.
    choices: Vec<(u64, u32)>,
}

/// The state of working through the disjunctions of a vertex, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Expansion {
    list: Vec<PendingDisjunction>,
    level: usize,
    cross: Vec<Partial>,
    /// The alternatives of this level, each with its index in the disjunction.
    trial: Vec<(u32, Partial)>,
    /// How many of them are known.
    known: usize,
    /// What `error("…")` said of the levels so far.
    told: Vec<ErrorId>,
    /// Nothing is left of this level, and those without an error are evaluated for the sake of theirs.
    dropped: Option<Vec<Option<ErrorId>>>,
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
                let trail = part_of_literal(pending.trail);
                self.insert(vertex, Item::Node(node), pending.env, trail)
            }
            DisjunctionSource::Value { node, value } => {
                let chosen = value.values[index as usize].clone();
                let trail = part_of_literal(pending.trail);
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
            let (mode, before) = self.work(vertex).modes;
            let start = Partial { choices: Vec::new(), vertex: VertexId::NONE, mode, before, last: Mode::Maybe };
            let expansion = Expansion {
                list,
                level: 0,
                cross: vec![start],
                trial: Vec::new(),
                known: 0,
                told: Vec::new(),
                dropped: None,
            };
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
            if let [only] = alive[..]
                && !self.may_be_told(&pending, only)
            {
                let last = self.mode_of(&pending, only);
                let work = self.work(vertex);
                work.choices.push((pending.key, only));
                let (mode, before) = work.modes;
                let dropped = mode != Mode::Default && before != Mode::Default;
                let mode = combine(mode, last, dropped, last != Mode::Default);
                work.modes = (mode, last);
                if self.vertex(vertex).alternative {
                    let value = Value::Vertex(vertex);
                    self.outcomes.insert(vertex, vec![Outcome { value, mode, last, choices: Vec::new() }]);
                }
                self.choose(vertex, &pending, only)?;
                moved = true;
            } else {
                rest.push(pending);
            }
        }
        if !moved {
            return Ok(Some(rest));
        }
        // What was chosen may have brought more.
        let work = self.work(vertex);
        work.disjunctions.splice(0..0, rest);
        if let Some(first) = work.disjunctions.first() {
            let (env, trail) = (first.env, first.trail);
            self.add_task(vertex, TaskKind::Disjunctions, NodeId(0), env, trail);
        }
        Ok(None)
    }

    /// Whether an alternative may be an `error("…")`.
    fn may_be_told(&self, pending: &PendingDisjunction, index: u32) -> bool {
        let DisjunctionSource::Literal { index: literal, .. } = pending.source else { return false };
        let node = self.ir().disjunction(literal).disjuncts[index as usize].value;
        matches!(self.ir().node(node), Node::Call { .. })
    }

    // In general: one vertex for each alternative.

    fn expand(&mut self, vertex: VertexId, expansion: &mut Expansion) -> Step<()> {
        loop {
            let Some(pending) = expansion.list.get(expansion.level).cloned() else { break };
            if expansion.trial.is_empty() {
                let deferred: Vec<u64> = expansion.list[expansion.level + 1..].iter().map(|d| d.key).collect();
                for partial in expansion.cross.clone() {
                    for index in 0..self.width(&pending) {
                        let passed = match &expansion.dropped {
                            None => self.may_hold(vertex, &pending, index),
                            Some(seen) => seen[index as usize].is_none(),
                        };
                        if !passed {
                            continue;
                        }
                        let mut choices = partial.choices.clone();
                        choices.push((pending.key, index));
                        let last = self.mode_of(&pending, index);
                        let made = self.alternative(vertex, &choices, &deferred)?;
                        self.work(made).modes = (partial.mode, last);
                        expansion.trial.push((index, Partial { choices, vertex: made, last, ..partial }));
                        if expansion.trial.len() > self.meter.limits.disjuncts {
                            return Err(Limit::Disjuncts.into());
                        }
                    }
                }
                expansion.known = 0;
            }
            // This is run again whenever one more is known.
            while let Some((_, partial)) = expansion.trial.get(expansion.known) {
                self.wait(partial.vertex, Need::Deep)?;
                expansion.known += 1;
            }
            let last_level = expansion.level + 1 == expansion.list.len();
            let outer_defers = !self.work(vertex).deferred.is_empty();
            let trial = std::mem::take(&mut expansion.trial);
            let width = self.width(&pending) as usize;
            let mut errors = expansion.dropped.clone().unwrap_or_else(|| vec![None; width]);
            let mut survivors = Vec::new();
            for (index, partial) in trial {
                match self.objection_to(partial.vertex) {
                    Some(error) if !self.bottom(error).code.is_incomplete() || (last_level && !outer_defers) => {
                        if self.bottom(error).code == ErrorCode::User {
                            expansion.told.push(error);
                        }
                        errors[index as usize] = Some(error);
                    }
                    _ => survivors.push(partial),
                }
            }
            if survivors.is_empty() && self.tells_dropped(vertex, expansion, &errors) {
                expansion.dropped = Some(errors);
                continue;
            }
            if survivors.is_empty() || expansion.dropped.is_some() {
                let errors = self.all_errors(vertex, &pending, errors);
                let error = self.empty_disjunction(vertex, errors, &expansion.told);
                self.add_error(vertex, error);
                return Ok(());
            }
            if last_level {
                self.settle_alternatives(vertex, survivors)?;
                return Ok(());
            }
            expansion.cross = self
                .outcomes(survivors)
                .into_iter()
                .map(|(outcome, vertex)| Partial {
                    choices: outcome.choices,
                    vertex,
                    mode: outcome.mode,
                    before: outcome.last,
                    last: Mode::Maybe,
                })
                .collect();
            expansion.level += 1;
        }
        Ok(())
    }

    /// A vertex like another, with choices made.
    fn alternative(&mut self, base: VertexId, choices: &[(u64, u32)], deferred: &[u64]) -> Result<VertexId, Limit> {
        let at = self.vertex(base);
        let (parent, label, arc, detached) = (at.parent, at.label, at.arc, at.detached);
        let close = at.rare().close.as_ref().map(Close::for_alternative);
        let work = at.work.as_ref();
        let mut conjuncts = work.map_or(Few::None, |work| work.flat.clone());
        // Alternatives are held against the rest, which messages tell.
        conjuncts.sort_by_key(|conjunct| self.is_disjunction(conjunct));
        let mut all_choices = work.map_or_else(Vec::new, |work| work.choices.clone());
        all_choices.extend_from_slice(choices);
        let mut all_deferred = work.map_or_else(Vec::new, |work| work.deferred.clone());
        all_deferred.extend_from_slice(deferred);
        let id = self.add_vertex(parent, label, arc)?;
        let made = self.vertex_mut(id);
        made.settled = true;
        made.alternative = true;
        made.detached = detached;
        made.conjuncts = conjuncts;
        let rare = made.rare_mut();
        rare.base = base;
        rare.close = close;
        let work = self.work(id);
        work.choices = all_choices;
        work.deferred = all_deferred;
        Ok(id)
    }

    fn is_disjunction(&self, conjunct: &Conjunct) -> bool {
        match conjunct.item {
            Item::Node(node) => matches!(self.ir().node(node), Node::Or(_)),
            Item::Value(index) => matches!(self.computed[index as usize].0, Value::Disjunction(_)),
            Item::Vertex(_) => false,
        }
    }

    /// The error of a vertex or of anything in it.
    pub(crate) fn failure_of(&self, vertex: VertexId) -> Option<ErrorId> {
        let end = self.deref(vertex);
        self.permanent_first(end).or(self.vertex(end).rare().loose_error)
    }

    /// What speaks against an alternative: its own error, a permanent one of anything in it, or what its fields lack
    /// themselves. What is only missing further down does not.
    fn objection_to(&self, vertex: VertexId) -> Option<ErrorId> {
        let end = self.deref(vertex);
        self.permanent_first(end).or_else(|| {
            self.vertex(end).rare().loose_error?;
            let members = self.vertex(end).arcs.iter().filter(|(label, _)| !label.is_let());
            members.map(|(_, field)| field).find_map(|field| match self.vertex(self.deref(field)).value {
                Value::Bottom(error) if self.vertex(field).arc != ArcType::Optional => Some(error),
                _ => None,
            })
        })
    }
}
