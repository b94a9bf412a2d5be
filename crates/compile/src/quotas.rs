//! Quotas: bounds that a unit such as a namespace sets on the sum of a dimension over all that runs in it, in all
//! applications of its environment.
//!
//! The tier of the namespaces publishes them, each application publishes what it uses. So a document is held against
//! what is recorded of all the others.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_base::{Diagnostic, Span, nearest};
use strata_model::quota::{
    Amount, Amounts, Shares, names_output, namespaces_output, shares_of, usage_output, value_of,
};
use strata_model::{Context, Graph, Measure, Output, Partition, Recorded, Stack, Tier, Value};

use crate::bounds::{amount, at, measured};
use crate::codes;
use crate::declare::Declared;
use crate::references::{Target, target, upper};

/// What has quotas.
struct Namespace {
    limits: Amounts,
    /// Where its name stands; none if it is only recorded.
    span: Span,
}

/// The property that names the namespace that a unit runs in.
const NAMESPACE: &str = "namespace";

/// What is asked for in one environment.
struct Environment<'a> {
    namespaces: BTreeMap<Arc<str>, Namespace>,
    /// The outputs of upper tiers that stand for one of them.
    names: BTreeMap<(Tier, Arc<str>), Arc<str>>,
    /// By namespace: each unit of the documents with what it uses.
    used: BTreeMap<Arc<str>, Vec<(&'a Declared<'a>, Amounts)>>,
    /// Units of which it is not clear where they run, though that is bounded wherever it may be.
    unclear: Vec<&'a Declared<'a>>,
}

/// Whether an output is one of those that say what others use.
pub fn is_usage(name: &str) -> bool {
    name == &*usage_output()
}

/// Holds the sums against the quotas.
pub(crate) fn hold(declared: &[Declared<'_>], stack: &Stack, recorded: Option<&Recorded>) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    for (context, environment) in environments(declared, stack, recorded) {
        problems.extend(environment.unclear.iter().map(|one| unclear(one, &environment)));
        for (name, namespace) in &environment.namespaces {
            let own = environment.used.get(name).map_or(&[][..], Vec::as_slice);
            for (field, limit) in &namespace.limits {
                let mut parts: Vec<(String, Amount)> = own
                    .iter()
                    .filter_map(|(one, used)| Some((format!("`{}`", one.unit.name), *used.get(field)?)))
                    .collect();
                parts.extend(elsewhere(&context, name, field, stack, recorded));
                let sum = Amount { number: parts.iter().map(|(_, amount)| amount.number).sum(), ..*limit };
                if sum.number <= limit.number {
                    continue;
                }
                let message = format!("namespace `{name}`: {field} is {sum} in all, but at most {limit} is allowed");
                let place = own.first().map_or(namespace.span, |(one, _)| one.unit.span);
                let parts: Vec<String> = parts.iter().map(|(who, amount)| format!("{who} {amount}")).collect();
                let problem = Diagnostic::error(codes::QUOTA, message).at(place).also(namespace.span, "the namespace");
                let problem = problem.hint(format!("it is made of {}", parts.join(", ")));
                let facts = [
                    ("namespace", name.to_string()),
                    ("field", field.to_string()),
                    ("limit", limit.to_string()),
                    ("actual", sum.to_string()),
                ];
                problems.push(facts.into_iter().fold(problem, |problem, (name, value)| problem.fact(name, value)));
            }
        }
    }
    problems
}

/// Of several namespaces one must be named, or whoever names none is bounded by none.
fn unclear(one: &Declared<'_>, environment: &Environment<'_>) -> Diagnostic {
    let (unit, spec) = (one.unit, &one.declaration.spec);
    let known: Vec<&str> = environment.namespaces.keys().map(|name| &**name).collect();
    let said = at(spec, NAMESPACE);
    let text = said.and_then(|node| spec.as_str(node));
    let message = match text {
        Some(text) => format!("`{}` runs in a namespace `{text}` that nobody knows", unit.name),
        None => format!("`{}` does not say in which namespace it runs, and there are several", unit.name),
    };
    let problem = Diagnostic::error(codes::QUOTA, message).at(said.map_or(unit.span, |node| spec.span(node)));
    match text.and_then(|text| nearest(text, known.iter().copied())) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint(format!("name it, as in `namespace: {}`; there are {}", known[0], known.join(", "))),
    }
}

