//! From an expression inwards: the values that flowed into it.

use strata_base::Span;

use super::Walk;
use super::causes::Gathering;
use crate::ir::{Node, NodeId};
use crate::limits::Limit;
use crate::resolve::Target;
use crate::session::{Halt, Session, Step};
use crate::value::Value;
use crate::vertex::{EnvId, Item, VertexId};
use crate::work::Need;

impl Session {
    /// The facts about what an expression refers to. What is not there was written by nobody.
    pub(super) fn inputs(
        &mut self,
        walk: &mut Walk,
        node: NodeId,
        env: EnvId,
        at: VertexId,
        found: &mut Vec<usize>,
    ) -> Result<(), Limit> {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            self.meter.work(1)?;
            if self.is_reference(node) {
                pending.extend(self.indices(node));
                if let Some(target) = self.resolved(node, env, at)? {
                    self.require(target, Need::Done)?;
                    found.extend(self.fact(walk, target));
                }
                continue;
            }
            match self.ir().node(node) {
                Node::Struct(_) | Node::List(_) | Node::Comprehension(_) => {
                    if let Some(&inline) = self.inlines.get(&(node, env, at)) {
                        found.extend(self.fact(walk, inline));
                    }
                }
                other => pending.extend(self.ir().operands(other)),
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(())
    }

    /// What selects the steps of a path: indices that are themselves computed.
    fn indices(&self, node: NodeId) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut node = node;
        loop {
            match self.ir().node(node) {
                Node::Index { operand, index } => {
                    found.push(index);
                    node = operand;
                }
                Node::DynamicField { key, .. } => {
                    found.push(key);
                    return found;
                }
                Node::Selector { operand, .. } | Node::Try(operand) => node = operand,
                _ => return found,
            }
        }
    }

    /// What a reference owes to the way that it takes: computed indices, and fields that stand for others.
    pub(super) fn way(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        node: NodeId,
        env: EnvId,
        at: VertexId,
        found: &mut Vec<usize>,
    ) -> Result<(), Limit> {
        for index in self.indices(node) {
            self.inputs(walk, index, env, at, found)?;
        }
        let mut node = node;
        while let Node::Selector { operand, .. } | Node::Index { operand, .. } | Node::Try(operand) =
            self.ir().node(node)
        {
            node = operand;
            let Some(station) = (if self.is_reference(node) { self.resolved(node, env, at)? } else { None }) else {
                continue;
            };
            if self.vertex(station).shared {
                self.stations(walk, gathering, &[station])?;
            }
        }
        Ok(())
    }

    /// The references of fields that stand for others, and what decided about them.
    pub(super) fn stations(
        &mut self,
        walk: &mut Walk,
        gathering: &mut Gathering,
        stations: &[VertexId],
    ) -> Result<Vec<Span>, Limit> {
        let mut via = Vec::new();
        for &station in stations {
            for conjunct in &self.vertex(station).conjuncts.clone() {
                if let Item::Node(reference) = conjunct.item {
                    via.push(self.span(reference));
                    self.climb(walk, gathering, reference, conjunct.env, station)?;
                }
            }
        }
        Ok(via)
    }

    /// Where a reference leads, evaluated as far as that takes.
    pub(super) fn resolved(&mut self, node: NodeId, env: EnvId, at: VertexId) -> Result<Option<VertexId>, Limit> {
        let target = self.asked(at, |session| session.resolve(node, env))?;
        Ok(match target {
            Target::Vertex(vertex) => Some(vertex),
            Target::Value(_) | Target::Missing { .. } => None,
        })
    }

    /// What an expression gives by itself.
    pub(super) fn outcome(&mut self, node: NodeId, env: EnvId, at: VertexId) -> Result<Value, Limit> {
        self.asked(at, |session| session.eval(node, env))
    }

    fn asked<T>(&mut self, at: VertexId, mut ask: impl FnMut(&mut Session) -> Step<T>) -> Result<T, Limit> {
        let saved = self.here;
        self.here.vertex = at;
        let found = loop {
            self.meter.work(1)?;
            match ask(self) {
                Ok(found) => break Ok(found),
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
}
