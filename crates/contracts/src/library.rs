//! The library: contracts and mappings by name, out of the embedded files and those of a user.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::Data;
use cue_eval::{Cancel, InstanceId, Limits, PackageSource, Program, Session, Value, VertexId};
use cue_load::{Config, FetchedModule, Loaded, MemoryFiles};
use cue_syntax::ast::{DeclKind, File, Label};
use strata_base::{Diagnostic, FileId, Sources, Span};
use strata_model::{Phase, Tier};

use crate::codes;
use crate::embedded::{FILES, PACKAGES};
use crate::export::{concrete, export};
use crate::fidelity::Gap;
use crate::quantity::Measure;
use crate::shape::{Package, Packages, Shape};

/// The module of the embedded files.
const MODULE: &str = "strata.dev";
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
    pub(crate) place: Place,
}

/// What others may refer to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputInfo {
    /// It must never be shown.
    pub sensitive: bool,
    /// Other names of it.
    pub aliases: Vec<Arc<str>>,
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

/// How a provider serves a contract.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub contract: Arc<str>,
    pub provider: Arc<str>,
    /// What the provider does not do, or only in part.
    pub gaps: Vec<Gap>,
    /// Where it stands.
    pub span: Span,
    /// The package that applies it to an input.
    pub(crate) harness: InstanceId,
    pub(crate) file: FileId,
}

/// A field of a package.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) instance: InstanceId,
    pub(crate) field: Arc<str>,
}

/// All that is known, compiled once and shared by any number of threads.
#[derive(Debug)]
pub struct Library {
    pub(crate) program: Arc<Program>,
    contracts: BTreeMap<Arc<str>, Contract>,
    /// By contract, then by provider.
    mappings: BTreeMap<(Arc<str>, Arc<str>), Mapping>,
}

/// A field that may be a contract or a mapping, and the package that applies it if it is a mapping.
struct Candidate {
    place: Place,
    span: Span,
    harness: File,
}

impl Library {
    /// Compiles the embedded files and those of a user, which are given by their path below his folder. Texts are added
    /// to the sources, those of the user under `folder`.
    pub fn load(folder: &str, files: &[(String, String)], sources: &mut Sources) -> Result<Library, Vec<Diagnostic>> {
        let first = sources.iter().count();
        let loaded = cue_load::load(&arguments(files), &config(), &mount(files), sources);
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
        let mut indexing = Indexing {
            reader: Reader { session: Session::new(&program, Limits::default(), Cancel::new()) },
            packages: Packages { packages: loaded.instances.iter().map(syntax).collect() },
            contracts: BTreeMap::new(),
            mappings: BTreeMap::new(),
            problems: Vec::new(),
        };
        for (index, candidate) in candidates.into_iter().enumerate() {
            let harness = InstanceId(narrow(loaded.instances.len() + index));
            indexing.add(candidate, harness);
        }
        let Indexing { contracts, mappings, mut problems, .. } = indexing;
        for mapping in mappings.values().filter(|mapping| !contracts.contains_key(&mapping.contract)) {
            let message = format!("there is no contract `{}` to map", mapping.contract);
            problems.push(Diagnostic::error(codes::MALFORMED, message).at(mapping.span));
        }
        if problems.is_empty() { Ok(Library { program, contracts, mappings }) } else { Err(problems) }
    }

    /// All contracts by their names.
    pub fn contracts(&self) -> impl Iterator<Item = &Contract> {
        self.contracts.values()
    }

    pub fn contract(&self, name: &str) -> Option<&Contract> {
        self.contracts.get(name)
    }

    /// All mappings, by contract and provider.
    pub fn mappings(&self) -> impl Iterator<Item = &Mapping> {
        self.mappings.values()
    }

    pub fn mapping(&self, contract: &str, provider: &str) -> Option<&Mapping> {
        self.mappings.get(&(contract.into(), provider.into()))
    }

