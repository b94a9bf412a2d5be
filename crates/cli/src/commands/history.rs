//! `strata history`

use std::collections::BTreeSet;

use serde::Serialize;
use strata_model::plan::Counts;
use strata_model::{Approval, Context, Digest, Principal, Run, Tier, Timestamp};
use strata_ports::{Moment, StoreError, at_one_moment};

use crate::App;
use crate::columns::columns_of;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, at_least_one, context, told};
use crate::ui::Ui;

/// List the plans of a context and what became of them, newest first
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Whose plans
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Context,

    /// How many
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    limit: usize,
}

#[derive(Serialize, Debug)]
struct Row {
    plan: Digest,
    tier: Tier,
    created: Timestamp,
    by: String,
    counts: Counts,
    approvals: Vec<Approved>,
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Run>,
}

/// Who said yes; whether it counts is told where the plan is applied.
#[derive(Serialize, Debug)]
struct Approved {
    by: Principal,
    at: Timestamp,
    expires: Timestamp,
}

impl From<Approval> for Approved {
    fn from(approval: Approval) -> Approved {
        let Approval { principal, at, expires, .. } = approval;
        Approved { by: principal, at, expires }
    }
}

impl Row {
    /// What became of it, and who wanted it.
    fn standing(&self) -> String {
        let status = self.run.as_ref().map_or("not applied", |run| run.status.name());
        let by: BTreeSet<&Principal> = self.approvals.iter().map(|approved| &approved.by).collect();
        let by: Vec<&str> = by.into_iter().map(|by| &*by.0).collect();
        if by.is_empty() { status.to_owned() } else { format!("{status}, approved by {}", by.join(" and ")) }
    }
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    project.contexts(Some(&args.context))?;
    let rows = at_one_moment(&*project.store, |moment| rows(moment, args)).map_err(|error| told(error.into()))?;
    let wide = ui.is_wide();
    ui.list(
        &rows,
        |rows| rows.iter().map(|row| row.plan.to_string()).collect(),
        |rows| {
            columns_of(rows.iter().map(|row| {
                let Counts { add, change, destroy, .. } = row.counts;
                [
                    row.created.to_string(),
                    if wide { row.plan.to_string() } else { format!("sha256:{}", row.plan.short()) },
                    format!("tier {}", row.tier),
                    format!("+{add} ~{change} -{destroy}"),
                    row.standing(),
                    row.by.clone(),
                ]
            }))
        },
    )?;
    ui.say_if(rows.is_empty(), "no plan is recorded");
    Ok(Exit::Done)
}

fn rows(moment: Moment<'_>, args: &Args) -> Result<Vec<Row>, StoreError> {
    let runs = moment.runs(&args.context, usize::MAX)?;
    let plans = moment.plans(&args.context, args.limit)?;
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
                approvals: moment.approvals(&plan.hash)?.into_iter().map(Approved::from).collect(),
                run: runs.iter().find(|run| run.plan == plan.hash).cloned(),
            })
        })
        .collect()
}
