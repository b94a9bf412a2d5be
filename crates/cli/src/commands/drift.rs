//! `strata drift` and `strata refresh`

use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Serialize;
use strata_engine::Verb;
use strata_model::{Context, Digest, DriftKind, DriftReport, InProgress, Value};

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{DocumentArgs, EngineArgs, Project, context, told_in};
use crate::ui::Ui;

/// Compare what is recorded with what is, without changing either
///
/// With a document: its contexts, and where its `execution` says `on_drift: plan_remediation` the plan that puts right
/// what differs is recorded, to be approved and applied as any other.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    document: DocumentArgs,

    /// Only this context
    #[arg(long, value_name = "CONTEXT", value_parser = context, conflicts_with = "documents")]
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
    /// Plans that put it right, where the document asks for them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remedies: Vec<Digest>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let mut reports = Vec::new();
    if args.document.named().is_empty() {
        for context in project.contexts(args.context.as_ref())? {
            let report = project.look(ui, &args.engine, |engine| engine.drift(&context))?;
            reports.push(Found { context, report, remedies: Vec::new() });
        }
    } else {
        let document = args.document.read(ui, app).map_err(|error| or_context(error, args.document.named()))?;
        for partition in &document.graph.scope {
            project.permit(Verb::Plan, &partition.context, Some(partition.tier))?;
        }
        let found = project.look(ui, &args.engine, |engine| Ok(engine.remedy(&document.graph)))?;
        let found = found.map_err(|failure| told_in(failure, document.sources))?;
        reports.extend(found.into_iter().map(|(context, report, remedies)| Found { context, report, remedies }));
    }
    ui.answer(&reports, |reports| show(reports))?;
    let contexts: Vec<Context> = reports.iter().map(|found| found.context.clone()).collect();
    project.tidy(ui, app, &args.engine, &contexts);
    let differs = reports.iter().any(|found| !found.report.items.is_empty());
    Ok(if args.detailed_exitcode && differs { Exit::Changes } else { Exit::Done })
}

/// What other commands take for a context is a document here.
fn or_context(mut error: CommandError, named: &[PathBuf]) -> CommandError {
    if let [only] = named
        && !only.exists()
        && let Some(context) = only.to_str().and_then(|text| context(text).ok())
    {
        let hint = format!("if that is a context: strata drift --context {}", context.short());
        error.diagnostics.iter_mut().for_each(|told| told.hints.push(hint.clone()));
    }
    error
}

pub(crate) fn refresh(ui: &mut Ui, app: &App, args: &RefreshArgs) -> Outcome {
    let project = Project::open(app)?;
    let mut changed = 0;
    for context in project.contexts(args.context.as_ref())? {
        changed += project.engine(ui, &args.engine, |engine| engine.refresh(&context, &project.authority))?;
    }
    ui.answer(&serde_json::json!({ "changed": changed }), |_| match changed {
        1 => "1 record changed.\n".to_owned(),
        many => format!("{many} records changed.\n"),
    })?;
    Ok(Exit::Done)
}

fn show(reports: &[Found]) -> String {
    let mut out = String::new();
    for Found { context, report, remedies } in reports {
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
        for InProgress { address, run } in &report.in_progress {
            let _ = writeln!(out, "  in progress {} (run {run})", address.local());
        }
        for instance in &report.unlisted {
            let _ = writeln!(out, "  {instance} cannot list all that exists: what nobody manages may be missing here");
        }
        for plan in remedies {
            let _ = writeln!(out, "  put right by {plan}");
        }
    }
    if reports.is_empty() {
        out += "Nothing is recorded.\n";
    }
    out
}
