//! Shapes in words, for messages and for pages.

use std::fmt::Write as _;

use cue_num::Number;
use strata_model::Measure;

use super::{Bound, Condition, Given, Kind, Limits, Literal, Pattern, Shape};

impl Shape {
    /// How something of it is written, with `…` where values go: `[{container_port: …}]`.
    pub fn skeleton(&self) -> String {
        // Contracts are nested a few levels deep, so this may recurse.
        match &self.kind {
            Kind::List(element) => format!("[{}]", element.skeleton()),
            Kind::Struct(fields) => {
                let required = fields.fields.iter().filter(|field| fields.needs(field));
                let mut parts: Vec<String> =
                    required.map(|field| format!("{}: {}", field.name, field.shape.skeleton())).collect();
                if parts.is_empty() {
                    let pattern = fields.patterns.first().map(|pattern| format!("NAME: {}", pattern.shape.skeleton()));
                    let first = fields.fields.first();
                    let first = first.map(|field| format!("{}: {}", field.name, field.shape.skeleton()));
                    parts.extend(pattern.or(first));
                }
                format!("{{{}}}", parts.join(", "))
            }
            _ => "…".to_owned(),
        }
    }

    /// What may stand here, as it can follow `must be`: `a whole number, at least 0`.
    pub fn in_words(&self) -> String {
        let mut words = self.kind_in_words();
        for demand in self.demands() {
            words += ", ";
            words += &demand;
        }
        words
    }

    /// Only of what kind it is.
    pub fn kind_in_words(&self) -> String {
        match (&self.kind, self.measure) {
            (_, Some(measure)) if measure != Measure::Count => measure.in_words().to_owned(),
            (Kind::Any, _) if !self.limits.matches.is_empty() => "a text".to_owned(),
            (Kind::Any, _) => "a value".to_owned(),
            (Kind::Bool, _) => "true or false".to_owned(),
            (Kind::Int, _) => "a whole number".to_owned(),
            (Kind::Number, _) => "a number".to_owned(),
            (Kind::Text, _) => "a text".to_owned(),
            (Kind::Value, _) => "a text, a number or a bool, or a reference".to_owned(),
            (Kind::Name, _) => "a text, or a reference".to_owned(),
            (Kind::Later, _) => "a reference".to_owned(),
            (Kind::Secret, _) => "a secret by its name, or a reference to one".to_owned(),
            (Kind::OneOf(literals), _) => match &literals[..] {
                literals @ [_] | literals @ [_, _] => listed(literals.iter(), "or"),
                literals => format!("one of {}", listed(literals.iter(), "or")),
            },
            (Kind::List(element), _) => match &element.kind {
                Kind::Any => "a list".to_owned(),
                Kind::Struct(_) => "a list of objects".to_owned(),
                _ => format!("a list, each {}", element.in_words()),
            },
            (Kind::Struct(fields), _) if fields.fields.is_empty() && !fields.patterns.is_empty() => {
                match &fields.patterns[..] {
                    [one] if one.shape.fields().is_none() => {
                        format!("an object, each value {}", one.shape.in_words())
                    }
                    _ => "an object".to_owned(),
                }
            }
            (Kind::Struct(_), _) => "an object".to_owned(),
            (Kind::Either(shapes), _) => {
                let shapes: Vec<String> = shapes.iter().map(Shape::in_words).collect();
                shapes.join(", or ")
            }
        }
    }

