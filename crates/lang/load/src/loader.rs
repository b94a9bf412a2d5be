//! From arguments to packages.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::{Diagnostic, Sources};

use crate::arguments::{self, FileArgument, Format};
use crate::files::{EntryKind, Files};
use crate::import_path::ImportPath;
use crate::instance::{Config, Instance, Loaded};
use crate::locate::Location;
use crate::module::Module;
use crate::package::{ANONYMOUS, Package, Place, Selection, Wanted, package_name, several};
use crate::sources::Reader;
use crate::{codes, condition, path, patterns};

/// Loads the packages and files that the arguments name, `.` if there are none, and all that they import. Texts are
/// added to the sources.
pub fn load(arguments: &[String], config: &Config, files: &dyn Files, sources: &mut Sources) -> Loaded {
    let folder = path::clean(&config.folder);
    let reader = Reader::new(files, sources, folder.clone(), config.without_comments);
    let mut loader = Loader {
        config,
        reader,
        root: folder.clone(),
        folder,
        main: None,
        modules: Vec::new(),
        used_tags: FxHashSet::default(),
        by_identity: FxHashMap::default(),
        loaded: Loaded::default(),
    };
    if let Some(root) = loader.module_root_of(&loader.folder) {
        loader.root = root;
    }
    loader.read_modules();
    // What follows from a broken module file is not worth telling.
    if loader.loaded.diagnostics.iter().any(Diagnostic::is_error) {
        return loader.loaded;
    }
    loader.read_replacements();
    let here = [".".to_owned()];
    match arguments::split(if arguments.is_empty() { &here } else { arguments }) {
        Ok(split) => {
            for argument in &split.packages {
                if let Err(problem) = loader.add_argument(argument) {
                    loader.loaded.diagnostics.push(*problem);
                }
            }
            if !split.files.is_empty() {
                loader.add_files(&split.files);
            }
        }
        Err(message) => loader.loaded.diagnostics.push(Diagnostic::error(codes::ARGUMENT, message)),
    }
    loader.resolve_imports();
    loader.inject_tags();
    loader.embed();
    for instance in &mut loader.loaded.instances {
        strata_base::diagnostic::sort(&mut instance.diagnostics);
    }
    loader.loaded
}

/// What files that are named together are called.
const FILES: &str = "command-line-arguments";

pub(crate) struct Loader<'a> {
    pub(crate) config: &'a Config,
    pub(crate) reader: Reader<'a>,
    /// Where relative arguments start.
    folder: String,
    /// The root of the main module, or else the folder.
    pub(crate) root: String,
    /// The module that the folder is in.
    pub(crate) main: Option<Arc<Module>>,
    /// All that packages can come from, the main one first.
    pub(crate) modules: Vec<Arc<Module>>,
    /// The names that conditions asked for.
    pub(crate) used_tags: FxHashSet<String>,
    pub(crate) by_identity: FxHashMap<String, usize>,
    pub(crate) loaded: Loaded,
}

