//! The three-tier document: an organisation, an environment, providers, and what is wanted in each tier.
//!
//! ```yaml
//! platform:
//!   org: acme
//!   environment: production
//!   provider: local
//!   tiers:
//!     shared_primitives:
//!       capabilities:
//!       - {name: db, type: database, properties: {engine: postgres}}
//!     application:
//!       capabilities:
//!       - name: shop
//!         type: container_runtime
//!         properties: {image: "shop:1", env: {DATABASE_URL: "${db.url}"}}
//! ```

mod capability;
mod execution;
mod instance;
mod provider;
pub mod schema;
mod tier;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::{Builder, Data, NodeId};
use strata_base::{Diagnostic, Source, Span, nearest};
use strata_model::reading::Reader;
use strata_model::unit::NamedProvider;
use strata_model::{Context, Partition, ProviderInstance, Stack, Tier, Unit, codes as common};

use crate::codes;
use crate::parameters::Parameters;
use crate::reference::{self, Resolver, Use};
use crate::templates::Templates;

/// The key by which such a document is recognised.
pub const KEY: &str = "platform";

/// The sections of `tiers`.
const SECTIONS: [(&str, Tier); 3] =
    [("infrastructure", Tier::Infrastructure), ("shared_primitives", Tier::Shared), ("application", Tier::Application)];

/// Whether data is such a document.
pub fn recognises(data: &Data) -> bool {
    data.get(data.root(), KEY).is_some()
}

/// What documents are read with.
pub struct Surroundings<'a> {
    pub parameters: &'a Parameters,
    /// The variables of the environment.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// What documents may ask for under `templates`.
    pub templates: &'a Templates,
    /// Serves everything, instead of the providers that the documents name.
    pub provider: Option<ProviderInstance>,
}

/// What documents ask for, and what should be known although it is no mistake.
#[derive(Debug)]
pub struct Asked {
    pub stack: Stack,
    /// How long a lease outlives its holder, if a document says so.
    pub lock_timeout: Option<std::time::Duration>,
    pub warnings: Vec<Diagnostic>,
    /// What may be worth knowing, such as templates that nobody asks for.
    pub notes: Vec<String>,
    /// Where parameters went.
    pub uses: Vec<Use>,
    /// The documents with all references put in.
    pub documents: Vec<Data>,
}

/// Reads documents as one; or tells all that is wrong with them.
pub fn read(documents: Vec<(Data, Source)>, around: &Surroundings<'_>) -> Result<Asked, Vec<Diagnostic>> {
    let mut resolver = Resolver {
        parameters: around.parameters,
        environment: around.environment,
        capabilities: documents.iter().flat_map(|(data, _)| capabilities(data)).collect(),
        used: BTreeSet::new(),
        uses: Vec::new(),
        problems: Vec::new(),
    };
    let (resolved, texts): (Vec<Data>, Vec<Source>) = documents
        .into_iter()
        .map(|(data, source)| {
            // What is not looked at need not be resolved.
            let unused = around.provider.as_ref().and_then(|_| data.get(data.get(data.root(), KEY)?, "provider"));
            (resolver.document(&data, unused), source)
        })
        .unzip();
    let Resolver { used, uses, mut problems, capabilities, .. } = resolver;
    let (stack, lock_timeout, warnings, notes) = Default::default();
    let mut asked = Asked { stack, lock_timeout, warnings, notes, uses, documents: Vec::new() };
    let elsewhere = around.provider.iter().cloned();
    let elsewhere =
        elsewhere.map(|instance| NamedProvider { instance, span: Span::NONE, place: Vec::new(), settings: None });
    asked.stack.providers.extend(elsewhere);
    let mut known = Known::default();
    for (data, source) in resolved.iter().zip(&texts) {
        let reader = Reader::new(data, source);
        let mut tiers = Tiers { reader, around, asked: &mut asked, known: &mut known };
        tiers.document();
        problems.append(&mut tiers.reader.problems);
        asked.stack.evidence.insert("document".into(), names(&texts));
    }
    instance::put_in(&known.instances, &mut asked.stack, &mut problems);
    if !problems.is_empty() {
        strata_base::diagnostic::sort(&mut problems);
        return Err(problems);
    }
    let unused = around.parameters.unused(&|name| used.contains(name)).into_iter();
    asked.warnings.extend(unused.map(|(name, span)| unused_parameter(&name, span, &used)));
    let texts = used.iter().filter_map(|name| reference::inside(&around.parameters.get(name)?, &capabilities));
    asked.warnings.extend(texts.map(|(inner, span)| text_of_parameter(&inner, span)));
    let is_asked_for = |name: &str| {
        let begins = format!("template {name} ");
        asked.stack.evidence.keys().any(|what| what.starts_with(&begins))
    };
    let names: BTreeSet<&str> = around.templates.all().map(|template| &*template.name).collect();
    let unused = names.into_iter().filter(|name| !is_asked_for(name));
    asked.notes = unused.map(|name| format!("nothing here asks for the template `{name}`")).collect();
    asked.documents = resolved;
    Ok(asked)
}

