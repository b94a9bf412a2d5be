//! Data of mappings as values of a graph: references find their targets, and each leaf keeps its place.

use cue_data::{Data, Field, Node, NodeId};
use strata_base::{Sources, Span};
use strata_model::codec::interpret;
use strata_model::value::MAX_DEPTH;
use strata_model::{Context, Later, Map, Origin, Value};

use crate::references::{Target, target, tier_context};

/// What a mapping cannot have meant, and where.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) message: String,
    pub(crate) span: Span,
}

/// Converts what the mapping of one unit gave.
pub(crate) struct Converter<'a, 'o> {
    pub(crate) data: &'a Data,
    pub(crate) context: &'a Context,
    pub(crate) unit: &'a str,
    /// Gives the outputs of other units.
    pub(crate) output: &'o dyn Fn(&str, &str) -> Option<Value>,
    pub(crate) sources: &'a Sources,
    /// The file whose places are told before all others.
    pub(crate) document: strata_base::FileId,
    /// One for each leaf, in the order of sorted keys.
    pub(crate) origins: Vec<Origin>,
}

impl Converter<'_, '_> {
    /// The depth is limited, so the walk may recurse.
    pub(crate) fn value(&mut self, id: NodeId, depth: usize) -> Result<Value, Wrong> {
        let data = self.data;
        if depth > MAX_DEPTH {
            return Err(self.wrong(id, format!("a value may be nested {MAX_DEPTH} levels deep at most")));
        }
        let leaf = match data.node(id) {
            Node::List(run) if !run.is_empty() => {
                let items = data.elements(id).iter();
                return items.map(|&item| self.value(item, depth + 1)).collect::<Result<_, _>>().map(Value::List);
            }
            Node::Struct(run) if !run.is_empty() => return self.object(id, depth),
            Node::Null => Value::Null,
            Node::Bool(bool) => Value::Bool(*bool),
            Node::Number(number) => match number.to_json_string().parse() {
                Ok(number) => Value::Number(number),
                Err(_) => return Err(self.wrong(id, "this number is too large")),
            },
            Node::String(text) => Value::String(text.clone()),
            Node::Bytes(_) => return Err(self.wrong(id, "a graph holds text, not bytes")),
            Node::List(_) => Value::List(Vec::new()),
            Node::Struct(_) => Value::map(),
        };
        self.origins.push(self.origin(data.span(id)));
        Ok(leaf)
    }

    fn object(&mut self, id: NodeId, depth: usize) -> Result<Value, Wrong> {
        let data = self.data;
        let before = self.origins.len();
        if let Some(target) = target(data, id) {
            let sensitive = data.get(id, "$sensitive").is_some();
            let value = match target {
                Target::Unit { unit, output } => (self.output)(&unit, &output)
                    .ok_or_else(|| self.wrong(id, format!("`{unit}` gives no output `{output}`")))?,
                Target::Tier { tier, output } => {
                    let target = strata_model::Target::Output { context: tier_context(self.context, tier), output };
                    Value::Later(Box::new(Later::Ref { target, sensitive }))
                }
            };
            let value = if sensitive { tainted(value) } else { value };
            let origin = self.nearest_origin(id);
            value.each_leaf(&mut |_, _| self.origins.push(origin.clone()));
            return Ok(value);
        }
        if let Some(address) = self.sibling(id)? {
            self.origins.push(self.nearest_origin(id));
            return Ok(address);
        }
        // Leaves are counted in the order of sorted keys.
        let mut fields: Vec<&Field> = data.fields(id).iter().collect();
        fields.sort_by(|a, b| a.key.cmp(&b.key));
        let mut map = Map::new();
        for field in &fields {
            map.insert(field.key.clone(), self.value(field.value, depth + 1)?);
        }
        let value = interpret(map).map_err(|message| self.wrong(id, message))?;
        if !value.is_container() {
            // A later value is one leaf, whatever it is made of.
            self.origins.truncate(before);
            self.origins.push(self.nearest_origin(id));
        }
        Ok(value)
    }

    /// A reference to a node of the same unit.
    fn sibling(&mut self, id: NodeId) -> Result<Option<Value>, Wrong> {
        let data = self.data;
        let Some(body) = data.get(id, "$ref") else { return Ok(None) };
        let text = |key: &str| data.get(body, key).and_then(|id| data.as_str(id));
        let (Some(role), Some(attr)) = (text("role"), text("attr")) else { return Ok(None) };
        if data.get(data.root(), "nodes").is_none_or(|nodes| data.get(nodes, role).is_none()) {
            return Err(self.wrong(id, no_node(role)));
        }
        let address =
            self.context.address(self.unit, role).map_err(|error| self.wrong(id, error.to_string()))?.to_string();
        let body: Value = [("address", Value::from(&*address)), ("attr", Value::from(attr))].into_iter().collect();
        let mut map = Map::from([("$ref".into(), body)]);
        if data.get(id, "$sensitive").is_some() {
            map.insert("$sensitive".into(), Value::Bool(true));
        }
        interpret(map).map(Some).map_err(|message| self.wrong(id, message))
    }

    /// The place of something that is made of several parts: one in the document, if any part stands there.
    fn nearest_origin(&self, id: NodeId) -> Origin {
        let places = self.data.events(id).map(|step| step.span);
        let own = places.into_iter().find(|span| span.file == self.document);
        self.origin(own.unwrap_or_else(|| self.data.span(id)))
    }

    fn origin(&self, span: Span) -> Origin {
        match self.sources.get(span.file) {
            Some(source) => {
                let at = source.line_col(span.start);
                Origin { file: source.shared_name(), line: at.line, column: at.column, by: None }
            }
            None => Origin { file: "".into(), line: 0, column: 0, by: None },
        }
    }

    fn wrong(&self, id: NodeId, message: impl Into<String>) -> Wrong {
        Wrong { message: message.into(), span: self.data.span(id) }
    }
}

pub(crate) fn no_node(role: &str) -> String {
    format!("a reference to `{role}`, which is no node of this unit")
}

/// A value that must never be shown from here on.
fn tainted(value: Value) -> Value {
    match value {
        Value::Later(later) if later.is_sensitive() => Value::Later(later),
        Value::List(_) | Value::Map(_) => value,
        plain => Value::Later(Box::new(Later::Join { parts: vec![plain], sensitive: true })),
    }
}
