//! What may still come: whether a task may add a field to a vertex, by its text alone.

use crate::ir::{Decl, Node, NodeId};
use crate::label::Label;
use crate::session::Session;
use crate::vertex::VertexId;
use crate::work::{DisjunctionSource, Need, TaskId, TaskKind};

impl Session {
    pub(super) fn has_provider(&self, vertex: VertexId, label: Option<Label>) -> bool {
        let Some(work) = &self.vertex(vertex).work else { return false };
        work.tasks.iter().any(|&task| !self.task(task).done && self.may_provide(task, label))
    }

    /// Whether what a task waits for depends, by way of another task, on what it may itself provide.
    pub(crate) fn waits_for_itself(&self, id: TaskId, vertex: VertexId, need: Need) -> bool {
        let mut seen = rustc_hash::FxHashSet::default();
        // Each with whether another task lies between.
        let mut pending = vec![(vertex, need, false)];
        while let Some((vertex, need, far)) = pending.pop() {
            let mut at = self.deref(vertex);
            let mut label = match need {
                Need::Label(label) => Some(label),
                _ => None,
            };
            // What may provide it: tasks of the vertex, and of those above that may still add to it.
            loop {
                let here = self.vertex(at);
                for &task in here.work.iter().flat_map(|work| &work.tasks) {
                    if self.task(task).done || !self.may_provide(task, label) {
                        continue;
                    }
                    if task == id {
                        if far {
                            return true;
                        }
                        continue;
                    }
                    if let Some((next, need)) = self.task(task).wait
                        && seen.insert(task)
                    {
                        pending.push((next, need, true));
                    }
                }
                if here.settled || here.parent.is_none() || here.detached {
                    break;
                }
                label = Some(here.label);
                at = here.parent;
            }
        }
        false
    }

    /// Whether a task may add the label, or conjuncts to it; without a label, any.
    pub(super) fn may_provide(&self, task: TaskId, label: Option<Label>) -> bool {
        let task = self.task(task);
        match task.kind {
            TaskKind::Reference => true,
            TaskKind::Expression => self.expression_may_have_fields(task.node),
            TaskKind::Dynamic { .. } => label.is_none_or(Label::is_string),
            TaskKind::Pattern { .. } => label.is_none_or(Label::is_regular),
            TaskKind::List => label.is_none_or(Label::is_int),
            TaskKind::Comprehension => self.comprehension_may_provide(task.node, label),
            TaskKind::Disjunctions => {
                let Some(work) = &self.vertex(task.vertex).work else { return true };
                // While they are worked through, they stand there.
                let begun = work.expansion.as_ref().map_or(&[][..], |expansion| expansion.pending());
                begun.iter().chain(&work.disjunctions).any(|pending| match &pending.source {
                    DisjunctionSource::Literal { index, .. } => {
                        let literal = self.ir().disjunction(*index);
                        literal.disjuncts.iter().any(|disjunct| self.node_may_provide(disjunct.value, label))
                    }
                    DisjunctionSource::Value { value, .. } => value.values.iter().any(|value| !value.is_scalar()),
                })
            }
        }
    }

    fn expression_may_have_fields(&self, node: NodeId) -> bool {
        !matches!(
            self.ir().node(node),
            Node::Interpolation { .. }
                | Node::Compare { .. }
                | Node::Chain(_)
                | Node::Logical { .. }
                | Node::Not(_)
                | Node::Negate(_)
                | Node::Posate(_)
                | Node::Bound { .. }
                | Node::Key { .. }
                | Node::ForKey { .. }
        )
    }

    fn comprehension_may_provide(&self, node: NodeId, label: Option<Label>) -> bool {
        let Node::Comprehension(id) = self.ir().node(node) else { return true };
        let comprehension = self.ir().comprehension(id);
        self.node_may_provide(comprehension.body, label)
            || comprehension.fallback.is_some_and(|fallback| self.node_may_provide(fallback, label))
    }

    /// Whether a literal may add a label, by its text alone.
    fn node_may_provide(&self, node: NodeId, label: Option<Label>) -> bool {
        match self.ir().node(node) {
            Node::Struct(id) => {
                let Some(label) = label else { return true };
                let ir = self.ir();
                ir.decls(ir.structure(id)).iter().any(|decl| match decl {
                    Decl::Field { label: l, .. } => *l == label,
                    Decl::Dynamic { .. } => label.is_string(),
                    Decl::Pattern { .. } => label.is_regular(),
                    Decl::Comprehension(inner) => {
                        let body = self.ir().comprehension(*inner).body;
                        match self.ir().node(body) {
                            Node::Struct(body) => {
                                let body = self.ir().structure(body);
                                !body.is_static() || ir.declared(body, label).next().is_some() || body.has_pattern
                            }
                            _ => true,
                        }
                    }
                    Decl::Embedding(embedded) => !self.is_plain_scalar(*embedded),
                    Decl::Ellipsis => false,
                })
            }
            _ => !self.is_plain_scalar(node),
        }
    }

    fn is_plain_scalar(&self, node: NodeId) -> bool {
        matches!(
            self.ir().node(node),
            Node::Null
                | Node::Bool(_)
                | Node::Number(_)
                | Node::String(_)
                | Node::Bytes(_)
                | Node::Basic(_)
                | Node::Bound { .. }
                | Node::Top
                | Node::Bottom
        )
    }
}
