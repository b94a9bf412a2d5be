//! JSON Schema (2020-12) of what contracts let be said: made from their shapes, never edited.
//!
//! A schema takes whatever its contract takes. Where a contract demands what no schema can say, the schema takes more.

use cue_num::Number;
use serde_json::{Map, Value, json};
use strata_model::Measure;

use crate::knowledge::Contract;
use crate::shape::{Condition, Field, Fields, Given, Kind, Literal, Presence, Shape, conditions};

/// The dialect of all schemas.
pub const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Where values stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// As a contract meets them.
    Values,
    /// In a document, where any value may be a text such as `${app.image}` that stands for it.
    Document,
}

/// The schema of the properties of a contract, complete.
pub fn contract(contract: &Contract, examples: &[Value]) -> Value {
    let mut schema = Map::new();
    schema.insert("$schema".into(), DIALECT.into());
    schema.insert("$id".into(), format!("urn:strata:contract:{}", contract.name).into());
    schema.insert("title".into(), (*contract.name).into());
    schema.insert("description".into(), (*contract.about).into());
    if let Value::Object(properties) = properties(contract, Style::Values) {
        schema.extend(properties);
    }
    if !examples.is_empty() {
        schema.insert("examples".into(), examples.into());
    }
    schema.insert("$defs".into(), Value::Object(definitions(Style::Values)));
    Value::Object(schema)
}

/// The schema of the properties of a contract, which refers to [`definitions`].
pub fn properties(contract: &Contract, style: Style) -> Value {
    Writer { style }.shape(&contract.spec)
}

/// The schema of any shape, which refers to [`definitions`].
pub fn of(shape: &Shape, style: Style) -> Value {
    Writer { style }.shape(shape)
}

/// What the schemas of properties refer to, by its name under `$defs`.
pub fn definitions(style: Style) -> Map<String, Value> {
    let text = json!({"type": "string"});
    let sensitive = json!({"const": true});
    let body = |required: &[&str], properties: Value| json!({"type": "object", "required": required, "properties": properties, "additionalProperties": false});
    let reference = body(&["attr"], json!({"unit": text, "role": text, "attr": text}));
    let alloc = body(
        &["pool", "min", "max"],
        json!({
            "pool": {"$ref": "#/$defs/value"}, "min": {"type": "integer"}, "max": {"type": "integer"}
        }),
    );
    let call = json!({"enum": ["json", "base64", "urlencode", "sha256"]});
    let join = json!({"type": "array", "items": {"$ref": "#/$defs/value"}});
    let forms = [
        ("output", body(&["$ref"], json!({"$ref": reference, "$sensitive": sensitive}))),
        ("join", body(&["$join"], json!({"$join": join, "$sensitive": sensitive}))),
        ("call", body(&["$call", "arg"], json!({"$call": call, "arg": {}, "$sensitive": sensitive}))),
    ];
    let stored = body(&["store", "key"], json!({"store": text, "key": text}));
    let secret = body(&["$secret"], json!({"$secret": stored, "$sensitive": sensitive}));
    let all = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"$ref": format!("#/$defs/{name}")})).collect()
    };
    let mut definitions = Map::new();
    definitions.extend(forms.map(|(name, form)| (name.to_owned(), form)));
    definitions.insert("stored".into(), secret);
    definitions.insert("alloc".into(), body(&["$alloc"], json!({"$alloc": alloc})));
    let later = all(&["output", "join", "call", "stored", "alloc"]);
    definitions.insert("later".into(), json!({"description": "What is known only later", "anyOf": later}));
    let or_later =
        |now: Value| json!({"description": "May be known only later", "anyOf": [now, {"$ref": "#/$defs/later"}]});
    definitions.insert("value".into(), or_later(json!({"type": ["string", "number", "boolean"]})));
    definitions.insert("name".into(), or_later(json!({"type": "string", "minLength": 1})));
    let mut secret = all(&["stored", "output", "join", "call"]);
    if style == Style::Document {
        let pattern = r"\$\{[^}]+\}";
        let description = "Stands for a value: a parameter, an output or a secret";
        let reference = json!({"description": description, "type": "string", "pattern": pattern});
        definitions.insert("reference".into(), reference);
        secret.extend(all(&["reference"]));
    }
    let description = "A secret by its name, or a reference to one";
    definitions.insert("secret".into(), json!({"description": description, "anyOf": secret}));
    definitions
}

