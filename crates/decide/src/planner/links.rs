//! Numbers the nodes, draws the edges between them, and puts them into an order in which each comes after what it
//! needs.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;
use strata_base::Diagnostic;
use strata_model::{Address, Context, Dependency, Later, Node, Resource, Strength, Target, Value};

use crate::codes;
use crate::input::Input;

/// A node by its place in [`Links::nodes`].
pub(super) type Index = usize;

/// The graph with numbers in place of addresses. Nodes are sorted by address, so nothing depends on the order in which
/// a document lists them.
pub(super) struct Links<'a> {
    pub(super) nodes: Vec<&'a Node>,
    pub(super) index: FxHashMap<&'a Address, Index>,
    /// All that a node needs, references included, as it will be recorded: sorted, each address once.
    pub(super) needs: Vec<Vec<Dependency>>,
    /// The part of `needs` that is in the graph, without soft edges that had to give way.
    pub(super) before: Vec<Vec<Edge>>,
    /// The other way round.
    pub(super) after: Vec<Vec<Edge>>,
    /// Every node after those it needs.
    pub(super) order: Vec<Index>,
    /// What is recorded of a node, under its address or the one that it had.
    pub(super) prior: Vec<Option<&'a Resource>>,
    /// From the former address to the node that has it now.
    pub(super) moved: BTreeMap<&'a Address, &'a Address>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Edge {
    pub(super) node: Index,
    pub(super) hard: bool,
}

pub(super) fn link<'a>(input: &Input<'a>) -> Result<Links<'a>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut nodes: Vec<&Node> = if input.options.destroy { Vec::new() } else { input.graph.nodes.values().collect() };
    nodes.sort_by(|a, b| a.address.cmp(&b.address));
    let index: FxHashMap<&Address, Index> = nodes.iter().map(|node| &node.address).zip(0..).collect();
    in_scope(input, &nodes, &mut problems);
    let moved = moves(input, &index, &mut problems);
    let former: FxHashMap<&Address, &Address> = moved.iter().map(|(from, to)| (*to, *from)).collect();
    let prior: Vec<Option<&Resource>> = nodes
        .iter()
        .map(|node| {
            let state = &input.state.resources;
            state.get(&node.address).or_else(|| state.get(*former.get(&node.address)?))
        })
        .collect();
    let needs: Vec<Vec<Dependency>> = nodes.iter().map(|node| needs(input, node)).collect();
    let mut wished = Vec::with_capacity(nodes.len());
    for (node, needs) in nodes.iter().zip(&needs) {
        wished.push(edges(input, node, needs, &index, &mut problems));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let (order, before) = sort(&nodes, wished).map_err(|problem| vec![*problem])?;
    let mut after = vec![Vec::new(); nodes.len()];
    for (node, edges) in before.iter().enumerate() {
        for edge in edges {
            after[edge.node].push(Edge { node, hard: edge.hard });
        }
    }
    Ok(Links { nodes, index, needs, before, after, order, prior, moved })
}

fn in_scope(input: &Input<'_>, nodes: &[&Node], problems: &mut Vec<Diagnostic>) {
    let scope: std::collections::BTreeSet<(&str, u8)> =
        input.graph.scope.iter().map(|partition| (partition.context.as_str(), partition.tier.number())).collect();
    for node in nodes {
        if !scope.contains(&(node.address.context_str(), node.tier.number())) {
            let message = format!("{} is in {}, which the document does not name", node.address, node.partition());
            problems.push(Diagnostic::error(codes::OUT_OF_SCOPE, message).at(node.span));
        }
    }
}

fn moves<'a>(
    input: &Input<'a>,
    index: &FxHashMap<&'a Address, Index>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<&'a Address, &'a Address> {
    let mut moved = BTreeMap::new();
    let mut targets = std::collections::BTreeSet::new();
    if input.options.destroy {
        return moved;
    }
    for entry in &input.graph.moved {
        let recorded = |address| input.state.resources.contains_key(address);
        // Applied before: the entry may stay in the document and means nothing any more.
        if !recorded(&entry.from) {
            continue;
        }
        let wrong = if index.contains_key(&entry.from) {
            "its source is still in the document"
        } else if !index.contains_key(&entry.to) {
            "its target is not in the document"
        } else if recorded(&entry.to) {
            "something else is recorded at its target"
        } else if moved.contains_key(&entry.from) {
            "its source moves to something else too"
        } else if !targets.insert(&entry.to) {
            "something else moves to its target"
        } else if entry.from.context_str() != entry.to.context_str() {
            "it leads to another context, which has a state of its own"
        } else {
            moved.insert(&entry.from, &entry.to);
            continue;
        };
        let message = format!("cannot move {} to {}: {wrong}", entry.from, entry.to);
        problems.push(Diagnostic::error(codes::BAD_MOVE, message).at(entry.span));
    }
    moved
}

/// Everything that a node needs: what it lists, and hard what it refers to.
fn needs(input: &Input<'_>, node: &Node) -> Vec<Dependency> {
    let mut strengths: BTreeMap<&Address, Strength> = BTreeMap::new();
    let mut add = |on, strength: Strength| {
        let known = strengths.entry(on).or_insert(strength);
        *known = (*known).min(strength);
    };
    for dependency in &node.depends_on {
        add(&dependency.on, dependency.strength);
    }
    each_reference(input, &node.properties, OUTPUT_DEPTH, &mut |address| add(address, Strength::Hard));
    strengths.into_iter().map(|(on, strength)| Dependency { on: on.clone(), strength }).collect()
}

