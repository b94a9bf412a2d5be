//! Values that a shape takes, and values that it refuses, so that contracts and mappings can be tried without writing any.
//!
//! All of it is a function of the shape. Values are spelt as a user would spell them.

use serde_json::{Map, Value, json};
use strata_model::Measure;

use crate::shape::{Condition, Field, Fields, Given, Kind, Literal, Presence, Shape, matches};

/// What a text may be, where it has to match something.
const TEXTS: [&str; 16] = [
    "text",
    "other",
    "/path",
    "/other",
    "10.1.0.0/20",
    "10.2.0.0/20",
    "1.30",
    "1.31",
    "a",
    "b",
    "A",
    "a.b",
    "1",
    "80",
    "https://a.b/c",
    "a@b",
];

/// A value that differs from another one in one place.
#[derive(Clone, PartialEq, Debug)]
pub struct Variation {
    /// Where: lists are passed through, `*` stands for any name.
    pub path: String,
    pub value: Value,
}

/// Values that a shape takes, for each way in which conditions can turn out.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bases {
    /// With as much as it lets be said.
    pub full: Vec<Value>,
    /// With as little.
    pub least: Vec<Value>,
}

pub fn bases(shape: &Shape) -> Bases {
    let Some(fields) = shape.fields() else { return Bases { full: choices(shape), least: Vec::new() } };
    let all = |amount: Amount| {
        let mut bases = vec![Value::Object(build(fields, amount, None))];
        for field in fields.fields.iter().filter(|field| is_asked_for(fields, &field.name)) {
            for choice in choices(&field.shape) {
                let base = Value::Object(build(fields, amount, Some((field, choice))));
                if !bases.contains(&base) {
                    bases.push(base);
                }
            }
        }
        bases
    };
    Bases { full: all(Amount::Full), least: all(Amount::Least) }
}

/// Values that a shape takes and that differ from one that it takes in one place each.
pub fn variations(shape: &Shape, value: &Value) -> Vec<Variation> {
    let alternatives = || choices(shape).into_iter().filter(|choice| choice != value);
    let mut found = Vec::new();
    match (&shape.kind, value) {
        (Kind::Struct(fields), Value::Object(object)) => {
            for (name, inner) in object {
                let (Some(own), step) = (fields.shape(name), step(fields, name)) else { continue };
                for changed in variations(own, inner) {
                    let mut object = object.clone();
                    object.insert(name.clone(), changed.value);
                    settle(fields, &mut object, Amount::Full);
                    found.push(Variation { path: join(&step, &changed.path), value: Value::Object(object) });
                }
                // Without a field that is always there its default would stand in its place.
                if fields.find(name).is_none_or(|field| field.presence == Presence::Optional) {
                    let mut object = object.clone();
                    object.remove(name);
                    settle(fields, &mut object, Amount::Least);
                    found.push(Variation { path: step, value: Value::Object(object) });
                }
            }
        }
        (Kind::List(element), Value::Array(elements)) => {
            for changed in elements.first().into_iter().flat_map(|first| variations(element, first)) {
                let mut elements = elements.clone();
                elements[0] = changed.value;
                found.push(Variation { path: changed.path, value: Value::Array(elements) });
            }
            found.extend(alternatives().map(|value| Variation { path: String::new(), value }));
        }
        _ => found.extend(alternatives().map(|value| Variation { path: String::new(), value })),
    }
    found
}

