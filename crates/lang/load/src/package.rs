//! Which files of a folder, and of the folders around it, make a package.

use std::cmp::Ordering;
use std::sync::Arc;

use cue_syntax::ast::File;
use strata_base::{Diagnostic, Span};

use crate::arguments::Format;
use crate::condition::Excluded;
use crate::instance::SourceFile;
use crate::loader::Loader;
use crate::module::Module;
use crate::{codes, condition, path};

/// The name of what has no package clause.
pub(crate) const ANONYMOUS: &str = "_";

/// Where a package is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) folder: String,
    /// The outermost folder whose files may belong to it too.
    pub(crate) base: String,
}

/// Which package.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wanted {
    /// The only one there is.
    Any,
    /// By its name, or [`ANONYMOUS`].
    Named(String),
    All,
}

/// A package with its files.
#[derive(Debug, Default)]
pub(crate) struct Package {
    /// Empty if it is not known yet.
    pub(crate) name: String,
    pub(crate) files: Vec<SourceFile>,
    /// Documents of data beside it.
    pub(crate) data: Vec<(String, Format)>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What is to be said if nothing was found that belongs to it.
    pub(crate) missing: Option<Diagnostic>,
    excluded: Vec<(String, Excluded)>,
    /// The file that gave it its name.
    first: String,
}

impl Package {
    fn is_empty(&self) -> bool {
        self.files.is_empty() && self.data.is_empty() && self.excluded.is_empty() && self.diagnostics.is_empty()
    }

    fn exclude(&mut self, path: &str, reason: impl Into<String>, span: Span) {
        self.excluded.push((path.to_owned(), Excluded { reason: reason.into(), span }));
    }
}

/// Goes through files and says of each which package takes it, or why none does.
pub(crate) struct Selection<'s, 'a> {
    loader: &'s mut Loader<'a>,
    module: Option<Arc<Module>>,
    folder: String,
    /// The first one is the one that is looked for; there are others only if all are.
    packages: Vec<Package>,
    ignores_others: bool,
    takes_all: bool,
    /// Whether files are named one by one, so that each of them counts.
    is_listed: bool,
}

impl<'s, 'a> Selection<'s, 'a> {
    pub(crate) fn new(
        loader: &'s mut Loader<'a>,
        module: Option<Arc<Module>>,
        folder: &str,
        wanted: &Wanted,
    ) -> Selection<'s, 'a> {
        let name = match wanted {
            Wanted::Any => "",
            Wanted::Named(name) => name,
            Wanted::All => ANONYMOUS,
        };
        let first = Package { name: name.to_owned(), ..Package::default() };
        Selection {
            loader,
            module,
            folder: folder.to_owned(),
            packages: vec![first],
            ignores_others: !name.is_empty(),
            takes_all: *wanted == Wanted::All,
            is_listed: false,
        }
    }

    /// Files that were named one by one.
    pub(crate) fn files(mut self, files: &[(String, Format)], display: &str) -> Vec<Package> {
        self.is_listed = true;
        for (path, format) in files {
            self.offer(path, *format);
        }
        self.finish(display)
    }

    /// The files of the places, and those of the folders around each as long as they say the same name.
    pub(crate) fn places(mut self, places: &[Place], display: &str) -> Vec<Package> {
        let in_module = places.iter().any(|place| self.loader.module_root_of(&place.folder).is_some());
        for place in places {
            let mut folder = place.folder.clone();
            let mut is_inner = true;
            loop {
                let was_added = self.folder(&folder);
                let is_last = folder == place.base || self.loader.is_module_root(&folder);
                if self.packages[0].name.is_empty() || !in_module || is_last || (is_inner && !was_added) {
                    break;
                }
                self.ignores_others = true;
                is_inner = false;
                match path::parent(&folder) {
                    Some(outer) => folder = outer.to_owned(),
                    None => break,
                }
            }
        }
        self.finish(display)
    }

    /// Whether any file of the folder may be part of the package, even if it is left out.
    fn folder(&mut self, folder: &str) -> bool {
        let mut was_added = false;
        for (name, format) in self.loader.reader.documents(folder).iter() {
            was_added |= self.offer(&path::join(folder, name), *format);
        }
        was_added
    }

    fn offer(&mut self, path: &str, format: Format) -> bool {
        let base = path::name(path).to_owned();
        let is_here = self.is_listed || path::parent(path) == Some(&self.folder);
        if format != Format::Cue {
            if is_here {
                self.packages[0].data.push((path.to_owned(), format));
            }
            return false;
        }
        if !self.is_listed && base.starts_with(['.', '_']) {
            if is_here {
                let reason = format!("filename starts with a '{}'", &base[..1]);
                self.packages[0].exclude(path, reason, Span::NONE);
            }
            return false;
        }
        let language = self.module.as_ref().and_then(|module| module.language);
        let parsed = match self.loader.reader.parse(path, language) {
            Ok(parsed) => parsed,
            Err(problem) => {
                self.packages[0].diagnostics.push(*problem);
                return false;
            }
        };
        let source = &parsed.source;
        if parsed.diagnostics.iter().any(Diagnostic::is_error) {
            self.packages[0].diagnostics.extend(parsed.diagnostics.iter().cloned());
            return false;
        }
        let name = package_name(&source.syntax);
        let Some(at) = self.package_of(path, source, name, is_here) else { return false };
        let is_main = self.loader.is_main(self.module.as_ref());
        match condition::check(&source.syntax, |tag| self.loader.is_tag_set(tag, is_main)) {
            Ok(None) => {}
            Ok(Some(Excluded { reason, span })) => {
                self.packages[at].exclude(path, reason, span);
                return true;
            }
            Err(problem) => {
                self.packages[at].diagnostics.push(*problem);
                return true;
            }
        }
        if name != ANONYMOUS && !self.joins(at, name, &base, path, source) {
            return false;
        }
        let package = &mut self.packages[at];
        let config = self.loader.config;
        if base.ends_with("_test.cue") && !config.tests {
            package.exclude(path, "_test.cue files excluded in non-test mode", start_of(source));
        } else if base.ends_with("_tool.cue") && !config.tools {
            package.exclude(path, "_tool.cue files excluded in non-cmd mode", start_of(source));
        } else {
            package.files.push(source.clone());
        }
        true
    }

