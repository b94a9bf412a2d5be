//! `strata status`

use serde::Serialize;
use strata_engine::{Standing, standings};
use strata_model::{Context, Lease, Status};
use strata_ports::{Moment, StoreError, at_one_moment};

use crate::App;
use crate::columns::columns_of;
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
    /// Its holder is gone, so the lease hinders nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    abandoned: bool,
    resources: Vec<Standing>,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let mut report = Report { contexts: Vec::new() };
    for context in project.contexts(args.context.as_ref())? {
        let place = at_one_moment(&*project.store, |moment| place(moment, context));
        let mut place = place.map_err(|error| told(error.into()))?;
        if let Some(lease) = &place.lease {
            place.abandoned = project.is_abandoned(&place.context, lease)?;
        }
        report.contexts.push(place);
    }
    let mut resources = report.contexts.iter().flat_map(|place| &place.resources);
    let ready = resources.all(|standing| matches!(standing.status, Status::Active | Status::Deleted));
    let names = |report: &Report| {
        let resources = report.contexts.iter().flat_map(|place| &place.resources);
        resources.map(|standing| standing.address.to_string()).collect()
    };
    let wide = ui.is_wide();
    ui.list(&report, names, |report| show(report, wide))?;
    Ok(if ready { Exit::Done } else { Exit::NotReady })
}

fn place(moment: Moment<'_>, context: Context) -> Result<Place, StoreError> {
    Ok(Place { lease: moment.lease(&context)?, abandoned: false, resources: standings(moment, &context)?, context })
}

fn show(report: &Report, wide: bool) -> String {
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
        let of = |standing: &Standing| {
            [
                format!("  {}", standing.address.local()),
                standing.tier.to_string(),
                standing.status.name().to_owned(),
                standing.object.as_ref().map_or_else(String::new, ToString::to_string),
                standing.why.as_ref().and_then(|why| why.lines().next()).unwrap_or_default().to_owned(),
            ]
        };
        out += &match wide {
            false => columns_of(place.resources.iter().map(of)),
            true => columns_of(place.resources.iter().map(|standing| {
                let [name, tier, status, object, why] = of(standing);
                [name, standing.kind.to_string(), standing.provider.to_string(), tier, status, object, why]
            })),
        };
    }
    if report.contexts.is_empty() {
        out += "Nothing is recorded.\n";
    }
    out
}
