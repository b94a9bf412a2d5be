//! `strata schema`

use clap::Subcommand;
use serde_json::Value;
use strata_base::Sources;
use strata_contracts::json_schema::{self, Style};
use strata_contracts::{Contract, Library, shape::Shape};
use strata_front::tiers::schema;

use super::contracts::pretty;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::Knowledge;
use crate::ui::Ui;

/// Print JSON Schemas of documents, for editors
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    knowledge: Knowledge,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// The document in tiers, with all contracts that are known
    ///
    /// Keep it beside your documents and name it in their first line: `# yaml-language-server: $schema=schema.json`.
    Document,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let library = args.knowledge.library(&mut Sources::new())?;
    match args.command {
        Command::Document => ui.answer(&document(&library), pretty)?,
    }
    Ok(Exit::Done)
}

/// The schema of documents in tiers.
pub(crate) fn document(library: &Library) -> Value {
    let contracts: Vec<schema::Contract<'_>> = library
        .contracts()
        .map(|contract| schema::Contract {
            name: &contract.name,
            about: &contract.about,
            tier: contract.tier,
            properties: json_schema::properties(contract, Style::Document),
            binding: binding(library, contract),
            needs_properties: contract.spec.fields().is_some_and(|all| all.fields.iter().any(|field| all.needs(field))),
        })
        .collect();
    let providers: Vec<schema::Provider<'_>> = library
        .providers()
        .map(|provider| schema::Provider {
            name: &provider.name,
            about: &provider.about,
            place: provider.place_fields.iter().map(|name| &**name).collect(),
            config: settings(&provider.config),
        })
        .collect();
    schema::schema(&contracts, &providers, json_schema::definitions(Style::Document))
}

/// What an operator may say. Of what depends on the provider no more is known here than that.
fn binding(library: &Library, contract: &Contract) -> Option<Value> {
    let mut all = library.bindings(contract);
    let (_, first) = all.next()?;
    Some(match all.next() {
        None => json_schema::of(first, Style::Document),
        Some(_) => serde_json::json!({"type": "object"}),
    })
}

fn settings(config: &Shape) -> Value {
    json_schema::of(config, Style::Values)
}
