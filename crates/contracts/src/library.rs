//! The library: contracts and mappings by name, out of the embedded files and those of a user.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cue_data::Data;
use cue_eval::{Cancel, InstanceId, Limits, PackageSource, Program, Session};
use cue_load::{Config, FetchedModule, Loaded, MemoryFiles};
use cue_syntax::ast::{DeclKind, Expr, ExprId, File, Label};
use strata_base::{Diagnostic, FileId, Sources};
use strata_model::Digest;

use crate::embedded::{FILES, PACKAGES};
use crate::index::{Index, Indexing};
use crate::knowledge::{Candidate, Contract, Mapping, Place, Provider, Scope};
use crate::reader::Reader;
use crate::shape::{Package, Packages, Shape};

/// The module of the embedded files.
pub(crate) const MODULE: &str = "strata.dev";
/// Where a user's files are mounted.
const USER: &str = "/user";
/// How a harness calls the package that it is around.
const WRAPPED: &str = "harness.strata.dev/package";

/// All that is known, compiled once and shared by any number of threads.
#[derive(Debug)]
pub struct Library {
    pub(crate) program: Arc<Program>,
    /// Of all texts with their names.
    pub(crate) digest: Digest,
    /// The first of its files.
    pub(crate) first: FileId,
    pub(crate) index: Arc<Index>,
    /// What the program was compiled of.
    packages: Vec<Package>,
    harnesses: Vec<Harness>,
}

/// The package that applies a field of another one, if that is a mapping.
#[derive(Clone, Debug)]
struct Harness {
    package: usize,
    file: File,
}

/// A condition in a mapping.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) file: FileId,
    pub(crate) expr: ExprId,
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
        let packages: Vec<Package> = loaded.instances.iter().map(package).collect();
        let (candidates, harnesses): (Vec<Candidate>, Vec<Harness>) = candidates(&loaded, sources).into_iter().unzip();
        let program = compile(&packages, &harnesses, &Arc::new(sources.clone()))?;
        let session = Session::new(&program, Limits::default(), Cancel::new());
        let mut indexing = Indexing::new(session, Packages::new(packages.clone()));
        for (index, candidate) in candidates.into_iter().enumerate() {
            let harness = InstanceId(narrow(packages.len() + index));
            indexing.add(candidate, harness);
        }
        let (digest, first) = (digest(sources, first), FileId(narrow(first)));
        let index = Arc::new(indexing.finish()?);
        Ok(Library { program, digest, first, index, packages, harnesses })
    }

    /// The same with a truth value in the place of a condition of a mapping. Enough of it to apply that mapping: what the
    /// library says of itself stays as it is.
    pub(crate) fn with_guard(
        &self,
        mapping: &Mapping,
        guard: Guard,
        is: bool,
        sources: &Arc<Sources>,
    ) -> Option<Library> {
        let mut packages = self.packages.clone();
        let needed = needed(&packages, mapping.place.instance.0 as usize);
        for (number, package) in packages.iter_mut().enumerate() {
            if !needed.contains(&number) {
                package.files.clear();
            }
            for file in package.files.iter_mut().filter(|file| file.id == guard.file) {
                *Arc::make_mut(file).exprs.get_mut(guard.expr.0 as usize)? = Expr::Bool(is);
            }
        }
        // Programs number packages, so that those before the wanted one must be there.
        let harnesses = self.harnesses.get(..=(mapping.harness.0 as usize).checked_sub(packages.len())?)?.to_vec();
        let program = compile(&packages, &harnesses, sources).ok()?;
        let (index, first, digest) = (Arc::clone(&self.index), self.first, self.digest);
        Some(Library { program, digest, first, index, packages, harnesses })
    }

    /// A file of the library.
    pub(crate) fn syntax(&self, id: FileId) -> Option<&File> {
        self.packages.iter().flat_map(|package| &package.files).find(|file| file.id == id).map(|file| &**file)
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

    /// What an operator may say of a contract where a provider serves it, if anything.
    pub fn binding<'a>(&'a self, contract: &'a Contract, provider: &str) -> Option<&'a Shape> {
        self.bound_by(contract, provider).map(|(_, shape)| shape)
    }

    /// The same with who says so.
    pub(crate) fn bound_by<'a>(&'a self, contract: &'a Contract, provider: &str) -> Option<(&'a Place, &'a Shape)> {
        let own = self.mapping(&contract.name, provider);
        let own = own.and_then(|mapping| Some((&mapping.place, mapping.binding.as_ref()?)));
        own.or_else(|| Some((&contract.place, contract.binding.as_ref()?)))
    }

    /// All that an operator may say of a contract, by whoever says so: the contract itself, then providers by name.
    pub fn bindings<'a>(&'a self, contract: &'a Contract) -> impl Iterator<Item = (Option<&'a str>, &'a Shape)> {
        let own = contract.binding.as_ref().map(|shape| (None, shape));
        let mappings = self.mappings().filter(|mapping| mapping.contract == contract.name);
        own.into_iter()
            .chain(mappings.filter_map(|mapping| Some((Some(&*mapping.provider), mapping.binding.as_ref()?))))
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

