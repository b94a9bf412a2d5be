//! Differences between a document and what is recorded, for people.

use std::fmt::Write as _;

use strata_engine::{Difference, Side};
use strata_model::ActionKind;

use super::plan::{change_symbol, line};

pub(crate) fn all(found: &[Difference]) -> String {
    let mut out = String::new();
    for difference in found {
        match difference {
            Difference::Resource { address, kind, side, action, changes } => {
                let replaces = matches!(action, ActionKind::Replace | ActionKind::ReplaceCreateFirst);
                let symbol = if replaces { action.symbol() } else { symbol(*side) };
                let _ = writeln!(out, "{symbol} {address} ({kind})");
                for change in changes {
                    line(&mut out, change_symbol(change), change);
                }
            }
            Difference::Output { context, name, side } => {
                let _ = writeln!(out, "{} output {name} of {context}", symbol(*side));
            }
        }
    }
    if found.is_empty() {
        out += "No differences. What is recorded is what the document says.\n";
    }
    out
}

fn symbol(side: Side) -> &'static str {
    match side {
        Side::Document => "+",
        Side::Record => "-",
        Side::Both => "~",
    }
}
