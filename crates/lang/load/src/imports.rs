//! From packages to those that they import.

use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::{Diagnostic, Span, TraceStep};

use crate::codes;
use crate::import_path::ImportPath;
use crate::loader::Loader;
use crate::locate::Location;

/// How much of the way to a package is told with a mistake in it.
const MAX_WAY: usize = 20;

const FAILED: &str = "import failed: ";

impl Loader<'_> {
    /// Loads what the instances import, and what that imports, and so on.
    pub(crate) fn resolve_imports(&mut self) {
        // Who imported an instance first.
        let mut importers: FxHashMap<usize, (usize, Span)> = FxHashMap::default();
        let asked = self.loaded.instances.len();
        // New instances are appended, so that each one gets its turn.
        let mut at = 0;
        while at < self.loaded.instances.len() {
            for (path, span) in self.imports_of(at) {
                match self.import(at, &path) {
                    Ok(Some(target)) => {
                        self.loaded.instances[at].imports.insert(path, target);
                        importers.entry(target).or_insert((at, span));
                    }
                    Ok(None) => {}
                    Err(problem) => {
                        let failed = Diagnostic { message: format!("{FAILED}{}", problem.message), ..*problem };
                        self.loaded.instances[at].diagnostics.push(failed.at(span));
                    }
                }
            }
            at += 1;
        }
        self.tell_the_way(asked, &importers);
        self.refuse_cycles();
    }

    /// Mistakes in packages that nobody asked for are told with the imports that led there.
    fn tell_the_way(&mut self, asked: usize, importers: &FxHashMap<usize, (usize, Span)>) {
        for at in asked..self.loaded.instances.len() {
            let mut way = Vec::new();
            let mut next = at;
            while let Some(&(importer, span)) = importers.get(&next).filter(|_| next >= asked && way.len() < MAX_WAY) {
                way.push((span, format!("imported by {}", self.loaded.instances[importer].identity)));
                next = importer;
            }
            for problem in &mut self.loaded.instances[at].diagnostics {
                if !problem.message.starts_with(FAILED) {
                    problem.message.insert_str(0, FAILED);
                }
                problem.trace.extend(way.iter().map(|(span, text)| TraceStep { span: *span, text: text.clone() }));
            }
        }
    }

    /// The import paths of an instance, each once, with the first place of each.
    fn imports_of(&self, instance: usize) -> Vec<(String, Span)> {
        let mut known: FxHashSet<&str> = FxHashSet::default();
        let files = self.loaded.instances[instance].files.iter();
        let imports = files.flat_map(|file| file.syntax.imports.iter().map(|import| (&*file.syntax, import)));
        let paths = imports.map(|(file, import)| (&**file.text(import.path), import.path_span));
        paths.filter(|(path, _)| known.insert(path)).map(|(path, span)| (path.to_owned(), span)).collect()
    }

    /// The instance that an import means; nothing for a package of the library.
    fn import(&mut self, from: usize, text: &str) -> Result<Option<usize>, Box<Diagnostic>> {
        let path = ImportPath::parse(text);
        if path.is_local() {
            let message = format!("relative import paths not allowed ({text:?})");
            return Err(Box::new(Diagnostic::error(codes::IMPORT, message)));
        }
        if path.is_library() {
            return Ok(None);
        }
        let module = self.loaded.instances[from].module.clone();
        let location = self.locate(&path, module.as_ref())?;
        if let Some(&known) = self.by_identity.get(&location.identity) {
            return Ok(Some(known));
        }
        self.add_imported(&path, &location, text).map(Some)
    }

    /// A package that an import path means. That its folder is there does not say that the package is.
    pub(crate) fn add_imported(
        &mut self,
        path: &ImportPath,
        location: &Location,
        display: &str,
    ) -> Result<usize, Box<Diagnostic>> {
        if let Some(&known) = self.by_identity.get(&location.identity) {
            return Ok(known);
        }
        let packages = self.select(location, display);
        if let Some(missing) = packages.iter().find_map(|package| package.missing.clone()) {
            let unnamed = ImportPath { name: String::new(), ..path.clone() };
            let name = &path.name;
            let message =
                format!("cannot find package \"{unnamed}\": no files in package directory with package name {name:?}");
            return Err(Box::new(Diagnostic { code: codes::NO_PACKAGE, message, ..missing }));
        }
        let added = self.add_selected(packages, location, display);
        added
            .first()
            .copied()
            .ok_or_else(|| Box::new(Diagnostic::error(codes::NO_PACKAGE, format!("cannot find package {display:?}"))))
    }

    /// Follows the imports from each instance with a stack of its own; an instance that is met while it is on the stack
    /// imports itself.
    fn refuse_cycles(&mut self) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            Open,
            Done,
        }
        let edges: Vec<Vec<usize>> =
            self.loaded.instances.iter().map(|instance| instance.imports.values().copied().collect()).collect();
        let mut states = vec![State::New; edges.len()];
        let mut cycles: Vec<(usize, usize, String)> = Vec::new();
        for root in 0..edges.len() {
            if states[root] != State::New {
                continue;
            }
            states[root] = State::Open;
            let mut stack = vec![(root, 0)];
            while let Some((at, next)) = stack.last_mut() {
                let from = *at;
                let Some(&to) = edges[from].get(*next) else {
                    states[from] = State::Done;
                    stack.pop();
                    continue;
                };
                *next += 1;
                match states[to] {
                    State::New => {
                        states[to] = State::Open;
                        stack.push((to, 0));
                    }
                    State::Open => {
                        let way = stack.iter().map(|&(at, _)| at).skip_while(|&at| at != to).chain([to]);
                        let way: Vec<&str> = way.map(|at| &*self.loaded.instances[at].identity).collect();
                        cycles.push((from, to, way.join(" imports ")));
                    }
                    State::Done => {}
                }
            }
        }
        for (from, to, way) in cycles {
            let span = self.import_span(from, to);
            let message = format!("{FAILED}package import cycle not allowed");
            let problem = Diagnostic::error(codes::IMPORT_CYCLE, message);
            let instance = &mut self.loaded.instances[from];
            instance.diagnostics.push(problem.at(span).hint(way));
            // What remains is free of cycles, so that it can be evaluated.
            instance.imports.retain(|_, target| *target != to);
        }
    }

    fn import_span(&self, from: usize, to: usize) -> Span {
        let instance = &self.loaded.instances[from];
        let paths: Vec<&String> =
            instance.imports.iter().filter(|&(_, &target)| target == to).map(|(path, _)| path).collect();
        let imports =
            instance.files.iter().flat_map(|file| file.syntax.imports.iter().map(move |import| (file, import)));
        let mut spans = imports
            .filter(|(file, import)| paths.iter().any(|path| **path == **file.syntax.text(import.path)))
            .map(|(_, import)| import.path_span);
        spans.next().unwrap_or(Span::NONE)
    }
}
