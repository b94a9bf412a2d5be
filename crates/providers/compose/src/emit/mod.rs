//! The sink: a graph as files that need nothing of ours. `docker compose up` makes of them what the driver would have made.

mod text;
mod variables;

use std::collections::BTreeMap;

use cue_data::Builder;
use serde_json::{Map as Json, Value as Any, json};
use strata_base::{Diagnostic, Span};
use strata_model::{Address, Graph, Later, Map, Node, Path, Target, Value};

use crate::file::Parts;
use crate::types::{self, Kind};
use crate::{codes, names};

pub use variables::{Variable, Vault, dotenv};

use text::Texts;

/// The provider whose nodes are written.
const PROVIDER: &str = "compose";

/// The file of one project.
#[derive(Debug)]
pub struct File {
    pub project: String,
    pub yaml: String,
    /// What must be in the environment of `docker compose`, or in `.env` beside the file: all secrets, by their names.
    pub variables: Vec<Variable>,
}

/// Whether a node is of those that are written.
pub fn writes(node: &Node) -> bool {
    &*node.provider.provider == PROVIDER
}

/// A file for each project of a graph, in the order of their names. Nodes of other providers are left out.
pub fn emit(graph: &Graph) -> Result<Vec<File>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut projects: BTreeMap<String, Vec<(Kind, &Node)>> = BTreeMap::new();
    for node in graph.nodes.values().filter(|node| writes(node)) {
        let Some(kind) = Kind::of(&node.kind) else {
            let message = format!("`{}` cannot be written to a file: there is no type `{}`", node.address, node.kind);
            problems.push(Diagnostic::error(codes::WRONG_SERVICE, message).at(node.span));
            continue;
        };
        for (path, what) in types::check(kind, &node.properties) {
            let message = format!("`{}`: {path} {what}", node.address);
            problems.push(Diagnostic::error(codes::WRONG_SERVICE, message).at(node.span));
        }
        projects.entry(names::project(&node.address.context())).or_default().push((kind, node));
    }
    let mut files = Vec::with_capacity(projects.len());
    for (project, nodes) in projects {
        let mut writing = Writing { graph, texts: Texts::new(graph), problems: &mut problems };
        let document = writing.document(&project, &nodes);
        let variables = writing.texts.variables();
        files.push(File { yaml: yaml(&document), variables, project });
    }
    if problems.is_empty() {
        return Ok(files);
    }
    strata_base::diagnostic::sort(&mut problems);
    Err(problems)
}

struct Writing<'a, 'p> {
    graph: &'a Graph,
    texts: Texts<'a>,
    problems: &'p mut Vec<Diagnostic>,
}

impl Writing<'_, '_> {
    fn document(&mut self, project: &str, nodes: &[(Kind, &Node)]) -> Any {
        let mut parts = Parts::default();
        let (mut volumes, mut networks) = (Json::new(), Json::new());
        let mut known: BTreeMap<(Kind, String), Span> = BTreeMap::new();
        for &(kind, node) in nodes {
            let name = names::local(&node.kind, &node.address);
            if let Some(first) = known.insert((kind, name.clone()), node.span) {
                let message = format!("`{}` is called `{name}`, as another one is", node.address);
                self.problems
                    .push(Diagnostic::error(codes::TWO_OF_A_NAME, message).at(node.span).also(first, "this one"));
                continue;
            }
            let Some(properties) = self.written(node, &name) else { continue };
            match kind {
                Kind::Service => {
                    parts.add(&name, &properties);
                    let waits = self.waits_for(node);
                    if !waits.is_empty() {
                        parts.services[&name]["depends_on"] = Any::Object(waits);
                    }
                }
                Kind::Volume => _ = volumes.insert(name, crate::file::json(&Value::Map(properties))),
                Kind::Network => _ = networks.insert(name, network(&properties)),
                Kind::Secret => {}
            }
        }
        let mut services: Vec<(String, Any)> = parts.services.into_iter().collect();
        services.sort_by(|a, b| a.0.cmp(&b.0));
        let services: Json<String, Any> =
            services.into_iter().map(|(name, service)| (name, in_order(service))).collect();
        let mut document =
            Json::from_iter([("name".to_owned(), json!(project)), ("services".to_owned(), Any::Object(services))]);
        for (key, part) in
            [("networks", networks), ("volumes", volumes), ("configs", parts.configs), ("secrets", parts.secrets)]
        {
            if !part.is_empty() {
                document.insert(key.to_owned(), Any::Object(part));
            }
        }
        Any::Object(document)
    }

