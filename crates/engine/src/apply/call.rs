//! One effect on one object: called, repeated while that is safe, and read back where nobody knows.

use std::sync::Arc;
use std::time::Duration;

use strata_defects::{Defect, Point, pass, planted};
use strata_model::{Address, ObjectId, Path, Resource, Retain, StepOp, Timestamp, TypeName, Value};
use strata_ports::{Call, Create, Delete, Driver, DriverError, Found, Observed, Owner, Update, seal};

use crate::Engine;
use crate::mask::Mask;
use crate::retry::backoff;

/// What is to happen. No `Debug`: it holds secrets in clear.
pub(crate) enum Effect {
    Create(Create),
    Update {
        /// Whose mark it carries so far, if that is not who it shall be.
        claim: Option<Owner>,
        update: Update,
    },
    Delete(Vec<Doomed>),
    DeleteDeposed(Vec<Doomed>),
    /// Looks at what belongs to somebody else.
    Read {
        kind: TypeName,
        object: ObjectId,
    },
    /// Puts our mark on an object.
    Claim {
        kind: TypeName,
        object: ObjectId,
        from: Option<Owner>,
    },
}

/// An object that is to go. Its successor may live elsewhere and have another name.
pub(crate) struct Doomed {
    driver: Arc<dyn Driver>,
    delete: Delete,
    /// The address with which it is marked, where that is not the one of the call.
    under: Option<Address>,
}

/// What a step deletes: what replacements of `prior` left behind, and for [`StepOp::Delete`] its object too.
pub(crate) fn doomed(engine: &Engine<'_>, op: StepOp, prior: &Resource) -> Result<Vec<Doomed>, String> {
    let driver = |instance| engine.drivers.driver(instance).ok_or_else(|| format!("`{instance}` is not configured"));
    let left = prior.deposed.iter().map(|old| {
        let delete = Delete { kind: old.kind.clone(), object: old.object.clone(), snapshot: false };
        Ok(Doomed { driver: driver(&old.provider)?, delete, under: old.under.clone() })
    });
    let mut doomed: Vec<Doomed> = left.collect::<Result<_, String>>()?;
    if op == StepOp::Delete {
        let snapshot = prior.settings.retain == Retain::Snapshot;
        let delete = Delete { kind: prior.kind.clone(), object: prior.object.clone(), snapshot };
        doomed.push(Doomed { driver: driver(&prior.provider)?, delete, under: None });
    }
    Ok(doomed)
}

/// What the last look at a lost call gets, however late it is.
const LAST_LOOK: Duration = Duration::from_secs(1);

pub(crate) enum End {
    /// It is as it should be.
    Object(Box<Observed>),
    Gone,
    /// Nothing happened, or nothing more.
    Failed(DriverError),
    /// It may have happened, and nobody can tell.
    Unsure(String),
    /// It was too late to begin.
    NotStarted,
}

impl End {
    fn masked(self, mask: &Mask) -> End {
        match self {
            End::Object(observed) => End::Object(Box::new(mask.observed(*observed))),
            End::Failed(error) => End::Failed(mask.error(error)),
            other => other,
        }
    }
}

/// When a call is surely over, by the clock that does not jump: at its deadline. It began before now, so however the other
/// clock was set since, it ends within the time that calls have.
pub(crate) fn end_of(engine: &Engine<'_>, deadline: Timestamp) -> Duration {
    engine.clock.monotonic() + deadline.since(engine.clock.now()).min(engine.limits.call)
}

