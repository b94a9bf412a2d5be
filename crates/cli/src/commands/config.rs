//! `strata config`

use clap::Subcommand;
use serde::Serialize;

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::settings::{Given, KNOWN, Settings};
use crate::ui::Ui;

/// Look at the settings
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    View(View),
}

/// Print what every setting is
///
/// An option beats a variable STRATA_NAME, which beats the project's strata.toml (the nearest one from the working
/// folder upwards), which beats the user's strata/config.toml in the folder of XDG_CONFIG_HOME, which beats the default.
#[derive(clap::Args, Debug)]
struct View {
    /// Say where each value comes from, and which others it hides
    #[arg(long)]
    show_origin: bool,
}

#[derive(Serialize, Debug)]
struct Row<'a> {
    key: &'a str,
    value: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hides: Option<Vec<Hidden<'a>>>,
}

#[derive(Serialize, Debug)]
struct Place<'a> {
    kind: &'static str,
    place: &'a str,
}

#[derive(Serialize, Debug)]
struct Hidden<'a> {
    value: &'a str,
    origin: Place<'a>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let Command::View(view) = &args.command;
    ui.answer(&rows(&app.settings, view.show_origin), |rows| rows.iter().map(text).collect())?;
    Ok(Exit::Done)
}

fn rows(settings: &Settings, origins: bool) -> Vec<Row<'_>> {
    let row = |key| {
        let (winner, hidden) = settings.given(key).split_first()?;
        Some(Row {
            key,
            value: &winner.value,
            origin: origins.then(|| place(winner)),
            hides: origins.then(|| hidden.iter().map(|h| Hidden { value: &h.value, origin: place(h) }).collect()),
        })
    };
    KNOWN.iter().filter_map(|known| row(known.key)).collect()
}

fn place(given: &Given) -> Place<'_> {
    Place { kind: given.origin.kind(), place: given.origin.place() }
}

fn text(row: &Row<'_>) -> String {
    let mut text = format!("{} = {}\n", row.key, row.value);
    if let Some(origin) = &row.origin {
        text = format!("{} = {:<10} {}\n", row.key, row.value, told(origin));
    }
    for hidden in row.hides.iter().flatten() {
        text += &format!("    hides {:<8} {}\n", hidden.value, told(&hidden.origin));
    }
    text
}

fn told(place: &Place<'_>) -> String {
    format!("{} {}", place.kind, place.place).trim_end().to_owned()
}
