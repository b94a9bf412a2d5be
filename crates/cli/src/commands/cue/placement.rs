//! `-l`, `--list`, `--with-context`: where documents are put.

use cue::{Cancel, Data, DataFile, Limits, Target, Workspace, placing};
use cue_data::Node;
use strata_base::{Diagnostic, FileId};

use crate::codes;

/// Where documents are put
#[derive(clap::Args, Debug)]
pub(super) struct Placement {
    /// Put documents below this label, an expression over each (`name`), or a path (`"a": "\(name)":`)
    #[arg(short = 'l', long, value_name = "LABEL")]
    path: Vec<String>,

    /// Put documents into a list
    #[arg(long)]
    list: bool,

    /// Let labels speak of data, filename, index and recordCount
    #[arg(long)]
    with_context: bool,
}

/// A label as it was given.
enum Label {
    Known(String),
    /// Its text, to be evaluated for each document.
    Computed(String),
}

impl Placement {
    pub(super) fn is_used(&self) -> bool {
        self.list || !self.path.is_empty()
    }

    /// What cannot be asked for together.
    pub(super) fn misuse(&self, has_schema: bool) -> Option<&'static str> {
        match (self.is_used(), self.with_context, has_schema) {
            (false, true, _) => {
                Some("flag \"with-context\" must be used with at least one of flag \"path\", \"list\", or \"files\"")
            }
            (true, _, true) => Some("cannot combine --schema flag with flag \"path\", \"list\", or \"files\""),
            _ => None,
        }
    }

    /// The documents, placed.
    pub(super) fn place(
        &self,
        workspace: &mut Workspace,
        files: &[DataFile],
        limits: Limits,
        cancel: Cancel,
    ) -> Result<Vec<Data>, Vec<Diagnostic>> {
        let paths = self.paths(workspace, files, limits, cancel)?;
        let documents: Vec<&Data> = files.iter().flat_map(|file| &file.documents).collect();
        if !self.list {
            return Ok(paths.iter().zip(documents).map(|(path, document)| placing::below(path, document)).collect());
        }
        let mut groups: Vec<(Vec<String>, Vec<&Data>)> = Vec::new();
        for (path, document) in paths.into_iter().zip(documents) {
            match groups.iter_mut().find(|(known, _)| *known == path) {
                Some((_, group)) => group.push(document),
                None => groups.push((path, vec![document])),
            }
        }
        Ok(groups.into_iter().map(|(path, group)| placing::below(&path, &placing::list(group))).collect())
    }

    /// The labels of each document.
    fn paths(
        &self,
        workspace: &mut Workspace,
        files: &[DataFile],
        limits: Limits,
        cancel: Cancel,
    ) -> Result<Vec<Vec<String>>, Vec<Diagnostic>> {
        let mut labels = Vec::new();
        for text in &self.path {
            labels.extend(parse(text)?);
        }
        let mut asked: Vec<Vec<Result<String, (Target, String)>>> = Vec::new();
        for file in files {
            let name = &file.path;
            for (index, document) in file.documents.iter().enumerate() {
                let scope = if self.with_context {
                    placing::with_context(document, name, index, file.documents.len())
                } else {
                    document.clone()
                };
                let scope = workspace.document(scope);
                let of_document = labels.iter().map(|label| match label {
                    Label::Known(name) => Ok(Ok(name.clone())),
                    Label::Computed(text) => match workspace.expression(Some(scope), text, "--path") {
                        Ok(target) => Ok(Err((target, text.clone()))),
                        Err(problems) => Err(unevaluated(text, problems)),
                    },
                });
                asked.push(of_document.collect::<Result<_, _>>()?);
            }
        }
        // Labels are known only when they are evaluated; the rest is compiled once they are.
        let (compiled, problems) = workspace.compile();
        if problems.iter().any(Diagnostic::is_error) {
            return Err(problems);
        }
        let mut evaluation = compiled.evaluate(limits, cancel);
        let mut label = |asked: Result<String, (Target, String)>| match asked {
            Ok(name) => Ok(name),
            Err((target, text)) => {
                let data = evaluation.data(target).map_err(|problems| unevaluated(&text, problems))?;
                match data.node(data.root()) {
                    Node::String(name) => Ok(name.to_string()),
                    _ => {
                        let mut value = String::new();
                        evaluation.write_json(target, &mut value, cue::Layout::Compact, cue::OutputLimit(1000))?;
                        Err(refused(format!("error evaluating label {text}: {}", value.trim_end())))
                    }
                }
            }
        };
        asked.into_iter().map(|path| path.into_iter().map(&mut label).collect()).collect()
    }
}

/// An expression is one label; `a: "b": (c):` is a path of several.
fn parse(text: &str) -> Result<Vec<Label>, Vec<Diagnostic>> {
    let id = FileId(0);
    let (_, _, problems) = cue_syntax::parse_expr(id, text);
    if !problems.iter().any(Diagnostic::is_error) {
        return Ok(vec![Label::Computed(text.to_owned())]);
    }
    let whole = format!("{text} _");
    let parsed = cue_syntax::parse(id, &whole, &cue_syntax::ParseOptions::default());
    let path = labels(&parsed.file, &whole).filter(|_| !parsed.has_errors());
    path.ok_or_else(|| {
        refused(format!(
            "labels must be expressions (-l foo -l 'strings.ToLower(bar)') or full paths \
             (-l '\"foo\": \"\\(strings.ToLower(bar))\":'): {text}"
        ))
    })
}

/// The labels of a chain of fields.
fn labels(file: &cue_syntax::ast::File, text: &str) -> Option<Vec<Label>> {
    use cue_syntax::ast;
    let mut found = Vec::new();
    let mut decls = file.decl_list(file.decls);
    loop {
        let &[decl] = decls else { return None };
        let ast::DeclKind::Field(field) = file.decl(decl) else { return None };
        let source = |expr| {
            let span = file.expr_span(expr);
            text[span.start as usize..span.end as usize].to_owned()
        };
        found.push(match field.label {
            ast::Label::Ident(name) | ast::Label::String { value: name, .. } => {
                Label::Known(file.text(name).to_string())
            }
            ast::Label::Interpolation(expr) | ast::Label::Dynamic(expr) => Label::Computed(source(expr)),
            ast::Label::Pattern(_) | ast::Label::Bad => return None,
        });
        match file.expr(field.value) {
            ast::Expr::Struct(inner) => decls = file.decl_list(inner),
            _ => return Some(found),
        }
    }
}

/// What is wrong with a label, told with the label.
fn unevaluated(label: &str, problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let with_label = |mut problem: Diagnostic| {
        problem.message = format!("error evaluating label {label}: {}", problem.message);
        problem
    };
    problems.into_iter().map(with_label).collect()
}

fn refused(message: String) -> Vec<Diagnostic> {
    vec![Diagnostic::error(codes::USAGE, message)]
}
