//! Templates that a tier asks for: their capabilities become those of the tier, their outputs can be referred to by the
//! name of the instance.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Builder, Data, Event, Node, NodeId};
use strata_base::{Diagnostic, Span};
use strata_model::reading::Reader;
use strata_model::{Stack, Tier, codes as common};

use super::{Common, Tiers};
use crate::codes;

/// What a template that was filled tells.
pub(super) struct Instance {
    outputs: BTreeMap<Arc<str>, (Data, Span)>,
    span: Span,
}

/// What an output of a template is: that of a capability, or a plain value.
pub(super) enum Told {
    Output { unit: Arc<str>, output: Arc<str> },
    Plain,
}

impl Instance {
    /// What an output of it is.
    pub(super) fn output(&self, name: &str) -> Option<Told> {
        let (value, _) = self.outputs.get(name)?;
        Some(leads_to(value).map_or(Told::Plain, |(unit, output)| Told::Output { unit, output }))
    }
}

/// `shop.endpoint`
fn leads_to(value: &Data) -> Option<(Arc<str>, Arc<str>)> {
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|char| char.is_alphanumeric() || matches!(char, '-' | '_'));
    let (unit, output) = value.as_str(value.root())?.split_once('.')?;
    (is_word(unit) && is_word(output)).then(|| (unit.into(), output.into()))
}

impl Tiers<'_> {
    pub(super) fn instance(&mut self, id: NodeId, tier: Tier, common: &Common) {
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(id, "a template") else { return };
        let template_id = fields.required(reader, "template");
        let template = template_id.and_then(|id| reader.text(id));
        let version_id = fields.required_such_as(reader, "version", Some("as in `version: ^1.2`, or `latest`"));
        let version = version_id.and_then(|id| reader.text(id));
        let name_id = fields.optional("name");
        let name = name_id.and_then(|id| reader.text(id)).or_else(|| template.clone());
        let values = fields.optional("parameters");
        fields.close(reader);
        let (Some(template), Some(version), Some(name)) = (template, version, name) else { return };
        let at = reader.data.span(template_id.unwrap_or(id));
        let mut values_data = Builder::new();
        match values {
            Some(id) if matches!(reader.data.node(id), Node::Struct(_)) => _ = values_data.copy(reader.data, id),
            Some(id) => {
                let hint = "give them by their names, as in `{replicas: 2}`";
                reader.refuse(common::WRONG_KIND, id, "parameters must be an object", hint);
                return;
            }
            None => {
                values_data.begin_struct(at);
                values_data.end(Span::NONE);
            }
        }
        let span = reader.data.span(name_id.or(template_id).unwrap_or(id));
        let version_at = reader.data.span(version_id.unwrap_or(id));
        let filled = match self.around.templates.find((&template, at), (&version, version_at)) {
            Ok(found) => {
                let what = format!("template {template} {}", found.version);
                self.asked.stack.evidence.insert(what.into(), found.digest.to_string().into());
                found.fill(&values_data.finish(), at, self.around.environment)
            }
            Err(problem) => Err(vec![*problem]),
        };
        let filled = match filled {
            Ok(filled) => filled,
            Err(problems) => {
                self.reader.problems.extend(problems);
                return;
            }
        };
        for (parameter, span) in &filled.unused {
            let message = format!("the template `{template}` never uses its parameter `{parameter}`");
            let warning = Diagnostic::warning(codes::UNUSED_PARAMETER, message).at(*span);
            if !self.asked.warnings.iter().any(|told| told.span() == *span) {
                self.asked.warnings.push(warning.hint("take it out of the template, or refer to it there"));
            }
        }
        let first = self.asked.stack.units.len();
        let reader = Reader::new(&filled.capabilities, &filled.source);
        let mut inner = Tiers { reader, around: self.around, asked: &mut *self.asked, known: &mut *self.known };
        for &id in filled.capabilities.elements(filled.capabilities.root()) {
            if let Some(unit) = inner.capability(id, tier, common) {
                inner.add(unit);
            }
        }
        let problems = std::mem::take(&mut inner.reader.problems);
        self.reader.problems.extend(problems.into_iter().map(|problem| problem.also(at, "asked for here")));
        let is_own_unit = self.asked.stack.units[first..].iter().any(|unit| unit.name == name);
        let before = self.known.instances.get(&name).map(|instance| instance.span);
        let before = before.or_else(|| self.known.names.get(&name).copied().filter(|_| !is_own_unit));
        if let Some(before) = before {
            let message = format!("something else is called `{name}`");
            let twice = Diagnostic::error(common::TWICE, message).at(span).also(before, "here");
            self.reader.problems.push(twice.hint("give the template another `name`"));
            return;
        }
        self.known.instances.insert(name, Instance { outputs: filled.outputs, span });
    }
}