struct Writer {
    style: Style,
}

impl Writer {
    /// The depth of a shape is limited, so the walk may recurse.
    fn shape(&self, shape: &Shape) -> Value {
        let schema = match &shape.kind {
            Kind::Any => Value::Object(limits(shape)),
            Kind::Bool => json!({"type": "boolean"}),
            Kind::Text => typed("string", limits(shape)),
            Kind::Int | Kind::Number => self.number(shape),
            Kind::OneOf(literals) => self.one_of(shape, literals),
            Kind::Value => return json!({"$ref": "#/$defs/value"}),
            Kind::Name => return json!({"$ref": "#/$defs/name"}),
            Kind::Later => return json!({"$ref": "#/$defs/later"}),
            Kind::Secret => return json!({"$ref": "#/$defs/secret"}),
            Kind::List(element) => {
                let mut schema = Map::from_iter([("type".to_owned(), json!("array"))]);
                schema.insert("items".into(), self.shape(element));
                Value::Object(schema)
            }
            Kind::Struct(fields) => return Value::Object(self.object(fields)),
            Kind::Either(shapes) => {
                json!({"anyOf": shapes.iter().map(|shape| self.shape(shape)).collect::<Vec<_>>()})
            }
        };
        let takes_text = matches!(shape.kind, Kind::Text) && shape.limits == crate::shape::Limits::default();
        if self.style == Style::Document && !takes_text && shape.kind != Kind::Any {
            return json!({"anyOf": [schema, {"$ref": "#/$defs/reference"}]});
        }
        schema
    }

    fn number(&self, shape: &Shape) -> Value {
        let (kind, own) = (if shape.kind == Kind::Int { "integer" } else { "number" }, limits(shape));
        let Some(measure) = shape.measure else { return typed(kind, own) };
        // What a number alone stands for, and what may follow it in a text.
        let (number, units) = match measure {
            Measure::Count => return typed(kind, own),
            Measure::Bytes => (typed("integer", own), "B|k|M|G|T|Ki|Mi|Gi|Ti"),
            Measure::Seconds => (typed("integer", own), "ms|s|m|h"),
            Measure::MilliCpu => (typed("number", in_processors(own)), "m"),
        };
        json!({"anyOf": [number, {"type": "string", "pattern": format!(r"^[0-9]+(\.[0-9]+)?({units})?$")}]})
    }

    fn one_of(&self, shape: &Shape, literals: &[Literal]) -> Value {
        let mut values: Vec<Value> = literals.iter().map(literal).collect();
        let known = |meant: &str| literals.iter().any(|one| matches!(one, Literal::Text(text) if **text == *meant));
        values.extend(shape.words.iter().filter(|(_, meant)| known(meant)).map(|(word, _)| json!(**word)));
        json!({"enum": values})
    }

    fn object(&self, fields: &Fields) -> Map<String, Value> {
        let mut schema = Map::from_iter([("type".to_owned(), json!("object"))]);
        let mut all = Vec::new();
        schema.insert("properties".into(), self.fields(&fields.all()));
        let mut others = Value::Bool(fields.open);
        for pattern in &fields.patterns {
            let value = described(self.shape(&pattern.shape), &pattern.about, &pattern.shape);
            match &pattern.names {
                Some(names) => schema.insert("patternProperties".into(), json!({(**names): value})),
                None => {
                    others = value;
                    None
                }
            };
        }
        schema.insert("additionalProperties".into(), others);
        self.demands(fields, fields, &mut schema, &mut all);
        for name in fields.all().iter().map(|field| &field.name) {
            let rules = fields.conditions_of(name);
            if let Some(field) = fields.find(name).filter(|_| !rules.is_empty()) {
                let possible: Vec<Value> = rules.iter().map(|when| conditions_hold(fields, when)).collect();
                let never: Map<String, Value> = names(field).map(|name| (name.to_owned(), json!(false))).collect();
                all.push(json!({"if": {"not": {"anyOf": possible}}, "then": {"properties": never}}));
            }
        }
        if !all.is_empty() {
            schema.insert("allOf".into(), all.into());
        }
        schema
    }

