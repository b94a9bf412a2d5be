//! The Compose file as a tree: what driver and sink have in common. Properties of a service are those of the Compose
//! specification, but for what a mapping should not have to say: secrets and configurations stand with the service that uses
//! them, as `{target: content}`, and volumes and networks need no declaration.

use std::collections::BTreeSet;

use serde_json::{Map as Json, Value as Any, json};
use strata_model::{Map, Value};

/// What the services of a file name outside of themselves.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) services: Json<String, Any>,
    pub(crate) secrets: Json<String, Any>,
    pub(crate) configs: Json<String, Any>,
    pub(crate) volumes: BTreeSet<String>,
    pub(crate) networks: BTreeSet<String>,
}

impl Parts {
    /// Adds a service. Texts must be as Compose reads them, with `$$` for each `$` that is meant. Under `secrets`, each target
    /// has the name of the variable that holds the secret.
    pub(crate) fn add(&mut self, name: &str, properties: &Map) {
        let mut service = Json::new();
        for (key, value) in properties {
            match (&**key, value) {
                ("secrets", Value::Map(secrets)) => {
                    let declared = |variable: &Value| json!({"environment": json(variable)});
                    service.insert("secrets".into(), files(name, secrets, &mut self.secrets, declared));
                }
                ("configs", Value::Map(configs)) => {
                    let declared = |content: &Value| json!({"content": json(content)});
                    service.insert("configs".into(), files(name, configs, &mut self.configs, declared));
                }
                ("networks", Value::List(networks)) => {
                    self.networks.extend(networks.iter().filter_map(Value::as_str).map(str::to_owned));
                    let all = networks.iter().filter_map(Value::as_str).map(|name| (name.to_owned(), json!({})));
                    // Whatever else it stands in, it is reached by all of its environment.
                    let all: Json<String, Any> = all.chain([("default".to_owned(), json!({}))]).collect();
                    service.insert("networks".into(), Any::Object(all));
                }
                // A container has texts; whoever else made them of numbers might make others.
                ("environment", Value::Map(variables)) => {
                    let texts = variables.iter().map(|(name, value)| (name.to_string(), variable(value)));
                    service.insert("environment".into(), Any::Object(texts.collect()));
                }
                (key, value) => {
                    service.insert(key.to_owned(), json(value));
                }
            }
        }
        for mount in properties.get("volumes").into_iter().flat_map(list).filter_map(Value::as_map) {
            if mount.get("type").and_then(Value::as_str) == Some("volume") {
                self.volumes.extend(mount.get("source").and_then(Value::as_str).map(str::to_owned));
            }
        }
        self.services.insert(name.to_owned(), Any::Object(service));
    }
}

/// Declares files that are put into a container, and gives the list of them.
fn files(service: &str, files: &Map, all: &mut Json<String, Any>, declared: impl Fn(&Value) -> Any) -> Any {
    let mut used = Vec::with_capacity(files.len());
    for (target, value) in files {
        let plain = |char: char| if char.is_ascii_alphanumeric() { char } else { '-' };
        let short: String = target.chars().map(plain).collect();
        let source = format!("{service}-{}", short.trim_matches('-'));
        used.push(json!({"source": source, "target": &**target}));
        all.insert(source, declared(value));
    }
    Any::Array(used)
}

fn variable(value: &Value) -> Any {
    match value {
        Value::Number(number) => Any::String(number.as_str().into_owned()),
        Value::Bool(bool) => Any::String(bool.to_string()),
        other => json(other),
    }
}

pub(crate) fn list(value: &Value) -> &[Value] {
    match value {
        Value::List(items) => items,
        _ => &[],
    }
}

/// Plain data as JSON. The depth of a value is limited, so the walk may recurse.
pub(crate) fn json(value: &Value) -> Any {
    match value {
        Value::Bool(bool) => Any::Bool(*bool),
        Value::Number(number) => match number.as_i64() {
            Some(int) => int.into(),
            None => serde_json::Number::from_f64(number.to_f64()).map_or(Any::Null, Any::Number),
        },
        Value::String(text) => Any::String(text.to_string()),
        Value::List(items) => Any::Array(items.iter().map(json).collect()),
        Value::Map(map) => Any::Object(map.iter().map(|(key, value)| (key.to_string(), json(value))).collect()),
        Value::Null | Value::Later(_) | Value::Sealed(_) | Value::Unknown => Any::Null,
    }
}

/// A text as Compose must be told it, so that it reads what was meant.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('$', "$$")
}

/// All texts of a tree as Compose must be told them.
pub(crate) fn escape(value: &Value) -> Value {
    value.map_leaves(&mut |_, leaf| {
        leaf.as_str().filter(|text| text.contains('$')).map(|text| Value::from(&*escaped(text)))
    })
}
