//! Assembles the plans, one for each partition, and puts them into the order in which they must be applied.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;
use strata_base::Diagnostic;
use strata_model::plan::{Desired, FORMAT, Read};
use strata_model::{
    Action, ActionKind, Address, Context, Digest, Expect, Partition, Plan, PlanSet, Reason, Reliance, Risk, Strength,
};

use crate::codes;
use crate::input::Input;

use super::deletes::Deletes;
use super::links::Links;
use super::settled::{Filled, Settled};
use super::steps::Draft;
use super::{outputs, radius, rank, room, steps};

#[derive(Default)]
struct Part<'a> {
    drafts: Vec<Draft<'a>>,
    unchanged: Vec<Address>,
    warnings: Vec<String>,
}

pub(super) fn assemble<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    mut settled: Vec<Option<Settled<'a>>>,
    deletes: &Deletes<'a>,
) -> Result<PlanSet, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut parts: BTreeMap<Partition, Part> =
        input.graph.scope.iter().map(|partition| (partition.clone(), Part::default())).collect();
    let mut published = BTreeMap::new();
    let going: BTreeSet<&Address> = deletes.all.iter().map(|deleted| &deleted.resource.address).collect();
    for partition in parts.keys() {
        published.insert(partition.clone(), outputs::find(input, links, &settled, &going, partition, &mut problems));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let room: Vec<(Partition, Partition)> =
        room::made_first(input, &published).into_iter().map(|(a, b)| (a.clone(), b.clone())).collect();
    let anew: Vec<bool> =
        settled.iter().map(|settled| matches!(settled, Some(Settled::Change(_) | Settled::Record { .. }))).collect();
    // In the order of the links, so that a draft comes after those that it needs.
    for &index in &links.order {
        let Some(part) = parts.get_mut(&links.nodes[index].partition()) else { continue };
        match settled[index].take() {
            None | Some(Settled::Skipped) => {}
            Some(Settled::Same) => part.unchanged.push(links.nodes[index].address.clone()),
            Some(Settled::Record { reasons, filled }) => {
                let mut action = draft(links, index, ActionKind::NoOp, *filled, &anew);
                action.reasons = reasons;
                part.drafts.push(Draft { action, prior: links.prior[index] });
            }
            Some(Settled::Change(change)) => {
                let mut action = draft(links, index, change.kind, change.filled, &anew);
                action.risk = rank::of_change(change.kind, &change.changes, change.schema);
                action.reasons = change.reasons;
                action.changes = change.changes;
                part.drafts.push(Draft { action, prior: links.prior[index] });
            }
        }
    }
    for deleted in &deletes.all {
        let resource = deleted.resource;
        let partition = Partition { context: resource.address.context(), tier: resource.tier };
        let Some(part) = parts.get_mut(&partition) else { continue };
        let kind = if deleted.forget { ActionKind::Forget } else { ActionKind::Delete };
        let schema = input.schemas.schema(&resource.provider, &resource.kind);
        let leftovers = (!deleted.forget && !resource.deposed.is_empty()).then_some(Reason::Deposed);
        let action = Action {
            address: resource.address.clone(),
            action: kind,
            kind: resource.kind.clone(),
            provider: resource.provider.clone(),
            risk: if deleted.forget { Risk::None } else { rank::of_delete(resource, schema) },
            reasons: std::iter::once(deleted.reason.clone()).chain(leftovers).collect(),
            changes: Vec::new(),
            expect: Expect::Serial(resource.serial),
            reads: Vec::new(),
            secrets: Vec::new(),
            desired: None,
            moved_from: None,
            import: None,
            lifted: resource.settings.protect && !deleted.forget,
        };
        part.drafts.push(Draft { action, prior: Some(resource) });
    }
    for (partition, warning) in &deletes.warnings {
        if let Some(part) = parts.get_mut(partition) {
            part.warnings.push(warning.clone());
        }
    }
    let reverse = radius::reverse(input);
    let order = order(&parts, &room)?;
    let mut plans = BTreeMap::new();
    for (partition, mut part) in parts {
        let outputs = published.remove(&partition).unwrap_or_default();
        part.warnings.extend(outputs::missed(input, &partition, &outputs));
        match seal(input, partition.clone(), part, outputs, &reverse) {
            Ok(plan) => {
                plans.insert(partition, plan);
            }
            Err(problem) => problems.push(*problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(PlanSet { format: FORMAT, plans: order.iter().filter_map(|partition| plans.remove(partition)).collect() })
}

/// `anew` tells the nodes that this set records anew.
fn draft(links: &Links<'_>, index: usize, kind: ActionKind, filled: Filled, anew: &[bool]) -> Action {
    let node = links.nodes[index];
    // What the plan of another partition records anew comes first, and would make this one stale. What is known of it is
    // known with that, and is held against what there is when this one is applied.
    let comes_first = |read: &Read| {
        let Read::Resource { address, .. } = read else { return false };
        // What is recorded is read under the address that it has until then.
        let other = links.index.get(links.moved.get(address).copied().unwrap_or(address));
        other.is_some_and(|&other| anew[other] && links.nodes[other].partition() != node.partition())
    };
    let prior = links.prior[index];
    let former = prior.map(|prior| &prior.address).filter(|address| **address != node.address);
    Action {
        address: node.address.clone(),
        action: kind,
        kind: node.kind.clone(),
        provider: node.provider.clone(),
        risk: Risk::None,
        reasons: Vec::new(),
        changes: Vec::new(),
        expect: prior.map_or(Expect::Absent, |prior| Expect::Serial(prior.serial)),
        reads: filled.reads.into_iter().filter(|read| !comes_first(read)).collect(),
        secrets: filled.secrets,
        desired: Some(Desired {
            properties: node.properties.clone(),
            known: filled.value,
            depends_on: links.needs[index].clone(),
            settings: node.settings.clone(),
            checks: node.checks.clone(),
        }),
        moved_from: former.cloned(),
        import: None,
        lifted: kind.is_replace() && (node.settings.protect || prior.is_some_and(|prior| prior.settings.protect)),
    }
}

fn seal(
    input: &Input<'_>,
    partition: Partition,
    part: Part<'_>,
    outputs: Vec<strata_model::plan::OutputChange>,
    reverse: &radius::Reverse<'_>,
) -> Result<Plan, Box<Diagnostic>> {
    let mut steps = steps::order(&part.drafts)?;
    let mut actions: Vec<(usize, Action)> = part.drafts.into_iter().map(|draft| draft.action).enumerate().collect();
    actions.sort_by(|(_, a), (_, b)| rank::compare(a, b));
    let mut place = vec![0; actions.len()];
    for (to, (from, _)) in (0..).zip(&actions) {
        place[*from] = to;
    }
    for step in &mut steps {
        step.action = place[step.action as usize];
    }
    let actions: Vec<Action> = actions.into_iter().map(|(_, action)| action).collect();
    let mut unchanged = part.unchanged;
    unchanged.sort();
    let gated = input.graph.execution.get(&partition).is_some_and(|execution| execution.gated);
    // What goes is bounded by nobody.
    let relies = input.graph.relies.get(&partition).filter(|_| !input.options.destroy);
    let reliance = |key: &(Context, Arc<str>)| Reliance {
        context: key.0.clone(),
        output: key.1.clone(),
        serial: input.state.outputs.get(key).map(|record| record.serial),
    };
    let mut plan = Plan {
        hash: Digest([0; 32]),
        affected: radius::affected(&actions, reverse),
        partition,
        turn: 0,
        gated,
        actions,
        steps,
        outputs,
        relies: relies.into_iter().flatten().map(reliance).collect(),
        unchanged,
        warnings: part.warnings,
        evidence: input.graph.evidence.clone(),
    };
    let broken =
        |error| Box::new(Diagnostic::error(codes::BROKEN_PLAN, format!("the plan cannot be written down: {error}")));
    plan.hash = plan.compute_hash().map_err(broken)?;
    Ok(plan)
}

/// Plans that make what others use come first, plans that delete what others let go of come after them. Where neither
/// says anything: what makes before what only deletes, and by tier, downwards for making and upwards for deleting.
///
/// `room` lists partitions that follow others, unless those need them.
fn order(
    parts: &BTreeMap<Partition, Part<'_>>,
    room: &[(Partition, Partition)],
) -> Result<Vec<Partition>, Vec<Diagnostic>> {
    let names: Vec<&Partition> = parts.keys().collect();
    if let [only] = names[..] {
        return Ok(vec![only.clone()]);
    }
    let number: BTreeMap<&Partition, usize> = names.iter().copied().zip(0..).collect();
    let mut home: FxHashMap<&Address, (usize, &Draft)> = FxHashMap::default();
    for (partition, part) in parts {
        for draft in &part.drafts {
            home.insert(&draft.action.address, (number[partition], draft));
            if let Some(prior) = draft.prior {
                home.insert(&prior.address, (number[partition], draft));
            }
        }
    }
    let mut before: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); names.len()];
    for (partition, part) in parts {
        let own = number[partition];
        for draft in &part.drafts {
            for need in draft.action.desired.iter().flat_map(|desired| &desired.depends_on) {
                if let Some((other, _)) = home.get(&need.on).filter(|(other, _)| *other != own) {
                    before[own].insert(*other);
                }
            }
            for need in draft.prior.into_iter().flat_map(|prior| &prior.depends_on) {
                let goes = |draft: &Draft<'_>| draft.action.action == ActionKind::Delete;
                if let Some((other, _)) = home.get(&need.on).filter(|(other, draft)| *other != own && goes(draft))
                    && need.strength == Strength::Hard
                {
                    before[*other].insert(own);
                }
            }
        }
    }
    for (above, below) in room {
        if let (Some(&above), Some(&below)) = (number.get(above), number.get(below))
            && !needs(&before, below, above)
        {
            before[above].insert(below);
        }
    }
    let only_deletes =
        |part: &Part<'_>| !part.drafts.is_empty() && part.drafts.iter().all(|draft| draft.action.desired.is_none());
    let rank = |at: usize| {
        let deletes = only_deletes(&parts[names[at]]);
        let tier = i32::from(names[at].tier.number());
        (deletes, if deletes { -tier } else { tier }, names[at])
    };
    let mut left: BTreeSet<_> = (0..names.len()).map(|at| (rank(at), at)).collect();
    let mut order: Vec<Partition> = Vec::with_capacity(names.len());
    let mut done = vec![false; names.len()];
    while !left.is_empty() {
        let next = left.iter().find(|(_, at)| before[*at].iter().all(|&needed| done[needed])).cloned();
        let Some(next) = next else {
            let stuck: Vec<&Partition> = left.iter().map(|((.., partition), _)| *partition).collect();
            return Err(vec![crossed(parts, &stuck)]);
        };
        done[next.1] = true;
        order.push(names[next.1].clone());
        left.remove(&next);
    }
    Ok(order)
}

/// What is told of plans that wait for each other, and the ways out: what only gets another name can keep its object; what
/// one of them makes and another one uses can be made before all else.
fn crossed(parts: &BTreeMap<Partition, Part<'_>>, stuck: &[&Partition]) -> Diagnostic {
    let drafts = || {
        let parts = parts.iter().filter(|(partition, _)| stuck.contains(partition));
        parts.flat_map(|(partition, part)| part.drafts.iter().map(move |draft| (partition, &draft.action)))
    };
    let made: BTreeMap<&Address, (&Partition, &Action)> = drafts()
        .filter(|(_, action)| action.desired.is_some())
        .map(|(partition, action)| (&action.address, (partition, action)))
        .collect();
    let mut first: BTreeMap<&Address, &Action> = BTreeMap::new();
    for (own, action) in drafts() {
        let needs = action.desired.iter().flat_map(|desired| &desired.depends_on);
        let of_others = needs.filter_map(|need| made.get_key_value(&need.on)).filter(|(_, (other, _))| *other != own);
        first.extend(of_others.map(|(address, (_, action))| (*address, *action)));
    }
    let names: Vec<String> = stuck.iter().map(ToString::to_string).collect();
    let message = format!("the plans of {} wait for each other", names.join(" and "));
    let mut problem = Diagnostic::error(codes::CROSSED_PLANS, message);
    for (address, new) in first.iter().filter(|(_, action)| action.action == ActionKind::Create) {
        let alike = |old: &&Action| {
            let (from, to) = (&old.address, address);
            old.action == ActionKind::Delete
                && (&old.kind, &old.provider) == (&new.kind, &new.provider)
                && (from.context_str(), from.role()) == (to.context_str(), to.role())
        };
        if let [old] = drafts().map(|(_, action)| action).filter(alike).collect::<Vec<_>>()[..] {
            problem = problem.hint(format!(
                "if that is only another name for {}: `strata state mv {} {address}`",
                old.address, old.address
            ));
        }
    }
    let targets: String = first.keys().map(|on| format!(" --target {on}")).collect();
    problem.hint(format!("first make what is new: `strata plan --out FILE{targets}`, apply that file, then all of it"))
}

/// Whether something must come after something else, by whatever way.
fn needs(before: &[BTreeSet<usize>], later: usize, earlier: usize) -> bool {
    let (mut open, mut seen) = (vec![later], BTreeSet::new());
    while let Some(at) = open.pop() {
        if at == earlier {
            return true;
        }
        open.extend(before[at].iter().copied().filter(|&next| seen.insert(next)));
    }
    false
}