/// Publishes the namespaces of upper tiers, and what applications use where there are any.
pub(crate) fn publish(declared: &[Declared<'_>], stack: &Stack, recorded: Option<&Recorded>, graph: &mut Graph) {
    for (context, environment) in environments(declared, stack, recorded) {
        for (partition, _) in &stack.scope {
            if upper(&partition.context) != context {
                continue;
            }
            let (name, shares) = match partition.tier {
                Tier::Application => (usage_output(), usage(&environment, &partition.context)),
                tier => (namespaces_output(tier), namespaces(declared, partition, tier)),
            };
            let mut publish = |name, value| {
                let output = Output { tier: partition.tier, value, sensitive: false };
                graph.outputs.insert((partition.context.clone(), name), output);
            };
            if !shares.is_empty() {
                publish(name, value_of(&shares));
            }
            let own = environment.names.iter().filter(|((tier, _), _)| *tier == partition.tier);
            let own: Value = own.map(|((_, output), unit)| (&**output, Value::String(unit.clone()))).collect();
            if partition.tier != Tier::Application && own != Value::map() {
                publish(names_output(partition.tier), own);
            }
        }
    }
}

/// The outputs of a tier that stand for its namespaces, with the names of those.
fn names_of(value: &Value) -> Vec<(Arc<str>, Arc<str>)> {
    let Value::Map(names) = value else { return Vec::new() };
    let pair = |(output, unit): (&Arc<str>, &Value)| Some((output.clone(), unit.as_str()?.into()));
    names.iter().filter_map(pair).collect()
}

fn namespaces(declared: &[Declared<'_>], partition: &Partition, tier: Tier) -> Shares {
    let own = declared.iter().filter(|one| one.unit.tier == tier && one.unit.context == partition.context);
    let own = own.filter(|one| !one.contract.quotas.is_empty());
    own.map(|one| (one.unit.name.clone(), limits(one))).collect()
}

fn usage(environment: &Environment<'_>, context: &Context) -> Shares {
    let mut shares = Shares::new();
    for (namespace, used) in &environment.used {
        let mut sum = Amounts::new();
        for (_, amounts) in used.iter().filter(|(one, _)| one.unit.context == *context) {
            for (field, amount) in amounts {
                let sum = sum.entry(field.clone()).or_insert(Amount { number: 0, ..*amount });
                sum.number += amount.number;
            }
        }
        if !sum.is_empty() {
            shares.insert(namespace.clone(), sum);
        }
    }
    shares
}

/// The environments of a stack that have namespaces.
fn environments<'a>(
    declared: &'a [Declared<'a>],
    stack: &Stack,
    recorded: Option<&Recorded>,
) -> BTreeMap<Context, Environment<'a>> {
    let mut environments = BTreeMap::new();
    let contexts: BTreeSet<Context> = stack.scope.iter().map(|(partition, _)| upper(&partition.context)).collect();
    for context in contexts {
        let (mut namespaces, mut names) = (BTreeMap::new(), BTreeMap::new());
        for one in declared.iter().filter(|one| one.unit.context == context && !one.contract.quotas.is_empty()) {
            namespaces.insert(one.unit.name.clone(), Namespace { limits: limits(one), span: one.unit.span });
        }
        for tier in [Tier::Infrastructure, Tier::Shared] {
            let speaks = stack.scope.iter().any(|(own, _)| own.context == context && own.tier == tier);
            let record = |name| recorded?.outputs.get(&(context.clone(), name)).filter(|_| !speaks);
            let known = record(namespaces_output(tier)).map(|record| shares_of(&record.value)).unwrap_or_default();
            let told = record(names_output(tier)).map(|record| names_of(&record.value)).unwrap_or_default();
            names.extend(told.into_iter().map(|(output, unit)| ((tier, output), unit)));
            namespaces.extend(known.into_iter().map(|(name, limits)| (name, Namespace { limits, span: Span::NONE })));
        }
        if namespaces.is_empty() {
            continue;
        }
        let own = stack.outputs.iter().filter(|output| output.context == context);
        let own = own.filter(|output| namespaces.contains_key(&output.unit));
        names.extend(own.map(|output| ((output.tier, output.name.clone()), output.unit.clone())));
        let mut environment = Environment { namespaces, names, used: BTreeMap::new(), unclear: Vec::new() };
        let below = |one: &&Declared<'_>| one.unit.tier == Tier::Application && upper(&one.unit.context) == context;
        for one in declared.iter().filter(below) {
            let uses = uses(one);
            let is_bounded = |bounds: &Namespace| bounds.limits.keys().any(|field| uses.contains_key(field));
            match environment.member(one) {
                _ if uses.is_empty() => {}
                Some(namespace) => environment.used.entry(namespace).or_default().push((one, uses)),
                None if environment.namespaces.values().any(is_bounded) => environment.unclear.push(one),
                None => {}
            }
        }
        environments.insert(context, environment);
    }
    environments
}

