//! `strata show`

use std::path::Path;

use strata_base::Diagnostic;
use strata_model::plan::FORMAT;
use strata_model::{Address, PlanSet, Resource};
use strata_ports::Store;

use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Project, told};
use crate::ui::Ui;
use crate::{codes, show};

/// Show a plan or a recorded resource
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A plan file, the hash of a recorded plan, or the address of a resource
    #[arg(value_name = "WHAT")]
    what: String,
}

pub(crate) fn run(ui: &mut Ui, args: &Args) -> Outcome {
    if let Ok(hash) = args.what.parse() {
        let project = Project::open()?;
        let Some(record) = project.store.plan(&hash).map_err(|error| told(error.into()))? else {
            return Err(nothing(&args.what));
        };
        ui.answer(&PlanSet { format: FORMAT, plans: vec![record.plan] }, show::plan::set)?;
        return Ok(Exit::Done);
    }
    if let Ok(address) = args.what.parse::<Address>() {
        let project = Project::open()?;
        let Some(resource) = project.store.resource(&address).map_err(|error| told(error.into()))? else {
            return Err(nothing(&args.what));
        };
        ui.answer(&resource, show_resource)?;
        return Ok(Exit::Done);
    }
    let set = super::apply::kept(Path::new(&args.what))?;
    ui.answer(&set, show::plan::set)?;
    Ok(Exit::Done)
}

fn nothing(what: &str) -> CommandError {
    CommandError::plain(
        Exit::NotFound,
        Diagnostic::error(codes::NOT_RECORDED, format!("nothing is recorded as `{what}`")),
    )
}

fn show_resource(resource: &Resource) -> String {
    let mut out = format!(
        "{}\n  type      {}\n  provider  {}\n  tier      {}\n  status    {}\n  object    {}\n  updated   {}\n",
        resource.address,
        resource.kind,
        resource.provider,
        resource.tier,
        resource.status.name(),
        resource.object,
        resource.updated
    );
    for need in &resource.depends_on {
        out += &format!("  needs     {}\n", need.on);
    }
    resource.observed.each_leaf(&mut |path, leaf| {
        let shown = if leaf.is_plain() { leaf.to_string() } else { "(sensitive)".to_owned() };
        out += &format!("    {path} = {shown}\n");
    });
    out
}
