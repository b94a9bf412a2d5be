//! What a plan changes about a resource: each value before and after, and all that the document tells of it.

use strata_base::Diagnostic;
use strata_model::{Address, Change, Path, PlanSet};

use super::{Told, missing, resource};
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::project::Document;
use crate::show::plan::side;

/// The changes of a plan at or below a path, and those of lists that it leads into.
pub(super) fn changes(
    document: &Document,
    set: &PlanSet,
    address: &Address,
    path: &Path,
) -> Result<Vec<Told>, CommandError> {
    let action = set.plans.iter().flat_map(|plan| &plan.actions).find(|action| action.address == *address);
    let Some(action) = action else {
        let problem = Diagnostic::error(codes::NO_SUCH_PLACE, format!("the plan does nothing about `{address}`"));
        return Err(missing(problem.hint("`strata show PLAN` prints what it does")));
    };
    let node = document.graph.nodes.get(address);
    let is_of_document = match (&action.desired, node) {
        (Some(desired), Some(node)) => desired.properties == node.properties,
        (desired, node) => desired.is_none() && node.is_none(),
    };
    if !is_of_document {
        let message = format!("the plan and the document want something different of `{address}`");
        let problem = Diagnostic::error(codes::OTHER_DOCUMENT, message);
        let hint = "name the documents and parameters that the plan was made of, or make a new plan";
        return Err(CommandError::plain(Exit::PlanStale, problem.hint(hint)));
    }
    let touches = |change: &&Change| {
        let (own, asked) = (change.path.segments(), path.segments());
        own.starts_with(asked) || asked.starts_with(own)
    };
    let mut told = Vec::new();
    for change in action.changes.iter().filter(touches) {
        // A list is told by its first leaf.
        let leaf = match node.is_some() && change.new.is_some() {
            true => resource(document, address, &change.path)?.into_iter().next(),
            false => None,
        };
        let (path, value) = (format!("{address}:{}", change.path), side(change, change.new.as_ref()));
        let before = Some(side(change, change.old.as_ref()));
        told.push(match leaf {
            Some(leaf) => Told { path, value, before, ..leaf },
            None => Told { path, value, before, ..Told::default() },
        });
    }
    if told.is_empty() {
        let message = format!("the plan changes nothing at `{address}:{path}`");
        return Err(missing(Diagnostic::error(codes::NO_SUCH_PLACE, message)));
    }
    Ok(told)
}
