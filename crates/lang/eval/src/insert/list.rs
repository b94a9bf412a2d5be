//! Lists: elements, what the tail may be, and lengths that have to agree.

use cue_data::Kinds;

use super::{Done, field_trail, optional};
use crate::errors::{Arg, ErrorCode};
use crate::ir::{ArcType, Comparison, ListId, ListLit, Node, NodeId};
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
        if !self.is_fixed(id) {
            self.add_task(vertex, TaskKind::List, node, inner, trail);
            return Ok(());
        }
        let ListLit { elements, ellipsis } = *self.ir().list(id);
        self.add_literal_elements(vertex, id, inner, node, trail)?;
        self.join_list(vertex, elements.len, ellipsis.is_none(), node);
        Ok(())
    }

    /// Whether all elements of a list literal are there, none of them from a comprehension.
    pub(crate) fn is_fixed(&self, id: ListId) -> bool {
        let elements = self.ir().nodes(self.ir().list(id).elements);
        elements.iter().all(|&element| !matches!(self.ir().node(element), Node::Comprehension(_)))
    }

    /// The elements of a list literal that is fixed, and what its tail may be.
    pub(crate) fn add_literal_elements(
        &mut self,
        vertex: VertexId,
        id: ListId,
        env: EnvId,
        node: NodeId,
        trail: Trail,
    ) -> Done {
        let ListLit { elements, ellipsis } = *self.ir().list(id);
        for index in 0..elements.len {
            let element = self.ir().nodes(elements)[index as usize];
            self.add_element(vertex, index, Item::Node(element), env, trail)?;
        }
        self.add_tail(vertex, elements.len, ellipsis.map(|rest| rest.value), env, node, trail)
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
        for (index, &(item, env)) in (0..).zip(elements) {
            self.add_element(vertex, index, item, env, trail)?;
        }
        if let Some((value, env)) = ellipsis {
            self.add_tail(vertex, length, value, env, node, trail)?;
        }
        self.join_list(vertex, length, ellipsis.is_none(), node);
        Ok(())
    }

    fn add_element(&mut self, vertex: VertexId, index: u32, item: Item, env: EnvId, trail: Trail) -> Done {
        let trail = field_trail(trail, ArcType::Member);
        self.add_field(vertex, Label::index(index), ArcType::Member, Conjunct { item, env, trail })?;
        Ok(())
    }

    /// What elements must be from a place on.
    fn add_tail(
        &mut self,
        vertex: VertexId,
        from: u32,
        value: Option<NodeId>,
        env: EnvId,
        node: NodeId,
        trail: Trail,
    ) -> Done {
        let Some(value) = value else { return Ok(()) };
        let filter = self.bound(Comparison::GreaterEqual, Value::Number(i64::from(from).into()), node);
        let trail = optional(field_trail(trail, ArcType::Member));
        let conjunct = Conjunct { item: Item::Node(value), env, trail };
        self.add_pattern(vertex, Pattern { filter, conjunct, keyed: false, node: value })
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
