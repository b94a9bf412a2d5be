//! The library: contracts and mappings by name, out of the embedded files and those of a user.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::Data;
use cue_eval::{Cancel, InstanceId, Limits, PackageSource, Program, Session};
use cue_load::{Config, FetchedModule, Loaded, MemoryFiles};
use cue_syntax::ast::{DeclKind, File, Label};
use strata_base::{Diagnostic, FileId, Sources, Span};
use strata_model::{Digest, Phase, Tier};

use crate::embedded::{FILES, PACKAGES};
use crate::fidelity::Gap;
use crate::index::{Index, Indexing, Reader};
use crate::quantity::Measure;
use crate::shape::{Package, Packages, Shape};

/// The module of the embedded files.
pub(crate) const MODULE: &str = "strata.dev";
/// Where a user's files are mounted.
const USER: &str = "/user";
/// How a harness calls the package that it is around.
const WRAPPED: &str = "harness.strata.dev/package";

/// What may be asked for.
#[derive(Clone, Debug)]
pub struct Contract {
    pub name: Arc<str>,
    pub about: Arc<str>,
    pub tier: Tier,
    pub phase: Phase,
    /// What may be said.
    pub spec: Shape,
    pub outputs: BTreeMap<Arc<str>, OutputInfo>,
    /// What can be bounded and summed up, by the name of the bound.
    pub dimensions: BTreeMap<Arc<str>, Dimension>,
    /// Bounds that a unit sets on the sum of a dimension over all that is in it: the paths of its properties.
    pub quotas: BTreeMap<Arc<str>, Arc<str>>,
    /// Where it stands.
    pub span: Span,
    /// What an operator may say of it.
    pub binding: Option<Shape>,
    pub(crate) place: Place,
}

/// What others may refer to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputInfo {
    /// It must never be shown.
    pub sensitive: bool,
    /// Other names of it.
    pub aliases: Vec<Arc<str>>,
    /// What the contract says of it.
    pub about: String,
    /// Whether every unit has it.
    pub required: bool,
}

/// A property that has an amount.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dimension {
    /// Such as `resources.memory`.
    pub path: Arc<str>,
    pub measure: Measure,
    /// A property that says how many times it counts in a sum.
    pub times: Option<Arc<str>>,
}

/// How a provider serves a contract, or what it makes once for all units that stand together.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The contract; of what is made once, the name of its own.
    pub contract: Arc<str>,
    pub provider: Arc<str>,
    pub scope: Scope,
    /// The contracts whose units it looks at; `*` is all of them.
    pub reads: Vec<Arc<str>>,
    /// What one that is made once tells mappings of units.
    pub exports: Vec<Arc<str>>,
    /// What the provider does not do, or only in part.
    pub gaps: Vec<Gap>,
    /// Where it stands.
    pub span: Span,
    pub(crate) place: Place,
    /// The package that applies it to an input.
    pub(crate) harness: InstanceId,
    pub(crate) file: FileId,
    /// The parts of the input that it states; nothing stands for all of them.
    pub(crate) wants: Option<BTreeSet<Arc<str>>>,
    /// It takes the place of an embedded one.
    pub(crate) overrides: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One evaluation for each unit.
    Unit,
    /// One evaluation for all units of a tier at a place that are with one provider.
    Release,
}

/// What a provider says of itself.
#[derive(Clone, Debug)]
pub struct Provider {
    pub name: Arc<str>,
    pub about: Arc<str>,
    /// Its settings.
    pub config: Shape,
    /// Where it stands.
    pub span: Span,
    pub(crate) place: Place,
}

/// A field of a package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) instance: InstanceId,
    pub(crate) field: Arc<str>,
}

/// All that is known, compiled once and shared by any number of threads.
#[derive(Debug)]
pub struct Library {
    pub(crate) program: Arc<Program>,
    /// Of all texts with their names.
    pub(crate) digest: Digest,
    /// The first of its files.
    pub(crate) first: FileId,
    pub(crate) index: Index,
}

/// A field that may be a contract or a mapping, and the package that applies it if it is a mapping.
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) span: Span,
    harness: File,
}

impl Library {
    /// Compiles the embedded files and those of a user, which are given by their path below his folder. Texts are added
    /// to the sources, those of the user under `folder`.
    pub fn load(folder: &str, files: &[(String, String)], sources: &mut Sources) -> Result<Library, Vec<Diagnostic>> {
        Library::load_mounted(folder, &arguments(files, PACKAGES), &mount(files), sources)
    }

