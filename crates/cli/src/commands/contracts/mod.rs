//! `strata contracts`

mod matrix;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;
use serde::Serialize;
use strata_base::{Diagnostic, Sources, Span, nearest};
use strata_contracts::{Contract, Library, codes};
use strata_model::{Phase, Tier};

use crate::columns::columns;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::library;
use crate::ui::Ui;

/// Look at what may be asked for, and at how providers serve it
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    /// A folder with contracts and mappings of your own
    #[arg(long, value_name = "FOLDER", global = true)]
    contracts: Option<PathBuf>,
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
}

#[derive(Serialize, Debug)]
struct Row<'a> {
    name: &'a str,
    about: &'a str,
    tier: Tier,
    phase: Phase,
    providers: Vec<&'a str>,
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
    let mut sources = Sources::new();
    let library = library(args.contracts.as_deref(), &mut sources)?;
    match &args.command {
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

/// Where a contract or a mapping stands.
fn span(library: &Library, name: &str, provider: Option<&str>) -> Result<Span, CommandError> {
    let missing = |problem| CommandError::plain(Exit::NotFound, problem);
    let Some(contract) = library.contract(name) else {
        let problem = Diagnostic::error(codes::UNKNOWN_CONTRACT, format!("there is no contract `{name}`"));
        let near = nearest(name, library.contracts().map(|contract| &*contract.name));
        return Err(missing(match near {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`strata contracts list` lists what there is"),
        }));
    };
    let Some(provider) = provider else { return Ok(contract.span) };
    library.mapping(name, provider).map(|mapping| mapping.span).ok_or_else(|| {
        let message = format!("provider `{provider}` does not serve `{name}`");
        missing(Diagnostic::error(codes::UNSUPPORTED, message))
    })
}

fn source(sources: &Sources, span: Span) -> Source<'_> {
    let (file, text) = sources.get(span.file).map_or(("", ""), |source| (source.name(), source.text()));
    Source { file, text }
}
