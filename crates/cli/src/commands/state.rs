//! `strata state`

mod compact;

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;
use strata_base::Diagnostic;
use strata_engine::{Standing, Verb, standings};
use strata_model::{Address, Context, Entry, ObjectId, ProviderInstance, Status, Tier, TypeName};
use strata_ports::{Moment, Reads, Store, StoreError, at_one_moment, transfer};
use strata_store_sqlite::SqliteStore;

use crate::App;
use crate::codes;
use crate::columns::columns_of;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{EngineArgs, Places, Project, at_least_one, context, text, told};
use crate::show::record;
use crate::ui::Ui;

/// Look at the store of the project, and carry it elsewhere
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    List(List),
    Show(Show),
    History(History),
    Export(Export),
    Import(Import),
    Mv(Mv),
    Forget(Forget),
    Compact(compact::Args),
    Verify(Verify),
    Where(Where),
}

/// Know a resource by another address of its context
#[derive(clap::Args, Debug)]
struct Mv {
    /// What it is called now: its address, or its name as `strata status` prints it
    #[arg(value_name = "FROM")]
    from: String,

    /// What it shall be called: another address of its context, or the end of one
    #[arg(value_name = "TO")]
    to: String,

    #[command(flatten)]
    engine: EngineArgs,
}

/// Drop a resource from the records; its object stays
///
/// Also says of a call whose outcome nobody knows that it had no effect.
#[derive(clap::Args, Debug)]
struct Forget {
    /// Its address, or its name as `strata status` prints it
    #[arg(value_name = "RESOURCE")]
    name: String,

    #[command(flatten)]
    engine: EngineArgs,
}

/// List the recorded resources
#[derive(clap::Args, Debug)]
struct List {
    /// Only those of this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,
}

/// Show what is recorded of one resource
#[derive(clap::Args, Debug)]
struct Show {
    /// Its address, such as acme/prod/shop/db/main, or its name as `strata status` prints it
    #[arg(value_name = "RESOURCE")]
    name: String,
}

/// Tell who changed the store, when and how, the last change first
#[derive(clap::Args, Debug)]
struct History {
    /// Only the log of this context, or what it says of this resource: its address, or its name as
    /// `strata status` prints it
    #[arg(value_name = "CONTEXT|RESOURCE")]
    what: Option<String>,

    /// How many entries of each context
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one)]
    limit: usize,
}

/// Print the store as text, one JSON value a line
///
/// No secret is in it: those have a file of their own.
#[derive(clap::Args, Debug)]
struct Export {
    /// Only this context
    #[arg(value_name = "CONTEXT", value_parser = context)]
    context: Option<Context>,
}

/// Bring in what `strata state export` printed
///
/// The text is proven to be whole and unchanged first. Contexts that the store has already are refused, unless they are
/// the same: an import that was interrupted can be repeated. Where there is no store, one is made for the same project.
#[derive(clap::Args, Debug)]
struct Import {
    /// The file; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Follow every chain of hashes and compare every record with the log
///
/// Where the first entries were compacted, also whether whoever did it is trusted.
#[derive(clap::Args, Debug)]
struct Verify {}

/// Print where the store is
#[derive(clap::Args, Debug)]
struct Where {}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let places = Places::of(app)?;
    match &args.command {
        Command::List(args) => list(ui, &project(app, &places)?, args),
        Command::Show(args) => {
            let project = project(app, &places)?;
            super::show::resource(ui, &project, &project.called(&args.name)?)
        }
        Command::History(args) => history(ui, &project(app, &places)?, args),
        Command::Export(args) => export(ui, &project(app, &places)?, args),
        Command::Import(args) => import(ui, &places, args),
        Command::Mv(Mv { from, to, engine }) => {
            let project = Project::open(app)?;
            let from = &project.called(from)?;
            let to = &beside(from, to)?;
            project.engine(ui, engine, |engine| engine.rename(from, to, &project.authority))?;
            // What is recorded in other contexts is not ours to change.
            for left in project.store.dependents(from).map_err(failed)? {
                ui.say(&format!("warning: {} still needs {from}; say {to} in its document", left.address));
            }
            ui.answer(&serde_json::json!({ "from": from, "to": to }), |_| format!("{from} is {to} now.\n"))?;
            Ok(Exit::Done)
        }
        Command::Forget(Forget { name, engine }) => {
            let project = Project::open(app)?;
            let address = &project.called(name)?;
            project.engine(ui, engine, |engine| engine.forget(address, &project.authority))?;
            ui.answer(&serde_json::json!({ "forgotten": address }), |_| format!("{address} forgotten.\n"))?;
            Ok(Exit::Done)
        }
        Command::Compact(args) => compact::run(ui, app, &places, args),
        Command::Verify(Verify {}) => verify(ui, &project(app, &places)?),
        Command::Where(Where {}) => tell_where(ui, &places),
    }
}

