//! The conjuncts of one value, held against what it came to be.

use rustc_hash::{FxBuildHasher, FxHashSet};
use strata_base::Span;

use super::{Cause, Effect, Walk};
use crate::ir::{Decl, Node, NodeId};
use crate::limits::Limit;
use crate::session::Session;
use crate::value::{Value, same_scalar};
use crate::vertex::{Conjunct, EnvId, Frame, Item, Trail, VertexId};

/// What is found out about one value.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) causes: Vec<Cause>,
    /// The conjuncts and places that were looked at.
    seen: FxHashSet<(Item, EnvId)>,
    pub(super) climbed: FxHashSet<(NodeId, EnvId)>,
    /// Some place gave the value already.
    is_set: bool,
    /// Marked alternatives that are the value.
    defaults: Vec<Span>,
    todo: Vec<Visit>,
}

/// A conjunct to be looked at.
#[derive(Debug)]
struct Visit {
    conjunct: Conjunct,
    /// The vertex that it was inserted into.
    at: VertexId,
    via: Vec<Span>,
    /// What the references that it came through owe to others.
    inputs: Vec<usize>,
}

impl Session {
    /// All that made the value of a vertex; stations are fields that stand for others on the way to it.
    pub(super) fn causes(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        stations: &[VertexId],
    ) -> Result<Vec<Cause>, Limit> {
        let end = self.chosen(vertex);
        let value = match self.default(vertex) {
            Some(Value::Vertex(inner)) => self.known_value(self.deref(inner)).unwrap_or(Value::Top),
            Some(value) => value,
            None => self.known_value(end).unwrap_or(Value::Top),
        };
        let mut gathering = Gathering::new();
        let via = self.stations(walk, &mut gathering, stations)?;
        self.push_all(&mut gathering, vertex, &via, &[]);
        while let Some(visit) = gathering.todo.pop() {
            self.meter.work(1)?;
            if gathering.seen.insert((visit.conjunct.item, visit.conjunct.env)) {
                self.visit(walk, &mut gathering, &value, visit)?;
            }
        }
        self.skipped(walk, &mut gathering, vertex)?;
        let Gathering { mut causes, defaults, .. } = gathering;
        // What somebody set is set, whatever the default.
        if causes.iter().any(|cause| matches!(cause.effect, Effect::Set | Effect::Computed)) {
            for cause in causes.iter_mut().filter(|cause| defaults.contains(&cause.span)) {
                cause.effect = Effect::Repeated;
            }
        }
        causes.sort_by(|a, b| (a.effect, a.span, &a.via).cmp(&(b.effect, b.span, &b.via)));
        causes.dedup_by(|a, b| {
            let same = a.effect == b.effect && a.span == b.span;
            if same {
                b.inputs.append(&mut a.inputs);
                b.inputs.sort_unstable();
                b.inputs.dedup();
            }
            same
        });
        Ok(causes)
    }

    fn push_all(&self, gathering: &mut Gathering, vertex: VertexId, via: &[Span], inputs: &[usize]) {
        for &conjunct in self.vertex(vertex).conjuncts.iter().rev() {
            gathering.todo.push(Visit { conjunct, at: vertex, via: via.to_vec(), inputs: inputs.to_vec() });
        }
    }

    fn visit(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        value: &Value,
        mut visit: Visit,
    ) -> Result<(), Limit> {
        let Conjunct { item, env, trail } = visit.conjunct;
        self.passed(walk, gathering, trail, &mut visit)?;
        let node = match item {
            Item::Node(node) => node,
            Item::Vertex(other) if self.vertex(other).data => {
                let span = self.span(self.vertex(other).place);
                let given = self.known_value(other).unwrap_or(Value::Top);
                let effect = self.effect_of(gathering, &given, value);
                gathering.add(effect, span, visit.via, visit.inputs);
                return Ok(());
            }
            Item::Vertex(other) => {
                self.push_all(gathering, other, &visit.via, &visit.inputs);
                return Ok(());
            }
            Item::Value(index) => {
                let (given, node) = self.computed[index as usize].clone();
                let effect = self.effect_of(gathering, &given, value);
                gathering.add(effect, self.span(node), visit.via, visit.inputs);
                return Ok(());
            }
        };
        self.climb(walk, gathering, node, env, visit.at)?;
        let span = self.span(node);
        let part = |node| Visit {
            conjunct: Conjunct { item: Item::Node(node), env, trail: Trail::default() },
            at: visit.at,
            via: visit.via.clone(),
            inputs: visit.inputs.clone(),
        };
        match self.ir().node(node) {
            Node::And(operands) => {
                gathering.todo.extend(self.ir().nodes(operands).iter().rev().map(|&node| part(node)));
            }
            Node::Open(inner) => gathering.todo.push(part(inner)),
            Node::Or(index) => self.visit_disjunction(walk, gathering, index, env, value, &visit)?,
            Node::Struct(id) => {
                let is_scalar = value.is_scalar();
                if is_scalar || matches!(value, Value::List { .. }) {
                    // What the struct embeds is the value.
                    let frame = self.frame_of(visit.at, node, env);
                    let program = std::sync::Arc::clone(&self.program);
                    for decl in program.ir.decls(program.ir.structure(id)) {
                        if let Decl::Embedding(inner) = *decl {
                            let mut embedded = part(inner);
                            embedded.conjunct.env = frame;
                            gathering.todo.push(embedded);
                        }
                    }
                } else {
                    gathering.add(Effect::Set, span, visit.via, visit.inputs);
                }
            }
            Node::List(_) => gathering.add(Effect::Set, span, visit.via, visit.inputs),
            _ if self.is_reference(node) => {
                let mut inputs = visit.inputs;
                self.way(walk, gathering, node, env, visit.at, &mut inputs)?;
                match self.resolved(node, env, visit.at)? {
                    Some(target) => {
                        let mut via = visit.via;
                        via.push(span);
                        self.push_all(gathering, target, &via, &inputs);
                    }
                    None => {
                        self.inputs(walk, node, env, visit.at, &mut inputs)?;
                        gathering.add(Effect::Computed, span, visit.via, inputs);
                    }
                }
            }
            kind => {
                let mut inputs = visit.inputs;
                let literal = self.literal_value(kind, node);
                let is_literal = literal.is_some();
                let given = match literal {
                    Some(given) => given,
                    None => {
                        self.inputs(walk, node, env, visit.at, &mut inputs)?;
                        self.outcome(node, env, visit.at)?
                    }
                };
                let effect = match self.effect_of(gathering, &given, value) {
                    Effect::Set if !is_literal => Effect::Computed,
                    effect => effect,
                };
                gathering.add(effect, span, visit.via, inputs);
            }
        }
        Ok(())
    }

