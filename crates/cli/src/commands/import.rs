//! `strata import`

use strata_compile::Purpose;
use strata_model::{Address, ObjectId};

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Document, DocumentArgs, EngineArgs, Project};
use crate::ui::Ui;

/// Take over an object that exists, as a node of a document says it shall be
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Where it shall be recorded
    address: Address,

    /// How its provider calls it
    object: String,

    #[command(flatten)]
    document: DocumentArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let Document { graph, .. } = args.document.read_in(ui, app, &project, Purpose::Make)?;
    let object = ObjectId(args.object.as_str().into());
    project.engine(ui, &args.engine, |engine| engine.import(&graph, &args.address, &object, &project.authority))?;
    ui.answer(&serde_json::json!({ "imported": args.address }), |_| format!("{} imported.\n", args.address))?;
    Ok(Exit::Done)
}
