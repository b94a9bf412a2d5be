//! Later values: what is not known when a graph is made. They are data; the engine fills them while applying.

use std::sync::Arc;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::address::{Address, Context};
use crate::path::Path;
use crate::value::{Map, Value};

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Later {
    /// An attribute of another node, or an output of another context.
    Ref { target: Target, sensitive: bool },
    /// A secret, never a value that the engine keeps.
    Secret(SecretRef),
    /// Text made of its parts. The only way to make text of later values.
    Join { parts: Vec<Value>, sensitive: bool },
    /// A fixed function of one argument.
    Call { function: Function, argument: Value, sensitive: bool },
    /// A number that the engine chooses, unique in its pool, and keeps in state.
    Alloc { pool: Value, min: i64, max: i64 },
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    Attribute { address: Address, attr: Path },
    Output { context: Context, output: Arc<str> },
}

/// A secret by name: which store of secrets, which key in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub struct SecretRef {
    pub key: Arc<str>,
    pub store: Arc<str>,
}

impl SecretRef {
    /// The store of environment variables.
    pub const ENVIRONMENT: &'static str = "env";

    /// The store of what resources and outputs tell in secret. Runs keep it; nobody else refers to it.
    pub const SINK: &'static str = "outputs";
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Function {
    Json,
    Base64,
    UrlEncode,
    Sha256,
}

impl Function {
    pub const ALL: [Function; 4] = [Function::Json, Function::Base64, Function::UrlEncode, Function::Sha256];

    pub fn name(self) -> &'static str {
        match self {
            Function::Json => "json",
            Function::Base64 => "base64",
            Function::UrlEncode => "urlencode",
            Function::Sha256 => "sha256",
        }
    }
}

impl Later {
    /// Whether what it gives must never be shown.
    pub fn is_sensitive(&self) -> bool {
        let inside = |value: &Value| {
            let mut found = false;
            value.each_later(&mut |later| found |= later.is_sensitive());
            found
        };
        match self {
            Later::Secret(_) => true,
            Later::Ref { sensitive, .. } => *sensitive,
            Later::Join { parts, sensitive } => *sensitive || parts.iter().any(inside),
            Later::Call { argument, sensitive, .. } => *sensitive || inside(argument),
            Later::Alloc { .. } => false,
        }
    }

    /// The values inside, which may be later in turn.
    pub fn parts(&self) -> &[Value] {
        match self {
            Later::Ref { .. } | Later::Secret(_) => &[],
            Later::Join { parts, .. } => parts,
            Later::Call { argument: part, .. } | Later::Alloc { pool: part, .. } => std::slice::from_ref(part),
        }
    }

    /// Calls `visit` for this expression and for each inside it.
    pub fn each<'a>(&'a self, visit: &mut dyn FnMut(&'a Later)) {
        visit(self);
        for part in self.parts() {
            part.each_later(&mut |later| later.each(visit));
        }
    }

    /// Reads what stands under a `$` key; `argument` is the `arg` beside a `$call`.
    pub fn from_tagged(tag: &str, body: Value, argument: Option<Value>, sensitive: bool) -> Result<Later, String> {
        match (tag, body) {
            ("$ref", Value::Map(body)) => Ok(Later::Ref { target: read_target(body)?, sensitive }),
            ("$secret", Value::Map(mut body)) => {
                let secret = SecretRef { key: text(&mut body, tag, "key")?, store: text(&mut body, tag, "store")? };
                nothing_left(&body, tag)?;
                Ok(Later::Secret(secret))
            }
            ("$join", Value::List(parts)) => Ok(Later::Join { parts, sensitive }),
            ("$call", Value::String(name)) => {
                let function = Function::ALL.into_iter().find(|function| function.name() == &*name);
                let function = function.ok_or_else(|| format!("`$call` knows no function `{name}`"))?;
                let argument = argument.ok_or("`$call` needs `arg`")?;
                Ok(Later::Call { function, argument, sensitive })
            }
            ("$alloc", Value::Map(mut body)) if !sensitive => {
                let pool = body.remove("pool").ok_or("`$alloc` needs `pool`")?;
                let (min, max) = (int(&mut body, "min")?, int(&mut body, "max")?);
                nothing_left(&body, tag)?;
                if min > max {
                    return Err(format!("`$alloc` has an empty range {min} to {max}"));
                }
                Ok(Later::Alloc { pool, min, max })
            }
            ("$ref" | "$secret" | "$join" | "$call" | "$alloc", _) => Err(format!("`{tag}` is written {}", form(tag))),
            _ => Err(format!("unknown `{tag}`; wrap an object with such a key in `$literal`")),
        }
    }
}

