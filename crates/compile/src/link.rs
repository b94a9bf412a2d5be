//! Drafts of all units become the nodes of one graph: outputs are put in the place of references to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cue_data::{Event, NodeId};
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Sources};
use strata_contracts::{Draft, MapOutput};
use strata_model::{Address, Dependency, Graph, Map, Moved, Node, Recorded, Stack, Strength, Value};

use crate::codes;
use crate::convert::{Converter, Wrong, no_node};
use crate::map::Mapped;
use crate::publish::publish;
use crate::references::{self, Target, target};

/// The outputs of units, by unit.
type Outputs<'a> = FxHashMap<&'a str, Map>;

pub(crate) fn link(
    stack: &Stack,
    mapped: Vec<(Mapped<'_>, MapOutput)>,
    recorded: Option<&Recorded>,
    sources: &Sources,
) -> Result<Graph, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    // What mappings gave is let go as it becomes nodes: of many units it is much.
    let (mapped, given): (Vec<Mapped<'_>>, Vec<MapOutput>) = mapped.into_iter().unzip();
    let outputs = outputs(&mapped, &given, sources, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let scope = stack.scope.iter().map(|(partition, _)| partition.clone()).collect();
    let execution = stack.execution.clone();
    let mut graph = Graph { scope, execution, evidence: stack.evidence.clone(), ..Graph::default() };
    let find = |unit: &str, output: &str| outputs.get(unit)?.get(output).cloned();
    let units: Units<'_> = mapped.iter().map(|one| (&*one.key, one)).collect();
    let mut owners: FxHashMap<Address, &Mapped<'_>> = FxHashMap::default();
    for (one, given) in mapped.iter().zip(given) {
        let linking = Linking { one, given: &given, units: &units, find: &find, sources };
        let mut before = linking.nodes_of(one.unit.depends_on.iter().map(|(name, _)| &**name));
        before.extend(linking.recorded(recorded));
        for draft in &given.drafts {
            let mut node = match linking.node(draft) {
                Ok(node) => node,
                Err(wrong) => {
                    tell(wrong, one, &mut problems);
                    continue;
                }
            };
            if let Some(other) = owners.insert(node.address.clone(), one) {
                problems.push(twice(&node.address, one, other));
            }
            for dependency in &before {
                if !node.depends_on.contains(dependency) {
                    node.depends_on.push(dependency.clone());
                }
            }
            graph.nodes.insert(node.address.clone(), node);
        }
    }
    graph.moved = moved(stack, &graph);
    let declared: Vec<_> = mapped.iter().filter_map(|one| one.declared).collect();
    publish(stack, recorded, &declared, &find, &mut graph, &mut problems);
    if problems.is_empty() { Ok(graph) } else { Err(problems) }
}

/// Nodes of units that had other names. What their units are made of otherwise is deleted or made.
fn moved(stack: &Stack, graph: &Graph) -> Vec<Moved> {
    let mut moved = Vec::new();
    for renamed in &stack.renamed {
        let is_of = |node: &&Node| {
            let to = &node.address;
            node.tier == renamed.tier && to.unit() == *renamed.to && *to.context_str() == *renamed.context.as_str()
        };
        for to in graph.nodes.values().filter(is_of).map(|node| &node.address) {
            if let Ok(from) = renamed.context.address(&renamed.from, &to.role()) {
                moved.push(Moved { from, to: to.clone(), span: renamed.span });
            }
        }
    }
    moved
}

/// Units by what references call them.
type Units<'a> = FxHashMap<&'a str, &'a Mapped<'a>>;

struct Linking<'a> {
    one: &'a Mapped<'a>,
    given: &'a MapOutput,
    units: &'a Units<'a>,
    find: &'a dyn Fn(&str, &str) -> Option<Value>,
    sources: &'a Sources,
}

impl Linking<'_> {
    fn node(&self, draft: &Draft) -> Result<Node, Wrong> {
        let (one, unit) = (self.one, &self.one.unit);
        let mut converter = converter(one, self.given, self.find, self.sources);
        let properties = converter.value(draft.properties, 0)?;
        let address = unit.context.address(&unit.name, &draft.role);
        let span = self.given.data.span(draft.properties);
        let address = address.map_err(|error| Wrong { message: error.to_string(), span })?;
        let mut node = Node::new(address, unit.tier, draft.kind.clone(), one.provider.clone());
        node.properties = properties;
        node.origins = converter.origins;
        node.span = unit.span;
        node.settings.phase = draft.phase.unwrap_or(one.phase);
        (node.settings.retain, node.settings.protect) = (draft.retain, draft.protect);
        for &after in &draft.after {
            node.depends_on.extend(self.after(after)?);
        }
        Ok(node)
    }

    /// The nodes that a reference in `after` speaks of: one of this unit, or all of another.
    fn after(&self, id: NodeId) -> Result<Vec<Dependency>, Wrong> {
        let data = &self.given.data;
        let text = |id: Option<NodeId>| id.and_then(|id| data.as_str(id));
        let body = data.get(id, "$ref");
        let unit = text(data.get(id, "$unit")).or_else(|| text(body.and_then(|body| data.get(body, "unit"))));
        if let Some(unit) = unit {
            return Ok(self.nodes_of(std::iter::once(unit)));
        }
        let span = data.span(id);
        let Some(role) = text(body.and_then(|body| data.get(body, "role"))) else {
            return Err(Wrong { message: "`after` takes references to nodes, outputs and units".to_owned(), span });
        };
        if !self.one.roles.iter().any(|own| **own == *role) {
            return Err(Wrong { message: no_node(role), span });
        }
        let address = self.one.unit.context.address(&self.one.unit.name, role);
        let on = address.map_err(|error| Wrong { message: error.to_string(), span })?;
        Ok(vec![Dependency { on, strength: Strength::Hard }])
    }

    /// Dependencies on what stands in another document and is recorded.
    fn recorded(&self, recorded: Option<&Recorded>) -> Vec<Dependency> {
        let upper = references::upper(&self.one.unit.context);
        let elsewhere: Vec<&Arc<str>> = self.one.unit.depends_on.iter().map(|(name, _)| name).collect();
        let elsewhere = elsewhere.into_iter().filter(|name| !self.units.contains_key(&***name));
        let above = |name: &Arc<str>| {
            let all = recorded.into_iter().flat_map(|recorded| recorded.above.keys());
            let own = all.filter(|on| on.unit() == **name && on.context() == upper);
            own.map(|on| Dependency { on: on.clone(), strength: Strength::Hard }).collect::<Vec<_>>()
        };
        elsewhere.flat_map(above).collect()
    }

    /// Dependencies on all nodes of some units.
    fn nodes_of<'n>(&self, units: impl Iterator<Item = &'n str>) -> Vec<Dependency> {
        let nodes = units.filter_map(|unit| self.units.get(unit)).flat_map(|other| other.addresses());
        nodes.map(|on| Dependency { on, strength: Strength::Hard }).collect()
    }
}

