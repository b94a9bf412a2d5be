//! What every command understands. The arguments of a command stand beside it.

use std::path::PathBuf;

use clap::{ArgAction, ValueEnum};

use crate::color;

/// Options that every command takes, before or after its name.
#[derive(clap::Args, Clone, Default, Debug)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Work as if started in that folder
    #[arg(long, value_name = "FOLDER", global = true)]
    pub(crate) chdir: Option<PathBuf>,

    /// How data is printed
    #[arg(short, long, value_name = "FORMAT", global = true)]
    pub(crate) output: Option<Format>,

    /// Print one JSON event a line, and nothing else on standard output
    #[arg(long, global = true, conflicts_with = "output")]
    pub(crate) json: bool,

    /// When to use colour; never where NO_COLOR is set
    #[arg(long, value_name = "WHEN", global = true)]
    pub(crate) color: Option<color::Choice>,

    /// Say more on standard error
    #[arg(short, long, action = ArgAction::SetTrue, global = true)]
    pub(crate) verbose: bool,

    /// Say nothing but errors on standard error
    #[arg(short, long, action = ArgAction::SetTrue, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// The same with more columns, where there is more to tell
    Wide,
    /// For programs: one document
    Json,
    /// The same in YAML
    Yaml,
    /// For scripts: what a list has, by name, one a line
    Name,
    /// For a page, such as that of a pull request
    Markdown,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug, ValueEnum)]
pub(crate) enum Verbosity {
    Quiet,
    #[default]
    Normal,
    Verbose,
}
