//! `strata diff`

use strata_engine::Verb;

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{EngineArgs, Project, told_in};
use crate::show;
use crate::ui::Ui;

use super::plan::What;

/// Compare a document with what is recorded, leaf by leaf
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,

    /// Exit with 2 if something differs
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let document = args.what.document.read(ui, app)?;
    for partition in &document.graph.scope {
        project.permit(Verb::View, &partition.context, Some(partition.tier))?;
    }
    let options = args.what.options(&project, &document, false)?;
    let found = project.look(ui, &args.engine, |engine| Ok(engine.compare(&document.graph, &options)))?;
    let found = found.map_err(|failure| told_in(failure, document.sources))?;
    ui.answer(&found, |found| show::difference::all(found))?;
    Ok(if args.detailed_exitcode && !found.is_empty() { Exit::Changes } else { Exit::Done })
}
