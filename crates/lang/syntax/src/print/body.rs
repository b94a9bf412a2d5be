//! What consists of items on lines or between commas: files, structs, lists, arguments, imports.

use strata_base::Span;

use super::layout::Column;
use super::{Printer, Task};
use crate::ast::*;

#[derive(Clone, Copy)]
pub(super) enum Item {
    Attribute(u32),
    Package,
    /// Imports that stand in one pair of parentheses, or a single one.
    Imports {
        first: u32,
        len: u32,
    },
    Import(u32),
    Decl(DeclId),
    Expr(ExprId),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Imports,
    Struct,
    /// Elements or arguments.
    List {
        /// Whether line ends separate, so that a comma stands only within a line.
        bare: bool,
    },
}

pub(super) struct Body {
    kind: Kind,
    items: Vec<Item>,
    next: usize,
    close: &'static str,
    /// The line of the text on which what was printed last ends.
    line: Option<usize>,
    /// The line of the text on which the closing bracket stands.
    close_line: Option<usize>,
    /// Whether each item begins a line, as in a struct of which one does.
    vertical: bool,
    /// Whether the first item begins a line, so that the closing bracket does too.
    opens_lines: bool,
    outer_indent: usize,
    outer_subscripts: usize,
    close_indent: usize,
    row: Row,
}

/// The last item that may be a row of a table.
#[derive(Clone, Copy, Default)]
struct Row {
    line: usize,
    /// Rows of different shapes are not aligned.
    shape: Option<usize>,
    table: u32,
}

/// The shape of rows that have no column but the comment.
const COMMENT_ONLY: usize = usize::MAX;

