//! `strata status`

use serde::Serialize;
use strata_model::{Address, Context, Lease, ObjectId, Status, StepOp, Tier};
use strata_ports::{Store, StoreError};

use crate::App;
use crate::columns::columns;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{Project, context, told};
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
    let report = report(&*project.store, args.context.as_ref()).map_err(|error| told(error.into()))?;
    let ready = report.contexts.iter().flat_map(|place| &place.resources).all(|row| row.status == Status::Active);
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
        resources.sort_by(|a, b| a.address.cmp(&b.address));
        contexts.push(Place { lease: store.lease(&context)?, resources, context });
    }
    Ok(Report { contexts })
}

fn show(report: &Report) -> String {
    let mut out = String::new();
    for place in &report.contexts {
        out += &format!("{}\n", place.context);
        if let Some(lease) = &place.lease {
            out +=
                &format!("  locked by {} ({}) until {}\n", lease.holder.principal, lease.holder.process, lease.expires);
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
