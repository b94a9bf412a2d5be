//! `strata version`

use serde::Serialize;

use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Print the version of this program
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

#[derive(Serialize, Debug)]
struct Version {
    name: &'static str,
    version: &'static str,
    os: &'static str,
    arch: &'static str,
}

pub(crate) fn run(ui: &mut Ui, _: &Args) -> Outcome {
    let version = Version {
        name: "strata",
        version: env!("CARGO_PKG_VERSION"),
        os: std::env::consts::OS,
        arch: std::env::consts::ARCH,
    };
    ui.answer(&version, |version| format!("{} {}\n", version.name, version.version))?;
    Ok(Exit::Done)
}
