//! The graph document: a graph as JSON or YAML, the low-level door to the engine. See `docs/graph-document.md`.
//!
//! ```yaml
//! graph: 1
//! provider: local
//! partitions:
//! - context: acme/prod
//!   tier: 3
//!   nodes:
//!     db: {type: local.database, properties: {engine: postgres}}
//!     web:
//!       type: local.server
//!       properties: {database: {$ref: {address: db, attr: host}}}
//!   outputs:
//!     url: {value: {$ref: {address: web, attr: url}}}
//! ```

mod node;
mod values;

use cue_data::{Data, NodeId};
use strata_base::{Diagnostic, FileId, Source, Sources};

use crate::address::Context;
use crate::codes;
use crate::graph::{Execution, Graph, Moved, OnDrift, Output, Partition, ProviderInstance};
use crate::reading::{self, Reader};
use crate::tier::Tier;

pub use crate::reading::Syntax;

/// The version of graph documents that is read.
pub const FORMAT: i64 = 1;

/// Reads a graph document, or tells all that is wrong with it.
pub fn read(sources: &Sources, file: FileId, syntax: Syntax) -> Result<Graph, Vec<Diagnostic>> {
    let data = reading::data(sources, file, syntax)?;
    sources.get(file).map_or_else(|| Ok(Graph::default()), |source| graph(&data, source))
}

/// What a graph document that was read as data says.
pub fn graph(data: &Data, source: &Source) -> Result<Graph, Vec<Diagnostic>> {
    let mut reader = Reader::new(data, source);
    let graph = reader.graph();
    if reader.problems.is_empty() { Ok(graph) } else { Err(reader.problems) }
}

/// What a partition's nodes take from around them.
struct Around {
    partition: Partition,
    provider: Option<ProviderInstance>,
}

