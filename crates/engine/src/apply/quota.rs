//! Shares of quotas are taken before the first call, and so that two applications cannot both take the last one: each
//! publishes what it will use, and only then looks at what the others have published. Whoever is second sees the first;
//! of two that meet, one is refused, or at worst both are. Who lowers a quota meets those who use it in the same way.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::quota::{self, Amount, Amounts, Shares};
use strata_model::record::OutputRecord;
use strata_model::{Context, Plan, Record, Tier};
use strata_ports::Reads;

use crate::failure::{Failure, FailureKind};
use crate::lease::Held;
use crate::{Engine, codes};

use super::Ledger;

/// Takes what a plan will use more than is recorded of its context, or demands what it allows less; or else refuses the
/// plan and publishes nothing.
pub(super) fn reserve(engine: &Engine<'_>, held: &mut Held, ledger: &mut Ledger, plan: &Plan) -> Result<(), Failure> {
    let tier = plan.partition.tier;
    let name = if tier == Tier::Application { quota::usage_output() } else { quota::namespaces_output(tier) };
    let change = plan.outputs.iter().find(|change| change.name == name);
    let Some(wanted) = change.and_then(|change| change.value.as_ref()).map(quota::shares_of) else { return Ok(()) };
    let before = ledger.outputs.get(&name).cloned();
    let had = before.as_ref().map(|record| quota::shares_of(&record.value)).unwrap_or_default();
    let (tighter, published) = match tier {
        // Until the plan is done, what it gives up is still there.
        Tier::Application => (further(&wanted, &had, |wanted, had| wanted > had.unwrap_or(0)), most(&wanted, &had)),
        _ => (further(&wanted, &had, |wanted, had| had.is_none_or(|had| wanted < had)), wanted),
    };
    if tighter.is_empty() {
        return Ok(());
    }
    let Ok(environment) = Context::new(&held.context.org(), &held.context.env(), None) else { return Ok(()) };
    let refuse = || match tier {
        Tier::Application => no_room(engine, &environment, plan, &tighter),
        _ => too_low(engine, &environment, plan, &tighter),
    };
    // Most of what is too much is known without a write.
    refuse()?;
    let serial = held.serial();
    let taken = Record::Output(OutputRecord {
        name: name.clone(),
        tier,
        value: quota::value_of(&published),
        sensitive: false,
        desired: Default::default(),
        inputs: Vec::new(),
        secrets: Vec::new(),
        serial,
    });
    held.commit(engine, std::slice::from_ref(&taken))?;
    if let Err(refused) = refuse() {
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

/// Of each namespace, the dimensions of which something is wanted that goes further than what was had.
fn further(wanted: &Shares, had: &Shares, goes_further: fn(i128, Option<i128>) -> bool) -> Shares {
    let further = wanted.iter().map(|(namespace, amounts)| {
        let had = |name: &Arc<str>| Some(had.get(namespace)?.get(name)?.number);
        let further = amounts.iter().filter(|(name, amount)| goes_further(amount.number, had(name)));
        (namespace.clone(), further.map(|(name, amount)| (name.clone(), *amount)).collect::<Amounts>())
    });
    further.filter(|(_, amounts)| !amounts.is_empty()).collect()
}

fn most(wanted: &Shares, had: &Shares) -> Shares {
    let mut most = had.clone();
    for (namespace, amounts) in wanted {
        let most = most.entry(namespace.clone()).or_default();
        for (name, amount) in amounts {
            let known = most.entry(name.clone()).or_insert(*amount);
            known.number = known.number.max(amount.number);
        }
    }
    most
}

/// What applications of an environment use, but for one.
fn used(engine: &Engine<'_>, environment: &Context, own: &Context) -> Result<BTreeMap<Context, Shares>, Failure> {
    let name = quota::usage_output();
    let mut found = BTreeMap::new();
    for context in engine.store.contexts()? {
        if context != *own && quota::is_below(environment, &context) {
            let outputs = engine.store.outputs(&context)?;
            let used = outputs.iter().find(|output| output.name == name);
            found.extend(used.map(|output| (context, quota::shares_of(&output.value))));
        }
    }
    Ok(found)
}

/// Who uses how much of a dimension of a namespace.
fn parts<'u>(used: &'u BTreeMap<Context, Shares>, namespace: &str, dimension: &str) -> Vec<(&'u Context, Amount)> {
    let of = |shares: &Shares| shares.get(namespace)?.get(dimension).copied();
    used.iter().filter_map(|(context, shares)| Some((context, of(shares)?))).collect()
}

/// As much as all of them, of what a limit is set to.
fn sum(parts: &[(&Context, Amount)], limit: Amount) -> Amount {
    Amount { number: parts.iter().map(|(_, used)| used.number).sum(), ..limit }
}

fn told(parts: &[(&Context, Amount)]) -> String {
    parts.iter().map(|(context, amount)| format!("{context} {amount}")).collect::<Vec<_>>().join(", ")
}

/// Refuses what is too much together with what all other applications use.
fn no_room(engine: &Engine<'_>, environment: &Context, plan: &Plan, wanted: &Shares) -> Result<(), Failure> {
    let own = &plan.partition.context;
    let (limits, others) = (limits(engine, environment)?, used(engine, environment, own)?);
    for (namespace, amounts) in wanted {
        for (dimension, amount) in amounts {
            let Some(&limit) = limits.get(namespace).and_then(|limits| limits.get(dimension)) else { continue };
            let mut parts = parts(&others, namespace, dimension);
            parts.insert(0, (own, *amount));
            let sum = sum(&parts, limit);
            if sum.number > limit.number {
                let message = format!(
                    "namespace `{namespace}` has no {dimension} left for plan {}: it would be {sum} in all, and {limit} \
                     is allowed",
                    super::short(&plan.hash)
                );
                return Err(Failure::new(FailureKind::NotAllowed, codes::QUOTA, message)
                    .hint(format!("it is made of {}", told(&parts))));
            }
        }
    }
    Ok(())
}

/// Refuses limits that are lower than what is used.
fn too_low(engine: &Engine<'_>, environment: &Context, plan: &Plan, limits: &Shares) -> Result<(), Failure> {
    let used = used(engine, environment, environment)?;
    for (namespace, amounts) in limits {
        for (dimension, limit) in amounts {
            let parts = parts(&used, namespace, dimension);
            let sum = sum(&parts, *limit);
            if sum.number > limit.number {
                let message = format!(
                    "namespace `{namespace}` cannot allow {dimension} {limit}, as plan {} has it: {sum} is used",
                    super::short(&plan.hash)
                );
                return Err(Failure::new(FailureKind::NotAllowed, codes::QUOTA, message)
                    .hint(format!("it is made of {}", told(&parts))));
            }
        }
    }
    Ok(())
}
