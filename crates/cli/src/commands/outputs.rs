//! `strata outputs`

use serde::Serialize;
use strata_model::record::OutputRecord;
use strata_model::{Context, Value};
use strata_ports::Reads;

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, context, told};
use crate::ui::Ui;

/// Show the outputs that a context publishes, or those of all contexts
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,
}

/// An output with the context that publishes it.
#[derive(Serialize, Debug)]
struct Row {
    context: Context,
    #[serde(flatten)]
    output: OutputRecord,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let outputs = |context: &Context| project.store.outputs(context).map_err(|error| told(error.into()));
    if let Some(context) = &args.context {
        project.contexts(Some(context))?;
        let found = outputs(context)?;
        let names = |found: &Vec<OutputRecord>| found.iter().map(|output| output.name.to_string()).collect();
        ui.list(&found, names, |found| columns_of(&found.iter().map(cells).collect::<Vec<_>>()))?;
        ui.say_if(found.is_empty(), "no output is recorded");
        return Ok(Exit::Done);
    }
    let mut rows = Vec::new();
    for context in project.contexts(None)? {
        rows.extend(outputs(&context)?.into_iter().map(|output| Row { context: context.clone(), output }));
    }
    let names = |rows: &Vec<Row>| rows.iter().map(|row| row.output.name.to_string()).collect();
    ui.list(&rows, names, |rows| {
        let row = |row: &Row| {
            let [name, value] = cells(&row.output);
            [row.context.to_string(), name, value]
        };
        columns_of(&rows.iter().map(row).collect::<Vec<_>>())
    })?;
    ui.say_if(rows.is_empty(), "no output is recorded");
    Ok(Exit::Done)
}

fn cells(output: &OutputRecord) -> [String; 2] {
    let hidden = output.sensitive || matches!(output.value, Value::Sealed(_));
    let value = if hidden { "(sensitive)".to_owned() } else { output.value.to_string() };
    [output.name.to_string(), value]
}

fn columns_of<const N: usize>(rows: &[[String; N]]) -> String {
    columns(&rows.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
