//! Quotas that become smaller together with what uses them: room is made before it is taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::plan::OutputChange;
use strata_model::quota::{self, Shares};
use strata_model::{Context, Partition, Tier};

use crate::input::Input;

/// Each partition that lowers a quota with one that gives some of it up, which should come first.
pub(super) fn made_first<'a>(
    input: &Input<'_>,
    published: &'a BTreeMap<Partition, Vec<OutputChange>>,
) -> Vec<(&'a Partition, &'a Partition)> {
    let before_and_after = |partition: &Partition, name: Arc<str>| {
        let change = published.get(partition)?.iter().find(|change| change.name == name)?;
        let key: (Context, Arc<str>) = (partition.context.clone(), name);
        let had = quota::shares_of(&input.state.outputs.get(&key)?.value);
        let wanted = change.value.as_ref().map(quota::shares_of).unwrap_or_default();
        Some((had, wanted))
    };
    let amount = |shares: &Shares, namespace: &str, dimension: &str| {
        shares.get(namespace).and_then(|amounts| amounts.get(dimension)).map(|amount| amount.number)
    };
    // Without a limit there is more room than with any.
    let lowers = |partition: &Partition| {
        before_and_after(partition, quota::namespaces_output(partition.tier)).is_some_and(|(had, wanted)| {
            let mut all = wanted.iter().flat_map(|(name, amounts)| amounts.keys().map(move |key| (name, key)));
            all.any(|(name, key)| amount(&had, name, key).is_none_or(|had| amount(&wanted, name, key) < Some(had)))
        })
    };
    let gives_up = |partition: &Partition| {
        before_and_after(partition, quota::usage_output()).is_some_and(|(had, wanted)| {
            let mut all = had.iter().flat_map(|(name, amounts)| amounts.iter().map(move |(key, had)| (name, key, had)));
            all.any(|(name, key, had)| amount(&wanted, name, key).unwrap_or(0) < had.number)
        })
    };
    let (lower, upper): (Vec<&Partition>, Vec<&Partition>) =
        published.keys().partition(|partition| partition.tier == Tier::Application);
    let upper: Vec<&Partition> = upper.into_iter().filter(|partition| lowers(partition)).collect();
    if upper.is_empty() {
        return Vec::new();
    }
    let lower = lower.into_iter().filter(|partition| gives_up(partition));
    lower
        .flat_map(|below| upper.iter().map(move |above| (*above, below)))
        .filter(|(above, below)| quota::is_below(&above.context, &below.context))
        .collect()
}
