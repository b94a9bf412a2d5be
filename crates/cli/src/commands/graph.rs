//! `strata graph`

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::Serialize;
use strata_model::{Address, Dependency, Graph, Later, Node, Strength, Target, Tier, TypeName};

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Document, DocumentArgs};
use crate::ui::Ui;

/// Draw the graph of a document
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    document: DocumentArgs,

    /// In which language
    #[arg(long = "as", value_name = "LANGUAGE", default_value = "text")]
    language: Language,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Language {
    /// For people
    Text,
    /// Graphviz
    Dot,
    Mermaid,
}

/// A node and what it needs.
#[derive(Serialize, Debug)]
struct Drawn {
    address: Address,
    #[serde(rename = "type")]
    kind: TypeName,
    tier: Tier,
    needs: Vec<Dependency>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let Document { graph, .. } = args.document.read(ui, app)?;
    let nodes = nodes(&graph);
    match args.language {
        Language::Text => {
            let names = |nodes: &Vec<Drawn>| nodes.iter().map(|node| node.address.to_string()).collect();
            ui.list(&nodes, names, |nodes| nodes.iter().map(text).collect())?;
        }
        Language::Dot => ui.data(&dot(&nodes))?,
        Language::Mermaid => ui.data(&mermaid(&nodes))?,
    }
    Ok(Exit::Done)
}

/// Each node with what it needs, sorted; of two ways to need one thing the harder counts.
fn nodes(graph: &Graph) -> Vec<Drawn> {
    let drawn = |node: &Node| {
        let mut needs: BTreeMap<Address, Strength> = BTreeMap::new();
        let mut need = |on: &Address, strength: Strength| {
            let known = needs.entry(on.clone()).or_insert(strength);
            *known = strength.min(*known);
        };
        node.depends_on.iter().for_each(|dependency| need(&dependency.on, dependency.strength));
        node.properties.each_later(&mut |later| {
            later.each(&mut |later| {
                if let Later::Ref { target: Target::Attribute { address, .. }, .. } = later {
                    need(address, Strength::Hard);
                }
            });
        });
        let needs = needs.into_iter().map(|(on, strength)| Dependency { on, strength }).collect();
        Drawn { address: node.address.clone(), kind: node.kind.clone(), tier: node.tier, needs }
    };
    let mut nodes: Vec<Drawn> = graph.nodes.values().map(drawn).collect();
    nodes.sort_by(|a, b| a.address.cmp(&b.address));
    nodes
}

fn text(node: &Drawn) -> String {
    let mut out = format!("{}\n", node.address);
    for need in &node.needs {
        out += &format!("  needs {}{}\n", need.on, if need.strength == Strength::Soft { " (soft)" } else { "" });
    }
    out
}

fn dot(nodes: &[Drawn]) -> String {
    let quoted = |address: &Address| format!("{:?}", address.as_str());
    let mut out = "digraph {\n".to_owned();
    for node in nodes {
        out += &format!("  {};\n", quoted(&node.address));
        for need in &node.needs {
            let style = if need.strength == Strength::Soft { " [style=dashed]" } else { "" };
            out += &format!("  {} -> {}{style};\n", quoted(&node.address), quoted(&need.on));
        }
    }
    out + "}\n"
}

fn mermaid(nodes: &[Drawn]) -> String {
    let mut out = "graph TD\n".to_owned();
    for (at, node) in nodes.iter().enumerate() {
        out += &format!("  n{at}[\"{}\"]\n", node.address);
        for need in &node.needs {
            // What stands in another document has no node of its own here.
            if let Ok(to) = nodes.binary_search_by(|known| known.address.cmp(&need.on)) {
                out += &format!("  n{at} {} n{to}\n", if need.strength == Strength::Soft { "-.->" } else { "-->" });
            }
        }
    }
    out
}