    /// The properties of a node as texts that Compose reads, with variables where a secret stands.
    fn written(&mut self, node: &Node, name: &str) -> Option<Map> {
        let mut failed = false;
        let written = node.properties.map_leaves(&mut |path, leaf| {
            let is_secret = matches!(path.segments(), [strata_model::Segment::Key(key), ..] if &**key == "secrets");
            let written = match leaf {
                Value::String(_) | Value::Later(_) if is_secret => self.texts.variable(leaf, &owner_of(name, path)),
                Value::String(text) => Ok(crate::file::escaped(text)),
                Value::Later(_) => self.texts.text(leaf),
                _ => return None,
            };
            match written {
                Ok(text) => Some(Value::from(&*text)),
                Err(why) => {
                    failed = true;
                    let message = format!("`{path}` of `{}` cannot be written to a file: {why}", node.address);
                    self.problems.push(Diagnostic::error(codes::NOT_IN_A_FILE, message).at(node.span));
                    None
                }
            }
        });
        match written {
            Value::Map(map) if !failed => Some(map),
            _ => None,
        }
    }

    /// The services that must be up before a node: those that it speaks of.
    fn waits_for(&self, node: &Node) -> Json<String, Any> {
        let mut on: Vec<&Address> = node.depends_on.iter().map(|dependency| &dependency.on).collect();
        node.properties.each_later(&mut |later| {
            later.each(&mut |later| {
                if let Later::Ref { target: Target::Attribute { address, .. }, .. } = later {
                    on.push(address);
                }
            });
        });
        let mut waits = BTreeMap::new();
        for address in on.into_iter().filter(|address| **address != node.address) {
            let Some(other) = self.graph.nodes.get(address) else { continue };
            if Kind::of(&other.kind) != Some(Kind::Service)
                || names::project(&address.context()) != names::project(&node.address.context())
            {
                continue;
            }
            let checked = other.properties.as_map().is_some_and(|map| map.contains_key("healthcheck"));
            let condition = if checked { "service_healthy" } else { "service_started" };
            waits.insert(names::local(&other.kind, address), json!({"condition": condition}));
        }
        waits.into_iter().collect()
    }
}

/// How a variable is called that holds what stands at a path of a service.
fn owner_of(name: &str, path: &Path) -> String {
    let keys = path.segments().iter().filter_map(|segment| match segment {
        strata_model::Segment::Key(key) => Some(&**key),
        strata_model::Segment::Index(_) => None,
    });
    keys.skip(1).fold(name.to_owned(), |name, key| name + "_" + key)
}

fn network(properties: &Map) -> Any {
    let mut network = Json::new();
    for (key, value) in properties {
        match (&**key, value) {
            (_, Value::Bool(false)) => {}
            ("subnet", subnet) => {
                network.insert("ipam".into(), json!({"config": [{"subnet": crate::file::json(subnet)}]}));
            }
            (key, value) => _ = network.insert(key.to_owned(), crate::file::json(value)),
        }
    }
    Any::Object(network)
}

/// The keys of a service in the order in which people write them.
fn in_order(service: Any) -> Any {
    const FIRST: [&str; 14] = [
        "image",
        "entrypoint",
        "command",
        "hostname",
        "user",
        "environment",
        "secrets",
        "configs",
        "ports",
        "expose",
        "networks",
        "volumes",
        "healthcheck",
        "depends_on",
    ];
    let Any::Object(mut all) = service else { return service };
    let mut ordered = Json::new();
    for key in FIRST {
        ordered.extend(all.remove(key).map(|value| (key.to_owned(), value)));
    }
    ordered.extend(all);
    Any::Object(ordered)
}

/// The text of a tree. Depths are limited where trees are read, so the walk may recurse.
fn yaml(document: &Any) -> String {
    fn build(builder: &mut Builder, value: &Any) {
        let none = Span::NONE;
        match value {
            Any::Null => _ = builder.null(none),
            Any::Bool(bool) => _ = builder.bool(*bool, none),
            Any::Number(number) => match number.as_i64() {
                Some(int) => _ = builder.number(int.into(), none),
                None => _ = builder.string(number.to_string(), none),
            },
            Any::String(text) => _ = builder.string(text.as_str(), none),
            Any::Array(items) => {
                builder.begin_list(none);
                items.iter().for_each(|item| build(builder, item));
                builder.end(none);
            }
            Any::Object(map) => {
                builder.begin_struct(none);
                for (key, value) in map {
                    builder.key(key, none);
                    build(builder, value);
                }
                builder.end(none);
            }
        }
    }
    let mut builder = Builder::new();
    build(&mut builder, document);
    let data = builder.finish();
    let text = cue_encode::yaml::to_string(&data, data.root(), cue_encode::Limit::default());
    text.unwrap_or_else(|_| format!("{document:#}\n"))
}
