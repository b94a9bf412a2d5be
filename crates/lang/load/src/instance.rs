//! What is asked of the loader, and what it gives.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::Data;
use cue_encode::ReadOptions;
use cue_syntax::Experiments;
use cue_syntax::ast::File;
use strata_base::{Diagnostic, FileId};

use crate::arguments::Format;
use crate::module::Module;
use crate::tags::{Injection, Variable};

/// How to load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The folder that relative arguments start from, absolute.
    pub folder: String,
    /// Which package to take where an argument does not say: a name, `_` for files without a package clause, `*` for
    /// all that there are.
    pub package: Option<String>,
    /// What is set: `name=value`, or a name alone for `@if` and shorthands.
    pub tags: Vec<String>,
    /// The variables that tags may ask for, such as `now`; nothing if they may not.
    pub variables: Option<BTreeMap<String, Variable>>,
    /// Whether files that end in `_tool.cue` belong to a package.
    pub tools: bool,
    /// Whether files that end in `_test.cue` belong to a package.
    pub tests: bool,
    /// Whether documents of data in a package's folder belong to it.
    pub data_files: bool,
    /// Modules that were fetched, where they are.
    pub modules: Vec<FetchedModule>,
    /// For documents of data.
    pub read: ReadOptions,
    /// Whether comments are left out of the trees: nothing is evaluated of them.
    pub without_comments: bool,
}

impl Config {
    /// The usual way, starting from a folder.
    pub fn new(folder: impl Into<String>) -> Config {
        Config {
            folder: folder.into(),
            package: None,
            tags: Vec::new(),
            variables: None,
            tools: false,
            tests: false,
            data_files: false,
            modules: Vec::new(),
            read: ReadOptions::default(),
            without_comments: false,
        }
    }
}

/// A module that was chosen and fetched by someone else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchedModule {
    /// With its major version: `example.com/a@v1`.
    pub path: String,
    /// The folder that holds its `cue.mod`.
    pub folder: String,
}

/// All that an argument list leads to.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every package once, those that were asked for and those that they import.
    pub instances: Vec<Instance>,
    /// Those that were asked for, in the order of asking.
    pub roots: Vec<usize>,
    /// What is wrong with none of the instances alone.
    pub diagnostics: Vec<Diagnostic>,
}

impl Loaded {
    /// Everything that is wrong, in the order of telling.
    pub fn all_diagnostics(&self) -> Vec<Diagnostic> {
        let mut all = self.diagnostics.clone();
        all.extend(self.instances.iter().flat_map(|instance| instance.diagnostics.iter().cloned()));
        strata_base::diagnostic::sort(&mut all);
        all
    }
}

/// Files that make one package, or files that were named together.
#[derive(Debug, Default)]
pub struct Instance {
    /// What tells this package from all others, and its hidden fields from theirs: the import path with its major
    /// version, or the folder where there is no module.
    pub identity: String,
    /// As it was asked for, for people.
    pub display: String,
    /// The package's name; empty for files without a package clause.
    pub name: String,
    /// The folder it was found in.
    pub folder: String,
    /// The module that it belongs to.
    pub module: Option<Arc<Module>>,
    /// Those of outer folders first, then by name.
    pub files: Vec<SourceFile>,
    /// Import paths as written, and the instances that they mean. What is not here is of the library, or was not
    /// found.
    pub imports: BTreeMap<String, usize>,
    pub data: Vec<DataFile>,
    /// Fields that tags gave values to.
    pub injections: Vec<Injection>,
    pub diagnostics: Vec<Diagnostic>,
}

/// A file of CUE.
#[derive(Clone, Debug)]
pub struct SourceFile {
    pub id: FileId,
    pub path: Arc<str>,
    pub syntax: Arc<File>,
    pub experiments: Experiments,
}

/// A file of data, document by document.
#[derive(Clone, Debug)]
pub struct DataFile {
    pub id: FileId,
    pub path: Arc<str>,
    pub format: Format,
    /// None for YAML that holds nothing but comments, which CUE takes for `*null | _`.
    pub documents: Vec<Data>,
}
