//! Constraints: what upper tiers demand of those below, held against what would really be used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::{Builder, Data, Event, Node};
use strata_base::{Diagnostic, Sources, Span};
use strata_contracts::{Dimension, Library, codes as contracts};
use strata_model::unit::{Constraint, Operator, constraints_output};
use strata_model::{Context, Map, Partition, Recorded, Stack, Tier, Unit, Value};

use crate::codes;
use crate::declare::Declared;
use crate::references::upper;

/// What came of holding units against constraints.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) warnings: Vec<Diagnostic>,
    /// Where a constraint bounds something that a unit does not have.
    pub(crate) notes: Vec<String>,
}

/// Holds every unit against every constraint that reaches it, and tells all violations.
pub(crate) fn hold(
    declared: &[Declared<'_>],
    stack: &Stack,
    library: &Library,
    recorded: Option<&Recorded>,
    sources: &Sources,
) -> Held {
    let mut held = Held::default();
    let inherited = inherited(stack, recorded);
    let shared: Vec<&Constraint> = stack.constraints.iter().chain(&inherited).collect();
    let shared: Vec<&Constraint> =
        shared.into_iter().filter(|bound| is_understood(bound, library, &mut held)).collect();
    for one in declared {
        let (unit, around) = (one.unit, upper(&one.unit.context));
        let own: Vec<&Constraint> =
            unit.constraints.iter().filter(|bound| is_understood(bound, library, &mut held)).collect();
        let above = shared.iter().filter(|bound| bound.tier < unit.tier && bound.context == around);
        for bound in above.copied().chain(own) {
            match one.contract.dimensions.get(&bound.field) {
                Some(dimension) => held.problems.extend(violation(one, bound, dimension, sources)),
                None => held.notes.push(format!(
                    "`{} {} {}` of {} does not apply to `{}`: a `{}` has no {}",
                    bound.field,
                    bound.operator,
                    limit(bound),
                    who(bound, unit),
                    unit.name,
                    one.contract.name,
                    bound.field
                )),
            }
        }
    }
    held
}

/// The constraints that hold a unit: those of upper tiers, and its own.
pub(crate) fn reaching<'a>(unit: &'a Unit, stack: &'a Stack, inherited: &'a [Constraint]) -> Vec<&'a Constraint> {
    let around = upper(&unit.context);
    let above = |bound: &&Constraint| bound.tier < unit.tier && bound.context == around;
    stack.constraints.iter().chain(inherited).filter(above).chain(&unit.constraints).collect()
}

/// The amounts of a constraint, as they were written.
pub(crate) fn limit(bound: &Constraint) -> String {
    let texts: Vec<String> = amounts(&bound.value).into_iter().map(|(text, _)| text).collect();
    texts.join(", ")
}

/// Who demands something of a unit.
pub(crate) fn who(bound: &Constraint, unit: &Unit) -> String {
    match bound.tier == unit.tier {
        true => "itself".to_owned(),
        false => format!("tier {} of {}/{}", bound.tier, bound.context.org(), bound.context.env()),
    }
}

/// Constraints of upper tiers that the documents do not speak for.
pub(crate) fn inherited(stack: &Stack, recorded: Option<&Recorded>) -> Vec<Constraint> {
    let Some(recorded) = recorded else { return Vec::new() };
    let contexts: BTreeSet<_> = stack.scope.iter().map(|(partition, _)| upper(&partition.context)).collect();
    let mut inherited = Vec::new();
    for context in contexts {
        for tier in [Tier::Infrastructure, Tier::Shared] {
            let speaks = stack.scope.iter().any(|(own, _)| own.context == context && own.tier == tier);
            let published = recorded.outputs.get(&(context.clone(), constraints_output(tier)));
            let Some(published) = published.filter(|_| !speaks) else { continue };
            let Value::List(entries) = &published.value else { continue };
            for entry in entries {
                inherited.extend(read(entry).map(|(field, operator, value, source)| Constraint {
                    context: context.clone(),
                    tier,
                    field,
                    operator,
                    value,
                    source,
                    span: Span::NONE,
                    field_span: Span::NONE,
                }));
            }
        }
    }
    inherited
}

