//! JSON Schema of the document in tiers, for editors. What is read decides; a schema only helps while writing.

use serde_json::{Map, Value, json};
use strata_model::Tier;
use strata_model::unit::{Operator, OutputKind};

use super::execution::{KEYS, MODES, ON_DRIFT};
use super::{KEY, SECTIONS};

/// What may be asked for.
#[derive(Clone, Debug)]
pub struct Contract<'a> {
    pub name: &'a str,
    pub about: &'a str,
    /// It may be asked for in this tier and in those above it.
    pub tier: Tier,
    /// The schema of its properties.
    pub properties: Value,
    /// Whether there is one that must be given.
    pub needs_properties: bool,
    /// The schema of what an operator may say of it, if anything.
    pub binding: Option<Value>,
}

/// Who serves.
#[derive(Clone, Debug)]
pub struct Provider<'a> {
    pub name: &'a str,
    pub about: &'a str,
    /// What of where it is and who calls it means something to it.
    pub place: Vec<&'a str>,
    /// The schema of its settings, an object.
    pub config: Value,
}

/// The schema of documents with these contracts and providers; `definitions` are what their schemas refer to.
pub fn schema(contracts: &[Contract<'_>], providers: &[Provider<'_>], definitions: Map<String, Value>) -> Value {
    let mut definitions = definitions;
    for contract in contracts {
        definitions.insert(properties_of(contract.name), contract.properties.clone());
    }
    definitions.insert("constraint".into(), constraint());
    definitions.insert("provider".into(), provider(providers));
    let mut sections = Map::new();
    for (name, tier) in SECTIONS {
        definitions.insert(format!("{name}-capability"), capability(contracts, tier));
        sections.insert(name.to_owned(), section(name, tier));
    }
    let name = json!({"type": "string", "minLength": 1});
    let described = |text: &str| json!({"description": text, "type": "string", "minLength": 1});
    let provider = json!({
        "description": "Who serves what is asked for",
        "anyOf": [
            {"$ref": "#/$defs/provider"},
            {"type": "array", "items": {"$ref": "#/$defs/provider"}, "minItems": 1},
        ],
    });
    let mut platform = Map::new();
    platform.insert("org".into(), described("The organisation: the first part of every address"));
    platform.insert("environment".into(), described("The environment: the second part of every address"));
    platform.insert("application".into(), described("The application that tier 3 belongs to"));
    platform.insert("provider".into(), provider);
    let bindings = contracts.iter().filter_map(|contract| Some((contract.name.to_owned(), contract.binding.clone()?)));
    let mut bindings = object(&[], Value::Object(bindings.collect()));
    bindings["description"] = "What an operator says of contracts, whoever asks for them".into();
    platform.insert("bindings".into(), bindings);
    platform.insert("tiers".into(), object(&[], Value::Object(sections)));
    platform.insert("execution".into(), execution());
    definitions.insert("unit-name".into(), name);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:strata:document:tiers",
        "title": "A platform in tiers",
        "type": "object",
        "required": [KEY],
        "properties": {KEY: object(&["org", "environment", "provider", "tiers"], Value::Object(platform))},
        "additionalProperties": false,
        "$defs": definitions,
    })
}

fn properties_of(contract: &str) -> String {
    format!("{contract}-properties")
}

fn object(required: &[&str], properties: Value) -> Value {
    let mut object = json!({"type": "object", "required": required, "additionalProperties": false});
    object["properties"] = properties;
    object
}

fn section(name: &str, tier: Tier) -> Value {
    let capabilities = json!({"type": "array", "items": {"$ref": format!("#/$defs/{name}-capability")}});
    let kinds: Vec<&str> = OutputKind::WORDS.iter().map(|(word, _)| *word).collect();
    let output = object(
        &["name", "source"],
        json!({
            "name": {"$ref": "#/$defs/unit-name"},
            "source": {"description": "An output of a capability, such as `db.url`", "type": "string", "pattern": r"^[^.]+\.[^.]+$"},
            "type": {"enum": kinds},
        }),
    );
    let mut properties = Map::new();
    properties.insert("capabilities".into(), capabilities);
    properties.insert("outputs".into(), json!({"type": "array", "items": output}));
    // No tier is below the tier of applications.
    if tier != Tier::Application {
        let constraints = json!({"type": "array", "items": {"$ref": "#/$defs/constraint"}});
        properties.insert("constraints_for_downstream".into(), constraints);
    }
    let instance = object(
        &["template", "version"],
        json!({
            "template": {"$ref": "#/$defs/unit-name"},
            "version": {"type": "string", "minLength": 1},
            "name": {"$ref": "#/$defs/unit-name"},
            "parameters": {"type": "object"},
        }),
    );
    properties.insert("templates".into(), json!({"type": "array", "items": instance}));
    let name = json!({"$ref": "#/$defs/unit-name"});
    let moved = object(&["from", "to"], json!({"from": name, "to": name}));
    properties.insert("moved".into(), json!({"type": "array", "items": moved}));
    let mut section = object(&[], Value::Object(properties));
    section["anyOf"] = json!([{"required": ["capabilities"]}, {"required": ["templates"]}]);
    section["description"] = format!("Tier {tier}").into();
    section
}

