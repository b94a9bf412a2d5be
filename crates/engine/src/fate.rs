//! What a plan is by its hash, and what has become of it.

use strata_model::run::StepResult;
use strata_model::{Digest, Plan, Run, RunStatus};
use strata_ports::Reads;

use crate::failure::Failure;
use crate::{Engine, codes};

/// Whether a plan is what its hash names.
pub fn check_hash(plan: &Plan) -> Result<(), Failure> {
    if plan.compute_hash().is_ok_and(|hash| hash == plan.hash) {
        return Ok(());
    }
    let message = format!("the plan of {} is not what its hash {} names", plan.partition, plan.hash.short());
    Err(Failure::error(codes::CHANGED_PLAN, message).hint("make a new plan"))
}

pub(crate) fn applied(plan: &Plan, run: &Run) -> Failure {
    let at = run.finished.unwrap_or(run.started);
    let message = format!("plan {} was applied by {} at {at}", short(&plan.hash), run.by);
    Failure::error(codes::ALREADY_APPLIED, message).hint("make a new plan to see what is left to do")
}

/// The run after which a plan must not be applied again: it is done, or it was begun and then overtaken, so that its
/// first half may have been undone since.
pub(crate) fn is_over(engine: &Engine<'_>, plan: &Plan) -> Result<Option<Run>, Failure> {
    let context = &plan.partition.context;
    for run in engine.store.runs(context, usize::MAX)?.into_iter().filter(|run| run.plan == plan.hash) {
        let over = match run.status {
            RunStatus::Done => true,
            RunStatus::Superseded => {
                let outcomes = engine.store.outcomes(context, &run.id)?;
                outcomes.iter().any(|outcome| outcome.result == StepResult::Done)
            }
            RunStatus::Running | RunStatus::Partial | RunStatus::Interrupted => false,
        };
        if over {
            return Ok(Some(run));
        }
    }
    Ok(None)
}

pub(crate) fn short(hash: &Digest) -> String {
    format!("sha256:{}…", hash.short())
}
