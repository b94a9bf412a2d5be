//! Who set a value, and what flowed into it; and who refuses a field.
//!
//! Evaluation keeps what it needs anyway: which conjuncts a vertex has, in which frames, through which references. The
//! full answer is worked out from that when somebody asks, for the one value that is asked for. It goes down to places
//! that a person wrote: literals, types, bounds, and what brought a field in: guards, iterations, computed labels.

mod causes;
mod climb;
mod denial;
mod inputs;
mod labels;
mod search;
pub(crate) mod surroundings;

use strata_base::Span;

use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::VertexId;
use crate::work::Need;

pub use denial::Denial;
use search::Search;
pub(crate) use surroundings::Surroundings;

/// What a place did to a value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Effect {
    /// It gave the value.
    Set,
    /// It computed the value from others.
    Computed,
    /// It is the marked alternative that was taken.
    ChosenDefault,
    /// It is one of several alternatives, not marked, that was taken.
    Chosen,
    /// It gave the same value again.
    Repeated,
    /// It gave a value that conflicts with another.
    Conflict,
    /// It is a type, a bound or a function that the value had to satisfy.
    Narrowed,
    /// It is a marked alternative that something stronger replaced.
    LostDefault,
    /// It decided whether the field is there at all.
    Guard,
    /// It is what a comprehension went through to make the field.
    Iteration,
    /// It is a computed label or a pattern by which the field got something.
    Label,
    /// It kept a comprehension from adding to the field.
    Skipped,
}

impl Effect {
    pub fn name(self) -> &'static str {
        match self {
            Effect::Set => "set",
            Effect::Computed => "computed",
            Effect::ChosenDefault => "default",
            Effect::Chosen => "chosen",
            Effect::Repeated => "repeated",
            Effect::Conflict => "conflict",
            Effect::Narrowed => "narrowed",
            Effect::LostDefault => "lost default",
            Effect::Guard => "guard",
            Effect::Iteration => "iteration",
            Effect::Label => "label",
            Effect::Skipped => "skipped",
        }
    }

    /// Whether it says what a value is, and not whether it is there.
    fn is_own(self) -> bool {
        !matches!(self, Effect::Guard | Effect::Iteration | Effect::Label | Effect::Skipped)
    }
}

/// A value, and what others flowed into it. The first fact is about the value that was asked for; each value has one
/// fact, however often it flowed in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    pub facts: Vec<Fact>,
    /// There is more than an answer holds.
    pub is_cut: bool,
}

/// A value that took part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// Empty for what is computed on the way and is no field.
    pub path: String,
    pub value: String,
    pub causes: Vec<Cause>,
    /// Its fields and elements, where it flowed in as a whole: indices of facts.
    pub parts: Vec<usize>,
    pub(crate) vertex: VertexId,
}

/// A place that made a value what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cause {
    pub effect: Effect,
    pub span: Span,
    /// The references through which it came, outermost first.
    pub via: Vec<Span>,
    /// The values that were needed for it: indices of facts.
    pub inputs: Vec<usize>,
}

/// A cause, torn out of its tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contribution {
    pub effect: Effect,
    pub span: Span,
    pub via: Vec<Span>,
    /// The path of the value that it made.
    pub path: String,
    /// How many steps of computation lie between it and the value that was asked for; 0 for its own conjuncts.
    pub distance: u32,
    /// It decided whether the value is there, or flowed into what did, and did not flow into the value itself.
    pub is_around: bool,
}

/// A longer answer would be longer than the configuration.
const MAX_FACTS: usize = 10_000;

impl Explanation {
    /// Every cause: those of the value itself before those of its being there, the nearest first.
    pub fn contributions(&self) -> Vec<Contribution> {
        let mut found: Vec<Contribution> = Vec::new();
        let mut search = Search::new();
        while let Some(station) = search.next() {
            let Some(fact) = self.facts.get(station.fact) else { continue };
            found.extend(fact.causes.iter().map(|cause| Contribution {
                effect: cause.effect,
                span: cause.span,
                via: cause.via.clone(),
                path: fact.path.clone(),
                distance: station.distance + u32::from(!cause.effect.is_own()),
                is_around: station.is_around || !cause.effect.is_own(),
            }));
            search.enter(fact, station);
        }
        let key = |c: &Contribution| (c.is_around, c.distance, c.effect, c.span);
        found.sort_by(|a, b| (key(a), &a.via).cmp(&(key(b), &b.via)));
        found.dedup_by(|a, b| a.effect == b.effect && a.span == b.span);
        found
    }
}

/// An answer in the making.
pub(crate) struct Walk {
    facts: Vec<Fact>,
    of: rustc_hash::FxHashMap<(VertexId, bool), usize>,
    is_cut: bool,
}

