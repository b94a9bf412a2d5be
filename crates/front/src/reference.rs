//! `${…}` in texts. A parameter becomes its value; what others tell and what is secret becomes data that says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use cue_data::{Builder, Data, Event, Node, NodeId};
use strata_base::{Diagnostic, Span, nearest};

use crate::codes;
use crate::parameters::{Given, Parameters};

/// What a reference means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Reference<'a> {
    /// `${image}`, `${app.image}`
    Parameter(&'a str),
    /// `${env:NAME}`, `${vault:PATH}`, `${secret:STORE:KEY}`
    Secret { store: &'a str, key: &'a str },
    /// `${tier2.database_url}`
    Tier { tier: u8, output: &'a str },
    /// `${db.url}`
    Unit { unit: &'a str, output: &'a str },
}

/// Where a document took the value of a parameter.
#[derive(Clone, Debug)]
pub struct Use {
    pub name: String,
    /// The text in the document.
    pub span: Span,
    /// Where the value was given, and the values that it hides.
    pub given: Span,
    pub hides: Vec<Span>,
}

/// A part of a text.
#[derive(Clone, Debug)]
enum Part<'a> {
    Text(String),
    Reference(Reference<'a>),
    /// A parameter that is not text and stands alone.
    Given(Given),
}

/// Puts in what references mean, through whole documents.
pub(crate) struct Resolver<'a> {
    pub(crate) parameters: &'a Parameters,
    pub(crate) environment: &'a dyn Fn(&str) -> Option<String>,
    /// The names of capabilities, which are not parameters.
    pub(crate) capabilities: BTreeSet<String>,
    /// The names of parameters that were asked for.
    pub(crate) used: BTreeSet<String>,
    pub(crate) uses: Vec<Use>,
    pub(crate) problems: Vec<Diagnostic>,
}

