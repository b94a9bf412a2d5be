//! `strata outputs`

use strata_engine::Verb;
use strata_model::{Context, Value};
use strata_ports::Store;

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, context, told};
use crate::ui::Ui;

/// Show the outputs that a context publishes
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Context,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    project.permit(Verb::View, &args.context, None)?;
    let outputs = project.store.outputs(&args.context).map_err(|error| told(error.into()))?;
    ui.answer(&outputs, |outputs| {
        let cells: Vec<[String; 2]> = outputs
            .iter()
            .map(|output| {
                let hidden = output.sensitive || matches!(output.value, Value::Sealed(_));
                let value = if hidden { "(sensitive)".to_owned() } else { output.value.to_string() };
                [output.name.to_string(), value]
            })
            .collect();
        columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
    })?;
    Ok(Exit::Done)
}
