//! What a leaf must satisfy once it is known.

use serde::{Deserialize, Serialize};

use crate::number::Number;
use crate::value::Value;

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The least number, or the least length of text in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Value>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Bool,
    Int,
    Number,
    String,
    List,
    Map,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "true or false",
            Kind::Int => "a whole number",
            Kind::Number => "a number",
            Kind::String => "text",
            Kind::List => "a list",
            Kind::Map => "an object",
        }
    }

    fn admits(self, value: &Value) -> bool {
        match (self, value) {
            (Kind::Int, Value::Number(number)) => number.is_integer(),
            (kind, value) => matches!(
                (kind, value),
                (Kind::Bool, Value::Bool(_))
                    | (Kind::Number, Value::Number(_))
                    | (Kind::String, Value::String(_))
                    | (Kind::List, Value::List(_))
                    | (Kind::Map, Value::Map(_))
            ),
        }
    }
}

impl Check {
    /// What is wrong with a known value, without naming the value, which may be a secret.
    pub fn refuse(&self, value: &Value) -> Option<String> {
        if let Some(kind) = self.kind
            && !kind.admits(value)
        {
            return Some(format!("is not {}", kind.name()));
        }
        if !self.one_of.is_empty() && !self.one_of.contains(value) {
            let allowed: Vec<String> = self.one_of.iter().map(Value::to_string).collect();
            return Some(format!("is none of {}", allowed.join(", ")));
        }
        let size = match value {
            Value::Number(number) => Size::Number(number),
            Value::String(text) => Size::Length(text.chars().count()),
            Value::List(items) => Size::Length(items.len()),
            _ => return None,
        };
        match (self.min, self.max) {
            (Some(min), _) if size.is_below(min) => Some(format!("is less than {min}")),
            (_, Some(max)) if size.is_above(max) => Some(format!("is more than {max}")),
            _ => None,
        }
    }
}

enum Size<'a> {
    Number(&'a Number),
    Length(usize),
}

impl Size<'_> {
    fn is_below(&self, bound: i64) -> bool {
        match self {
            Size::Number(number) => number.as_i64().map_or_else(|| number.to_f64() < bound as f64, |int| int < bound),
            Size::Length(length) => i64::try_from(*length).is_ok_and(|length| length < bound),
        }
    }

    fn is_above(&self, bound: i64) -> bool {
        match self {
            Size::Number(number) => number.as_i64().map_or_else(|| number.to_f64() > bound as f64, |int| int > bound),
            Size::Length(length) => i64::try_from(*length).map_or(true, |length| length > bound),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_says_what_is_wrong_without_the_value() {
        let check: Check = serde_json::from_str(r#"{"kind":"int","min":1,"max":9}"#).unwrap();
        let refuse = |json: &str| check.refuse(&serde_json::from_str(json).unwrap());
        assert_eq!(refuse("5"), None);
        assert_eq!(refuse("5.5").as_deref(), Some("is not a whole number"));
        assert_eq!(refuse("0").as_deref(), Some("is less than 1"));
        assert_eq!(refuse("10").as_deref(), Some("is more than 9"));
        assert_eq!(refuse("99999999999999999999").as_deref(), Some("is more than 9"));
    }
}
