//! `strata show`

use strata_base::Diagnostic;
use strata_engine::Verb;
use strata_model::Address;
use strata_ports::Store;

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, plans, told};
use crate::ui::Ui;
use crate::{codes, show};

/// Show a plan or a recorded resource
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A plan file, the hash of a recorded plan or a few digits of it, or the address of a resource
    #[arg(value_name = "WHAT")]
    what: String,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    if let Ok(address) = args.what.parse::<Address>() {
        let Some(resource) = project.store.resource(&address).map_err(|error| told(error.into()))? else {
            return Err(nothing(&args.what));
        };
        project.permit(Verb::View, &address.context(), Some(resource.tier))?;
        ui.answer(&resource, show::resource)?;
        return Ok(Exit::Done);
    }
    let Some(set) = plans::named(&project, &args.what)? else { return Err(nothing(&args.what)) };
    for plan in &set.plans {
        project.permit(Verb::View, &plan.partition.context, Some(plan.partition.tier))?;
    }
    ui.page(&set, show::plan::set, show::markdown::set)?;
    Ok(Exit::Done)
}

fn nothing(what: &str) -> CommandError {
    CommandError::plain(
        Exit::NotFound,
        Diagnostic::error(codes::NOT_RECORDED, format!("nothing is recorded as `{what}`")),
    )
}
