//! In which state each resource is, as far as the records tell: what the last runs have not come to, what a call is at work
//! on, what failed and why.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use strata_model::run::StepResult;
use strata_model::{
    ActionKind, Address, Context, Intent, ObjectId, ProviderInstance, Resource, Run, Status, StepOp, Tier, TypeName,
};
use strata_ports::{Moment, StoreError};

/// A resource that is recorded, or of which the last run of its tier tells.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Standing {
    pub address: Address,
    #[serde(rename = "type")]
    pub kind: TypeName,
    pub provider: ProviderInstance,
    pub tier: Tier,
    pub status: Status,
    pub object: Option<ObjectId>,
    /// Why it failed, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<Arc<str>>,
}

/// All of a context, by address.
///
/// A call that is begun between two questions would belong to a run that was not there for the first: hence the moment.
pub fn standings(moment: Moment<'_>, context: &Context) -> Result<Vec<Standing>, StoreError> {
    let mut all: BTreeMap<Address, Standing> =
        moment.resources(context)?.into_iter().map(|found| (found.address.clone(), recorded(found))).collect();
    let runs = moment.runs(context, usize::MAX)?;
    let mut tiers = BTreeSet::new();
    // The newest comes first.
    for run in runs.iter().filter(|run| tiers.insert(run.tier)) {
        told_by_run(moment, context, run, &mut all)?;
    }
    // A call that is open says more than the last record.
    for intent in moment.open_intents(context)? {
        let Some(run) = runs.iter().find(|run| run.id == intent.run) else {
            return Err(StoreError::Damaged(format!(
                "{context}: a call is open of run {}, which is not there",
                intent.run
            )));
        };
        let status = at_work(intent.op);
        match all.entry(intent.address.clone()) {
            Entry::Occupied(mut known) => (known.get_mut().status, known.get_mut().why) = (status, None),
            Entry::Vacant(free) => {
                let Intent { address, kind, provider, object, .. } = intent;
                free.insert(Standing { address, kind, provider, tier: run.tier, status, object, why: None });
            }
        }
    }
    Ok(all.into_values().collect())
}

fn recorded(resource: Resource) -> Standing {
    let Resource { address, kind, provider, tier, status, object, .. } = resource;
    Standing { address, kind, provider, tier, status, object: Some(object), why: None }
}

fn at_work(op: StepOp) -> Status {
    match op {
        StepOp::Create | StepOp::Import => Status::Creating,
        StepOp::Delete => Status::Deleting,
        _ => Status::Updating,
    }
}

/// Of what is not recorded: what a run has not come to, what it could not make, what it has deleted. Of what is: why it failed.
fn told_by_run(
    moment: Moment<'_>,
    context: &Context,
    run: &Run,
    all: &mut BTreeMap<Address, Standing>,
) -> Result<(), StoreError> {
    let Some(plan) = moment.plan(&run.plan)?.map(|record| record.plan) else { return Ok(()) };
    let ended: BTreeMap<u32, StepResult> =
        moment.outcomes(context, &run.id)?.into_iter().map(|outcome| (outcome.step, outcome.result)).collect();
    for (at, step) in (0_u32..).zip(&plan.steps) {
        let Some(action) = plan.actions.get(step.action as usize) else { continue };
        let why: Option<Arc<str>> = match ended.get(&at) {
            Some(StepResult::Failed(why) | StepResult::Unwell(why)) => Some(why.as_str().into()),
            Some(StepResult::Done) | None => None,
        };
        let makes = matches!(step.op, StepOp::Create | StepOp::Import | StepOp::Read);
        let is_gone = step.op == StepOp::Delete && action.action == ActionKind::Delete;
        let status = match ended.get(&at) {
            None if makes && run.status.is_open() => Some(Status::Pending),
            Some(StepResult::Failed(_)) if makes => Some(Status::Failed),
            Some(StepResult::Done) if is_gone => Some(Status::Deleted),
            _ => None,
        };
        match (all.entry(action.address.clone()), status) {
            (Entry::Occupied(mut known), _) => {
                let known = known.get_mut();
                if known.status == Status::Failed && why.is_some() {
                    known.why = why;
                }
            }
            (Entry::Vacant(free), Some(status)) => {
                let (address, kind, provider) = (action.address.clone(), action.kind.clone(), action.provider.clone());
                free.insert(Standing { address, kind, provider, tier: run.tier, status, object: None, why });
            }
            (Entry::Vacant(_), None) => {}
        }
    }
    Ok(())
}
