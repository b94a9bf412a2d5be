//! `strata import`

use strata_compile::Purpose;
use strata_model::ObjectId;

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{DocumentArgs, EngineArgs, Project};
use crate::ui::Ui;

/// Take over an object that exists, as a node of a document says it shall be
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// As which resource of the document it shall be recorded: its address or its name
    #[arg(value_name = "RESOURCE")]
    name: String,

    /// How its provider calls it
    object: String,

    #[command(flatten)]
    document: DocumentArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let document = args.document.read_in(ui, app, &project, Purpose::Make)?;
    let address = &document.resource(&args.name)?;
    let object = ObjectId(args.object.as_str().into());
    project.engine(ui, &args.engine, |engine| engine.import(&document.graph, address, &object, &project.authority))?;
    ui.answer(&serde_json::json!({ "imported": address }), |_| format!("{address} imported.\n"))?;
    Ok(Exit::Done)
}
