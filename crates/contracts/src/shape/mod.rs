//! What a definition of a contract lets be said, in a form that can be walked: for normalising, for telling mistakes in
//! words, for JSON Schema and for reference pages.
//!
//! It is read from the syntax, because that still has what evaluation loses: comments, conditions, the order of fields.
//! The CUE stays the authority. What has no form here is kept as its text ([`Shape::also`]) and lets more be said than the
//! CUE does, never less.

mod flaws;
mod meet;
mod read;
mod words;

use std::sync::Arc;

use cue_num::Number;
use strata_model::Measure;

pub(crate) use read::{Package, Packages};
pub(crate) use words::{conditions, listed};

/// What may stand somewhere.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Shape {
    pub kind: Kind,
    pub limits: Limits,
    /// What stands there where nothing was said.
    pub default: Option<Given>,
    /// The unit of a number, in which texts such as `512Mi` are read.
    pub measure: Option<Measure>,
    /// Other words, and what they stand for.
    pub words: Vec<(Arc<str>, Arc<str>)>,
    /// A text in clear is refused.
    pub sensitive: bool,
    /// Demands that have no other form, in words or as they stand in the CUE.
    pub also: Vec<Arc<str>>,
}

#[derive(Clone, PartialEq, Debug, Default)]
pub enum Kind {
    #[default]
    Any,
    Bool,
    Int,
    Number,
    Text,
    OneOf(Vec<Literal>),
    /// A text, number or bool that may be known only later.
    Value,
    /// A text that may be known only later.
    Name,
    /// What is known only later.
    Later,
    /// A secret by its name, or a reference to one.
    Secret,
    List(Box<Shape>),
    Struct(Fields),
    Either(Vec<Shape>),
}

#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    Null,
    Bool(bool),
    Number(Number),
    Text(Arc<str>),
}

/// A value that is filled in.
#[derive(Clone, PartialEq, Debug)]
pub enum Given {
    Literal(Literal),
    EmptyList,
    EmptyStruct,
    /// The value of another property beside it.
    Same(Arc<str>),
}

/// What a number or a text must be besides its kind.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Limits {
    pub least: Option<Bound>,
    pub most: Option<Bound>,
    /// Regular expressions, all of which match.
    pub matches: Vec<Arc<str>>,
    /// None of these does.
    pub matches_not: Vec<Arc<str>>,
    pub not: Vec<Literal>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Bound {
    pub value: Number,
    /// The value itself lies outside.
    pub open: bool,
}

/// The fields of a struct.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fields {
    pub fields: Vec<Field>,
    /// What fields of other names must be.
    pub patterns: Vec<Pattern>,
    pub rules: Vec<Rule>,
    /// Other fields are taken as well, or what is taken is not known.
    pub open: bool,
    /// Demands that have no other form.
    pub also: Vec<Arc<str>>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Field {
    pub name: Arc<str>,
    /// Other spellings of the name.
    pub aliases: Vec<Arc<str>>,
    pub presence: Presence,
    /// What the comment above it says, in one line.
    pub about: String,
    pub shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// `a!:` It must be said.
    Required,
    /// `a?:` It may be left out, and then is not there.
    Optional,
    /// `a:` It is always there: said, or by its default.
    Always,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Pattern {
    /// A regular expression that names match; every name where there is none.
    pub names: Option<Arc<str>>,
    pub about: String,
    pub shape: Shape,
}

/// Fields that are there, or are held to more, where all conditions hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Rule {
    pub when: Vec<Condition>,
    pub then: Fields,
}

/// A condition on a field beside the rule.
#[derive(Clone, PartialEq, Debug)]
pub struct Condition {
    pub field: Arc<str>,
    /// The value that it has; where there is none, it is only there.
    pub is: Option<Literal>,
    /// The contrary.
    pub not: bool,
}

impl Fields {
    /// A field by its name or another spelling, those of rules too.
    pub fn find(&self, name: &str) -> Option<&Field> {
        self.all().into_iter().find(|field| field.is_called(name))
    }

    /// What may stand under a name; `*` is any that is not listed.
    pub fn shape(&self, name: &str) -> Option<&Shape> {
        let pattern = || self.patterns.iter().find(|pattern| name == "*" || pattern.takes(name));
        self.find(name).map(|field| &field.shape).or_else(|| pattern().map(|pattern| &pattern.shape))
    }

    /// The name of the first field that is one of a few words, of which this is one.
    pub fn says(&self, word: &str) -> Option<&str> {
        let is_word = |literal: &Literal| matches!(literal, Literal::Text(text) if **text == *word);
        let takes = |shape: &Shape| match &shape.kind {
            Kind::OneOf(literals) => {
                literals.iter().any(is_word) || shape.words.iter().any(|(other, _)| **other == *word)
            }
            _ => false,
        };
        self.fields.iter().find(|field| takes(&field.shape)).map(|field| &*field.name)
    }