impl Printer<'_> {
    // Beginnings

    pub(super) fn begin_file(&mut self) {
        let file = self.file;
        let mut items: Vec<Item> = file.leading_attributes.0.range().map(|at| Item::Attribute(at as u32)).collect();
        items.extend(file.package.map(|_| Item::Package));
        let mut at = 0;
        while let Some(import) = file.imports.get(at) {
            let same = |other: &&Import| import.parenthesised && other.group == import.group;
            let len = file.imports[at..].iter().take_while(same).count().max(1);
            items.push(Item::Imports { first: at as u32, len: len as u32 });
            at += len;
        }
        items.extend(file.decl_list(file.decls).iter().map(|&id| Item::Decl(id)));
        if !file.lines.is_empty() && items.iter().all(|&item| !self.span(item).is_none()) {
            items.sort_by_key(|&item| self.span(item).start);
        }
        let line = (!file.lines.is_empty()).then_some(0);
        self.bodies.push(Body {
            kind: Kind::File,
            items,
            next: 0,
            close: "",
            line,
            close_line: None,
            vertical: true,
            opens_lines: false,
            outer_indent: 0,
            outer_subscripts: 0,
            close_indent: 0,
            row: Row::default(),
        });
        self.inside(CommentOwner::File, Slot::Doc);
        self.tasks.push(Task::Body);
    }

    fn begin(&mut self, kind: Kind, items: Vec<Item>, span: Span, line: Option<usize>, owner: CommentOwner) {
        let close = match kind {
            Kind::Struct => "}",
            Kind::List { .. } if self.file_is_call(owner) => ")",
            Kind::List { .. } => "]",
            _ => ")",
        };
        let flat = self.is_flat();
        let close_line = self.last_line(span).filter(|_| !flat && line.is_some());
        let line = line.filter(|_| !flat && close_line.is_some());
        let mut body = Body {
            kind,
            items,
            next: 0,
            close,
            line,
            close_line,
            vertical: false,
            opens_lines: false,
            outer_indent: self.out.indent,
            outer_subscripts: self.subscripts,
            close_indent: self.out.line_indent(),
            row: Row::default(),
        };
        body.vertical = match kind {
            Kind::Struct => !flat && self.is_vertical(&body, span),
            Kind::Imports => true,
            _ => false,
        };
        if let Some(indent) = self.block_indent.take() {
            body.close_indent = indent;
        }
        self.out.indent = body.close_indent + 1;
        if body.close != ")" {
            self.subscripts = 0;
        }
        self.bodies.push(body);
        self.inside(owner, Slot::Inside);
        self.tasks.push(Task::Body);
    }

    pub(super) fn begin_struct(&mut self, id: ExprId, decls: DeclList) {
        let span = self.file.expr_span(id);
        let items = self.file.decl_list(decls).iter().map(|&id| Item::Decl(id)).collect();
        self.out.write("{");
        self.begin(Kind::Struct, items, span, self.first_line(span), CommentOwner::Expr(id));
    }

    pub(super) fn begin_list(&mut self, id: ExprId, elements: ExprList) {
        let span = self.file.expr_span(id);
        let bare = self.file.bare_lists.binary_search(&id).is_ok();
        self.out.write("[");
        self.begin_exprs(id, elements, bare, span, self.first_line(span));
    }

    pub(super) fn begin_arguments(&mut self, id: ExprId) {
        let Expr::Call { function, arguments } = self.file.expr(id) else { return };
        let span = self.file.expr_span(id);
        let line = self.last_line(self.file.expr_span(function));
        self.out.write("(");
        self.begin_exprs(id, arguments, false, span, line);
    }

    fn begin_exprs(&mut self, id: ExprId, list: ExprList, bare: bool, span: Span, line: Option<usize>) {
        let items = self.file.expr_list(list).iter().map(|&id| Item::Expr(id)).collect();
        self.begin(Kind::List { bare }, items, span, line, CommentOwner::Expr(id));
    }

    fn begin_imports(&mut self, first: u32, len: u32) {
        let imports = &self.file.imports[first as usize..(first + len) as usize];
        if !imports.iter().any(|import| import.parenthesised) {
            self.out.write("import ");
            self.import(first);
            return;
        }
        let spans = imports[0].span.to(imports[imports.len() - 1].span);
        let line = self.first_line(spans);
        self.out.write("import (");
        let items = (first..first + len).map(Item::Import).collect();
        self.begin(Kind::Imports, items, spans, line, CommentOwner::Import(first));
    }

    fn file_is_call(&self, owner: CommentOwner) -> bool {
        matches!(owner, CommentOwner::Expr(id) if matches!(self.file.expr(id), Expr::Call { .. }))
    }

    /// Whether a struct has each declaration on a line of its own: one that the author did not write on one line. Without
    /// a text, one of several declarations, and the body of a comprehension.
    fn is_vertical(&self, body: &Body, span: Span) -> bool {
        match (self.first_line(span), self.last_line(span)) {
            (Some(first), Some(last)) => last > first,
            _ => body.items.len() > usize::from(self.block_indent.is_none()),
        }
    }

    // Items

    pub(super) fn body(&mut self) {
        self.end_item();
        let Some(body) = self.bodies.last() else { return };
        let Some(&item) = body.items.get(body.next) else { return self.close_body() };
        self.begin_item(item);
        if let Some(body) = self.bodies.last_mut() {
            body.next += 1;
        }
        self.tasks.push(Task::Body);
        let row = self.bodies.last().is_some_and(|body| body.row.shape.is_some());
        self.item(item, row);
    }

    /// Separates an item from what is before it, and writes the comments before it.
    fn begin_item(&mut self, item: Item) {
        let Some(body) = self.bodies.last() else { return };
        let (kind, first, vertical, mut line) = (body.kind, body.next == 0, body.vertical, body.line);
        if self.is_flat() {
            if !first {
                self.out.write(", ");
            }
            return;
        }
        let docs = self.docs(item);
        let starts = self.first_line(self.span_with_docs(item));
        let gap = match (line, starts) {
            (Some(line), Some(starts)) => starts.saturating_sub(line),
            _ => usize::from(vertical),
        };
        // `{{` stays together.
        let hugs = first && gap == 0 && self.is_embedding(item);
        // A comment that stood inside the item, where it could not stay, comes directly before it.
        let moved = docs.iter().any(|&doc| self.file.comments[doc].span.start > self.span(item).start);
        let section = !first && self.begins_section(item, !docs.is_empty());
        let below_header = kind == Kind::File && first && !self.out.is_closed();
        if section || gap > 1 && !below_header {
            self.out.blank_line();
        } else if gap > 0 || moved || self.out.is_closed() || vertical && docs.is_empty() && !hugs {
            self.out.newline();
        } else if !first {
            let separator = match kind {
                Kind::List { bare: false } => " ",
                _ => ", ",
            };
            self.out.write(separator);
        }
        let fresh = self.out.is_line_empty();
        for (number, &doc) in docs.iter().enumerate() {
            line = if number == 0 && fresh {
                self.comment(doc);
                self.last_line(self.file.comments[doc].span)
            } else {
                self.comment_after(doc, line)
            };
        }
        if self.out.is_closed() {
            self.out.newline();
        }
        let begins_line = self.out.is_line_empty();
        let shape = if begins_line { self.shape(item) } else { None };
        let row_line = self.out.line();
        if let Some(body) = self.bodies.last_mut() {
            body.opens_lines |= first && begins_line;
            let aligned = body.row.shape == shape && body.row.line + 1 == row_line && body.row.table > 0;
            let table = if aligned { body.row.table } else { 0 };
            body.row = Row { line: row_line, shape, table };
        }
    }

    fn is_embedding(&self, item: Item) -> bool {
        matches!(item, Item::Decl(id) if matches!(self.file.decl(id), DeclKind::Embedding(_)))
    }

    /// Whether a blank line stands before an item, whatever the author did.
    fn begins_section(&self, item: Item, documented: bool) -> bool {
        let Some(body) = self.bodies.last() else { return false };
        match body.items[body.next - 1] {
            Item::Package | Item::Imports { .. } => true,
            Item::Decl(id) if documented && matches!(item, Item::Decl(_)) => match self.file.decl(id) {
                DeclKind::Field(field) => match field.label {
                    Label::Ident(name) => {
                        let name = self.file.text(name);
                        name.starts_with('#') || name.starts_with("_#")
                    }
                    _ => false,
                },
                _ => true,
            },
            _ => false,
        }
    }

    fn item(&mut self, item: Item, row: bool) {
        match item {
            Item::Attribute(index) => self.attribute(index),
            Item::Package => {
                self.out.write("package ");
                if let Some(name) = self.file.package {
                    self.text(name.text);
                }
            }
            Item::Imports { first, len } => self.begin_imports(first, len),
            Item::Import(index) => self.import(index),
            Item::Decl(id) => self.tasks.push(Task::Decl { id, row }),
            Item::Expr(id) => {
                // A comprehension indents its body only.
                if !matches!(self.file.expr(id), Expr::Comprehension(_)) {
                    self.tasks.push(Task::Indent(self.out.indent));
                    self.out.indent = self.out.line_indent() + 1;
                }
                self.tasks.push(Task::Bare(id));
            }
        }
    }

    fn import(&mut self, index: u32) {
        let import = self.file.imports[index as usize];
        if let Some(alias) = import.alias {
            self.text(alias.text);
            self.out.write(" ");
        }
        let spelling = Spelling { quote: Quote::String, multiline: false, hashes: 0 };
        self.string(self.file.text(import.path).as_bytes(), spelling, import.path_span);
        self.attributes(import.attributes, false);
    }

    /// Ends the item that was printed last: comma, comments, alignment.
    fn end_item(&mut self) {
        let flat = self.is_flat();
        let Some(body) = self.bodies.last() else { return };
        let Some(&item) = body.next.checked_sub(1).and_then(|last| body.items.get(last)) else { return };
        if flat {
            return;
        }
        let (kind, last) = (body.kind, body.next == body.items.len());
        let end = self.last_line(self.span(item));
        let line_comments = self.comments_of(self.owner(item), Slot::Line);
        let after = self.comments_of(self.owner(item), Slot::After);
        if let Kind::List { bare: false } = kind {
            let closes_on_own_line = match (end, body.close_line) {
                (Some(end), Some(close)) if close > end => true,
                _ => body.opens_lines,
            };
            if !last || closes_on_own_line || !line_comments.is_empty() || !after.is_empty() {
                self.out.write(",");
            }
        }
        let mut line = end;
        for &comment in &line_comments {
            if self.out.is_closed() {
                self.out.newline();
            } else {
                self.out.column(Column::Comment);
            }
            self.comment(comment);
        }
        self.align();
        for comment in after {
            line = self.comment_after(comment, line);
        }
        if let Some(body) = self.bodies.last_mut() {
            body.line = line;
        }
    }

    /// Makes the line of the item a row of a table, if it is one line.
    fn align(&mut self) {
        let Some(body) = self.bodies.last() else { return };
        let mut row = body.row;
        if row.shape.is_none() || row.line != self.out.line() {
            row = Row::default();
        } else {
            if row.table == 0 {
                row.table = self.out.new_table();
            }
            self.out.set_table(row.line, row.table);
        }
        if let Some(body) = self.bodies.last_mut() {
            body.row = row;
        }
    }

    fn close_body(&mut self) {
        let flat = self.is_flat();
        let Some(body) = self.bodies.pop() else { return };
        if body.kind != Kind::File {
            let gap = match (body.line, body.close_line) {
                (Some(line), Some(close)) if body.kind != Kind::Imports => close.saturating_sub(line),
                _ => 0,
            };
            self.out.indent = body.close_indent;
            let empty = body.items.is_empty() && !self.out.is_closed();
            if flat || empty {
                // Nothing keeps the brackets apart.
            } else if gap > 1 {
                self.out.blank_line();
            } else if gap > 0 || body.vertical && body.items.len() > 1 || body.opens_lines || self.out.is_closed() {
                self.out.newline();
            }
            self.out.write(body.close);
        }
        self.out.indent = body.outer_indent;
        self.subscripts = body.outer_subscripts;
    }

    // Questions about items

    fn span(&self, item: Item) -> Span {
        let file = self.file;
        match item {
            Item::Attribute(index) => file.attributes[index as usize].span,
            Item::Package => file.package.map_or(Span::NONE, |name| name.span),
            Item::Imports { first, len } => {
                file.imports[first as usize].span.to(file.imports[(first + len - 1) as usize].span)
            }
            Item::Import(index) => file.imports[index as usize].span,
            Item::Decl(id) => file.decl_span(id),
            Item::Expr(id) => file.expr_span(id),
        }
    }

    fn owner(&self, item: Item) -> CommentOwner {
        match item {
            Item::Attribute(index) => CommentOwner::Attribute(index),
            Item::Package => CommentOwner::Package,
            // Inside its parentheses a group shows the comments of its imports itself.
            Item::Imports { first, .. } if self.file.imports[first as usize].parenthesised => CommentOwner::File,
            Item::Imports { first, .. } | Item::Import(first) => CommentOwner::Import(first),
            Item::Decl(id) => CommentOwner::Decl(id),
            Item::Expr(id) => CommentOwner::Expr(id),
        }
    }

    /// The comments before an item. Those of the first import of a group stand before the group.
    fn docs(&self, item: Item) -> Vec<usize> {
        match item {
            Item::Imports { first, .. } => self.comments_of(CommentOwner::Import(first), Slot::Doc),
            Item::Import(index) if self.opens_group(index) => Vec::new(),
            _ => self.comments_of(self.owner(item), Slot::Doc),
        }
    }

    fn opens_group(&self, index: u32) -> bool {
        let imports = &self.file.imports;
        let group = imports[index as usize].group;
        index == 0 || imports[index as usize - 1].group != group
    }

    fn span_with_docs(&self, item: Item) -> Span {
        let mut span = self.span(item);
        if let Item::Import(index) = item
            && self.opens_group(index)
        {
            // Its span begins with the word `import`.
            span = self.file.imports[index as usize].path_span;
        }
        self.docs(item).first().map_or(span, |&doc| self.file.comments[doc].span.to(span))
    }

    /// How an item is aligned with those around it, if it can be.
    fn shape(&self, item: Item) -> Option<usize> {
        match item {
            Item::Expr(_) | Item::Import(_) => Some(COMMENT_ONLY),
            Item::Decl(id) => self.chain_len(id),
            Item::Attribute(_) | Item::Package | Item::Imports { .. } => None,
        }
    }

    /// Comments before the first item.
    fn inside(&mut self, owner: CommentOwner, slot: Slot) {
        for comment in self.comments_of(owner, slot) {
            let line = self.bodies.last().and_then(|body| body.line);
            let line = self.comment_after(comment, line);
            if let Some(body) = self.bodies.last_mut() {
                body.line = line;
            }
        }
    }
}
