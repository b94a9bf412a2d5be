//! `strata approve`

use std::path::PathBuf;
use std::time::Duration;

use strata_base::Diagnostic;
use strata_engine::SigningKey;
use strata_model::digest::from_hex;
use strata_model::{Digest, Plan};
use strata_ports::Store;

use crate::App;
use crate::codes;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{EngineArgs, Project, duration, told};
use crate::ui::Ui;

/// Approve a plan: sign its hash with your key
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The hash of a recorded plan, or a file that `strata plan --out` has written
    #[arg(value_name = "PLAN")]
    plan: String,

    /// Your private key: a file with the 32 bytes of an Ed25519 key in hexadecimal digits
    #[arg(long, value_name = "FILE")]
    key: PathBuf,

    /// How long the approval holds
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    valid: Duration,

    #[command(flatten)]
    engine: EngineArgs,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let key = key(&args.key)?;
    let mut approvals = Vec::new();
    for plan in plans(&project, &args.plan)? {
        approvals.push(
            project.engine(ui, &args.engine, |engine| engine.approve(&plan, &project.authority, &key, args.valid))?,
        );
    }
    ui.answer(&approvals, |approvals| {
        let line = |approval: &strata_model::Approval| {
            format!("{} approved by {} until {}\n", approval.plan, approval.principal, approval.expires)
        };
        approvals.iter().map(line).collect()
    })?;
    Ok(Exit::Done)
}

fn plans(project: &Project, what: &str) -> Result<Vec<Plan>, CommandError> {
    let Ok(hash) = what.parse::<Digest>() else {
        let set = super::apply::kept(std::path::Path::new(what))?;
        return Ok(set.plans.into_iter().filter(|plan| !plan.is_empty()).collect());
    };
    match project.store.plan(&hash).map_err(|error| told(error.into()))? {
        Some(record) => Ok(vec![record.plan]),
        None => {
            let message = format!("no plan {hash} is recorded");
            Err(CommandError::plain(Exit::NotFound, Diagnostic::error(codes::NOT_RECORDED, message)))
        }
    }
}

fn key(path: &std::path::Path) -> Result<SigningKey, CommandError> {
    let text = std::fs::read_to_string(path).ok();
    let seed = text.and_then(|text| from_hex(text.trim())).and_then(|bytes| bytes.try_into().ok());
    seed.map(SigningKey::from_seed).ok_or_else(|| {
        let message = format!("`{}` is not a private key of 64 hexadecimal digits", path.display());
        CommandError::plain(Exit::Error, Diagnostic::error(codes::KEY, message))
    })
}
