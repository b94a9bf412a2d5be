//! The commands, one file each. A new one is a file with `Args` and `run`, a variant here, and an arm in
//! [`Command::run`]; its help stands on its `Args`.

mod completion;
mod config;
mod help;
mod version;

use clap::{CommandFactory, Subcommand};

use crate::App;
use crate::args::Cli;
use crate::error::Outcome;
use crate::ui::Ui;

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Completion(completion::Args),
    Config(config::Args),
    Help(help::Args),
    Version(version::Args),
}

impl Command {
    pub(crate) fn run(&self, ui: &mut Ui, app: &App) -> Outcome {
        match self {
            Command::Completion(args) => completion::run(ui, args),
            Command::Config(args) => config::run(ui, app, args),
            Command::Help(args) => help::run(ui, args),
            Command::Version(args) => version::run(ui, args),
        }
    }

    /// Whether a mistake in a settings file must not keep this command from working.
    pub(crate) fn works_without_settings(&self) -> bool {
        matches!(self, Command::Completion(_) | Command::Help(_) | Command::Version(_))
    }
}

/// The whole command line as clap knows it.
fn line() -> clap::Command {
    Cli::command()
}

/// The command that tells about the commands that a usage text names: `Usage: strata config view [OPTIONS]` leads to
/// `strata help config view`.
pub(crate) fn help_line(usage: &str) -> String {
    let (mut command, mut words) = (line(), vec!["strata", "help"]);
    for word in usage.split_whitespace().skip_while(|word| *word != "strata").skip(1) {
        let Some(inner) = command.find_subcommand(word).cloned() else { break };
        words.push(word);
        command = inner;
    }
    if words.len() == 2 { "strata --help".to_owned() } else { words.join(" ") }
}