impl Loader<'_> {
    /// Whether a name of a condition is set. Only the main module sees tags.
    pub(crate) fn is_tag_set(&mut self, name: &str, is_main: bool) -> bool {
        if !is_main {
            return false;
        }
        self.used_tags.insert(name.to_owned());
        self.config.tags.iter().any(|tag| tag == name)
    }

    fn add_argument(&mut self, argument: &str) -> Result<(), Box<Diagnostic>> {
        // An absolute folder is told as people see it from here.
        let seen = argument.starts_with('/').then(|| match self.reader.display(&path::clean(argument)) {
            outer if outer.starts_with("..") => format!("./{outer}"),
            inner => inner,
        });
        let argument = seen.as_deref().unwrap_or(argument);
        let mut import = ImportPath::parse(argument);
        if let Some(shorter) = argument.strip_suffix('/').filter(|_| !import.is_local()) {
            import = ImportPath::parse(shorter);
        }
        if import.name == ANONYMOUS && import.is_named {
            let message = format!("invalid import path qualifier _ in {argument:?}");
            return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
        }
        let is_one = |name: &str| name != ANONYMOUS && name != "*";
        if let Some(name) = self.config.package.as_deref().filter(|name| is_one(name) && !import.is_named) {
            name.clone_into(&mut import.name);
            import.is_named = true;
        }
        let is_pattern = import.path.contains("...");
        if !import.is_local() {
            return self.add_import_path(&import, argument);
        }
        let folder = path::join(&self.folder, &import.path);
        let is_outside = path::below(&folder, &self.root).is_none();
        if self.main.is_some() && is_outside {
            let message = format!("cannot determine import path for {argument:?} (dir outside of root)");
            return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
        }
        if is_pattern { self.add_pattern(&import, argument) } else { self.add_folder(&folder, &import, argument) }
    }

    fn add_import_path(&mut self, import: &ImportPath, argument: &str) -> Result<(), Box<Diagnostic>> {
        if import.is_library() {
            let message = format!("standard library import path {argument:?} cannot be imported as a CUE package");
            return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
        }
        if import.path.contains("...") {
            let message = format!("pattern not allowed in external package path {argument:?}");
            return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
        }
        let main = self.main.clone();
        let location = self.locate(import, main.as_ref())?;
        let found = self.add_imported(import, &location, argument)?;
        self.loaded.roots.push(found);
        Ok(())
    }

    fn add_folder(&mut self, folder: &str, import: &ImportPath, argument: &str) -> Result<(), Box<Diagnostic>> {
        match self.reader.files.kind(folder) {
            Some(EntryKind::Folder) => {}
            Some(EntryKind::File) => {
                let message = format!("{argument} is a file and not a package directory");
                return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
            }
            None => {
                let message = format!("cannot find package {argument:?}");
                return Err(Box::new(Diagnostic::error(codes::NO_PACKAGE, message)));
            }
        }
        if self.main.is_some() && self.is_in_nested_module(folder, &self.root.clone()) {
            let message = format!("cannot determine import path for {argument:?} (directory is in a nested module)");
            return Err(Box::new(Diagnostic::error(codes::ARGUMENT, message)));
        }
        let wanted = self.wanted(folder, import, Some(&import.name))?;
        let location = self.local(folder, wanted);
        let found = self.add_packages(&location, &import.path);
        if found.is_empty() {
            // Files of other kinds make it a folder that could have been a package.
            let entries = self.reader.files.list(folder).unwrap_or_default();
            let (code, message) = match entries.iter().any(|entry| entry.kind == EntryKind::File) {
                true => (codes::NO_FILES, format!("no CUE files in {}", import.path)),
                false => (codes::NO_PACKAGE, format!("{:?} matched no packages", import.path)),
            };
            return Err(Box::new(Diagnostic::error(code, message)));
        }
        self.loaded.roots.extend(found);
        Ok(())
    }

    /// Which package of a folder is meant. Files without a package clause are one only if they are asked for.
    fn wanted(&mut self, folder: &str, import: &ImportPath, implied: Option<&str>) -> Result<Wanted, Box<Diagnostic>> {
        match (import.is_named, self.config.package.as_deref()) {
            (true, _) => Ok(Wanted::Named(import.name.clone())),
            (false, Some("*")) => Ok(Wanted::All),
            (false, Some(_)) => Ok(Wanted::Named(ANONYMOUS.to_owned())),
            (false, None) => self.choose(folder, implied),
        }
    }

    /// The package of a folder that is meant if nothing is said: the one that the path implies, else the only one.
    fn choose(&mut self, folder: &str, implied: Option<&str>) -> Result<Wanted, Box<Diagnostic>> {
        let implied = match (implied, &self.main) {
            (None, _) => String::new(),
            (Some(""), Some(main)) if folder == self.root => path::name(&main.path).to_owned(),
            (Some(""), _) => path::name(folder).to_owned(),
            (Some(name), _) => name.to_owned(),
        };
        let mut only: Option<(String, String)> = None;
        let mut another = None;
        for (file, format) in self.reader.documents(folder).iter() {
            if *format != Format::Cue || file.starts_with(['.', '_']) {
                continue;
            }
            let language = self.main.as_ref().and_then(|module| module.language);
            let Ok(parsed) = self.reader.parse(&path::join(folder, file), language) else { continue };
            let syntax = &parsed.source.syntax;
            let is_included = matches!(condition::check(syntax, |tag| self.is_tag_set(tag, true)), Ok(None));
            let name = package_name(syntax);
            if !is_included || name == ANONYMOUS {
                continue;
            }
            if name == implied {
                return Ok(Wanted::Named(implied));
            }
            match &only {
                None => only = Some((name.to_owned(), file.clone())),
                Some((first, _)) if first != name => another = another.or(Some((name.to_owned(), file.clone()))),
                Some(_) => {}
            }
        }
        match (only, another) {
            (Some(first), Some(second)) => {
                let folder = path::relative(&self.folder, folder);
                Err(Box::new(several(&folder, (&first.0, &first.1), (&second.0, &second.1))))
            }
            (Some((name, _)), None) => Ok(Wanted::Named(name)),
            (None, _) => Ok(Wanted::Any),
        }
    }

    fn add_pattern(&mut self, import: &ImportPath, argument: &str) -> Result<(), Box<Diagnostic>> {
        let before = import.path.split("...").next().unwrap_or("");
        let top = path::join(&self.folder, before.rsplit_once('/').map_or("", |(folder, _)| folder));
        let pattern = path::join(&self.folder, &import.path);
        let mut is_found = false;
        for folder in patterns::folders(self.reader.files, &top) {
            if !patterns::matches(&pattern, &folder) {
                continue;
            }
            let wanted = match self.wanted(&folder, import, None) {
                Ok(wanted) => wanted,
                Err(problem) => {
                    is_found = true;
                    self.loaded.diagnostics.push(*problem);
                    continue;
                }
            };
            let display = self.reader.display(&folder);
            let location = self.local(&folder, wanted);
            // Folders without any file of the package are passed over, and are no mistake.
            let packages = self.select(&location, &display).into_iter().filter(|package| package.missing.is_none());
            let found = self.add_selected(packages.collect(), &location, &display);
            is_found |= !found.is_empty();
            self.loaded.roots.extend(found);
        }
        if !is_found {
            let message = format!("{argument:?} matched no packages");
            return Err(Box::new(Diagnostic::error(codes::NO_PACKAGE, message)));
        }
        Ok(())
    }

    fn local(&self, folder: &str, wanted: Wanted) -> Location {
        let places = vec![Place { folder: folder.to_owned(), base: self.root.clone() }];
        let identity = match &wanted {
            Wanted::Named(name) => self.identity(folder, name),
            Wanted::Any | Wanted::All => String::new(),
        };
        Location { identity, places, module: self.main.clone(), wanted }
    }

    /// The packages at a place, as instances; one that is there already is not loaded again.
    pub(crate) fn add_packages(&mut self, location: &Location, display: &str) -> Vec<usize> {
        if let Some(&known) = self.by_identity.get(&location.identity) {
            return vec![known];
        }
        let packages = self.select(location, display);
        self.add_selected(packages, location, display)
    }

    pub(crate) fn select(&mut self, location: &Location, display: &str) -> Vec<Package> {
        let folder = location.folder().to_owned();
        Selection::new(self, location.module.clone(), &folder, &location.wanted).places(&location.places, display)
    }

    pub(crate) fn add_selected(&mut self, packages: Vec<Package>, location: &Location, display: &str) -> Vec<usize> {
        let mut added = Vec::new();
        for package in packages {
            let identity = match &location.wanted {
                Wanted::Named(_) => location.identity.clone(),
                Wanted::Any | Wanted::All => self.identity(location.folder(), &package.name),
            };
            added.push(match self.by_identity.get(&identity) {
                Some(&known) => known,
                None => self.add_instance(package, identity, display, location, self.config.data_files),
            });
        }
        added
    }

    fn add_files(&mut self, files: &[FileArgument]) {
        let mut paths: Vec<(String, Format)> = Vec::new();
        for file in files {
            let path = if file.path == "-" { file.path.clone() } else { path::join(&self.folder, file.path.trim()) };
            paths.push((path, file.format));
        }
        let wanted = match self.config.package.as_deref() {
            Some("*") => Wanted::All,
            _ => Wanted::Any,
        };
        let location = self.local(&self.folder.clone(), wanted);
        let selection = Selection::new(self, location.module.clone(), location.folder(), &location.wanted);
        for package in selection.files(&paths, FILES) {
            let identity = self.identity(location.folder(), &format!("{}:{FILES}", package.name));
            let at = self.add_instance(package, identity, FILES, &location, true);
            self.loaded.roots.push(at);
        }
    }

    fn add_instance(
        &mut self,
        package: Package,
        identity: String,
        display: &str,
        location: &Location,
        takes_data: bool,
    ) -> usize {
        let mut diagnostics = package.diagnostics;
        diagnostics.extend(package.missing);
        let mut data = Vec::new();
        for (path, format) in package.data.iter().filter(|_| takes_data) {
            data.extend(self.reader.data(path, *format, &self.config.read, &mut diagnostics));
        }
        let name = if package.name == ANONYMOUS { String::new() } else { package.name };
        let at = self.loaded.instances.len();
        self.by_identity.insert(identity.clone(), at);
        self.loaded.instances.push(Instance {
            identity,
            display: display.to_owned(),
            name,
            folder: location.folder().to_owned(),
            module: location.module.clone(),
            files: package.files,
            data,
            diagnostics,
            ..Instance::default()
        });
        at
    }
}
