//! Who set what: the declaration of one unit leaf by leaf, told by declaring it once more. Nothing of it is kept.

use strata_base::{Diagnostic, Sources, Span};
use strata_contracts::Library;
use strata_model::unit::Constraint;
use strata_model::{Recorded, Stack, Unit};

use cue_data::{Builder, Data, Event, Node, NodeId};

use crate::bounds::{self, Held};
use crate::references::{Peers, References};

/// A leaf of a declaration.
#[derive(Clone, Debug)]
pub struct Leaf {
    /// Such as `ports.0.container_port`.
    pub path: String,
    pub data: Data,
    /// The amount as people write it, where it is one.
    pub amount: Option<String>,
    /// Who decided: a place in a document or a file of parameters, or in the contract.
    pub place: Span,
    pub is_default: bool,
    /// The default that gave way.
    pub lost: Option<(Data, Option<String>, Span)>,
    pub bounds: Vec<Bound>,
}

/// A constraint that holds a leaf.
#[derive(Clone, Debug)]
pub struct Bound {
    pub text: String,
    pub by: String,
    pub place: String,
}

/// The leaves of a unit that satisfies its contract.
pub fn explain(
    stack: &Stack,
    unit: &Unit,
    library: &Library,
    recorded: Option<&Recorded>,
    sources: &Sources,
) -> Result<Vec<Leaf>, Vec<Diagnostic>> {
    let Some(contract) = library.contract(&unit.contract) else { return Ok(Vec::new()) };
    let peers: Peers<'_> =
        stack.units.iter().map(|unit| (&*unit.name, (unit, library.contract(&unit.contract)))).collect();
    let references = References { unit, peers: &peers, stack, recorded };
    let properties = references.marked(&unit.properties, &mut Vec::new());
    let spec = library.declare(contract, &properties, unit.span)?.spec;
    let inherited = bounds::inherited(stack, recorded);
    let reaching: Vec<&Constraint> = bounds::reaching(unit, stack, &inherited);
    let understood: Vec<&Constraint> =
        reaching.into_iter().filter(|bound| bounds::is_understood(bound, library, &mut Held::default())).collect();
    let mut leaves = Vec::new();
    for (path, node) in leaves_of(&spec) {
        let place = spec.span(node);
        let dimensions = || contract.dimensions.iter().filter(|(_, dimension)| *dimension.path == *path);
        let amount = |data: &Data, node: NodeId| {
            // What counts in another unit is told as it is written.
            let (_, dimension) = dimensions().find(|(_, dimension)| dimension.each == 1)?;
            Some(dimension.measure.show(bounds::measured(data, node, dimension)?))
        };
        let is_default = !bounds::is_of_user(&properties, place);
        let lost = (!is_default).then(|| without(&properties, place)).flatten().and_then(|rest| {
            let spec = library.declare(contract, &rest, unit.span).ok()?.spec;
            let node = bounds::at(&spec, &path)?;
            let place = spec.span(node);
            (!bounds::is_of_user(&properties, place)).then(|| (part(&spec, node), amount(&spec, node), place))
        });
        let amount = amount(&spec, node);
        let of = |bound: &&&Constraint| dimensions().any(|(name, _)| *name == bound.field);
        let bounds = understood.iter().filter(of).map(|bound| Bound {
            text: format!("{} {} {}", bound.field, bound.operator, bounds::limit(bound)),
            by: bounds::who(bound, unit),
            place: if bound.span.is_none() { bound.source.to_string() } else { sources.position(bound.span) },
        });
        let bounds = bounds.collect();
        leaves.push(Leaf { path, data: part(&spec, node), amount, place, is_default, lost, bounds });
    }
    Ok(leaves)
}

fn part(data: &Data, node: NodeId) -> Data {
    let mut builder = Builder::new();
    builder.copy(data, node);
    builder.finish()
}

/// Scalars, empty containers, and what is known later, each with its path.
fn leaves_of(data: &Data) -> Vec<(String, NodeId)> {
    let mut leaves = Vec::new();
    let mut open = vec![(String::new(), data.root())];
    while let Some((path, node)) = open.pop() {
        let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        let is_later = data.fields(node).iter().any(|field| field.key.starts_with('$'));
        match data.node(node) {
            Node::Struct(run) if !run.is_empty() && !is_later => {
                open.extend(data.fields(node).iter().rev().map(|field| (join(&field.key), field.value)));
            }
            Node::List(run) if !run.is_empty() => {
                let elements = data.elements(node).iter().enumerate().rev();
                open.extend(elements.map(|(index, element)| (join(&index.to_string()), *element)));
            }
            _ => leaves.push((path, node)),
        }
    }
    leaves
}

/// The same data without the field whose value stands at a place.
fn without(data: &Data, place: Span) -> Option<Data> {
    let mut builder = Builder::new();
    let (mut skipped, mut found) = (None, false);
    for step in data.events(data.root()) {
        if let Some(inside) = skipped {
            if inside == step.node
                && !matches!(step.event, Event::BeginStruct | Event::BeginList | Event::Key(_) | Event::Spelling(_))
            {
                skipped = None;
            }
            continue;
        }
        match step.event {
            Event::BeginStruct => _ = builder.begin_struct(step.span),
            Event::BeginList => _ = builder.begin_list(step.span),
            Event::Key(_) if data.span(step.node) == place => {
                (skipped, found) = (Some(step.node), true);
            }
            Event::Key(key) => builder.key(key, step.span),
            Event::End => builder.end(Span::NONE),
            Event::Spelling(_) => {}
            _ => _ = builder.copy(data, step.node),
        }
    }
    found.then(|| builder.finish())
}