    /// The same with another text of one file, which is called as the sources call it.
    pub(crate) fn load_changed(
        folder: &str,
        files: &[(String, String)],
        (name, text): (&str, &str),
        sources: &mut Sources,
    ) -> Result<Library, Vec<Diagnostic>> {
        let mut mounted = mount(files);
        // Of what is embedded, no more than the file has to do with.
        let own = PACKAGES
            .iter()
            .copied()
            .filter(|package| *package == "contracts" || name.strip_prefix(&format!("{MODULE}/{package}/")).is_some());
        let arguments = match name.starts_with(&format!("{MODULE}/")) {
            true => arguments(&[], &own.collect::<Vec<_>>()),
            false => arguments(files, PACKAGES),
        };
        let path = match name.strip_prefix(&format!("{}/", folder.trim_end_matches('/'))) {
            Some(path) if !name.starts_with(&format!("{MODULE}/")) => format!("{USER}/{path}"),
            _ => format!("/{name}"),
        };
        mounted.add(path, text);
        Library::load_mounted(folder, &arguments, &mounted, sources)
    }

    fn load_mounted(
        folder: &str,
        arguments: &[String],
        mounted: &MemoryFiles,
        sources: &mut Sources,
    ) -> Result<Library, Vec<Diagnostic>> {
        let first = sources.iter().count();
        let loaded = cue_load::load(arguments, &config(), mounted, sources);
        rename(sources, first, folder);
        let problems: Vec<Diagnostic> = loaded.all_diagnostics().into_iter().filter(Diagnostic::is_error).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let candidates = candidates(&loaded, sources);
        let mut packages: Vec<PackageSource<'_>> = loaded.instances.iter().map(package).collect();
        packages.extend(candidates.iter().enumerate().map(|(index, candidate)| PackageSource {
            identity: format!("harness.strata.dev/{index}"),
            name: "harness".to_owned(),
            files: vec![&candidate.harness],
            imports: BTreeMap::from([(WRAPPED.to_owned(), candidate.place.instance.0 as usize)]),
            expressions: Vec::new(),
        }));
        let library: Arc<cue_eval::Library> = Arc::new(|path: &str| cue_std::package(path));
        let (program, problems) = Program::compile(&Arc::new(sources.clone()), &packages, &library);
        if problems.iter().any(Diagnostic::is_error) {
            return Err(problems);
        }
        let packages = Packages::new(loaded.instances.iter().map(syntax).collect());
        let session = Session::new(&program, Limits::default(), Cancel::new());
        let mut indexing = Indexing::new(session, packages);
        for (index, candidate) in candidates.into_iter().enumerate() {
            let harness = InstanceId(narrow(loaded.instances.len() + index));
            indexing.add(candidate, harness);
        }
        let (digest, first) = (digest(sources, first), FileId(narrow(first)));
        indexing.finish().map(|index| Library { program, digest, first, index })
    }

    /// Whether a file of that name is one of the embedded ones.
    pub fn is_embedded(name: &str) -> bool {
        name.strip_prefix(MODULE).is_some_and(|rest| rest.starts_with('/'))
    }

    /// All contracts by their names.
    pub fn contracts(&self) -> impl Iterator<Item = &Contract> {
        self.index.contracts.values()
    }

    pub fn contract(&self, name: &str) -> Option<&Contract> {
        self.index.contracts.get(name)
    }

    /// All mappings, by contract and provider.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.index.mappings.values()
    }

    pub fn mapping(&self, contract: &str, provider: &str) -> Option<&Mapping> {
        self.index.mappings.get(&(contract.into(), provider.into()))
    }

    /// What is once for all units of a provider that stand together.
    pub fn release_mappings(&self, provider: &str) -> impl Iterator<Item = &Mapping> {
        self.mappings().filter(move |mapping| mapping.scope == Scope::Release && *mapping.provider == *provider)
    }

    pub fn provider(&self, name: &str) -> Option<&Provider> {
        self.index.providers.get(name)
    }

    /// All providers that say something of themselves, by their names.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.index.providers.values()
    }

    /// What may be asked for, by a few words each: properties as a user would write them.
    pub fn examples(&self, contract: &Contract) -> Vec<(Arc<str>, Data)> {
        Reader { session: self.session() }.examples(&contract.place)
    }

    pub(crate) fn session(&self) -> Session {
        Session::new(&self.program, Limits::default(), Cancel::new())
    }
}

