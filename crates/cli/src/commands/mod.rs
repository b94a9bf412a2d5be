//! The command line: the commands, one file each. A new one is a file with `Args` and `run`, a variant here, and an arm in
//! [`Command::run`]; its help stands on its `Args`.

mod apply;
mod approve;
mod build;
mod cache;
mod completion;
mod config;
mod contracts;
mod cue;
mod diff;
mod drift;
mod explain;
mod graph;
mod help;
mod history;
mod import;
mod init;
mod local;
mod lock;
mod logs;
mod outputs;
mod plan;
mod schema;
mod secret;
mod show;
mod state;
mod status;
mod template;
mod version;
mod vet;
mod world;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::App;
use crate::args::Global;
use crate::error::Outcome;
use crate::exit;
use crate::ui::Ui;

/// A compiler for platforms: says what will happen, who decided it and why, and then makes it so
#[derive(Parser, Debug)]
#[command(name = "strata", version, disable_help_subcommand = true, term_width = 100)]
#[command(after_help = "`strata help CODE` explains an error, `strata help exit-codes` tells how a command can end.")]
#[command(after_long_help = endings())]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    // What other tools call it is understood, and not listed.
    #[command(alias = "create")]
    Apply(apply::Args),
    Approve(approve::Args),
    Build(build::Args),
    Cache(cache::Args),
    Completion(completion::Args),
    Config(config::Args),
    Contracts(contracts::Args),
    Cue(cue::Args),
    #[command(alias = "delete")]
    Destroy(apply::DestroyArgs),
    Diff(diff::Args),
    Drift(drift::Args),
    Explain(explain::Args),
    Graph(graph::Args),
    Help(help::Args),
    History(history::Args),
    Import(import::Args),
    Init(init::Args),
    Local(local::Args),
    Lock(lock::Args),
    Logs(logs::Args),
    Outputs(outputs::Args),
    #[command(alias = "preview")]
    Plan(plan::Args),
    Refresh(drift::RefreshArgs),
    Schema(schema::Args),
    Secret(secret::Args),
    Show(show::Args),
    State(state::Args),
    Status(status::Args),
    Template(template::Args),
    Version(version::Args),
    #[command(alias = "validate")]
    Vet(vet::Args),
    World(world::Args),
}

impl Command {
    pub(crate) fn run(&self, ui: &mut Ui, app: &App) -> Outcome {
        match self {
            Command::Apply(args) => apply::run(ui, app, args),
            Command::Approve(args) => approve::run(ui, app, args),
            Command::Build(args) => build::run(ui, app, args),
            Command::Cache(args) => cache::run(ui, args),
            Command::Completion(args) => completion::run(ui, args),
            Command::Config(args) => config::run(ui, app, args),
            Command::Contracts(args) => contracts::run(ui, args),
            Command::Cue(args) => cue::run(ui, args),
            Command::Destroy(args) => apply::destroy(ui, app, args),
            Command::Diff(args) => diff::run(ui, app, args),
            Command::Drift(args) => drift::run(ui, app, args),
            Command::Explain(args) => explain::run(ui, app, args),
            Command::Graph(args) => graph::run(ui, app, args),
            Command::Help(args) => help::run(ui, args),
            Command::History(args) => history::run(ui, app, args),
            Command::Import(args) => import::run(ui, app, args),
            Command::Init(args) => init::run(ui, args),
            Command::Local(args) => local::run(ui, app, args),
            Command::Lock(args) => lock::run(ui, app, args),
            Command::Logs(args) => logs::run(ui, app, args),
            Command::Outputs(args) => outputs::run(ui, app, args),
            Command::Plan(args) => plan::run(ui, app, args),
            Command::Refresh(args) => drift::refresh(ui, app, args),
            Command::Schema(args) => schema::run(ui, args),
            Command::Secret(args) => secret::run(ui, app, args),
            Command::Show(args) => show::run(ui, app, args),
            Command::State(args) => state::run(ui, app, args),
            Command::Status(args) => status::run(ui, app, args),
            Command::Template(args) => template::run(ui, app, args),
            Command::Version(args) => version::run(ui, args),
            Command::Vet(args) => vet::run(ui, app, args),
            Command::World(args) => world::run(args),
        }
    }

    /// Whether a mistake in a settings file must not keep this command from working.
    pub(crate) fn works_without_settings(&self) -> bool {
        matches!(self, Command::Completion(_) | Command::Help(_) | Command::Version(_) | Command::World(_))
    }
}

fn endings() -> String {
    format!("How a command can end (its exit code):\n{}\n`strata help CODE` explains an error.", exit::table())
}

pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments)
}

/// The whole command line as clap knows it.
fn line() -> clap::Command {
    Cli::command()
}

/// The command that tells about the commands that a line names: `config view [OPTIONS]` leads to `strata help config view`.
/// What stands before the first command is an option or its value.
pub(crate) fn help_line<'w>(line: impl Iterator<Item = &'w str>) -> String {
    let (mut command, mut words) = (self::line(), vec!["strata", "help"]);
    for word in line {
        match command.find_subcommand(word).cloned() {
            Some(inner) => {
                words.push(word);
                command = inner;
            }
            None if words.len() > 2 && !word.starts_with('-') => break,
            None => {}
        }
    }
    if words.len() == 2 { "strata --help".to_owned() } else { words.join(" ") }
}