/// How what stands under a `$` key is written.
fn form(tag: &str) -> &'static str {
    match tag {
        "$secret" => "`{$secret: {store: app, key: password}}`",
        "$join" => "`{$join: [parts]}`",
        "$call" => "`{$call: FUNCTION, arg: VALUE}`",
        "$alloc" => "`{$alloc: {pool: NAME, min: 1, max: 9}}`, and is never sensitive",
        _ => "`{$ref: {address: db, attr: host}}` or `{$ref: {output: NAME}}`",
    }
}

fn read_target(mut body: Map) -> Result<Target, String> {
    let target = if body.contains_key("output") {
        let context = text(&mut body, "$ref", "context")?;
        let context = context.parse().map_err(|error| format!("`$ref`: {error}"))?;
        Target::Output { context, output: text(&mut body, "$ref", "output")? }
    } else {
        let address = text(&mut body, "$ref", "address")?;
        let address = address.parse().map_err(|error| format!("`$ref`: {error}"))?;
        let attr = text(&mut body, "$ref", "attr")?;
        Target::Attribute { address, attr: attr.parse().map_err(|error| format!("`$ref`: {error}"))? }
    };
    nothing_left(&body, "$ref")?;
    Ok(target)
}

fn text(body: &mut Map, tag: &str, key: &str) -> Result<Arc<str>, String> {
    match body.remove(key) {
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(format!("`{key}` of `{tag}` must be text")),
        None => Err(format!("`{tag}` needs `{key}`")),
    }
}

fn int(body: &mut Map, key: &str) -> Result<i64, String> {
    body.remove(key).and_then(|value| value.as_i64()).ok_or_else(|| format!("`$alloc` needs a whole number `{key}`"))
}

fn nothing_left(body: &Map, tag: &str) -> Result<(), String> {
    body.keys().next().map_or(Ok(()), |key| Err(format!("`{tag}` has no `{key}`")))
}

impl Serialize for Later {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let text = |text: &dyn std::fmt::Display| Value::String(text.to_string().into());
        let mut map = to.serialize_map(None)?;
        let sensitive = match self {
            Later::Ref { target: Target::Attribute { address, attr }, sensitive } => {
                let body: Value = [("address", text(address)), ("attr", text(attr))].into_iter().collect();
                map.serialize_entry("$ref", &body)?;
                *sensitive
            }
            Later::Ref { target: Target::Output { context, output }, sensitive } => {
                let body: Value = [("context", text(context)), ("output", text(output))].into_iter().collect();
                map.serialize_entry("$ref", &body)?;
                *sensitive
            }
            Later::Secret(secret) => {
                map.serialize_entry("$secret", secret)?;
                true
            }
            Later::Join { parts, sensitive } => {
                map.serialize_entry("$join", parts)?;
                *sensitive
            }
            Later::Call { function, argument, sensitive } => {
                map.serialize_entry("$call", function.name())?;
                map.serialize_entry("arg", argument)?;
                *sensitive
            }
            Later::Alloc { pool, min, max } => {
                let range = [("pool", pool.clone()), ("min", Value::from(*min)), ("max", Value::from(*max))];
                map.serialize_entry("$alloc", &range.into_iter().collect::<Value>())?;
                false
            }
        };
        if sensitive {
            map.serialize_entry("$sensitive", &true)?;
        }
        map.end()
    }
}
