//! Parameters of templates: typed, with defaults, and held against a rule.

use std::cmp::Ordering;
use std::sync::Arc;

use cue_data::{Data, Node, NodeId};
use cue_regex::Regex;
use strata_base::{Diagnostic, Span};
use strata_model::reading::Reader;
use strata_model::{Number, codes as common};

use crate::codes;

#[derive(Clone, Debug)]
pub struct Parameter {
    pub name: Arc<str>,
    pub kind: Kind,
    pub required: bool,
    pub about: Arc<str>,
    /// In the data of its template.
    pub(super) default: Option<NodeId>,
    rule: Option<Rule>,
    pub(super) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    String,
    Int,
    Number,
    Bool,
    List,
    Map,
}

/// What a value must satisfy besides its type.
#[derive(Clone, Debug)]
struct Rule {
    text: Arc<str>,
    what: Rules,
}

#[derive(Clone, Debug)]
enum Rules {
    /// A text that matches.
    Pattern(Arc<Regex>),
    /// A number that compares so with each of these.
    Bounds(Vec<(Compare, Number)>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Compare {
    AtMost,
    AtLeast,
    Equal,
}

const KINDS: [(&str, Kind); 6] = [
    ("string", Kind::String),
    ("int", Kind::Int),
    ("number", Kind::Number),
    ("bool", Kind::Bool),
    ("list", Kind::List),
    ("map", Kind::Map),
];

impl Kind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    fn admits(self, data: &Data, node: NodeId) -> bool {
        match (self, data.node(node)) {
            (Kind::Int, Node::Number(number)) => number.is_int(),
            // What is known later is text, when it is known.
            (Kind::String, Node::Struct(_)) => data.fields(node).iter().any(|field| field.key.starts_with('$')),
            (kind, node) => matches!(
                (kind, node),
                (Kind::String, Node::String(_))
                    | (Kind::Number, Node::Number(_))
                    | (Kind::Bool, Node::Bool(_))
                    | (Kind::List, Node::List(_))
                    | (Kind::Map, Node::Struct(_))
            ),
        }
    }
}

impl Parameter {
    /// What a value must satisfy besides its type, as it is written.
    pub fn rule(&self) -> Option<&str> {
        self.rule.as_ref().map(|rule| &*rule.text)
    }

    /// What is wrong with a value.
    pub(super) fn refuse(&self, data: &Data, node: NodeId) -> Option<Diagnostic> {
        let wrong = |message: String| Diagnostic::error(codes::TEMPLATE, message).at(data.span(node));
        if !self.kind.admits(data, node) {
            let message = format!("the parameter `{}` must be of type {}", self.name, self.kind.name());
            return Some(wrong(message).also(self.span, "declared here"));
        }
        let rule = self.rule.as_ref()?;
        let holds = match (&rule.what, data.node(node)) {
            (Rules::Pattern(pattern), Node::String(text)) => pattern.is_match(&**text),
            (Rules::Bounds(bounds), Node::Number(number)) => {
                let number: Option<Number> = number.to_json_string().parse().ok();
                number.is_some_and(|number| bounds.iter().all(|(compare, bound)| compare.holds(&number, bound)))
            }
            _ => true,
        };
        let message = format!("the parameter `{}` must satisfy `{}`", self.name, rule.text);
        (!holds).then(|| wrong(message).also(self.span, "declared here"))
    }
}

impl Compare {
    fn holds(self, number: &Number, bound: &Number) -> bool {
        let order = number.to_f64().partial_cmp(&bound.to_f64());
        match self {
            Compare::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Compare::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Compare::Equal => order == Some(Ordering::Equal),
        }
    }
}

/// The parameters of a template, each held against its own rule where it has a default.
pub(super) fn all(reader: &mut Reader<'_>, id: NodeId) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for &id in reader.list(id) {
        let Some(parameter) = one(reader, id) else { continue };
        if let Some(before) = parameters.iter().find(|known| known.name == parameter.name) {
            let message = format!("two parameters are called `{}`", parameter.name);
            let twice = Diagnostic::error(common::TWICE, message).at(parameter.span);
            reader.problems.push(twice.also(before.span, "and here before").hint("leave one of the two out"));
            continue;
        }
        if let Some(problem) = parameter.default.and_then(|id| parameter.refuse(reader.data, id)) {
            reader.problems.push(problem);
        }
        parameters.push(parameter);
    }
    parameters
}

fn one(reader: &mut Reader<'_>, id: NodeId) -> Option<Parameter> {
    let mut fields = reader.fields(id, "a parameter")?;
    let name_id = fields.required(reader, "name");
    let kind = fields.required(reader, "type").and_then(|id| reader.word(id, &KINDS));
    let required_id = fields.optional("required");
    let required = required_id.and_then(|id| reader.bool(id)).unwrap_or(false);
    let default = fields.optional("default");
    let about = fields.optional("description").and_then(|id| reader.text(id)).unwrap_or_default();
    let rule = fields.optional("validation").and_then(|id| rule(reader, id, kind?));
    fields.close(reader);
    if let (true, Some(_), Some(id)) = (required, default, required_id) {
        reader.wrong(codes::TEMPLATE, id, "a parameter that has a default is not required");
    }
    let name = name_id.and_then(|id| reader.text(id))?;
    Some(Parameter { name, kind: kind?, required, about, default, rule, span: reader.data.span(name_id?) })
}

/// `>= 1, <= 10` for numbers, a regular expression for texts.
fn rule(reader: &mut Reader<'_>, id: NodeId, kind: Kind) -> Option<Rule> {
    let text = reader.text(id)?;
    let what = match kind {
        Kind::String => match Regex::new(&text) {
            Ok(pattern) => Ok(Rules::Pattern(Arc::new(pattern))),
            Err(error) => Err(error.to_string()),
        },
        Kind::Int | Kind::Number => bounds(&text)
            .map(Rules::Bounds)
            .ok_or_else(|| format!("`{text}` is not a rule for numbers, such as `>= 1, <= 10`")),
        other => Err(format!("there are no rules for parameters of type {}", other.name())),
    };
    match what {
        Ok(what) => Some(Rule { text, what }),
        Err(message) => {
            reader.wrong(codes::TEMPLATE, id, message);
            None
        }
    }
}

fn bounds(text: &str) -> Option<Vec<(Compare, Number)>> {
    let operators = [("<=", Compare::AtMost), (">=", Compare::AtLeast), ("==", Compare::Equal)];
    let one = |part: &str| {
        let (rest, compare) =
            operators.iter().find_map(|(sign, compare)| Some((part.trim().strip_prefix(sign)?, *compare)))?;
        Some((compare, rest.trim().parse().ok()?))
    };
    text.split(',').map(one).collect()
}