    /// The fields, then those that only rules have; each name once.
    pub fn all(&self) -> Vec<&Field> {
        let mut all: Vec<&Field> = self.fields.iter().collect();
        let mut rules: Vec<&Rule> = self.rules.iter().rev().collect();
        while let Some(rule) = rules.pop() {
            for field in &rule.then.fields {
                if all.iter().all(|known| known.name != field.name) {
                    all.push(field);
                }
            }
            rules.extend(rule.then.rules.iter().rev());
        }
        all
    }

    /// Of a field that is there only under conditions, those of each rule that has it; any one of them will do.
    pub fn conditions_of(&self, name: &str) -> Vec<Vec<Condition>> {
        let mut found = Vec::new();
        let mut todo: Vec<(&Fields, Vec<Condition>)> = vec![(self, Vec::new())];
        while let Some((fields, when)) = todo.pop() {
            if fields.fields.iter().any(|field| *field.name == *name) {
                if when.is_empty() {
                    return Vec::new();
                }
                found.push(when);
                continue;
            }
            for rule in fields.rules.iter().rev() {
                todo.push((&rule.then, when.iter().chain(&rule.when).cloned().collect()));
            }
        }
        found
    }

    /// Whether a field must be said: nothing fills it in, whatever else is said.
    pub fn needs(&self, field: &Field) -> bool {
        let fills = |rule: &Rule| rule.then.find(&field.name).is_some_and(|given| !given.shape.needs_word());
        match field.presence {
            Presence::Required => true,
            Presence::Optional => false,
            Presence::Always => field.shape.needs_word() && !self.rules.iter().any(fills),
        }
    }
}

impl Pattern {
    /// Whether a field of that name is held to it.
    pub fn takes(&self, name: &str) -> bool {
        self.names.as_deref().is_none_or(|names| matches(names, name))
    }
}

/// Whether a text matches a regular expression. One that is none was told when its contract was loaded.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    cue_regex::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

impl Field {
    pub fn is_called(&self, name: &str) -> bool {
        *self.name == *name || self.aliases.iter().any(|alias| **alias == *name)
    }
}

impl Shape {
    /// Of which nothing is said.
    pub(crate) const ANY: Shape = Shape {
        kind: Kind::Any,
        limits: Limits { least: None, most: None, matches: Vec::new(), matches_not: Vec::new(), not: Vec::new() },
        default: None,
        measure: None,
        words: Vec::new(),
        sensitive: false,
        also: Vec::new(),
    };

    pub fn of(kind: Kind) -> Shape {
        Shape { kind, ..Shape::default() }
    }

    pub fn fields(&self) -> Option<&Fields> {
        match &self.kind {
            Kind::Struct(fields) => Some(fields),
            _ => None,
        }
    }

    /// Whether nothing stands here unless someone says it.
    fn needs_word(&self) -> bool {
        if self.default.is_some() {
            return false;
        }
        match &self.kind {
            Kind::List(_) => false,
            Kind::Struct(fields) => fields.fields.iter().any(|field| fields.needs(field)),
            Kind::OneOf(literals) => literals.len() != 1,
            _ => true,
        }
    }

    /// What may stand below a path, such as `resources.memory`; `*` is any name, lists are passed through.
    pub fn at(&self, path: &str) -> Option<&Shape> {
        let mut at = self;
        for segment in path.split('.').filter(|segment| !segment.is_empty()) {
            let is_index = segment.parse::<usize>().is_ok();
            match &at.kind {
                Kind::List(element) if is_index => {
                    at = element;
                    continue;
                }
                Kind::List(element) => at = element,
                _ => {}
            }
            at = at.fields()?.shape(segment)?;
        }
        Some(at)
    }

    /// Whether all that the CUE says has a form here.
    pub fn is_exact(&self) -> bool {
        self.also.is_empty()
            && match &self.kind {
                Kind::List(element) => element.is_exact(),
                Kind::Either(shapes) => shapes.iter().all(Shape::is_exact),
                Kind::Struct(fields) => fields.is_exact(),
                _ => true,
            }
    }
}

impl Fields {
    fn is_exact(&self) -> bool {
        self.also.is_empty()
            && self.fields.iter().all(|field| field.shape.is_exact())
            && self.patterns.iter().all(|pattern| pattern.shape.is_exact())
            && self.rules.iter().all(|rule| rule.then.is_exact())
    }
}
