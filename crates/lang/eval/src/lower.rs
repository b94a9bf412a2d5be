//! From trees to a resolved program: names become frames and labels, literals become values.
//!
//! Struct and list literals are lowered from a work list, so only operators nest natively, and those up to a limit.

mod comprehension;
mod expr;
mod literal;
mod place;
mod structure;

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_data::Package;
use cue_syntax::ast;
use rustc_hash::FxHashMap;
use strata_base::{Code, Diagnostic, Span};

use crate::codes;
use crate::ir::{Decl, InstanceId, Ir, ListId, Node, NodeId, StructId};
use crate::label::{HIDDEN_SEPARATOR, Interner, Label, LabelKind, Symbol, kind_of_identifier};
use crate::scope::{Binding, ScopeId, Scopes};

/// One package as it was loaded: files that share a package clause.
#[derive(Debug)]
pub struct PackageSource<'a> {
    /// What tells its hidden fields from those of others: the import path with version.
    pub identity: String,
    /// The name by which importers know it unless they give another.
    pub name: String,
    pub files: Vec<&'a ast::File>,
    /// Import paths as written to packages of the same program, by index.
    pub imports: BTreeMap<String, usize>,
    /// Expressions to be read in the scope of the package, each with the file that holds it. A name that nothing
    /// binds is a field of the package, or a package of the library by the last element of its path.
    pub expressions: Vec<(&'a ast::File, ast::ExprId)>,
}

/// One package, lowered: its files' top-level structs.
#[derive(Clone, Debug)]
pub(crate) struct Instance {
    pub(crate) identity: Arc<str>,
    pub(crate) files: Vec<NodeId>,
    pub(crate) expressions: Vec<NodeId>,
}

/// Options of a file that change what its text means.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Experiments {
    pub(crate) explicit_open: bool,
    pub(crate) alias_v2: bool,
    pub(crate) attempt: bool,
}