    /// Which package a file of this name would belong to; nothing if it belongs to none.
    fn package_of(&mut self, path: &str, source: &SourceFile, name: &str, is_here: bool) -> Option<usize> {
        if name == self.packages[0].name && (is_here || name != ANONYMOUS) {
            return Some(0);
        }
        if self.is_listed && is_here && !self.takes_all {
            return Some(0);
        }
        if name == ANONYMOUS {
            if is_here {
                self.packages[0].exclude(path, "no package name", start_of(source));
            }
            return None;
        }
        if !self.takes_all {
            return Some(0);
        }
        let known = self.packages.iter().position(|package| package.name == name);
        if known.is_none() && is_here {
            self.packages.push(Package { name: name.to_owned(), ..Package::default() });
            return Some(self.packages.len() - 1);
        }
        known
    }

    /// Whether a file of this name belongs to a package; the first one gives it its name.
    fn joins(&mut self, at: usize, name: &str, base: &str, path: &str, source: &SourceFile) -> bool {
        let package = &mut self.packages[at];
        if package.name.is_empty() {
            name.clone_into(&mut package.name);
            base.clone_into(&mut package.first);
            return true;
        }
        if package.name == name {
            return true;
        }
        if self.ignores_others {
            package.exclude(path, format!("package is {name}, want {}", package.name), start_of(source));
        } else {
            let folder = self.loader.reader.display(&self.folder);
            let (first_name, first) = (&package.name, &package.first);
            let problem = several(&folder, (first_name, first), (name, base));
            package.diagnostics.push(problem.at(source.syntax.package.map_or(Span::NONE, |name| name.span)));
        }
        false
    }

    fn finish(self, display: &str) -> Vec<Package> {
        let Selection { mut packages, takes_all, is_listed, loader, .. } = self;
        packages.retain(|package| !package.is_empty());
        for package in &mut packages {
            package.files.sort_by(|a, b| outer_first(&a.path, &b.path));
            package.excluded.sort_by(|(a, _), (b, _)| outer_first(a, b));
            let has_data = !package.data.is_empty() && (is_listed || loader.config.data_files);
            let is_enough = !package.files.is_empty() || has_data || !package.diagnostics.is_empty();
            if !is_enough && (package.name != ANONYMOUS || !takes_all) {
                package.missing = Some(no_files(package, display, loader));
            }
        }
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        packages
    }
}

/// The order of files in a package: those of outer folders first, then by path.
fn outer_first(a: &str, b: &str) -> Ordering {
    let depth = |path: &str| path.matches('/').count();
    (depth(a), a).cmp(&(depth(b), b))
}

/// Files whose names start with `_` are not there at all, as far as this is concerned.
fn no_files(package: &Package, display: &str, loader: &Loader<'_>) -> Diagnostic {
    let counts = |path: &str| !path::name(path).starts_with('_');
    let mut excluded = package.excluded.iter().filter(|(path, _)| counts(path)).peekable();
    if excluded.peek().is_none() {
        return Diagnostic::error(codes::NO_FILES, format!("no CUE files in {display}"));
    }
    let message = format!("build constraints exclude all CUE files in {display}");
    let problem = Diagnostic::error(codes::NO_FILES, message);
    excluded.fold(problem, |problem, (path, excluded)| {
        let reason = format!("{}: {}", loader.reader.display(path), excluded.reason);
        if excluded.span.is_none() { problem.hint(reason) } else { problem.also(excluded.span, reason) }
    })
}

/// Two names, each with the file that says it.
pub(crate) fn several(folder: &str, first: (&str, &str), second: (&str, &str)) -> Diagnostic {
    let folder = folder.strip_prefix("./").unwrap_or(folder);
    let message = format!("found packages {:?} ({}) and {:?} ({}) in {folder:?}", first.0, first.1, second.0, second.1);
    Diagnostic::error(codes::SEVERAL_PACKAGES, message)
}

pub(crate) fn package_name(file: &File) -> &str {
    file.package.map_or(ANONYMOUS, |name| &**file.text(name.text))
}

fn start_of(source: &SourceFile) -> Span {
    let at = source.syntax.package.map_or(0, |name| name.span.start as usize);
    Span::new(source.id, at, at)
}
