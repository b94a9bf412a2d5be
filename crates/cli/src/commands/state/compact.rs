//! `strata state compact`

use serde::Serialize;
use strata_model::{Checkpoint, Context};
use strata_ports::{Reads, Store};

use super::{failed, project};
use crate::App;
use crate::error::Outcome;
use crate::exit::Exit;
use crate::project::{EngineArgs, KeyArgs, Places, context};
use crate::ui::Ui;

/// Drop what is over from the log of the store, behind a checkpoint that you sign
///
/// What holds stays, and what is not finished: open runs and calls, plans that were approved and not begun; and that a plan
/// was applied. The calls of runs that are over and older plans go; their place is taken by a checkpoint, which
/// `strata state history` shows. `strata state export` first if they are to be kept.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    /// Only the log of this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,

    /// How many plans and reports of drift stay of each context, the newest ones
    #[arg(long, value_name = "N", default_value_t = 20)]
    keep: u32,

    #[command(flatten)]
    key: KeyArgs,

    #[command(flatten)]
    engine: EngineArgs,
}

#[derive(Serialize, Debug)]
struct Compacted {
    context: Context,
    /// None where nothing was to be dropped.
    checkpoint: Option<Checkpoint>,
}

pub(super) fn run(ui: &mut Ui, app: &App, places: &Places, args: &Args) -> Outcome {
    let seen = self::project(app, places)?;
    let meant = match &args.context {
        Some(context) => seen.contexts(Some(context))?,
        // Who may not compact all that there is, is told so.
        None => seen.store.contexts().map_err(failed)?,
    };
    let (project, key) = args.key.open(app)?;
    let mut done = Vec::new();
    for context in meant {
        let checkpoint = project
            .engine(ui, &args.engine, |engine| engine.compact(&context, &project.authority, &*key, args.keep))?;
        done.push(Compacted { context, checkpoint });
    }
    if done.iter().any(|compacted| compacted.checkpoint.is_some()) {
        project.store.shrink().map_err(failed)?;
    }
    ui.answer(&done, |done| done.iter().map(line).collect())?;
    Ok(Exit::Done)
}

fn line(Compacted { context, checkpoint }: &Compacted) -> String {
    match checkpoint {
        Some(checkpoint) => format!("{context}: entries 1 to {} compacted\n", checkpoint.through.sequence),
        None => format!("{context}: nothing to compact\n"),
    }
}