    /// What may be asked for, by a few words each: properties as a user would write them.
    pub fn examples(&self, contract: &Contract) -> Vec<(Arc<str>, Data)> {
        let mut reader = Reader { session: self.session() };
        let Some(vertex) = reader.at(&contract.place) else { return Vec::new() };
        let examples = reader.members(vertex, "examples").into_iter();
        let named = examples.map(|field| {
            let name = reader.session.label_name(field.label).into();
            (name, export(&reader.session, field.vertex, None).data)
        });
        named.collect()
    }

    pub(crate) fn session(&self) -> Session {
        Session::new(&self.program, Limits::default(), Cancel::new())
    }
}

impl Contract {
    /// An output by its name or another spelling of it.
    pub fn output(&self, name: &str) -> Option<&OutputInfo> {
        let has_alias = |info: &&OutputInfo| info.aliases.iter().any(|alias| **alias == *name);
        self.outputs.get(name).or_else(|| self.outputs.values().find(has_alias))
    }
}

/// Finds out which fields are contracts and which are mappings.
struct Indexing {
    reader: Reader,
    packages: Packages,
    contracts: BTreeMap<Arc<str>, Contract>,
    mappings: BTreeMap<(Arc<str>, Arc<str>), Mapping>,
    problems: Vec<Diagnostic>,
}

impl Indexing {
    fn add(&mut self, candidate: Candidate, harness: InstanceId) {
        let Candidate { place, span, .. } = candidate;
        let Some(vertex) = self.reader.at(&place) else { return };
        if let (Some(contract), Some(provider)) =
            (self.reader.text(vertex, "contract"), self.reader.text(vertex, "provider"))
        {
            let gaps = self.reader.gaps(vertex);
            let (contract_name, file) = (contract.clone(), span.file);
            let mapping = Mapping { contract: contract_name, provider: provider.clone(), gaps, span, harness, file };
            let what = format!("the mapping of `{contract}` for `{provider}`");
            let before = self.mappings.insert((contract, provider), mapping);
            self.twice(&what, before.map(|mapping| mapping.span), span);
        } else if self.reader.text(vertex, "kind").is_some() {
            let Some(contract) = self.reader.contract(vertex, place, span, &self.packages) else {
                let message = "a contract needs `name`, `kind`, `about`, `#spec` and `#outputs`";
                self.problems.push(Diagnostic::error(codes::MALFORMED, message).at(span));
                return;
            };
            let what = format!("the contract `{}`", contract.name);
            let before = self.contracts.insert(contract.name.clone(), contract);
            self.twice(&what, before.map(|contract| contract.span), span);
        }
    }

    fn twice(&mut self, what: &str, before: Option<Span>, now: Span) {
        let Some(before) = before else { return };
        let message = format!("{what} stands here twice");
        self.problems.push(Diagnostic::error(codes::TWO_OF_ONE_NAME, message).at(now).also(before, "and here before"));
    }
}

/// Looks at contracts and mappings as they are evaluated.
struct Reader {
    session: Session,
}

