//! `strata cue export`

use cue::{Layout, TextOptions};

use super::inputs::{Documents, Inputs};
use super::output::{Form, Output};
use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Print concrete values as JSON, YAML, CUE or text
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    inputs: Inputs,

    #[command(flatten)]
    output: Output,

    /// Print this expression only (can be repeated)
    #[arg(short, long, value_name = "EXPRESSION")]
    expression: Vec<String>,

    /// Escape <, > and & in JSON
    #[arg(long)]
    escape: bool,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let mut results = args.output.open(Form::Json(Layout::EXPORT))?;
    let mut started = match args.inputs.start(ui, &args.expression, Documents::Merged)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    let mut exit = Exit::Done;
    for item in &started.items {
        let options = TextOptions { ..TextOptions::default() };
        if let Err(problems) = results.add(&mut started.evaluation, item.target, &options) {
            ui.positions(&problems, started.compiled.sources())?;
            exit = Exit::Error;
            break;
        }
    }
    if args.escape {
        results.escape_html();
    }
    // What was well before something was wrong is printed, as `cue` does.
    if exit == Exit::Done || !results.is_empty() {
        results.close(ui)?;
    }
    Ok(exit)
}
