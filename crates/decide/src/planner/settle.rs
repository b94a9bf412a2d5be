//! Settles, node by node, whether anything is to be done and what.

use std::collections::BTreeMap;

use strata_base::Diagnostic;
use strata_model::diff::{changes, found};
use strata_model::{ActionKind, Address, Change, Dependency, Node, Path, Reason, Resource, Status, TypeSchema, Value};

use crate::codes;
use crate::input::{Input, Reality};

use super::fill::Filler;
use super::links::Links;
use super::select::Selected;
use super::settled::{Decision, Filled, Settled};

pub(super) fn settle<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    selected: &Selected,
) -> Result<Vec<Option<Settled<'a>>>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut settled: Vec<Option<Settled>> = std::iter::repeat_with(|| None).take(links.nodes.len()).collect();
    for &index in &links.order {
        let decided = if selected.nodes[index] {
            one(input, links, index, &settled, &mut problems)
        } else {
            Some(Settled::Skipped)
        };
        settled[index] = decided;
    }
    if problems.is_empty() { Ok(settled) } else { Err(problems) }
}

fn one<'a>(
    input: &Input<'a>,
    links: &Links<'a>,
    index: usize,
    settled: &[Option<Settled<'a>>],
    problems: &mut Vec<Diagnostic>,
) -> Option<Settled<'a>> {
    let node = links.nodes[index];
    let prior = links.prior[index];
    let Some(schema) = input.schemas.schema(&node.provider, &node.kind) else {
        let message = format!("{} has the type `{}`, which `{}` does not know", node.address, node.kind, node.provider);
        problems.push(Diagnostic::error(codes::UNKNOWN_TYPE, message).at(node.span));
        return None;
    };
    let filled = Filler { input, links, settled, problems }.fill(node, prior, schema);
    if let Some(prior) = prior.filter(|prior| prior.tier != node.tier) {
        let message =
            format!("{} belongs to tier {}, and a document of tier {} names it", node.address, prior.tier, node.tier);
        let hint = "give it another name; what shall change its tier is forgotten there and imported here";
        problems.push(Diagnostic::error(codes::OTHER_TIER, message).at(node.span).hint(hint));
        return None;
    }
    if node.settings.read {
        return look(input, node, prior, &links.needs[index], filled, schema, problems);
    }
    // What was only read so far was never ours.
    let prior = prior.filter(|prior| !prior.settings.read);
    let wanted = filled.value.as_ref().unwrap_or(&node.properties);
    let Some(prior) = prior else {
        let (kind, reasons) = (ActionKind::Create, vec![Reason::New]);
        return Some(Settled::Change(Box::new(Decision { kind, reasons, changes: Vec::new(), filled, schema })));
    };
    let reality = input.state.reality.as_ref().and_then(|reality| reality.get(&prior.address));
    if reality == Some(&Reality::Missing) {
        let (kind, reasons) = (ActionKind::Create, vec![Reason::Missing]);
        return Some(Settled::Change(Box::new(Decision { kind, reasons, changes: Vec::new(), filled, schema })));
    }
    if prior.address != node.address && schema.stays && node.provider == prior.provider && node.kind == prior.kind {
        stays(input, node, prior, problems);
        return None;
    }
    let found = match reality {
        Some(Reality::Present(attributes)) => Some(found(attributes, prior.filled(), &node.settings.ignore)),
        _ => None,
    };
    let current = found.as_ref().unwrap_or_else(|| prior.filled());
    let differences = if current == wanted { Vec::new() } else { describe(current, wanted, node, schema, &filled) };

    let mut reasons = Vec::new();
    let mut replace = false;
    if node.provider != prior.provider || node.kind != prior.kind {
        replace = true;
        reasons.push(Reason::Provider);
    }
    for change in differences.iter().filter(|change| change.forces_replacement) {
        replace = true;
        let path = change.path.clone();
        reasons.push(match filled.replaced.get(&path) {
            Some(of) => Reason::Cascade { of: of.clone() },
            None => Reason::Immutable { path },
        });
    }
    if input.options.replace.contains(&node.address) {
        replace = true;
        reasons.push(Reason::Requested);
    }
    if found.as_ref().is_some_and(|found| found != prior.filled()) && !differences.is_empty() {
        reasons.push(Reason::Drifted);
    }
    reasons.extend(rotated(prior, &filled, &differences));
    if !differences.is_empty() && reasons.is_empty() {
        reasons.push(Reason::Changed);
    }
    // It is as it should be and does not work, or was to be deleted, could not be, and is wanted again: the provider brings it
    // about once more.
    let failed = prior.status == Status::Failed;
    if failed && reasons.is_empty() {
        reasons.push(Reason::Failed);
    }
    let acts = replace || failed || !differences.is_empty();
    if prior.address != node.address {
        reasons.push(Reason::Moved);
    }
    if !prior.deposed.is_empty() {
        reasons.push(Reason::Deposed);
    }
    if acts {
        let kind = if replace { ActionKind::Replace } else { ActionKind::Update };
        if replace {
            refuse_if_protected(input, node, prior, problems);
        }
        return Some(Settled::Change(Box::new(Decision { kind, reasons, changes: differences, filled, schema })));
    }
    if settings_differ(node, &links.needs[index], prior) {
        reasons.push(Reason::Settings);
    }
    if reasons.is_empty() {
        return Some(Settled::Same);
    }
    Some(Settled::Record { reasons, filled: Box::new(filled) })
}

