//! Makes a step ready to be called: fills what it needs, says what the call is, journals that it is going to happen.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::resource::Allocation;
use strata_model::{Action, Address, Digest, Intent, ObjectId, Path, Reason, Record, Resource, Status, StepOp, Token};
use strata_ports::{Call, Create, Observed, Owner, Update};

use crate::failure::Failure;
use crate::fill::{self, Filled, Place};

use super::super::call::{Effect, doomed};
use super::super::records::{Made, as_planned, with_the_secrets_of};
use super::super::sheet::Everything;
use super::{Running, Task};

/// What is to be done about a step.
enum Move {
    /// A call, on that object where it is known.
    Call(Effect, Option<ObjectId>),
    /// Only what is recorded changes.
    Record,
    Forget,
    /// It is gone already, by an earlier run or by hand.
    Nothing,
    Impossible(Cow<'static, str>),
}

impl Running<'_, '_> {
    /// A step that can be called, or `None` where no call is needed or possible and it has ended by now.
    pub(super) fn prepare(&mut self, step: usize) -> Result<Option<Task>, Failure> {
        let plan = self.plan;
        let op = plan.steps[step].op;
        let action = &plan.actions[plan.steps[step].action as usize];
        let before = action.recorded_as(op);
        let prior = self.ledger.resources.get(before).cloned();
        let filled = match self.fill(op, action, prior.as_deref()) {
            Ok(filled) => filled,
            Err(wrong) => {
                self.fail(step, &wrong);
                return Ok(None);
            }
        };
        let (effect, object) = match self.next_move(op, action, prior.as_deref(), filled.as_ref()) {
            Move::Call(effect, object) => (effect, object),
            Move::Record => {
                self.record_only(step, action, prior, filled)?;
                return Ok(None);
            }
            Move::Forget => {
                self.counts.forget += 1;
                self.done(step, vec![Record::Removed { address: before.clone() }]);
                return Ok(None);
            }
            Move::Nothing => {
                self.done(step, Vec::new());
                return Ok(None);
            }
            Move::Impossible(why) => {
                self.fail(step, &why);
                return Ok(None);
            }
        };
        let instance = match (op, prior.as_deref()) {
            (StepOp::Delete, Some(prior)) => &prior.provider,
            (StepOp::DeleteDeposed, Some(prior)) => prior.deposed.first().map_or(&prior.provider, |old| &old.provider),
            _ => &action.provider,
        };
        let Some(driver) = self.engine.drivers.driver(instance) else {
            self.fail(step, &format!("`{instance}` is not configured"));
            return Ok(None);
        };
        let token = self.token(step);
        let limit = self.engine.limits.call;
        let (deadline, until) = (self.engine.clock.now().plus(limit), self.engine.clock.monotonic() + limit);
        // Looking has no effect that could be lost.
        if !matches!(effect, Effect::Read { .. }) {
            self.pending.push(Record::Intent(Intent {
                run: self.run.id.clone(),
                step: u32::try_from(step).unwrap_or(u32::MAX),
                op,
                address: action.address.clone(),
                kind: action.kind.clone(),
                provider: instance.clone(),
                token: token.clone(),
                deadline,
                object,
                allocations: taken_anew(action, prior.as_deref(), filled.as_ref()),
            }));
        }
        // A delete of what was moved in the same plan happens under the mark that it still has.
        let marked = if op == StepOp::Delete { before } else { &action.address };
        let call = Call { owner: self.owner(marked), token, until, attempt: 1 };
        let mask = filled.as_ref().map(|filled| filled.mask.clone()).unwrap_or_default();
        self.filled[step] = filled;
        self.schedule.begin(step);
        Ok(Some(Task { step, driver, effect, mask, call, deadline }))
    }

    /// What the properties of an action come to, if the step needs them.
    fn fill(&self, op: StepOp, action: &Action, prior: Option<&Resource>) -> Result<Option<Filled>, String> {
        let Some(desired) = &action.desired else { return Ok(None) };
        if matches!(op, StepOp::Delete | StepOp::DeleteDeposed) {
            return Ok(None);
        }
        if action.only_moves() {
            return Ok(Some(Filled::nothing()));
        }
        let sheet = Everything {
            store: self.engine.store,
            context: &self.held.context,
            ledger: &self.ledger,
            chosen: &self.chosen,
        };
        let kept = prior.map_or(fill::NOTHING_KEPT, |prior| &prior.allocations);
        let place = Place { address: &action.address, kept };
        let filled = fill::fill(self.engine, &sheet, &place, &desired.properties, &desired.checks)?;
        with_the_secrets_of(action, &filled)?;
        as_planned(desired.known(), filled.sealed.as_ref().unwrap_or(&desired.properties))?;
        self.keep(&action.address, &filled);
        Ok(Some(filled))
    }

    /// A number that was chosen is taken from now on, also for steps that begin before this one is done.
    fn keep(&self, address: &Address, filled: &Filled) {
        self.chosen.borrow_mut().extend(
            filled
                .allocations
                .iter()
                .map(|(path, chosen)| (chosen.pool.clone(), chosen.number, address.clone(), path.clone())),
        );
    }

