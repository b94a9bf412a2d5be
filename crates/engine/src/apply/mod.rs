//! Applying a plan: approved, under a lease, in order, journaled.

mod call;
mod conditions;
mod quota;
mod records;
mod recover;
mod run;
mod sheet;

use std::sync::Arc;
use std::time::Duration;

use strata_defects::{Defect, Point, pass, planted};
use strata_model::plan::Counts;
use strata_model::record::PlanRecord;
use strata_model::{Address, Context, ObjectId, Plan, Run, RunId, RunStatus, StepOp};
use strata_ports::Reads;

use crate::approve::Authority;
use crate::failure::{Failure, FailureKind};
use crate::fate::{applied, check_hash, is_over, short};
use crate::{Engine, Limits, codes, lease, sink};

pub(crate) use recover::recover;
use sheet::Ledger;

/// What became of a plan that was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    pub run: RunId,
    pub status: RunStatus,
    /// What was done, as far as it was done.
    pub counts: Counts,
    pub failures: Vec<StepFailure>,
    pub skipped: usize,
}

#[derive(Clone, Debug)]
pub struct StepFailure {
    pub address: Address,
    pub op: StepOp,
    pub error: Arc<str>,
    /// What has the name already.
    pub in_the_way: Option<ObjectId>,
}

impl Engine<'_> {
    /// Applies one plan, or goes on with a run of it that did not come to its end. No call is made unless the plan is
    /// the one that its hash names, is approved, has not been applied, and fits what is recorded.
    pub fn apply(&self, plan: &Plan, authority: &Authority) -> Result<Applied, Failure> {
        check_hash(plan)?;
        let context = &plan.partition.context;
        refuse_applied(self, plan)?;
        authority.permit_apply(self, plan)?;
        let operation = format!("apply {}", plan.hash.short());
        lease::with(self, context, &operation, |held| {
            recover(self, held)?;
            // Somebody may have been quicker, and while he was waited for an approval may have expired.
            let earlier = refuse_applied(self, plan)?;
            authority.permit_apply(self, plan)?;
            if self.store.plan(&plan.hash)?.is_none() && !planted(Defect::PlanNotRecorded) {
                let stamp = self.stamp();
                let record = PlanRecord { plan: plan.clone(), created: stamp.at, by: stamp.by };
                held.commit(self, &[strata_model::Record::Plan(Box::new(record))])?;
                pass(Point::PlanRecorded);
            }
            run::run(self, held, plan, earlier)
        })
    }

    /// Refuses plans that may not be applied, before anything is done about any of them. All that wait for an approval are
    /// told at once.
    pub fn permit(&self, plans: &[&Plan], authority: &Authority) -> Result<(), Failure> {
        let mut waiting: Option<Failure> = None;
        for plan in plans {
            check_hash(plan)?;
            refuse_applied(self, plan)?;
            match authority.permit_apply(self, plan) {
                Err(failure) if failure.kind == FailureKind::ApprovalNeeded => match &mut waiting {
                    Some(waiting) => waiting.diagnostics.extend(failure.diagnostics),
                    None => waiting = Some(failure),
                },
                other => other?,
            }
        }
        waiting.map_or(Ok(()), Err)
    }

    /// Whether a plan was applied to its end.
    pub fn is_applied(&self, plan: &Plan) -> Result<bool, Failure> {
        Ok(is_over(self, plan)?.is_some_and(|run| run.status == RunStatus::Done))
    }

    /// Goes on with the last run of a context that did not come to its end.
    pub fn resume(&self, context: &Context, authority: &Authority) -> Result<Applied, Failure> {
        let Some(plan) = self.unfinished(context)? else {
            let message = format!("{context} has no run to resume");
            return Err(Failure::new(FailureKind::NotFound, codes::NOTHING_TO_RESUME, message));
        };
        self.apply(&plan, authority)
    }

    /// The plan of the last run of a context, if that run did not come to its end.
    pub fn unfinished(&self, context: &Context) -> Result<Option<Plan>, Failure> {
        let last = self.store.runs(context, 1)?.into_iter().next();
        let Some(run) = last.filter(|run| run.status.is_open()) else { return Ok(None) };
        Ok(self.store.plan(&run.plan)?.map(|record| record.plan))
    }

    /// Finds out the outcome of calls that earlier runs left open, without doing anything else. How many there were.
    pub fn recover(&self, context: &Context) -> Result<usize, Failure> {
        let open = self.store.open_intents(context)?.len();
        if open > 0 {
            lease::with(self, context, "recover", |held| recover(self, held))?;
        } else {
            self.tidy(context)?;
        }
        Ok(open)
    }

    /// Removes from the sink what a run that was killed has left there, unless somebody is at work, who does it himself.
    pub fn tidy(&self, context: &Context) -> Result<(), Failure> {
        if !sink::is_littered(self, context) {
            return Ok(());
        }
        let limits = Limits { lease_wait: Duration::ZERO, ..self.limits.clone() };
        match lease::with(&Engine { limits: &limits, ..*self }, context, "tidy", |_| Ok(())) {
            Err(failure) if failure.kind == FailureKind::LockHeld => Ok(()),
            done => done,
        }
    }
}

/// The run of this plan that is to be gone on with, unless the plan may not be applied any more.
fn refuse_applied(engine: &Engine<'_>, plan: &Plan) -> Result<Option<Run>, Failure> {
    if let Some(run) = is_over(engine, plan)? {
        if run.status == RunStatus::Done {
            return Err(applied(plan, &run));
        }
        let message = format!("plan {} was applied in part, and then another plan was", short(&plan.hash));
        return Err(Failure::new(FailureKind::Stale, codes::STALE, message).hint("make a new plan"));
    }
    let runs = engine.store.runs(&plan.partition.context, usize::MAX)?;
    Ok(runs.into_iter().find(|run| run.plan == plan.hash && run.status.is_open()))
}

/// What a failed or interrupted run is told as.
impl Applied {
    pub fn failure(&self, plan: &Plan) -> Option<Failure> {
        let resume = format!("go on with it: strata apply --resume {}", plan.partition.context);
        match self.status {
            RunStatus::Done | RunStatus::Superseded => None,
            RunStatus::Interrupted => {
                let message = format!("applying {} was interrupted", plan.partition);
                Some(Failure::new(FailureKind::Interrupted, codes::INTERRUPTED, message).hint(resume))
            }
            RunStatus::Running | RunStatus::Partial => {
                let message = format!(
                    "{} was applied in part: {} failed, {} skipped",
                    plan.partition,
                    self.failures.len(),
                    self.skipped
                );
                let mut failure = Failure::new(FailureKind::Partial, codes::PARTIAL, message).hint(resume);
                let told = self.failures.iter().map(|failed| {
                    let (first, more) = failed.error.split_once('\n').unwrap_or((&*failed.error, ""));
                    let message = format!("cannot {} {}: {first}", failed.op.name(), failed.address);
                    let told = strata_base::Diagnostic::error(codes::DRIVER, message);
                    match &failed.in_the_way {
                        Some(object) => {
                            told.hint(format!("to take it over: strata import {} {object}", failed.address))
                        }
                        None if more.is_empty() => told,
                        None => {
                            told.hint(format!("more is told above, and by `strata logs {}`", failed.address.unit()))
                        }
                    }
                });
                failure.diagnostics.splice(0..0, told);
                Some(failure)
            }
        }
    }
}
