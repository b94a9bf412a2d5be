//! Who set a value, and what flowed into it; and who refuses a field.
//!
//! Evaluation keeps what it needs anyway: which conjuncts a vertex has, in which frames, through which references. The
//! full answer is worked out from that when somebody asks, for the one path that is asked for. It goes down to places
//! that a person wrote: literals, types, bounds, the guards and iterations that brought a field in.

use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::Span;

use crate::ir::{ArcType, Clause, ComprehensionId, Decl, Node, NodeId, StructId};
use crate::label::Label;
use crate::limits::Limit;
use crate::resolve::Target;
use crate::session::{Halt, Session};
use crate::value::{Value, same_scalar};
use crate::vertex::{Conjunct, EnvId, Frame, Item, VertexId};
use crate::work::Need;

/// What a place did to a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect {
    /// It gave the value.
    Set,
    /// It gave the same value again.
    Repeated,
    /// It is a type, a bound or a function that the value had to satisfy.
    Narrowed,
    /// It is the marked alternative that was taken.
    ChosenDefault,
    /// It is a marked alternative that something stronger replaced.
    LostDefault,
    /// It is one of several alternatives, none of them marked, that was taken.
    Chosen,
    /// It computed the value from others.
    Computed,
    /// It decided whether the field is there at all.
    Guard,
    /// It is what a comprehension went through to make the field.
    Iteration,
    /// It gave a value that conflicts with another.
    Conflict,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Effect::Set => "set",
            Effect::Repeated => "repeated",
            Effect::Narrowed => "narrowed",
            Effect::ChosenDefault => "default",
            Effect::LostDefault => "lost default",
            Effect::Chosen => "chosen",
            Effect::Computed => "computed",
            Effect::Guard => "guard",
            Effect::Iteration => "iteration",
            Effect::Conflict => "conflict",
        }
    }
}

/// One place that took part in a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contribution {
    pub effect: Effect,
    pub span: Span,
    /// The references through which it came, outermost first.
    pub via: Vec<Span>,
    /// The path of the field in which it stands, where it has one.
    pub path: String,
    /// How many steps of computation lie between it and the value that was asked for; 0 for the value's own conjuncts.
    pub distance: u32,
}

/// All that made a value what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    pub path: String,
    pub value: String,
    pub contributions: Vec<Contribution>,
}

/// One reason why a struct refuses a field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Denial {
    /// The reference, embedding or call that closes the struct.
    pub closed_by: Span,
    /// Where the closed struct is declared.
    pub declared: Vec<Span>,
    /// The fields that it knows.
    pub known: Vec<String>,
}

/// Which literal a field stands in, and which comprehension a literal is the body of. Made once for a program when the
/// first explanation is asked for.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    literal_of: FxHashMap<NodeId, StructId>,
    comprehension_of: FxHashMap<StructId, ComprehensionId>,
}

/// How far computations are followed; beyond it the answer would be longer than the configuration.
const MAX_CONTRIBUTIONS: usize = 10_000;

struct Walk {
    found: Vec<Contribution>,
    seen: FxHashSet<(VertexId, NodeId, EnvId)>,
    todo: Vec<Visit>,
}

enum Visit {
    /// All conjuncts of a vertex, held against its value.
    Vertex { vertex: VertexId, via: Vec<Span>, distance: u32, role: Option<Effect> },
    /// The references of an expression.
    Inputs { node: NodeId, env: EnvId, at: VertexId, distance: u32, role: Option<Effect> },
    /// A struct or list that flowed in as a whole: all its leaves.
    Whole { vertex: VertexId, distance: u32, role: Option<Effect> },
}

