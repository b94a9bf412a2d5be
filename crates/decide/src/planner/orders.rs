//! Settles whether a replacement deletes or creates first.

use strata_model::{ActionKind, ReplaceOrder};

use super::links::Links;
use super::settled::Settled;

/// A node says it, else its type. What is needed by something that is created first must itself be created first: the
/// new dependent needs the new dependency while the old one still needs the old.
pub(super) fn settle_replacements(links: &Links<'_>, settled: &mut [Option<Settled<'_>>]) {
    for &index in links.order.iter().rev() {
        let forced = links.after[index].iter().any(|edge| edge.hard && kind(&settled[edge.node]) == Some(CREATE_FIRST));
        if let Some(Settled::Change(change)) = &mut settled[index]
            && change.kind == ActionKind::Replace
        {
            let wish = links.nodes[index].settings.replace.or(change.schema.replace);
            if forced || wish == Some(ReplaceOrder::CreateFirst) {
                change.kind = CREATE_FIRST;
            }
        }
    }
}

const CREATE_FIRST: ActionKind = ActionKind::ReplaceCreateFirst;

fn kind(settled: &Option<Settled<'_>>) -> Option<ActionKind> {
    match settled {
        Some(Settled::Change(change)) => Some(change.kind),
        _ => None,
    }
}
