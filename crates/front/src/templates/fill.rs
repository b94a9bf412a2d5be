//! Filling a template: its parameters get values, and its capabilities become those of a document.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

use cue_data::{Builder, Data, NodeId};
use strata_base::{Diagnostic, Source, Span, nearest};
use strata_model::reading::Reader;

use super::Template;
use crate::codes;
use crate::parameters::Parameters;
use crate::reference::Resolver;

/// A template with its parameters filled in.
#[derive(Clone, Debug)]
pub struct Filled {
    /// A list of capabilities.
    pub capabilities: Data,
    /// By name: a text such as `shop.endpoint`, or a plain value.
    pub outputs: BTreeMap<Arc<str>, (Data, Span)>,
    /// The parameters that nothing in the template asks for, with the places that declare them.
    pub unused: Vec<(Arc<str>, Span)>,
    /// The text that both speak of.
    pub source: Source,
}

impl Template {
    /// Puts values in the place of parameters. `values` is an object; `at` is where the template is asked for.
    pub fn fill(
        &self,
        values: &Data,
        at: Span,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Filled, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let parameters = self.parameters(values, at, &mut problems);
        let mut resolver = Resolver {
            parameters: &parameters,
            environment,
            capabilities: BTreeSet::new(),
            used: BTreeSet::new(),
            uses: Vec::new(),
            problems: Vec::new(),
        };
        let capabilities = resolver.document(&part(&self.data, self.capabilities), None);
        let outputs = self.outputs.map(|id| resolver.document(&part(&self.data, id), None));
        // What a parameter lacks is told once, where it is given, and not wherever it would be used.
        let missing = |problem: &Diagnostic| problem.code == codes::PARAMETER && !problems.is_empty();
        let more: Vec<Diagnostic> = resolver.problems.into_iter().filter(|problem| !missing(problem)).collect();
        problems.extend(more.into_iter().map(|mut problem| {
            if problem.code == codes::PARAMETER {
                problem.hints = vec!["give it under `parameters` where the template is asked for".to_owned()];
            }
            problem.also(at, "asked for here")
        }));
        let used = resolver.used;
        let is_used = |name: &str| used.iter().any(|used| used.split('.').next() == Some(name));
        let unused = self.parameters.iter().filter(|known| !is_used(&known.name));
        let unused = unused.map(|known| (known.name.clone(), known.span)).collect();
        let mut filled = Filled { capabilities, outputs: BTreeMap::new(), unused, source: self.source.clone() };
        if let Some(outputs) = outputs {
            let mut reader = Reader::new(&outputs, &self.source);
            for &id in reader.list(outputs.root()) {
                let Some(mut fields) = reader.fields(id, "an output of a template") else { continue };
                let name = fields.required(&mut reader, "name").and_then(|id| reader.text(id));
                let value = fields.required(&mut reader, "value");
                fields.close(&mut reader);
                if let (Some(name), Some(value)) = (name, value) {
                    filled.outputs.insert(name, (part(&outputs, value), outputs.span(value)));
                }
            }
            problems.append(&mut reader.problems);
        }
        if problems.is_empty() { Ok(filled) } else { Err(problems) }
    }

    fn parameters(&self, values: &Data, at: Span, problems: &mut Vec<Diagnostic>) -> Parameters {
        let mut parameters = Parameters::default();
        for field in values.fields(values.root()) {
            let Some(known) = self.parameters.iter().find(|known| known.name == field.key) else {
                let message = format!("the template `{}` has no parameter `{}`", self.name, field.key);
                let problem = Diagnostic::error(codes::TEMPLATE, message).at(field.key_span);
                let names = self.parameters.iter().map(|known| &*known.name);
                problems.push(match nearest(&field.key, names.clone()) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint(format!("it has {}", names.collect::<Vec<_>>().join(", "))),
                });
                continue;
            };
            problems.extend(known.refuse(values, field.value));
            parameters.set(&known.name, &Arc::new(part(values, field.value)), problems);
        }
        for known in &self.parameters {
            if values.get(values.root(), &known.name).is_some() {
                continue;
            }
            if let Some(default) = known.default {
                parameters.set(&known.name, &Arc::new(part(&self.data, default)), problems);
            } else if known.required {
                let message = format!("the template `{}` needs the parameter `{}`", self.name, known.name);
                let problem = Diagnostic::error(codes::TEMPLATE, message).at(at).also(known.span, "declared here");
                problems.push(match known.about.is_empty() {
                    true => problem.hint(format!("give it under `parameters`: `{}: …`", known.name)),
                    false => problem.hint(format!("`{}`: {}", known.name, known.about)),
                });
            }
        }
        parameters
    }
}

/// A part of a tree as a tree of its own.
pub(crate) fn part(data: &Data, id: NodeId) -> Data {
    let mut builder = Builder::new();
    builder.copy(data, id);
    builder.finish()
}
