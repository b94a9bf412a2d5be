//! What a plan changes about the outputs that a context publishes.

use std::collections::BTreeSet;
use std::sync::Arc;

use strata_base::{Diagnostic, Span};
use strata_model::plan::OutputChange;
use strata_model::{Address, Context, Expect, Later, Node, Output, Partition, ProviderInstance, Target, Value};

use crate::input::{Input, Selection};

use super::fill::Filler;
use super::links::Links;
use super::settled::Settled;

/// The outputs of a partition that will be others than those recorded.
pub(super) fn find<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    settled: &[Option<Settled<'a>>],
    going: &BTreeSet<&Address>,
    partition: &Partition,
    problems: &mut Vec<Diagnostic>,
) -> Vec<OutputChange> {
    let in_part = !matches!(input.options.selection, Selection::All);
    let first: (Context, Arc<str>) = (partition.context.clone(), "".into());
    let in_context = |key: &(Context, Arc<str>)| key.0 == partition.context;
    let mut changes = Vec::new();
    if !input.options.destroy {
        let wanted = input.graph.outputs.range(first.clone()..).take_while(|(key, _)| in_context(key));
        for (key, output) in wanted.filter(|(_, output)| output.tier == partition.tier) {
            // Where only a part is made, what is made of the rest waits for it.
            if in_part && made_of(&output.value, |address| is_left_out(input, links, settled, address)) {
                continue;
            }
            changes.extend(change(input, links, settled, partition, key, output, problems));
        }
    }
    let recorded = input.state.outputs.range(first..).take_while(|(key, _)| in_context(key));
    for (key, record) in recorded.filter(|(_, record)| record.tier == partition.tier) {
        // Where only a part is destroyed, what is made of the rest stays; of what no document says nobody knows what it is of.
        let withdrawn = match (input.options.destroy, in_part) {
            (false, _) => input.goes(key, record),
            (true, false) => true,
            (true, true) => {
                let output = input.graph.outputs.get(key);
                output.is_some_and(|output| made_of(&output.value, |address| going.contains(address)))
            }
        };
        if withdrawn {
            let expect = Expect::Serial(record.serial);
            let (name, tier, sensitive) = (key.1.clone(), partition.tier, record.sensitive);
            changes.push(OutputChange { name, tier, value: None, sensitive, expect });
        }
    }
    changes
}

/// Whether a value refers to such a resource.
fn made_of(value: &Value, such: impl Fn(&Address) -> bool) -> bool {
    let mut found = false;
    value.each_later(&mut |later| {
        later.each(&mut |later| {
            if let Later::Ref { target: Target::Attribute { address, .. }, .. } = later {
                found |= such(address);
            }
        });
    });
    found
}

/// Whether a resource is wanted, and neither there nor made by this plan.
fn is_left_out(input: &Input<'_>, links: &Links<'_>, settled: &[Option<Settled<'_>>], address: &Address) -> bool {
    let index = links.index.get(address);
    index.is_some_and(|&index| matches!(settled[index], Some(Settled::Skipped)) && links.prior[index].is_none())
        && !input.state.resources.contains_key(address)
}

/// What is told of outputs that go while others refer to them.
pub(super) fn missed(input: &Input<'_>, partition: &Partition, changes: &[OutputChange]) -> Vec<String> {
    let gone = changes.iter().filter(|change| change.value.is_none());
    let users = gone.flat_map(|change| {
        let key = (partition.context.clone(), change.name.clone());
        input.state.users.get(&key).into_iter().flatten().map(|user| (&change.name, user))
    });
    users.map(|(name, user)| format!("output `{name}` goes, and {user} refers to it")).collect()
}

fn change<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    settled: &[Option<Settled<'a>>],
    partition: &Partition,
    key: &(Context, Arc<str>),
    output: &Output,
    problems: &mut Vec<Diagnostic>,
) -> Option<OutputChange> {
    // Messages name the place of an expression by its node.
    let address = partition.context.address("outputs", &key.1).ok()?;
    let mut stand_in = Node::new(address, partition.tier, "output", ProviderInstance::named("strata"));
    stand_in.span = Span::NONE;
    let filled = Filler { input, links, settled, problems }.output(&output.value, &stand_in);
    let record = input.state.outputs.get(key);
    if record.is_some_and(|record| filled.stays(output, record)) {
        return None;
    }
    Some(OutputChange {
        name: key.1.clone(),
        tier: partition.tier,
        value: Some(output.value.clone()),
        sensitive: output.sensitive || filled.is_sensitive(),
        expect: record.map_or(Expect::Absent, |record| Expect::Serial(record.serial)),
    })
}
