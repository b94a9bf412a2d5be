//! `strata cue export`

use cue::{Check, Layout, TextOptions};

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
    let mut results = match args.output.open(Form::Json(Layout::EXPORT)) {
        Ok(results) => results,
        Err(message) => return super::fail(ui, &message),
    };
    results.escape = args.escape;
    let is_cue = results.form() == Form::Cue;
    let mut started = match args.inputs.start(ui, &args.expression, Documents::Merged, is_cue)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    let options = TextOptions { docs: true, package: args.inputs.package.as_deref(), ..TextOptions::default() };
    let mut exit = Exit::Done;
    for item in &started.items {
        let header = (is_cue && !results.is_empty()).then_some("// ---");
        let checked = started.evaluation.check(item.target, Check::Concrete);
        let added =
            checked.and_then(|()| results.add(&mut started.evaluation, item.target, &options, header, started.output));
        if let Err(problems) = added {
            ui.positions(&problems, started.compiled.sources())?;
            exit = Exit::Error;
            break;
        }
    }
    // What was well before something was wrong is printed, as `cue` does.
    if exit == Exit::Done || !results.is_empty() {
        let written = results.close(ui)?;
        return Ok(if exit == Exit::Done { written } else { exit });
    }
    Ok(exit)
}
