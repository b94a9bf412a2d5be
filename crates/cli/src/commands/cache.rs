//! `strata cache`

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use strata_base::Diagnostic;

use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::cache;
use crate::ui::Ui;

/// See where it is kept what was worked out of documents before, and drop it
///
/// Commands that read documents keep what contracts and mappings gave for each capability, and evaluate only what is
/// new. Nothing depends on it. `STRATA_CACHE` names another folder, or is `off`.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print the folder
    Where,
    /// Remove what is in it
    Clear,
}

#[derive(Serialize, Debug)]
struct Place {
    /// Nothing where none is kept.
    folder: Option<PathBuf>,
}

#[derive(Serialize, Debug)]
struct Cleared {
    files: usize,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    match &args.command {
        Command::Where => {
            let place = Place { folder: cache::folder() };
            let told =
                |place: &Place| place.folder.as_ref().map_or("off\n".to_owned(), |at| format!("{}\n", at.display()));
            ui.answer(&place, told)?;
        }
        Command::Clear => {
            let files = cache::clear().map_err(|error| {
                let message = format!("the cache cannot be cleared: {error}");
                CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message))
            })?;
            ui.answer(&Cleared { files }, |cleared| match cleared.files {
                1 => "Removed 1 file.\n".to_owned(),
                files => format!("Removed {files} files.\n"),
            })?;
        }
    }
    Ok(Exit::Done)
}
