//! Who serves a document.

use std::sync::Arc;

use cue_data::{Builder, Node, NodeId};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::{ProviderInstance, codes as common};

use super::Tiers;

/// What says where a provider is and who calls it.
const PLACE: [&str; 3] = ["region", "account_id", "credentials"];

impl Tiers<'_> {
    /// One provider, or a list of several.
    pub(super) fn providers(&mut self, id: NodeId) -> Arc<[ProviderInstance]> {
        let data = self.reader.data;
        let entries = match data.node(id) {
            Node::List(_) => data.elements(id).to_vec(),
            _ => vec![id],
        };
        if entries.is_empty() {
            self.reader.wrong(common::BAD_VALUE, id, "at least one provider must serve a platform");
        }
        let mut providers: Vec<ProviderInstance> = Vec::new();
        for id in entries {
            let Some(provider) = self.provider(id) else { continue };
            if providers.iter().any(|known| known.provider == provider.provider) {
                let message = format!("the provider `{}` stands here twice", provider.provider);
                let twice = Diagnostic::error(common::TWICE, message).at(data.span(id));
                self.reader.problems.push(twice.hint("leave one of the two out"));
            } else {
                providers.push(provider);
            }
        }
        providers.into()
    }

    /// `local`, or an object with its name and its settings.
    fn provider(&mut self, id: NodeId) -> Option<ProviderInstance> {
        if let Some(name) = self.reader.data.as_str(id) {
            return Some(ProviderInstance::named(name));
        }
        let mut fields = self.reader.fields(id, "a provider")?;
        let name = fields.required(&mut self.reader, "name").and_then(|id| self.reader.text(id));
        let config = fields.optional("config");
        fields.close(&mut self.reader);
        let mut instance = ProviderInstance::named(name?);
        if let Some(config) = config {
            let mut fields = self.reader.fields(config, "the config of a provider")?;
            let (region, account) = (fields.optional("region"), fields.optional("account_id"));
            let credentials = fields.optional("credentials");
            let said = self.reader.data.fields(config).iter().filter(|field| PLACE.contains(&&*field.key));
            let said = said.map(|field| (field.key.clone(), field.key_span)).collect();
            self.asked.stack.places.insert(instance.provider.clone(), said);
            // The rest is for the provider to understand.
            self.settings(config, &instance.provider);
            instance.region = region.and_then(|id| self.known_text(id));
            instance.account = account.and_then(|id| self.known_text(id));
            if let Some(id) = credentials
                && self.reader.data.get(id, "$secret").is_none()
            {
                let span = self.reader.data.span(id);
                let message = "the credentials of a provider stand in clear";
                let problem = Diagnostic::error(crate::codes::CREDENTIALS, message).at(span).conceal(span);
                let hint = "write `${vault:…}` or `${env:…}`, and change what stood here: it is no secret any more";
                self.reader.problems.push(problem.hint(hint));
            }
        }
        Some(instance)
    }

    /// What is said to a provider beside where it is and who calls it.
    fn settings(&mut self, config: NodeId, provider: &Arc<str>) {
        let data = self.reader.data;
        let own = data.fields(config).iter().filter(|field| !PLACE.contains(&&*field.key));
        for field in own.clone() {
            if let Some(near) = nearest(&field.key, PLACE) {
                let message = format!("the config of a provider has no field `{}`", field.key);
                let problem = Diagnostic::error(common::UNKNOWN_FIELD, message).at(field.key_span);
                self.reader.problems.push(problem.hint(format!("did you mean `{near}`?")));
            }
        }
        let mut builder = Builder::new();
        builder.begin_struct(data.span(config));
        for field in own {
            builder.key(&field.key, field.key_span);
            builder.copy(data, field.value);
        }
        builder.end(Span::NONE);
        let settings = builder.finish();
        if !settings.fields(settings.root()).is_empty() {
            self.asked.stack.settings.insert(provider.clone(), settings);
        }
    }
}