/// The names of capabilities, as far as they can be seen before anything was checked.
fn capabilities(data: &Data) -> Vec<String> {
    let tiers = data.get(data.root(), KEY).and_then(|platform| data.get(platform, "tiers"));
    let sections = tiers.into_iter().flat_map(|tiers| data.fields(tiers));
    let lists = sections.filter_map(|section| data.get(section.value, "capabilities"));
    let names = lists.flat_map(|list| data.elements(list)).filter_map(|&one| data.as_str(data.get(one, "name")?));
    names.map(str::to_owned).collect()
}

fn names(documents: &[Source]) -> Arc<str> {
    documents.iter().map(Source::name).collect::<Vec<_>>().join(", ").into()
}

fn unused_parameter(name: &str, span: Span, used: &BTreeSet<String>) -> Diagnostic {
    let told = Diagnostic::warning(codes::UNUSED_PARAMETER, format!("no document asks for the parameter `{name}`"));
    match nearest(name, used.iter().map(String::as_str)) {
        Some(near) => told.at(span).hint(format!("did you mean `{near}`?")),
        None => told.at(span),
    }
}

fn text_of_parameter(inner: &str, span: Span) -> Diagnostic {
    let message = format!("`${{{inner}}}` in a parameter is text and refers to nothing");
    let told = Diagnostic::warning(codes::TEXT, message).at(span);
    told.hint("references are looked for in documents alone: write it there, in the place of the parameter")
}

/// Reads one document into the stack.
struct Tiers<'a> {
    reader: Reader<'a>,
    around: &'a Surroundings<'a>,
    asked: &'a mut Asked,
    known: &'a mut Known,
}

/// What documents that are read as one must not say twice.
#[derive(Default)]
struct Known {
    /// The units of the stack, with the places of their names.
    names: BTreeMap<Arc<str>, Span>,
    /// The scope of the stack.
    claimed: BTreeSet<Partition>,
    /// The outputs of tiers, with the places of their names.
    outputs: BTreeMap<(Context, Arc<str>), Span>,
    /// What is said of contracts, with the places of their names.
    bindings: BTreeMap<Arc<str>, Span>,
    /// What templates that were filled tell, by the names of the instances.
    instances: BTreeMap<Arc<str>, instance::Instance>,
}

/// What the units of a document have in common.
struct Common {
    org: Arc<str>,
    environment: Arc<str>,
    application: Option<Arc<str>>,
    providers: Arc<[ProviderInstance]>,
}

