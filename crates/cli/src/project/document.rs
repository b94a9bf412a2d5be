//! Documents: whatever a person wrote becomes a graph here, by the one way that there is.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cue_data::{Data, Node};
use strata_base::{Diagnostic, Severity, Sources, Span, nearest};
use strata_compile::{Purpose, UnitDeclaration, UnitFidelity};
use strata_contracts::{Fidelity, Library};
use strata_engine::Verb;
use strata_front::tiers::{self, Asked, Surroundings};
use strata_front::{Parameters, Templates, Use};
use strata_model::{Address, Context, Graph, Partition, ProviderInstance, Recorded, Stack, Tier};
use strata_model::{document, quota};
use strata_ports::{Moment, StoreError, at_one_moment};

use super::cache::Cache;
use super::disk::unreadable;
use super::knowledge::Knowledge;
use super::{Project, names, texts};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;
use crate::{App, codes};

/// A document that was named, with the texts that its mistakes speak of.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) graph: Graph,
    pub(crate) sources: Sources,
    /// What each unit asks for, whoever serves it; nothing is known of a graph that was written as such.
    pub(crate) declarations: Vec<UnitDeclaration>,
    /// How faithfully each unit is served; nothing is known of a graph that was written as such.
    pub(crate) fidelity: Vec<UnitFidelity>,
    /// How long a lease outlives its holder, if the document says so.
    pub(crate) lock_timeout: Option<Duration>,
    /// What the graph was made of, unless it was written as such.
    pub(crate) made_of: Option<MadeOf>,
}

/// What a graph was made of: all that it takes to tell who decided about a part of it.
#[derive(Debug)]
pub(crate) struct MadeOf {
    pub(crate) stack: Stack,
    pub(crate) library: Library,
    pub(crate) recorded: Option<Recorded>,
    /// Where parameters went.
    pub(crate) uses: Vec<Use>,
    /// The documents with all references put in.
    pub(crate) documents: Vec<Data>,
}

/// Which documents, and what they are read with.
#[derive(clap::Args, Clone, Default, Debug)]
pub(crate) struct DocumentArgs {
    /// The document: a platform in tiers (several are read as one), or a graph; `-` is standard input. Without one: what
    /// the setting `document` names
    #[arg(value_name = "DOCUMENT")]
    documents: Vec<PathBuf>,

    #[command(flatten)]
    given: Given,
}

/// What documents are read with.
#[derive(clap::Args, Clone, Default, Debug)]
pub(crate) struct Given {
    /// Parameters of the document, from a file of YAML, JSON or CUE (can be repeated)
    #[arg(short, long, value_name = "FILE")]
    file: Vec<PathBuf>,

    /// A parameter of the document, such as `app.image=shop:2`; beats files (can be repeated)
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,

    /// Take warnings for errors
    #[arg(long)]
    strict: bool,

    /// Serve everything by this provider, whatever the document names
    #[arg(long, value_name = "NAME")]
    provider: Option<String>,

    /// Refuse what a provider serves less faithfully than this
    #[arg(long, value_name = "LEVEL", value_parser = level)]
    min_fidelity: Option<Fidelity>,

    /// Evaluate every capability, also those that are known from before
    #[arg(long)]
    no_cache: bool,

    /// A folder with templates (can be repeated); `templates` beside the document if there are none
    #[arg(long, value_name = "FOLDER")]
    templates: Vec<PathBuf>,

    #[command(flatten)]
    knowledge: Knowledge,
}

fn level(text: &str) -> Result<Fidelity, String> {
    let demandable = Fidelity::ALL.into_iter().filter(|level| *level > Fidelity::None);
    let names: Vec<&str> = demandable.map(Fidelity::name).collect();
    let known = Fidelity::named(text).filter(|level| *level > Fidelity::None);
    known.ok_or_else(|| format!("`{text}` is none of {}", names.join(", ")))
}

impl DocumentArgs {
    /// The files that are named, if any are.
    pub(crate) fn named(&self) -> &[PathBuf] {
        &self.documents
    }

    /// Reads and compiles what is named, and tells what should be known besides. Looks at no store.
    pub(crate) fn read(&self, ui: &mut Ui, app: &App) -> Result<Document, CommandError> {
        self.document(ui, app, None, Purpose::Make)
    }

    /// The same with what the project has recorded, by somebody who must be allowed to plan it.
    pub(crate) fn read_in(
        &self,
        ui: &mut Ui,
        app: &App,
        project: &Project,
        purpose: Purpose,
    ) -> Result<Document, CommandError> {
        self.document(ui, app, Some(project), purpose)
    }

