//! `strata world`: the simulated cloud as a process. It is started by the provider, not by people.

use std::path::PathBuf;
use std::time::Duration;

use strata_base::Diagnostic;
use strata_provider_local::{codes, world};

use crate::error::{CommandError, Outcome};
use crate::exit::Exit;

/// Keep the simulated cloud of a folder until nobody has asked it anything for a while
#[derive(clap::Args, Debug)]
#[command(hide = true)]
pub(crate) struct Args {
    /// How long to wait for the next call, in milliseconds
    idle: u64,

    /// Where the cloud keeps its objects
    folder: PathBuf,
}

pub(crate) fn run(args: &Args) -> Outcome {
    match world::serve(&args.folder, Duration::from_millis(args.idle)) {
        Ok(()) => Ok(Exit::Done),
        Err(error) => Err(CommandError::plain(Exit::Error, Diagnostic::error(codes::START, world::told(&error)))),
    }
}