    fn fields(&self, fields: &[&Field]) -> Value {
        let mut properties = Map::new();
        for field in fields {
            let schema = described(self.shape(&field.shape), &field.about, &field.shape);
            for alias in &field.aliases {
                let mut other = schema.clone();
                other["description"] = format!("Another spelling of `{}`", field.name).into();
                properties.insert(alias.to_string(), other);
            }
            properties.insert(field.name.to_string(), schema);
        }
        Value::Object(properties)
    }

    /// What must be there, and what depends on conditions. `around` are the fields that conditions speak of.
    fn demands(&self, fields: &Fields, around: &Fields, schema: &mut Map<String, Value>, all: &mut Vec<Value>) {
        let mut required = Vec::new();
        for field in &fields.fields {
            let is_needed = match field.presence {
                // A rule that speaks of a field that is there anyway demands no more than that.
                _ if std::ptr::eq(fields, around) => around.needs(field),
                presence => presence == Presence::Required,
            };
            let spellings: Vec<Value> = names(field).map(|name| json!({"required": [name]})).collect();
            match (is_needed, &spellings[..]) {
                (true, [_]) => required.push(json!(*field.name)),
                (true, _) => all.push(json!({"oneOf": spellings})),
                (false, [_]) => {}
                (false, _) => {
                    let several = spellings.iter().enumerate().flat_map(|(index, one)| {
                        spellings[index + 1..].iter().map(move |other| json!({"allOf": [one, other]}))
                    });
                    all.push(json!({"not": {"anyOf": several.collect::<Vec<_>>()}}));
                }
            }
        }
        if !required.is_empty() {
            schema.insert("required".into(), required.into());
        }
        for rule in &fields.rules {
            let mut then = Map::new();
            let mut inner = Vec::new();
            let own: Vec<&Field> = rule.then.fields.iter().collect();
            then.insert("properties".into(), self.fields(&own));
            self.demands(&rule.then, around, &mut then, &mut inner);
            if !inner.is_empty() {
                then.insert("allOf".into(), inner.into());
            }
            let comment = format!("where {}", conditions(&rule.when));
            all.push(json!({"$comment": comment, "if": conditions_hold(around, &rule.when), "then": then}));
        }
    }
}

/// The names under which a field may stand.
fn names(field: &Field) -> impl Iterator<Item = &str> {
    std::iter::once(&*field.name).chain(field.aliases.iter().map(|alias| &**alias))
}

fn conditions_hold(fields: &Fields, when: &[Condition]) -> Value {
    let mut all: Vec<Value> = when.iter().map(|condition| holds(fields, condition)).collect();
    if all.len() == 1 { all.remove(0) } else { json!({"allOf": all}) }
}

fn holds(fields: &Fields, condition: &Condition) -> Value {
    let Some(field) = fields.find(&condition.field) else { return json!(true) };
    let mut any: Vec<Value> = Vec::new();
    for name in names(field) {
        any.push(match &condition.is {
            None => json!({"required": [name]}),
            Some(value) => {
                let mut values = vec![literal(value)];
                if let Literal::Text(text) = value {
                    let words = field.shape.words.iter().filter(|(_, meant)| meant == text);
                    values.extend(words.map(|(word, _)| json!(**word)));
                }
                json!({"required": [name], "properties": {name: {"enum": values}}})
            }
        });
    }
    if condition.is.is_some() && field.shape.default == condition.is.clone().map(Given::Literal) {
        let said: Vec<Value> = names(field).map(|name| json!({"required": [name]})).collect();
        any.push(json!({"not": {"anyOf": said}}));
    }
    let is = if any.len() == 1 { any.remove(0) } else { json!({"anyOf": any}) };
    if condition.not { json!({"not": is}) } else { is }
}

