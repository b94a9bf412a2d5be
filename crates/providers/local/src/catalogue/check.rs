//! What a type refuses, and the defaults that it fills in.

use strata_base::nearest;
use strata_model::{Map, Path, Value};

use super::{Field, Shape, Type};

impl Type {
    /// Everything that is wrong with properties, as path and message. Leaves that are not known yet, and fingerprints,
    /// are taken for right.
    pub(crate) fn check(&self, properties: &Value) -> Vec<(Path, String)> {
        let Value::Map(map) = properties else {
            return vec![(Path::root(), "the properties must be a map".to_owned())];
        };
        let data = &self.data;
        let mut problems = Vec::new();
        for (name, value) in map {
            match data.fields.get(name) {
                Some(definition) => problems.extend(field(&Path::key(name.clone()), definition, value)),
                None if data.open => {}
                None => problems.push((Path::key(name.clone()), self.why_not(name))),
            }
        }
        for (name, _) in data.fields.iter().filter(|(name, field)| field.required && !map.contains_key(*name)) {
            problems.push((Path::key(name.clone()), "is required".to_owned()));
        }
        problems
    }

    fn why_not(&self, name: &str) -> String {
        if self.data.outputs.contains_key(name) || matches!(name, "id" | "arn") {
            return "is told by the cloud and cannot be set".to_owned();
        }
        match nearest(name, self.data.fields.keys().map(|field| &**field)) {
            Some(field) => format!("there is no such field, did you mean `{field}`?"),
            None => "there is no such field".to_owned(),
        }
    }

    /// What cannot become of `before` by an update.
    pub(crate) fn check_change(&self, before: &Map, after: &Map) -> Vec<(Path, String)> {
        let fixed = self.data.fields.iter().filter(|(_, field)| field.immutable);
        let given = fixed.filter(|(name, _)| after.get(*name) != before.get(*name));
        given.map(|(name, _)| (Path::key(name.clone()), "cannot be changed".to_owned())).collect()
    }

    /// Fills in what was not said.
    pub(crate) fn fill(&self, properties: &mut Map) {
        for (name, field) in &self.data.fields {
            if let Some(default) = field.default.as_ref().filter(|_| !properties.contains_key(name)) {
                properties.insert(name.clone(), default.clone());
            }
        }
    }

    /// The ids of other objects that properties name, each with the type that it must have.
    pub(crate) fn references<'a>(&'a self, properties: &'a Map) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.data.fields.iter().filter_map(|(name, field)| {
            let id = properties.get(name)?.as_str()?;
            Some((field.refers_to.as_deref()?, id))
        })
    }
}

/// What is wrong with the value of a field. A list or map that holds something later is still a list or map.
pub(super) fn field(path: &Path, field: &Field, value: &Value) -> Vec<(Path, String)> {
    if matches!(value, Value::Later(_) | Value::Unknown | Value::Sealed(_)) {
        return Vec::new();
    }
    let wrong = |message: String| vec![(path.clone(), message)];
    let fits = match field.shape {
        Shape::String => value.as_str().is_some(),
        Shape::Int => matches!(value, Value::Number(number) if number.is_integer()),
        Shape::Number => matches!(value, Value::Number(_)),
        Shape::Bool => matches!(value, Value::Bool(_)),
        Shape::List => matches!(value, Value::List(_)),
        Shape::Map => matches!(value, Value::Map(_)),
        Shape::Any => true,
    };
    if !fits {
        return wrong(format!("must be {}", field.shape.name()));
    }
    if let Some(values) = field.one_of.as_ref().filter(|values| !values.contains(value)) {
        let values: Vec<String> = values.iter().map(Value::to_string).collect();
        return wrong(format!("must be one of {}", values.join(", ")));
    }
    if let Value::Number(number) = value {
        let float = number.to_f64();
        if let Some(min) = field.min.filter(|&min| float < min as f64) {
            return wrong(format!("must be at least {min}"));
        }
        if let Some(max) = field.max.filter(|&max| float > max as f64) {
            return wrong(format!("must be at most {max}"));
        }
    }
    Vec::new()
}

impl Shape {
    fn name(self) -> &'static str {
        match self {
            Shape::String => "a string",
            Shape::Int => "a whole number",
            Shape::Number => "a number",
            Shape::Bool => "true or false",
            Shape::List => "a list",
            Shape::Map => "a map",
            Shape::Any => "a value",
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::catalogue::lookup;
    use strata_model::Value;

    fn problems(kind: &str, json: &str) -> Vec<String> {
        let value: Value = strata_model::codec::from_json(json.as_bytes()).unwrap();
        let problems = lookup(kind).unwrap().check(&value);
        problems.into_iter().map(|(path, message)| format!("{path}: {message}")).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        assert_eq!(
            problems(
                "local.database",
                r#"{"engin":"postgres","size":"huge","storageGb":1,"host":"x","multiAz":"yes"}"#
            ),
            [
                "engin: there is no such field, did you mean `engine`?",
                "host: is told by the cloud and cannot be set",
                "multiAz: must be true or false",
                r#"size: must be one of "small", "medium", "large""#,
                "storageGb: must be at least 5",
                "engine: is required",
            ]
        );
        assert_eq!(problems("local.database", "[]"), [": the properties must be a map"]);
        assert_eq!(problems("local.cache", r#"{"nodes":1.5}"#), ["nodes: must be a whole number"]);
    }

    #[test]
    fn what_is_not_known_yet_is_taken_for_right() {
        let later = r#"{"engine":{"$unknown":true},"storageGb":{"$ref":{"address":"o/e/-/u/r","attr":"x"}}}"#;
        assert_eq!(problems("local.database", later), Vec::<String>::new());
        assert_eq!(problems("local.x.thing", r#"{"what":"ever"}"#), Vec::<String>::new());
    }
}
