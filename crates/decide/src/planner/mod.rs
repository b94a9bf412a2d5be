//! The planner, stage by stage: link the nodes, select, settle each node in order of its dependencies, find what is to
//! be deleted, order the steps, rank and seal.

mod deletes;
mod fill;
mod links;
mod orders;
mod outputs;
mod radius;
mod rank;
mod room;
mod select;
mod set;
mod settle;
mod settled;
mod steps;

use strata_base::Diagnostic;
use strata_model::PlanSet;

use crate::input::Input;

/// What would be done to make reality what the graph says, or all the reasons why that cannot be said.
pub fn plan(input: &Input<'_>) -> Result<PlanSet, Vec<Diagnostic>> {
    let links = links::link(input)?;
    let selected = select::select(input, &links)?;
    let mut settled = settle::settle(input, &links, &selected)?;
    let deleted = deletes::find(input, &links, &selected, &settled)?;
    orders::settle_replacements(&links, &mut settled);
    set::assemble(input, &links, settled, &deleted)
}
