//! `strata graph`

use clap::ValueEnum;
use strata_model::{Graph, Later, Strength, Target};

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

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let Document { graph, .. } = args.document.read(ui, app)?;
    ui.data(&draw(&graph, args.language))?;
    Ok(Exit::Done)
}

/// Each node with what it needs, sorted; soft needs are marked.
fn edges(graph: &Graph) -> Vec<(String, Vec<(String, Strength)>)> {
    let mut nodes: Vec<_> = graph
        .nodes
        .values()
        .map(|node| {
            let mut needs: Vec<(String, Strength)> =
                node.depends_on.iter().map(|need| (need.on.to_string(), need.strength)).collect();
            node.properties.each_later(&mut |later| {
                later.each(&mut |later| {
                    if let Later::Ref { target: Target::Attribute { address, .. }, .. } = later {
                        needs.push((address.to_string(), Strength::Hard));
                    }
                });
            });
            needs.sort();
            needs.dedup_by(|a, b| a.0 == b.0);
            (node.address.to_string(), needs)
        })
        .collect();
    nodes.sort();
    nodes
}

fn draw(graph: &Graph, language: Language) -> String {
    let nodes = edges(graph);
    let mut out = match language {
        Language::Text => String::new(),
        Language::Dot => "digraph {\n".to_owned(),
        Language::Mermaid => "graph TD\n".to_owned(),
    };
    for (at, (name, needs)) in nodes.iter().enumerate() {
        match language {
            Language::Text => out += &format!("{name}\n"),
            Language::Dot => out += &format!("  {name:?};\n"),
            Language::Mermaid => out += &format!("  n{at}[\"{name}\"]\n"),
        }
        for (need, strength) in needs {
            let soft = *strength == Strength::Soft;
            match language {
                Language::Text => out += &format!("  needs {need}{}\n", if soft { " (soft)" } else { "" }),
                Language::Dot => {
                    out += &format!("  {name:?} -> {need:?}{};\n", if soft { " [style=dashed]" } else { "" });
                }
                Language::Mermaid => {
                    // What stands in another document has no node of its own here.
                    if let Ok(to) = nodes.binary_search_by(|(known, _)| known.cmp(need)) {
                        out += &format!("  n{at} {} n{to}\n", if soft { "-.->" } else { "-->" });
                    }
                }
            }
        }
    }
    if language == Language::Dot {
        out += "}\n";
    }
    out
}
