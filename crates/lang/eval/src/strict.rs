//! Rules that who embeds the language may add. Without them a program means what it always means; with them some
//! programs that are most likely wrong are errors.

use rustc_hash::FxHashMap;
use strata_base::Span;

use crate::errors::Arg;
use crate::ir::{ArcType, Clause, ComprehensionId, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::origins::surroundings::Stands;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{EnvId, Frame, Item, VertexId};
use crate::work::Need;

/// What is stricter than the language. All of it is off by default.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Rules {
    /// A struct with a field whose name begins with `$` stands for what is known only later: comparing, counting, going
    /// through it, and making text of it are errors. Asking whether it is there, and for its fields, is not.
    pub opaque: bool,
    /// Asking whether a field is there that the struct can never have is an error and not false.
    pub strict_presence: bool,
}

/// Two rounds of one comprehension that made one field.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collision {
    /// The path of the field.
    pub path: String,
    pub field: VertexId,
    /// What the field is in the comprehension.
    pub span: Span,
    /// How many rounds made it.
    pub rounds: usize,
}

/// Functions that move values about and do not look at them.
const MOVERS: [&str; 7] =
    ["list.Concat", "list.FlattenN", "list.Slice", "list.Take", "list.Drop", "list.Repeat", "list.Reverse"];

impl Session {
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// The error of something that looks into what is known only later.
    pub(crate) fn refuse_opaque(&mut self, value: &Value, what: &str, node: NodeId) -> Step<Option<Value>> {
        let Value::Vertex(vertex) = value else { return Ok(None) };
        if !self.rules.opaque {
            return Ok(None);
        }
        self.wait(*vertex, Need::Done)?;
        if !self.is_opaque(*vertex) {
            return Ok(None);
        }
        // It is shown as a whole.
        self.wait(*vertex, Need::Deep)?;
        let args = vec![Arg::Value(value.clone()), Arg::from(what)];
        Ok(Some(self.failure(node, "invalid use of {} in {}: it is known only later", args)))
    }

    pub(crate) fn is_opaque(&self, vertex: VertexId) -> bool {
        let arcs = &self.vertex(self.chosen(vertex)).arcs;
        arcs.iter().any(|(label, field)| {
            label.is_string()
                && self.vertex(field).arc == ArcType::Member
                && self.symbol_text(label.symbol()).starts_with('$')
        })
    }

    /// Whether a function of the library may not be given what is known only later.
    pub(crate) fn looks_at_arguments(&self, function: &str) -> bool {
        self.rules.opaque && !MOVERS.contains(&function)
    }

    /// The fields below a vertex that several rounds of one comprehension made: equal by chance, or one for all.
    pub fn collisions_below(&mut self, root: VertexId) -> Result<Vec<Collision>, Limit> {
        self.require(root, Need::Deep)?;
        let mut found = Vec::new();
        let mut todo = vec![root];
        let mut seen = rustc_hash::FxHashSet::default();
        while let Some(vertex) = todo.pop() {
            self.meter.work(1)?;
            let at = self.chosen(vertex);
            if !seen.insert(at) {
                continue;
            }
            let fields: Vec<(Label, VertexId)> = self.vertex(at).arcs.iter().collect();
            for &(label, field) in fields.iter().rev() {
                if label.is_let() || self.vertex(field).arc != ArcType::Member {
                    continue;
                }
                todo.push(field);
                if let Some((node, rounds)) = self.rounds_of(field) {
                    let (path, span) = (self.path_text(field), self.span(node));
                    found.push(Collision { path, field, span, rounds });
                }
            }
        }
        found.sort_by(|a, b| (a.span, &a.path).cmp(&(b.span, &b.path)));
        Ok(found)
    }

    /// An expression that made a field in several rounds.
    fn rounds_of(&self, field: VertexId) -> Option<(NodeId, usize)> {
        let mut counts: FxHashMap<(NodeId, ComprehensionId), Vec<EnvId>> = FxHashMap::default();
        let conjuncts = self.vertex(field).conjuncts.clone();
        for conjunct in &conjuncts {
            let Item::Node(node) = conjunct.item else { continue };
            let Some((id, round)) = self.round_of(node, conjunct.env) else { continue };
            let rounds = counts.entry((node, id)).or_default();
            if !rounds.contains(&round) {
                rounds.push(round);
            }
        }
        let mut several: Vec<_> = counts.into_iter().filter(|(_, rounds)| rounds.len() > 1).collect();
        several.sort_by_key(|((node, _), _)| *node);
        several.first().map(|((node, _), rounds)| (*node, rounds.len()))
    }

    /// The comprehension in whose body a field's expression stands directly, and the frame of its round.
    fn round_of(&self, node: NodeId, env: EnvId) -> Option<(ComprehensionId, EnvId)> {
        let surroundings = self.surroundings();
        let (literal, keyed) = match surroundings.stands(node) {
            Stands::Member(literal) => (literal, false),
            Stands::Labelled { literal, keyed, .. } => (literal, keyed),
            _ => return None,
        };
        let up = |env: EnvId| (env != EnvId::NONE).then(|| self.env(env).up);
        let own = if keyed { up(env)? } else { env };
        let round = up(own)?;
        let body = self.ir().struct_nodes[literal.0 as usize];
        let Stands::Body(id) = surroundings.stands(body) else { return None };
        let goes_round = self.ir().comprehension(id).clauses.iter().any(|clause| matches!(clause, Clause::For { .. }));
        (goes_round && round != EnvId::NONE && matches!(self.env(round).frame, Frame::For { .. } | Frame::Let(_)))
            .then_some((id, round))
    }
}
