//! `strata outputs`

use serde::Serialize;
use strata_base::{Diagnostic, nearest};
use strata_model::record::OutputRecord;
use strata_model::unit::is_of_tiers;
use strata_model::{Context, Value};
use strata_ports::Reads;

use crate::App;
use crate::codes;
use crate::columns::columns_of;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, context, told};
use crate::show::tiers;
use crate::ui::Ui;

/// Show the outputs that a context publishes, or those of all contexts
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,

    /// Only the value of this output, a text as it is
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Also what tiers record for each other: what they demand, quotas and what is used of them
    #[arg(long)]
    all: bool,
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
    let mut rows = Vec::new();
    for context in project.contexts(args.context.as_ref())? {
        let outputs = project.store.outputs(&context).map_err(|error| told(error.into()))?;
        if let Some(name) = &args.name {
            return one(ui, &context, &outputs, name);
        }
        let shown = outputs.into_iter().filter(|output| args.all || !is_of_tiers(&output.name));
        rows.extend(shown.map(|output| Row { context: context.clone(), output }));
    }
    let names = |rows: &Vec<Row>| rows.iter().map(|row| row.output.name.to_string()).collect();
    let (is_one_context, is_wide) = (args.context.is_some(), ui.is_wide());
    ui.list(&rows, names, |rows| match (is_one_context, is_wide) {
        (true, false) => columns_of(rows.iter().map(|Row { output, .. }| [name(output), value(output)])),
        (true, true) => columns_of(rows.iter().map(|Row { output, .. }| [name(output), tier(output), value(output)])),
        (false, false) => {
            columns_of(rows.iter().map(|Row { context, output }| [context.to_string(), name(output), value(output)]))
        }
        (false, true) => columns_of(
            rows.iter().map(|Row { context, output }| [context.to_string(), name(output), tier(output), value(output)]),
        ),
    })?;
    ui.say_if(rows.is_empty(), "no output is recorded");
    Ok(Exit::Done)
}

/// What a script wants to know.
fn one(ui: &mut Ui, context: &Context, known: &[OutputRecord], wanted: &str) -> Outcome {
    let Some(output) = known.iter().find(|output| *output.name == *wanted) else {
        let problem = Diagnostic::error(codes::NOT_RECORDED, format!("{context} publishes no output `{wanted}`"));
        let hint = match nearest(wanted, known.iter().map(|output| &*output.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`strata outputs {context}` lists them"),
        };
        return Err(CommandError::plain(Exit::NotFound, problem.hint(hint)));
    };
    ui.answer(output, |output| {
        let text = output.value.as_str().filter(|_| !output.sensitive);
        text.map_or_else(|| value(output), str::to_owned) + "\n"
    })?;
    Ok(Exit::Done)
}

fn name(output: &OutputRecord) -> String {
    output.name.to_string()
}

fn tier(output: &OutputRecord) -> String {
    output.tier.to_string()
}

fn value(output: &OutputRecord) -> String {
    let is_hidden = output.sensitive || matches!(output.value, Value::Sealed(_));
    if is_hidden { "(sensitive)".to_owned() } else { tiers::output(&output.name, &output.value) }
}
