//! Disjunctions of scalars, kinds and bounds: long enumerations are met as sets and need no vertices.

use std::sync::Arc;

use cue_data::Kinds;

use crate::disjunct::{Mode, Remaining, combine, disjunction_value};
use crate::errors::{Arg, ErrorId};
use crate::ir::Node;
use crate::session::Session;
use crate::value::{Bound, Value, same_scalar};
use crate::vertex::{Conjunct, Item, VertexId};
use crate::work::{DisjunctionSource, PendingDisjunction, Task, TaskKind};

impl Session {
    /// The alternatives that remain where all are scalars, kinds and bounds.
    pub(crate) fn scalar_alternatives(&mut self, vertex: VertexId, list: &[PendingDisjunction]) -> Option<Remaining> {
        let at = self.vertex(vertex);
        if !at.arcs.is_empty() || !at.rare().patterns.is_empty() {
            return None;
        }
        let work = self.work(vertex);
        if work.has_struct || work.list.is_some() || !work.deferred.is_empty() || !work.held_back.is_empty() {
            return None;
        }
        if work.checks.iter().any(|check| !matches!(check.value, Value::Bound(_))) {
            return None;
        }
        if self.has_other_tasks(vertex) {
            return None;
        }
        let base = self.simple_base(vertex);
        let (mode, mut before) = self.work(vertex).modes;
        let mut cross: Remaining = vec![(base, mode)];
        for pending in list {
            let values = self.simple_values(pending)?;
            let mut survivors: Vec<(Value, Mode, Mode)> = Vec::new();
            for (left, mode) in &cross {
                for (value, last) in &values {
                    if let Some(both) = meet(left, value) {
                        survivors.push((both, *mode, *last));
                    }
                }
            }
            if survivors.len() > self.meter.limits.disjuncts {
                return None;
            }
            let left_drops = before != Mode::Default && !survivors.iter().any(|(_, mode, _)| *mode == Mode::Default);
            before = Mode::Maybe;
            let right_drops = !survivors.iter().any(|(.., last)| *last == Mode::Default);
            cross.clear();
            let mut index: rustc_hash::FxHashMap<String, usize> = rustc_hash::FxHashMap::default();
            for (value, mode, last) in survivors {
                let mode = combine(mode, last, left_drops, right_drops);
                join_scalar(&mut cross, &mut index, value, mode);
            }
        }
        Some(cross)
    }

    /// Whether anything but the choice among alternatives is still to be done.
    fn has_other_tasks(&self, vertex: VertexId) -> bool {
        let Some(work) = &self.vertex(vertex).work else { return false };
        let is_other = |task: &Task| !task.done && task.kind != TaskKind::Disjunctions;
        work.tasks.iter().any(|&id| is_other(self.task(id)))
    }

    /// What a vertex is so far, as one value without alternatives.
    pub(crate) fn simple_base(&mut self, vertex: VertexId) -> Value {
        let work = self.work(vertex);
        if let Some(scalar) = &work.scalar {
            let scalar = scalar.clone();
            let bounds: Vec<_> = work.lower.iter().chain(&work.upper).chain(&work.checks).cloned().collect();
            let fits = bounds.iter().all(|check| match &check.value {
                Value::Bound(bound) => crate::bounds::within(bound, &scalar),
                _ => true,
            });
            return if fits { scalar } else { Value::Basic(Kinds::BOTTOM) };
        }
        let mut parts: Vec<Value> =
            work.lower.iter().chain(&work.upper).chain(&work.checks).map(|check| check.value.clone()).collect();
        if parts.is_empty() {
            return Value::Basic(work.kinds);
        }
        parts.push(Value::Basic(work.kinds));
        Value::Conjunction(parts.into())
    }

    fn simple_values(&mut self, pending: &PendingDisjunction) -> Option<Vec<(Value, Mode)>> {
        let width = self.width(pending);
        let mut values = Vec::with_capacity(width as usize);
        for index in 0..width {
            let mode = self.mode_of(pending, index);
            let value = match &pending.source {
                DisjunctionSource::Literal { index: literal, .. } => {
                    let node = self.ir().disjunction(*literal).disjuncts[index as usize].value;
                    let ir_node = self.ir().node(node);
                    if matches!(ir_node, Node::Bottom | Node::Invalid | Node::Top) {
                        return None;
                    }
                    self.literal_value(ir_node, node)?
                }
                DisjunctionSource::Value { value, .. } => value.values[index as usize].clone(),
            };
            let simple = value.is_scalar() || matches!(value, Value::Basic(_) | Value::Bound(_));
            if !simple || value.kinds().intersects(Kinds::STRUCT.or(Kinds::LIST)) {
                return None;
            }
            values.push((value, mode));
        }
        Some(values)
    }

    pub(crate) fn settle_scalars(&mut self, vertex: VertexId, list: &[PendingDisjunction], remaining: Remaining) {
        if remaining.is_empty() {
            let error = self.no_scalar_left(vertex, list);
            self.add_error(vertex, error);
            return;
        }
        self.note_scalars(vertex, &remaining);
        let value = match &remaining[..] {
            [(only, _)] => only.clone(),
            _ => disjunction_value(remaining),
        };
        self.remember_union(vertex, list, &value);
        let work = self.work(vertex);
        work.lower = None;
        work.upper = None;
        work.checks.clear();
        work.resolved = Some(value);
    }