/// `mask` has the secrets that the call was given, `deadline` is what was written down about it.
pub(crate) fn perform(
    engine: &Engine<'_>,
    driver: &dyn Driver,
    effect: &Effect,
    mask: &Mask,
    mut call: Call,
    deadline: Timestamp,
) -> End {
    let over = call.until;
    let mut unsure = None;
    let mut last = None;
    let failed = loop {
        pass(Point::CallBegins);
        // Others go by the deadline, also where a clock was set on.
        if engine.clock.monotonic() >= over || engine.clock.now() >= deadline {
            let why = last.map_or_else(String::new, |error: DriverError| format!(": {error}"));
            break DriverError::Transient(format!("its time was up{why}"));
        }
        let called = once(driver, effect, &call);
        pass(Point::CallEnds);
        let error = match called.map_err(|error| mask.error(error)) {
            Ok(end) => return end.masked(mask),
            Err(error) => error,
        };
        let unknown = matches!(error, DriverError::Unknown(_));
        if unknown && !matches!(effect, Effect::Read { .. }) {
            unsure = Some(error.to_string());
            // A create that is not recognised must not be repeated before it is known that it did nothing.
            if matches!(effect, Effect::Create(_)) && !driver.guarantees().idempotent {
                break error;
            }
        }
        if !(unknown || error.may_be_repeated()) || call.attempt >= engine.limits.attempts {
            break error;
        }
        let wait = backoff(&error, call.attempt);
        (engine.events)(strata_model::Event::StepRetry {
            address: call.owner.address.clone(),
            op: op(effect),
            attempt: call.attempt,
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            error: error.to_string().into(),
        });
        engine.clock.sleep(wait.min(over.saturating_sub(engine.clock.monotonic())));
        last = Some(error);
        call.attempt += 1;
    };
    match unsure {
        None => End::Failed(failed),
        Some(why) => read_back(engine, driver, effect, mask, &call, over, &why),
    }
}

