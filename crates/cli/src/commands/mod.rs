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

use clap::{Args as _, CommandFactory, FromArgMatches, Parser, Subcommand};

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

/// Declares the commands: the word that calls each, and its arguments.
macro_rules! commands {
    ($($(#[$attribute:meta])* $word:ident: $name:ident($args:ty),)*) => {
        #[derive(Subcommand, Debug)]
        pub(crate) enum Command {
            $($(#[$attribute])* #[command(name = stringify!($word))] $name($args),)*
        }

        /// A command by itself, as clap knows it.
        fn single(word: &str) -> Option<clap::Command> {
            $(if word == stringify!($word) {
                return Some(<$args as clap::Args>::augment_args(clap::Command::new(stringify!($word))));
            })*
            None
        }
    };
}

commands! {
    // What other tools call it is understood, and not listed.
    #[command(alias = "create")]
    apply: Apply(apply::Args),
    approve: Approve(approve::Args),
    build: Build(build::Args),
    cache: Cache(cache::Args),
    completion: Completion(completion::Args),
    config: Config(config::Args),
    contracts: Contracts(contracts::Args),
    cue: Cue(cue::Args),
    #[command(alias = "delete")]
    destroy: Destroy(apply::DestroyArgs),
    diff: Diff(diff::Args),
    drift: Drift(drift::Args),
    explain: Explain(explain::Args),
    graph: Graph(graph::Args),
    help: Help(help::Args),
    history: History(history::Args),
    import: Import(import::Args),
    init: Init(init::Args),
    local: Local(local::Args),
    lock: Lock(lock::Args),
    logs: Logs(logs::Args),
    outputs: Outputs(outputs::Args),
    #[command(alias = "preview")]
    plan: Plan(plan::Args),
    refresh: Refresh(drift::RefreshArgs),
    schema: Schema(schema::Args),
    secret: Secret(secret::Args),
    show: Show(show::Args),
    state: State(state::Args),
    status: Status(status::Args),
    template: Template(template::Args),
    version: Version(version::Args),
    #[command(alias = "validate")]
    vet: Vet(vet::Args),
    world: World(world::Args),
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

/// What calls a command rightly is understood without the others, of which clap would learn much more than a small command
/// has to do. Help, and what is wrong, is told by the whole command line.
pub(crate) fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    let called = words.find_map(single).and_then(|command| call(command, arguments).ok());
    called.map_or_else(|| Cli::try_parse_from(arguments), Ok)
}

/// A command line that knows of one command.
fn call(command: clap::Command, arguments: &[OsString]) -> Result<Cli, clap::Error> {
    let line = Global::augment_args(clap::Command::new("strata").disable_help_subcommand(true)).subcommand(command);
    Cli::from_arg_matches_mut(&mut line.try_get_matches_from(arguments)?)
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
