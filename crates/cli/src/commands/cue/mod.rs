//! `strata cue`: the language by itself, as its users know it from the `cue` command.

mod eval;
mod explain;
mod export;
mod inputs;
mod limits;
mod output;
mod pieces;
mod placement;
mod vet;

use clap::Subcommand;
use strata_base::{Diagnostic, Sources};

use crate::codes;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Evaluate, export, check and explain CUE
///
/// Arguments are packages (`.`, `./a/...`, `example.com/a`), CUE files, documents of data (`.json`, `.yaml`, `.txt`), or `-`
/// for standard input; a prefix such as `yaml:` says what a file holds. Options, errors and exit codes are those of `cue`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Eval(eval::Args),
    Explain(explain::Args),
    Export(export::Args),
    Vet(vet::Args),
}

/// Tells what is wrong with what was asked for, as the CUE tools do.
fn fail(ui: &mut Ui, message: &str) -> Outcome {
    ui.positions(&[Diagnostic::error(codes::USAGE, message)], &Sources::new())?;
    Ok(Exit::Error)
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    match &args.command {
        Command::Eval(args) => eval::run(ui, args),
        Command::Explain(args) => explain::run(ui, args),
        Command::Export(args) => export::run(ui, args),
        Command::Vet(args) => vet::run(ui, args),
    }
}