    fn document(
        &self,
        ui: &mut Ui,
        app: &App,
        project: Option<&Project>,
        purpose: Purpose,
    ) -> Result<Document, CommandError> {
        let own;
        let paths = if self.documents.is_empty() {
            own = [app.settings.document().ok_or_else(no_document)?];
            &own
        } else {
            &self.documents[..]
        };
        let mut sources = Sources::new();
        let compiled = self.given.compiled(paths, project, &mut sources, purpose).map_err(|mut error| {
            // Who named no file wonders where its name comes from.
            if self.documents.is_empty()
                && let [only] = &mut error.diagnostics[..]
                && only.code == codes::READ
            {
                let place = app.settings.given("document").first().map_or("", |given| given.origin.place());
                only.hints.push(format!("the setting `document` names it: {place}"));
            }
            error
        })?;
        match compiled {
            Err(problems) => {
                let is_policy = |problem: &Diagnostic| strata_compile::codes::is_policy(problem.code);
                let forbidden = problems.iter().filter(|problem| problem.is_error()).all(is_policy);
                let exit = if forbidden { Exit::Policy } else { Exit::Validation };
                Err(CommandError::new(exit, problems, sources))
            }
            Ok(compiled) => {
                let Compiled { graph, warnings, declarations, fidelity, notes, lock_timeout, made_of } = compiled;
                let demanded = self.given.min_fidelity.filter(|_| purpose == Purpose::Make).into_iter();
                let below = demanded.flat_map(|level| fidelity.iter().flat_map(move |unit| unit.below(level)));
                let below: Vec<Diagnostic> = below.collect();
                if !below.is_empty() {
                    return Err(CommandError::new(Exit::Policy, below, sources));
                }
                let is_warning = |told: &&Diagnostic| told.severity == Severity::Warning;
                if self.given.strict && warnings.iter().any(|told| is_warning(&told)) {
                    let errors = warnings.iter().filter(is_warning).cloned();
                    let errors = errors.map(|told| Diagnostic { severity: Severity::Error, ..told });
                    return Err(CommandError::new(Exit::Validation, errors.collect(), sources));
                }
                warnings.iter().flat_map(|told| &told.conceals).for_each(|span| sources.conceal(*span));
                ui.diagnostics(&warnings, &sources)?;
                notes.iter().for_each(|note| ui.detail(note));
                Ok(Document { graph, sources, declarations, fidelity, lock_timeout, made_of })
            }
        }
    }
}

impl Document {
    /// The one resource of the document that goes by a name.
    pub(crate) fn resource(&self, name: &str) -> Result<Address, CommandError> {
        names::called(name, self.graph.nodes.keys()).map_err(|why| {
            let nothing = format!("the document has no resource `{name}`");
            let problem = why.problem(codes::NO_SUCH_PLACE, name, &nothing, "`strata vet` lists what there is");
            CommandError::plain(Exit::NotFound, problem)
        })
    }
}

fn no_document() -> CommandError {
    let problem = Diagnostic::error(codes::NO_DOCUMENT, "no document is named");
    let hint = "name one, as in `strata plan stack.yaml`, or set `document` in `strata.toml`";
    CommandError::plain(Exit::Usage, problem.hint(hint))
}

/// A document as a graph, and what is to be said besides.
struct Compiled {
    graph: Graph,
    warnings: Vec<Diagnostic>,
    declarations: Vec<UnitDeclaration>,
    fidelity: Vec<UnitFidelity>,
    notes: Vec<String>,
    lock_timeout: Option<Duration>,
    made_of: Option<MadeOf>,
}

type Problems = Vec<Diagnostic>;