/// Refuses a move that no provider can make. A unit is told once, whatever it is made of.
fn stays(input: &Input<'_>, node: &Node, prior: &Resource, problems: &mut Vec<Diagnostic>) {
    let span = input.graph.moved.iter().find(|entry| entry.to == node.address).map_or(node.span, |entry| entry.span);
    if problems.iter().any(|problem| problem.code == codes::BAD_MOVE && problem.span() == span) {
        return;
    }
    let (from, to, kind) = (&prior.address, &node.address, &node.kind);
    let message = format!("cannot move {from} to {to}: `{}` gives no `{kind}` another name", node.provider.provider);
    let problem = Diagnostic::error(codes::BAD_MOVE, message).at(span);
    problems
        .push(problem.hint("keep its name; without `moved` it is deleted, with what it holds, and a new one is made"));
}

/// Settles a node that belongs to somebody else: it is read when it is new, is another one, or has changed.
fn look<'a>(
    input: &Input<'a>,
    node: &Node,
    prior: Option<&Resource>,
    needs: &[Dependency],
    filled: Filled,
    schema: &'a TypeSchema,
    problems: &mut Vec<Diagnostic>,
) -> Option<Settled<'a>> {
    let kind = ActionKind::Read;
    let read =
        |reasons, changes, filled| Settled::Change(Box::new(Decision { kind, reasons, changes, filled, schema }));
    let Some(prior) = prior else { return Some(read(vec![Reason::New], Vec::new(), filled)) };
    if !prior.settings.read {
        let message = format!("{} is managed and would only be read", node.address);
        let hint = format!("to let go of it first: strata state forget {}", node.address);
        problems.push(Diagnostic::error(codes::MANAGED, message).at(node.span).hint(hint));
        return None;
    }
    let wanted = filled.value.as_ref().unwrap_or(&node.properties);
    if prior.filled() != wanted || prior.kind != node.kind || prior.provider != node.provider {
        let changes = describe(prior.filled(), wanted, node, schema, &filled);
        return Some(read(vec![Reason::Changed], changes, filled));
    }
    match input.state.reality.as_ref().and_then(|reality| reality.get(&prior.address)) {
        Some(Reality::Missing) => {
            let message = format!("{} reads {}, which is not there any more", node.address, prior.object);
            problems.push(Diagnostic::error(codes::NOTHING_TO_READ, message).at(node.span));
            None
        }
        Some(Reality::Present(attributes)) if *attributes != prior.observed => {
            Some(read(vec![Reason::Drifted], changes(&prior.observed, attributes), filled))
        }
        _ if prior.address != node.address || settings_differ(node, needs, prior) => {
            Some(Settled::Record { reasons: vec![Reason::Settings], filled: Box::new(filled) })
        }
        _ => Some(Settled::Same),
    }
}

fn describe(current: &Value, wanted: &Value, node: &Node, schema: &TypeSchema, filled: &Filled) -> Vec<Change> {
    let mut differences = changes(current, wanted);
    let origins = origins(node, &differences);
    for change in &mut differences {
        change.forces_replacement = schema.is_immutable(&change.path);
        let sealed = |side: &Option<Value>| matches!(side, Some(Value::Sealed(_)));
        change.sensitive = sealed(&change.old)
            || sealed(&change.new)
            || schema.is_sensitive(&change.path)
            || filled.sensitive.iter().any(|path| change.path.covers(path));
        change.origin = origins.get(&change.path).cloned();
    }
    differences
}

/// Who set what changes. A list is set by whoever set its first leaf.
fn origins(node: &Node, differences: &[Change]) -> BTreeMap<Path, strata_model::Origin> {
    let mut found = BTreeMap::new();
    if node.origins.is_empty() || differences.is_empty() {
        return found;
    }
    let mut origins = node.origins.iter();
    node.properties.each_leaf(&mut |path, _| {
        let Some(origin) = origins.next() else { return };
        // Differences are sorted as leaves are, up to lists, so a look from both sides of the insertion point is
        // enough to find the one that covers this leaf.
        let at = differences.partition_point(|change| change.path <= *path);
        let covering = at.checked_sub(1).map(|at| &differences[at]).filter(|change| change.path.covers(path));
        if let Some(change) = covering {
            found.entry(change.path.clone()).or_insert_with(|| origin.clone());
        }
    });
    found
}

/// The secrets that have another version than the one that was sent.
fn rotated(prior: &Resource, filled: &Filled, differences: &[Change]) -> Vec<Reason> {
    if differences.is_empty() {
        return Vec::new();
    }
    let new = filled.secrets.iter().filter(|secret| !prior.secrets.contains(secret));
    let known = new.filter(|secret| prior.secrets.iter().any(|before| before.secret == secret.secret));
    known
        .map(|secret| Reason::SecretRotated { store: secret.secret.store.clone(), key: secret.secret.key.clone() })
        .collect()
}

fn settings_differ(node: &Node, needs: &[Dependency], prior: &Resource) -> bool {
    node.settings != prior.settings || needs != prior.depends_on || node.properties != prior.desired
}

fn refuse_if_protected(input: &Input<'_>, node: &Node, prior: &Resource, problems: &mut Vec<Diagnostic>) {
    let allowed: &std::collections::BTreeSet<Address> = &input.options.allow_protected;
    if (prior.settings.protect || node.settings.protect) && !allowed.contains(&node.address) {
        let message = format!("{} is protected and would be replaced", node.address);
        let hint = format!("to replace it nevertheless: --allow-protected {}", node.address);
        problems.push(Diagnostic::error(codes::PROTECTED, message).at(node.span).hint(hint));
    }
}