fn described(mut schema: Value, about: &str, shape: &Shape) -> Value {
    let Some(fields) = schema.as_object_mut() else { return schema };
    let mut words: Vec<String> = Vec::new();
    if !about.is_empty() {
        words.push(about.to_owned());
    }
    if let Some(measure) = shape.measure.filter(|measure| *measure != Measure::Count) {
        words.push(format!("Write {}.", measure.example()));
    }
    words.extend(shape.also.iter().map(|also| format!("It must be {also}.")));
    if !words.is_empty() {
        fields.insert("description".into(), words.join(" ").into());
    }
    let default = match &shape.default {
        Some(Given::Literal(Literal::Number(number))) if shape.measure.is_some() => Some(shape.amount(number).into()),
        // A literal that is all that there is says nothing by being the default.
        Some(Given::Literal(value)) => Some(literal(value)),
        Some(Given::EmptyList) => Some(json!([])),
        Some(Given::EmptyStruct) => Some(json!({})),
        Some(Given::Same(_)) | None => None,
    };
    if let Some(default) = default {
        fields.insert("default".into(), default);
    }
    schema
}

fn typed(name: &str, limits: Map<String, Value>) -> Value {
    let mut schema = Map::from_iter([("type".to_owned(), json!(name))]);
    schema.extend(limits);
    Value::Object(schema)
}

/// Limits in thousandths of a processor, as those of a plain number, which counts processors.
fn in_processors(limits: Map<String, Value>) -> Map<String, Value> {
    let scaled = |limit: Value| limit.as_f64().map_or(limit, |amount| (amount / 1000.0).into());
    let mut schema: Map<String, Value> = limits.into_iter().map(|(name, limit)| (name, scaled(limit))).collect();
    if !schema.contains_key("minimum") && !schema.contains_key("exclusiveMinimum") {
        schema.insert("minimum".into(), json!(0));
    }
    schema
}

fn limits(shape: &Shape) -> Map<String, Value> {
    let limits = &shape.limits;
    let mut schema = Map::new();
    for (bound, closed, open) in
        [(&limits.least, "minimum", "exclusiveMinimum"), (&limits.most, "maximum", "exclusiveMaximum")]
    {
        if let Some(bound) = bound {
            schema.insert(if bound.open { open } else { closed }.into(), number(&bound.value));
        }
    }
    if let [pattern] = &limits.matches[..] {
        schema.insert("pattern".into(), (**pattern).into());
    } else if !limits.matches.is_empty() {
        let all: Vec<Value> = limits.matches.iter().map(|pattern| json!({"pattern": **pattern})).collect();
        schema.insert("allOf".into(), all.into());
    }
    let mut not: Vec<Value> = limits.matches_not.iter().map(|pattern| json!({"pattern": **pattern})).collect();
    let (empty, others): (Vec<&Literal>, Vec<&Literal>) =
        limits.not.iter().partition(|literal| matches!(literal, Literal::Text(text) if text.is_empty()));
    if !empty.is_empty() && shape.kind == Kind::Text {
        schema.insert("minLength".into(), json!(1));
    } else if !empty.is_empty() {
        not.push(json!({"const": ""}));
    }
    if !others.is_empty() {
        not.push(json!({"enum": others.into_iter().map(literal).collect::<Vec<_>>()}));
    }
    if !not.is_empty() {
        schema.insert("not".into(), json!({"anyOf": not}));
    }
    schema
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Null => Value::Null,
        Literal::Bool(bool) => json!(bool),
        Literal::Number(value) => number(value),
        Literal::Text(text) => json!(**text),
    }
}

fn number(number: &Number) -> Value {
    serde_json::from_str(&number.to_json_string()).unwrap_or_default()
}