/// The outputs in which upper tiers that the documents do not speak for publish what they demand, by whom they bound.
pub(crate) fn relies(stack: &Stack) -> BTreeMap<Partition, BTreeSet<(Context, Arc<str>)>> {
    let mut relies: BTreeMap<Partition, BTreeSet<(Context, Arc<str>)>> = BTreeMap::new();
    for (partition, _) in &stack.scope {
        let around = upper(&partition.context);
        for tier in [Tier::Infrastructure, Tier::Shared] {
            let speaks = stack.scope.iter().any(|(own, _)| own.context == around && own.tier == tier);
            if tier < partition.tier && !speaks {
                relies.entry(partition.clone()).or_default().insert((around.clone(), constraints_output(tier)));
            }
        }
    }
    relies
}

/// How a tier publishes what it demands.
pub(crate) fn published(constraints: &[&Constraint]) -> Value {
    let entry = |constraint: &&Constraint| -> Value {
        let amounts = amounts(&constraint.value).into_iter().map(|(text, _)| Value::from(&*text));
        let value = match constraint.operator.takes_list() {
            true => Value::List(amounts.collect()),
            false => amounts.into_iter().next().unwrap_or(Value::Null),
        };
        [
            ("field", Value::String(constraint.field.clone())),
            ("operator", Value::from(constraint.operator.name())),
            ("value", value),
            ("source", Value::String(constraint.source.clone())),
        ]
        .into_iter()
        .collect()
    };
    Value::List(constraints.iter().map(entry).collect())
}

/// Whether two publications differ at most in the documents that demand it.
pub(crate) fn demands_the_same(one: &Value, other: &Value) -> bool {
    let without_source = |entry: &Value| match entry {
        Value::Map(entry) => Value::Map(
            entry
                .iter()
                .filter(|(key, _)| &***key != "source")
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ),
        other => other.clone(),
    };
    match (one, other) {
        (Value::List(one), Value::List(other)) => one.iter().map(without_source).eq(other.iter().map(without_source)),
        _ => false,
    }
}

fn read(entry: &Value) -> Option<(Arc<str>, Operator, Data, Arc<str>)> {
    let Value::Map(entry) = entry else { return None };
    let text = |entry: &Map, key: &str| match entry.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    let mut builder = Builder::new();
    match entry.get("value")? {
        Value::List(amounts) => {
            builder.begin_list(Span::NONE);
            for amount in amounts {
                let Value::String(amount) = amount else { return None };
                builder.string(amount.clone(), Span::NONE);
            }
            builder.end(Span::NONE);
        }
        Value::String(amount) => _ = builder.string(amount.clone(), Span::NONE),
        _ => return None,
    }
    let operator = Operator::named(&text(entry, "operator")?)?;
    Some((text(entry, "field")?, operator, builder.finish(), text(entry, "source")?))
}

/// The amounts of a constraint, as they were written.
fn amounts(value: &Data) -> Vec<(String, Span)> {
    let one = |id| match value.node(id) {
        Node::String(text) => Some((text.to_string(), value.span(id))),
        Node::Number(number) => Some((number.to_cue_string(), value.span(id))),
        _ => None,
    };
    match value.node(value.root()) {
        Node::List(_) => value.elements(value.root()).iter().filter_map(|&id| one(id)).collect(),
        _ => one(value.root()).into_iter().collect(),
    }
}

/// Whether the field of a constraint is something that can be bounded, and its amounts are amounts of that.
pub(crate) fn is_understood(bound: &Constraint, library: &Library, held: &mut Held) -> bool {
    let Some(dimension) = library.contracts().find_map(|contract| contract.dimensions.get(&bound.field)) else {
        let known: BTreeSet<&str> =
            library.contracts().flat_map(|contract| contract.dimensions.keys()).map(|name| &**name).collect();
        let message = format!("no contract has a dimension `{}`, so this bounds nothing", bound.field);
        let warning = Diagnostic::warning(codes::UNKNOWN_BOUND, message).at(bound.field_span);
        held.warnings.push(match strata_base::nearest(&bound.field, known.iter().copied()) {
            Some(near) => warning.hint(format!("did you mean `{near}`?")),
            None => warning.hint(format!("there are {}", known.into_iter().collect::<Vec<_>>().join(", "))),
        });
        return false;
    };
    let mut is_understood = true;
    for (text, span) in amounts(&bound.value) {
        if dimension.measure.parse(&text).is_none() {
            let message = format!("`{text}` is not an amount of {}", bound.field);
            let problem = Diagnostic::error(contracts::QUANTITY, message).at(span);
            held.problems.push(problem.hint(format!("write {}", dimension.measure.example())));
            is_understood = false;
        }
    }
    is_understood
}

