//! The `strata` command: arguments, settings, printing, wiring.
//!
//! Invariant: no logic of its own. A command reads its arguments, calls a library, and hands what comes back to the
//! [`Ui`]; what it decides is only how something is shown.
//! Invariant: data goes to standard output, words to standard error, and both only through the [`Ui`].
//! Invariant: the one crate that reads the arguments, the environment and the terminal.

mod args;
mod codes;
mod color;
mod columns;
mod commands;
mod error;
mod exit;
mod memory;
mod panic;
mod project;
mod settings;
mod show;
mod ui;
mod usage;

use std::ffi::OsString;
use std::process::ExitCode;

use strata_base::{Diagnostic, Sources};

pub use codes::explain;
pub use panic::report as panic_report;

use commands::Cli;
use error::CommandError;
use exit::Exit;
use settings::Settings;
use ui::Ui;

/// What every command is given besides its arguments.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
}

/// Runs the command of this process.
pub fn main() -> ExitCode {
    panic::install();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    std::panic::catch_unwind(|| run(&arguments)).unwrap_or(Exit::Error).into()
}

fn run(arguments: &[OsString]) -> Exit {
    let cli = match commands::parse(arguments) {
        Ok(cli) => cli,
        Err(error) => return usage::tell(&error, arguments, &mut Ui::before_settings(arguments)),
    };
    let mut ui = Ui::before_settings(arguments);
    let outcome = start(&cli, &mut ui).and_then(|app| cli.command.run(&mut ui, &app));
    ui.finish(&outcome)
}

fn start(cli: &Cli, ui: &mut Ui) -> Result<App, CommandError> {
    if let Some(folder) = &cli.global.chdir {
        change_folder(folder)?;
    }
    let settings = match settings::load(&cli.global) {
        Err(_) if cli.command.works_without_settings() => Settings::defaults(&cli.global)?,
        other => other?,
    };
    ui.configure(&settings, cli.global.json);
    ui.diagnostics(&settings::misspelt(), &Sources::new())?;
    for file in settings.files() {
        ui.detail(&format!("settings are read from {file}"));
    }
    Ok(App { settings })
}

#[expect(clippy::disallowed_methods, reason = "this is `--chdir`; nothing has been opened and no thread runs yet")]
fn change_folder(folder: &std::path::Path) -> Result<(), CommandError> {
    std::env::set_current_dir(folder).map_err(|error| {
        let message = format!("cannot work in the folder `{}`: {error}", folder.display());
        CommandError::new(Exit::Usage, vec![Diagnostic::error(codes::CHDIR, message)], Sources::new())
    })
}
