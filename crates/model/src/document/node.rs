//! Nodes of a graph document.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::NodeId;
use strata_base::Span;

use crate::address::{Address, Context};
use crate::check::{Check, Kind};
use crate::codes;
use crate::graph::{Dependency, Node, Origin, Retain, Settings, Strength};
use crate::path::Path;
use crate::plan::ReplaceOrder;
use crate::tier::Phase;
use crate::value::Value;

use crate::reading::Reader;

use super::Around;

impl Reader<'_> {
    pub(super) fn node(&mut self, around: &Around, key: &Arc<str>, key_span: Span, id: NodeId) -> Option<Node> {
        let context = &around.partition.context;
        let address = self.address(context, key, key_span);
        let mut fields = self.fields(id, "a node")?;
        let kind = fields.required(self, "type").and_then(|id| self.text(id));
        let provider = fields.optional("provider").and_then(|id| self.provider(id)).or_else(|| around.provider.clone());
        let (properties, read) = (fields.optional("properties"), fields.optional("read"));
        let phase =
            fields.optional("phase").and_then(|id| self.word(id, &Phase::ALL.map(|phase| (phase.name(), phase))));
        let depends_on = fields.optional("depends_on");
        let protect = fields.optional("protect").and_then(|id| self.bool(id));
        let retains = [("delete", Retain::Delete), ("keep", Retain::Keep), ("snapshot", Retain::Snapshot)];
        let retain = fields.optional("retain").and_then(|id| self.word(id, &retains));
        let orders = [("delete_first", ReplaceOrder::DeleteFirst), ("create_first", ReplaceOrder::CreateFirst)];
        let replace = fields.optional("replace").and_then(|id| self.word(id, &orders));
        let (checks, ignore) = (fields.optional("checks"), fields.optional("ignore"));
        fields.close(self);
        if provider.is_none() {
            self.wrong(codes::MISSING_FIELD, id, "a node needs `provider`, here or around it");
        }
        // All of it is read before what is missing ends this, so that everything wrong with a node is told.
        let mut origins = Vec::new();
        let mut value = properties.map_or_else(Value::map, |id| self.properties(context, id, &mut origins));
        if let Some(id) = read {
            if properties.is_some() {
                self.wrong(codes::BAD_VALUE, id, "a node that is only read has no properties of its own");
            }
            let object = self.value(context, id);
            value = object.map_or_else(Value::map, |object| [("object", object)].into_iter().collect());
        }
        let depends_on = depends_on
            .map_or_else(Vec::new, |id| self.list(id).iter().filter_map(|&id| self.dependency(context, id)).collect());
        let checks = self.checks(context, checks);
        let ignore =
            ignore.map_or_else(Vec::new, |id| self.list(id).iter().filter_map(|&id| self.parsed(id)).collect());
        let settings = Settings {
            read: read.is_some(),
            ignore,
            phase: phase.unwrap_or_default(),
            protect: protect.unwrap_or(false),
            retain: retain.unwrap_or_default(),
            replace,
        };
        let node = Node::new(address?, around.partition.tier, kind?, provider?);
        Some(Node { properties: value, depends_on, settings, checks, origins, span: key_span, ..node })
    }

    fn properties(&mut self, context: &Context, id: NodeId, origins: &mut Vec<Origin>) -> Value {
        let value = self.value_with_origins(context, id, origins);
        if value.as_ref().is_some_and(|value| value.as_map().is_none()) {
            self.wrong(codes::WRONG_KIND, id, "properties must be an object");
        }
        value.unwrap_or_else(Value::map)
    }

    fn checks(&mut self, context: &Context, id: Option<NodeId>) -> BTreeMap<Path, Check> {
        let mut checks = BTreeMap::new();
        for (path, span, id) in self.entries(id) {
            match path.parse::<Path>() {
                Ok(path) => {
                    let check = self.check(context, id);
                    checks.extend(check.map(|check| (path, check)));
                }
                Err(error) => {
                    self.problems.push(strata_base::Diagnostic::error(codes::BAD_VALUE, error.to_string()).at(span));
                }
            }
        }
        checks
    }

    /// A whole address, or the part of one that is enough inside a context.
    fn address(&mut self, context: &Context, text: &str, span: Span) -> Option<Address> {
        match full(context, text).parse() {
            Ok(address) => Some(address),
            Err(error) => {
                let message = error.to_string();
                self.problems.push(strata_base::Diagnostic::error(codes::BAD_VALUE, message).at(span));
                None
            }
        }
    }

    /// An address, or an object that says how strong the dependency is.
    fn dependency(&mut self, context: &Context, id: NodeId) -> Option<Dependency> {
        let span = self.data.span(id);
        if let Some(text) = self.data.as_str(id) {
            let on = self.address(context, text, span)?;
            return Some(Dependency { on, strength: Strength::Hard });
        }
        let mut fields = self.fields(id, "a dependency")?;
        let on = fields.required(self, "on").and_then(|id| self.text(id));
        let strengths = [("hard", Strength::Hard), ("soft", Strength::Soft)];
        let strength = fields.optional("strength").and_then(|id| self.word(id, &strengths));
        fields.close(self);
        let on = self.address(context, &on?, span)?;
        Some(Dependency { on, strength: strength.unwrap_or_default() })
    }

    fn check(&mut self, context: &Context, id: NodeId) -> Option<Check> {
        let mut fields = self.fields(id, "a check")?;
        let kinds = [
            ("bool", Kind::Bool),
            ("int", Kind::Int),
            ("number", Kind::Number),
            ("string", Kind::String),
            ("list", Kind::List),
            ("map", Kind::Map),
        ];
        let kind = fields.optional("kind").and_then(|id| self.word(id, &kinds));
        let min = fields.optional("min").and_then(|id| self.bound(id));
        let max = fields.optional("max").and_then(|id| self.bound(id));
        let one_of = fields.optional("one_of");
        fields.close(self);
        let one_of = match one_of {
            Some(id) => self.list(id).iter().filter_map(|&id| self.value(context, id)).collect(),
            None => Vec::new(),
        };
        Some(Check { kind, min, max, one_of })
    }

    fn bound(&mut self, id: NodeId) -> Option<i64> {
        let bound = self.int(id);
        if bound.is_none() {
            self.wrong(codes::WRONG_KIND, id, "a bound must be a whole number");
        }
        bound
    }
}

/// What an address inside a context is short for.
pub(super) fn full(context: &Context, text: &str) -> String {
    match text.matches('/').count() {
        0 => format!("{context}/{text}/main"),
        1 => format!("{context}/{text}"),
        _ => text.to_owned(),
    }
}
