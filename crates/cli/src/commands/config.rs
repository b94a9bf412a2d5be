//! `strata config`

use clap::Subcommand;
use serde::Serialize;

use crate::App;
use crate::columns::columns;
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
    ui.answer(&rows(&app.settings, view.show_origin), |rows| text(rows))?;
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

/// A line for each setting, and one for each value that it hides.
fn text(rows: &[Row<'_>]) -> String {
    let told = |place: &Place<'_>| format!("{} {}", place.kind, place.place).trim_end().to_owned();
    let mut cells = Vec::new();
    for row in rows {
        let origin = row.origin.as_ref().map_or_else(String::new, told);
        cells.push([row.key.to_owned(), row.value.to_owned(), origin]);
        for hidden in row.hides.iter().flatten() {
            cells.push([String::new(), "hides ".to_owned() + hidden.value, told(&hidden.origin)]);
        }
    }
    columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