    /// The references that brought a conjunct here, from the outermost: their places, and what they owe to others.
    fn passed(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        trail: Trail,
        visit: &mut Visit,
    ) -> Result<(), Limit> {
        let mut links = Vec::new();
        let mut next = trail.refs;
        while next != 0 {
            self.meter.work(1)?;
            let link = self.links[next as usize];
            links.push(link);
            next = link.next;
        }
        let mut through = Vec::with_capacity(links.len());
        for link in links.into_iter().rev() {
            through.push(self.span(link.reference));
            if gathering.climbed.contains(&(link.reference, link.env)) {
                continue;
            }
            self.climb(walk, gathering, link.reference, link.env, link.at)?;
            self.way(walk, gathering, link.reference, link.env, link.at, &mut visit.inputs)?;
        }
        through.append(&mut visit.via);
        visit.via = through;
        Ok(())
    }

    /// What a value that a place gives did to the value that came out.
    fn effect_of(&self, gathering: &mut Gathering, given: &Value, value: &Value) -> Effect {
        let given = match given {
            Value::Vertex(inner) => self.known_value(self.chosen(*inner)).unwrap_or(Value::Top),
            other => other.clone(),
        };
        match &given {
            given if given.is_scalar() => match (same_scalar(given, value), gathering.is_set) {
                (true, false) => {
                    gathering.is_set = true;
                    Effect::Set
                }
                (true, true) => Effect::Repeated,
                (false, _) => Effect::Conflict,
            },
            Value::Struct | Value::List { .. } => Effect::Set,
            Value::Disjunction(_) | Value::Bottom(_) => Effect::Computed,
            _ => Effect::Narrowed,
        }
    }

    fn visit_disjunction(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        index: u32,
        env: EnvId,
        value: &Value,
        visit: &Visit,
    ) -> Result<(), Limit> {
        let literal = self.ir().disjunction(index).clone();
        for disjunct in &literal.disjuncts {
            let span = self.span(disjunct.value);
            let given = self.outcome(disjunct.value, env, visit.at)?;
            let given = match given {
                Value::Vertex(inner) => {
                    self.require(inner, crate::work::Need::Done)?;
                    self.known_value(self.chosen(inner)).unwrap_or(Value::Top)
                }
                other => other,
            };
            let effect = match (&given, disjunct.default) {
                (given, true) if same_scalar(given, value) => Effect::ChosenDefault,
                (given, false) if same_scalar(given, value) => Effect::Chosen,
                (given, true) if given.is_scalar() && value.is_scalar() => Effect::LostDefault,
                (Value::Struct | Value::List { .. } | Value::Bottom(_), _) => continue,
                (given, _) if given.is_scalar() => continue,
                (given, _) if value.is_scalar() && !given.kinds().intersects(value.kinds()) => continue,
                _ => Effect::Narrowed,
            };
            gathering.is_set |= effect == Effect::Chosen;
            if effect == Effect::ChosenDefault {
                gathering.defaults.push(span);
            }
            let mut inputs = visit.inputs.clone();
            self.inputs(walk, disjunct.value, env, visit.at, &mut inputs)?;
            gathering.add(effect, span, visit.via.clone(), inputs);
        }
        Ok(())
    }

    /// The frame that a literal was given at a vertex.
    fn frame_of(&mut self, vertex: VertexId, literal: NodeId, up: EnvId) -> EnvId {
        let mut inserted = self.vertex(vertex).more().inserted.iter();
        match inserted.find(|inserted| inserted.literal == literal && self.env(inserted.env).up == up) {
            Some(inserted) => inserted.env,
            None => self.add_env(up, Frame::Vertex(vertex)),
        }
    }
}

/// So many conjuncts and surroundings a value has, for the most part.
const USUAL: usize = 28;

impl Gathering {
    fn new() -> Gathering {
        Gathering {
            causes: Vec::new(),
            seen: FxHashSet::with_capacity_and_hasher(USUAL / 4, FxBuildHasher),
            climbed: FxHashSet::with_capacity_and_hasher(USUAL, FxBuildHasher),
            is_set: false,
            defaults: Vec::new(),
            todo: Vec::new(),
        }
    }

    fn add(&mut self, effect: Effect, span: Span, via: Vec<Span>, inputs: Vec<usize>) {
        self.causes.push(Cause { effect, span, via, inputs });
    }
}