impl Reader {
    fn contract(&mut self, vertex: VertexId, place: Place, span: Span, packages: &Packages) -> Option<Contract> {
        let (name, about) = (self.text(vertex, "name")?, self.text(vertex, "about")?);
        let Value::Number(tier) = self.value(vertex, "tier")? else { return None };
        let tier = tier.to_cue_string().parse().ok().and_then(Tier::from_number)?;
        let phase = self.text(vertex, "phase")?;
        let phase = Phase::ALL.into_iter().find(|known| known.name() == &*phase)?;
        self.field(vertex, "#outputs")?;
        let spec = packages.shape(place.instance.0 as usize, &place.field, "#spec")?;
        let mut outputs = BTreeMap::new();
        for field in self.members(vertex, "#outputs") {
            let attributes = self.session.attributes(field.vertex);
            let sensitive = attributes.iter().any(|(name, _)| *name == "sensitive");
            let aliases = attributes.iter().filter(|(name, _)| *name == "alias").map(|(_, other)| (*other).into());
            let info = OutputInfo { sensitive, aliases: aliases.collect() };
            outputs.insert(self.session.label_name(field.label).into(), info);
        }
        let mut dimensions = BTreeMap::new();
        for field in self.members(vertex, "dimensions") {
            let (path, unit) = (self.text(field.vertex, "path")?, self.text(field.vertex, "unit")?);
            let times = self.text(field.vertex, "times");
            let dimension = Dimension { path, measure: Measure::named(&unit)?, times };
            dimensions.insert(self.session.label_name(field.label).into(), dimension);
        }
        let mut quotas = BTreeMap::new();
        for field in self.members(vertex, "quotas") {
            if let Value::String(path) = concrete(&self.session, field.vertex).1 {
                quotas.insert(self.session.label_name(field.label).into(), path);
            }
        }
        Some(Contract { name, about, tier, phase, spec, outputs, dimensions, quotas, span, place })
    }

    fn gaps(&mut self, vertex: VertexId) -> Vec<Gap> {
        let found = self.members(vertex, "gaps").into_iter();
        found
            .filter_map(|field| {
                let data = export(&self.session, field.vertex, None).data;
                Gap::read(&self.session.label_name(field.label), data)
            })
            .collect()
    }

    fn at(&mut self, place: &Place) -> Option<VertexId> {
        let root = self.session.root_of(place.instance).ok()?;
        self.field(root, &place.field)
    }

    fn field(&mut self, vertex: VertexId, name: &str) -> Option<VertexId> {
        let label = self.session.label(name, "");
        self.session.field(vertex, label).ok().flatten()
    }

    fn members(&mut self, vertex: VertexId, name: &str) -> Vec<cue_eval::FieldView> {
        let Some(vertex) = self.field(vertex, name) else { return Vec::new() };
        if self.session.finalize(vertex).is_err() {
            return Vec::new();
        }
        self.session.fields(vertex).into_iter().filter(|field| field.label.is_string()).collect()
    }

    fn text(&mut self, vertex: VertexId, name: &str) -> Option<Arc<str>> {
        match self.value(vertex, name)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    fn value(&mut self, vertex: VertexId, name: &str) -> Option<Value> {
        let field = self.field(vertex, name)?;
        self.session.finalize(field).ok()?;
        Some(concrete(&self.session, field).1)
    }
}

/// The packages to load: the embedded ones, and whatever is in the user's folder.
fn arguments(files: &[(String, String)]) -> Vec<String> {
    let mut arguments: Vec<String> = PACKAGES.iter().map(|name| format!("{MODULE}/{name}")).collect();
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
        renamed.add(name, source.text().clone());
    }
    *sources = renamed;
}

/// Every field of a package that was asked for, with the package that would apply it.
fn candidates(loaded: &Loaded, sources: &mut Sources) -> Vec<Candidate> {
    let mut found = Vec::new();
    for &root in &loaded.roots {
        for file in &loaded.instances[root].files {
            let syntax = &*file.syntax;
            for &decl in syntax.decl_list(syntax.decls) {
                let DeclKind::Field(field) = syntax.decl(decl) else { continue };
                let name = match field.label {
                    Label::Ident(name) | Label::String { value: name, .. } => syntax.text(name),
                    _ => continue,
                };
                if name.starts_with(['#', '_']) {
                    continue;
                }
                let text = format!(
                    "package harness\n\nimport p \"{WRAPPED}\"\n\ninput: _\noutput: p.{name:?} & {{#in: input}}\n"
                );
                let id = sources.add(format!("harness of {name}"), text.as_str());
                let parsed = cue_syntax::parse(id, &text, &cue_syntax::ParseOptions::default());
                let place = Place { instance: InstanceId(narrow(root)), field: Arc::clone(name) };
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