impl Given {
    fn compiled(
        &self,
        paths: &[PathBuf],
        project: Option<&Project>,
        sources: &mut Sources,
        purpose: Purpose,
    ) -> Result<Result<Compiled, Problems>, CommandError> {
        let mut problems = Vec::new();
        let mut documents = Vec::new();
        for path in paths {
            match texts::data(path, sources)? {
                Ok((data, source)) => documents.push((data, source)),
                Err(more) => problems.extend(more),
            }
        }
        let parameters = self.parameters(sources, &mut problems)?;
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        if let [(data, source)] = &documents[..]
            && !tiers::recognises(data)
        {
            if let Some(problem) = neither(data) {
                return Ok(Err(vec![problem]));
            }
            let graph = match document::graph(data, source) {
                Ok(graph) => graph,
                Err(problems) => return Ok(Err(problems)),
            };
            permit(project, graph.scope.iter().map(|partition| (partition, Span::NONE)), sources)?;
            let (warnings, declarations, fidelity, notes, lock_timeout, made_of) = Default::default();
            return Ok(Ok(Compiled { graph, warnings, declarations, fidelity, notes, lock_timeout, made_of }));
        }
        // Those that are something else are told as such, and not with what is missing because of it.
        let strangers =
            documents.iter().filter(|(data, _)| !tiers::recognises(data)).filter_map(|(data, _)| stranger(data));
        let strangers: Vec<Diagnostic> = strangers.collect();
        if documents.len() > 1 && !strangers.is_empty() {
            return Ok(Err(strangers));
        }
        let environment = |name: &str| std::env::var(name).ok();
        let provider = self.provider.as_deref().map(ProviderInstance::named);
        let mut templates = Templates::default();
        for folder in self.template_folders(paths) {
            templates_of(&folder, sources, &mut templates, &mut problems)?;
        }
        if !problems.is_empty() {
            return Ok(Err(problems));
        }
        let around =
            Surroundings { parameters: &parameters, environment: &environment, templates: &templates, provider };
        let Asked { stack, lock_timeout, mut warnings, notes: told, uses, documents } =
            match tiers::read(documents, &around) {
                Ok(asked) => asked,
                Err(problems) => return Ok(Err(problems)),
            };
        permit(project, stack.scope.iter().map(|(partition, span)| (partition, *span)), sources)?;
        let library = self.knowledge.library(sources)?;
        let recorded = project.map(|project| at_one_moment(&*project.store, |moment| recorded(moment, &stack)));
        let recorded = recorded.transpose().map_err(|error| super::told(error.into()))?;
        let mut cache = if self.no_cache { Cache::none() } else { Cache::open(paths) };
        let mut worker = library.worker_with(&mut cache);
        let compiled = strata_compile::compile(&stack, &mut worker, recorded.as_ref(), sources, purpose);
        let kept = cache.keep(compiled.is_ok());
        Ok(compiled.map(|compiled| {
            warnings.extend(compiled.warnings);
            let strata_compile::Compiled { graph, declarations, fidelity, notes, effort, .. } = compiled;
            let mut notes = [told, notes].concat();
            notes.push(format!("declarations: {}", effort.declared));
            notes.push(format!("mappings: {}", effort.mapped));
            notes.extend(kept.err().map(|error| format!("the cache cannot be written: {error}")));
            let made_of = Some(MadeOf { stack, library, recorded, uses, documents });
            Compiled { graph, warnings, declarations, fidelity, notes, lock_timeout, made_of }
        }))
    }

    /// The folders of templates that were named.
    pub(crate) fn templates(&self) -> &[PathBuf] {
        &self.templates
    }

    /// The parameters as one object.
    pub(crate) fn values(&self, sources: &mut Sources, problems: &mut Vec<Diagnostic>) -> Result<Data, CommandError> {
        self.parameters(sources, problems).map(|parameters| parameters.data())
    }

    /// Where templates are looked for: in the folders that are named, or beside the documents where that is one.
    fn template_folders(&self, documents: &[PathBuf]) -> BTreeSet<PathBuf> {
        if !self.templates.is_empty() {
            return self.templates.iter().cloned().collect();
        }
        let beside = documents.iter().filter_map(|path| Some(path.parent()?.join("templates")));
        beside.filter(|folder| folder.is_dir()).collect()
    }

    fn parameters(&self, sources: &mut Sources, problems: &mut Vec<Diagnostic>) -> Result<Parameters, CommandError> {
        let mut parameters = Parameters::default();
        for path in &self.file {
            match texts::data(path, sources)? {
                Ok((data, _)) => parameters.unify(&Arc::new(data), problems),
                Err(more) => problems.extend(more),
            }
        }
        for text in &self.set {
            let Some((name, value)) = text.split_once('=') else {
                let message = format!("`--set {text}` is not of the form NAME=VALUE");
                return Err(CommandError::plain(Exit::Usage, Diagnostic::error(codes::USAGE, message)));
            };
            match texts::value(name, value, sources) {
                Ok(data) => parameters.set(name, &Arc::new(data), problems),
                Err(more) => problems.extend(more),
            }
        }
        Ok(parameters)
    }
}

/// Adds all templates of a folder.
pub(crate) fn templates_of(
    folder: &Path,
    sources: &mut Sources,
    templates: &mut Templates,
    problems: &mut Vec<Diagnostic>,
) -> Result<(), CommandError> {
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(|error| unreadable(folder, &error))?.path());
    }
    paths.sort();
    let is_document = |path: &&PathBuf| path.extension().is_some() && texts::Form::of(path).is_some() && path.is_file();
    for path in paths.iter().filter(is_document) {
        match texts::data(path, sources)? {
            Ok((data, source)) => templates.add(data, &source, problems),
            Err(more) => problems.extend(more),
        }
    }
    Ok(())
}