impl Resolver<'_> {
    /// The same document with its texts resolved: one that is nothing but a reference becomes what it refers to, of
    /// whatever kind that is; one that holds what is not known yet becomes a join of its parts. Keys stay as they are.
    ///
    /// What is `unused` stays as it is.
    pub(crate) fn document(&mut self, data: &Data, unused: Option<NodeId>) -> Data {
        let mut builder = Builder::new();
        let mut is_unused = false;
        for step in data.events(data.root()) {
            let is_here = Some(step.node) == unused;
            match step.event {
                Event::BeginStruct | Event::BeginList if is_here => is_unused = true,
                Event::End if is_here => is_unused = false,
                _ => {}
            }
            match step.event {
                Event::BeginStruct => _ = builder.begin_struct(step.span),
                Event::BeginList => _ = builder.begin_list(step.span),
                Event::Key(key) => builder.key(key, step.span),
                Event::End => builder.end(Span::NONE),
                Event::Spelling(_) => {}
                Event::String(text) if text.contains("${") && !is_unused && !is_here => {
                    self.text(text, step.span, &mut builder);
                }
                _ => _ = builder.copy(data, step.node),
            }
        }
        builder.finish()
    }

    fn text(&mut self, text: &str, span: Span, builder: &mut Builder) {
        let parts = match self.parts(text, span) {
            Ok(parts) => parts,
            Err(problem) => {
                self.problems.push(*problem);
                // Something that fits everywhere, so that what is wrong is told once.
                builder.string(text, span);
                return;
            }
        };
        if let [part] = &parts[..] {
            return write(part, span, builder);
        }
        builder.begin_struct(span);
        builder.key("$join", span);
        builder.begin_list(span);
        parts.iter().for_each(|part| write(part, span, builder));
        builder.end(Span::NONE);
        builder.end(Span::NONE);
    }

    /// The parts of a text, with neighbours that are plain text made one.
    fn parts<'t>(&mut self, text: &'t str, span: Span) -> Result<Vec<Part<'t>>, Box<Diagnostic>> {
        let wrong = |message: String| Box::new(Diagnostic::error(codes::REFERENCE, message).at(span));
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find("${") {
            if let Some(before) = rest[..at].strip_suffix('$') {
                plain += before;
                plain += "${";
                rest = &rest[at + 2..];
                continue;
            }
            plain += &rest[..at];
            let Some((inner, after)) = rest[at + 2..].split_once('}') else {
                let hint = "end it with `}`, or write `$${` where `${` shall stay as it is";
                return Err(Box::new(wrong(format!("`{}` has no end", &rest[at..])).hint(hint)));
            };
            let is_alone = text.len() == inner.len() + 3;
            rest = after;
            let reference = parse(inner).map_err(|message| {
                let meant =
                    self.meant(inner).map_or_else(String::new, |meant| format!("did you mean `${{{meant}}}`? "));
                Box::new(wrong(message).hint(format!("{meant}write `$${{` where `${{` shall stay as it is")))
            })?;
            match reference {
                Reference::Parameter(name) => {
                    let given = self.parameter(name, span)?;
                    if is_alone {
                        return Ok(vec![Part::Given(given)]);
                    }
                    plain += &scalar(&given).ok_or_else(|| {
                        let message = format!("the parameter `{name}` is no text, so it cannot be a part of one");
                        Box::new(Diagnostic::error(codes::PARAMETER, message).at(span).also(given.span(), "given here"))
                    })?;
                }
                Reference::Secret { store: "env", key } if (self.environment)(key).is_none() => {
                    let message = format!("the environment has no variable `{key}`");
                    let missing = Diagnostic::error(codes::ENVIRONMENT, message).at(span);
                    return Err(Box::new(missing.hint(format!("set it, as in `export {key}=…`"))));
                }
                other => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Reference(other));
                }
            }
        }
        plain += rest;
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(parts)
    }

    /// What may have been meant by a reference that is not understood: the other of `.` and `:`, or a word that is near.
    fn meant(&self, inner: &str) -> Option<String> {
        let (begin, rest) = inner.split_once(['.', ':'])?;
        let meant = match nearest(begin, ["env", "vault", "secret"]) {
            Some(near) => format!("{near}:{rest}"),
            None if self.capabilities.contains(begin) => format!("{begin}.{rest}"),
            None => return None,
        };
        (meant != inner && parse(&meant).is_ok()).then_some(meant)
    }

    fn parameter(&mut self, name: &str, span: Span) -> Result<Given, Box<Diagnostic>> {
        self.used.insert(name.to_owned());
        let given = self.parameters.get(name).ok_or_else(|| {
            let missing = self.parameters.missing(name, span);
            let hint = || format!("`{name}` is a capability: refer to what it tells, `${{{name}.…}}`");
            Box::new(match self.capabilities.contains(name) {
                true => Diagnostic { hints: vec![hint()], ..missing },
                false => missing,
            })
        })?;
        self.uses.push(Use { name: name.to_owned(), span, given: given.span(), hides: given.hides.clone() });
        Ok(given)
    }
}

/// A reference inside the value of a parameter, where nobody looks for one, and its place. Another parameter, or what looks
/// like one, may be meant as it stands: shells write variables so.
pub(crate) fn inside(given: &Given, capabilities: &BTreeSet<String>) -> Option<(String, Span)> {
    let is_reference = |inner: &str| match parse(inner) {
        Ok(Reference::Unit { unit, .. }) => capabilities.contains(unit),
        Ok(Reference::Secret { .. } | Reference::Tier { .. }) => true,
        Ok(Reference::Parameter(_)) | Err(_) => false,
    };
    given.data.events(given.node).find_map(|step| {
        let Event::String(text) = step.event else { return None };
        let mut inner = text.match_indices("${").filter_map(|(at, _)| Some(text[at + 2..].split_once('}')?.0));
        inner.find(|inner| is_reference(inner)).map(|inner| (inner.to_owned(), given.data.span(step.node)))
    })
}

/// The text of a value that can be a part of a text.
fn scalar(given: &Given) -> Option<String> {
    match given.data.node(given.node) {
        Node::String(text) => Some(text.to_string()),
        Node::Number(number) => Some(number.to_json_string()),
        Node::Bool(bool) => Some(bool.to_string()),
        _ => None,
    }
}

