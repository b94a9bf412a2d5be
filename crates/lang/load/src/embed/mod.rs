//! `@embed(…)`: data of other files where the attribute stands.
//!
//! A file says `@extern(embed)` before its package clause; then `a: _ @embed(file="x.json")` unifies the field with the
//! data of that file, and an attribute that stands alone embeds it in the struct around. What is embedded keeps the
//! places of its own file.

mod attribute;
mod tree;

use std::sync::Arc;

use cue_data::Data;
use cue_syntax::ast::{Attribute, BinaryOp, DeclKind, Expr, ExprId, File};
use strata_base::{Diagnostic, Span};

use self::attribute::{Request, Source};
use crate::arguments::{Format, extension};
use crate::files::EntryKind;
use crate::instance::SourceFile;
use crate::loader::Loader;
use crate::{codes, path};

/// Where an attribute stands.
#[derive(Clone, Copy)]
enum Site {
    /// Behind the field that is this declaration.
    Field(usize),
    /// In a struct, as this declaration.
    Alone(usize),
}

/// The data that an attribute asks for.
enum Embedded {
    One(Data),
    /// By their paths, in order.
    Many(Vec<(String, Data)>),
}

impl Loader<'_> {
    /// Puts in what the files of all packages embed.
    pub(crate) fn embed(&mut self) {
        for at in 0..self.loaded.instances.len() {
            for index in 0..self.loaded.instances[at].files.len() {
                let source = self.loaded.instances[at].files[index].clone();
                if !is_embedding(&source.syntax) {
                    continue;
                }
                let (syntax, problems) = self.embedded(&source);
                let instance = &mut self.loaded.instances[at];
                instance.files[index].syntax = Arc::new(syntax);
                instance.diagnostics.extend(problems);
            }
        }
    }

    /// A file with all that it embeds, and what is wrong with it.
    fn embedded(&mut self, source: &SourceFile) -> (File, Vec<Diagnostic>) {
        let mut file = File::clone(&source.syntax);
        let mut problems = Vec::new();
        for (site, attribute) in sites(&file) {
            let body = file.text(attribute.body).to_string();
            match self.ask(&source.path, &body, attribute.span) {
                Ok(embedded) => put(&mut file, site, &embedded, attribute.span),
                Err(more) => problems.extend(more),
            }
        }
        (file, problems)
    }

    fn ask(&mut self, source: &str, body: &str, span: Span) -> Result<Embedded, Vec<Diagnostic>> {
        let refused = |message: String| {
            let problem = Diagnostic::error(codes::EMBED, format!("@embed: {message}"));
            vec![problem.at(Span { end: span.start, ..span })]
        };
        let request = Request::parse(body).map_err(refused)?;
        let folder = path::parent(source).unwrap_or("/").to_owned();
        match &request.source {
            Source::File(name) => {
                let format = request.format_of(name).map_err(refused)?;
                self.one(&folder, name, format, span, &refused).map(Embedded::One)
            }
            Source::Glob(pattern) => {
                let names = self.matching(&folder, pattern).map_err(refused)?;
                let format = request.format_of(pattern).map_err(refused)?;
                if names.is_empty() && !request.allows_none {
                    return Err(refused(format!("no matches for glob pattern {pattern:?}")));
                }
                let mut found = Vec::new();
                for name in names {
                    if self.reader.files.kind(&path::join(&folder, &name)) == Some(EntryKind::File) {
                        let data = self.one(&folder, &name, format, span, &refused)?;
                        found.push((name, data));
                    }
                }
                Ok(Embedded::Many(found))
            }
        }
    }

    /// The data of one file.
    fn one(
        &mut self,
        folder: &str,
        name: &str,
        format: Format,
        span: Span,
        refused: &dyn Fn(String) -> Vec<Diagnostic>,
    ) -> Result<Data, Vec<Diagnostic>> {
        let full = path::join(folder, name);
        match self.reader.files.kind(&full) {
            None => return Err(refused(format!("open {name}: no such file or directory"))),
            Some(EntryKind::Folder) => return Err(refused("cannot embed directories".to_owned())),
            Some(EntryKind::File) => {}
        }
        let mut between = path::parent(&full);
        while let Some(inner) = between.filter(|inner| *inner != folder) {
            if self.reader.files.kind(&path::join(inner, "cue.mod")).is_some() {
                return Err(refused(format!("cannot embed file {name:?}: in different module")));
            }
            between = path::parent(inner);
        }
        if format == Format::Cue {
            return Err(refused("encoding \"cue\" not (yet) supported".to_owned()));
        }
        let mut problems = Vec::new();
        let read = self.reader.data(&full, format, &self.config.read, &mut problems);
        if problems.iter().any(Diagnostic::is_error) {
            let tell = |problem: Diagnostic| {
                let own = problem.span();
                let (code, message) = (problem.code, format!("@embed: {}", problem.message));
                Diagnostic::error(code, message).at(Span { end: span.start, ..span }).also(own, "")
            };
            return Err(problems.into_iter().map(tell).collect());
        }
        let mut documents = read.map_or_else(Vec::new, |read| read.documents);
        match documents.pop() {
            Some(only) if documents.is_empty() => match format {
                Format::JsonLines => {
                    let message = "encoding \"jsonl\" not (yet) supported: requires support for streaming";
                    Err(refused(message.to_owned()))
                }
                _ => Ok(only),
            },
            Some(_) => Err(refused("streaming not implemented: found more than one value in file".to_owned())),
            None => Ok(tree::null()),
        }
    }

    /// The files and folders that a pattern matches, as it names them, in order. A star matches no leading dot.
    fn matching(&mut self, folder: &str, pattern: &str) -> Result<Vec<String>, String> {
        let refused = |why: String| format!("invalid glob pattern {pattern:?}: {why}");
        attribute::matches(pattern, "").map_err(refused)?;
        let mut found = vec![String::new()];
        for element in pattern.split('/') {
            let mut next = Vec::new();
            for above in &found {
                let full = path::join(folder, above);
                let mut entries = self.reader.files.list(&full).unwrap_or_default();
                entries.sort();
                for entry in entries {
                    let is_hidden = entry.name.starts_with('.') && !element.starts_with('.');
                    if !is_hidden && attribute::matches(element, &entry.name).map_err(refused)? {
                        let joined = if above.is_empty() { entry.name } else { format!("{above}/{}", entry.name) };
                        next.push(joined);
                    }
                }
            }
            found = next;
        }
        Ok(found)
    }
}

