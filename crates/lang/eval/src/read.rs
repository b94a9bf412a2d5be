//! What is asked of values by those who print them.

use crate::api::FieldView;
use crate::errors::ErrorId;
use crate::ir::{ArcType, InstanceId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Status, Trail, VertexId};

impl Session {
    /// An expression that was compiled with a package, its free names looked up in a scope of its own.
    pub fn expression_in(
        &mut self,
        instance: InstanceId,
        index: usize,
        scope: Option<VertexId>,
    ) -> Result<Option<VertexId>, Limit> {
        let Some(scope) = scope else { return self.expression(instance, index) };
        let found = self.program.instances.get(instance.0 as usize).and_then(|found| found.expressions.get(index));
        let Some(&node) = found else { return Ok(None) };
        let env = self.add_env(EnvId::NONE, Frame::Vertex(scope));
        let conjunct = Conjunct { item: Item::Node(node), env, trail: Trail::default() };
        Ok(Some(self.add_detached(VertexId::NONE, vec![conjunct])?))
    }

    /// The labels that lead from the root to a vertex, as they are written.
    pub fn path_labels(&self, vertex: VertexId) -> Vec<String> {
        self.path(vertex).into_iter().map(|label| self.label_as_written(label)).collect()
    }

    /// The labels that lead from the root to a vertex.
    pub fn labels_to(&self, vertex: VertexId) -> Vec<Label> {
        self.path(vertex)
    }

    /// The permanent errors below a vertex with the vertices that they are values of, definitions and hidden fields
    /// included, in the order of fields.
    pub fn errors_below(&self, root: VertexId) -> Vec<(VertexId, ErrorId)> {
        let mut found = Vec::new();
        let mut todo = vec![root];
        let mut seen = self.no_vertices();
        while let Some(vertex) = todo.pop() {
            let at = self.deref(vertex);
            let here = self.vertex(at);
            if here.status == Status::Deep
                && !matches!(here.value, Value::Bottom(_))
                && here.rare().child_error.is_none()
            {
                continue;
            }
            if !seen.insert(at) || self.vertex(at).status < Status::Done {
                continue;
            }
            if let Value::Bottom(error) = self.vertex(at).value
                && !self.bottom(error).code.is_incomplete()
            {
                // What stands for a value that an expression made is told in its own place.
                let place = if self.is_apart(at) { vertex } else { at };
                found.extend(self.members(error).into_iter().map(|error| (place, error)));
                continue;
            }
            let fields = self
                .vertex(at)
                .arcs
                .iter()
                .filter(|&(label, field)| !label.is_let() && self.vertex(field).arc != ArcType::Optional);
            let fields: Vec<(Label, VertexId)> = fields.collect();
            todo.extend(fields.into_iter().rev().map(|(_, field)| field));
        }
        found
    }

    /// Where a value is that was evaluated in depth, and what it is, its default chosen.
    pub fn chosen_value(&self, vertex: VertexId) -> (VertexId, &Value) {
        let mut at = self.deref(vertex);
        loop {
            let here = self.vertex(at);
            let value = match &here.value {
                Value::Disjunction(d) if d.defaults == 1 => &d.values[0],
                value => value,
            };
            match value {
                _ if here.status < Status::Done => return (at, &Value::Top),
                Value::Vertex(inner) => {
                    let next = self.deref(*inner);
                    if next == at {
                        return (at, &Value::Top);
                    }
                    at = next;
                }
                value => return (at, value),
            }
        }
    }

    /// Whether a vertex and all regular fields below it are known to be data. Where they are not, they may still be.
    pub(crate) fn is_data(&self, vertex: VertexId) -> bool {
        if self.vertex(vertex).is_bare_scalar() {
            return true;
        }
        let (at, value) = self.chosen_value(vertex);
        match value {
            Value::Struct | Value::List { .. } => self.vertex(at).concrete,
            value => value.is_scalar(),
        }
    }

    /// Whether the regular fields of a vertex that was evaluated in depth are data.
    pub(crate) fn has_only_data(&self, vertex: VertexId) -> bool {
        let is_data = |(label, field): (Label, VertexId)| match self.vertex(field).arc {
            ArcType::Member => !label.is_regular() || self.is_data(field),
            ArcType::Required => !label.is_regular(),
            ArcType::Optional => true,
        };
        self.vertex(vertex).arcs.iter().all(is_data)
    }

    /// Appends the fields of a vertex in order, as [`Session::fields`] gives them.
    pub fn list_fields(&self, vertex: VertexId, list: &mut Vec<FieldView>) {
        let view = |(label, field): (Label, VertexId)| FieldView { label, vertex: field, arc: self.vertex(field).arc };
        let at = self.deref(vertex);
        if self.is_in_order(at) {
            list.extend(self.vertex(at).arcs.iter().map(view));
        } else {
            let arcs = &self.vertex(at).arcs;
            list.extend(self.order_of(at).iter().filter_map(|&index| arcs.at(index as usize)).map(view));
        }
    }

    /// The name of a field, without quotes; nothing for an index.
    pub fn field_name(&self, label: Label) -> Option<&str> {
        (!label.is_int()).then(|| self.name_of(label))
    }

    /// What stands for a vertex where something concrete is wanted: its default, if it has one.
    pub fn chosen(&self, vertex: VertexId) -> VertexId {
        let at = self.deref(vertex);
        self.default_vertex(at).unwrap_or(at)
    }
}