    /// What it must be besides.
    pub fn demands(&self) -> Vec<String> {
        let Limits { least, most, matches, matches_not, not } = &self.limits;
        let mut demands = Vec::new();
        // No amount is less than nothing.
        let says_nothing = |bound: &&Bound| self.measure.is_some() && bound.value.is_zero() && !bound.open;
        if let Some(bound) = least.as_ref().filter(|bound| !says_nothing(bound)) {
            let than = if bound.open { "more than" } else { "at least" };
            demands.push(format!("{than} {}", self.amount(&bound.value)));
        }
        if let Some(bound) = most {
            let than = if bound.open { "less than" } else { "at most" };
            demands.push(format!("{than} {}", self.amount(&bound.value)));
        }
        demands.extend(matches.iter().map(|pattern| match simple(pattern) {
            Some(prefix) => format!("beginning with `{prefix}`"),
            None => format!("matching `{pattern}`"),
        }));
        demands.extend(matches_not.iter().map(|pattern| format!("not matching `{pattern}`")));
        let is_empty = |literal: &&Literal| matches!(literal, Literal::Text(text) if text.is_empty());
        if not.iter().any(|literal| is_empty(&literal)) {
            demands.push("not empty".to_owned());
        }
        let others: Vec<&Literal> = not.iter().filter(|literal| !is_empty(literal)).collect();
        if !others.is_empty() {
            demands.push(format!("not {}", listed(others.into_iter(), "or")));
        }
        demands.extend(self.also.iter().map(|also| also.to_string()));
        demands
    }

    /// A number as it is written here: `512Mi` where that is what it stands for.
    pub fn amount(&self, number: &Number) -> String {
        let amount = self.measure.zip(number.as_u64());
        amount.map_or_else(|| number.to_cue_string(), |(measure, amount)| measure.show(amount.into()))
    }

    /// What is filled in, as a user would write it.
    pub fn default_in_words(&self) -> Option<String> {
        Some(match self.default.as_ref()? {
            Given::Literal(Literal::Number(number)) => format!("`{}`", self.amount(number)),
            Given::Literal(literal) => literal.to_string(),
            Given::EmptyList => "`[]`".to_owned(),
            Given::EmptyStruct => "`{}`".to_owned(),
            Given::Same(field) => format!("that of `{field}`"),
        })
    }
}

impl Pattern {
    /// What names must be, where not every name will do.
    pub(crate) fn names_in_words(&self) -> Option<String> {
        let limits = Limits { matches: vec![self.names.clone()?], ..Limits::default() };
        Some(Shape { limits, ..Shape::default() }.demands().concat())
    }
}

impl std::fmt::Display for Literal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Literal::Null => f.write_str("`null`"),
            Literal::Bool(bool) => write!(f, "`{bool}`"),
            Literal::Number(number) => write!(f, "`{}`", number.to_cue_string()),
            Literal::Text(text) if text.is_empty() => f.write_str("an empty text"),
            Literal::Text(text) => write!(f, "`{text}`"),
        }
    }
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.is, self.not) {
            (Some(literal), false) => write!(f, "`{}` is {literal}", self.field),
            (Some(literal), true) => write!(f, "`{}` is not {literal}", self.field),
            (None, false) => write!(f, "`{}` is given", self.field),
            (None, true) => write!(f, "`{}` is not given", self.field),
        }
    }
}

/// Conditions that hold together.
pub(crate) fn conditions(conditions: &[Condition]) -> String {
    let told: Vec<String> = conditions.iter().map(Condition::to_string).collect();
    told.join(" and ")
}

/// `a, b or c`
pub(crate) fn listed<'a>(literals: impl ExactSizeIterator<Item = &'a Literal>, last: &str) -> String {
    let (count, mut out) = (literals.len(), String::new());
    for (index, literal) in literals.enumerate() {
        let before = match index {
            0 => String::new(),
            index if index + 1 == count => format!(" {last} "),
            _ => ", ".to_owned(),
        };
        let _ = write!(out, "{before}{literal}");
    }
    out
}

/// The text that a pattern such as `^/` wants at the beginning, where it wants nothing else.
fn simple(pattern: &str) -> Option<&str> {
    let prefix = pattern.strip_prefix('^')?;
    let is_plain = |char: char| char.is_alphanumeric() || matches!(char, '/' | '-' | '_' | ':' | '@');
    (!prefix.is_empty() && prefix.chars().all(is_plain)).then_some(prefix)
}