impl Walk {
    /// An answer about a vertex, whose fact is the first.
    fn begin(vertex: VertexId) -> Walk {
        let mut walk = Walk { facts: Vec::new(), of: Default::default(), is_cut: false };
        walk.fact(vertex, false);
        walk
    }

    /// The fact about a vertex, to be worked out if it is new. As a whole, its fields belong to it.
    fn fact(&mut self, vertex: VertexId, whole: bool) -> Option<usize> {
        if let Some(&known) = self.of.get(&(vertex, whole)) {
            return Some(known);
        }
        if self.facts.len() >= MAX_FACTS {
            self.is_cut = true;
            return None;
        }
        let (path, value, causes, parts) = (String::new(), String::new(), Vec::new(), Vec::new());
        self.facts.push(Fact { path, value, causes, parts, vertex });
        self.of.insert((vertex, whole), self.facts.len() - 1);
        Some(self.facts.len() - 1)
    }
}

impl Session {
    /// Who made the value at a vertex what it is.
    pub fn explain(&mut self, vertex: VertexId) -> Result<Explanation, Limit> {
        self.explain_by(vertex, &[])
    }

    /// The same for a value below another. The way there may lead through fields that stand for others, and then
    /// whatever decided about those counts too. Nothing where there is no such field.
    pub fn explain_at(&mut self, root: VertexId, path: &[Label]) -> Result<Option<Explanation>, Limit> {
        let (mut at, mut stations) = (root, vec![root]);
        for &label in path {
            match self.field(at, label)? {
                Some(field) => at = field,
                None => return Ok(None),
            }
            stations.push(at);
        }
        stations.pop();
        stations.retain(|&station| self.vertex(station).shared);
        let mut explanation = self.explain_by(at, &stations)?;
        if let Some(fact) = explanation.facts.first_mut().filter(|_| !stations.is_empty()) {
            let names: Vec<String> = path.iter().map(|&label| self.label_source(label)).collect();
            fact.path = names.join(".");
        }
        Ok(Some(explanation))
    }

    fn explain_by(&mut self, vertex: VertexId, stations: &[VertexId]) -> Result<Explanation, Limit> {
        self.require(vertex, Need::Deep)?;
        let mut walk = Walk::begin(vertex);
        let mut done = 0;
        while done < walk.facts.len() {
            self.work_out(&mut walk, done, if done == 0 { stations } else { &[] })?;
            let vertex = walk.facts[done].vertex;
            let (path, value) = (self.path_text(vertex), self.shown(vertex));
            let fact = &mut walk.facts[done];
            (fact.path, fact.value) = (path, value);
            done += 1;
        }
        Ok(Explanation { facts: walk.facts, is_cut: walk.is_cut })
    }

    /// What made the value of a fact, and its parts where it flowed in as a whole.
    fn work_out(&mut self, walk: &mut Walk, index: usize, stations: &[VertexId]) -> Result<(), Limit> {
        let vertex = walk.facts[index].vertex;
        self.meter.work(1)?;
        self.require(vertex, Need::Done)?;
        let causes = self.causes(walk, vertex, stations)?;
        let parts = match walk.of.get(&(vertex, true)) {
            Some(&whole) if whole == index => self.parts(walk, vertex)?,
            _ => Vec::new(),
        };
        let fact = &mut walk.facts[index];
        (fact.causes, fact.parts) = (causes, parts);
        Ok(())
    }

    /// A value as an answer shows it: its default, or what is wrong with it.
    fn shown(&self, vertex: VertexId) -> String {
        match self.own_error(vertex) {
            Some(error) => format!("_|_ // {}", self.message(error)),
            None => self.show(&self.default(vertex).unwrap_or(Value::Vertex(vertex))),
        }
    }

    /// The fact about a value that flowed in: a struct or list as a whole.
    fn fact(&self, walk: &mut Walk, vertex: VertexId) -> Option<usize> {
        let whole = matches!(self.known_value(self.chosen(vertex)), Some(Value::Struct | Value::List { .. }));
        walk.fact(vertex, whole)
    }

    /// The fields of a value that flowed in as a whole.
    fn parts(&mut self, walk: &mut Walk, vertex: VertexId) -> Result<Vec<usize>, Limit> {
        self.require(vertex, Need::Deep)?;
        let end = self.chosen(vertex);
        let fields: Vec<VertexId> = self.vertex(end).arcs.iter().map(|(_, field)| field).collect();
        let members = fields.into_iter().filter(|&field| self.vertex(field).arc == crate::ir::ArcType::Member);
        Ok(members.filter_map(|field| self.fact(walk, field)).collect())
    }
}