impl Contract {
    /// An output by its name or another spelling of it, with its own name.
    pub fn output(&self, name: &str) -> Option<(&Arc<str>, &OutputInfo)> {
        let has_alias = |info: &OutputInfo| info.aliases.iter().any(|alias| **alias == *name);
        self.outputs.get_key_value(name).or_else(|| self.outputs.iter().find(|(_, info)| has_alias(info)))
    }
}

/// The packages to load: embedded ones, and whatever is in the user's folder.
fn arguments(files: &[(String, String)], embedded: &[&str]) -> Vec<String> {
    let mut arguments: Vec<String> = embedded.iter().map(|name| format!("{MODULE}/{name}")).collect();
    if files.iter().any(|(path, _)| path.ends_with(".cue") && !path.starts_with("cue.mod/")) {
        arguments.push("./...".to_owned());
    }
    arguments
}

fn config() -> Config {
    let module = FetchedModule { path: format!("{MODULE}@v0"), folder: format!("/{MODULE}") };
    Config { modules: vec![module], ..Config::new(USER) }
}

fn mount(files: &[(String, String)]) -> MemoryFiles {
    let mut mounted = MemoryFiles::new();
    for (path, text) in FILES {
        mounted.add(format!("/{MODULE}/{path}"), *text);
    }
    // A folder that is no module becomes one, so that it can import.
    mounted.add(format!("{USER}/cue.mod/module.cue"), "module: \"user.invalid@v0\"\nlanguage: version: \"v0.15.0\"\n");
    for (path, text) in files {
        mounted.add(format!("{USER}/{path}"), text.as_str());
    }
    mounted
}

/// A digest of the sources from one on.
fn digest(sources: &Sources, first: usize) -> Digest {
    let own = sources.iter().skip(first);
    let parts: Vec<&[u8]> = own.flat_map(|(_, source)| [source.name().as_bytes(), source.text().as_bytes()]).collect();
    Digest::of_parts(&parts)
}

/// Calls files as people know them, not as they are mounted.
fn rename(sources: &mut Sources, first: usize, folder: &str) {
    let mut renamed = Sources::new();
    for (index, (_, source)) in sources.iter().enumerate() {
        let name = source.name();
        let name = match name.find(&format!("/{MODULE}/")) {
            _ if index < first => name.to_owned(),
            Some(at) => name[at + 1..].to_owned(),
            None => format!("{}/{}", folder.trim_end_matches('/'), name.trim_start_matches("./")),
        };
        renamed.push(source.renamed(name));
    }
    *sources = renamed;
}

/// Every field of a package that was asked for, with the package that would apply it.
fn candidates(loaded: &Loaded, sources: &mut Sources) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for &root in &loaded.roots {
        for file in &loaded.instances[root].files {
            let syntax = &*file.syntax;
            for &decl in syntax.decl_list(syntax.decls) {
                let DeclKind::Field(field) = syntax.decl(decl) else { continue };
                let name = match field.label {
                    Label::Ident(name) | Label::String { value: name, .. } => syntax.text(name),
                    _ => continue,
                };
                let place = Place { instance: InstanceId(narrow(root)), field: Arc::clone(name) };
                // A field may be put together of several parts.
                if name.starts_with(['#', '_']) || found.iter().any(|known| known.place == place) {
                    continue;
                }
                let text = format!(
                    "package harness\n\nimport p \"{WRAPPED}\"\n\ninput: _\noutput: p.{name:?} & {{#in: input}}\n"
                );
                let id = sources.add(format!("harness of {name}"), text.as_str());
                let parsed = cue_syntax::parse(id, &text, &cue_syntax::ParseOptions::default());
                found.push(Candidate { place, span: field.label_span, harness: parsed.file });
            }
        }
    }
    found
}

fn package(instance: &cue_load::Instance) -> PackageSource<'_> {
    PackageSource {
        identity: instance.identity.clone(),
        name: instance.name.clone(),
        files: instance.files.iter().map(|file| &*file.syntax).collect(),
        imports: instance.imports.clone(),
        expressions: Vec::new(),
    }
}

fn syntax(instance: &cue_load::Instance) -> Package {
    Package {
        identity: instance.identity.clone(),
        files: instance.files.iter().map(|file| Arc::clone(&file.syntax)).collect(),
        imports: instance.imports.clone(),
    }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
