//! `strata drift` and `strata refresh`

use std::fmt::Write as _;

use serde::Serialize;
use strata_model::{Context, DriftKind, DriftReport, Value};
use strata_ports::Store;

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{EngineArgs, Project, context, told};
use crate::ui::Ui;

/// Compare what is recorded with what is, without changing either
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,

    /// Exit with 2 if something differs
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    engine: EngineArgs,
}

/// Record what is: attributes, health, whether something has drifted
#[derive(clap::Args, Debug)]
pub(crate) struct RefreshArgs {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,

    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Serialize, Debug)]
struct Found {
    context: Context,
    #[serde(flatten)]
    report: DriftReport,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let mut reports = Vec::new();
    for context in contexts(&project, args.context.as_ref())? {
        let report = project.engine(ui, &args.engine, |engine| engine.drift(&context))?;
        reports.push(Found { context, report });
    }
    ui.answer(&reports, |reports| show(reports))?;
    let differs = reports.iter().any(|found| !found.report.items.is_empty());
    Ok(if args.detailed_exitcode && differs { Exit::Changes } else { Exit::Done })
}

pub(crate) fn refresh(ui: &mut Ui, app: &App, args: &RefreshArgs) -> Outcome {
    let project = Project::open(app)?;
    let mut changed = 0;
    for context in contexts(&project, args.context.as_ref())? {
        changed += project.engine(ui, &args.engine, |engine| engine.refresh(&context, &project.authority))?;
    }
    ui.answer(&serde_json::json!({ "changed": changed }), |_| format!("{changed} records changed.\n"))?;
    Ok(Exit::Done)
}

fn contexts(project: &Project, only: Option<&Context>) -> Result<Vec<Context>, CommandError> {
    match only {
        Some(context) => Ok(vec![context.clone()]),
        None => project.store.contexts().map_err(|error| told(error.into())),
    }
}

fn show(reports: &[Found]) -> String {
    let mut out = String::new();
    for Found { context, report } in reports {
        let in_sync =
            report.compared - report.items.iter().filter(|item| item.drift != DriftKind::Unmanaged).count() as u64;
        let _ = writeln!(out, "{context}: {in_sync} of {} in sync", report.compared);
        for item in &report.items {
            let name = item.address.as_ref().map_or("-", |address| address.local());
            let _ = writeln!(out, "  {:<9} {name} ({}) {}", item.drift.name(), item.kind, item.object);
            for change in &item.changes {
                let side = |side: &Option<Value>| match side {
                    _ if change.sensitive => "(sensitive)".to_owned(),
                    Some(value) => value.to_string(),
                    None => "null".to_owned(),
                };
                let _ = writeln!(out, "      {} = {} -> {}", change.path, side(&change.old), side(&change.new));
            }
        }
    }
    if reports.is_empty() {
        out += "Nothing is recorded.\n";
    }
    out
}
