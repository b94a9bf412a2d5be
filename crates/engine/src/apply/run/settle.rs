//! What becomes of a step once it has ended.

use std::sync::Arc;

use strata_model::run::StepResult;
use strata_model::{Event, Outcome, Record, Resource, Status, StepOp};
use strata_ports::{DriverError, Observed};

use crate::failure::Failure;

use super::super::StepFailure;
use super::super::call::End;
use super::super::records::{Made, with_status};
use super::schedule::State;
use super::{Ended, Running};

/// Why what a step has made or changed does not work, if it does not. Looking at something asks nothing of it.
pub(in crate::apply) fn unwell(op: StepOp, observed: &Observed) -> Option<Arc<str>> {
    observed.unwell.clone().filter(|_| matches!(op, StepOp::Create | StepOp::Update))
}

fn stands(why: &str) -> String {
    format!("it stands, but does not work: {why}")
}

impl Running<'_, '_> {
    /// Takes up how a call ended.
    pub(super) fn take(&mut self, ended: Ended) -> Result<(), Failure> {
        let Ended { step, end, elapsed } = ended;
        self.in_flight -= 1;
        let plan = self.plan;
        let action = &plan.actions[plan.steps[step].action as usize];
        let op = plan.steps[step].op;
        let before = action.recorded_as(op);
        let filled = self.filled[step].take();
        let prior = self.ledger.resources.get(before).cloned();
        let tell_done = |object| {
            let (address, elapsed_ms) =
                (action.address.clone(), u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX));
            (self.engine.events)(Event::StepDone { address, op, object, elapsed_ms });
        };
        match end {
            End::NotStarted => {
                self.schedule.put_back(step);
            }
            End::Object(observed) => {
                let made = Made {
                    partition: &plan.partition,
                    action,
                    prior: prior.as_deref(),
                    serial: self.held.serial(),
                    at: self.engine.clock.now(),
                };
                let observed = made.observed(self.engine, filled.as_ref(), *observed)?;
                let unwell = unwell(op, &observed);
                if unwell.is_none() {
                    tell_done(Some(observed.object.clone()));
                }
                let resource = filled.and_then(|filled| made.resource(filled, observed));
                let resource = resource.map(|resource| match unwell {
                    Some(_) => Resource { status: Status::Failed, ..resource },
                    None => resource,
                });
                let records = made.records(resource, &self.ledger);
                self.count(op);
                match unwell {
                    None => self.done(step, records),
                    Some(why) => {
                        self.ledger.take(&records);
                        self.pending.extend(records);
                        self.outcome(step, StepResult::Unwell(why.to_string()));
                        self.fail(step, &stands(&why));
                    }
                }
            }
            End::Gone => {
                tell_done(None);
                let record = match prior {
                    Some(prior) if op == StepOp::DeleteDeposed => {
                        let mut rest = (*prior).clone();
                        rest.deposed.clear();
                        rest.serial = self.held.serial();
                        Record::Resource(Box::new(rest))
                    }
                    _ => Record::Removed { address: before.clone() },
                };
                self.counts.destroy += 1;
                self.done(step, vec![record]);
            }
            End::Failed(error) => {
                self.outcome(step, StepResult::Failed(error.to_string()));
                if let Some(prior) = prior {
                    let failed = Record::Resource(Box::new(with_status(&prior, Status::Failed)));
                    self.ledger.take(std::slice::from_ref(&failed));
                    self.pending.push(failed);
                }
                self.fail(step, &error.to_string());
                if let (DriverError::AlreadyExists(object), Some(failure)) = (error, self.failures.last_mut()) {
                    failure.in_the_way = object;
                }
            }
            // The intent stays open: the next run looks again.
            End::Unsure(why) => self.fail(step, &format!("nobody knows whether it took effect: {why}")),
        }
        Ok(())
    }

    fn count(&mut self, op: StepOp) {
        match op {
            StepOp::Create => self.counts.add += 1,
            StepOp::Update => self.counts.change += 1,
            StepOp::Import => self.counts.imported += 1,
            _ => {}
        }
    }

    pub(super) fn done(&mut self, step: usize, records: Vec<Record>) {
        self.ledger.take(&records);
        self.pending.extend(records);
        self.outcome(step, StepResult::Done);
        self.end(step, State::Done);
    }

    pub(super) fn outcome(&mut self, step: usize, result: StepResult) {
        let (run, address) = (self.run.id.clone(), self.told(step).0);
        self.pending.push(Record::Outcome(Outcome {
            run,
            step: u32::try_from(step).unwrap_or(u32::MAX),
            address,
            result,
        }));
    }

    pub(super) fn fail(&mut self, step: usize, error: &str) {
        let (address, op) = self.told(step);
        let error: Arc<str> = error.into();
        (self.engine.events)(Event::StepFailed { address: address.clone(), op, error: error.clone() });
        self.failures.push(StepFailure { address, op, error, in_the_way: None });
        self.end(step, State::Failed);
    }
}
