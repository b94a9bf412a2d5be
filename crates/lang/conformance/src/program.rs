//! From an archive to a compiled program: its files are a file system, those at its top are the package under test.

use std::sync::Arc;

use cue_eval::{InstanceId, Library, PackageSource, Program};
use cue_load::{Config, Instance, Loaded, MemoryFiles};
use cue_syntax::ast::File;
use cue_txtar::Archive;
use strata_base::{Diagnostic, FileId, Sources};

use crate::path::ANONYMOUS;

/// Where the archive stands in its file system.
const ROOT: &str = "/archive";

/// What an archive holds, read.
pub(crate) struct Packages {
    pub(crate) sources: Arc<Sources>,
    loaded: Loaded,
    /// The package under test.
    pub(crate) root: usize,
    /// What its hidden fields belong to.
    pub(crate) identity: String,
}

impl Packages {
    pub(crate) fn load(archive: &Archive<'_>) -> Result<Packages, String> {
        let mut files = MemoryFiles::new();
        let mut arguments = Vec::new();
        for section in &archive.sections {
            files.add(format!("{ROOT}/{}", section.name), section.text.as_bytes());
            if !section.name.contains('/') && section.name.ends_with(".cue") {
                arguments.push(section.name.to_string());
            }
        }
        let mut sources = Sources::new();
        let loaded = cue_load::load(&arguments, &Config::new(ROOT), &files, &mut sources);
        if let Some(problem) = first_error(&loaded.all_diagnostics(), &sources) {
            return Err(format!("does not load: {problem}"));
        }
        let &root = loaded.roots.first().ok_or("no package at the top of the archive")?;
        let identity = identity(&loaded.instances[root]);
        Ok(Packages { sources: Arc::new(sources), loaded, root, identity })
    }

    /// The trees of the package under test.
    pub(crate) fn files(&self) -> Vec<&File> {
        self.loaded.instances[self.root].files.iter().map(|file| &*file.syntax).collect()
    }

    pub(crate) fn all_files(&self) -> impl Iterator<Item = &File> {
        self.loaded.instances.iter().flat_map(|instance| instance.files.iter().map(|file| &*file.syntax))
    }

    pub(crate) fn instance(&self) -> InstanceId {
        InstanceId(u32::try_from(self.root).unwrap_or(u32::MAX))
    }

    /// Compiles the packages, with other trees for the one under test if they are given.
    pub(crate) fn compile(&self, instead: Option<&[File]>) -> Result<Arc<Program>, String> {
        let mut packages = Vec::new();
        for (index, instance) in self.loaded.instances.iter().enumerate() {
            let files = match instead.filter(|_| index == self.root) {
                Some(files) => files.iter().collect(),
                None => instance.files.iter().map(|file| &*file.syntax).collect(),
            };
            let identity = if index == self.root { self.identity.clone() } else { instance.identity.clone() };
            let imports = instance.imports.clone();
            packages.push(PackageSource {
                identity,
                name: instance.name.clone(),
                files,
                imports,
                expressions: Vec::new(),
            });
        }
        let library: Arc<Library> = Arc::new(|path: &str| cue_std::package(path));
        let (program, diagnostics) = Program::compile(&self.sources, &packages, &library);
        match first_error(&diagnostics, &self.sources) {
            Some(problem) => Err(format!("does not compile: {problem}")),
            None => Ok(program),
        }
    }

    /// The name of a file as the archive has it.
    pub(crate) fn name(&self, file: FileId) -> String {
        self.sources.get(file).map_or_else(String::new, |source| short(source.name()).to_owned())
    }
}

/// A path without where the archive stands.
pub(crate) fn short(name: &str) -> &str {
    name.strip_prefix(ROOT).unwrap_or(name).trim_start_matches("./").trim_start_matches('/')
}

/// As the original names packages of which only files are given: by their module, if they have one.
fn identity(instance: &Instance) -> String {
    let name = match instance.name.as_str() {
        "" => return ANONYMOUS.to_owned(),
        name if name == ANONYMOUS => return ANONYMOUS.to_owned(),
        name => name,
    };
    match &instance.module {
        Some(module) if !module.path.is_empty() => {
            format!("{}@{}:{name}", module.path, module.major.as_deref().unwrap_or("v0"))
        }
        _ => format!(":{name}"),
    }
}

fn first_error(diagnostics: &[Diagnostic], sources: &Sources) -> Option<String> {
    let problem = diagnostics.iter().find(|diagnostic| diagnostic.is_error())?;
    Some(format!("{}: {}", short(&sources.position(problem.span())), problem.message))
}