/// What an object is told that is neither a platform nor a graph, so far as its first words show.
fn neither(data: &Data) -> Option<Diagnostic> {
    const GRAPH: [&str; 2] = ["graph", "partitions"];
    if GRAPH.iter().any(|key| data.get(data.root(), key).is_some()) {
        return None;
    }
    let message = "this is neither a platform nor a graph: it has no field `platform`, and no field `graph`";
    other(data, message, &[tiers::KEY, "graph"], BEGIN)
}

/// What one of several documents is told that is no platform.
fn stranger(data: &Data) -> Option<Diagnostic> {
    other(
        data,
        "this is no platform: it has no field `platform`",
        &[tiers::KEY],
        "a file of parameters is given by `-f FILE`",
    )
}

/// An object that has none of the fields that a document begins with.
fn other(data: &Data, message: &str, fields: &[&'static str], hint: &'static str) -> Option<Diagnostic> {
    if !matches!(data.node(data.root()), Node::Struct(_)) {
        return None;
    }
    let told = Diagnostic::error(strata_model::codes::MISSING_FIELD, message);
    let own = data.fields(data.root());
    let near = own.iter().find_map(|field| Some((field, nearest(&field.key, fields.iter().copied())?)));
    Some(match near {
        Some((field, near)) => told.at(field.key_span).hint(format!("did you mean `{near}`?")),
        None => {
            let told = told.at(own.first().map_or(data.span(data.root()), |field| field.key_span));
            kin(data).into_iter().chain([hint]).fold(told, Diagnostic::hint)
        }
    })
}

const BEGIN: &str = "`strata init` writes a document to begin with";

/// What to say of an object that is something else that is known.
fn kin(data: &Data) -> Option<&'static str> {
    let has = |key: &str| data.get(data.root(), key).is_some();
    if has("tiers") {
        Some("put all of it below `platform:`, two blanks further in")
    } else if has("services") {
        Some("a Compose file is written by `strata build`, and not read")
    } else if has("apiVersion") {
        Some("a manifest of Kubernetes is not read: say what is needed, as in `type: container_runtime`")
    } else if has("template") {
        Some("a template is asked for by a document; `strata template list` lists those that are found")
    } else {
        None
    }
}

/// Whether who acts may plan what a document speaks for.
fn permit<'p>(
    project: Option<&Project>,
    scope: impl Iterator<Item = (&'p Partition, Span)>,
    sources: &Sources,
) -> Result<(), CommandError> {
    let Some(project) = project else { return Ok(()) };
    let mut refused = Vec::new();
    for (partition, span) in scope {
        let Partition { context, tier } = partition;
        if let Err(failure) = project.authority.permit(project.principal(), Verb::Plan, context, *tier) {
            refused.extend(failure.diagnostics.into_iter().map(|problem| problem.at(span)));
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(CommandError::new(Exit::Policy, refused, sources.clone())) }
}

/// What the store knows of the contexts around a stack.
fn recorded(moment: Moment<'_>, stack: &Stack) -> Result<Recorded, StoreError> {
    let mut recorded = Recorded::default();
    let names: BTreeSet<&str> = stack.units.iter().map(|unit| &*unit.name).collect();
    let mut needs = stack.units.iter().flat_map(|unit| &unit.depends_on);
    let needs_others = needs.any(|(name, _)| !names.contains(&**name));
    let mut contexts: BTreeSet<Context> = stack.scope.iter().map(|(partition, _)| partition.context.clone()).collect();
    let upper: BTreeSet<Context> =
        contexts.iter().filter_map(|context| Context::new(&context.org(), &context.env(), None).ok()).collect();
    let claims =
        |context: &Context, tier| stack.scope.iter().any(|(own, _)| own.context == *context && own.tier == tier);
    let claims_all = |context: &Context| [Tier::Infrastructure, Tier::Shared].iter().all(|tier| claims(context, *tier));
    for context in upper.iter().filter(|context| needs_others || !claims_all(context)) {
        let resources = moment.resources(context)?.into_iter();
        recorded.above.extend(resources.map(|resource| (resource.address, (resource.tier, resource.provider))));
    }
    let upper_contexts = upper.clone();
    contexts.extend(upper);
    for context in contexts {
        for output in moment.outputs(&context)? {
            recorded.outputs.insert((context.clone(), output.name.clone()), output);
        }
    }
    // What other applications use counts where namespaces have quotas.
    let contexts = moment.contexts()?;
    let is_below = |context: &&Context| upper_contexts.iter().any(|upper| quota::is_below(upper, context));
    for context in contexts.iter().filter(is_below) {
        let outputs = moment.outputs(context)?;
        for output in outputs.into_iter().filter(|output| strata_compile::is_usage(&output.name)) {
            recorded.outputs.insert((context.clone(), output.name.clone()), output);
        }
    }
    Ok(recorded)
}
