//! What the simulated cloud offers: types with fields and outputs, read from `types.toml`.
//!
//! Both sides use it: the driver to check and to tell schemas, the world to refuse, to fill defaults and to compute.

mod check;
mod outputs;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use strata_model::{Path, ReplaceOrder, TypeName, TypeSchema, Value};

pub(crate) use outputs::Facts;

/// How every name of a type begins.
const PREFIX: &str = "local.";

/// Types of any name under this are all like `local.resource`.
const ANY: &str = "local.x.";

pub(crate) struct Type {
    pub(crate) data: TypeData,
    pub(crate) schema: TypeSchema,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TypeData {
    pub(crate) about: String,
    pub(crate) prefix: String,
    #[serde(default)]
    pub(crate) open: bool,
    #[serde(default)]
    pub(crate) unique: bool,
    #[serde(default)]
    holds_data: bool,
    replace: Option<ReplaceOrder>,
    pub(crate) scales: Option<Path>,
    #[serde(default)]
    fields: BTreeMap<Arc<str>, Field>,
    #[serde(default)]
    outputs: BTreeMap<Arc<str>, Output>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Field {
    #[serde(rename = "type")]
    shape: Shape,
    #[serde(default)]
    required: bool,
    default: Option<Value>,
    one_of: Option<Vec<Value>>,
    min: Option<i64>,
    max: Option<i64>,
    #[serde(default)]
    immutable: bool,
    #[serde(default)]
    sensitive: bool,
    #[serde(default)]
    restarts: bool,
    refers_to: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shape {
    String,
    Int,
    Number,
    Bool,
    List,
    Map,
    Any,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Output {
    Text(String),
    Number {
        number: String,
        #[serde(default)]
        changes: bool,
    },
    Choice {
        by: Arc<str>,
        values: BTreeMap<String, Value>,
    },
    Secret {
        secret: bool,
    },
}

static TYPES: LazyLock<BTreeMap<String, Type>> = LazyLock::new(|| {
    let types: BTreeMap<String, TypeData> = toml::from_str(include_str!("types.toml"))
        .unwrap_or_else(|error| unreachable!("the embedded catalogue cannot be read: {error}"));
    types.into_iter().map(|(name, data)| (name, Type { schema: schema(&data), data })).collect()
});

/// The type of that name, if the cloud offers it.
pub(crate) fn lookup(kind: &str) -> Option<&'static Type> {
    if kind.strip_prefix(ANY).is_some_and(|name| !name.is_empty()) {
        return TYPES.get("resource");
    }
    TYPES.get(kind.strip_prefix(PREFIX)?)
}

/// The names of all types with what they are, sorted.
pub fn types() -> Vec<(TypeName, &'static str)> {
    TYPES.iter().map(|(name, kind)| (format!("{PREFIX}{name}").into(), kind.data.about.as_str())).collect()
}

/// What is wrong with properties of an object of that type; nothing where the cloud does not offer it.
pub fn check(kind: &str, properties: &Value) -> Option<Vec<(Path, String)>> {
    lookup(kind).map(|kind| kind.check(properties))
}

/// Why there is no such type.
pub(crate) fn unknown(kind: &str) -> String {
    let names: Vec<String> = TYPES.keys().map(|name| format!("{PREFIX}{name}")).collect();
    match strata_base::nearest(kind, names.iter().map(String::as_str)) {
        Some(name) => format!("the type {kind} (did you mean {name}?)"),
        None => format!("the type {kind}"),
    }
}

/// What is wrong, in one line.
pub(crate) fn told(problems: &[(Path, String)]) -> String {
    let told = |(path, message): &(Path, String)| {
        if path.is_root() { message.clone() } else { format!("`{path}` {message}") }
    };
    problems.iter().map(told).collect::<Vec<_>>().join("; ")
}

fn schema(data: &TypeData) -> TypeSchema {
    let fields = |is: fn(&Field) -> bool| -> Vec<Path> {
        data.fields.iter().filter(|(_, field)| is(field)).map(|(name, _)| Path::key(name.clone())).collect()
    };
    let outputs = |is: fn(&Output) -> bool| {
        data.outputs.iter().filter(move |(_, output)| is(output)).map(|(name, _)| Path::key(name.clone()))
    };
    let mut sensitive = fields(|field| field.sensitive);
    sensitive.extend(outputs(|output| matches!(output, Output::Secret { secret: true })));
    let mut stable: Vec<Path> = ["arn", "id"].map(Path::key).into();
    stable.extend(outputs(|output| !matches!(output, Output::Number { changes: true, .. })));
    TypeSchema {
        immutable: fields(|field| field.immutable),
        sensitive,
        stable,
        restarts: fields(|field| field.restarts),
        holds_data: data.holds_data,
        stays: false,
        scales: data.scales.clone(),
        replace: data.replace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sound() {
        assert!(TYPES.len() > 15);
        for (name, kind) in TYPES.iter() {
            let data = &kind.data;
            assert!(!data.about.is_empty() && !data.about.ends_with('.'), "{name}");
            for field in data.fields.keys() {
                assert!(!data.outputs.contains_key(field), "{name}.{field} is a field and an output");
            }
            for (name_of_field, field) in &data.fields {
                let at = format!("{name}.{name_of_field}");
                assert!(!(field.required && field.default.is_some()), "{at} is required and has a default");
                assert!(
                    field.refers_to.as_ref().is_none_or(|other| TYPES.contains_key(other)),
                    "{at} refers to nothing"
                );
                if let Some(default) = &field.default {
                    let problems = check::field(&Path::key(name_of_field.clone()), field, default);
                    assert_eq!(problems, [], "the default of {at}");
                }
            }
            let is_field = |path: &Path| data.fields.keys().any(|field| Path::key(field.clone()) == *path);
            assert!(data.scales.as_ref().is_none_or(is_field), "{name} scales by a field");
        }
        let prefixes: std::collections::BTreeSet<_> = TYPES.values().map(|kind| &kind.data.prefix).collect();
        assert_eq!(prefixes.len(), TYPES.len(), "the prefix of an id tells its type");
    }

    #[test]
    fn a_name_that_is_near_is_suggested() {
        assert_eq!(unknown("local.databse"), "the type local.databse (did you mean local.database?)");
        assert_eq!(unknown("aws.s3"), "the type aws.s3");
        assert!(lookup("local.x.anything").is_some_and(|kind| kind.data.open));
        assert!(lookup("local.x.").is_none() && lookup("database").is_none());
    }
}