impl Session {
    /// Who made the value at a vertex what it is.
    pub fn explain(&mut self, vertex: VertexId) -> Result<Explanation, Limit> {
        self.require(vertex, Need::Deep)?;
        let mut walk = Walk { found: Vec::new(), seen: FxHashSet::default(), todo: Vec::new() };
        walk.todo.push(Visit::Vertex { vertex, via: Vec::new(), distance: 0, role: None });
        while let Some(visit) = walk.todo.pop() {
            self.meter.work(1)?;
            if walk.found.len() >= MAX_CONTRIBUTIONS {
                break;
            }
            match visit {
                Visit::Vertex { vertex, via, distance, role } => {
                    self.visit_vertex(&mut walk, vertex, &via, distance, role)?;
                }
                Visit::Inputs { node, env, at, distance, role } => {
                    self.visit_inputs(&mut walk, node, env, at, distance, role)?;
                }
                Visit::Whole { vertex, distance, role } => self.visit_whole(&mut walk, vertex, distance, role)?,
            }
        }
        let mut contributions = walk.found;
        contributions
            .sort_by(|a, b| (a.distance, a.effect, a.span, &a.via).cmp(&(b.distance, b.effect, b.span, &b.via)));
        contributions.dedup_by(|a, b| a.effect == b.effect && a.span == b.span);
        let shown = self.default(vertex).unwrap_or(Value::Vertex(vertex));
        Ok(Explanation { path: self.path_text(vertex), value: self.show(&shown), contributions })
    }

    fn visit_vertex(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        via: &[Span],
        distance: u32,
        role: Option<Effect>,
    ) -> Result<(), Limit> {
        let end = self.deref(vertex);
        let value = match self.default(end) {
            Some(value) => self.settled_scalar(value),
            None => self.known_value(end).unwrap_or(Value::Top),
        };
        let mut set = false;
        for conjunct in self.vertex(vertex).conjuncts.clone() {
            self.visit_conjunct(walk, vertex, &conjunct, &value, via, distance, role, &mut set)?;
            self.visit_surroundings(walk, vertex, &conjunct, distance);
        }
        Ok(())
    }

