//! Calls that an earlier run left open: nobody knows whether they took effect. They are read back before anything else.

use std::cell::RefCell;

use strata_defects::{Defect, Point, pass, planted};
use strata_model::run::StepResult;
use strata_model::{Action, Address, Event, Intent, Outcome, Plan, Record, Resource, Status, StepOp};
use strata_ports::{Call, Create, Driver, Owner, Reads, Update};

use crate::failure::Failure;
use crate::fill::{self, Filled, Place};
use crate::lease::Held;
use crate::mask::Mask;
use crate::{Engine, codes, gather};

use super::call::{self, Effect, End};
use super::records::{Made, as_sent, with_status};
use super::sheet::{Everything, Ledger};

pub(crate) fn recover(engine: &Engine<'_>, held: &mut Held) -> Result<(), Failure> {
    let open = engine.store.open_intents(&held.context)?;
    if open.is_empty() || planted(Defect::OpenIntentsIgnored) {
        return Ok(());
    }
    let mut ledger = Ledger::open(engine, &held.context)?;
    let runs = engine.store.runs(&held.context, usize::MAX)?;
    for intent in open {
        let plan = match runs.iter().find(|run| run.id == intent.run) {
            Some(run) => engine.store.plan(&run.plan)?.map(|record| record.plan),
            None => None,
        };
        let Some(plan) = plan else {
            let message = format!("the journal of {} names a run whose plan is not recorded", held.context);
            return Err(Failure::error(codes::DAMAGED_STORE, message));
        };
        let mut records = one(engine, held, &ledger, &plan, &intent)?;
        records.extend(held.renewal(engine, engine.clock.now()));
        pass(Point::RecoveryLooked);
        held.commit(engine, &records)?;
        pass(Point::RecoveryRecorded);
        ledger.take(&records);
    }
    Ok(())
}

