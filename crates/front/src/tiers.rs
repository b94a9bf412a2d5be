//! The three-tier document: an organisation, an environment, a provider, and what is wanted in each tier.
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

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use strata_base::{Diagnostic, Source, Span, nearest};
use strata_model::reading::Reader;
use strata_model::{Context, Partition, ProviderInstance, Stack, Tier, Unit, codes as common};

use crate::codes;
use crate::parameters::Parameters;
use crate::reference::{self, Resolver};

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
}

/// What documents ask for, and what should be known although it is no mistake.
#[derive(Debug)]
pub struct Asked {
    pub stack: Stack,
    pub warnings: Vec<Diagnostic>,
}

/// Reads documents as one; or tells all that is wrong with them.
pub fn read(documents: &[(Data, Source)], around: &Surroundings<'_>) -> Result<Asked, Vec<Diagnostic>> {
    let Surroundings { parameters, environment } = *around;
    let mut resolver = Resolver { parameters, environment, used: BTreeSet::new(), problems: Vec::new() };
    let resolved: Vec<Data> = documents.iter().map(|(data, _)| resolver.document(data)).collect();
    let Resolver { used, mut problems, .. } = resolver;
    let mut stack = Stack::default();
    let mut known = Known::default();
    for (data, (_, source)) in resolved.iter().zip(documents) {
        let mut tiers = Tiers { reader: Reader::new(data, source), environment, stack: &mut stack, known: &mut known };
        tiers.document();
        problems.append(&mut tiers.reader.problems);
    }
    let names: Vec<&str> = documents.iter().map(|(_, source)| source.name()).collect();
    stack.document = names.join(", ").into();
    if !problems.is_empty() {
        return Err(problems);
    }
    let unused = parameters.unused(&|name| used.contains(name)).into_iter();
    let unused = unused.map(|(name, span)| unused_parameter(&name, span, &used));
    Ok(Asked { stack, warnings: unused.collect() })
}

fn unused_parameter(name: &str, span: Span, used: &BTreeSet<String>) -> Diagnostic {
    let told = Diagnostic::warning(codes::UNUSED_PARAMETER, format!("no document asks for the parameter `{name}`"));
    match nearest(name, used.iter().map(String::as_str)) {
        Some(near) => told.at(span).hint(format!("did you mean `{near}`?")),
        None => told.at(span),
    }
}

/// Reads one document into the stack.
struct Tiers<'a> {
    reader: Reader<'a>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    stack: &'a mut Stack,
    known: &'a mut Known,
}

/// What documents that are read as one must not say twice.
#[derive(Default)]
struct Known {
    /// The units of the stack, with the places of their names.
    names: BTreeMap<Arc<str>, Span>,
    /// The scope of the stack.
    claimed: BTreeSet<Partition>,
}

/// What the units of a document have in common.
struct Around {
    org: Arc<str>,
    environment: Arc<str>,
    application: Option<Arc<str>>,
    provider: ProviderInstance,
}

