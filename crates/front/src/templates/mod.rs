//! Templates: capabilities with parameters, kept in files, in versions.
//!
//! ```yaml
//! template:
//!   name: microservice
//!   version: 1.0.0
//!   parameters:
//!   - {name: service_name, type: string, required: true}
//!   - {name: replicas, type: int, default: 3, validation: "<= 10"}
//!   capabilities:
//!   - {name: "${service_name}", type: container_runtime, properties: {image: "shop:1", replicas: "${replicas}"}}
//!   outputs:
//!   - {name: endpoint, value: "${service_name}.endpoint"}
//! ```

mod fill;
mod parameter;

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::{Data, NodeId};
use semver::{Version, VersionReq};
use strata_base::{Diagnostic, Source, Span, nearest};
use strata_model::reading::Reader;
use strata_model::{Digest, codes as common};

use crate::codes;

pub use fill::Filled;
pub use parameter::{Kind, Parameter};

/// The key by which a template is recognised.
pub const KEY: &str = "template";

/// All templates that are known: by name, then by version.
#[derive(Clone, Debug, Default)]
pub struct Templates(BTreeMap<Arc<str>, BTreeMap<Version, Template>>);

#[derive(Clone, Debug)]
pub struct Template {
    pub name: Arc<str>,
    pub version: Version,
    pub about: Arc<str>,
    pub parameters: Vec<Parameter>,
    /// What identifies its text.
    pub digest: Digest,
    data: Data,
    source: Source,
    /// A list, and one more of outputs if there is one.
    capabilities: NodeId,
    outputs: Option<NodeId>,
    span: Span,
}

impl Template {
    /// What a parameter is where it is not given.
    pub fn default(&self, parameter: &Parameter) -> Option<(&Data, NodeId)> {
        Some((&self.data, parameter.default?))
    }
}

impl Templates {
    /// Adds a template from a file, or tells all that is wrong with it. The same one twice is no mistake.
    pub fn add(&mut self, data: Data, source: &Source, problems: &mut Vec<Diagnostic>) {
        let mut reader = Reader::new(&data, source);
        let read = read(&mut reader);
        problems.append(&mut reader.problems);
        let Some(head) = read else { return };
        let template = Template {
            name: head.name,
            version: head.version,
            about: head.about,
            parameters: head.parameters,
            digest: Digest::of(source.text().as_bytes()),
            capabilities: head.capabilities,
            outputs: head.outputs,
            span: head.span,
            source: source.clone(),
            data,
        };
        let versions = self.0.entry(template.name.clone()).or_default();
        match versions.get(&template.version) {
            Some(known) if known.digest != template.digest => {
                let message = format!(
                    "version {} of the template `{}` stands in two files that differ",
                    template.version, template.name
                );
                let problem =
                    Diagnostic::error(common::TWICE, message).at(template.span).also(known.span, "and here before");
                problems.push(
                    problem.hint("a version that was published does not change: give the other one a new version"),
                );
            }
            Some(_) => {}
            None => _ = versions.insert(template.version.clone(), template),
        }
    }

    /// By name, then by version.
    pub fn all(&self) -> impl Iterator<Item = &Template> {
        self.0.values().flat_map(BTreeMap::values)
    }

    /// The greatest version that a constraint allows: a version, `^1.2`, `~1.2`, or `latest`. Both with the places where
    /// they stand.
    pub fn find(
        &self,
        (name, name_at): (&str, Span),
        (constraint, constraint_at): (&str, Span),
    ) -> Result<&Template, Box<Diagnostic>> {
        let wrong = |message: String| Diagnostic::error(codes::TEMPLATE, message).at(constraint_at);
        let Some(versions) = self.0.get(name) else {
            let problem = Diagnostic::error(codes::TEMPLATE, format!("there is no template `{name}`")).at(name_at);
            let names = self.0.keys().map(|name| &**name);
            return Err(Box::new(match nearest(name, names.clone()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None if self.0.is_empty() => {
                    problem.hint("no templates were found; `--templates FOLDER` says where they are")
                }
                None => problem.hint(format!("there are {}", names.collect::<Vec<_>>().join(", "))),
            }));
        };
        let Some(allows) = allowed(constraint) else {
            let problem = wrong(format!("`{constraint}` is not a version such as `1.2.0`, `^1.2`, `~1.2` or `latest`"));
            let newest = versions.keys().next_back().map(|newest| format!("the newest is {newest}"));
            return Err(Box::new(newest.into_iter().fold(problem, Diagnostic::hint)));
        };
        let fits = versions.values().rev().find(|template| allows(&template.version));
        fits.ok_or_else(|| {
            let known: Vec<String> = versions.keys().map(ToString::to_string).collect();
            let problem = wrong(format!("the template `{name}` has no version {constraint}"));
            Box::new(problem.hint(format!("it has {}", known.join(", "))))
        })
    }
}

/// Whether a version will do.
type Allows = Box<dyn Fn(&Version) -> bool>;

/// A version as it stands is exactly that one; anything else takes no pre-release that it does not name.
fn allowed(constraint: &str) -> Option<Allows> {
    if constraint == "latest" {
        return Some(Box::new(|version| version.pre.is_empty()));
    }
    if let Ok(exact) = constraint.parse::<Version>() {
        return Some(Box::new(move |version| *version == exact));
    }
    let wish: VersionReq = constraint.strip_prefix(['^', '~']).and(constraint.parse().ok())?;
    Some(Box::new(move |version| wish.matches(version)))
}

/// What a file says of a template.
struct Head {
    name: Arc<str>,
    version: Version,
    about: Arc<str>,
    parameters: Vec<Parameter>,
    capabilities: NodeId,
    outputs: Option<NodeId>,
    span: Span,
}

fn read(reader: &mut Reader<'_>) -> Option<Head> {
    let mut fields = reader.fields(reader.data.root(), "the file")?;
    let template = fields.required(reader, KEY);
    fields.close(reader);
    let mut fields = reader.fields(template?, "a template")?;
    let name_id = fields.required(reader, "name");
    let version_id = fields.required(reader, "version");
    let about = fields.optional("description").and_then(|id| reader.text(id));
    let parameters = fields.optional("parameters");
    let (capabilities, outputs) = (fields.required(reader, "capabilities"), fields.optional("outputs"));
    fields.close(reader);
    let name = name_id.and_then(|id| reader.text(id));
    let version = version_id.and_then(|id| {
        let text = reader.text(id)?;
        let version = text.parse().ok();
        if version.is_none() {
            reader.wrong(codes::TEMPLATE, id, format!("`{text}` is not a version such as `1.0.0`"));
        }
        version
    });
    let parameters = parameters.map_or_else(Vec::new, |id| parameter::all(reader, id));
    if let Some(id) = capabilities {
        reader.list(id);
    }
    Some(Head {
        name: name?,
        version: version?,
        about: about.unwrap_or_default(),
        parameters,
        capabilities: capabilities?,
        outputs,
        span: reader.data.span(name_id?),
    })
}
