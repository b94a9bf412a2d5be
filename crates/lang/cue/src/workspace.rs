//! What was loaded, and what is to be evaluated of it.

use std::sync::Arc;

use cue_data::Data;
use cue_eval::{Cancel, Limits, PackageSource, Program};
use cue_load::{Config, DataFile, Files, Instance, Loaded};
use cue_syntax::ast::{ExprId, File};
use strata_base::{Diagnostic, Sources};

use crate::evaluation::Evaluation;

/// Something to evaluate: a package, a document, a unification of such, an expression.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Target(pub(crate) usize);

/// How the value of a target is made. It speaks only of targets that were there before it.
#[derive(Clone, Debug)]
pub(crate) enum Recipe {
    /// By the index of the instance.
    Package(usize),
    Document(Arc<Data>),
    Unified(Vec<Target>),
    /// By the index of the instance whose names it may use, and its own among the expressions there. Names that it does
    /// not bind itself are fields of the scope.
    Expression {
        instance: usize,
        index: usize,
        scope: Option<Target>,
    },
}

/// Packages and documents that were read, and what was asked of them.
#[derive(Debug, Default)]
pub struct Workspace {
    sources: Sources,
    loaded: Loaded,
    recipes: Vec<Recipe>,
    /// With the instance that each belongs to.
    expressions: Vec<(usize, File, ExprId)>,
}

/// A workspace that was compiled: immutable, shared by any number of evaluations on any number of threads.
#[derive(Clone, Debug)]
pub struct Compiled {
    program: Arc<Program>,
    recipes: Arc<[Recipe]>,
}

impl Workspace {
    /// Reads what the arguments name (packages, files, `-`), and all that it imports.
    pub fn load(arguments: &[String], config: &Config, files: &dyn Files) -> Workspace {
        let mut sources = Sources::new();
        let loaded = cue_load::load(arguments, config, files, &mut sources);
        Workspace { sources, loaded, ..Workspace::default() }
    }

    /// All that is wrong with what was read.
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.loaded.all_diagnostics()
    }

    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// What was asked for by name, in the order of asking.
    pub fn roots(&self) -> impl Iterator<Item = &Instance> {
        self.loaded.roots.iter().map(|&root| &self.loaded.instances[root])
    }

    /// The package that the nth root is.
    pub fn package(&mut self, root: usize) -> Option<Target> {
        let instance = *self.loaded.roots.get(root)?;
        Some(self.add(Recipe::Package(instance)))
    }

    /// Takes out the documents of the roots, so that they can be placed.
    pub fn take_documents(&mut self) -> Vec<DataFile> {
        let mut documents = Vec::new();
        for &root in &self.loaded.roots {
            documents.append(&mut self.loaded.instances[root].data);
        }
        documents
    }

    /// Data as a value. What is wrong with it is told at the places that it carries.
    pub fn document(&mut self, data: impl Into<Arc<Data>>) -> Target {
        self.add(Recipe::Document(data.into()))
    }

    /// All parts at once, as if they had been written with `&` between them.
    pub fn unify(&mut self, parts: &[Target]) -> Target {
        self.add(Recipe::Unified(parts.to_vec()))
    }

    /// An expression such as `a.b[0]` or `strings.ToUpper(name)`. The names that it does not bind itself are fields of the
    /// scope, or packages of the library. `name` is what diagnostics call its text.
    pub fn expression(&mut self, scope: Option<Target>, text: &str, name: &str) -> Result<Target, Vec<Diagnostic>> {
        let id = self.sources.add(name, text);
        let (file, root, diagnostics) = cue_syntax::parse_expr(id, text);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(diagnostics);
        }
        // Where no package is involved, the expression gets an empty one of its own.
        let instance = scope.and_then(|scope| self.instance_of(scope)).unwrap_or(self.loaded.instances.len());
        let index = self.expressions.iter().filter(|(other, ..)| *other == instance).count();
        self.expressions.push((instance, file, root));
        Ok(self.add(Recipe::Expression { instance, index, scope }))
    }

    /// Compiles all that was read and asked for. The diagnostics tell what is wrong with names; a program with mistakes
    /// can be evaluated where they do not matter.
    pub fn compile(&self) -> (Compiled, Vec<Diagnostic>) {
        let mut packages: Vec<PackageSource<'_>> = self.loaded.instances.iter().map(source).collect();
        packages.push(PackageSource {
            identity: String::new(),
            name: String::new(),
            files: Vec::new(),
            imports: Default::default(),
            expressions: Vec::new(),
        });
        for (instance, file, root) in &self.expressions {
            packages[*instance].expressions.push((file, *root));
        }
        let library: Arc<cue_eval::Library> = Arc::new(|path: &str| cue_std::package(path));
        let (program, diagnostics) = Program::compile(&Arc::new(self.sources.clone()), &packages, &library);
        (Compiled { program, recipes: self.recipes.as_slice().into() }, diagnostics)
    }

    fn add(&mut self, recipe: Recipe) -> Target {
        self.recipes.push(recipe);
        Target(self.recipes.len() - 1)
    }

    /// The instance whose hidden fields a target has: that of the first package it is made of.
    fn instance_of(&self, target: Target) -> Option<usize> {
        let mut todo = vec![target];
        while let Some(target) = todo.pop() {
            match &self.recipes[target.0] {
                Recipe::Package(instance) | Recipe::Expression { instance, .. } => return Some(*instance),
                Recipe::Unified(parts) => todo.extend(parts.iter().rev()),
                Recipe::Document(_) => {}
            }
        }
        None
    }
}

impl Compiled {
    /// An evaluation of its own, with its own budget.
    pub fn evaluate(&self, limits: Limits, cancel: Cancel) -> Evaluation {
        Evaluation::new(&self.program, &self.recipes, limits, cancel)
    }

    pub fn sources(&self) -> &Sources {
        self.program.sources()
    }
}

fn source(instance: &Instance) -> PackageSource<'_> {
    PackageSource {
        identity: instance.identity.clone(),
        name: instance.name.clone(),
        files: instance.files.iter().map(|file| &*file.syntax).collect(),
        imports: instance.imports.clone(),
        expressions: Vec::new(),
    }
}