fn twice(address: &Address, one: &Mapped<'_>, other: &Mapped<'_>) -> Diagnostic {
    let called = |one: &Mapped<'_>| match *one.key == *one.unit.name {
        true => format!("`{}`", one.key),
        false => format!("what `{}` makes once", one.unit.name),
    };
    let message = format!("{} and {} both make the node {address}", called(other), called(one));
    Diagnostic::error(codes::TWO_NODES, message).at(one.unit.span).also(other.unit.span, "the other one")
}

/// What every unit tells others. A unit waits until those are known that its own outputs are made of.
fn outputs<'a>(
    mapped: &'a [Mapped<'_>],
    given: &[MapOutput],
    sources: &Sources,
    problems: &mut Vec<Diagnostic>,
) -> Outputs<'a> {
    let mut waiting: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    let mut open: Vec<usize> = Vec::with_capacity(mapped.len());
    for (index, given) in given.iter().enumerate() {
        let needs = needs(given);
        open.push(needs.len());
        needs.into_iter().for_each(|need| waiting.entry(need).or_default().push(index));
    }
    let mut ready: VecDeque<usize> = (0..mapped.len()).filter(|&index| open[index] == 0).collect();
    let mut outputs = Outputs::default();
    while let Some(index) = ready.pop_front() {
        let (one, given) = (&mapped[index], &given[index]);
        let mut told_outputs = Map::new();
        for (name, id) in &given.outputs {
            let find = |unit: &str, output: &str| outputs.get(unit)?.get(output).cloned();
            match converter(one, given, &find, sources).value(*id, 0) {
                Ok(value) => _ = told_outputs.insert(name.clone(), value),
                Err(wrong) => tell(wrong, one, problems),
            }
        }
        for (alias, name) in &one.aliases {
            if let Some(value) = told_outputs.get(name).cloned() {
                told_outputs.insert(alias.clone(), value);
            }
        }
        let name = &*one.key;
        outputs.insert(name, told_outputs);
        for &next in waiting.get(name).into_iter().flatten() {
            open[next] -= 1;
            if open[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    problems.extend(circle(mapped, given, &open));
    outputs
}

/// A circle among the units that still wait for others, if there are any: each of them waits for one of them.
fn circle(mapped: &[Mapped<'_>], given: &[MapOutput], open: &[usize]) -> Option<Diagnostic> {
    let stuck = mapped.iter().zip(given).zip(open).filter(|(_, open)| **open > 0);
    let stuck: BTreeMap<&str, (&Mapped<'_>, &MapOutput)> = stuck.map(|(both, _)| (&*both.0.key, both)).collect();
    let ((mut at, mut given), mut way, mut places) = (*stuck.values().next()?, Vec::new(), BTreeMap::new());
    let start = loop {
        let name = &*at.key;
        if let Some(start) = places.insert(name, way.len()) {
            break start;
        }
        way.push((name, at.unit.span));
        (at, given) = *needs(given).iter().find_map(|need| stuck.get(&**need))?;
    };
    let (first, rest) = way[start..].split_first()?;
    let message = format!("the outputs of `{}` are made of themselves", first.0);
    let problem = Diagnostic::error(codes::CIRCLE, message).at(first.1);
    let problem = rest.iter().fold(problem, |problem, (name, span)| problem.also(*span, format!("by way of `{name}`")));
    Some(problem.hint("give one of them a value of its own"))
}

/// The units that the outputs of a unit refer to.
fn needs(given: &MapOutput) -> BTreeSet<Arc<str>> {
    let data = &given.data;
    let inside = given.outputs.iter().flat_map(|(_, id)| data.events(*id));
    let structs = inside.filter(|step| matches!(step.event, Event::BeginStruct));
    let targets = structs.filter_map(|step| target(data, step.node));
    targets.filter_map(|target| if let Target::Unit { unit, .. } = target { Some(unit) } else { None }).collect()
}

fn converter<'a, 'o>(
    one: &'a Mapped<'_>,
    given: &'a MapOutput,
    output: &'o dyn Fn(&str, &str) -> Option<Value>,
    sources: &'a Sources,
) -> Converter<'a, 'o> {
    let unit = &*one.unit;
    Converter {
        data: &given.data,
        context: &unit.context,
        unit: &unit.name,
        output,
        sources,
        document: unit.span.file,
        origins: Vec::new(),
    }
}

/// What a mapping did wrong, told by the first unit that met it.
fn tell(wrong: Wrong, one: &Mapped<'_>, problems: &mut Vec<Diagnostic>) {
    let unit = &*one.unit;
    if !problems.iter().any(|known| known.span() == wrong.span && known.message == wrong.message) {
        let problem = Diagnostic::error(codes::BAD_DRAFT, wrong.message).at(wrong.span);
        problems.push(problem.also(unit.span, format!("met by `{}`", unit.name)));
    }
}
