//! `strata cue eval`

use cue::{Check, TextOptions};

use super::inputs::{Documents, Inputs};
use super::output::{Form, Output};
use crate::error::Outcome;
use crate::exit::Exit;
use crate::ui::Ui;

/// Print values as CUE, as far as they are known
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    inputs: Inputs,

    #[command(flatten)]
    output: Output,

    /// Print this expression only (can be repeated)
    #[arg(short, long, value_name = "EXPRESSION")]
    expression: Vec<String>,

    /// Demand concrete values
    #[arg(short, long)]
    concrete: bool,

    /// Show optional and hidden fields
    #[arg(short, long)]
    all: bool,

    /// Show hidden fields
    #[arg(short = 'H', long)]
    show_hidden: bool,

    /// Show optional fields
    #[arg(short = 'O', long)]
    show_optional: bool,

    /// Show the attributes of fields
    #[arg(short = 'A', long)]
    show_attributes: bool,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    let mut results = match args.output.open(Form::Cue) {
        Ok(results) => results,
        Err(message) => return super::fail(ui, &message),
    };
    let mut started = match args.inputs.start(ui, &args.expression, Documents::Merged, false)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    let options = TextOptions {
        definitions: !args.concrete,
        hidden: args.show_hidden || args.all && !args.concrete,
        optional: !args.concrete && (args.show_optional || args.all),
        attributes: args.show_attributes,
        docs: false,
        errors: args.inputs.ignore,
        package: args.inputs.package.as_deref(),
        spaces: true,
    };
    let mut exit = Exit::Done;
    let is_cue = results.form() == Form::Cue;
    let has_several = args.expression.len() > 1;
    for item in &started.items {
        let wanted = if args.concrete { Check::Concrete } else { Check::Consistent };
        let checked = if args.inputs.ignore { Ok(()) } else { started.evaluation.check(item.target, wanted) };
        let header = match (is_cue, has_several) {
            (true, true) => Some(format!("// {}", item.name)),
            (true, false) if !results.is_empty() => Some("// ---".to_owned()),
            _ => None,
        };
        let header = header.as_deref();
        if let Err(problems) =
            checked.and_then(|()| results.add(&mut started.evaluation, item.target, &options, header, started.output))
        {
            if has_several || started.items.len() > 1 {
                ui.say(&format!("// {}", item.name));
            }
            ui.positions(&problems, started.compiled.sources())?;
            exit = Exit::Error;
        }
    }
    let written = results.close(ui)?;
    Ok(if exit == Exit::Done { written } else { exit })
}
