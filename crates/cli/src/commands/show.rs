//! `strata show`

use strata_base::Diagnostic;
use strata_engine::Verb;
use strata_model::{Address, Resource};
use strata_ports::Store;

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, plans, recorded, told};
use crate::ui::Ui;
use crate::{codes, show};

/// Show a plan or a recorded resource
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A plan file, the hash of a recorded plan or a few digits of it, or a resource by its
    /// address or name
    #[arg(value_name = "WHAT")]
    what: String,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    if let Ok(address) = args.what.parse::<Address>()
        && let Some(resource) = project.store.resource(&address).map_err(|error| told(error.into()))?
    {
        project.permit(Verb::View, &address.context(), Some(resource.tier))?;
        ui.answer(&resource, show::resource)?;
        return Ok(Exit::Done);
    }
    let Some(set) = plans::named(&project, &args.what)? else { return resource(ui, &project, &args.what) };
    for plan in &set.plans {
        project.permit(Verb::View, &plan.partition.context, Some(plan.partition.tier))?;
    }
    ui.page(&set, show::plan::set, show::markdown::set)?;
    Ok(Exit::Done)
}

/// Shows the one resource that goes by a name.
fn resource(ui: &mut Ui, project: &Project, name: &str) -> Outcome {
    let may =
        |resource: &Resource| project.permit(Verb::View, &resource.address.context(), Some(resource.tier)).is_ok();
    let all = recorded::resources(&*project.store, may)?;
    let found: Vec<&Resource> = all.iter().filter(|resource| recorded::is_called(resource, name)).collect();
    match found[..] {
        [] => Err(recorded::nothing(name, &recorded::names(&all))),
        [only] => {
            ui.answer(only, show::resource)?;
            Ok(Exit::Done)
        }
        _ => {
            let problem = Diagnostic::error(codes::NOT_RECORDED, format!("several resources are called `{name}`"));
            let addresses: Vec<&str> = found.iter().map(|resource| resource.address.as_str()).collect();
            Err(CommandError::plain(Exit::NotFound, problem.hint(format!("one of {}", addresses.join(", ")))))
        }
    }
}
