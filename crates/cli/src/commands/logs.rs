//! `strata logs`

use strata_base::Diagnostic;
use strata_model::Resource;
use strata_ports::{DriverError, LogQuery};

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, names};
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
    let all = project.resources()?;
    // Several may go by a name, those whose provider keeps what they write among them.
    for resource in all.iter().filter(|resource| names::is_called(&resource.address, &args.name)) {
        match read(ui, &project, resource, &query)? {
            Ok(()) => return Ok(Exit::Done),
            Err(error) => refused = Some((resource, error)),
        }
    }
    let Some((resource, error)) = refused else {
        return Err(project.nothing_called(&args.name)?);
    };
    let message = format!("cannot read the logs of {}: {error}", resource.address);
    let problem = Diagnostic::error(codes::NO_SERVICE, message);
    Err(CommandError::plain(Exit::Error, problem.hint("`strata status` lists what is recorded")))
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
