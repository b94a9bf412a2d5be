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
    let mut results = args.output.open(Form::Cue)?;
    let mut started = match args.inputs.start(ui, &args.expression, Documents::Merged)? {
        Ok(started) => started,
        Err(exit) => return Ok(exit),
    };
    let options = TextOptions {
        definitions: true,
        hidden: args.show_hidden || args.all,
        optional: args.show_optional || args.all,
        attributes: args.show_attributes,
        errors: args.inputs.ignore,
        spaces: true,
    };
    let mut exit = Exit::Done;
    let has_headers = results.form() == Form::Cue && (args.expression.len() > 1 || started.items.len() > 1);
    for item in &started.items {
        let wanted = if args.concrete && !args.inputs.ignore { Check::Concrete } else { Check::Consistent };
        let checked = if args.inputs.ignore { Ok(()) } else { started.evaluation.check(item.target, wanted) };
        if has_headers {
            results.line(&format!("// {}", item.name));
        }
        let added = checked.and_then(|()| results.add(&mut started.evaluation, item.target, &options));
        if let Err(problems) = added {
            ui.positions(&problems, started.compiled.sources())?;
            exit = Exit::Error;
        }
    }
    results.close(ui)?;
    Ok(exit)
}
