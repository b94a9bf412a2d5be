//! Capabilities: what is wanted by name, and by the contract that says what it can be.

use cue_data::{Builder, Data, Node, NodeId};
use strata_base::Span;
use strata_model::{Tier, Unit, codes as common};

use super::{Common, Tiers};
use crate::{codes, reference};

impl Tiers<'_> {
    pub(super) fn capability(&mut self, id: NodeId, tier: Tier, around: &Common) -> Option<Unit> {
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
        let provider = fields.optional("provider").and_then(|id| Some((reader.text(id)?, reader.data.span(id))));
        let constraints = fields.optional("constraints");
        fields.not_served(reader, "tier", "the section that a capability stands in says its tier");
        let otherwise = "what its contract lets be said of it stands under `properties`";
        fields.close_with(reader, otherwise);
        let (name, name_id) = (name?, name_id?);
        let (span, contract_span) = (reader.data.span(name_id), reader.data.span(kind_id?));
        if reference::is_reserved(&name) {
            let hint = format!("give it another name: in texts, `${{{name}…}}` means something else");
            reader.refuse(codes::NAME, name_id, format!("`{name}` cannot be the name of a capability"), hint);
            return None;
        }
        // Without an application of the document each capability is one.
        let app = (tier == Tier::Application).then(|| around.application.as_ref().unwrap_or(&name));
        let context = self.claim(name_id, around, app.map(|app| &**app), tier)?;
        if let Err(error) = context.address(&name, "-") {
            self.reader.wrong(codes::NAME, name_id, error.to_string());
            return None;
        }
        let constraints = constraints.map_or_else(Vec::new, |id| self.constraints(id, &context, tier));
        Some(Unit {
            name,
            context,
            tier,
            contract: kind?,
            providers: around.providers.clone(),
            provider: provider.filter(|_| self.around.provider.is_none()),
            properties: properties?,
            constraints,
            depends_on,
            span,
            contract_span,
        })
    }
}

fn empty(span: Span) -> Data {
    let mut builder = Builder::new();
    builder.begin_struct(span);
    builder.end(Span::NONE);
    builder.finish()
}
