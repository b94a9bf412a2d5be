//! Modules: what `cue.mod/module.cue` says.

use cue_syntax::ast::{DeclKind, DeclList, Expr, ExprId, File, Label};
use cue_syntax::experiments::Version;
use strata_base::{Diagnostic, Span};

use crate::codes;

/// A module that packages can come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// The path without the major version: `example.com/a`. Empty for a module without a name.
    pub path: String,
    /// The major version: `v1`.
    pub major: Option<String>,
    /// The folder that holds `cue.mod`.
    pub root: String,
    /// The language version that its files are written in.
    pub language: Option<Version>,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A row of `deps`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Dependency {
    /// With the major version: `example.com/a@v1`.
    pub(crate) module: String,
    pub(crate) is_default: bool,
    /// A folder, or another module.
    pub(crate) replacement: Option<(String, Span)>,
}

/// The module path in its parts.
pub(crate) fn split_version(path: &str) -> (String, Option<String>) {
    match path.rsplit_once('@') {
        Some((path, version)) => (path.to_owned(), Some(version.to_owned())),
        None => (path.to_owned(), None),
    }
}

impl Module {
    /// The path with the major version.
    pub fn qualified_path(&self) -> String {
        match &self.major {
            Some(major) => format!("{}@{major}", self.path),
            None => self.path.clone(),
        }
    }
}

/// What a module file says. It is read as data: nothing in it is evaluated.
pub(crate) fn read(file: &File, root: &str, problems: &mut Vec<Diagnostic>) -> Module {
    let mut module =
        Module { path: String::new(), major: None, root: root.to_owned(), language: None, dependencies: Vec::new() };
    for (name, value, span) in fields(file, file.decls) {
        match name {
            "module" => match text(file, value) {
                Some(path) => (module.path, module.major) = split_version(path),
                None => problems.push(wrong(span, "module must be a string")),
            },
            "language" => {
                let version = entries(file, value).find(|(name, ..)| *name == "version");
                let Some((_, value, span)) = version else { continue };
                match text(file, value).and_then(parse_version) {
                    Some(version) => module.language = Some(version),
                    None => problems.push(wrong(span, "language version must have the form \"v0.0.0\"")),
                }
            }
            "deps" => read_dependencies(file, value, &mut module.dependencies),
            _ => {}
        }
    }
    // Without a major version a module is taken to be of the first one.
    if !module.path.is_empty() && module.major.is_none() {
        module.major = Some("v0".to_owned());
    }
    module
}

/// Adds the rows of a `deps` struct, or says more about rows that are there.
fn read_dependencies(file: &File, value: ExprId, dependencies: &mut Vec<Dependency>) {
    for (module, row, _) in entries(file, value) {
        let module = with_major(file, module, row);
        let at = dependencies.iter().position(|dependency| dependency.module == module).unwrap_or_else(|| {
            dependencies.push(Dependency { module, is_default: false, replacement: None });
            dependencies.len() - 1
        });
        for (name, value, span) in entries(file, row) {
            match (name, file.expr(value)) {
                ("default", Expr::Bool(is_default)) => dependencies[at].is_default = is_default,
                ("replaceWith", Expr::String { value, .. }) => {
                    dependencies[at].replacement = Some((file.text(value).to_string(), span));
                }
                _ => {}
            }
        }
    }
}

/// A dependency's path with its major version, which older files leave to the version that they ask for.
fn with_major(file: &File, module: &str, row: ExprId) -> String {
    let version = entries(file, row).find(|(name, ..)| *name == "v").and_then(|(_, value, _)| text(file, value));
    match version.and_then(|version| version.split('.').next()) {
        Some(major) if !module.contains('@') => format!("{module}@{major}"),
        _ => module.to_owned(),
    }
}

/// What `cue.mod/local-module.cue` adds: replacements that are never published.
pub(crate) fn read_local(file: &File, module: &mut Module) {
    for (name, value, _) in fields(file, file.decls) {
        if name == "deps" {
            read_dependencies(file, value, &mut module.dependencies);
        }
    }
}

fn wrong(span: Span, message: &str) -> Diagnostic {
    Diagnostic::error(codes::MODULE_FILE, message).at(span)
}

fn parse_version(text: &str) -> Option<Version> {
    let mut parts = text.strip_prefix('v')?.splitn(3, '.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    let patch = parts.next()?;
    let digits = patch.split(['-', '+']).next()?;
    Some((major, minor, digits.parse().ok()?))
}

fn text(file: &File, value: ExprId) -> Option<&str> {
    match file.expr(value) {
        Expr::String { value, .. } => Some(file.text(value)),
        _ => None,
    }
}

/// The fields of a struct literal; nothing for any other expression.
fn entries(file: &File, value: ExprId) -> impl Iterator<Item = (&str, ExprId, Span)> {
    let decls = match file.expr(value) {
        Expr::Struct(decls) => decls,
        _ => DeclList::default(),
    };
    fields(file, decls)
}

fn fields(file: &File, decls: DeclList) -> impl Iterator<Item = (&str, ExprId, Span)> {
    file.decl_list(decls).iter().filter_map(|&decl| {
        let DeclKind::Field(field) = file.decl(decl) else { return None };
        let (Label::Ident(name) | Label::String { value: name, .. }) = field.label else { return None };
        Some((&**file.text(name), field.value, file.expr_span(field.value)))
    })
}
