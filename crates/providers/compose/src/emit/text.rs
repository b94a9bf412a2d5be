//! Texts that are known only when Compose reads them: parts that are known now, and variables for secrets.

use std::collections::BTreeMap;

use strata_model::{Address, Function, Graph, Later, Node, SecretRef, Target, Value, function};

use super::variables::Variable;
use crate::types::Kind;
use crate::{file, names};

/// A piece of a text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Part {
    Text(String),
    Secret(SecretRef),
    /// Made up for the secret of that address.
    MadeUp(Address),
    Call(Function, Vec<Part>),
}

/// The texts of one file, and the variables that they need.
pub(crate) struct Texts<'a> {
    graph: &'a Graph,
    named: BTreeMap<Vec<Part>, String>,
}

impl<'a> Texts<'a> {
    pub(crate) fn new(graph: &'a Graph) -> Texts<'a> {
        Texts { graph, named: BTreeMap::new() }
    }

    /// As Compose reads it.
    pub(crate) fn text(&mut self, value: &Value) -> Result<String, String> {
        let parts = self.parts(value)?;
        let mut text = String::new();
        for part in parts {
            match part {
                Part::Text(plain) => text += &file::escaped(&plain),
                secret => {
                    let wish = wish(&secret);
                    let name = self.name(vec![secret], &wish);
                    text += &format!("${{{name}:?see .env.example}}");
                }
            }
        }
        Ok(text)
    }

    /// The name of a variable that holds all of a text.
    pub(crate) fn variable(&mut self, value: &Value, owner: &str) -> Result<String, String> {
        let parts = self.parts(value)?;
        let wish = match &parts[..] {
            [part] if !matches!(part, Part::Text(_)) => wish(part),
            _ => owner.to_owned(),
        };
        Ok(self.name(parts, &wish))
    }

    pub(crate) fn variables(self) -> Vec<Variable> {
        let mut all: Vec<Variable> = self.named.into_iter().map(|(parts, name)| Variable { name, parts }).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// The variable of a secret: one for equal ones, and never one name for two.
    fn name(&mut self, parts: Vec<Part>, wish: &str) -> String {
        if let Some(name) = self.named.get(&parts) {
            return name.clone();
        }
        let words = wish.split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut name = words.collect::<Vec<_>>().join("_").to_ascii_uppercase();
        if !name.starts_with(|char: char| char.is_ascii_alphabetic()) {
            name.insert_str(0, "SECRET_");
        }
        let taken = |name: &str| self.named.values().any(|known| known == name);
        let free = (2_u32..).map(|number| format!("{name}_{number}")).find(|name| !taken(name));
        let name = if taken(&name) { free.unwrap_or(name) } else { name };
        self.named.insert(parts, name.clone());
        name
    }

    /// A value in pieces, neighbouring texts as one. The depth of expressions is limited, so the walk may recurse.
    fn parts(&self, value: &Value) -> Result<Vec<Part>, String> {
        let later = match value {
            Value::Later(later) => &**later,
            Value::Null | Value::List(_) | Value::Map(_) | Value::Sealed(_) | Value::Unknown => {
                return Err("it is no text".to_owned());
            }
            plain => return function::join(std::slice::from_ref(plain)).map(|text| vec![Part::Text(text)]),
        };
        match later {
            Later::Secret(secret) => Ok(vec![Part::Secret(secret.clone())]),
            Later::Join { parts, .. } => {
                let mut all: Vec<Part> = Vec::new();
                for part in parts {
                    for part in self.parts(part)? {
                        match (all.last_mut(), part) {
                            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
                            (_, Part::Text(text)) if text.is_empty() => {}
                            (_, part) => all.push(part),
                        }
                    }
                }
                Ok(all)
            }
            Later::Call { function, argument, .. } => {
                let parts = self.parts(argument)?;
                match &parts[..] {
                    [] => function.apply(&Value::from("")).map(|text| vec![Part::Text(text)]),
                    [Part::Text(text)] => function.apply(&Value::from(&**text)).map(|text| vec![Part::Text(text)]),
                    _ => Ok(vec![Part::Call(*function, parts)]),
                }
            }
            Later::Ref { target: Target::Attribute { address, attr }, .. } => {
                let Some(node) = self.graph.nodes.get(address) else {
                    return Err(format!("{address} stands in another document"));
                };
                self.attribute(node, &attr.to_string())
            }
            Later::Ref { target: Target::Output { context, output }, .. } => {
                Err(format!("the output `{output}` of {context} stands in the store"))
            }
            Later::Alloc { .. } => Err("it is chosen when a plan is applied".to_owned()),
        }
    }

    /// What is known of a resource before there is one.
    fn attribute(&self, node: &Node, attr: &str) -> Result<Vec<Part>, String> {
        let local = names::local(&node.kind, &node.address);
        let known = match (Kind::of(&node.kind), attr) {
            (Some(Kind::Service), "host" | "service") | (Some(Kind::Volume | Kind::Network), "name") => local,
            (Some(Kind::Service), "project") => names::project(&node.address.context()),
            (Some(Kind::Service), "address") => published(node)
                .ok_or_else(|| format!("Docker chooses the port at which {} is reached", node.address.local()))?,
            (Some(Kind::Secret), "name") => format!("{}/{local}", names::project(&node.address.context())),
            (Some(Kind::Secret), "value") => return Ok(vec![Part::MadeUp(node.address.clone())]),
            _ => return Err(format!("`{attr}` of {} is known only when it is there", node.address)),
        };
        Ok(vec![Part::Text(known)])
    }
}

/// The address of a service whose port is fixed.
fn published(node: &Node) -> Option<String> {
    let port = file::list(node.properties.as_map()?.get("ports")?).first()?.as_map()?;
    let host = port.get("host_ip").and_then(Value::as_str).unwrap_or("127.0.0.1");
    Some(format!("{host}:{}", port.get("published")?.as_str()?))
}

/// What a variable would best be called.
fn wish(part: &Part) -> String {
    match part {
        Part::Text(_) => "text".to_owned(),
        Part::Secret(secret) => secret.key.to_string(),
        Part::MadeUp(address) => {
            let local = names::local("compose.secret", address);
            if address.role() == "secret" { format!("{local}_password") } else { local }
        }
        Part::Call(function, parts) => {
            let inner = parts.iter().find(|part| !matches!(part, Part::Text(_))).map_or_else(String::new, wish);
            format!("{inner}_{}", function.name())
        }
    }
}