/// Puts what templates tell in the place of references to it.
pub(super) fn put_in(instances: &BTreeMap<Arc<str>, Instance>, stack: &mut Stack, problems: &mut Vec<Diagnostic>) {
    if instances.is_empty() {
        return;
    }
    let names: Vec<Arc<str>> = stack.units.iter().map(|unit| unit.name.clone()).collect();
    for unit in &mut stack.units {
        let data = &unit.properties;
        let is_reference = |node| told(data, node, instances).is_some();
        if data.events(data.root()).any(|step| matches!(step.event, Event::BeginStruct) && is_reference(step.node)) {
            unit.properties = replaced(data, instances);
        }
        let unknown = |step: cue_data::Step<'_>| {
            let (instance, output) = reference(&unit.properties, step.node)?;
            let known = instances.get(instance).filter(|_| !names.iter().any(|name| **name == *instance))?;
            let names = known.outputs.keys().map(|name| &**name);
            let message = format!("the template `{instance}` tells no `{output}`");
            let problem = Diagnostic::error(codes::TEMPLATE, message).at(step.span);
            Some(match strata_base::nearest(output, names.clone()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint(format!("it tells {}", names.collect::<Vec<_>>().join(", "))),
            })
        };
        let structs = unit.properties.events(unit.properties.root());
        problems.extend(structs.filter(|step| matches!(step.event, Event::BeginStruct)).filter_map(unknown));
    }
}

/// The unit and the output that a struct refers to.
fn reference(data: &Data, node: NodeId) -> Option<(&str, &str)> {
    let body = data.get(node, "$ref")?;
    let text = |key: &str| data.get(body, key).and_then(|id| data.as_str(id));
    Some((text("unit")?, text("attr")?))
}

/// What an instance tells, if a struct refers to that.
fn told<'i>(data: &Data, node: NodeId, instances: &'i BTreeMap<Arc<str>, Instance>) -> Option<&'i Data> {
    let (instance, output) = reference(data, node)?;
    instances.get(instance)?.outputs.get(output).map(|(value, _)| value)
}

fn replaced(data: &Data, instances: &BTreeMap<Arc<str>, Instance>) -> Data {
    let mut builder = Builder::new();
    let mut skipped: Option<NodeId> = None;
    for step in data.events(data.root()) {
        if let Some(inside) = skipped {
            if inside == step.node && matches!(step.event, Event::End) {
                skipped = None;
            }
            continue;
        }
        match step.event {
            Event::BeginStruct => match told(data, step.node, instances) {
                Some(value) => {
                    skipped = Some(step.node);
                    match leads_to(value) {
                        Some((unit, output)) => crate::reference::write_unit(&mut builder, &unit, &output, step.span),
                        // A plain value stands where the document asks for it.
                        None => match value.node(value.root()).clone() {
                            Node::String(text) => _ = builder.string(text, step.span),
                            Node::Number(number) => _ = builder.number(number, step.span),
                            Node::Bool(bool) => _ = builder.bool(bool, step.span),
                            _ => _ = builder.copy(value, value.root()),
                        },
                    }
                }
                None => _ = builder.begin_struct(step.span),
            },
            Event::BeginList => _ = builder.begin_list(step.span),
            Event::Key(key) => builder.key(key, step.span),
            Event::End => builder.end(Span::NONE),
            Event::Spelling(_) => {}
            _ => _ = builder.copy(data, step.node),
        }
    }
    builder.finish()
}
