//! `strata lock`

use clap::Subcommand;
use serde::Serialize;
use strata_engine::Verb;
use strata_model::{Context, Lease};
use strata_ports::Reads;

use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{EngineArgs, Project, context, told};
use crate::ui::Ui;

/// See who changes a context, and take its lease away from somebody who is gone
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// List the leases that are held
    List,
    /// Take a lease away; what its holder had begun is read back by the next run
    Break {
        /// Whose lease
        #[arg(value_name = "CONTEXT", value_parser = context)]
        context: Context,

        /// Why, for the log
        #[arg(long, default_value = "by hand")]
        reason: String,

        #[command(flatten)]
        engine: EngineArgs,
    },
}

/// A lease, and of which context it is.
#[derive(Serialize, Debug)]
struct Held {
    context: Context,
    #[serde(flatten)]
    lease: Lease,
    /// Its holder is gone, so it hinders nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    abandoned: bool,
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    match &args.command {
        Command::List => {
            let mut held = Vec::new();
            for context in project.contexts(None)? {
                let lease = project.store.lease(&context).map_err(|error| told(error.into()))?;
                let Some(lease) = lease else { continue };
                let abandoned = project.is_abandoned(&context, &lease)?;
                held.push(Held { context, lease, abandoned });
            }
            let names = |held: &Vec<Held>| held.iter().map(|held| held.context.to_string()).collect();
            ui.list(&held, names, |held| held.iter().map(show).collect())?;
            ui.say_if(held.is_empty(), "nobody changes anything");
        }
        Command::Break { context, reason, engine } => {
            project.permit(Verb::Administer, context, None)?;
            project.contexts(Some(context))?;
            let lease = project.engine(ui, engine, |engine| strata_engine::break_lease(engine, context, reason))?;
            ui.answer(&lease, |lease| format!("The lease of {context} was taken from {}.\n", lease.holder.process))?;
        }
    }
    Ok(Exit::Done)
}

fn show(Held { context, lease, abandoned }: &Held) -> String {
    let holder = &lease.holder;
    let end = if *abandoned { "its process has died".to_owned() } else { format!("until {}", lease.expires) };
    format!(
        "{context}  {} ({})  {}  since {}  {end}\n",
        holder.principal, holder.process, holder.operation, lease.since
    )
}