impl Environment<'_> {
    /// The namespace that a unit runs in: the one that it names, or the only one that there is.
    fn member(&self, one: &Declared<'_>) -> Option<Arc<str>> {
        let spec = &one.declaration.spec;
        let named = at(spec, NAMESPACE).and_then(|node| match target(spec, node) {
            Some(Target::Unit { unit, .. }) => Some(unit),
            Some(Target::Tier { tier, output }) => self.names.get(&(tier, output)).cloned(),
            None => spec.as_str(node).map(Arc::from),
        });
        let named = named.filter(|named| self.namespaces.contains_key(named));
        let only = self.namespaces.keys().next().filter(|_| self.namespaces.len() == 1);
        named.or_else(|| only.cloned())
    }
}

fn limits(one: &Declared<'_>) -> Amounts {
    let spec = &one.declaration.spec;
    let limit = |(field, path): (&Arc<str>, &Arc<str>)| {
        let measure = one.contract.spec.at(path)?.measure.unwrap_or(Measure::Count);
        Some((field.clone(), Amount { number: amount(spec, at(spec, path)?)?, measure }))
    };
    one.contract.quotas.iter().filter_map(limit).collect()
}

fn uses(one: &Declared<'_>) -> Amounts {
    let spec = &one.declaration.spec;
    let found = |path: &str| amount(spec, at(spec, path)?);
    let mut uses = Amounts::new();
    for (field, dimension) in &one.contract.dimensions {
        let times = dimension.times.as_ref().map_or(Some(1), |path| found(path));
        let amount = at(spec, &dimension.path).and_then(|node| measured(spec, node, dimension));
        if let (Some(amount), Some(times)) = (amount, times) {
            let amount = Amount { number: amount.saturating_mul(times), measure: dimension.measure };
            uses.insert(field.clone(), amount);
        }
    }
    uses
}

/// What applications use that the documents do not speak for.
fn elsewhere(
    context: &Context,
    namespace: &str,
    field: &str,
    stack: &Stack,
    recorded: Option<&Recorded>,
) -> Vec<(String, Amount)> {
    let mut found = Vec::new();
    for ((at, name), record) in recorded.iter().flat_map(|recorded| &recorded.outputs) {
        let partition = Partition { context: at.clone(), tier: Tier::Application };
        let speaks = stack.scope.iter().any(|(own, _)| *own == partition);
        if !is_usage(name) || speaks || upper(at) != *context {
            continue;
        }
        let shares = shares_of(&record.value);
        let amount = shares.get(namespace).and_then(|amounts| amounts.get(field).copied());
        found.extend(amount.map(|amount| (at.to_string(), amount)));
    }
    found
}