fn capability(contracts: &[Contract<'_>], tier: Tier) -> Value {
    let here: Vec<&Contract<'_>> = contracts.iter().filter(|contract| contract.tier >= tier).collect();
    let kinds: Vec<Value> =
        here.iter().map(|contract| json!({"const": contract.name, "description": contract.about})).collect();
    let mut capability = object(
        &["name", "type"],
        json!({
            "name": {"$ref": "#/$defs/unit-name"},
            "type": {"oneOf": kinds},
            "properties": {"type": "object"},
            "dependsOn": {"type": "array", "items": {"type": "string"}},
            "provider": {"description": "One of the providers of the document", "type": "string"},
            "constraints": {"type": "array", "items": {"$ref": "#/$defs/constraint"}},
        }),
    );
    let cases = here.iter().map(|contract| {
        let properties = json!({"$ref": format!("#/$defs/{}", properties_of(contract.name))});
        let mut then = json!({"properties": {"properties": properties}});
        if contract.needs_properties {
            then["required"] = json!(["properties"]);
        }
        json!({"if": {"required": ["type"], "properties": {"type": {"const": contract.name}}}, "then": then})
    });
    capability["allOf"] = cases.collect();
    capability
}

fn constraint() -> Value {
    let operators: Vec<&str> = Operator::ALL.into_iter().map(Operator::name).collect();
    let lists: Vec<&str> =
        Operator::ALL.into_iter().filter(|operator| operator.takes_list()).map(Operator::name).collect();
    let amount = json!({"type": ["string", "number"]});
    let mut constraint = object(
        &["field", "operator", "value"],
        json!({"field": {"type": "string"}, "operator": {"enum": operators}, "value": true}),
    );
    constraint["if"] = json!({"properties": {"operator": {"enum": lists}}});
    constraint["then"] = json!({"properties": {"value": {"type": "array", "items": amount, "minItems": 1}}});
    constraint["else"] = json!({"properties": {"value": amount}});
    constraint
}

fn provider(providers: &[Provider<'_>]) -> Value {
    let names: Vec<Value> =
        providers.iter().map(|provider| json!({"const": provider.name, "description": provider.about})).collect();
    let place =
        |name: &str| if name == "credentials" { json!({"$ref": "#/$defs/secret"}) } else { json!({"type": "string"}) };
    let cases: Vec<Value> = providers
        .iter()
        .map(|provider| {
            let mut config = provider.config.clone();
            if let Some(own) = config["properties"].as_object_mut() {
                own.extend(provider.place.iter().map(|name| ((*name).to_owned(), place(name))));
            }
            json!({"if": {"properties": {"name": {"const": provider.name}}}, "then": {"properties": {"config": config}}})
        })
        .collect();
    let mut whole = object(
        &["name"],
        json!({"name": {"anyOf": [{"oneOf": names}, {"type": "string"}]}, "config": {"type": "object"}}),
    );
    whole["allOf"] = cases.into();
    json!({"anyOf": [{"anyOf": [{"oneOf": names}, {"type": "string"}]}, whole]})
}

fn execution() -> Value {
    let modes: Vec<&str> = MODES.iter().map(|(mode, _)| *mode).collect();
    let time = json!({"type": "string", "pattern": "^[0-9]+[smh]$"});
    let mut properties = Map::new();
    for (key, tier) in KEYS {
        let description = format!("Whether plans of tier {tier} wait for an approval");
        properties.insert(key.to_owned(), json!({"description": description, "enum": modes}));
    }
    properties.insert("reconciliation_interval".into(), time.clone());
    properties.insert("lock_timeout".into(), time);
    let reactions: Vec<&str> = ON_DRIFT.iter().map(|(reaction, _)| *reaction).collect();
    properties.insert("on_drift".into(), json!({"description": "What becomes of drift", "enum": reactions}));
    object(&[], Value::Object(properties))
}
