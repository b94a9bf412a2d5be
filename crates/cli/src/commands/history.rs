//! `strata history`

use serde::Serialize;
use strata_engine::Verb;
use strata_model::plan::Counts;
use strata_model::{Context, Digest, Run, Tier, Timestamp};
use strata_ports::Store;

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, context, recorded, told};
use crate::ui::Ui;

/// List the plans of a context and what became of them, newest first
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Context,

    /// How many
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

#[derive(Serialize, Debug)]
struct Row {
    plan: Digest,
    tier: Tier,
    created: Timestamp,
    by: String,
    counts: Counts,
    approvals: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    project.permit(Verb::View, &args.context, None)?;
    recorded::contexts(&*project.store, Some(&args.context))?;
    let rows = rows(&project, args).map_err(|error| told(error.into()))?;
    ui.answer(&rows, |rows| {
        let cells: Vec<[String; 6]> = rows
            .iter()
            .map(|row| {
                let Counts { add, change, destroy, .. } = row.counts;
                [
                    row.created.to_string(),
                    format!("sha256:{}", row.plan.short()),
                    format!("tier {}", row.tier),
                    format!("+{add} ~{change} -{destroy}"),
                    row.run.as_ref().map_or("not applied", |run| run.status.name()).to_owned(),
                    row.by.clone(),
                ]
            })
            .collect();
        columns(&cells.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
    })?;
    ui.say_if(rows.is_empty(), "no plan is recorded");
    Ok(Exit::Done)
}

fn rows(project: &Project, args: &Args) -> Result<Vec<Row>, strata_ports::StoreError> {
    let runs = project.store.runs(&args.context, usize::MAX)?;
    let plans = project.store.plans(&args.context, args.limit)?;
    plans
        .into_iter()
        .map(|record| {
            let plan = &record.plan;
            Ok(Row {
                plan: plan.hash,
                tier: plan.partition.tier,
                created: record.created,
                by: record.by.to_string(),
                counts: Counts::of([plan]),
                approvals: project.store.approvals(&plan.hash)?.len(),
                run: runs.iter().find(|run| run.plan == plan.hash).cloned(),
            })
        })
        .collect()
}