impl Tiers<'_> {
    fn document(&mut self) {
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(reader.data.root(), "the document") else { return };
        let platform = fields.required(reader, KEY);
        fields.not_served(reader, "triggers", "nothing runs by itself yet: run `strata drift` from a scheduler");
        fields.close(reader);
        let Some(mut fields) = platform.and_then(|id| reader.fields(id, "a platform")) else { return };
        let org = fields.required(reader, "org");
        let environment = fields.required(reader, "environment");
        let application = fields.optional("application");
        let provider = match &self.around.provider {
            Some(_) => fields.optional("provider"),
            None => fields.required(reader, "provider"),
        };
        let (tiers, execution) = (fields.required(reader, "tiers"), fields.optional("execution"));
        let bindings = fields.optional("bindings");
        for name in ["grants", "roles", "rbac"] {
            fields.not_served(
                reader,
                name,
                "who may do what stands in `trust.toml`, out of reach of those who write documents",
            );
        }
        fields.close(reader);
        // What is missing is told; something stands for it, so that the rest is told as well.
        let org = org.and_then(|id| self.known_text(id)).unwrap_or_else(|| "?".into());
        let environment = environment.and_then(|id| self.known_text(id)).unwrap_or_else(|| "?".into());
        let application = application.and_then(|id| self.known_text(id));
        let providers = match &self.around.provider {
            Some(provider) => [provider.clone()].into(),
            None => provider.map_or_else(|| [].into(), |id| self.providers(id)),
        };
        let common = Common { org, environment, application, providers };
        let Some(mut fields) = tiers.and_then(|id| self.reader.fields(id, "`tiers`")) else { return };
        let sections = SECTIONS.map(|(name, tier)| (fields.optional(name), tier));
        fields.close(&mut self.reader);
        for (section, tier) in sections {
            if let Some(section) = section {
                self.section(section, tier, &common);
            }
        }
        if let Some(execution) = execution {
            self.execution(execution, &common);
        }
        self.bindings(bindings);
    }

    /// What the operator says of contracts. The contracts judge it.
    fn bindings(&mut self, bindings: Option<NodeId>) {
        for (contract, span, id) in self.reader.entries(bindings) {
            if let Some(first) = self.known.bindings.insert(contract.clone(), span) {
                let message = format!("the contract `{contract}` is bound twice");
                let twice = Diagnostic::error(common::TWICE, message).at(span).also(first, "and here before");
                self.reader.problems.push(twice.hint("leave one of the two out"));
                continue;
            }
            let mut builder = Builder::new();
            builder.copy(self.reader.data, id);
            self.asked.stack.bindings.insert(contract, (span, builder.finish()));
        }
    }

    /// The context of a part of the documents, which are authoritative for it from here on.
    fn claim(&mut self, id: NodeId, common: &Common, app: Option<&str>, tier: Tier) -> Option<Context> {
        match Context::new(&common.org, &common.environment, app) {
            Ok(context) => {
                let partition = Partition { context: context.clone(), tier };
                if self.known.claimed.insert(partition.clone()) {
                    self.asked.stack.scope.push((partition, self.reader.data.span(id)));
                }
                Some(context)
            }
            Err(error) => {
                self.reader.wrong(codes::NAME, id, error.to_string());
                None
            }
        }
    }

    fn add(&mut self, unit: Unit) {
        if let Some(first) = self.known.names.insert(unit.name.clone(), unit.span) {
            let message = format!("two capabilities are called `{}`", unit.name);
            let twice = Diagnostic::error(common::TWICE, message).at(unit.span);
            self.reader.problems.push(twice.also(first, "and here before").hint("give one of them another name"));
            return;
        }
        self.asked.stack.units.push(unit);
    }

    /// A text that is a part of a place, so that it must be known now and not later: a variable of the environment, which
    /// is a secret elsewhere, is its text here.
    fn known_text(&mut self, id: NodeId) -> Option<Arc<str>> {
        if let Some(name) = reference::variable(self.reader.data, id) {
            return (self.around.environment)(&name).map(Arc::from);
        }
        if self.reader.data.get(id, "$join").is_some() || self.reader.data.get(id, "$ref").is_some() {
            self.reader.wrong(codes::REFERENCE, id, "this must be known at once, not only after something was applied");
            return None;
        }
        self.reader.text(id)
    }
}