/// What is wrong with a unit, if it does not keep to a constraint.
fn violation(one: &Declared<'_>, bound: &Constraint, dimension: &Dimension, sources: &Sources) -> Option<Diagnostic> {
    let (unit, spec) = (one.unit, &one.declaration.spec);
    let limits = amounts(&bound.value);
    let limit = limit(bound);
    let allowed = match bound.operator {
        Operator::AtMost => format!("at most {limit} is allowed"),
        Operator::AtLeast => format!("at least {limit} is demanded"),
        Operator::Equal => format!("{limit} is demanded"),
        Operator::In => format!("only {limit} {} allowed", if limits.len() == 1 { "is" } else { "are" }),
        Operator::NotIn => format!("{limit} {} not allowed", if limits.len() == 1 { "is" } else { "are" }),
    };
    let found = at(spec, &dimension.path);
    let actual = found.and_then(|node| measured(spec, node, dimension));
    let (what, shown) = match actual {
        None => (format!("`{}`: {} is not said", unit.name, bound.field), "absent".to_owned()),
        Some(actual) => {
            let parse = |text: &str| dimension.measure.parse(text).map(i128::from);
            let limits: Vec<i128> = limits.iter().filter_map(|(text, _)| parse(text)).collect();
            let holds = match bound.operator {
                Operator::AtMost => limits.iter().all(|limit| actual <= *limit),
                Operator::AtLeast => limits.iter().all(|limit| actual >= *limit),
                Operator::Equal | Operator::In => limits.contains(&actual),
                Operator::NotIn => !limits.contains(&actual),
            };
            if holds {
                return None;
            }
            let shown = dimension.measure.show(actual);
            (format!("`{}`: {} is {shown}", unit.name, bound.field), shown)
        }
    };
    let place = found.map_or(Span::NONE, |node| spec.span(node));
    let is_own = is_of_user(&unit.properties, place);
    let message = format!("{what}, but {allowed}");
    let mut problem = Diagnostic::error(codes::BOUND, message).at(if is_own { place } else { unit.span });
    if !is_own {
        problem = problem.also(place, "the default");
    }
    let who = who(bound, unit);
    problem = match bound.span.is_none() {
        true => problem.hint(format!("{who} demands it, in {} as it was applied last", bound.source)),
        false => problem.also(bound.span, format!("demanded by {who}")),
    };
    let source = if bound.span.is_none() { bound.source.to_string() } else { sources.position(bound.span) };
    let facts = [
        ("unit", unit.name.to_string()),
        ("field", bound.field.to_string()),
        ("operator", bound.operator.to_string()),
        ("limit", limit),
        ("actual", shown),
        ("tier", bound.tier.to_string()),
        ("source", source),
    ];
    Some(facts.into_iter().fold(problem, |problem, (name, value)| problem.fact(name, value)))
}

/// The part of a declaration at a path such as `resources.memory`.
pub(crate) fn at(data: &Data, path: &str) -> Option<cue_data::NodeId> {
    path.split('.').try_fold(data.root(), |node, key| {
        let element = || data.elements(node).get(key.parse::<usize>().ok()?).copied();
        data.get(node, key).or_else(element)
    })
}

pub(crate) fn amount(data: &Data, node: cue_data::NodeId) -> Option<i128> {
    match data.node(node) {
        Node::Number(number) => number.to_cue_string().parse().ok(),
        _ => None,
    }
}

/// How much of its dimension a property is.
pub(crate) fn measured(data: &Data, node: cue_data::NodeId, dimension: &Dimension) -> Option<i128> {
    amount(data, node)?.checked_mul(dimension.each)
}

/// Whether a part of a declaration stands where the user said something, and is no default.
pub(crate) fn is_of_user(properties: &Data, place: Span) -> bool {
    !place.is_none()
        && properties.events(properties.root()).any(|step| !matches!(step.event, Event::Key(_)) && step.span == place)
}
