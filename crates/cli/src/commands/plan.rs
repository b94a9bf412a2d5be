//! `strata plan`

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Serialize;
use strata_base::Diagnostic;
use strata_compile::Purpose;
use strata_decide::{Options, Selection};
use strata_engine::{PlanOptions, Verb};
use strata_model::{Address, Partition, PlanSet};
use strata_ports::Reads;

use crate::App;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::project::{Document, DocumentArgs, EngineArgs, Project, names, told, told_in};
use crate::ui::Ui;
use crate::{codes, show};

/// Show what would change, without changing it
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) what: What,

    /// Keep the plan in a file, to apply exactly it later
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Plan the deletion of all that the document's partitions have
    #[arg(long)]
    destroy: bool,

    /// Exit with 2 if there are changes
    #[arg(long)]
    detailed_exitcode: bool,

    #[command(flatten)]
    engine: EngineArgs,
}

/// A plan for programs, with what else there is to know of the document.
#[derive(Serialize, Debug)]
struct Told<'a> {
    #[serde(flatten)]
    set: &'a PlanSet,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fidelity: Vec<show::fidelity::Row<'a>>,
}

/// Which document, and which part of it.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct What {
    #[command(flatten)]
    pub(crate) document: DocumentArgs,

    /// Compare with the providers, not only with what is recorded
    #[arg(long)]
    pub(crate) refresh: bool,

    /// Only this resource and what it needs (can be repeated)
    #[arg(long, value_name = "RESOURCE", conflicts_with = "exclude")]
    target: Vec<String>,

    /// All but this resource and what needs it (can be repeated)
    #[arg(long, value_name = "RESOURCE")]
    exclude: Vec<String>,

    /// Replace this resource (can be repeated)
    #[arg(long, value_name = "RESOURCE")]
    replace: Vec<String>,

    /// Allow this protected resource to be deleted or replaced (can be repeated)
    #[arg(long, value_name = "RESOURCE")]
    allow_protected: Vec<String>,
}

impl What {
    /// Refuses to take another part of what is decided already.
    pub(crate) fn refuse_part(&self, what: &str) -> Result<(), CommandError> {
        let names = [
            ("--target", self.target.is_empty()),
            ("--exclude", self.exclude.is_empty()),
            ("--replace", self.replace.is_empty()),
            ("--allow-protected", self.allow_protected.is_empty()),
        ];
        match names.into_iter().find(|(_, is_missing)| !is_missing) {
            None => Ok(()),
            Some((option, _)) => {
                let message = format!("{what} is applied as it is, so `{option}` has no place here");
                Err(CommandError::plain(Exit::Usage, Diagnostic::error(codes::USAGE, message)))
            }
        }
    }

    /// Resources are named by their addresses or by what they are called in the document or in what is recorded of it.
    pub(crate) fn options(
        &self,
        project: &Project,
        document: &Document,
        destroy: bool,
    ) -> Result<PlanOptions, CommandError> {
        let mut known: BTreeSet<Address> = BTreeSet::new();
        if [&self.target, &self.exclude, &self.replace, &self.allow_protected].iter().any(|names| !names.is_empty()) {
            known.extend(document.graph.nodes.keys().cloned());
            for Partition { context, .. } in &document.graph.scope {
                let recorded = project.store.resources(context).map_err(|error| told(error.into()))?;
                known.extend(recorded.into_iter().map(|resource| resource.address));
            }
        }
        let mut problems = Vec::new();
        let mut set = |names: &[String]| -> BTreeSet<Address> {
            let found = names.iter().filter_map(|name| {
                let nothing = format!("there is no resource `{name}`, neither in the document nor recorded for it");
                let why = names::called(name, &known).map_err(|why| {
                    why.problem(strata_decide::codes::NO_SUCH_TARGET, name, &nothing, "`strata graph` lists them")
                });
                why.map_err(|problem| problems.push(problem)).ok()
            });
            found.collect()
        };
        let selection = match (&self.target[..], &self.exclude[..]) {
            ([], []) => Selection::All,
            (targets, []) => Selection::Target(set(targets)),
            (_, excluded) => Selection::Exclude(set(excluded)),
        };
        let (replace, allow_protected) = (set(&self.replace), set(&self.allow_protected));
        if !problems.is_empty() {
            return Err(CommandError::new(Exit::Validation, problems, document.sources.clone()));
        }
        Ok(PlanOptions { decide: Options { destroy, selection, replace, allow_protected }, refresh: self.refresh })
    }
}

/// What the graph of a document is made for.
pub(crate) fn purpose(destroy: bool) -> Purpose {
    if destroy { Purpose::Destroy } else { Purpose::Make }
}

/// Plans a document, and says what should be known besides the plan.
pub(crate) fn plan(
    ui: &mut Ui,
    project: &Project,
    document: &Document,
    what: &What,
    destroy: bool,
    engine: &EngineArgs,
) -> Result<PlanSet, CommandError> {
    for partition in &document.graph.scope {
        project.permit(Verb::Plan, &partition.context, Some(partition.tier))?;
    }
    let options = what.options(project, document, destroy)?;
    let planned = project.look(ui, engine, |engine| Ok(engine.plan(&document.graph, &options)))?;
    let planned = planned.map_err(|failure| told_in(failure, document.sources.clone()))?;
    for warning in &planned.warnings {
        ui.say(&format!("warning: {warning}"));
    }
    if !matches!(options.decide.selection, Selection::All) {
        ui.say("warning: only a part of the document is planned; the rest is left as it is");
    }
    Ok(planned.set)
}

pub(crate) fn run(ui: &mut Ui, app: &App, args: &Args) -> Outcome {
    let project = Project::open(app)?;
    let document = args.what.document.read_in(ui, app, &project, purpose(args.destroy))?;
    let set = plan(ui, &project, &document, &args.what, args.destroy, &args.engine)?;
    if let Some(path) = &args.out {
        project.look(ui, &args.engine, |engine| engine.record_plans(&set))?;
        let written = serde_json::to_string(&set).map_err(std::io::Error::from);
        written.and_then(|text| std::fs::write(path, text + "\n")).map_err(|error| {
            let message = format!("cannot write the plan to `{}`: {error}", path.display());
            CommandError::plain(Exit::Error, Diagnostic::error(codes::WRITE, message))
        })?;
    }
    let told = Told { set: &set, fidelity: show::fidelity::rows(&document.fidelity) };
    let fidelity = show::fidelity::text(&document.fidelity);
    let not_full = show::fidelity::list(&document.fidelity);
    let page = |told: &Told<'_>| show::markdown::set(told.set) + &show::markdown::fidelity(&not_full);
    ui.page(&told, |told| show::plan::hashes(told.set), |told| fidelity.clone() + &show::plan::set(told.set), page)?;
    if let Some(path) = args.out.as_ref().filter(|_| !set.is_empty()) {
        ui.say(&format!("the plan is kept; to apply exactly it: strata apply {}", path.display()));
    }
    let changes = args.detailed_exitcode && !set.is_empty();
    Ok(if changes { Exit::Changes } else { Exit::Done })
}
