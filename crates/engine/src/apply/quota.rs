//! Shares of quotas are taken before the first call, and so that two applications cannot both take the last one: each
//! publishes what it will use, and only then looks at what the others have published. Whoever is second sees the first;
//! of two that meet, one is refused, or at worst both are.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::quota::{self, Amounts, Shares};
use strata_model::record::OutputRecord;
use strata_model::{Context, Plan, Record, Tier};

use crate::failure::{Failure, FailureKind};
use crate::lease::Held;
use crate::{Engine, codes};

use super::Ledger;

/// Takes what a plan will use more than is recorded of its context, or refuses the plan and takes nothing.
pub(super) fn reserve(engine: &Engine<'_>, held: &mut Held, ledger: &mut Ledger, plan: &Plan) -> Result<(), Failure> {
    let name = quota::usage_output();
    let change = plan.outputs.iter().find(|change| change.name == name);
    let Some(wanted) = change.and_then(|change| change.value.as_ref()).map(quota::shares_of) else { return Ok(()) };
    let before = ledger.outputs.get(&name).cloned();
    let had = before.as_ref().map(|record| quota::shares_of(&record.value)).unwrap_or_default();
    let more = beyond(&wanted, &had);
    if more.is_empty() {
        return Ok(());
    }
    let Ok(environment) = Context::new(&held.context.org(), &held.context.env(), None) else { return Ok(()) };
    let limits = limits(engine, &environment)?;
    // Most of what is too much is known without a write.
    refuse(engine, &environment, plan, &more, &limits)?;
    let serial = held.serial();
    let taken = Record::Output(OutputRecord {
        name: name.clone(),
        tier: Tier::Application,
        value: quota::value_of(&most(&wanted, &had)),
        sensitive: false,
        desired: Default::default(),
        inputs: Vec::new(),
        secrets: Vec::new(),
        serial,
    });
    held.commit(engine, std::slice::from_ref(&taken))?;
    if let Err(refused) = refuse(engine, &environment, plan, &more, &limits) {
        let given_back = before.map_or(Record::OutputRemoved { name }, Record::Output);
        held.commit(engine, &[given_back])?;
        return Err(refused);
    }
    ledger.take(&[taken]);
    Ok(())
}

/// What the namespaces of an environment allow.
fn limits(engine: &Engine<'_>, environment: &Context) -> Result<Shares, Failure> {
    let published = engine.store.outputs(environment)?;
    let names = [Tier::Infrastructure, Tier::Shared].map(quota::namespaces_output);
    let namespaces = published.iter().filter(|output| names.contains(&output.name));
    Ok(namespaces.flat_map(|output| quota::shares_of(&output.value)).collect())
}

/// Of each namespace, the dimensions of which more is wanted than was had, with all that is wanted of them.
fn beyond(wanted: &Shares, had: &Shares) -> Shares {
    let of = |namespace: &Arc<str>, name: &Arc<str>| had.get(namespace).and_then(|had| had.get(name)).copied();
    let more = wanted.iter().map(|(namespace, amounts)| {
        let more = amounts.iter().filter(|(name, amount)| **amount > of(namespace, name).unwrap_or(0));
        (namespace.clone(), more.map(|(name, amount)| (name.clone(), *amount)).collect::<Amounts>())
    });
    more.filter(|(_, amounts)| !amounts.is_empty()).collect()
}

/// Until the plan is done, what it gives up is still there.
fn most(wanted: &Shares, had: &Shares) -> Shares {
    let mut most = had.clone();
    for (namespace, amounts) in wanted {
        let most = most.entry(namespace.clone()).or_default();
        for (name, amount) in amounts {
            let known = most.entry(name.clone()).or_insert(*amount);
            *known = (*known).max(*amount);
        }
    }
    most
}

/// Refuses what is too much together with what all other applications use.
fn refuse(
    engine: &Engine<'_>,
    environment: &Context,
    plan: &Plan,
    wanted: &Shares,
    limits: &Shares,
) -> Result<(), Failure> {
    let own = &plan.partition.context;
    let name = quota::usage_output();
    let mut others: BTreeMap<Context, Shares> = BTreeMap::new();
    for context in engine.store.contexts()? {
        if context != *own && quota::is_below(environment, &context) {
            let outputs = engine.store.outputs(&context)?;
            let used = outputs.iter().find(|output| output.name == name);
            others.extend(used.map(|output| (context, quota::shares_of(&output.value))));
        }
    }
    for (namespace, amounts) in wanted {
        for (dimension, amount) in amounts {
            let of = |shares: &Shares| shares.get(namespace).and_then(|amounts| amounts.get(dimension)).copied();
            let Some(limit) = of(limits) else { continue };
            let used: Vec<(&Context, i128)> =
                others.iter().filter_map(|(context, shares)| Some((context, of(shares)?))).collect();
            let sum = amount + used.iter().map(|(_, used)| used).sum::<i128>();
            if sum > limit {
                let message = format!(
                    "namespace `{namespace}` has no {dimension} left for plan {}: it would be {sum} in all, and {limit} \
                     is allowed",
                    super::short(&plan.hash)
                );
                let used: Vec<String> = used.iter().map(|(context, used)| format!("{context} {used}")).collect();
                return Err(Failure::new(FailureKind::NotAllowed, codes::QUOTA, message)
                    .hint(format!("it is made of {own} {amount}, {}", used.join(", "))));
            }
        }
    }
    Ok(())
}
