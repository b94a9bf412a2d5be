//! `strata approve`

use std::time::Duration;

use strata_base::Diagnostic;
use strata_model::{Approval, Plan};

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{self, EngineArgs, KeyArgs, Project, duration};
use crate::ui::Ui;

/// Approve a plan: sign its hash with your key
///
/// Whose key counts says `trust.toml` in the folder of the settings. Where there is none the store is your own, and you
/// approve for yourself with a key that is made for you.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The hash of a recorded plan, a few digits of it, or a file that `strata plan --out` has written
    #[arg(value_name = "PLAN")]
    plan: String,

    #[command(flatten)]
    key: KeyArgs,

    /// How long the approval holds
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    valid: Duration,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let (project, key) = args.key.open(app)?;
    let mut approvals = Vec::new();
    for plan in plans(&project, &args.plan)? {
        approvals.push(
            project.engine(ui, &args.engine, |engine| engine.approve(&plan, &project.authority, &*key, args.valid))?,
        );
    }
    ui.answer(&approvals, |approvals| approvals.iter().map(line).collect())?;
    ui.say_if(approvals.is_empty(), "there is nothing to approve: the plan changes nothing");
    Ok(Exit::Done)
}

fn line(approval: &Approval) -> String {
    format!("{} approved by {} until {}\n", approval.plan, approval.principal, approval.expires)
}

fn plans(project: &Project, name: &str) -> Result<Vec<Plan>, CommandError> {
    let Some(set) = project::plans::named(project, name)? else {
        let message = format!("`{name}` is neither the hash of a plan nor a file with one");
        let hint = "`strata plan --out FILE` records one, `strata history CONTEXT` lists those that are";
        return Err(CommandError::plain(Exit::NotFound, Diagnostic::error(codes::NOT_RECORDED, message).hint(hint)));
    };
    Ok(set.plans.into_iter().filter(|plan| !plan.is_empty()).collect())
}