    /// Keeps what a union of literals came to where it was all that a vertex had.
    fn remember_union(&mut self, vertex: VertexId, list: &[PendingDisjunction], value: &Value) {
        let at = self.vertex(vertex);
        if let [Conjunct { item: Item::Node(only), .. }] = at.conjuncts[..]
            && let [PendingDisjunction { source: DisjunctionSource::Literal { node, index }, .. }] = list
            && only == *node
            && !at.alternative
        {
            self.unions.insert(*index, value.clone());
        }
    }

    /// Each alternative with what it conflicts with.
    fn no_scalar_left(&mut self, vertex: VertexId, list: &[PendingDisjunction]) -> ErrorId {
        let mut children = Vec::new();
        for pending in list {
            let Some(values) = self.simple_values(pending) else { continue };
            for (index, (value, _)) in values.into_iter().enumerate() {
                let place = match &pending.source {
                    DisjunctionSource::Literal { index: literal, .. } => {
                        self.ir().disjunction(*literal).disjuncts[index].value
                    }
                    DisjunctionSource::Value { node, .. } => *node,
                };
                let kinds = value.kinds();
                children.push(self.excluded(vertex, place, Arg::Value(value), kinds));
            }
        }
        self.empty_disjunction(vertex, children, &[])
    }
}

fn join_scalar(remaining: &mut Remaining, index: &mut rustc_hash::FxHashMap<String, usize>, value: Value, mode: Mode) {
    // A text that is the same for equal scalars, so that long enumerations are joined in linear time.
    let key = match &value {
        Value::String(text) => format!("s{text}"),
        Value::Number(number) => format!("n{}", number.to_cue_string()),
        _ => String::new(),
    };
    let known = if key.is_empty() {
        remaining.iter().position(|(known, _)| same_constraint(known, &value))
    } else {
        index.get(&key).copied()
    };
    match known {
        Some(at) => {
            if mode == Mode::Default {
                remaining[at].1 = Mode::Default;
            }
        }
        None => {
            if !key.is_empty() {
                index.insert(key, remaining.len());
            }
            remaining.push((value, mode));
        }
    }
}

/// Whether two constraints without places are the same.
pub(crate) fn same_constraint(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Basic(a), Value::Basic(b)) => a == b,
        (Value::Top, Value::Top) => true,
        (Value::Bound(a), Value::Bound(b)) => a.op == b.op && same_scalar(&a.value, &b.value),
        (Value::Conjunction(a), Value::Conjunction(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| same_constraint(a, b))
        }
        _ => same_scalar(a, b),
    }
}

/// What two simple values have in common: scalars, kinds, bounds and conjunctions of those.
fn meet(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Conjunction(parts), scalar) | (scalar, Value::Conjunction(parts)) if scalar.is_scalar() => {
            parts.iter().try_fold(scalar.clone(), |value, part| meet(&value, part))
        }
        (Value::Basic(a), Value::Basic(b)) => {
            let both = a.and(*b);
            (!both.is_bottom()).then_some(Value::Basic(both))
        }
        (Value::Basic(kinds), scalar) | (scalar, Value::Basic(kinds)) if scalar.is_scalar() => {
            kinds.intersects(scalar.kinds()).then(|| scalar.clone())
        }
        (Value::Bound(bound), scalar) | (scalar, Value::Bound(bound)) if scalar.is_scalar() => {
            (bound.kinds().intersects(scalar.kinds()) && crate::bounds::within(bound, scalar)).then(|| scalar.clone())
        }
        (a, b) if a.is_scalar() && b.is_scalar() => same_scalar(a, b).then(|| a.clone()),
        (Value::Bound(bound), Value::Basic(kinds)) | (Value::Basic(kinds), Value::Bound(bound)) => {
            let both = bound.kinds().and(*kinds);
            if both.is_bottom() {
                None
            } else if both == bound.kinds() {
                Some(Value::Bound(Arc::clone(bound)))
            } else {
                Some(Value::Conjunction(vec![Value::Bound(Arc::clone(bound)), Value::Basic(both)].into()))
            }
        }
        (Value::Bound(x), Value::Bound(y)) => meet_bounds(x, y),
        (a, b) => {
            let (ka, kb) = (a.kinds(), b.kinds());
            if !ka.intersects(kb) {
                return None;
            }
            let mut parts = Vec::new();
            for value in [a, b] {
                match value {
                    Value::Conjunction(inner) => parts.extend(inner.iter().cloned()),
                    other => parts.push(other.clone()),
                }
            }
            Some(Value::Conjunction(parts.into()))
        }
    }
}

fn meet_bounds(x: &Arc<Bound>, y: &Arc<Bound>) -> Option<Value> {
    use crate::ir::Comparison::{Greater, GreaterEqual, Less, LessEqual};
    if same_constraint(&Value::Bound(Arc::clone(x)), &Value::Bound(Arc::clone(y))) {
        return Some(Value::Bound(Arc::clone(x)));
    }
    let both = x.kinds().and(y.kinds());
    if both.is_bottom() {
        return None;
    }
    let upper = |bound: &Bound| matches!(bound.op, Less | LessEqual);
    let lower = |bound: &Bound| matches!(bound.op, Greater | GreaterEqual);
    if (upper(x) && upper(y)) || (lower(x) && lower(y)) {
        let tighter = if crate::bounds::is_tighter(x, y) { x } else { y };
        return Some(Value::Bound(Arc::clone(tighter)));
    }
    let (low, high) = if lower(x) { (x, y) } else { (y, x) };
    if lower(low) && upper(high) && crate::bounds::incompatible(low, high, both).is_some() {
        return None;
    }
    Some(Value::Conjunction(vec![Value::Bound(Arc::clone(x)), Value::Bound(Arc::clone(y))].into()))
}
