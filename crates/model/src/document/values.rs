//! Values of a graph document: data with later values in it, and who set which leaf.

use std::sync::Arc;

use cue_data::{Field, Node, NodeId};
use strata_base::Span;

use crate::address::Context;
use crate::codec::interpret;
use crate::codes;
use crate::graph::Origin;
use crate::reading::Reader;
use crate::value::{MAX_DEPTH, Map, Value};

use super::node::full;

impl Reader<'_> {
    pub(super) fn value(&mut self, context: &Context, id: NodeId) -> Option<Value> {
        self.value_with_origins(context, id, &mut Vec::new())
    }

    /// The value, and for each of its leaves, in order, the place where it stands.
    pub(super) fn value_with_origins(
        &mut self,
        context: &Context,
        id: NodeId,
        origins: &mut Vec<Origin>,
    ) -> Option<Value> {
        self.deep(context, id, 0, origins)
    }

    fn deep(&mut self, context: &Context, id: NodeId, depth: usize, origins: &mut Vec<Origin>) -> Option<Value> {
        if depth > MAX_DEPTH {
            self.wrong(codes::BAD_VALUE, id, format!("a value may be nested {MAX_DEPTH} levels deep at most"));
            return None;
        }
        let data = self.data;
        let leaf = match data.node(id) {
            Node::List(run) if !run.is_empty() => {
                let items = data.elements(id);
                let mut list = Vec::with_capacity(items.len());
                for &item in items {
                    list.push(self.deep(context, item, depth + 1, origins)?);
                }
                return Some(Value::List(list));
            }
            Node::Struct(run) if !run.is_empty() => return self.object(context, id, depth, origins),
            Node::Null => Value::Null,
            Node::Bool(bool) => Value::Bool(*bool),
            Node::Number(number) => match number.to_json_string().parse() {
                Ok(number) => Value::Number(number),
                Err(_) => {
                    self.wrong(codes::BAD_VALUE, id, "this number is too large");
                    return None;
                }
            },
            Node::String(text) => Value::String(text.clone()),
            Node::Bytes(_) => {
                self.wrong(codes::WRONG_KIND, id, "a graph holds text, not bytes");
                return None;
            }
            Node::List(_) => Value::List(Vec::new()),
            Node::Struct(_) => Value::map(),
        };
        origins.push(self.origin(data.span(id)));
        Some(leaf)
    }

    fn object(&mut self, context: &Context, id: NodeId, depth: usize, origins: &mut Vec<Origin>) -> Option<Value> {
        let data = self.data;
        // Leaves are counted in the order of sorted keys.
        let mut fields: Vec<&Field> = data.fields(id).iter().collect();
        fields.sort_by(|a, b| a.key.cmp(&b.key));
        let before = origins.len();
        let mut map = Map::new();
        for field in &fields {
            let literal = &*field.key == "$literal" && !data.fields(field.value).is_empty();
            let value = if literal {
                self.literal(context, field.value, depth + 1, origins)?
            } else {
                self.deep(context, field.value, depth + 1, origins)?
            };
            map.insert(field.key.clone(), value);
        }
        let is_special = fields.iter().any(|field| field.key.starts_with('$'));
        if !is_special {
            return Some(Value::Map(map));
        }
        if let Some(Value::Map(target)) = map.get_mut("$ref") {
            lengthen(context, target);
        }
        match interpret(map) {
            Ok(value) => {
                // A later value is one leaf, whatever it is made of.
                if !value.is_container() {
                    origins.truncate(before);
                    origins.push(self.origin(data.span(id)));
                }
                Some(value)
            }
            Err(wrong) => {
                self.wrong(codes::BAD_LATER, id, wrong);
                None
            }
        }
    }

    fn literal(&mut self, context: &Context, id: NodeId, depth: usize, origins: &mut Vec<Origin>) -> Option<Value> {
        let data = self.data;
        let mut fields: Vec<&Field> = data.fields(id).iter().collect();
        fields.sort_by(|a, b| a.key.cmp(&b.key));
        let mut map = Map::new();
        for field in fields {
            map.insert(field.key.clone(), self.deep(context, field.value, depth + 1, origins)?);
        }
        Some(Value::Map(map))
    }

    fn origin(&self, span: Span) -> Origin {
        let at = self.source.line_col(span.start);
        Origin { file: self.name.clone(), line: at.line, column: at.column, by: None }
    }
}

/// Inside a context `db` and `db/main` are addresses, and outputs are by default its own.
fn lengthen(context: &Context, target: &mut Map) {
    if let Some(Value::String(text)) = target.get_mut("address") {
        *text = full(context, text).into();
    }
    if target.contains_key("output") {
        let own = || Value::String(Arc::from(context.as_str()));
        let given = target.entry("context".into()).or_insert_with(own);
        if let Value::String(text) = given
            && text.matches('/').count() == 1
        {
            *text = format!("{text}/-").into();
        }
    }
}