impl Reader<'_> {
    fn graph(&mut self) -> Graph {
        let mut graph = Graph::default();
        let root = self.data.root();
        let Some(mut fields) = self.fields(root, "the document") else { return graph };
        match fields.required(self, "graph") {
            Some(version) if self.int(version) == Some(FORMAT) => {}
            Some(version) => {
                let span = self.data.span(version);
                let message = format!("this version reads graph documents of version {FORMAT} only");
                self.problems.push(Diagnostic::error(codes::VERSION, message).at(span));
                return graph;
            }
            None => return graph,
        }
        let provider = fields.optional("provider").and_then(|id| self.provider(id));
        if let Some(partitions) = fields.required(self, "partitions") {
            for &id in self.list(partitions) {
                self.partition(id, provider.as_ref(), &mut graph);
            }
        }
        if let Some(moved) = fields.optional("moved") {
            for &id in self.list(moved) {
                graph.moved.extend(self.moved(id));
            }
        }
        fields.close(self);
        graph.evidence.insert("document".into(), self.name.clone());
        graph
    }

    fn partition(&mut self, id: NodeId, provider: Option<&ProviderInstance>, graph: &mut Graph) {
        let Some(mut fields) = self.fields(id, "a partition") else { return };
        let context = fields.required(self, "context").and_then(|id| self.parsed::<Context>(id));
        let tier = fields.required(self, "tier").and_then(|id| self.tier(id));
        let provider = fields.optional("provider").and_then(|id| self.provider(id)).or_else(|| provider.cloned());
        let execution = fields.optional("execution").and_then(|id| self.execution(id));
        let (nodes, outputs) = (fields.optional("nodes"), fields.optional("outputs"));
        fields.close(self);
        let (Some(context), Some(tier)) = (context, tier) else {
            self.rest(provider, nodes, outputs);
            return;
        };
        let around = Around { partition: Partition { context, tier }, provider };
        if graph.scope.contains(&around.partition) {
            let message = format!("{} stands here twice", around.partition);
            self.problems.push(Diagnostic::error(codes::TWICE, message).at(self.data.span(id)));
            return;
        }
        for (key, key_span, id) in self.entries(nodes) {
            let Some(node) = self.node(&around, &key, key_span, id) else { continue };
            if let Some(first) = graph.nodes.get(&node.address) {
                let message = format!("{} stands here twice", node.address);
                self.problems
                    .push(Diagnostic::error(codes::TWICE, message).at(key_span).also(first.span, "and here before"));
            } else {
                graph.nodes.insert(node.address.clone(), node);
            }
        }
        for (name, key_span, id) in self.entries(outputs) {
            let key = (around.partition.context.clone(), name.clone());
            let Some(output) = self.output(&around, id) else { continue };
            if graph.outputs.insert(key, output).is_some() {
                let message = format!("output `{name}` of {} stands here twice", around.partition.context);
                self.problems.push(Diagnostic::error(codes::TWICE, message).at(key_span));
            }
        }
        graph.execution.extend(execution.map(|execution| (around.partition.clone(), execution)));
        graph.scope.push(around.partition);
    }

    /// What is wrong inside a partition of which it is not known where it stands.
    fn rest(&mut self, provider: Option<ProviderInstance>, nodes: Option<NodeId>, outputs: Option<NodeId>) {
        let Ok(context) = "org/env".parse() else { return };
        let around = Around { partition: Partition { context, tier: Tier::Application }, provider };
        for (key, key_span, id) in self.entries(nodes) {
            self.node(&around, &key, key_span, id);
        }
        for (.., id) in self.entries(outputs) {
            self.output(&around, id);
        }
    }

    fn execution(&mut self, id: NodeId) -> Option<Execution> {
        let mut fields = self.fields(id, "the execution of a partition")?;
        let gates = [("plan_and_approve", true), ("auto_apply", false)];
        let gated = fields.optional("mode").and_then(|id| self.word(id, &gates));
        let modes = [("alert", OnDrift::Alert), ("plan_remediation", OnDrift::PlanRemediation)];
        let on_drift = fields.optional("on_drift").and_then(|id| self.word(id, &modes));
        fields.close(self);
        Some(Execution { gated: gated.unwrap_or_default(), on_drift: on_drift.unwrap_or_default() })
    }

    fn output(&mut self, around: &Around, id: NodeId) -> Option<Output> {
        let mut fields = self.fields(id, "an output")?;
        let value = fields.required(self, "value").and_then(|id| self.value(&around.partition.context, id));
        let sensitive = fields.optional("sensitive").and_then(|id| self.bool(id)).unwrap_or(false);
        fields.close(self);
        Some(Output { tier: around.partition.tier, value: value?, sensitive })
    }

    fn moved(&mut self, id: NodeId) -> Option<Moved> {
        let mut fields = self.fields(id, "a move")?;
        let from = fields.required(self, "from").and_then(|id| self.parsed(id));
        let to = fields.required(self, "to").and_then(|id| self.parsed(id));
        fields.close(self);
        Some(Moved { from: from?, to: to?, span: self.data.span(id) })
    }

    fn tier(&mut self, id: NodeId) -> Option<Tier> {
        let tier = self.int(id).and_then(Tier::from_number);
        if tier.is_none() {
            self.wrong(codes::BAD_VALUE, id, "a tier is 1, 2 or 3");
        }
        tier
    }

    /// `local`, or an object with the account and the region.
    fn provider(&mut self, id: NodeId) -> Option<ProviderInstance> {
        if let Some(name) = self.data.as_str(id) {
            return Some(ProviderInstance::named(name));
        }
        let mut fields = self.fields(id, "a provider")?;
        let name = fields.required(self, "name").and_then(|id| self.text(id));
        let account = fields.optional("account").and_then(|id| self.text(id));
        let region = fields.optional("region").and_then(|id| self.text(id));
        fields.close(self);
        Some(ProviderInstance { provider: name?, account, region })
    }
}
