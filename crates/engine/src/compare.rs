//! What a document says beside what is recorded, leaf by leaf.

use std::collections::BTreeSet;

use serde::Serialize;
use strata_model::diff::changes;
use strata_model::schema::Schemas;
use strata_model::{Action, ActionKind, Address, Change, Context, Graph, Plan, TypeName, Value};
use strata_ports::Reads;

use crate::failure::Failure;
use crate::gather::{self, DriverTable};
use crate::{Engine, PlanOptions};

/// A resource or an output that the document and the record do not say the same of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "what")]
pub enum Difference {
    Resource {
        address: Address,
        kind: TypeName,
        side: Side,
        /// What would be done about it.
        action: ActionKind,
        /// From what is recorded to what the document says.
        changes: Vec<Change>,
    },
    Output {
        context: Context,
        name: std::sync::Arc<str>,
        side: Side,
    },
}

/// Who speaks of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Only the document.
    Document,
    /// Only the record.
    Record,
    Both,
}

impl Engine<'_> {
    /// All in which a document differs from what is recorded, or from what is where reality is asked, by address. The
    /// outcome of planning, told by what differs.
    pub fn compare(&self, graph: &Graph, options: &PlanOptions) -> Result<Vec<Difference>, Failure> {
        // Protection forbids doing something about it, not telling of it.
        let mut options = options.clone();
        options.decide.allow_protected.extend(self.protected(graph)?);
        let planned = self.plan(graph, &options)?;
        let instances = planned.set.plans.iter().flat_map(|plan| &plan.actions).map(|action| &action.provider);
        let drivers = gather::drivers(self, instances);
        let mut found = Vec::new();
        for plan in &planned.set.plans {
            let mut own = Vec::new();
            for action in &plan.actions {
                own.extend(self.difference(&drivers, action)?);
            }
            own.sort_by(|(a, _), (b, _)| a.cmp(b));
            found.extend(own.into_iter().map(|(_, difference)| difference));
            found.extend(outputs(plan));
        }
        Ok(found)
    }

    /// What the document or the record protects.
    fn protected(&self, graph: &Graph) -> Result<Vec<Address>, Failure> {
        let nodes = graph.nodes.values().filter(|node| node.settings.protect);
        let mut protected: Vec<Address> = nodes.map(|node| node.address.clone()).collect();
        let contexts: BTreeSet<&Context> = graph.scope.iter().map(|partition| &partition.context).collect();
        for context in contexts {
            let recorded = self.store.resources(context)?.into_iter().filter(|resource| resource.settings.protect);
            protected.extend(recorded.map(|resource| resource.address));
        }
        Ok(protected)
    }

    fn difference(&self, drivers: &DriverTable, action: &Action) -> Result<Option<(Address, Difference)>, Failure> {
        let (side, changes) = match action.action {
            ActionKind::Create | ActionKind::Import | ActionKind::Read if action.changes.is_empty() => {
                (Side::Document, self.made(drivers, action))
            }
            ActionKind::Delete | ActionKind::Forget => (Side::Record, self.gone(drivers, action)?),
            // What only the engine notes is no difference of what people have written.
            ActionKind::NoOp if action.changes.is_empty() && action.moved_from.is_none() => return Ok(None),
            _ => (Side::Both, action.changes.clone()),
        };
        let (address, kind) = (action.address.clone(), action.kind.clone());
        Ok(Some((address.clone(), Difference::Resource { address, kind, side, action: action.action, changes })))
    }

    /// All leaves of what is new.
    fn made(&self, drivers: &DriverTable, action: &Action) -> Vec<Change> {
        let Some(desired) = &action.desired else { return Vec::new() };
        let schema = drivers.schema(&action.provider, &action.kind);
        let secret = |change: &Change| {
            let later =
                matches!(desired.properties.at(&change.path), Some(Value::Later(later)) if later.is_sensitive());
            later || schema.is_none_or(|schema| schema.is_sensitive(&change.path))
        };
        let all = changes(&Value::map(), desired.known()).into_iter();
        all.map(|change| Change { sensitive: secret(&change) || sealed(&change), ..change }).collect()
    }

    /// All leaves of what goes away.
    fn gone(&self, drivers: &DriverTable, action: &Action) -> Result<Vec<Change>, Failure> {
        let Some(resource) = self.store.resource(&action.address)? else { return Ok(Vec::new()) };
        let schema = drivers.schema(&action.provider, &action.kind);
        let all = changes(resource.filled(), &Value::map()).into_iter();
        let secret = |change: &Change| schema.is_none_or(|schema| schema.is_sensitive(&change.path));
        Ok(all.map(|change| Change { sensitive: secret(&change) || sealed(&change), ..change }).collect())
    }
}

fn sealed(change: &Change) -> bool {
    [&change.old, &change.new].into_iter().flatten().any(|value| matches!(value, Value::Sealed(_)))
}

fn outputs(plan: &Plan) -> impl Iterator<Item = Difference> {
    plan.outputs.iter().map(|output| {
        let side = match (&output.value, output.expect) {
            (None, _) => Side::Record,
            (Some(_), strata_model::Expect::Absent) => Side::Document,
            (Some(_), strata_model::Expect::Serial(_)) => Side::Both,
        };
        Difference::Output { context: plan.partition.context.clone(), name: output.name.clone(), side }
    })
}
