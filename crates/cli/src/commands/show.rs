//! `strata show`

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use strata_engine::Verb;
use strata_model::{Address, Resource, Status};

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, plans};
use crate::show;
use crate::ui::Ui;

/// Show a plan or a recorded resource
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A plan file, the hash of a recorded plan or a few digits of it, or a resource by its
    /// address or name
    #[arg(value_name = "WHAT")]
    what: String,
}

/// A record, and why its resource failed, if it did.
#[derive(Serialize, Debug)]
struct Known {
    #[serde(flatten)]
    resource: Resource,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<Arc<str>>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let plan = match args.what.parse::<Address>() {
        Ok(_) => None,
        Err(_) => plans::named(&project, &args.what)?,
    };
    let Some(set) = plan else {
        let address = project.called(&args.what).map_err(|error| or_document(error, &args.what))?;
        return resource(ui, &project, &address);
    };
    for plan in &set.plans {
        project.permit(Verb::View, &plan.partition.context, Some(plan.partition.tier))?;
    }
    ui.page(&set, show::plan::hashes, show::plan::set, show::markdown::set)?;
    Ok(Exit::Done)
}

/// Of a file that is no plan it is said what shows it.
fn or_document(mut error: CommandError, what: &str) -> CommandError {
    if Path::new(what).is_file() {
        let hint = format!("the file `{what}` holds no plan; `strata plan {what}` makes one of a document");
        error.diagnostics.iter_mut().for_each(|told| told.hints = vec![hint.clone()]);
    }
    error
}

/// What is known of a resource: its record in the state in which it is, or what the last run tells of what has none.
pub(super) fn resource(ui: &mut Ui, project: &Project, address: &Address) -> Outcome {
    let Some((standing, record)) = project.known(address)? else {
        return Err(project.nothing_called(address.as_str())?);
    };
    project.permit(Verb::View, &address.context(), Some(standing.tier))?;
    match record {
        Some(resource) => {
            let known = Known { resource: Resource { status: standing.status, ..resource }, why: standing.why };
            ui.answer(&known, |Known { resource, why }| show::resource(resource, why.as_deref()))?;
        }
        // Of what is not recorded its state is told, and the exit code says that it is not.
        None => {
            ui.answer(&standing, show::standing)?;
            return Ok(if standing.status == Status::Deleted { Exit::NotFound } else { Exit::NotReady });
        }
    }
    Ok(Exit::Done)
}