pub(crate) struct Lowered {
    pub(crate) ir: Ir,
    pub(crate) symbols: Interner,
    pub(crate) instances: Vec<Instance>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Operators nest natively up to here; the parser allows more, but no person writes more.
const MAX_OPERATOR_DEPTH: u32 = 400;

/// The body of the innermost `try` around a place, and how many structs lie between; no body, where a value is tried.
type Tried = Option<(Option<NodeId>, u32)>;

enum Work {
    Struct { expr: ast::ExprId, scope: ScopeId, id: StructId, tried: Tried, within: Option<ast::DeclId>, depth: u32 },
    List { expr: ast::ExprId, scope: ScopeId, id: ListId, tried: Tried, within: Option<ast::DeclId> },
}

/// Finds a package of the library by its import path.
pub type Library = dyn Fn(&str) -> Option<&'static Package> + Send + Sync;

pub(crate) fn lower(packages: &[PackageSource<'_>], library: &Library) -> Lowered {
    let mut out =
        Lowered { ir: Ir::default(), symbols: Interner::default(), instances: Vec::new(), diagnostics: Vec::new() };
    // The node that stands for none: it is nowhere.
    out.ir.add(Node::Invalid, Span::NONE);
    for package in packages {
        let files = lower_package(package, packages, library, &mut out);
        let expressions = package
            .expressions
            .iter()
            .map(|&(file, expr)| Lowering::new(file, &package.identity, &mut out, Some(library)).free(expr))
            .collect();
        out.instances.push(Instance { identity: package.identity.as_str().into(), files, expressions });
    }
    out
}

fn lower_package(
    package: &PackageSource<'_>,
    all: &[PackageSource<'_>],
    library: &Library,
    out: &mut Lowered,
) -> Vec<NodeId> {
    // Fields of every file are known in every file; they all live in the one frame of the package.
    let mut shared = Vec::new();
    for file in &package.files {
        for &decl in file.decl_list(file.decls) {
            let ast::DeclKind::Field(field) = file.decl(decl) else { continue };
            if let ast::Label::Ident(text) = field.label {
                shared.push(Arc::clone(file.text(text)));
            }
        }
    }
    let mut nodes = Vec::new();
    for file in &package.files {
        out.ir.reserve(file);
        let mut lowering = Lowering::new(file, &package.identity, out, None);
        nodes.push(lowering.file(&shared, package, all, library));
    }
    nodes
}

fn experiments(file: &ast::File) -> Experiments {
    let mut experiments = Experiments::default();
    for attribute in file.attr_list(file.leading_attributes) {
        if &**file.text(attribute.name) != "experiment" {
            continue;
        }
        for name in file.text(attribute.body).split(',') {
            match name.trim() {
                "explicitopen" => experiments.explicit_open = true,
                "aliasv2" => experiments.alias_v2 = true,
                "try" => experiments.attempt = true,
                _ => {}
            }
        }
    }
    experiments
}

/// What a text came to, once asked for.
#[derive(Clone, Copy, Default)]
struct Known {
    symbol: Option<Symbol>,
    /// As an identifier.
    label: Option<Label>,
    number: Option<Node>,
    string: Option<Node>,
}

/// The lowering of one file.
struct Lowering<'a> {
    file: &'a ast::File,
    identity: &'a str,
    experiments: Experiments,
    ir: &'a mut Ir,
    symbols: &'a mut Interner,
    diagnostics: &'a mut Vec<Diagnostic>,
    /// Where names that nothing binds are looked for, in an expression that stands outside of a file.
    free: Option<&'a Library>,
    scopes: Scopes,
    work: Vec<Work>,
    /// The declaration that is being lowered.
    current: Option<ast::DeclId>,
    /// Of each declaration the one that it stands in.
    around: Vec<Option<ast::DeclId>>,
    /// The declarations of the struct that is being lowered.
    decls: Vec<Decl>,
    /// What each text of the file came to.
    texts: Vec<Known>,
    lets: FxHashMap<ast::DeclId, crate::ir::LetId>,
    /// The comments that document each declaration.
    docs: FxHashMap<ast::DeclId, Vec<Arc<str>>>,
    /// Nodes reserved for the keys of computed labels that an alias names.
    keys: FxHashMap<ast::DeclId, NodeId>,
    /// The `try` that encloses what is being lowered.
    tried: Tried,
    /// A computed label is being lowered.
    in_key: bool,
    /// How deep the struct that is being lowered stands in operators and in structs that embed it: all of that is
    /// inserted at once.
    depth: u32,
}

impl<'a> Lowering<'a> {
    fn new(file: &'a ast::File, identity: &'a str, out: &'a mut Lowered, free: Option<&'a Library>) -> Lowering<'a> {
        Lowering {
            file,
            identity,
            experiments: experiments(file),
            ir: &mut out.ir,
            symbols: &mut out.symbols,
            diagnostics: &mut out.diagnostics,
            free,
            scopes: Scopes::default(),
            work: Vec::new(),
            current: None,
            around: vec![None; file.decl_kinds.len()],
            decls: Vec::new(),
            texts: vec![Known::default(); file.texts.len()],
            lets: FxHashMap::default(),
            docs: structure::docs(file),
            keys: FxHashMap::default(),
            tried: None,
            in_key: false,
            depth: 0,
        }
    }

    /// Lowers an expression whose free names are fields of the package.
    fn free(mut self, expr: ast::ExprId) -> NodeId {
        let scope = self.scopes.open(None, true, true);
        let node = self.expr(expr, scope);
        self.drain();
        node
    }

    fn file(
        &mut self,
        shared: &[Arc<str>],
        package: &PackageSource<'_>,
        all: &[PackageSource<'_>],
        library: &Library,
    ) -> NodeId {
        // The package's frame is that of each file, so the outer scope makes none.
        let outer = self.scopes.open(None, false, false);
        let scope = self.scopes.open(Some(outer), true, true);
        self.imports(outer, package, all, library);
        let span = Span::new(self.file.id, 0, 0);
        let (node, id) = self.new_struct(span);
        self.ir.structs[id.0 as usize].is_file = true;
        if self.file.package.is_none() {
            self.struct_attributes(self.file.attr_list(self.file.leading_attributes), id);
        }
        self.declare_all(self.file.decls, scope, id);
        // What the file itself declares comes first; the other files' fields are found where it has nothing.
        for name in shared {
            let symbol = self.symbols.intern(name);
            let label = self.identifier_label(name);
            self.scopes.bind_shared(scope, symbol, label);
        }
        self.lower_all(self.file.decls, scope, id);
        self.drain();
        self.current = None;
        self.report_unused();
        node
    }

    /// Lowers the literals that were met, and those met on the way.
    fn drain(&mut self) {
        while let Some(work) = self.work.pop() {
            self.tried = None;
            match work {
                Work::Struct { expr, scope, id, tried, within, depth } => {
                    self.depth = depth;
                    self.tried = tried;
                    self.current = within;
                    if let ast::Expr::Struct(decls) = self.file.expr(expr) {
                        self.declare_all(decls, scope, id);
                        self.lower_all(decls, scope, id);
                    }
                }
                Work::List { expr, scope, id, tried, within } => {
                    self.tried = tried;
                    self.current = within;
                    self.list_body(expr, scope, id);
                }
            }
        }
    }

    fn imports(&mut self, scope: ScopeId, package: &PackageSource<'_>, all: &[PackageSource<'_>], library: &Library) {
        let mut known: FxHashMap<Symbol, Span> = FxHashMap::default();
        for import in &self.file.imports {
            let path = Arc::clone(self.file.text(import.path));
            let (location, explicit) = match path.rsplit_once(':') {
                Some((location, name)) => (location, Some(name.to_owned())),
                None => (&*path, None),
            };
            let binding = if let Some(&index) = package.imports.get(&*path) {
                let id = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
                (Binding::Import(id), explicit.unwrap_or_else(|| all[index].name.clone()))
            } else if let Some(found) = library(location) {
                let index = u32::try_from(self.ir.std_imports.len()).unwrap_or(u32::MAX);
                self.ir.std_imports.push(crate::ir::StdImport { path: location.into(), package: found });
                let last = location.rsplit('/').next().unwrap_or(location).to_owned();
                (Binding::StdImport(index), explicit.unwrap_or(last))
            } else {
                // The library has packages whose first element is no domain.
                let is_library = location.split('/').next().is_some_and(|first| !first.contains('.'));
                let message = if is_library {
                    format!("builtin package \"{location}\" undefined")
                } else {
                    format!("package \"{location}\" not found")
                };
                self.error(codes::IMPORT, import.path_span, message);
                (
                    Binding::Missing,
                    explicit.unwrap_or_else(|| location.rsplit('/').next().unwrap_or(location).to_owned()),
                )
            };
            let (binding, default_name) = binding;
            let (name, span) = match import.alias {
                Some(alias) => (self.symbol(alias.text), alias.span),
                None => (self.symbols.intern(&default_name), import.path_span),
            };
            if self.symbol_text(name) == "_" {
                continue;
            }
            if let Some(&first) = known.get(&name) {
                let message = format!("{} redeclared as imported package name", self.symbol_text(name));
                let problem = Diagnostic::error(codes::SYNTAX, message).at(span);
                self.diagnostics.push(problem.also(first, "previous declaration"));
                continue;
            }
            known.insert(name, span);
            let bound = self.scopes.bind_alias(scope, name, binding, span, true);
            self.tell_clash(bound, name, span);
        }
    }

    fn report_unused(&mut self) {
        let unused: Vec<_> = self.scopes.unused().collect();
        for (name, span, import) in unused {
            let name = self.symbol_text(name).to_string();
            if import {
                // The place of what names it: its alias, or its path.
                let named = |import: &&ast::Import| import.alias.map_or(import.path_span, |alias| alias.span) == span;
                let import = self.file.imports.iter().find(named);
                let path = import.map_or("", |import| self.file.text(import.path));
                let renamed = match import.and_then(|import| import.alias) {
                    Some(_) => format!(" as {name}"),
                    None => String::new(),
                };
                self.error(codes::UNUSED, span, format!("imported and not used: \"{path}\"{renamed}"));
            } else {
                self.error(codes::UNUSED, span, format!("unreferenced alias or let clause {name}"));
            }
        }
    }

    fn new_struct(&mut self, span: Span) -> (NodeId, StructId) {
        let id = StructId(u32::try_from(self.ir.structs.len()).unwrap_or(u32::MAX));
        let literal = crate::ir::StructLit { explicit_open: self.experiments.explicit_open, ..Default::default() };
        self.ir.structs.push(literal);
        let node = self.ir.add(Node::Struct(id), span);
        self.ir.struct_nodes.push(node);
        (node, id)
    }

    /// Tells a mistake, with the path to it as far as the text says.
    fn error(&mut self, code: Code, span: Span, message: impl std::fmt::Display) -> NodeId {
        let message = match self.path(span) {
            path if path.is_empty() => message.to_string(),
            path => format!("{path}: {message}"),
        };
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
        self.ir.add(Node::Invalid, span)
    }

    fn symbol(&mut self, text: ast::Text) -> Symbol {
        let known = &mut self.texts[text.0 as usize].symbol;
        *known.get_or_insert_with(|| self.symbols.intern(&self.file.texts[text.0 as usize]))
    }

    /// The label of a text as an identifier.
    fn text_label(&mut self, text: ast::Text) -> Label {
        if let Some(label) = self.texts[text.0 as usize].label {
            return label;
        }
        let file = self.file;
        let label = self.identifier_label(file.text(text));
        self.texts[text.0 as usize].label = Some(label);
        label
    }

    fn symbol_text(&self, symbol: Symbol) -> &str {
        self.symbols.get(symbol).map_or("", |text| text)
    }

    /// The label of an identifier: hidden ones belong to the package.
    fn identifier_label(&mut self, name: &str) -> Label {
        let kind = kind_of_identifier(name);
        let symbol = match kind {
            LabelKind::Hidden | LabelKind::HiddenDefinition => {
                self.symbols.intern(&format!("{name}{HIDDEN_SEPARATOR}{}", self.identity))
            }
            _ => self.symbols.intern(name),
        };
        Label::new(kind, symbol)
    }
}