fn is_embedding(file: &File) -> bool {
    let leading = file.attr_list(file.leading_attributes).iter();
    leading.filter(|attribute| &**file.text(attribute.name) == "extern").any(|attribute| {
        let body = file.text(attribute.body);
        body.trim().trim_matches('"') == "embed"
    })
}

/// All places that ask for something, in the order of the text.
fn sites(file: &File) -> Vec<(Site, Attribute)> {
    let is_embed = |attribute: &&Attribute| &**file.text(attribute.name) == "embed";
    let mut found = Vec::new();
    for (index, decl) in file.decl_kinds.iter().enumerate() {
        match decl {
            DeclKind::Field(field) => {
                let own = file.attr_list(field.attributes).iter().filter(is_embed);
                found.extend(own.map(|attribute| (Site::Field(index), *attribute)));
            }
            DeclKind::Attribute(attribute) => {
                let own = file.attributes.get(*attribute as usize).filter(is_embed);
                found.extend(own.map(|attribute| (Site::Alone(index), *attribute)));
            }
            _ => {}
        }
    }
    found.sort_by_key(|(_, attribute)| attribute.span.start);
    found
}

fn put(file: &mut File, site: Site, embedded: &Embedded, span: Span) {
    let value = match embedded {
        Embedded::One(data) => tree::add(file, data),
        Embedded::Many(files) => tree::by_name(file, files, span),
    };
    match site {
        Site::Alone(decl) => file.decl_kinds[decl] = DeclKind::Embedding(value),
        Site::Field(decl) => {
            let DeclKind::Field(mut field) = file.decl_kinds[decl] else { return };
            field.value = both(file, field.value, value);
            file.decl_kinds[decl] = DeclKind::Field(field);
        }
    }
}

fn both(file: &mut File, left: ExprId, right: ExprId) -> ExprId {
    if matches!(file.expr(left), Expr::Ident(name) if &**file.text(name) == "_") {
        return right;
    }
    let span = file.expr_span(left);
    tree::expr(file, Expr::Binary { op: BinaryOp::And, op_start: span.end, left, right }, span)
}

/// What a path says that a file holds.
fn of_path(name: &str) -> Result<Format, String> {
    let known = extension(name).map(|extension| (extension, Format::of_extension(extension)));
    match known {
        Some((_, Some(format))) => Ok(format),
        Some((extension, None)) => Err(format!("unknown file extension .{extension}")),
        None => Err(format!("no encoding specified for file {name:?}")),
    }
}
