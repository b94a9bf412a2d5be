//! Whether a plan still fits what is recorded.

use strata_model::plan::Read;
use strata_model::{Action, Expect, Plan, Reliance};
use strata_ports::Reads;

use crate::failure::{Failure, FailureKind};
use crate::{Engine, codes};

use super::Ledger;

/// Refuses a plan of which something that it was made from has changed. `begun` tells the actions that an earlier run
/// of this plan has begun: what they change is their own doing.
pub(super) fn hold(
    engine: &Engine<'_>,
    ledger: &Ledger,
    plan: &Plan,
    begun: &dyn Fn(&Action) -> bool,
) -> Result<(), Failure> {
    let ours = |read: &Read| {
        let Read::Resource { address, .. } = read else { return false };
        plan.actions.iter().any(|action| action.address == *address && begun(action))
    };
    for action in plan.actions.iter().filter(|action| !begun(action)) {
        let recorded = action.moved_from.as_ref().unwrap_or(&action.address);
        let found = ledger.resources.get(recorded);
        if let Some(other) = found.filter(|resource| resource.tier != plan.partition.tier) {
            let message = format!(
                "plan {} is of {}, and {recorded} is of tier {}",
                super::short(&plan.hash),
                plan.partition,
                other.tier
            );
            return Err(Failure::new(FailureKind::NotAllowed, codes::NOT_ALLOWED, message));
        }
        let found = found.map(|resource| resource.serial);
        match (action.expect, found) {
            (Expect::Absent, None) => {}
            (Expect::Serial(expected), Some(found)) if expected == found => {}
            (Expect::Absent, Some(_)) => return Err(stale(plan, &format!("{recorded} exists by now"))),
            (Expect::Serial(_), None) => return Err(stale(plan, &format!("{recorded} is not recorded any more"))),
            (Expect::Serial(_), Some(_)) => return Err(stale(plan, &format!("{recorded} was recorded anew"))),
        }
        for read in action.reads.iter().filter(|read| !ours(read)) {
            unchanged(engine, ledger, plan, read)?;
        }
        for used in &action.secrets {
            let version = engine.secrets.version(&used.secret)?;
            if version != used.version {
                let what = format!("secret {}:{} has a new version", used.secret.store, used.secret.key);
                return Err(stale(plan, &what));
            }
        }
    }
    Ok(())
}

/// Refuses a plan that was held to demands which are others by now.
pub(super) fn relied_on(engine: &Engine<'_>, plan: &Plan) -> Result<(), Failure> {
    for Reliance { context, output, serial } in &plan.relies {
        let outputs = engine.store.outputs(context)?;
        let found = outputs.iter().find(|record| record.name == *output).map(|record| record.serial);
        if found != *serial {
            let what = match (serial, found) {
                (None, _) => "is published by now",
                (_, None) => "is published no more",
                _ => "was published anew",
            };
            return Err(stale(plan, &format!("output `{output}` of {context}, to which it was held, {what}")));
        }
    }
    Ok(())
}

fn unchanged(engine: &Engine<'_>, ledger: &Ledger, plan: &Plan, read: &Read) -> Result<(), Failure> {
    match read {
        Read::Resource { address, serial } => {
            let found = if address.is_in(&plan.partition.context) {
                ledger.resources.get(address).map(|resource| resource.serial)
            } else {
                engine.store.resource(address)?.map(|resource| resource.serial)
            };
            if found != Some(*serial) {
                return Err(stale(plan, &format!("{address}, which it refers to, was recorded anew")));
            }
        }
        Read::Output { context, output, serial } => {
            let outputs = engine.store.outputs(context)?;
            let found = outputs.iter().find(|record| record.name == *output).map(|record| record.serial);
            if found != Some(*serial) {
                return Err(stale(plan, &format!("output `{output}` of {context} was published anew")));
            }
        }
    }
    Ok(())
}

fn stale(plan: &Plan, what: &str) -> Failure {
    let message = format!("plan {} is stale: {what}", super::short(&plan.hash));
    Failure::new(FailureKind::Stale, codes::STALE, message).hint("make a new plan")
}
