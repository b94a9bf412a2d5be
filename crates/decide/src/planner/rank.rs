//! How much an action can hurt.

use strata_model::{Action, ActionKind, Change, Resource, Retain, Risk, TypeSchema};

pub(super) fn of_change(kind: ActionKind, changes: &[Change], schema: &TypeSchema) -> Risk {
    match kind {
        ActionKind::Replace if schema.holds_data => Risk::DataLoss,
        ActionKind::Replace => Risk::Outage,
        // The successor stands before the old one goes, but it starts empty.
        ActionKind::ReplaceCreateFirst if schema.holds_data => Risk::DataLoss,
        ActionKind::ReplaceCreateFirst => Risk::Restart,
        ActionKind::Update if changes.iter().any(|change| schema.restarts(&change.path)) => Risk::Restart,
        ActionKind::Update => Risk::Metadata,
        _ => Risk::None,
    }
}

/// A type that nobody knows any more is taken for one that holds data.
pub(super) fn of_delete(resource: &Resource, schema: Option<&TypeSchema>) -> Risk {
    let holds_data = schema.is_none_or(|schema| schema.holds_data);
    match resource.settings.retain {
        Retain::Delete if holds_data => Risk::DataLoss,
        Retain::Delete | Retain::Snapshot => Risk::Outage,
        Retain::Keep => Risk::None,
    }
}

/// Riskiest first, then by address.
pub(super) fn compare(a: &Action, b: &Action) -> std::cmp::Ordering {
    a.risk.cmp(&b.risk).then_with(|| a.address.cmp(&b.address))
}