/// The address that a resource gets: all of it is said, or only its end, and then the rest stays as it is.
fn beside(from: &Address, to: &str) -> Result<Address, CommandError> {
    let context = from.context_str();
    let whole = match to.matches('/').count() {
        0 => format!("{context}/{to}/{}", from.as_str().rsplit('/').next().unwrap_or_default()),
        1 => format!("{context}/{to}"),
        _ => to.to_owned(),
    };
    whole.parse().map_err(|error: strata_model::AddressError| {
        CommandError::plain(Exit::Usage, Diagnostic::error(codes::USAGE, format!("`{to}` is no name: {error}")))
    })
}

/// The project, whose store must be there.
fn project(app: &App, places: &Places) -> Result<Project, CommandError> {
    if places.store.exists() {
        return Project::open(app);
    }
    let mistake = Diagnostic::error(codes::NO_STORE, format!("there is no store at `{}`", places.store.display()));
    let hint = "the first `strata plan` makes one; `strata state import` brings one from elsewhere";
    Err(CommandError::plain(Exit::NotFound, mistake.hint(hint)))
}

fn failed(error: StoreError) -> CommandError {
    told(error.into())
}

#[derive(Serialize, Debug)]
struct Row {
    address: Address,
    #[serde(rename = "type")]
    kind: TypeName,
    provider: ProviderInstance,
    tier: Tier,
    status: Status,
    object: Option<ObjectId>,
}

fn list(ui: &mut Ui, project: &Project, args: &List) -> Outcome {
    let mut rows = Vec::new();
    for context in project.contexts(args.context.as_ref())? {
        let all = at_one_moment(&*project.store, |moment| standings(moment, &context)).map_err(failed)?;
        // What is only planned, or gone, is not recorded.
        rows.extend(all.into_iter().filter(|standing| standing.object.is_some()).map(|standing| {
            let Standing { address, kind, provider, tier, status, object, .. } = standing;
            Row { address, kind, provider, tier, status, object }
        }));
    }
    let names = |rows: &Vec<Row>| rows.iter().map(|row| row.address.to_string()).collect();
    let wide = ui.is_wide();
    ui.list(&rows, names, |rows| {
        let of = |row: &Row| {
            [row.address.to_string(), row.kind.to_string(), row.tier.to_string(), row.status.name().to_owned()]
        };
        match wide {
            false => columns_of(rows.iter().map(of)),
            true => columns_of(rows.iter().map(|row| {
                let [address, kind, tier, status] = of(row);
                let object = row.object.as_ref().map_or_else(String::new, ToString::to_string);
                [address, kind, row.provider.to_string(), tier, status, object]
            })),
        }
    })?;
    ui.say_if(rows.is_empty(), "no resource is recorded");
    Ok(Exit::Done)
}

#[derive(Serialize, Debug)]
struct Log {
    context: Context,
    /// The last one first.
    entries: Vec<Entry>,
}

fn history(ui: &mut Ui, project: &Project, args: &History) -> Outcome {
    let (only, of) = match &args.what {
        Some(what) => meant(project, what)?,
        None => (None, None),
    };
    let mut logs = Vec::new();
    for context in project.contexts(only.as_ref())? {
        let entries = at_one_moment(&*project.store, |moment| match &of {
            Some(address) => entries_about(moment, address, args.limit),
            None => newest(moment, &context, args.limit),
        });
        logs.push(Log { entries: entries.map_err(failed)?, context });
    }
    ui.answer(&logs, |logs| logs.iter().map(log).collect())?;
    Ok(Exit::Done)
}

/// A context, or else a resource of one.
fn meant(project: &Project, what: &str) -> Result<(Option<Context>, Option<Address>), CommandError> {
    let context: Option<Context> = what.parse().ok();
    let as_context = context.map(|context| project.contexts(Some(&context)).map(|_| context));
    if let Some(Ok(context)) = as_context {
        return Ok((Some(context), None));
    }
    match project.called(what) {
        Ok(address) => Ok((Some(address.context()), Some(address))),
        Err(error) => Err(as_context.and_then(Result::err).unwrap_or(error)),
    }
}

fn newest(moment: Moment<'_>, context: &Context, limit: usize) -> Result<Vec<Entry>, StoreError> {
    let last = moment.head(context)?.sequence;
    let before = last.saturating_sub(u64::try_from(limit).unwrap_or(u64::MAX));
    let mut entries = moment.entries(context, before, limit)?;
    entries.reverse();
    Ok(entries)
}

