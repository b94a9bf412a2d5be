//! What the cloud tells about an object besides what was sent.

use std::sync::Arc;

use strata_model::digest::hex;
use strata_model::{Digest, Map, Path, Value};

use super::{Output, Type};

/// What outputs are made of, besides the properties.
pub(crate) struct Facts<'a> {
    pub(crate) id: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) revision: u64,
}

impl Type {
    /// Adds name and outputs to properties with defaults. In a type that takes any field, what was sent stays.
    pub(crate) fn compute(&self, attributes: &mut Map, facts: &Facts<'_>) {
        let text = |attributes: &Map, template: &str| Value::from(&*render(template, attributes, facts));
        let mut add = |name: &str, make: &dyn Fn(&Map) -> Value| {
            if !attributes.contains_key(name) {
                let value = make(attributes);
                attributes.insert(name.into(), value);
            }
        };
        add("name", &|attributes| text(attributes, "{id}"));
        add("id", &|attributes| text(attributes, "{id}"));
        add("arn", &|attributes| text(attributes, "arn:{kind}:{region}:{account}:{id}"));
        for (name, output) in &self.data.outputs {
            match output {
                Output::Text(template) => add(name, &|attributes| text(attributes, template)),
                Output::Number { number, .. } => add(name, &|attributes| {
                    render(number, attributes, facts).parse().map_or(Value::Null, Value::Number)
                }),
                Output::Choice { by, values } => add(name, &|attributes| {
                    let chosen = attributes.get(by).and_then(Value::as_str).and_then(|key| values.get(key));
                    chosen.cloned().unwrap_or_default()
                }),
                Output::Secret { .. } => {}
            }
        }
    }

    /// Drops the outputs that an update changes, so that they are computed anew.
    pub(crate) fn drop_changing(&self, attributes: &mut Map) {
        for (name, output) in &self.data.outputs {
            if matches!(output, Output::Number { changes: true, .. }) {
                attributes.remove(name);
            }
        }
    }

    /// Drops all that the cloud has added for the object of that id, so that it can be computed for another.
    pub(crate) fn drop_outputs(&self, attributes: &mut Map, id: &str) {
        attributes.retain(|name, value| match &**name {
            "id" | "arn" => false,
            "name" => value.as_str() != Some(id),
            name => !self.data.outputs.contains_key(name),
        });
    }

    /// The secrets that the cloud has made up for an object. They are a function of the world's key, so that no file
    /// needs to hold them.
    pub(crate) fn secrets(&self, key: &[u8], id: &str) -> Vec<(Path, Arc<str>)> {
        let secret = |name: &Arc<str>| -> Arc<str> {
            hex(&Digest::of_parts(&[b"secret", key, id.as_bytes(), name.as_bytes()]).0[..16]).into()
        };
        let secrets = self.data.outputs.iter().filter(|(_, output)| matches!(output, Output::Secret { secret: true }));
        secrets.map(|(name, _)| (Path::key(name.clone()), secret(name))).collect()
    }
}

/// Fills in what stands in braces; what is not there is `-`.
fn render(template: &str, attributes: &Map, facts: &Facts<'_>) -> String {
    let (mut out, mut rest) = (String::with_capacity(template.len() + 32), template);
    while let Some((before, name, after)) = next_brace(rest) {
        out.push_str(before);
        match name {
            "id" => out.push_str(facts.id),
            "kind" => out.push_str(facts.kind),
            "account" => out.push_str(facts.account),
            "region" => out.push_str(facts.region),
            "revision" => out.push_str(&facts.revision.to_string()),
            "hash" => out.push_str(&hex(&digest(facts.id)[..4])),
            "ip" => {
                let [a, b, c, ..] = digest(facts.id);
                out.push_str(&format!("10.{a}.{b}.{c}"));
            }
            field => match attributes.get(field) {
                Some(Value::String(text)) => out.push_str(text),
                Some(Value::Number(number)) => out.push_str(&number.as_str()),
                Some(Value::Bool(bool)) => out.push_str(if *bool { "true" } else { "false" }),
                _ => out.push('-'),
            },
        }
        rest = after;
    }
    out + rest
}

fn next_brace(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn digest(id: &str) -> [u8; 32] {
    Digest::of_parts(&[b"place", id.as_bytes()]).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::lookup;

    #[test]
    fn outputs_follow_the_fields() {
        let kind = lookup("local.database").unwrap();
        let mut attributes = Map::from([("engine".into(), "mysql".into()), ("name".into(), "orders".into())]);
        kind.fill(&mut attributes);
        let facts = Facts { id: "db-1", kind: "local.database", account: "main", region: "eu", revision: 1 };
        kind.compute(&mut attributes, &facts);
        let told = |name: &str| attributes.get(name).map(Value::to_string);
        assert_eq!(told("port").as_deref(), Some("3306"));
        assert_eq!(told("arn").as_deref(), Some(r#""arn:local.database:eu:main:db-1""#));
        assert!(told("host").is_some_and(|host| host.starts_with(r#""orders."#) && host.ends_with(r#".eu.db.local""#)));
        assert_eq!(told("storageGb").as_deref(), Some("20"));
        assert_eq!(told("adminPassword"), None, "what is secret is not among the attributes");
        let secrets = kind.secrets(b"key", "db-1");
        assert_eq!(secrets.len(), 1);
        assert_ne!(kind.secrets(b"key", "db-2")[0].1, secrets[0].1);
    }

    #[test]
    fn an_open_type_keeps_what_was_sent() {
        let mut attributes = Map::from([("id".into(), "mine".into())]);
        let facts = Facts { id: "res-1", kind: "local.x.y", account: "-", region: "-", revision: 4 };
        lookup("local.x.y").unwrap().compute(&mut attributes, &facts);
        assert_eq!(
            Value::Map(attributes).to_string(),
            r#"{"arn":"arn:local.x.y:-:-:res-1","id":"mine","name":"res-1"}"#
        );
    }
}