/// How far outputs may be made of outputs of the same document. A circle of them ends here; computing it is refused.
pub(super) const OUTPUT_DEPTH: usize = 8;

/// Calls `visit` with each address that a value refers to, also by way of outputs that the graph publishes itself.
fn each_reference<'a>(input: &Input<'a>, value: &'a Value, depth: usize, visit: &mut dyn FnMut(&'a Address)) {
    value.each_later(&mut |later| {
        later.each(&mut |later| match later {
            Later::Ref { target: Target::Attribute { address, .. }, .. } => visit(address),
            Later::Ref { target: Target::Output { context, output }, .. } if depth > 0 => {
                let key: (Context, _) = (context.clone(), output.clone());
                if let Some(output) = input.graph.outputs.get(&key) {
                    each_reference(input, &output.value, depth - 1, visit);
                }
            }
            _ => {}
        });
    });
}

fn edges(
    input: &Input<'_>,
    node: &Node,
    needs: &[Dependency],
    index: &FxHashMap<&Address, Index>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(needs.len());
    for need in needs {
        let hard = need.strength == Strength::Hard;
        let tier = match index.get(&need.on) {
            Some(&target) => {
                edges.push(Edge { node: target, hard });
                input.graph.nodes.get(&need.on).map(|target| target.tier)
            }
            None => input.state.resources.get(&need.on).map(|resource| resource.tier),
        };
        match tier {
            Some(tier) if tier > node.tier => {
                let message = format!("{} of tier {} depends on {} of tier {tier}", node.address, node.tier, need.on);
                problems.push(Diagnostic::error(codes::UPWARD, message).at(node.span));
            }
            None if hard => {
                let message = format!("{} depends on {}, which does not exist", node.address, need.on);
                problems.push(Diagnostic::error(codes::DANGLING, message).at(node.span));
            }
            _ => {}
        }
    }
    edges
}

type Sorted = (Vec<Index>, Vec<Vec<Edge>>);

/// Orders the nodes. Where soft edges stand in the way of any order, those of the first node that only they hold back
/// are dropped; where hard ones do, the circle is told.
fn sort(nodes: &[&Node], wished: Vec<Vec<Edge>>) -> Result<Sorted, Box<Diagnostic>> {
    let count = nodes.len();
    let mut after: Vec<Vec<Edge>> = vec![Vec::new(); count];
    let (mut missing_hard, mut missing) = (vec![0_usize; count], vec![0_usize; count]);
    for (node, edges) in wished.iter().enumerate() {
        missing[node] = edges.len();
        missing_hard[node] = edges.iter().filter(|edge| edge.hard).count();
        for edge in edges {
            after[edge.node].push(Edge { node, hard: edge.hard });
        }
    }
    let mut done = vec![false; count];
    let mut order = Vec::with_capacity(count);
    let mut ready: VecDeque<Index> = (0..count).filter(|&node| missing[node] == 0).collect();
    // Nodes whose hard needs are met, in the order in which that happened; most are done by the time they are seen.
    let mut held: VecDeque<Index> = (0..count).filter(|&node| missing_hard[node] == 0 && missing[node] > 0).collect();
    loop {
        let next = match ready.pop_front() {
            Some(next) => next,
            None => match held.pop_front() {
                Some(next) => next,
                None => break,
            },
        };
        if std::mem::replace(&mut done[next], true) {
            continue;
        }
        order.push(next);
        for edge in &after[next] {
            missing[edge.node] -= 1;
            missing_hard[edge.node] -= usize::from(edge.hard);
            if missing[edge.node] == 0 {
                ready.push_back(edge.node);
            } else if edge.hard && missing_hard[edge.node] == 0 {
                held.push_back(edge.node);
            }
        }
    }
    if order.len() < count {
        return Err(Box::new(circle(nodes, &wished, &done)));
    }
    let mut rank = vec![0; count];
    for (position, &node) in order.iter().enumerate() {
        rank[node] = position;
    }
    let mut before = wished;
    for (node, edges) in before.iter_mut().enumerate() {
        edges.retain(|edge| rank[edge.node] < rank[node]);
    }
    Ok((order, before))
}

/// Every node that is not done waits for another that is not done: going from one to the next must come round.
fn circle(nodes: &[&Node], wished: &[Vec<Edge>], done: &[bool]) -> Diagnostic {
    let start = done.iter().position(|done| !done).unwrap_or(0);
    let mut seen = vec![usize::MAX; nodes.len()];
    let mut path = Vec::new();
    let mut at = start;
    while seen[at] == usize::MAX {
        seen[at] = path.len();
        path.push(at);
        let next = wished[at].iter().find(|edge| edge.hard && !done[edge.node]);
        at = next.map_or(at, |edge| edge.node);
    }
    let mut circle = path.split_off(seen[at]);
    // Told from its first address on, so that the message does not depend on where the walk began.
    let first = (0..circle.len()).min_by_key(|&place| circle[place]).unwrap_or(0);
    circle.rotate_left(first);
    let mut names: Vec<&str> = circle.iter().map(|&node| nodes[node].address.as_str()).collect();
    names.extend(names.first().copied());
    let message = format!("resources depend on each other in a circle: {}", names.join(" -> "));
    Diagnostic::error(codes::CYCLE, message)
        .at(nodes[circle[0]].span)
        .hint("take out one of these dependencies, or make it soft")
}
