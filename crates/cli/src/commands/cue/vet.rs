//! `strata cue vet`

use cue::Check;

use super::inputs::{Documents, Inputs};
use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Check packages, and documents against them
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    inputs: Inputs,

    /// Demand concrete values, or say `-c=false` to allow incomplete ones
    #[arg(short, long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    concrete: Option<bool>,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let mut started = match args.inputs.start(ui, &[], Documents::Checked, false)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    if started.items.iter().any(|item| item.is_document) && !started.has_schema {
        return super::fail(ui, "data files specified without a schema");
    }
    let mut problems = Vec::new();
    let mut is_incomplete = false;
    for item in &started.items {
        let is_demanded = item.is_document || args.concrete.unwrap_or(true);
        let check = if is_demanded { Check::Concrete } else { Check::Consistent };
        let Err(found) = started.evaluation.check(item.target, check) else { continue };
        if item.is_document && started.evaluation.check(item.target, Check::Consistent).is_err() {
            // As `cue` does: what comes after a document that is wrong is not looked at.
            problems.extend(found);
            break;
        }
        // Nobody said whether values must be concrete: that they are not is no mistake to be told one by one.
        if !item.is_document
            && args.concrete.is_none()
            && started.evaluation.check(item.target, Check::Consistent).is_ok()
        {
            is_incomplete = true;
            continue;
        }
        problems.extend(found);
    }
    if is_incomplete {
        let words =
            "some instances are incomplete; use the -c flag to show errors or -c=false to allow incomplete instances";
        ui.say(words);
    }
    ui.positions(&problems, started.compiled.sources())?;
    Ok(if problems.is_empty() && !is_incomplete { Exit::Done } else { Exit::Error })
}