fn once(driver: &dyn Driver, effect: &Effect, call: &Call) -> Result<End, DriverError> {
    let object = |observed| End::Object(Box::new(observed));
    match effect {
        Effect::Create(create) => driver.create(create, call).map(object),
        Effect::Update { claim, update } => {
            if let Some(from) = claim {
                driver.claim(&update.kind, &update.object, Some(from), call)?;
            }
            driver.update(update, call).map(object)
        }
        Effect::Delete(doomed) | Effect::DeleteDeposed(doomed) => {
            for Doomed { driver, delete, under } in doomed {
                let address = under.as_ref().unwrap_or(&call.owner.address).clone();
                let owner = Owner { address, ..call.owner.clone() };
                match driver.delete(delete, &Call { owner, ..call.clone() }) {
                    // An earlier attempt of ours may have done it.
                    Ok(()) | Err(DriverError::NotFound) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(End::Gone)
        }
        Effect::Read { kind, object: id } => driver.read(kind, id, call).map(object),
        Effect::Claim { kind, object: id, from } => driver.claim(kind, id, from.as_ref(), call).map(object),
    }
}

fn op(effect: &Effect) -> StepOp {
    match effect {
        Effect::Create(_) => StepOp::Create,
        Effect::Update { .. } => StepOp::Update,
        Effect::Delete(_) => StepOp::Delete,
        Effect::DeleteDeposed(_) => StepOp::DeleteDeposed,
        Effect::Read { .. } => StepOp::Read,
        Effect::Claim { .. } => StepOp::Import,
    }
}

/// Finds out whether a lost call took effect. It may land until it is over, so "no" is believed only after that.
/// Where looking fails, nobody looks for longer than one more call may take; what is only not seen may be seen later.
pub(crate) fn read_back(
    engine: &Engine<'_>,
    driver: &dyn Driver,
    effect: &Effect,
    mask: &Mask,
    call: &Call,
    over: Duration,
    why: &str,
) -> End {
    // Each look is an attempt of its own: what one misses, the next may see.
    let mut look = Call { attempt: 1, ..call.clone() };
    let mut late_looks = 0;
    loop {
        let left = over.saturating_sub(engine.clock.monotonic());
        let late = left.is_zero() || planted(Defect::DeadlineIgnored);
        late_looks += u32::from(late);
        // Looking takes its own time.
        let patience = (over + engine.limits.call).saturating_sub(engine.clock.monotonic());
        let last = late_looks >= engine.limits.attempts;
        look.until = engine.clock.monotonic() + engine.limits.call.min(patience.max(LAST_LOOK));
        let because: Arc<str> = match look_once(engine, driver, effect, &look).map_err(|error| mask.error(error)) {
            Ok(Seen::Done(end)) => return end.masked(mask),
            Ok(Seen::NotDone) if late => {
                return End::Failed(DriverError::Transient(format!("it had no effect: {why}")));
            }
            Ok(Seen::Unsure) if last => return End::Unsure(why.to_owned()),
            Err(error) if last || patience.is_zero() => return End::Unsure(format!("{why}; looking at it: {error}")),
            Ok(Seen::NotDone) => "it may still take effect".into(),
            Ok(Seen::Unsure) => "it is not seen, and might be later".into(),
            Err(error) => error.to_string().into(),
        };
        let looks = if late { late_looks } else { look.attempt };
        let wait = backoff(&DriverError::NotFound, looks).min(if late { engine.limits.call } else { left });
        (engine.events)(strata_model::Event::LookAgain {
            address: call.owner.address.clone(),
            op: op(effect),
            wait_ms: u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
            because,
        });
        engine.clock.sleep(wait);
        look.attempt += 1;
    }
}

enum Seen {
    Done(End),
    NotDone,
    Unsure,
}

fn look_once(engine: &Engine<'_>, driver: &dyn Driver, effect: &Effect, call: &Call) -> Result<Seen, DriverError> {
    let certain = driver.guarantees().read_after_write;
    match effect {
        Effect::Create(create) => Ok(match driver.find(&create.kind, call)? {
            Found::Object(found) => Seen::Done(End::Object(found)),
            Found::Nothing => Seen::NotDone,
            Found::Unsure => Seen::Unsure,
        }),
        Effect::Update { claim, update } => match driver.read(&update.kind, &update.object, call) {
            Ok(observed)
                if (claim.is_none() || may_be_ours(&observed, call))
                    && took_effect(engine, driver, update, &observed)? =>
            {
                Ok(Seen::Done(End::Object(Box::new(observed))))
            }
            Ok(_) if certain => Ok(Seen::NotDone),
            Ok(_) => Ok(Seen::Unsure),
            Err(DriverError::NotFound) => Ok(Seen::Done(End::Failed(DriverError::NotFound))),
            Err(error) => Err(error),
        },
        Effect::Delete(doomed) | Effect::DeleteDeposed(doomed) => {
            for Doomed { driver, delete, .. } in doomed {
                match gone(&**driver, delete, call)? {
                    Seen::Done(_) => {}
                    other => return Ok(other),
                }
            }
            Ok(Seen::Done(End::Gone))
        }
        Effect::Read { kind, object } => {
            driver.read(kind, object, call).map(|observed| Seen::Done(End::Object(Box::new(observed))))
        }
        Effect::Claim { kind, object, .. } => {
            let observed = match driver.read(kind, object, call) {
                // Nobody can have put a mark on what is gone.
                Err(DriverError::NotFound) if certain => return Ok(Seen::Done(End::Failed(DriverError::NotFound))),
                other => other?,
            };
            let ours = observed.owner.as_ref() == Some(&call.owner);
            Ok(if ours { Seen::Done(End::Object(Box::new(observed))) } else { Seen::NotDone })
        }
    }
}

/// Whether an object carries our mark, or is of those that can carry none.
fn may_be_ours(observed: &Observed, call: &Call) -> bool {
    observed.owner.as_ref().is_none_or(|owner| *owner == call.owner)
}

fn gone(driver: &dyn Driver, delete: &Delete, call: &Call) -> Result<Seen, DriverError> {
    match driver.read(&delete.kind, &delete.object, call) {
        Err(DriverError::NotFound) => Ok(Seen::Done(End::Gone)),
        Ok(_) if driver.guarantees().read_after_write => Ok(Seen::NotDone),
        Ok(_) => Ok(Seen::Unsure),
        Err(error) => Err(error),
    }
}

/// Sensitive leaves come back as fingerprints, and what was sent is compared by its own: an update may change nothing else.
fn took_effect(
    engine: &Engine<'_>,
    driver: &dyn Driver,
    update: &Update,
    observed: &Observed,
) -> Result<bool, DriverError> {
    let is_sealed = |path: &Path| matches!(observed.attributes.at(path), Some(Value::Sealed(_)));
    let sealer = |text: &str| engine.secrets.fingerprint(text);
    let sealed = seal(&update.after, is_sealed, &sealer);
    let (wanted, _) = sealed.map_err(|error| DriverError::Transient(error.to_string()))?;
    Ok(driver.diff(&update.kind, &wanted, &observed.attributes).is_empty())
}

/// Whether there is time enough left to begin a call.
pub(crate) fn in_time(engine: &Engine<'_>, call: &Call, deadline: Timestamp) -> bool {
    let left = call.until.saturating_sub(engine.clock.monotonic());
    left.min(deadline.since(engine.clock.now())) >= engine.limits.call / 2
}