impl Tiers<'_> {
    fn document(&mut self) {
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(reader.data.root(), "the document") else { return };
        let platform = fields.required(reader, KEY);
        fields.close(reader);
        let Some(mut fields) = platform.and_then(|id| reader.fields(id, "a platform")) else { return };
        let variables = self.environment;
        let org = fields.required(reader, "org").and_then(|id| known(reader, variables, id));
        let environment = fields.required(reader, "environment").and_then(|id| known(reader, variables, id));
        let application = fields.optional("application").and_then(|id| known(reader, variables, id));
        let provider = fields.required(reader, "provider").and_then(|id| provider(reader, variables, id));
        let tiers = fields.required(reader, "tiers");
        fields.close(reader);
        let Some(mut fields) = tiers.and_then(|id| reader.fields(id, "`tiers`")) else { return };
        let sections = SECTIONS.map(|(name, tier)| (fields.optional(name), tier));
        fields.close(reader);
        // What is missing has been told; something stands for it, so that the rest is told as well.
        let around = Around {
            org: org.unwrap_or_else(|| "?".into()),
            environment: environment.unwrap_or_else(|| "?".into()),
            application,
            provider: provider.unwrap_or_else(|| ProviderInstance::named("?")),
        };
        for (section, tier) in sections {
            if let Some(section) = section {
                self.section(section, tier, &around);
            }
        }
    }

    fn section(&mut self, id: NodeId, tier: Tier, around: &Around) {
        // What belongs to a whole section is planned even where it is empty: then all that was there goes.
        if tier != Tier::Application {
            self.claim(id, around, None, tier);
        } else if let Some(application) = &around.application {
            self.claim(id, around, Some(application), tier);
        }
        let reader = &mut self.reader;
        let Some(mut fields) = reader.fields(id, "a tier") else { return };
        let capabilities = fields.required(reader, "capabilities");
        fields.close(reader);
        let capabilities = capabilities.map_or(&[][..], |id| reader.list(id));
        for &id in capabilities {
            if let Some(unit) = self.capability(id, tier, around) {
                self.add(unit);
            }
        }
    }

    fn add(&mut self, unit: Unit) {
        if let Some(first) = self.known.names.insert(unit.name.clone(), unit.span) {
            let message = format!("two capabilities are called `{}`", unit.name);
            let twice = Diagnostic::error(common::TWICE, message).at(unit.span);
            self.reader.problems.push(twice.also(first, "and here before"));
            return;
        }
        self.stack.units.push(unit);
    }

    /// The context of a part of the document, which is authoritative for it from here on.
    fn claim(&mut self, id: NodeId, around: &Around, app: Option<&str>, tier: Tier) -> Option<Context> {
        match Context::new(&around.org, &around.environment, app) {
            Ok(context) => {
                let partition = Partition { context: context.clone(), tier };
                if self.known.claimed.insert(partition.clone()) {
                    self.stack.scope.push(partition);
                }
                Some(context)
            }
            Err(error) => {
                self.reader.wrong(codes::NAME, id, error.to_string());
                None
            }
        }
    }

    fn capability(&mut self, id: NodeId, tier: Tier, around: &Around) -> Option<Unit> {
        let reader = &mut self.reader;
        let mut fields = reader.fields(id, "a capability")?;
        let name_id = fields.required(reader, "name");
        let name = name_id.and_then(|id| reader.text(id));
        let kind_id = fields.required(reader, "type");
        let kind = kind_id.and_then(|id| reader.text(id));
        let properties = match fields.optional("properties") {
            Some(id) if matches!(reader.data.node(id), Node::Struct(_)) => {
                let mut builder = Builder::new();
                builder.copy(reader.data, id);
                Some(builder.finish())
            }
            Some(id) => {
                reader.wrong(common::WRONG_KIND, id, "properties must be an object");
                None
            }
            None => Some(empty(reader.data.span(id))),
        };
        let mut depends_on = Vec::new();
        if let Some(id) = fields.optional("dependsOn") {
            for &id in reader.list(id) {
                let span = reader.data.span(id);
                depends_on.extend(reader.text(id).map(|name| (name, span)));
            }
        }
        fields.close(reader);
        let (name, name_id) = (name?, name_id?);
        let (span, contract_span) = (reader.data.span(name_id), reader.data.span(kind_id?));
        if reference::is_reserved(&name) {
            reader.wrong(codes::NAME, name_id, format!("`{name}` cannot be the name of a capability"));
            return None;
        }
        // Without an application of the document each capability is one.
        let app = (tier == Tier::Application).then(|| around.application.as_ref().unwrap_or(&name));
        let context = self.claim(name_id, around, app.map(|app| &**app), tier)?;
        if let Err(error) = context.address(&name, "-") {
            self.reader.wrong(codes::NAME, name_id, error.to_string());
            return None;
        }
        Some(Unit {
            name,
            context,
            tier,
            contract: kind?,
            provider: around.provider.clone(),
            properties: properties?,
            depends_on,
            span,
            contract_span,
        })
    }
}

/// A text that is a part of a place, so that it must be known now and not later: a variable of the environment, which is
/// a secret elsewhere, is its text here.
fn known(reader: &mut Reader<'_>, environment: &dyn Fn(&str) -> Option<String>, id: NodeId) -> Option<Arc<str>> {
    match reference::variable(reader.data, id) {
        Some(name) => environment(&name).map(Arc::from),
        None => reader.text(id),
    }
}

/// `local`, or an object with its name and its place.
fn provider(
    reader: &mut Reader<'_>,
    environment: &dyn Fn(&str) -> Option<String>,
    id: NodeId,
) -> Option<ProviderInstance> {
    if let Some(name) = reader.data.as_str(id) {
        return Some(ProviderInstance::named(name));
    }
    let mut fields = reader.fields(id, "a provider")?;
    let name = fields.required(reader, "name").and_then(|id| reader.text(id));
    let config = fields.optional("config");
    fields.close(reader);
    let mut instance = ProviderInstance::named(name?);
    if let Some(config) = config {
        let mut fields = reader.fields(config, "the config of a provider")?;
        instance.region = fields.optional("region").and_then(|id| known(reader, environment, id));
        instance.account = fields.optional("account_id").and_then(|id| known(reader, environment, id));
        fields.close(reader);
    }
    Some(instance)
}

fn empty(span: Span) -> Data {
    let mut builder = Builder::new();
    builder.begin_struct(span);
    builder.end(Span::NONE);
    builder.finish()
}
