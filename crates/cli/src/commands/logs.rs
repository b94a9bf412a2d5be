//! `strata logs`

use strata_base::{Diagnostic, nearest};
use strata_model::Resource;
use strata_ports::{DriverError, LogQuery, Store};

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, told};
use crate::ui::Ui;

/// Read what a service has written
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A capability, such as `shop`, or a resource by its address, as `strata status` lists them
    #[arg(value_name = "NAME")]
    name: String,

    /// Wait for more, until interrupted
    #[arg(long)]
    follow: bool,

    /// Only so many lines at the end
    #[arg(long, value_name = "N")]
    tail: Option<u64>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let query = LogQuery { tail: args.tail, follow: args.follow };
    let mut refused = None;
    for resource in named(&project, &args.name)? {
        match read(ui, &project, &resource, &query)? {
            Ok(()) => return Ok(Exit::Done),
            Err(error) => refused = Some((resource, error)),
        }
    }
    let (exit, message) = match refused {
        Some((resource, error)) => (Exit::Error, format!("cannot read the logs of {}: {error}", resource.address)),
        None => (Exit::NotFound, format!("nothing recorded is called `{}`", args.name)),
    };
    let problem = Diagnostic::error(codes::NO_SERVICE, message);
    let known = units(&project)?;
    Err(CommandError::plain(
        exit,
        match nearest(&args.name, known.iter().map(String::as_str)).filter(|_| exit == Exit::NotFound) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem.hint("`strata status` lists what is recorded"),
        },
    ))
}

fn read(
    ui: &mut Ui,
    project: &Project,
    resource: &Resource,
    query: &LogQuery,
) -> Result<Result<(), DriverError>, CommandError> {
    let mut unwritten = None;
    let done = project.logs(resource, query, &mut |line| {
        if let Some(line) = line
            && let Err(error) = ui.data(&format!("{line}\n"))
        {
            unwritten = Some(error);
        }
        unwritten.is_none()
    })?;
    unwritten.map_or(Ok(done), Err)
}

/// All that goes by a name, those whose provider keeps what they write among them.
fn named(project: &Project, name: &str) -> Result<Vec<Resource>, CommandError> {
    let all = all(project)?;
    Ok(all
        .into_iter()
        .filter(|one| one.address.as_str() == name || one.address.local() == name || one.address.unit() == name)
        .collect())
}

fn units(project: &Project) -> Result<Vec<String>, CommandError> {
    Ok(all(project)?.iter().map(|resource| resource.address.unit().into_owned()).collect())
}

fn all(project: &Project) -> Result<Vec<Resource>, CommandError> {
    let failed = |error: strata_ports::StoreError| told(error.into());
    let contexts = project.store.contexts().map_err(failed)?;
    let lists = contexts.iter().map(|context| project.store.resources(context));
    Ok(lists.collect::<Result<Vec<_>, _>>().map_err(failed)?.concat())
}
