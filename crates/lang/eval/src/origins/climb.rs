//! From an expression outwards: what decided that it counts at all.

use std::sync::Arc;

use rustc_hash::FxHashSet;
use strata_base::Span;

use super::causes::Gathering;
use super::surroundings::Stands;
use super::{Cause, Effect, Surroundings, Walk};
use crate::ir::{Clause, ComprehensionId, Decl, Node, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::vertex::{EnvId, Frame, Item, VertexId};

impl Session {
    /// The guards, iterations, computed labels and choices around an expression that was evaluated in a frame.
    pub(super) fn climb(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        node: NodeId,
        env: EnvId,
        at: VertexId,
    ) -> Result<(), Limit> {
        let surroundings = self.surroundings();
        let (mut node, mut env, mut at) = (node, env, at);
        while gathering.climbed.insert((node, env)) {
            self.meter.work(1)?;
            match surroundings.stands(node) {
                Stands::Alone => return Ok(()),
                Stands::Operand(outer) => {
                    if let Node::Or(_) = self.ir().node(outer) {
                        self.note_choice(walk, gathering, outer, node, at)?;
                    }
                    node = outer;
                }
                Stands::Member(literal) => {
                    let Some((_, outer)) = self.leave_literal(env, &mut at) else { return Ok(()) };
                    (node, env) = (self.ir().struct_nodes[literal.0 as usize], outer);
                }
                Stands::Labelled { literal, label, keyed } => {
                    let inner = if keyed { self.leave(env) } else { env };
                    let Some((own, outer)) = self.leave_literal(inner, &mut at) else { return Ok(()) };
                    let is_told = !matches!(self.ir().node(label), Node::Basic(_) | Node::Top);
                    if is_told {
                        self.decided(walk, gathering, Effect::Label, label, own, at)?;
                    }
                    (node, env) = (self.ir().struct_nodes[literal.0 as usize], outer);
                }
                Stands::Element(list) => {
                    let Some((_, outer)) = self.leave_literal(env, &mut at) else { return Ok(()) };
                    (node, env) = (surroundings.list_node(list), outer);
                }
                Stands::Body(id) => {
                    env = self.clauses(walk, gathering, id, usize::MAX, env, at)?;
                    let Some(found) = self.leave_comprehension(&surroundings, id, env, &mut at) else { return Ok(()) };
                    (node, env) = found;
                }
                Stands::Fallback(id) => {
                    self.not_taken(walk, gathering, id, env, at)?;
                    let Some(found) = self.leave_comprehension(&surroundings, id, env, &mut at) else { return Ok(()) };
                    (node, env) = found;
                }
                Stands::Clause(id, index) => {
                    env = self.clauses(walk, gathering, id, index as usize, env, at)?;
                    let Some(found) = self.leave_comprehension(&surroundings, id, env, &mut at) else { return Ok(()) };
                    (node, env) = found;
                }
            }
        }
        Ok(())
    }

    fn leave(&self, env: EnvId) -> EnvId {
        if env == EnvId::NONE { env } else { self.env(env).up }
    }

    /// From the frame of a literal's members to what is around the literal; the vertex is that which has the members.
    fn leave_literal(&self, env: EnvId, at: &mut VertexId) -> Option<(EnvId, EnvId)> {
        if env == EnvId::NONE {
            return None;
        }
        let own = self.env(env);
        if let Frame::Vertex(vertex) = own.frame {
            *at = vertex;
        }
        Some((env, own.up))
    }

    fn leave_comprehension(
        &self,
        surroundings: &Surroundings,
        id: ComprehensionId,
        env: EnvId,
        at: &mut VertexId,
    ) -> Option<(NodeId, EnvId)> {
        let (_, outer) = self.leave_literal(env, at)?;
        match surroundings.comprehension(id) {
            Stands::Member(literal) => Some((self.ir().struct_nodes[literal.0 as usize], outer)),
            Stands::Element(list) => Some((surroundings.list_node(list), outer)),
            _ => None,
        }
    }

    /// The clauses before the nth, from the last to the first, and the frame around them all.
    fn clauses(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        id: ComprehensionId,
        before: usize,
        env: EnvId,
        at: VertexId,
    ) -> Result<EnvId, Limit> {
        let program = Arc::clone(&self.program);
        let mut env = env;
        for clause in program.ir.comprehension(id).clauses.iter().take(before).rev() {
            match *clause {
                Clause::For { source } => {
                    env = self.leave(env);
                    self.decided(walk, gathering, Effect::Iteration, source, env, at)?;
                }
                Clause::Let(_) => env = self.leave(env),
                Clause::TryLet(value) => {
                    env = self.leave(env);
                    self.decided(walk, gathering, Effect::Guard, value, env, at)?;
                }
                Clause::If(condition) => self.decided(walk, gathering, Effect::Guard, condition, env, at)?,
                Clause::Try => {}
            }
        }
        Ok(env)
    }

    /// What kept a comprehension from going round, so that its fallback counts.
    fn not_taken(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        id: ComprehensionId,
        env: EnvId,
        at: VertexId,
    ) -> Result<(), Limit> {
        let program = Arc::clone(&self.program);
        if let Some(clause) = program.ir.comprehension(id).clauses.first() {
            match *clause {
                Clause::For { source } => self.decided(walk, gathering, Effect::Iteration, source, env, at)?,
                Clause::If(node) | Clause::Let(node) | Clause::TryLet(node) => {
                    self.decided(walk, gathering, Effect::Guard, node, env, at)?;
                }
                Clause::Try => {}
            }
        }
        Ok(())
    }

    /// The guards that kept comprehensions from adding to a field, or to one above it.
    pub(super) fn skipped(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        vertex: VertexId,
    ) -> Result<(), Limit> {
        let program = Arc::clone(&self.program);
        let taken: FxHashSet<Span> = gathering.causes.iter().map(|cause| cause.span).collect();
        let mut at = vertex;
        while !self.vertex(at).parent.is_none() {
            let (label, above) = (self.vertex(at).label, self.vertex(at).parent);
            for inserted in &self.vertex(above).more().inserted.clone() {
                let Node::Struct(literal) = program.ir.node(inserted.literal) else { continue };
                for decl in program.ir.decls(program.ir.structure(literal)) {
                    let Decl::Comprehension(id) = *decl else { continue };
                    let comprehension = program.ir.comprehension(id);
                    let Some(&Clause::If(condition)) = comprehension.clauses.first() else { continue };
                    let may_add = match program.ir.node(comprehension.body) {
                        Node::Struct(body) => {
                            let body = program.ir.structure(body);
                            !body.is_static() || program.ir.declared(body, label).next().is_some()
                        }
                        _ => true,
                    };
                    if may_add && !taken.contains(&self.span(condition)) {
                        self.decided(walk, gathering, Effect::Skipped, condition, inserted.env, above)?;
                    }
                }
            }
            at = above;
        }
        Ok(())
    }

    /// One expression that decided, with what flowed into it.
    fn decided(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        effect: Effect,
        node: NodeId,
        env: EnvId,
        at: VertexId,
    ) -> Result<(), Limit> {
        let mut inputs = Vec::new();
        // What a list is made of depends on all that was gone through; so does which fields there are.
        self.inputs(walk, node, env, at, &mut inputs)?;
        let span = self.span(node);
        gathering.causes.push(Cause { effect, span, via: Vec::new(), inputs });
        Ok(())
    }

    /// One of several alternatives was taken: the fields by which it was told from the others.
    fn note_choice(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        or: NodeId,
        taken: NodeId,
        at: VertexId,
    ) -> Result<(), Limit> {
        let Node::Or(index) = self.ir().node(or) else { return Ok(()) };
        let literal = self.ir().disjunction(index).clone();
        let mut named: FxHashSet<Label> = FxHashSet::default();
        for disjunct in &literal.disjuncts {
            named.extend(self.labels_of(disjunct.value));
        }
        let mut inputs = Vec::new();
        let end = self.chosen(at);
        for (label, field) in self.vertex(end).arcs.iter().collect::<Vec<_>>() {
            let (mut within, mut without) = (named.contains(&label), false);
            for conjunct in &self.vertex(field).conjuncts {
                let is_within = matches!(conjunct.item, Item::Node(node) if self.stands_in(node, or));
                within |= is_within;
                without |= !is_within;
            }
            if within && without {
                inputs.extend(self.fact(walk, field));
            }
        }
        let is_default = literal.disjuncts.iter().any(|disjunct| disjunct.value == taken && disjunct.default);
        let effect = if is_default { Effect::ChosenDefault } else { Effect::Chosen };
        let span = self.span(taken);
        gathering.causes.push(Cause { effect, span, via: Vec::new(), inputs });
        Ok(())
    }

    /// The labels that a literal names itself.
    fn labels_of(&self, node: NodeId) -> Vec<Label> {
        let Node::Struct(id) = self.ir().node(node) else { return Vec::new() };
        let decls = self.ir().decls(self.ir().structure(id));
        decls.iter().filter_map(|decl| if let Decl::Field { label, .. } = decl { Some(*label) } else { None }).collect()
    }

    /// Whether an expression stands somewhere in another.
    fn stands_in(&self, node: NodeId, outer: NodeId) -> bool {
        let surroundings = self.surroundings();
        let mut node = node;
        loop {
            if node == outer {
                return true;
            }
            node = match surroundings.stands(node) {
                Stands::Operand(next) => next,
                Stands::Member(literal) | Stands::Labelled { literal, .. } => {
                    self.ir().struct_nodes[literal.0 as usize]
                }
                Stands::Element(list) => surroundings.list_node(list),
                Stands::Body(id) | Stands::Fallback(id) | Stands::Clause(id, _) => match surroundings.comprehension(id)
                {
                    Stands::Member(literal) => self.ir().struct_nodes[literal.0 as usize],
                    Stands::Element(list) => surroundings.list_node(list),
                    _ => return false,
                },
                Stands::Alone => return false,
            };
        }
    }

    pub(crate) fn surroundings(&self) -> Arc<Surroundings> {
        Arc::clone(self.program.surroundings.get_or_init(|| Arc::new(Surroundings::of(self.ir()))))
    }
}
