//! Lists: elements, what the tail may be, and lengths that have to agree.

use std::sync::Arc;

use cue_data::Kinds;

use super::{Done, field_trail, optional};
use crate::errors::{Arg, ErrorCode};
use crate::ir::{ArcType, Comparison, ListId, Node, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::Session;
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Pattern, Trail, VertexId};
use crate::work::{ListState, TaskKind};

impl Session {
    pub(super) fn insert_list(&mut self, vertex: VertexId, id: ListId, node: NodeId, env: EnvId, trail: Trail) -> Done {
        self.mark_value(vertex, &trail)?;
        let inner = self.add_env(env, Frame::Vertex(vertex));
        self.narrow(vertex, Kinds::LIST, node, &Value::List { open: false }, &trail);
        let program = Arc::clone(&self.program);
        let literal = program.ir.list(id);
        let elements = program.ir.nodes(literal.elements);
        let fixed = elements.iter().all(|&e| !matches!(program.ir.node(e), Node::Comprehension(_)));
        if !fixed {
            self.add_task(vertex, TaskKind::List, node, inner, trail);
            return Ok(());
        }
        let elements: Vec<_> = elements.iter().map(|&element| (Item::Node(element), inner)).collect();
        self.insert_elements(vertex, &elements, literal.ellipsis.map(|value| (value, inner)), node, trail)
    }

    /// The elements of a list and what its tail may be.
    pub(crate) fn insert_elements(
        &mut self,
        vertex: VertexId,
        elements: &[(Item, EnvId)],
        ellipsis: Option<(Option<NodeId>, EnvId)>,
        node: NodeId,
        trail: Trail,
    ) -> Done {
        let length = u32::try_from(elements.len()).map_err(|_| Limit::ListLength)?;
        let closed = ellipsis.is_none();
        let inner = field_trail(trail, ArcType::Member);
        for (index, &(item, env)) in elements.iter().enumerate() {
            let label = Label::index(u32::try_from(index).map_err(|_| Limit::ListLength)?);
            self.add_field(vertex, label, ArcType::Member, Conjunct { item, env, trail: inner })?;
        }
        if let Some((Some(value), env)) = ellipsis {
            let filter = self.bound(Comparison::GreaterEqual, Value::Number(i64::from(length).into()), node);
            let conjunct = Conjunct { item: Item::Node(value), env, trail: optional(inner) };
            self.add_pattern(vertex, Pattern { filter, conjunct, keyed: false, node: value })?;
        }
        self.join_list(vertex, length, closed, node);
        Ok(())
    }

    /// Holds the length of one more list against those that came before.
    fn join_list(&mut self, vertex: VertexId, length: u32, closed: bool, node: NodeId) {
        let known = self.work(vertex).list;
        let Some(known) = known else {
            self.work(vertex).list = Some(ListState { length, closed, node });
            return;
        };
        let too_short = length < known.length && closed;
        let too_long = length > known.length && known.closed;
        if too_short || too_long {
            let (short, long) = if too_short { (length, known.length) } else { (known.length, length) };
            let spans = vec![self.span(known.node), self.span(node)];
            let args = vec![Arg::from(short.to_string()), Arg::from(long.to_string())];
            let error = self.error_at(ErrorCode::Eval, spans, "incompatible list lengths ({} and {})", args);
            self.add_error(vertex, error);
            return;
        }
        let list = ListState { length: known.length.max(length), closed: known.closed || closed, node };
        self.work(vertex).list = Some(list);
    }
}
