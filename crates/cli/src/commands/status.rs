//! `strata status`

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use strata_engine::Verb;
use strata_model::run::StepResult;
use strata_model::{ActionKind, Address, Context, Lease, ObjectId, Status, StepOp, Tier};
use strata_ports::{Store, StoreError};

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, context, recorded, told};
use crate::ui::Ui;

/// Show what is recorded and in which state it is
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,
}

#[derive(Serialize, Debug)]
struct Report {
    contexts: Vec<Place>,
}

#[derive(Serialize, Debug)]
struct Place {
    context: Context,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    /// Its holder is gone, so the lease hinders nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    abandoned: bool,
    resources: Vec<Row>,
}

#[derive(Serialize, Debug)]
struct Row {
    address: Address,
    tier: Option<Tier>,
    status: Status,
    object: Option<ObjectId>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    if let Some(context) = &args.context {
        project.permit(Verb::View, context, None)?;
        recorded::contexts(&*project.store, Some(context))?;
    }
    let mut report = report(&*project.store, args.context.as_ref()).map_err(|error| told(error.into()))?;
    report.contexts.retain(|place| project.permit(Verb::View, &place.context, None).is_ok());
    for place in &mut report.contexts {
        place.abandoned = place.lease.as_ref().is_some_and(|lease| project.is_abandoned(lease));
    }
    let ready = report
        .contexts
        .iter()
        .flat_map(|place| &place.resources)
        .all(|row| matches!(row.status, Status::Active | Status::Deleted));
    ui.answer(&report, show)?;
    Ok(if ready { Exit::Done } else { Exit::NotReady })
}

fn report(store: &dyn Store, only: Option<&Context>) -> Result<Report, StoreError> {
    let mut contexts = Vec::new();
    for context in store.contexts()?.into_iter().filter(|context| only.is_none_or(|only| only == context)) {
        let mut resources: Vec<Row> = store
            .resources(&context)?
            .into_iter()
            .map(|found| Row {
                address: found.address,
                tier: Some(found.tier),
                status: found.status,
                object: Some(found.object),
            })
            .collect();
        // An open intent says more than the last record.
        for intent in store.open_intents(&context)? {
            let status = match intent.op {
                StepOp::Create | StepOp::Import => Status::Creating,
                StepOp::Delete => Status::Deleting,
                _ => Status::Updating,
            };
            match resources.iter_mut().find(|row| row.address == intent.address) {
                Some(row) => row.status = status,
                None => resources.push(Row { address: intent.address, tier: None, status, object: intent.object }),
            }
        }
        resources.extend(of_last_run(store, &context, &resources)?);
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        contexts.push(Place { lease: store.lease(&context)?, abandoned: false, resources, context });
    }
    Ok(Report { contexts })
}

/// What the last run tells of addresses at which nothing is recorded: what it has not come to, what it could not make,
/// what it has deleted.
fn of_last_run(store: &dyn Store, context: &Context, known: &[Row]) -> Result<Vec<Row>, StoreError> {
    let Some(run) = store.runs(context, 1)?.pop() else { return Ok(Vec::new()) };
    let Some(plan) = store.plan(&run.plan)?.map(|record| record.plan) else { return Ok(Vec::new()) };
    let known: BTreeSet<&Address> = known.iter().map(|row| &row.address).collect();
    let ended: BTreeMap<u32, StepResult> =
        store.outcomes(context, &run.id)?.into_iter().map(|outcome| (outcome.step, outcome.result)).collect();
    let mut rows = Vec::new();
    for (at, step) in (0_u32..).zip(&plan.steps) {
        let Some(action) = plan.actions.get(step.action as usize) else { continue };
        if known.contains(&action.address) {
            continue;
        }
        let status = match (step.op, ended.get(&at)) {
            (StepOp::Create | StepOp::Import | StepOp::Read, None) if run.status.is_open() => Status::Pending,
            (StepOp::Create | StepOp::Import | StepOp::Read, Some(StepResult::Failed(_))) => Status::Failed,
            (StepOp::Delete, Some(StepResult::Done)) if action.action == ActionKind::Delete => Status::Deleted,
            _ => continue,
        };
        rows.push(Row { address: action.address.clone(), tier: Some(plan.partition.tier), status, object: None });
    }
    Ok(rows)
}

fn show(report: &Report) -> String {
    let mut out = String::new();
    for place in &report.contexts {
        out += &format!("{}\n", place.context);
        if let Some(lease) = &place.lease {
            let holder = &lease.holder;
            let until = match place.abandoned {
                true => ", which has died: the next apply takes over".to_owned(),
                false => format!(" until {}", lease.expires),
            };
            out += &format!("  locked by {} ({}){until}\n", holder.principal, holder.process);
        }
        let cells: Vec<[String; 4]> = place
            .resources
            .iter()
            .map(|row| {
                [
                    format!("  {}", row.address.local()),
                    row.tier.map_or_else(|| "-".to_owned(), |tier| tier.to_string()),
                    row.status.name().to_owned(),
                    row.object.as_ref().map_or_else(String::new, ToString::to_string),
                ]
            })
            .collect();
        let rows: Vec<[&str; 4]> = cells.iter().map(|row| row.each_ref().map(String::as_str)).collect();
        out += &columns(&rows);
    }
    if report.contexts.is_empty() {
        out += "Nothing is recorded.\n";
    }
    out
}