/// Values that differ from one that a shape takes in one place each, most of which it refuses.
pub fn mistakes(shape: &Shape, value: &Value) -> Vec<Variation> {
    let mut found = Vec::new();
    let mut add = |path: &str, value: Value| found.push(Variation { path: path.to_owned(), value });
    match (&shape.kind, value) {
        (Kind::Struct(fields), Value::Object(object)) => {
            for (name, inner) in object {
                let without: Map<String, Value> =
                    object.iter().filter(|(other, _)| *other != name).map(|(k, v)| (k.clone(), v.clone())).collect();
                add(name, Value::Object(without));
                let Some(own) = fields.shape(name) else { continue };
                for changed in mistakes(own, inner) {
                    let mut object = object.clone();
                    object.insert(name.clone(), changed.value);
                    add(&join(&step(fields, name), &changed.path), Value::Object(object));
                }
                // The same under each other spelling, and under both.
                for alias in fields.find(name).into_iter().flat_map(|field| &field.aliases) {
                    let mut both = object.clone();
                    both.insert(alias.to_string(), inner.clone());
                    add(alias, Value::Object(both.clone()));
                    both.remove(name);
                    add(alias, Value::Object(both));
                }
            }
            let mut more = object.clone();
            more.insert("nothing_of_that_name".to_owned(), json!(1));
            add("", Value::Object(more));
            for field in fields.all() {
                if !object.contains_key(&*field.name) {
                    let mut more = object.clone();
                    more.insert(field.name.to_string(), typical(&field.shape));
                    add(&field.name, Value::Object(more));
                }
            }
            add("", json!("text"));
        }
        (Kind::List(element), Value::Array(elements)) => {
            for changed in elements.first().into_iter().flat_map(|first| mistakes(element, first)) {
                add(&changed.path, Value::Array(vec![changed.value]));
            }
            add("", json!({}));
        }
        _ => {
            for value in [json!(null), json!("?!"), json!(""), json!(-1), json!(1.5), json!(true), json!([]), json!({})]
            {
                add("", value);
            }
            let beyond = |bound: &Option<crate::shape::Bound>, by: i64| {
                let value = bound.as_ref()?.value.as_i64()?;
                Some(json!(value.checked_add(by)?))
            };
            for value in beyond(&shape.limits.least, -1).into_iter().chain(beyond(&shape.limits.most, 1)) {
                add("", value);
            }
            shape.limits.not.iter().for_each(|not| add("", literal(not)));
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Amount {
    Least,
    Full,
}

/// Whether a condition speaks of a field.
fn is_asked_for(fields: &Fields, name: &str) -> bool {
    fields.rules.iter().any(|rule| rule.when.iter().any(|condition| *condition.field == *name))
}

fn build(fields: &Fields, amount: Amount, given: Option<(&Field, Value)>) -> Map<String, Value> {
    let mut object = Map::new();
    if let Some((field, value)) = given {
        object.insert(field.name.to_string(), value);
    }
    for field in &fields.fields {
        if (amount == Amount::Full || fields.needs(field)) && !object.contains_key(&*field.name) {
            object.insert(field.name.to_string(), typical(&field.shape));
        }
    }
    for pattern in fields.patterns.iter().filter(|_| amount == Amount::Full) {
        let is_free = |name: &&str| fields.find(name).is_none();
        let names = TEXTS.into_iter().filter(|name| pattern.takes(name));
        if let Some(name) = names.filter(is_free).find(|name| !object.contains_key(*name)) {
            object.insert(name.to_owned(), typical(&pattern.shape));
        }
    }
    settle(fields, &mut object, amount);
    object
}

/// Adds what conditions let be said or demand, and drops what they forbid.
fn settle(fields: &Fields, object: &mut Map<String, Value>, amount: Amount) {
    for field in fields.all() {
        let rules = fields.conditions_of(&field.name);
        if rules.is_empty() {
            continue;
        }
        if !rules.iter().any(|when| when.iter().all(|condition| holds(fields, condition, object))) {
            object.remove(&*field.name);
        } else if !object.contains_key(&*field.name) && (amount == Amount::Full || fields.needs(field)) {
            object.insert(field.name.to_string(), typical(&field.shape));
        }
    }
}

fn holds(fields: &Fields, condition: &Condition, object: &Map<String, Value>) -> bool {
    let field = fields.find(&condition.field);
    let default = field.and_then(|field| match &field.shape.default {
        Some(Given::Literal(value)) => Some(literal(value)),
        _ => None,
    });
    let value = object.get(&*condition.field).cloned().or(default);
    let meant = field.zip(value.as_ref()).and_then(|(field, value)| {
        let word = field.shape.words.iter().find(|(word, _)| Some(&**word) == value.as_str());
        word.map(|(_, meant)| json!(**meant))
    });
    let value = meant.or(value);
    let is = match &condition.is {
        Some(wanted) => value == Some(literal(wanted)),
        None => value.is_some(),
    };
    is != condition.not
}

/// The value that is tried first.
fn typical(shape: &Shape) -> Value {
    choices(shape).into_iter().next().unwrap_or(Value::Null)
}

/// Some values that a shape takes, the most usual one first. The depth of a shape is limited, so the walk may recurse.
fn choices(shape: &Shape) -> Vec<Value> {
    let default = match &shape.default {
        Some(Given::Literal(value)) => Some(value),
        _ => None,
    };
    match &shape.kind {
        Kind::Bool => {
            let first = default != Some(&Literal::Bool(false));
            vec![json!(first), json!(!first)]
        }
        Kind::Int | Kind::Number => numbers(shape, default),
        Kind::Any if *shape == Shape::default() => vec![json!({"b": 1, "a": 2}), json!("text"), json!([1, 2])],
        Kind::Any | Kind::Text => {
            let own = default.and_then(|value| literal(value).as_str().map(str::to_owned));
            let texts = own.into_iter().chain(TEXTS.map(str::to_owned));
            let mut texts: Vec<Value> = texts.filter(|text| takes(shape, text)).map(Value::String).collect();
            texts.dedup();
            texts.truncate(3);
            texts
        }
        Kind::OneOf(literals) => {
            let mut values: Vec<Value> = default.into_iter().chain(literals).map(literal).collect();
            values.extend(shape.words.iter().map(|(word, _)| json!(**word)));
            let mut once: Vec<Value> = Vec::new();
            for value in values {
                if !once.contains(&value) {
                    once.push(value);
                }
            }
            once
        }
        Kind::Value => vec![
            json!("text"),
            json!(7),
            json!(true),
            json!({"$ref": {"unit": "other", "attr": "host"}}),
            json!({"$join": ["a", {"$ref": {"unit": "other", "attr": "host"}}]}),
            json!({"$ref": {"unit": "other", "attr": "password"}, "$sensitive": true}),
        ],
        Kind::Name => vec![
            json!("text"),
            json!("other"),
            json!({"$ref": {"unit": "other", "attr": "host"}}),
            json!({"$join": ["a", {"$ref": {"unit": "other", "attr": "host"}}]}),
        ],
        Kind::Later => vec![json!({"$ref": {"unit": "other", "attr": "port"}})],
        Kind::Secret => vec![
            json!({"$secret": {"store": "app", "key": "one"}}),
            json!({"$ref": {"unit": "other", "attr": "password"}, "$sensitive": true}),
        ],
        Kind::List(element) => {
            let elements = choices(element);
            let mut lists: Vec<Value> = elements.iter().take(1).map(|first| json!([first])).collect();
            lists.push(json!([]));
            if elements.len() > 1 {
                lists.push(json!(elements[..2]));
            }
            lists
        }
        Kind::Struct(fields) => {
            let [full, least] = [Amount::Full, Amount::Least].map(|amount| build(fields, amount, None));
            if full == least { vec![full.into()] } else { vec![full.into(), least.into()] }
        }
        Kind::Either(shapes) => shapes.iter().flat_map(choices).collect(),
    }
}

fn numbers(shape: &Shape, default: Option<&Literal>) -> Vec<Value> {
    let own = default.and_then(|value| match value {
        Literal::Number(number) => number.as_i64(),
        _ => None,
    });
    let limit = |bound: &Option<crate::shape::Bound>, by: i64| {
        bound.as_ref().and_then(|bound| Some(bound.value.as_i64()? + if bound.open { by } else { 0 }))
    };
    let (least, most) = (limit(&shape.limits.least, 1), limit(&shape.limits.most, -1));
    let twice = own.map(|own| own.saturating_mul(2));
    let more = least.map(|least| least.saturating_add(1));
    let all = [own, twice, least, more, most, Some(1), Some(2)].into_iter().flatten();
    let mut numbers: Vec<i64> = Vec::new();
    for number in all {
        let is_within = least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most);
        let is_taken = shape.limits.not.iter().all(|not| literal(not) != json!(number));
        if is_within && is_taken && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers.truncate(4);
    let spelt = |number: i64| match shape.measure {
        Some(measure) if measure != Measure::Count => json!(measure.show(number.into())),
        _ => json!(number),
    };
    let mut values: Vec<Value> = numbers.into_iter().map(spelt).collect();
    if shape.kind == Kind::Number && shape.measure.is_none() {
        // Halves lie between bounds that hold no whole number.
        let middle = least.unwrap_or(0).min(most.unwrap_or(0));
        values.extend([json!(middle as f64 + 0.5), json!(middle as f64 - 0.5)].into_iter().filter(|value| {
            let value = value.as_f64().unwrap_or_default();
            least.is_none_or(|least| value > least as f64 - 1.0) && most.is_none_or(|most| value < most as f64 + 1.0)
        }));
    }
    values
}

fn takes(shape: &Shape, text: &str) -> bool {
    let limits = &shape.limits;
    limits.matches.iter().all(|pattern| matches(pattern, text))
        && !limits.matches_not.iter().any(|pattern| matches(pattern, text))
        && !limits.not.iter().any(|not| matches!(not, Literal::Text(not) if **not == *text))
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Null => Value::Null,
        Literal::Bool(bool) => json!(bool),
        Literal::Number(number) => serde_json::from_str(&number.to_json_string()).unwrap_or_default(),
        Literal::Text(text) => json!(**text),
    }
}

fn step(fields: &Fields, name: &str) -> String {
    fields.find(name).map_or_else(|| "*".to_owned(), |field| field.name.to_string())
}

fn join(above: &str, below: &str) -> String {
    if below.is_empty() { above.to_owned() } else { format!("{above}.{below}") }
}