    fn settled_scalar(&self, value: Value) -> Value {
        match value {
            Value::Vertex(vertex) => self.known_value(self.deref(vertex)).unwrap_or(Value::Top),
            other => other,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one visit, taken apart")]
    fn visit_conjunct(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        conjunct: &Conjunct,
        value: &Value,
        via: &[Span],
        distance: u32,
        role: Option<Effect>,
        set: &mut bool,
    ) -> Result<(), Limit> {
        let node = match conjunct.item {
            Item::Node(node) => node,
            Item::Vertex(other) => {
                if self.vertex(other).data {
                    let span = self.span(self.vertex(other).place);
                    let effect =
                        role.unwrap_or(if std::mem::replace(set, true) { Effect::Repeated } else { Effect::Set });
                    self.found(walk, vertex, effect, span, via, distance);
                } else {
                    walk.todo.push(Visit::Vertex { vertex: other, via: via.to_vec(), distance, role });
                }
                return Ok(());
            }
            Item::Value(index) => {
                let span = self.span(self.computed[index as usize].1);
                self.found(walk, vertex, role.unwrap_or(Effect::Set), span, via, distance);
                return Ok(());
            }
        };
        if !walk.seen.insert((vertex, node, conjunct.env)) {
            return Ok(());
        }
        let span = self.span(node);
        let ir_node = self.ir().node(node);
        match ir_node {
            Node::And(operands) => {
                for operand in self.ir().nodes(operands).to_vec() {
                    let part = Conjunct { item: Item::Node(operand), ..*conjunct };
                    self.visit_conjunct(walk, vertex, &part, value, via, distance, role, set)?;
                }
            }
            Node::Open(inner) => {
                let part = Conjunct { item: Item::Node(inner), ..*conjunct };
                self.visit_conjunct(walk, vertex, &part, value, via, distance, role, set)?;
            }
            Node::Or(index) => self.visit_disjunction(walk, vertex, index, conjunct, value, via, distance, role),
            Node::Struct(_) => {
                if matches!(value, Value::Struct) || !value.is_scalar() {
                    self.found(walk, vertex, role.unwrap_or(Effect::Set), span, via, distance);
                } else {
                    // A scalar that a struct embeds.
                    self.visit_embedded(walk, vertex, node, value, via, distance, role, set)?;
                }
            }
            Node::List(_) => self.found(walk, vertex, role.unwrap_or(Effect::Set), span, via, distance),
            _ if self.is_reference(node) => {
                if let Some(target) = self.resolved(node, conjunct.env, vertex)? {
                    let mut via = via.to_vec();
                    via.push(span);
                    walk.todo.push(Visit::Vertex { vertex: target, via, distance, role });
                    self.visit_path(walk, node, conjunct.env, vertex, distance + 1);
                }
            }
            _ => match self.literal_value(ir_node, node) {
                Some(literal) if literal.is_scalar() => {
                    let same = same_scalar(&literal, value);
                    let effect = match (same, *set) {
                        (true, false) => Effect::Set,
                        (true, true) => Effect::Repeated,
                        (false, _) => Effect::Conflict,
                    };
                    *set |= same;
                    self.found(walk, vertex, role.unwrap_or(effect), span, via, distance);
                }
                Some(_) => self.found(walk, vertex, role.unwrap_or(Effect::Narrowed), span, via, distance),
                None => {
                    let effect = match ir_node {
                        Node::Bound { .. } => Effect::Narrowed,
                        _ => Effect::Computed,
                    };
                    self.found(walk, vertex, role.unwrap_or(effect), span, via, distance);
                    let env = conjunct.env;
                    walk.todo.push(Visit::Inputs { node, env, at: vertex, distance: distance + 1, role: None });
                }
            },
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one visit, taken apart")]
    fn visit_embedded(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        node: NodeId,
        value: &Value,
        via: &[Span],
        distance: u32,
        role: Option<Effect>,
        set: &mut bool,
    ) -> Result<(), Limit> {
        let Node::Struct(id) = self.ir().node(node) else { return Ok(()) };
        let env = self.frame_of(vertex);
        for decl in self.ir().structure(id).decls.clone() {
            if let Decl::Embedding(inner) = decl {
                let part = Conjunct { item: Item::Node(inner), env, trail: crate::vertex::Trail::default() };
                self.visit_conjunct(walk, vertex, &part, value, via, distance, role, set)?;
            }
        }
        Ok(())
    }

    /// The frame that a literal was given at a vertex.
    fn frame_of(&self, vertex: VertexId) -> EnvId {
        let found = self.envs.iter().position(|env| matches!(env.frame, Frame::Vertex(at) if at == vertex));
        found.and_then(|at| u32::try_from(at).ok()).map_or(EnvId::NONE, EnvId)
    }

    #[expect(clippy::too_many_arguments, reason = "one visit, taken apart")]
    fn visit_disjunction(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        index: u32,
        conjunct: &Conjunct,
        value: &Value,
        via: &[Span],
        distance: u32,
        role: Option<Effect>,
    ) {
        let literal = self.ir().disjunction(index).clone();
        let mut taken = false;
        for disjunct in &literal.disjuncts {
            let span = self.span(disjunct.value);
            let node = self.ir().node(disjunct.value);
            match self.literal_value(node, disjunct.value) {
                Some(own) if own.is_scalar() => {
                    let same = same_scalar(&own, value);
                    let effect = match (same, disjunct.default) {
                        (true, true) => Effect::ChosenDefault,
                        (true, false) => Effect::Chosen,
                        (false, true) if value.is_scalar() => Effect::LostDefault,
                        (false, _) => continue,
                    };
                    taken |= same;
                    self.found(walk, vertex, role.unwrap_or(effect), span, via, distance);
                }
                Some(_) => {}
                None => {
                    taken = true;
                    let effect = if disjunct.default { Effect::ChosenDefault } else { Effect::Chosen };
                    self.found(walk, vertex, role.unwrap_or(effect), span, via, distance);
                    let env = conjunct.env;
                    let node = disjunct.value;
                    walk.todo.push(Visit::Inputs { node, env, at: vertex, distance: distance + 1, role: None });
                }
            }
        }
        if !taken {
            for disjunct in &literal.disjuncts {
                let node = self.ir().node(disjunct.value);
                if self.literal_value(node, disjunct.value).is_some_and(|own| !own.is_scalar()) {
                    let span = self.span(disjunct.value);
                    self.found(walk, vertex, role.unwrap_or(Effect::Narrowed), span, via, distance);
                }
            }
        }
    }

    /// The comprehension that brought a field in: its guards and what it went through.
    fn visit_surroundings(&mut self, walk: &mut Walk, vertex: VertexId, conjunct: &Conjunct, distance: u32) {
        let Item::Node(node) = conjunct.item else { return };
        let surroundings = self.surroundings();
        let (literal_of, comprehension_of) = (&surroundings.literal_of, &surroundings.comprehension_of);
        let Some(literal) = literal_of.get(&node).copied() else { return };
        let Some(comprehension) = comprehension_of.get(&literal).copied() else { return };
        if conjunct.env == EnvId::NONE {
            return;
        }
        // The frame of the body, then those of the clauses from the last to the first.
        let mut env = self.env(conjunct.env).up;
        if let Frame::Key(_) = self.env(conjunct.env).frame {
            env = if env == EnvId::NONE { env } else { self.env(env).up };
        }
        let clauses = self.ir().comprehension(comprehension).clauses.clone();
        for clause in clauses.iter().rev() {
            let (node, role, opens) = match *clause {
                Clause::For { source } => (source, Effect::Iteration, true),
                Clause::If(condition) => (condition, Effect::Guard, false),
                Clause::Let(value) | Clause::TryLet(value) => (value, Effect::Computed, true),
                Clause::Try => continue,
            };
            if opens && env != EnvId::NONE {
                env = self.env(env).up;
            }
            let span = self.span(node);
            self.found(walk, vertex, role, span, &[], distance + 1);
            if role == Effect::Iteration {
                self.visit_path(walk, node, env, vertex, distance + 1);
            }
            walk.todo.push(Visit::Inputs { node, env, at: vertex, distance: distance + 1, role: None });
        }
    }

    /// What selects a step of a path: an index that is itself computed.
    fn visit_path(&mut self, walk: &mut Walk, node: NodeId, env: EnvId, at: VertexId, distance: u32) {
        let mut node = node;
        loop {
            match self.ir().node(node) {
                Node::Index { operand, index } => {
                    walk.todo.push(Visit::Inputs { node: index, env, at, distance, role: None });
                    node = operand;
                }
                Node::Selector { operand, .. } | Node::Try(operand) => node = operand,
                _ => return,
            }
        }
    }

    fn visit_inputs(
        &mut self,
        walk: &mut Walk,
        node: NodeId,
        env: EnvId,
        at: VertexId,
        distance: u32,
        role: Option<Effect>,
    ) -> Result<(), Limit> {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            if self.is_reference(node) {
                self.visit_path(walk, node, env, at, distance);
                if let Some(target) = self.resolved(node, env, at)? {
                    let whole =
                        matches!(self.known_value(self.deref(target)), Some(Value::Struct | Value::List { .. }));
                    if whole {
                        walk.todo.push(Visit::Whole { vertex: target, distance, role });
                    } else {
                        walk.todo.push(Visit::Vertex { vertex: target, via: vec![self.span(node)], distance, role });
                    }
                }
                continue;
            }
            match self.ir().node(node) {
                Node::Struct(_) | Node::List(_) | Node::Comprehension(_) => {
                    if let Some(&inline) = self.inlines.get(&(node, env, at)) {
                        walk.todo.push(Visit::Whole { vertex: inline, distance, role });
                    }
                }
                Node::Number(_) | Node::String(_) | Node::Bytes(_) | Node::Bool(_) | Node::Null => {
                    let span = self.span(node);
                    if !span.is_none() {
                        self.found(walk, at, role.unwrap_or(Effect::Set), span, &[], distance);
                    }
                }
                Node::Key { .. } | Node::ForKey { .. } => {}
                other => pending.extend(self.operands(other)),
            }
        }
        Ok(())
    }

    /// The expressions that an operation is made of.
    fn operands(&self, node: Node) -> Vec<NodeId> {
        match node {
            Node::Not(x) | Node::Negate(x) | Node::Posate(x) | Node::Open(x) => vec![x],
            Node::Bound { operand, .. } => vec![operand],
            Node::Compare { left, right, .. } => vec![left, right],
            Node::Chain(index) => {
                let chain = &self.ir().chains[index as usize];
                std::iter::once(chain.first).chain(chain.rest.iter().map(|(_, node, _)| *node)).collect()
            }
            Node::And(run) | Node::Slice(run) => self.ir().nodes(run).to_vec(),
            Node::Logical { operands, .. } => self.ir().nodes(operands).to_vec(),
            Node::Interpolation { parts, .. } => self.ir().nodes(parts).to_vec(),
            Node::Call { function, arguments } => {
                let mut all = self.ir().nodes(arguments).to_vec();
                all.push(function);
                all
            }
            Node::Or(index) => self.ir().disjunction(index).disjuncts.iter().map(|d| d.value).collect(),
            _ => Vec::new(),
        }
    }

    fn visit_whole(
        &mut self,
        walk: &mut Walk,
        vertex: VertexId,
        distance: u32,
        role: Option<Effect>,
    ) -> Result<(), Limit> {
        self.require(vertex, Need::Deep)?;
        let mut todo = vec![vertex];
        let mut seen = FxHashSet::default();
        while let Some(vertex) = todo.pop() {
            if !seen.insert(vertex) || seen.len() > MAX_CONTRIBUTIONS {
                continue;
            }
            walk.todo.push(Visit::Vertex { vertex, via: Vec::new(), distance, role });
            let end = self.deref(vertex);
            for (_, field) in self.vertex(end).arcs.iter().collect::<Vec<_>>() {
                if self.vertex(field).arc == ArcType::Member {
                    todo.push(field);
                }
            }
        }
        Ok(())
    }

    fn resolved(&mut self, node: NodeId, env: EnvId, at: VertexId) -> Result<Option<VertexId>, Limit> {
        let saved = self.here;
        self.here.vertex = at;
        let found = loop {
            match self.resolve(node, env) {
                Ok(Target::Vertex(vertex)) => break Ok(Some(vertex)),
                Ok(Target::Value(_)) => break Ok(None),
                Err(Halt::Limit(limit)) => break Err(limit),
                Err(Halt::Wait(vertex, need)) => {
                    if let Err(limit) = self.require(vertex, need) {
                        break Err(limit);
                    }
                }
            }
        };
        self.here = saved;
        found
    }

    fn found(&self, walk: &mut Walk, vertex: VertexId, effect: Effect, span: Span, via: &[Span], distance: u32) {
        let path = self.path_text(vertex);
        walk.found.push(Contribution { effect, span, via: via.to_vec(), path, distance });
    }

    fn surroundings(&self) -> &Surroundings {
        self.program.surroundings.get_or_init(|| {
            let mut made = Surroundings::default();
            let ir = self.ir();
            for (index, literal) in ir.structs.iter().enumerate() {
                let id = StructId(u32::try_from(index).unwrap_or(u32::MAX));
                for decl in &literal.decls {
                    if let Decl::Field { value, .. } | Decl::Dynamic { value, .. } | Decl::Pattern { value, .. } = *decl
                    {
                        made.literal_of.insert(value, id);
                    }
                }
            }
            for (index, comprehension) in ir.comprehensions.iter().enumerate() {
                let id = ComprehensionId(u32::try_from(index).unwrap_or(u32::MAX));
                if let Node::Struct(body) = ir.node(comprehension.body) {
                    made.comprehension_of.insert(body, id);
                }
            }
            made
        })
    }

    /// Why a struct does not take a field: nothing where it does.
    pub fn why_not(&mut self, vertex: VertexId, label: Label) -> Result<Vec<Denial>, Limit> {
        self.require(vertex, Need::Deep)?;
        let at = self.deref(vertex);
        for pattern in self.vertex(at).patterns.clone() {
            if self.matches(&pattern.filter, label) {
                return Ok(Vec::new());
            }
        }
        let deniers = match self.vertex(at).arcs.get(label) {
            Some(field) => self.refused_by(field).into_iter().collect(),
            None => self.refusers(at, label),
        };
        let mut denials = Vec::new();
        for id in deniers {
            let node = self.containments.node(id);
            let target = self.closed_target(at, id);
            let declared = target.map_or_else(Vec::new, |target| self.conjunct_spans(target));
            let mut known: Vec<String> = target.map_or_else(Vec::new, |target| {
                let end = self.deref(target);
                let fields: Vec<_> = self.vertex(end).arcs.iter().map(|(label, _)| label).collect();
                fields.into_iter().filter(|label| label.is_string()).map(|label| self.label_text(label)).collect()
            });
            known.sort();
            denials.push(Denial { closed_by: self.span(node), declared, known });
        }
        denials.sort_by_key(|denial| denial.closed_by);
        denials.dedup();
        Ok(denials)
    }
}