    fn next_move(&self, op: StepOp, action: &Action, prior: Option<&Resource>, filled: Option<&Filled>) -> Move {
        let kind = || action.kind.clone();
        let looks = action.desired.as_ref().is_some_and(|desired| desired.settings.read);
        let claim = action.moved_from.as_ref().filter(|_| !looks).map(|from| self.owner(from));
        match (op, prior, filled) {
            (StepOp::Create, _, Some(filled)) => {
                let (properties, tainted) = (filled.clear.clone(), filled.tainted.clone());
                Move::Call(Effect::Create(Create { kind: kind(), properties, tainted }), None)
            }
            (StepOp::Update, Some(prior), Some(filled)) if needs_no_call(action, prior, filled) => Move::Record,
            (StepOp::Update, Some(prior), Some(filled)) => {
                let object = prior.object.clone();
                let update = Update {
                    kind: kind(),
                    object: object.clone(),
                    before: prior.filled().clone(),
                    after: filled.clear.clone(),
                    tainted: filled.tainted.clone(),
                };
                Move::Call(Effect::Update { claim, update }, Some(object))
            }
            (StepOp::Delete | StepOp::DeleteDeposed, Some(prior), _) => {
                match (doomed(self.engine, op, prior), op == StepOp::Delete) {
                    (Ok(doomed), true) => Move::Call(Effect::Delete(doomed), Some(prior.object.clone())),
                    (Ok(doomed), false) => Move::Call(Effect::DeleteDeposed(doomed), None),
                    (Err(wrong), _) => Move::Impossible(wrong.into()),
                }
            }
            (StepOp::Read, _, Some(filled)) => match filled.clear.as_map().and_then(|map| map.get("object")) {
                Some(strata_model::Value::String(id)) => {
                    let object = ObjectId(id.clone());
                    Move::Call(Effect::Read { kind: kind(), object: object.clone() }, Some(object))
                }
                _ => Move::Impossible("what it reads is not named by a text".into()),
            },
            (StepOp::Import, _, Some(_)) => match &action.import {
                Some(object) => {
                    let claim = Effect::Claim { kind: kind(), object: object.clone(), from: None };
                    Move::Call(claim, Some(object.clone()))
                }
                None => Move::Impossible("its plan does not say which object to import".into()),
            },
            (StepOp::Record, Some(prior), Some(_)) if claim.is_some() => {
                let (kind, object) = (prior.kind.clone(), prior.object.clone());
                Move::Call(Effect::Claim { kind, object: object.clone(), from: claim }, Some(object))
            }
            (StepOp::Record, Some(_), Some(_)) => Move::Record,
            (StepOp::Forget, Some(_), _) => Move::Forget,
            (StepOp::Delete | StepOp::DeleteDeposed | StepOp::Forget, None, _) => Move::Nothing,
            _ => Move::Impossible("its plan asks for what cannot be done with what is recorded".into()),
        }
    }

    /// A step that changes only what is recorded.
    fn record_only(
        &mut self,
        step: usize,
        action: &Action,
        prior: Option<Arc<Resource>>,
        filled: Option<Filled>,
    ) -> Result<(), Failure> {
        let (Some(prior), Some(filled)) = (prior, filled) else { return Ok(()) };
        let seen = Observed {
            object: prior.object.clone(),
            attributes: prior.observed.clone(),
            secrets: Vec::new(),
            owner: None,
            unwell: None,
        };
        let made = Made {
            partition: &self.plan.partition,
            action,
            prior: Some(&prior),
            serial: self.held.serial(),
            at: self.engine.clock.now(),
        };
        let observed = made.observed(self.engine, Some(&filled), seen)?;
        let records = made.records(made.resource(filled, observed), &self.ledger);
        self.done(step, records);
        Ok(())
    }

    /// The same for every attempt at this step, in this run and in those that resume it.
    fn token(&self, step: usize) -> Token {
        let name = format!("{} {} {step}", self.project, self.run.id);
        Token(Digest::of(name.as_bytes()).to_string()["sha256:".len()..].into())
    }

    fn owner(&self, address: &Address) -> Owner {
        Owner { project: self.project.clone(), address: address.clone() }
    }
}

/// Apply may do less than was approved: an update that turns out to change nothing makes no call. Unless reality was
/// found to differ, or a secret is new.
fn needs_no_call(action: &Action, prior: &Resource, filled: &Filled) -> bool {
    let because_of_reality =
        action.reasons.iter().any(|reason| matches!(reason, Reason::Drifted | Reason::SecretRotated { .. }));
    let Some(desired) = &action.desired else { return false };
    let same = filled.sealed.as_ref().unwrap_or(&desired.properties) == prior.filled()
        && filled.allocations == prior.allocations;
    same && !because_of_reality && action.moved_from.is_none() && prior.status != Status::Failed
}

/// The numbers that are held from the call on. What a resource had under its former name it holds under that one until it
/// is recorded under the new one.
fn taken_anew(action: &Action, prior: Option<&Resource>, filled: Option<&Filled>) -> BTreeMap<Path, Allocation> {
    let Some(Filled { allocations, .. }) = filled else { return BTreeMap::new() };
    let mut anew = allocations.clone();
    if let Some(prior) = prior.filter(|_| action.moved_from.is_some()) {
        anew.retain(|path, number| prior.allocations.get(path) != Some(number));
    }
    anew
}
