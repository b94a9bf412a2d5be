//! `strata apply` and `strata destroy`

use std::collections::BTreeSet;

use serde::Serialize;
use strata_engine::{Applied, Failure, FailureKind};
use strata_model::plan::Counts;
use strata_model::{Context, Plan, PlanSet};
use strata_ports::Reads;

use super::plan::{What, plan, purpose};
use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Document, EngineArgs, Project, context, plans, told};
use crate::show;
use crate::ui::Ui;

/// Make a plan real: a new one of a document, or one that was kept in a file
///
/// A file that `strata plan --out` has written, or the hash of a recorded plan, may stand in the place of a document.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,

    /// Go on with the last run of a context that did not come to its end
    #[arg(long, value_name = "CONTEXT", value_parser = context, conflicts_with = "documents")]
    resume: Option<Context>,

    /// Do not ask
    #[arg(short = 'y', long, alias = "yes")]
    auto_approve: bool,

    #[command(flatten)]
    engine: EngineArgs,
}

/// Delete all that a document's partitions have
#[derive(clap::Args, Debug)]
pub(crate) struct DestroyArgs {
    #[command(flatten)]
    what: What,

    /// Do not ask
    #[arg(short = 'y', long, alias = "yes")]
    auto_approve: bool,

    #[command(flatten)]
    engine: EngineArgs,
}

/// What `strata apply` calls what it does.
const APPLY: &str = "Apply";

/// What was done, for programs.
#[derive(Serialize, Debug)]
struct Done {
    applied: Counts,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    if let Some(context) = &args.resume {
        args.what.refuse_part("a run that is gone on with")?;
        project.contexts(Some(context))?;
        let unfinished = project.engine(ui, &args.engine, |engine| engine.unfinished(context))?;
        let applied = project.engine(ui, &args.engine, |engine| {
            engine.prepare(&unfinished.iter().collect::<Vec<_>>())?;
            engine.resume(context, &project.authority)
        })?;
        let plans: Vec<Plan> = unfinished.into_iter().collect();
        let done: Vec<(&Plan, Applied)> = plans.iter().map(|plan| (plan, applied.clone())).collect();
        return finish(ui, app, &project, &args.engine, &done, APPLY);
    }
    if let [path] = args.what.document.named()
        && let Some(set) = plans::named(&project, &path.to_string_lossy())?
    {
        args.what.refuse_part("a plan that was kept")?;
        let plans = permitted(ui, &project, &set, &args.engine)?;
        return apply(ui, app, &project, plans, &args.engine, APPLY);
    }
    whole(ui, app, &project, &args.what, false, args.auto_approve, &args.engine)
}

pub(crate) fn destroy(ui: &mut Ui, app: &App, args: &DestroyArgs) -> Outcome {
    let project = Project::open(app)?;
    whole(ui, app, &project, &args.what, true, args.auto_approve, &args.engine)
}

/// Plans, asks and applies.
fn whole(
    ui: &mut Ui,
    app: &App,
    project: &Project,
    what: &What,
    destroy: bool,
    sure: bool,
    engine: &EngineArgs,
) -> Outcome {
    let document = what.document.read_in(ui, app, project, purpose(destroy))?;
    let engine = &engine.of(&document);
    recover(ui, project, &document, engine)?;
    let set = plan(ui, project, &document, what, destroy, engine)?;
    let fidelity = if destroy { String::new() } else { show::fidelity::text(&document.fidelity) };
    ui.say((fidelity + &show::plan::set(&set)).trim_end());
    // Who is asked has the right to say yes.
    let plans = permitted(ui, project, &set, engine)?;
    let what_is_done = if destroy { "Destroy" } else { APPLY };
    if !set.is_empty() && !sure {
        ui.confirm(&format!("{what_is_done} this?"))?;
    }
    apply(ui, app, project, plans, engine, what_is_done)
}

/// What an earlier run left open is found out first, so that the plan is made of what is known.
fn recover(ui: &mut Ui, project: &Project, document: &Document, engine: &EngineArgs) -> Result<(), CommandError> {
    for partition in &document.graph.scope {
        project.engine(ui, engine, |engine| engine.recover(&partition.context))?;
    }
    Ok(())
}

/// The plans of a set that are left to apply, if they may be applied. Where one waits for an approval the set is recorded,
/// so that whoever approves finds what is told.
fn permitted<'s>(
    ui: &mut Ui,
    project: &Project,
    set: &'s PlanSet,
    engine: &EngineArgs,
) -> Result<Vec<&'s Plan>, CommandError> {
    let plans: Vec<&Plan> = set.plans.iter().filter(|plan| !plan.is_empty()).collect();
    project.look(ui, engine, |engine| {
        let mut left = Vec::new();
        for plan in &plans {
            if !engine.is_applied(plan)? {
                left.push(*plan);
            }
        }
        // Of a set that was applied in part the rest is applied; one that is done is refused as such.
        let left = if left.is_empty() { plans.clone() } else { left };
        let permitted = engine.permit(&left, &project.authority);
        if permitted.as_ref().is_err_and(|failure| failure.kind == FailureKind::ApprovalNeeded) {
            engine.record_plans(set)?;
        }
        permitted.map(|()| left)
    })
}

fn apply(
    ui: &mut Ui,
    app: &App,
    project: &Project,
    plans: Vec<&Plan>,
    engine: &EngineArgs,
    what_is_done: &str,
) -> Outcome {
    project.engine(ui, engine, |engine| engine.prepare(&plans))?;
    let mut done = Vec::new();
    for plan in plans {
        let applied = project.engine(ui, engine, |engine| engine.apply(plan, &project.authority))?;
        let failed = applied.failure(plan).is_some();
        done.push((plan, applied));
        // What comes later builds on what comes before.
        if failed {
            break;
        }
    }
    for (plan, _) in &done {
        reached(ui, project, plan)?;
    }
    finish(ui, app, project, engine, &done, what_is_done)
}

/// Where people reach what was applied, as far as providers tell.
fn reached(ui: &mut Ui, project: &Project, plan: &Plan) -> Result<(), CommandError> {
    for action in &plan.actions {
        let resource = project.store.resource(&action.address).map_err(|error| told(error.into()))?;
        let attribute = |name: &str| resource.as_ref()?.observed.as_map()?.get(name)?.as_str();
        if let Some(at) = attribute("url").or_else(|| attribute("address")) {
            ui.say(&format!("{} is reached at {at}", action.address.local()));
        }
    }
    Ok(())
}

fn finish(
    ui: &mut Ui,
    app: &App,
    project: &Project,
    args: &EngineArgs,
    done: &[(&Plan, Applied)],
    what_is_done: &str,
) -> Outcome {
    let mut counts = Counts::default();
    let mut failure: Option<Failure> = None;
    for (plan, applied) in done {
        counts.add += applied.counts.add;
        counts.change += applied.counts.change;
        counts.destroy += applied.counts.destroy;
        counts.imported += applied.counts.imported;
        counts.forget += applied.counts.forget;
        failure = failure.or_else(|| applied.failure(plan));
    }
    if let Some(failure) = failure {
        return Err(told(failure));
    }
    ui.answer(&Done { applied: counts }, |done| {
        let Counts { add, change, destroy, .. } = done.applied;
        format!("{what_is_done} complete! Resources: {add} added, {change} changed, {destroy} destroyed.\n")
    })?;
    let contexts: BTreeSet<Context> = done.iter().map(|(plan, _)| plan.partition.context.clone()).collect();
    project.tidy(ui, app, args, &contexts.into_iter().collect::<Vec<_>>());
    Ok(Exit::Done)
}
