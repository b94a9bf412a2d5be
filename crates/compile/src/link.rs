//! Drafts of all units become the nodes of one graph: outputs are put in the place of references to them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use cue_data::Event;
use rustc_hash::FxHashMap;
use strata_base::{Diagnostic, Sources};
use strata_model::{Dependency, Graph, Map, Node, Stack, Strength, Value};

use crate::codes;
use crate::convert::{Converter, Wrong};
use crate::declare::target;
use crate::map::Mapped;

/// The outputs of units, by unit.
type Outputs<'a> = FxHashMap<&'a str, Map>;

pub(crate) fn link(stack: &Stack, mapped: &[Mapped<'_>], sources: &Sources) -> Result<Graph, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let outputs = outputs(mapped, sources, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut graph = Graph { scope: stack.scope.clone(), ..Graph::default() };
    graph.evidence.insert("document".into(), stack.document.clone());
    let find = |unit: &str, output: &str| outputs.get(unit)?.get(output).cloned();
    let roles: FxHashMap<&str, &Mapped<'_>> = mapped.iter().map(|one| (&*one.declared.unit.name, one)).collect();
    for one in mapped {
        let (unit, contract) = (one.declared.unit, one.declared.contract);
        let mut depends_on = Vec::new();
        for (name, _) in &unit.depends_on {
            let Some(other) = roles.get(&**name) else { continue };
            for draft in &other.output.drafts {
                let address = other.declared.unit.context.address(name, &draft.role);
                depends_on.extend(address.map(|on| Dependency { on, strength: Strength::Hard }));
            }
        }
        for draft in &one.output.drafts {
            let mut converter = converter(one, &find, sources);
            let node = converter.value(draft.properties, 0).and_then(|properties| {
                let span = one.output.data.span(draft.properties);
                let address = unit.context.address(&unit.name, &draft.role);
                let address = address.map_err(|error| Wrong { message: error.to_string(), span })?;
                let mut node = Node::new(address, unit.tier, draft.kind.clone(), unit.provider.clone());
                node.properties = properties;
                Ok(node)
            });
            match node {
                Ok(mut node) => {
                    node.settings.phase = draft.phase.unwrap_or(contract.phase);
                    (node.settings.retain, node.settings.protect) = (draft.retain, draft.protect);
                    node.depends_on.clone_from(&depends_on);
                    node.origins = converter.origins;
                    node.span = unit.span;
                    graph.nodes.insert(node.address.clone(), node);
                }
                Err(wrong) => problems.push(told(wrong, one)),
            }
        }
    }
    if problems.is_empty() { Ok(graph) } else { Err(problems) }
}

/// What every unit tells others. A unit waits until those are known that its own outputs are made of.
fn outputs<'a>(mapped: &'a [Mapped<'_>], sources: &Sources, problems: &mut Vec<Diagnostic>) -> Outputs<'a> {
    let mut waiting: FxHashMap<Arc<str>, Vec<usize>> = FxHashMap::default();
    let mut open: Vec<usize> = Vec::with_capacity(mapped.len());
    for (index, one) in mapped.iter().enumerate() {
        let needs = needs(one);
        open.push(needs.len());
        needs.into_iter().for_each(|need| waiting.entry(need).or_default().push(index));
    }
    let mut ready: VecDeque<usize> = (0..mapped.len()).filter(|&index| open[index] == 0).collect();
    let mut outputs = Outputs::default();
    while let Some(index) = ready.pop_front() {
        let one = &mapped[index];
        let mut told_outputs = Map::new();
        for (name, id) in &one.output.outputs {
            let find = |unit: &str, output: &str| outputs.get(unit)?.get(output).cloned();
            match converter(one, &find, sources).value(*id, 0) {
                Ok(value) => _ = told_outputs.insert(name.clone(), value),
                Err(wrong) => problems.push(told(wrong, one)),
            }
        }
        for (name, info) in &one.declared.contract.outputs {
            if let Some(value) = told_outputs.get(name).cloned() {
                told_outputs.extend(info.aliases.iter().map(|alias| (alias.clone(), value.clone())));
            }
        }
        let name = &*one.declared.unit.name;
        outputs.insert(name, told_outputs);
        for &next in waiting.get(name).into_iter().flatten() {
            open[next] -= 1;
            if open[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    problems.extend(circle(mapped, &open));
    outputs
}

/// A circle among the units that still wait for others, if there are any: each of them waits for one of them.
fn circle(mapped: &[Mapped<'_>], open: &[usize]) -> Option<Diagnostic> {
    let stuck = mapped.iter().zip(open).filter(|(_, open)| **open > 0).map(|(one, _)| (&*one.declared.unit.name, one));
    let stuck: BTreeMap<&str, &Mapped<'_>> = stuck.collect();
    let (mut at, mut way, mut places) = (*stuck.values().next()?, Vec::new(), BTreeMap::new());
    let start = loop {
        let name = &*at.declared.unit.name;
        if let Some(start) = places.insert(name, way.len()) {
            break start;
        }
        way.push((name, at.declared.unit.span));
        at = needs(at).iter().find_map(|need| stuck.get(&**need))?;
    };
    let (first, rest) = way[start..].split_first()?;
    let message = format!("the outputs of `{}` are made of themselves", first.0);
    let problem = Diagnostic::error(codes::CIRCLE, message).at(first.1);
    Some(rest.iter().fold(problem, |problem, (name, span)| problem.also(*span, format!("by way of `{name}`"))))
}

/// The units that the outputs of a unit refer to.
fn needs(one: &Mapped<'_>) -> BTreeSet<Arc<str>> {
    let data = &one.output.data;
    let inside = one.output.outputs.iter().flat_map(|(_, id)| data.events(*id));
    let structs = inside.filter(|step| matches!(step.event, Event::BeginStruct));
    structs.filter_map(|step| target(data, step.node)).map(|(unit, _)| unit).collect()
}

fn converter<'a, 'o>(
    one: &'a Mapped<'_>,
    output: &'o dyn Fn(&str, &str) -> Option<Value>,
    sources: &'a Sources,
) -> Converter<'a, 'o> {
    let unit = one.declared.unit;
    Converter {
        data: &one.output.data,
        context: &unit.context,
        unit: &unit.name,
        output,
        sources,
        document: unit.span.file,
        origins: Vec::new(),
    }
}

fn told(wrong: Wrong, one: &Mapped<'_>) -> Diagnostic {
    let unit = one.declared.unit;
    Diagnostic::error(codes::BAD_DRAFT, wrong.message).at(wrong.span).also(unit.span, format!("met by `{}`", unit.name))
}