/// The newest entries that say something of a resource, and only what they say of it.
fn entries_about(moment: Moment<'_>, address: &Address, limit: usize) -> Result<Vec<Entry>, StoreError> {
    const PAGE: u64 = 500;
    let (context, mut found) = (address.context(), Vec::new());
    let mut end = moment.head(&context)?.sequence;
    while end > 0 && found.len() < limit {
        let begin = end.saturating_sub(PAGE);
        let page = moment.entries(&context, begin, usize::try_from(end - begin).unwrap_or(usize::MAX))?;
        // Where the first entries are gone, a page begins later and goes on too far.
        for mut entry in page.into_iter().rev().filter(|entry| entry.head.sequence <= end) {
            entry.records.retain(|record| record.address() == Some(address));
            if !entry.records.is_empty() {
                found.push(entry);
            }
        }
        end = begin;
    }
    found.truncate(limit);
    Ok(found)
}

fn log(log: &Log) -> String {
    let rows = log.entries.iter().map(|entry| {
        let stamp = &entry.stamp;
        let number = format!("  {}", entry.head.sequence);
        [number, stamp.at.to_string(), stamp.by.to_string(), record::all(&entry.records)]
    });
    format!("{}\n{}", log.context, columns_of(rows))
}

fn export(ui: &mut Ui, project: &Project, args: &Export) -> Outcome {
    match &args.context {
        Some(context) => drop(project.contexts(Some(context))?),
        // Half of a store would pass for all of it.
        None => {
            for context in project.store.contexts().map_err(failed)? {
                project.permit(Verb::View, &context, None)?;
            }
        }
    }
    ui.data(&transfer::export(&*project.store, args.context.as_ref()).map_err(failed)?)?;
    Ok(Exit::Done)
}

fn import(ui: &mut Ui, places: &Places, args: &Import) -> Outcome {
    let text = text(&args.file)?;
    let refused = |message: String| CommandError::plain(Exit::Validation, Diagnostic::error(codes::EXPORT, message));
    let export = transfer::read(&text).map_err(|error| refused(error.to_string()))?;
    let (who, authority) = places.authority()?;
    for log in &export.logs {
        // A log is of all tiers.
        let permit = |tier: Tier| authority.permit(&who.principal, Verb::Administer, &log.context, tier);
        Tier::ALL.into_iter().try_for_each(permit).map_err(told)?;
    }
    let store = match places.existing_store()? {
        Some(store) => store,
        None => SqliteStore::create(&places.store, Some(&export.project)).map_err(failed)?,
    };
    let project = store.project().map_err(failed)?;
    if project != export.project {
        // Objects at providers carry the mark of the project that owns them.
        return Err(refused(format!("the export is of the project `{}`, the store is of `{project}`", export.project)));
    }
    let brought = transfer::import(&store, &export).map_err(|error| match error {
        StoreError::Conflict { context, .. } => refused(format!("the store has entries of {context} already")),
        other => failed(other),
    })?;
    for log in &export.logs {
        let how = if brought.contains(&&log.context) { "brought in" } else { "was there with its" };
        ui.say(&format!("{}: {how} {} entries", log.context, log.entries.len()));
    }
    Ok(Exit::Done)
}

#[derive(Serialize, Debug)]
struct Verified {
    contexts: usize,
    entries: u64,
}

fn verify(ui: &mut Ui, project: &Project) -> Outcome {
    let store = &*project.store;
    let problems = store.verify().map_err(failed)?;
    if !problems.is_empty() {
        let mut error = failed(StoreError::Damaged(problems[0].clone()));
        for problem in &problems[1..] {
            error.diagnostics.extend(failed(StoreError::Damaged(problem.clone())).diagnostics);
        }
        return Err(error);
    }
    let contexts = store.contexts().map_err(failed)?;
    for context in &contexts {
        strata_engine::check_checkpoint(store, context, &project.authority).map_err(told)?;
    }
    let mut found = Verified { contexts: 0, entries: 0 };
    for context in contexts {
        found.contexts += 1;
        found.entries += store.head(&context).map_err(failed)?.sequence;
    }
    ui.answer(&found, |Verified { contexts, entries }| {
        format!("The store is whole: every record is what the log says (contexts: {contexts}, entries: {entries}).\n")
    })?;
    Ok(Exit::Done)
}

#[derive(Serialize, Debug)]
struct Found<'a> {
    store: &'a std::path::Path,
    exists: bool,
    secrets: &'a std::path::Path,
    key: &'a std::path::Path,
}

fn tell_where(ui: &mut Ui, places: &Places) -> Outcome {
    let Places { store, secrets, key, .. } = places;
    let found = Found { store, exists: store.exists(), secrets, key };
    ui.answer(&found, |found| format!("{}\n", found.store.display()))?;
    Ok(Exit::Done)
}
