//! `strata contracts`

mod cases;
mod matrix;
mod test;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use strata_base::{Diagnostic, Sources, Span, nearest};
use strata_contracts::{Contract, Library, codes, json_schema, pages};
use strata_model::{Phase, Tier};

use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::Knowledge;
use crate::ui::Ui;

/// Look at what may be asked for, and at how providers serve it
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    knowledge: Knowledge,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List all contracts, with the providers that serve them
    List,
    /// Print how faithfully providers serve each property of each contract
    Fidelity {
        /// Only these contracts
        #[arg(value_name = "CONTRACT")]
        names: Vec<String>,
    },
    /// Print a contract, or how a provider serves it, as it is written
    Show {
        name: String,
        /// The mapping for that provider instead of the contract
        #[arg(long, value_name = "PROVIDER")]
        provider: Option<String>,
    },
    /// Print the JSON Schema of what a contract lets be said
    Schema { name: String },
    /// Print the reference page of a contract, in Markdown
    Page { name: String },
    /// Try mappings on made-up units, and on the cases of a folder
    ///
    /// Without a folder the embedded mappings are tried. A case is a folder `cases/CONTRACT/PROVIDER/NAME` with `in.yaml`
    /// (`properties`, and perhaps `unit`, `peers` and `binding`) and `out.yaml`, what the mapping makes of it.
    Test {
        /// A folder with contracts and mappings of your own, to try those
        folder: Option<PathBuf>,
        /// Write what comes of the cases instead of comparing it
        #[arg(long)]
        update: bool,
    },
}

#[derive(Serialize, Debug)]
struct Row<'a> {
    name: &'a str,
    about: &'a str,
    tier: Tier,
    phase: Phase,
    providers: Vec<&'a str>,
    /// What can be bounded.
    dimensions: Vec<&'a str>,
    outputs: Vec<Output<'a>>,
}

#[derive(Serialize, Debug)]
struct Output<'a> {
    name: &'a str,
    sensitive: bool,
}

/// A text with the place that it was taken from.
#[derive(Serialize, Debug)]
struct Source<'a> {
    file: &'a str,
    text: &'a str,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    if let Command::Test { folder, update } = &args.command {
        return test::run(ui, folder.as_deref().or(args.knowledge.folder.as_deref()), *update);
    }
    let mut sources = Sources::new();
    let library = args.knowledge.library(&mut sources)?;
    match &args.command {
        Command::Test { .. } => {}
        Command::List => {
            let rows: Vec<Row<'_>> = library.contracts().map(|contract| row(&library, contract)).collect();
            ui.answer(&rows, |rows| text(rows))?;
        }
        Command::Fidelity { names } => {
            for name in names {
                span(&library, name, None)?;
            }
            let wanted = |contract: &&Contract| names.is_empty() || names.iter().any(|name| **name == *contract.name);
            let rows: Vec<matrix::Row<'_>> =
                library.contracts().filter(wanted).flat_map(|contract| matrix::rows(&library, contract)).collect();
            ui.answer(&rows, |rows| matrix::text(&library, rows))?;
        }
        Command::Show { name, provider } => {
            let source = source(&sources, span(&library, name, provider.as_deref())?);
            ui.answer(&source, |source| source.text.to_owned())?;
        }
        Command::Schema { name } => {
            let schema = json_schema::contract(contract(&library, name)?, &examples(&library, name));
            ui.answer(&schema, pretty)?;
        }
        Command::Page { name } => {
            let page = pages::page(&library, contract(&library, name)?);
            ui.answer(&page, String::clone)?;
        }
    }
    Ok(Exit::Done)
}

fn row<'a>(library: &'a Library, contract: &'a Contract) -> Row<'a> {
    let serving = library.mappings().filter(|mapping| mapping.contract == contract.name);
    Row {
        name: &contract.name,
        about: &contract.about,
        tier: contract.tier,
        phase: contract.phase,
        providers: serving.map(|mapping| &*mapping.provider).collect(),
        dimensions: contract.dimensions.keys().map(|name| &**name).collect(),
        outputs: contract
            .outputs
            .iter()
            .map(|(name, output): (&Arc<str>, _)| Output { name, sensitive: output.sensitive })
            .collect(),
    }
}

fn text(rows: &[Row<'_>]) -> String {
    let cells: Vec<[String; 4]> = rows
        .iter()
        .map(|row| [row.name.to_owned(), row.tier.to_string(), row.providers.join(", "), row.about.to_owned()])
        .collect();
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}

fn contract<'a>(library: &'a Library, name: &str) -> Result<&'a Contract, CommandError> {
    library.contract(name).ok_or_else(|| {
        let problem = Diagnostic::error(codes::UNKNOWN_CONTRACT, format!("there is no contract `{name}`"));
        let near = nearest(name, library.contracts().map(|contract| &*contract.name));
        let problem = match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`strata contracts list` lists what there is"),
        };
        CommandError::plain(Exit::NotFound, problem)
    })
}

fn examples(library: &Library, name: &str) -> Vec<serde_json::Value> {
    let examples = library.contract(name).map(|contract| library.examples(contract)).unwrap_or_default();
    examples.iter().map(|(_, example)| strata_contracts::trial::json(example)).collect()
}

/// JSON for people to read, and for editors.
pub(crate) fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// Where a contract or a mapping stands.
fn span(library: &Library, name: &str, provider: Option<&str>) -> Result<Span, CommandError> {
    let missing = |problem| CommandError::plain(Exit::NotFound, problem);
    let contract = contract(library, name)?;
    let Some(provider) = provider else { return Ok(contract.span) };
    library.mapping(name, provider).map(|mapping| mapping.span).ok_or_else(|| {
        let message = format!("provider `{provider}` does not serve `{name}`");
        let problem = Diagnostic::error(codes::UNSUPPORTED, message);
        let all = library.providers().map(|known| &*known.name);
        let serving: Vec<&str> = all.filter(|known| library.mapping(name, known).is_some()).collect();
        missing(match nearest(provider, serving.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint(format!("those that do are {}", serving.join(", "))),
        })
    })
}

fn source(sources: &Sources, span: Span) -> Source<'_> {
    let (file, text) = sources.get(span.file).map_or(("", ""), |source| (source.name(), source.text()));
    Source { file, text }
}
