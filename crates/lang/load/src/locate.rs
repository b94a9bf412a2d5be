//! Where packages are found: modules, their folders, and the folders of one package.

use std::sync::Arc;

use strata_base::Diagnostic;

use crate::arguments::Format;
use crate::files::EntryKind;
use crate::import_path::ImportPath;
use crate::loader::Loader;
use crate::module::{self, Dependency, Module};
use crate::package::{Place, Wanted};
use crate::{codes, path};

/// A package that an import path means.
#[derive(Clone, Debug)]
pub(crate) struct Location {
    pub(crate) identity: String,
    pub(crate) places: Vec<Place>,
    pub(crate) module: Option<Arc<Module>>,
    pub(crate) wanted: Wanted,
}

impl Location {
    /// The folder that is named to people.
    pub(crate) fn folder(&self) -> &str {
        self.places.first().map_or("", |place| &place.folder)
    }
}

const MODULE_FILE: &str = "cue.mod/module.cue";

/// Folders of packages that belong to no module of their own. A package may be spread over all of them.
const VENDOR_FOLDERS: [&str; 3] = ["gen", "pkg", "usr"];

impl Loader<'_> {
    /// The nearest folder, from this one outwards, that holds a `cue.mod`.
    pub(crate) fn module_root_of(&self, folder: &str) -> Option<String> {
        let mut folder = folder;
        loop {
            if self.is_module_root(folder) {
                return Some(folder.to_owned());
            }
            folder = path::parent(folder)?;
        }
    }

    pub(crate) fn is_module_root(&self, folder: &str) -> bool {
        self.reader.files.kind(&path::join(folder, "cue.mod")).is_some()
    }

    pub(crate) fn is_main(&self, module: Option<&Arc<Module>>) -> bool {
        module.is_none_or(|module| self.main.as_ref().is_none_or(|main| Arc::ptr_eq(main, module)))
    }

    /// Reads what `cue.mod` says of the main module.
    pub(crate) fn read_modules(&mut self) {
        let Some(mut main) = self.read_module(&self.root.clone()) else { return };
        let local = path::join(&self.root, "cue.mod/local-module.cue");
        if self.reader.files.kind(&local) == Some(EntryKind::File)
            && let Ok(parsed) = self.reader.parse(&local, None)
        {
            self.loaded.diagnostics.extend(parsed.diagnostics.iter().cloned());
            module::read_local(&parsed.source.syntax, &mut main);
        }
        if main.language.is_none() {
            let message = "no language version declared in module.cue";
            let hint = "add a line such as `language: version: \"v0.18.0\"`";
            let place = self.reader.start_of(&path::join(&self.root, MODULE_FILE));
            self.loaded.diagnostics.push(Diagnostic::error(codes::MODULE_FILE, message).at(place).hint(hint));
        }
        if !main.path.is_empty() {
            let main = Arc::new(main);
            self.main = Some(Arc::clone(&main));
            self.modules.push(main);
        }
    }

    /// Reads the modules that stand in for others, and those that were fetched.
    pub(crate) fn read_replacements(&mut self) {
        let main = self.main.clone();
        for dependency in main.iter().flat_map(|main| &main.dependencies) {
            self.replace(dependency);
        }
        for fetched in &self.config.modules {
            let (path, major) = module::split_version(&fetched.path);
            if self.modules.iter().all(|module| module.path != path || module.major != major)
                && let Some(module) = self.read_module(&fetched.folder)
            {
                self.modules.push(Arc::new(Module { path, major, ..module }));
            }
        }
    }

    /// A replaced module keeps its path; only its files come from elsewhere.
    fn replace(&mut self, dependency: &Dependency) {
        let Some((target, span)) = &dependency.replacement else { return };
        let is_folder = target.starts_with(['.', '/']);
        let fetched = || self.config.modules.iter().find(|module| module.path == *target);
        let folder = match is_folder {
            true => Some(path::join(&self.root, target)),
            false => fetched().map(|module| module.folder.clone()),
        };
        let module = folder.and_then(|folder| self.read_module(&folder));
        match module {
            Some(module) if is_folder && module.qualified_path() != dependency.module => {
                let (found, wanted) = (module.qualified_path(), &dependency.module);
                let message = format!("replacement directory {target} has module path {found:?}, want {wanted:?}");
                self.loaded.diagnostics.push(Diagnostic::error(codes::MODULE_FILE, message).at(*span));
            }
            Some(module) => {
                let (path, major) = module::split_version(&dependency.module);
                self.modules.push(Arc::new(Module { path, major, ..module }));
            }
            None => {
                let message = format!("replacement {target:?} of {} has no cue.mod/module.cue", dependency.module);
                self.loaded.diagnostics.push(Diagnostic::error(codes::MODULE_FILE, message).at(*span));
            }
        }
    }

    fn read_module(&mut self, root: &str) -> Option<Module> {
        let path = path::join(root, MODULE_FILE);
        if self.reader.files.kind(&path) != Some(EntryKind::File) {
            return None;
        }
        match self.reader.parse(&path, None) {
            Ok(parsed) => {
                self.loaded.diagnostics.extend(parsed.diagnostics.iter().cloned());
                Some(module::read(&parsed.source.syntax, root, &mut self.loaded.diagnostics))
            }
            Err(problem) => {
                self.loaded.diagnostics.push(*problem);
                None
            }
        }
    }

    /// The package that an import path means, seen from a module.
    pub(crate) fn locate(
        &mut self,
        import: &ImportPath,
        from: Option<&Arc<Module>>,
    ) -> Result<Location, Box<Diagnostic>> {
        let unnamed = ImportPath { name: String::new(), ..import.clone() };
        let text = import.to_string();
        if let Some(why) = import.malformed() {
            let message = format!("cannot find package \"{unnamed}\": malformed import path {text:?}: {why}");
            return Err(Box::new(Diagnostic::error(codes::IMPORT, message)));
        }
        if import.name.is_empty() {
            let message = format!("cannot determine package name for {text:?}; set it explicitly with ':'");
            return Err(Box::new(Diagnostic::error(codes::IMPORT, message)));
        }
        if import.name == "_" {
            let message = format!("_ is not a valid import path qualifier in {text:?}");
            return Err(Box::new(Diagnostic::error(codes::IMPORT, message)));
        }
        if self.main.is_none() {
            let message = "imports are unavailable because there is no cue.mod/module.cue file";
            return Err(Box::new(Diagnostic::error(codes::IMPORT, message)));
        }
        let mut found = self.vendored(import);
        found.extend(self.in_modules(import, from));
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => {
                let message = format!("cannot find package \"{unnamed}\": cannot find module providing package {text}");
                Err(Box::new(Diagnostic::error(codes::NO_PACKAGE, message)))
            }
            _ => {
                let places: Vec<String> = found.iter().rev().map(|location| self.describe(location)).collect();
                let message = format!(
                    "cannot find package \"{unnamed}\": ambiguous import: found package {text} in multiple locations: {}",
                    places.join(", ")
                );
                Err(Box::new(Diagnostic::error(codes::AMBIGUOUS_IMPORT, message)))
            }
        }
    }

    fn describe(&self, location: &Location) -> String {
        let name = location.module.as_ref().map_or_else(|| "local".to_owned(), |module| module.qualified_path());
        format!("{name} ({})", self.reader.display(location.folder()))
    }

    fn vendored(&mut self, import: &ImportPath) -> Vec<Location> {
        let place = |kind: &str| {
            let base = path::join(&self.root, &format!("cue.mod/{kind}"));
            Place { folder: path::join(&base, &import.path), base }
        };
        let places: Vec<Place> = VENDOR_FOLDERS.iter().map(|kind| place(kind)).collect();
        let places: Vec<Place> = places.into_iter().filter(|place| self.has_cue_files(&place.folder)).collect();
        if places.is_empty() {
            return Vec::new();
        }
        let wanted = Wanted::Named(import.name.clone());
        vec![Location { identity: import.to_string(), places, module: None, wanted }]
    }

    /// Each prefix of the path may be a module.
    fn in_modules(&mut self, import: &ImportPath, from: Option<&Arc<Module>>) -> Vec<Location> {
        let mut found = Vec::new();
        let mut prefix = import.path.as_str();
        loop {
            let major = import.version.clone().or_else(|| self.default_major(prefix, from));
            let fits = |module: &&Arc<Module>| module.path == prefix && module.major == major;
            let modules: Vec<Arc<Module>> = self.modules.iter().filter(fits).cloned().collect();
            for module in modules {
                let rest = import.path[prefix.len()..].trim_start_matches('/');
                let folder = path::join(&module.root, rest);
                if self.has_cue_files(&folder) && !self.is_in_nested_module(&folder, &module.root) {
                    let name = ImportPath { version: module.major.clone(), ..import.clone() };
                    let places = vec![Place { folder, base: module.root.clone() }];
                    let wanted = Wanted::Named(import.name.clone());
                    found.push(Location { identity: name.to_string(), places, module: Some(module), wanted });
                }
            }
            match prefix.rsplit_once('/') {
                Some((shorter, _)) => prefix = shorter,
                None => return found,
            }
        }
    }

    /// The major version of a module that an import without one means: what the importing module says, else the only
    /// one that there is.
    fn default_major(&self, path: &str, from: Option<&Arc<Module>>) -> Option<String> {
        for module in from.into_iter().chain(&self.main) {
            if module.path == path {
                return module.major.clone();
            }
            let majors: Vec<(&Dependency, Option<String>)> = (module.dependencies.iter())
                .map(|dependency| (dependency, module::split_version(&dependency.module)))
                .filter(|(_, (base, _))| base == path)
                .map(|(dependency, (_, major))| (dependency, major))
                .collect();
            match majors.as_slice() {
                [] => {}
                [(_, major)] => return major.clone(),
                several => {
                    return several.iter().find(|(dependency, _)| dependency.is_default)?.1.clone();
                }
            }
        }
        let mut known = self.modules.iter().filter(|module| module.path == path);
        match (known.next(), known.next()) {
            (Some(only), None) => only.major.clone(),
            _ => None,
        }
    }

    /// Whether another module stands between a folder and the root of its module.
    pub(crate) fn is_in_nested_module(&self, folder: &str, root: &str) -> bool {
        let mut folder = folder;
        while folder != root {
            if self.reader.files.kind(&path::join(folder, MODULE_FILE)) == Some(EntryKind::File) {
                return true;
            }
            match path::parent(folder) {
                Some(outer) => folder = outer,
                None => return false,
            }
        }
        false
    }

    fn has_cue_files(&mut self, folder: &str) -> bool {
        self.reader.documents(folder).iter().any(|(_, format)| *format == Format::Cue)
    }

    /// What tells a package in a folder of the main module, or of none, from all others.
    pub(crate) fn identity(&self, folder: &str, name: &str) -> String {
        match &self.main {
            Some(module) if path::below(folder, &module.root).is_some() => {
                let rest = path::below(folder, &module.root).unwrap_or_default();
                let path = if rest.is_empty() { module.path.clone() } else { format!("{}/{rest}", module.path) };
                let is_named = !name.is_empty();
                ImportPath { path, version: module.major.clone(), name: name.to_owned(), is_named }.to_string()
            }
            _ => format!("{folder}:{name}"),
        }
    }
}