/// Packages, and after them those that apply mappings.
fn compile(
    packages: &[Package],
    harnesses: &[Harness],
    sources: &Arc<Sources>,
) -> Result<Arc<Program>, Vec<Diagnostic>> {
    let sources_of = packages.iter().map(|package| PackageSource {
        identity: package.identity.clone(),
        name: package.name.clone(),
        files: package.files.iter().map(|file| &**file).collect(),
        imports: package.imports.clone(),
        expressions: Vec::new(),
    });
    let mut all: Vec<PackageSource<'_>> = sources_of.collect();
    all.extend(harnesses.iter().enumerate().map(|(index, harness)| PackageSource {
        identity: format!("harness.strata.dev/{index}"),
        name: "harness".to_owned(),
        files: vec![&harness.file],
        imports: BTreeMap::from([(WRAPPED.to_owned(), harness.package)]),
        expressions: Vec::new(),
    }));
    let library: Arc<cue_eval::Library> = Arc::new(|path: &str| cue_std::package(path));
    let (program, problems) = Program::compile(sources, &all, &library);
    if problems.iter().any(Diagnostic::is_error) { Err(problems) } else { Ok(program) }
}

/// A package and all that it imports, and so on.
fn needed(packages: &[Package], package: usize) -> BTreeSet<usize> {
    let (mut needed, mut open) = (BTreeSet::new(), vec![package]);
    while let Some(next) = open.pop() {
        if needed.insert(next) {
            open.extend(packages.get(next).into_iter().flat_map(|package| package.imports.values()));
        }
    }
    needed
}

/// The packages to load: embedded ones, and whatever is in the user's folder.
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
fn candidates(loaded: &Loaded, sources: &mut Sources) -> Vec<(Candidate, Harness)> {
    let mut found: Vec<(Candidate, Harness)> = Vec::new();
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
                if name.starts_with(['#', '_']) || found.iter().any(|(known, _)| known.place == place) {
                    continue;
                }
                let text = format!(
                    "package harness\n\nimport p \"{WRAPPED}\"\n\ninput: _\noutput: p.{name:?} & {{#in: input}}\n"
                );
                let id = sources.add(format!("harness of {name}"), text.as_str());
                let parsed = cue_syntax::parse(id, &text, &cue_syntax::ParseOptions::default());
                let candidate = Candidate { place, span: field.label_span };
                found.push((candidate, Harness { package: root, file: parsed.file }));
            }
        }
    }
    found
}

fn package(instance: &cue_load::Instance) -> Package {
    Package {
        identity: instance.identity.clone(),
        name: instance.name.clone(),
        files: instance.files.iter().map(|file| Arc::clone(&file.syntax)).collect(),
        imports: instance.imports.clone(),
    }
}

fn narrow(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
