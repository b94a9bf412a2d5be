//! Declarations: fields with their labels and marks, lets, embeddings, comprehensions, attributes.

use super::layout::Column;
use super::{Printer, Task};
use crate::ast::*;

impl Printer<'_> {
    pub(super) fn decl(&mut self, id: DeclId, row: bool) {
        match self.file.decl(id) {
            DeclKind::Bad => self.out.write("_|_"),
            DeclKind::Field(field) => self.field(id, &field, row),
            DeclKind::Let { name, value } => {
                self.out.write("let ");
                self.text(name.text);
                self.out.write(" =");
                self.indented(Task::After {
                    id: value,
                    line: self.last_line(name.span).unwrap_or(usize::MAX),
                    precedence: 0,
                    space: true,
                    depth: 1,
                });
            }
            DeclKind::Embedding(value) => self.indented(Task::Bare(value)),
            DeclKind::Comprehension(comprehension) => self.comprehension(comprehension),
            DeclKind::Ellipsis(value) => {
                self.out.write("...");
                self.tasks.extend(value.map(Task::Bare));
            }
            DeclKind::Attribute(index) => self.attribute(index),
        }
    }

    /// Indents the lines that a task adds to the one that it begins on.
    fn indented(&mut self, task: Task) {
        self.tasks.push(Task::Indent(self.out.indent));
        self.out.indent = self.out.line_indent() + 1;
        self.tasks.push(task);
    }

    /// The fields `a`, `b` of `a: b: 1`, if the value of each but the last is the next one without more.
    pub(super) fn chain_len(&self, id: DeclId) -> Option<usize> {
        let mut len = 1;
        let mut id = id;
        loop {
            let DeclKind::Field(field) = self.file.decl(id) else { return None };
            if self.breaks_before_value(&field) {
                return None;
            }
            let Some(inner) = self.chained(&field) else { return Some(len) };
            (id, len) = (inner, len + 1);
        }
    }

    fn chained(&self, field: &Field) -> Option<DeclId> {
        match self.file.expr(field.value) {
            Expr::Struct(decls) if self.file.is_chained(field.value) => self.file.decl_list(decls).first().copied(),
            _ => None,
        }
    }

    fn breaks_before_value(&self, field: &Field) -> bool {
        let commented = !self.comments_of(CommentOwner::Expr(field.value), Slot::Doc).is_empty();
        let lines = (self.last_line(field.label_span), self.first_line(self.file.expr_span(field.value)));
        let broken = matches!(lines, (Some(label), Some(value)) if value > label);
        (commented || broken) && !self.is_flat()
    }

    fn field(&mut self, id: DeclId, field: &Field, row: bool) {
        let names = self.file.names(field);
        if let Some(alias) = names.field {
            self.text(alias.text);
            self.out.write("=");
        }
        self.tasks.push(Task::Colon { id, row });
        match field.label {
            Label::Bad => self.out.write("_"),
            Label::Ident(text) => self.text(text),
            Label::String { value, spelling } => {
                let file = self.file;
                self.string(file.text(value).as_bytes(), spelling, field.label_span);
            }
            Label::Interpolation(expr) => self.tasks.push(Task::Bare(expr)),
            Label::Dynamic(expr) => {
                self.out.write("(");
                self.schedule([Task::Bare(expr), Task::Text(")")]);
            }
            Label::Pattern(constraint) => {
                self.out.write("[");
                if let Some(alias) = names.matched {
                    self.text(alias.text);
                    self.out.write("=");
                    self.keep_apart(constraint);
                }
                self.schedule([Task::Bare(constraint), Task::Text("]")]);
            }
        }
    }

    /// After the label.
    pub(super) fn colon(&mut self, id: DeclId, row: bool) {
        let DeclKind::Field(field) = self.file.decl(id) else { return };
        self.postfix_alias(self.file.names(&field).postfix);
        self.out.write(match field.marker {
            Marker::Regular => ":",
            Marker::Required => "!:",
            Marker::Optional => "?:",
        });
        self.tasks.push(Task::Attributes { list: field.attributes, row });
        self.tasks.push(Task::Indent(self.out.indent));
        self.out.indent = self.out.line_indent() + 1;
        if self.breaks_before_value(&field) {
            let line = self.last_line(field.label_span).unwrap_or(usize::MAX);
            let broken = self.first_line(self.file.expr_span(field.value)).is_some_and(|first| first > line);
            let docs = self.comments_of(CommentOwner::Expr(field.value), Slot::Doc);
            let mut last = Some(line);
            for &doc in &docs {
                last = self.comment_after(doc, last);
            }
            if broken && docs.is_empty() {
                self.out.newline();
                self.out.indent += 1;
            }
            match self.chained(&field) {
                Some(inner) => self.tasks.push(Task::Decl { id: inner, row: false }),
                None => self.tasks.push(Task::Bare(field.value)),
            }
            return;
        }
        match self.chained(&field) {
            Some(inner) => {
                self.out.write(" ");
                self.tasks.push(Task::Decl { id: inner, row });
            }
            None => {
                if row {
                    self.out.column(Column::Value);
                } else {
                    self.out.write(" ");
                }
                self.tasks.push(Task::Bare(field.value));
            }
        }
    }

    fn postfix_alias(&mut self, alias: Option<PostfixAlias>) {
        let Some(PostfixAlias { key, value, .. }) = alias else { return };
        let name = |name: Option<Name>| name.map(|name| self.file.text(name.text).to_string());
        let (key, value) = (name(key), name(value).unwrap_or_else(|| "_".to_owned()));
        // `~(_,V)` and `~V` mean the same.
        match key {
            Some(key) => self.out.write(&format!("~({key},{value})")),
            None => self.out.write(&format!("~({value})")),
        }
    }

    pub(super) fn attributes(&mut self, list: AttrList, row: bool) {
        for (number, index) in list.0.range().enumerate() {
            if row && number == 0 {
                self.out.column(Column::Attribute);
            } else {
                self.out.write(" ");
            }
            self.attribute(index as u32);
        }
    }

    pub(super) fn attribute(&mut self, index: u32) {
        let attribute = self.file.attributes[index as usize];
        let (name, body) = (self.file.text(attribute.name), self.file.text(attribute.body));
        self.out.write(&format!("@{name}({body})"));
    }

    // Comprehensions

    pub(super) fn comprehension(&mut self, comprehension: Comprehension) {
        let mut tasks = Vec::new();
        let mut line = None;
        let indent = self.out.line_indent();
        for &id in self.file.clause_list(comprehension.clauses) {
            let clause = self.file.clause(id);
            let (start, end) = self.clause_lines(clause);
            if !tasks.is_empty() {
                tasks.push(break_between(line, start));
            }
            tasks.push(Task::Indent(indent + 1));
            self.clause(clause, &mut tasks);
            tasks.push(Task::Indent(indent));
            line = end.or(line);
        }
        let body = self.file.expr_span(comprehension.body);
        tasks.push(break_between(line, self.first_line(body)));
        tasks.push(Task::Block { id: comprehension.body, indent });
        if let Some(fallback) = comprehension.fallback {
            tasks.push(Task::Text(match fallback.kind {
                FallbackKind::Else => " else ",
                FallbackKind::Otherwise => " otherwise ",
            }));
            tasks.push(Task::Block { id: fallback.body, indent });
        }
        tasks.push(Task::Indent(self.out.indent));
        self.schedule(tasks);
    }

    /// The lines of the text on which a clause begins and ends, as far as they are known.
    fn clause_lines(&self, clause: Clause) -> (Option<usize>, Option<usize>) {
        let (start, end) = match clause {
            Clause::For { key, value, source } => (key.unwrap_or(value).span, self.file.expr_span(source)),
            Clause::If(condition) => (self.file.expr_span(condition), self.file.expr_span(condition)),
            Clause::Let { name, value } | Clause::TryLet { name, value } => (name.span, self.file.expr_span(value)),
            Clause::Try => return (None, None),
        };
        (self.first_line(start), self.last_line(end))
    }

    fn clause(&self, clause: Clause, tasks: &mut Vec<Task>) {
        match clause {
            Clause::For { key, value, source } => {
                tasks.push(Task::Text("for "));
                if let Some(key) = key {
                    tasks.extend([Task::Name(key.text), Task::Text(", ")]);
                }
                tasks.extend([Task::Name(value.text), Task::Text(" in "), Task::Bare(source)]);
            }
            Clause::If(condition) => tasks.extend([Task::Text("if "), Task::Bare(condition)]),
            Clause::Let { name, value } => {
                tasks.extend([Task::Text("let "), Task::Name(name.text), Task::Text(" = "), Task::Bare(value)]);
            }
            Clause::Try => tasks.push(Task::Text("try")),
            Clause::TryLet { name, value } => {
                tasks.extend([Task::Text("try "), Task::Name(name.text), Task::Text(" = "), Task::Bare(value)]);
            }
        }
    }
}

fn break_between(line: Option<usize>, next: Option<usize>) -> Task {
    match (line, next) {
        (Some(line), Some(next)) if next > line => Task::Newline,
        _ => Task::Text(" "),
    }
}
