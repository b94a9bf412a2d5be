//! Who serves a document.

use std::sync::Arc;

use cue_data::{Builder, Data, Node, NodeId};
use strata_base::{Diagnostic, Span, nearest};
use strata_model::unit::NamedProvider;
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
            let message = "at least one provider must serve a platform";
            self.reader.refuse(common::BAD_VALUE, id, message, "as in `provider: local`");
        }
        let mut providers: Vec<NamedProvider> = Vec::new();
        for id in entries {
            let Some(provider) = self.provider(id) else { continue };
            let name = &provider.instance.provider;
            if let Some(before) = providers.iter().find(|known| known.instance.provider == *name) {
                let message = format!("the provider `{name}` stands here twice");
                let twice = Diagnostic::error(common::TWICE, message).at(provider.span);
                let twice = twice.also(before.span, "and here before");
                self.reader.problems.push(twice.hint("leave one of the two out"));
            } else {
                self.reader.problems.extend(self.said_otherwise(&provider));
                providers.push(provider);
            }
        }
        let instances = providers.iter().map(|provider| provider.instance.clone()).collect();
        self.asked.stack.providers.extend(providers);
        instances
    }

    /// What is wrong if another document says something else to a provider: neither of them counts more.
    fn said_otherwise(&self, provider: &NamedProvider) -> Option<Diagnostic> {
        let name = &provider.instance.provider;
        let before = self.asked.stack.of(name).find(|known| known.settings != provider.settings)?;
        let place = |of: &NamedProvider| of.settings.as_ref().map_or(of.span, |data| data.span(data.root()));
        let message = format!("two documents give the provider `{name}` different settings");
        let problem = Diagnostic::error(common::TWICE, message).at(place(provider));
        let problem = problem.also(place(before), "the other ones");
        Some(problem.hint("say the same in both, or plan one document after the other"))
    }

    /// `local`, or an object with its name and its settings.
    fn provider(&mut self, id: NodeId) -> Option<NamedProvider> {
        let span = self.reader.data.span(id);
        if let Some(name) = self.reader.data.as_str(id) {
            let instance = ProviderInstance::named(name);
            return Some(NamedProvider { instance, span, place: Vec::new(), settings: None });
        }
        let mut fields = self.reader.fields(id, "a provider")?;
        let such_as = "as in `{name: local, config: {region: eu}}`";
        let name_id = fields.required_such_as(&mut self.reader, "name", Some(such_as));
        let name = name_id.and_then(|id| self.reader.text(id));
        let config = fields.optional("config");
        fields.close_with(&mut self.reader, "what is said to a provider stands under its `config`");
        let mut instance = ProviderInstance::named(name?);
        let span = name_id.map_or(span, |id| self.reader.data.span(id));
        let Some(config) = config else {
            return Some(NamedProvider { instance, span, place: Vec::new(), settings: None });
        };
        let mut fields = self.reader.fields(config, "the config of a provider")?;
        let (region, account) = (fields.optional("region"), fields.optional("account_id"));
        let credentials = fields.optional("credentials");
        let place = self.reader.data.fields(config).iter().filter(|field| PLACE.contains(&&*field.key));
        let place = place.map(|field| (field.key.clone(), field.key_span)).collect();
        // The rest is for the provider to understand.
        let settings = self.settings(config);
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
        Some(NamedProvider { instance, span, place, settings })
    }

    /// What is said to a provider beside where it is and who calls it, if anything is.
    fn settings(&mut self, config: NodeId) -> Option<Data> {
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
        (!settings.fields(settings.root()).is_empty()).then_some(settings)
    }
}
