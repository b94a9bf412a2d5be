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
use strata_base::{Diagnostic, Source, Span};
use strata_model::reading::Reader;
use strata_model::{Context, Partition, ProviderInstance, Stack, Tier, Unit, codes as common};

use crate::{codes, reference};

/// The key by which such a document is recognised.
pub const KEY: &str = "platform";

/// The sections of `tiers`.
const SECTIONS: [(&str, Tier); 3] =
    [("infrastructure", Tier::Infrastructure), ("shared_primitives", Tier::Shared), ("application", Tier::Application)];

/// Whether data is such a document.
pub fn recognises(data: &Data) -> bool {
    data.get(data.root(), KEY).is_some()
}

/// What a document asks for, or all that is wrong with it.
pub fn read(data: &Data, source: &Source) -> Result<Stack, Vec<Diagnostic>> {
    let (reader, stack) = (Reader::new(data, source), Stack::default());
    let mut tiers = Tiers { reader, stack, names: BTreeMap::new(), claimed: BTreeSet::new() };
    tiers.stack.document = source.name().into();
    tiers.document();
    if tiers.reader.problems.is_empty() { Ok(tiers.stack) } else { Err(tiers.reader.problems) }
}

struct Tiers<'a> {
    reader: Reader<'a>,
    stack: Stack,
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
        let org = fields.required(reader, "org").and_then(|id| reader.text(id));
        let environment = fields.required(reader, "environment").and_then(|id| reader.text(id));
        let application = fields.optional("application").and_then(|id| reader.text(id));
        let provider = fields.required(reader, "provider").and_then(|id| provider(reader, id));
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
        if let Some(first) = self.names.insert(unit.name.clone(), unit.span) {
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
                if self.claimed.insert(partition.clone()) {
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
                Some(reference::resolve(reader.data, id, &mut reader.problems))
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

/// `local`, or an object with its name and its place.
fn provider(reader: &mut Reader<'_>, id: NodeId) -> Option<ProviderInstance> {
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
        instance.region = fields.optional("region").and_then(|id| reader.text(id));
        instance.account = fields.optional("account_id").and_then(|id| reader.text(id));
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