fn one(
    engine: &Engine<'_>,
    held: &mut Held,
    ledger: &Ledger,
    plan: &Plan,
    intent: &Intent,
) -> Result<Vec<Record>, Failure> {
    let Some(driver) = engine.drivers.driver(&intent.provider) else {
        return Err(gather::no_provider(&intent.address, &intent.provider));
    };
    let step = plan.steps.get(intent.step as usize);
    let Some(action) = step.and_then(|step| plan.actions.get(step.action as usize)) else {
        let message = format!("the journal of {} names a step that its plan does not have", held.context);
        return Err(Failure::error(codes::DAMAGED_STORE, message));
    };
    let owner = Owner { project: engine.store.project()?, address: intent.address.clone() };
    let call = Call { owner, token: intent.token.clone(), until: call::end_of(engine, intent.deadline), attempt: 1 };
    let before = action.recorded_as(intent.op);
    let prior = ledger.resources.get(before).cloned();
    let chosen = RefCell::default();
    let sheet = Everything { store: engine.store, context: &held.context, ledger, chosen: &chosen };
    // What the lost call was sent must come out again.
    let mut kept = prior.as_ref().map(|prior| prior.allocations.clone()).unwrap_or_default();
    kept.extend(intent.allocations.clone());
    let place = Place { address: &action.address, kept: &kept };
    let refill = |action: &Action| -> Result<Filled, Failure> {
        let Some(desired) = &action.desired else {
            return Err(Failure::error(codes::DAMAGED_STORE, "a step creates what its action does not want"));
        };
        if action.only_moves() {
            return Ok(Filled::nothing());
        }
        fill::fill(engine, &sheet, &place, &desired.properties, &desired.checks)
            .map(|filled| as_sent(action, filled))
            .map_err(|wrong| by_hand(intent, format!("cannot find out what became of {}: {wrong}", action.address)))
    };
    let doomed = |op, prior: &Resource| {
        call::doomed(engine, op, prior)
            .map_err(|wrong| by_hand(intent, format!("cannot delete {}: {wrong}", action.address)))
    };
    let mut filled = None;
    let effect = match (intent.op, &prior) {
        (StepOp::Create, _) => {
            let fresh = filled.insert(refill(action)?);
            let (properties, tainted) = (fresh.clear.clone(), fresh.tainted.clone());
            Effect::Create(Create { kind: intent.kind.clone(), properties, tainted })
        }
        (StepOp::Update, Some(prior)) => {
            let fresh = filled.insert(refill(action)?);
            let update = Update {
                kind: intent.kind.clone(),
                object: prior.object.clone(),
                before: prior.filled().clone(),
                after: fresh.clear.clone(),
                tainted: fresh.tainted.clone(),
            };
            let from = |address: &Address| Owner { project: call.owner.project.clone(), address: address.clone() };
            Effect::Update { claim: action.moved_from.as_ref().map(from), update }
        }
        (StepOp::Delete, Some(prior)) => Effect::Delete(doomed(intent.op, prior)?),
        (StepOp::DeleteDeposed, Some(prior)) => Effect::DeleteDeposed(doomed(intent.op, prior)?),
        (StepOp::Import | StepOp::Record, _) => match (&action.import, &prior, &intent.object) {
            (Some(object), ..) | (None, _, Some(object)) => {
                filled = Some(refill(action)?);
                Effect::Claim { kind: intent.kind.clone(), object: object.clone(), from: None }
            }
            _ => return Ok(vec![outcome(intent, StepResult::Failed("there is no object".to_owned()))]),
        },
        // What is not recorded any more was settled by hand.
        (StepOp::Update | StepOp::Delete | StepOp::DeleteDeposed | StepOp::Read | StepOp::Forget, _) => {
            return Ok(vec![outcome(intent, StepResult::Failed("it is not recorded any more".to_owned()))]);
        }
    };
    // Looking may end in a repeated create, and the lease must outlive that.
    let longest = engine.clock.now().max(intent.deadline).plus(engine.limits.call * 2);
    if let Some(renewal) = held.renewal(engine, longest) {
        held.commit(engine, &[renewal])?;
    }
    let mask = filled.as_ref().map(|filled| filled.mask.clone()).unwrap_or_default();
    let end = look(engine, &*driver, &effect, &mask, &call);
    let took_effect = matches!(end, End::Object(_) | End::Gone);
    (engine.events)(Event::Recovered { address: intent.address.clone(), op: intent.op, took_effect });
    let mut records = Vec::new();
    match end {
        End::Object(observed) => {
            let at = engine.clock.now();
            let made = Made { partition: &plan.partition, action, prior: prior.as_deref(), serial: held.serial(), at };
            let observed = made.observed(engine, filled.as_ref(), *observed)?;
            let unwell = super::run::unwell(intent.op, &observed);
            let mut resource = filled.and_then(|filled| made.resource(filled, observed));
            if let (Some(resource), Some(_)) = (&mut resource, &unwell) {
                resource.status = Status::Failed;
            }
            records.extend(made.records(resource, ledger));
            let result = unwell.map_or(StepResult::Done, |why| StepResult::Unwell(why.to_string()));
            records.push(outcome(intent, result));
        }
        End::Gone => {
            match prior {
                Some(prior) if intent.op == StepOp::DeleteDeposed => {
                    let mut rest = with_status(&prior, prior.status);
                    rest.deposed.clear();
                    rest.serial = held.serial();
                    records.push(Record::Resource(Box::new(rest)));
                }
                _ => records.push(Record::Removed { address: before.clone() }),
            }
            records.push(outcome(intent, StepResult::Done));
        }
        End::Failed(error) => {
            if let Some(prior) = prior {
                records.push(Record::Resource(Box::new(with_status(&prior, Status::Failed))));
            }
            records.push(outcome(intent, StepResult::Failed(error.to_string())));
        }
        End::NotStarted => records.push(outcome(intent, StepResult::Failed("it was never begun".to_owned()))),
        End::Unsure(why) => {
            let message = format!("nobody knows whether {} of {} took effect: {why}", intent.op.name(), intent.address);
            return Err(by_hand(intent, message));
        }
    }
    Ok(records)
}

/// Only somebody who looks can tell.
fn by_hand(intent: &Intent, message: String) -> Failure {
    Failure::error(codes::UNSURE, message)
        .hint(format!("if the object exists: strata import {} OBJECT", intent.address))
        .hint(format!("if it does not: strata state forget {}", intent.address))
}

/// Looks. Where looking cannot tell and the provider recognises tokens, the create is simply repeated: it is part of
/// an approved plan, and either finds what it had made or makes it now. If that fails, nobody knows any more than before.
fn look(engine: &Engine<'_>, driver: &dyn Driver, effect: &Effect, mask: &Mask, call: &Call) -> End {
    match call::read_back(engine, driver, effect, mask, call, call.until, "its answer was lost") {
        End::Unsure(why) if matches!(effect, Effect::Create(_)) && driver.guarantees().idempotent => {
            let limit = engine.limits.call;
            let (deadline, until) = (engine.clock.now().plus(limit), engine.clock.monotonic() + limit);
            match call::perform(engine, driver, effect, mask, Call { until, ..call.clone() }, deadline) {
                End::Failed(error) => End::Unsure(format!("{why}; making it again: {error}")),
                end => end,
            }
        }
        end => end,
    }
}

fn outcome(intent: &Intent, result: StepResult) -> Record {
    let (run, step, address) = (intent.run.clone(), intent.step, intent.address.clone());
    Record::Outcome(Outcome { run, step, address, result })
}