fn write(part: &Part<'_>, span: Span, builder: &mut Builder) {
    match part {
        Part::Text(text) => _ = builder.string(text.as_str(), span),
        Part::Given(given) => _ = builder.copy(&given.data, given.node),
        Part::Reference(Reference::Secret { store, key }) => {
            builder.begin_struct(span);
            builder.key("$secret", span);
            body(builder, span, &[("store", store), ("key", key)]);
            builder.key("$sensitive", span);
            builder.bool(true, span);
            builder.end(Span::NONE);
        }
        Part::Reference(Reference::Unit { unit, output }) => write_unit(builder, unit, output, span),
        Part::Reference(Reference::Tier { tier, output }) => {
            builder.begin_struct(span);
            builder.key("$ref", span);
            body(builder, span, &[("tier", &tier.to_string()), ("attr", output)]);
            builder.end(Span::NONE);
        }
        // Was put in where it was met.
        Part::Reference(Reference::Parameter(_)) => _ = builder.null(span),
    }
}

/// A reference to an output of a unit, as data.
pub(crate) fn write_unit(builder: &mut Builder, unit: &str, output: &str, span: Span) {
    builder.begin_struct(span);
    builder.key("$ref", span);
    body(builder, span, &[("unit", unit), ("attr", output)]);
    builder.end(Span::NONE);
}

fn body(builder: &mut Builder, span: Span, fields: &[(&str, &str)]) {
    builder.begin_struct(span);
    for (key, value) in fields {
        builder.key(key, span);
        builder.string(*value, span);
    }
    builder.end(Span::NONE);
}

/// What may not be the name of a unit, because it begins a reference of another kind.
pub(crate) fn is_reserved(name: &str) -> bool {
    matches!(name, "env" | "vault" | "app" | "tier1" | "tier2" | "tier3")
}

/// The one grammar of references.
fn parse(inner: &str) -> Result<Reference<'_>, String> {
    let word =
        |text: &str| !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'));
    let wrong = || format!("`${{{inner}}}` is not understood");
    if let Some((kind, rest)) = inner.split_once(':') {
        return match kind {
            "env" if word(rest) => Ok(Reference::Secret { store: "env", key: rest }),
            "vault" if !rest.is_empty() => Ok(Reference::Secret { store: "vault", key: rest }),
            "secret" => match rest.split_once(':') {
                Some((store, key)) if !store.is_empty() && !key.is_empty() => Ok(Reference::Secret { store, key }),
                _ => Err(format!("`${{{inner}}}` must name a store and a key, as in `${{secret:app:db-password}}`")),
            },
            "env" => Err(format!("`${{{inner}}}` must name a variable, as in `${{env:DB_PASSWORD}}`")),
            "vault" => Err(format!("`${{{inner}}}` must name a path, as in `${{vault:app/db}}`")),
            _ => Err(format!("`${{{inner}}}` begins with `{kind}:`, which is none of `env:`, `vault:`, `secret:`")),
        };
    }
    match inner.split_once('.') {
        None if word(inner) => Ok(Reference::Parameter(inner)),
        Some(("app", rest)) if rest.split('.').all(word) => Ok(Reference::Parameter(inner)),
        Some((tier @ ("tier1" | "tier2" | "tier3"), output)) if word(output) => {
            Ok(Reference::Tier { tier: tier.as_bytes()[4] - b'0', output })
        }
        Some((unit, output)) if word(unit) && word(output) && !is_reserved(unit) => {
            Ok(Reference::Unit { unit, output })
        }
        _ => Err(format!(
            "{}: expected a parameter such as `${{image}}`, or an output such as `${{db.url}}` or `${{tier2.db_url}}`",
            wrong()
        )),
    }
}

/// The name of an environment variable that a value refers to, where it must be known now.
pub(crate) fn variable(data: &Data, node: NodeId) -> Option<Arc<str>> {
    let body = data.get(node, "$secret")?;
    let text = |key: &str| data.get(body, key).and_then(|id| data.as_str(id));
    (text("store")? == "env").then(|| text("key").unwrap_or_default().into())
}
