//! From packages to those that they import.

use strata_base::{Diagnostic, Span};

use crate::codes;
use crate::import_path::ImportPath;
use crate::loader::Loader;
use crate::locate::import_failed;

impl Loader<'_> {
    /// Loads what the instances import, and what that imports, and so on.
    pub(crate) fn resolve_imports(&mut self) {
        // New instances are appended, so that each one gets its turn.
        let mut at = 0;
        while at < self.loaded.instances.len() {
            for (path, span) in self.imports_of(at) {
                match self.import(at, &path) {
                    Ok(Some(target)) => _ = self.loaded.instances[at].imports.insert(path, target),
                    Ok(None) => {}
                    Err(problem) => {
                        let failed = import_failed(*problem, span);
                        self.loaded.instances[at].diagnostics.push(failed);
                    }
                }
            }
            at += 1;
        }
        self.refuse_cycles();
    }

    /// The import paths of an instance, each once, with the first place of each.
    fn imports_of(&self, instance: usize) -> Vec<(String, Span)> {
        let mut found: Vec<(String, Span)> = Vec::new();
        for file in &self.loaded.instances[instance].files {
            for import in &file.syntax.imports {
                let path = file.syntax.text(import.path);
                if !found.iter().any(|(known, _)| **known == **path) {
                    found.push((path.to_string(), import.path_span));
                }
            }
        }
        found
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
        let instances = self.add_packages(&location, text);
        Ok(instances.first().copied())
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
            let problem = Diagnostic::error(codes::IMPORT_CYCLE, "import failed: package import cycle not allowed");
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
