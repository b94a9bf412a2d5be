//! Expressions.

use strata_base::Span;

use super::{Printer, Task};
use crate::ast::*;
use crate::quote;

/// The precedence of a unary operator, above all binary ones.
const UNARY: u8 = 8;
/// The precedence of selectors, subscripts and calls.
const PRIMARY: u8 = 9;

impl Printer<'_> {
    pub(super) fn expr(&mut self, id: ExprId) {
        let file = self.file;
        let line = self.first_line(file.expr_span(id)).unwrap_or(usize::MAX);
        match file.expr(id) {
            Expr::Bad | Expr::Bottom => self.out.write("_|_"),
            Expr::Ident(text) | Expr::Int(text) | Expr::Float(text) => self.text(text),
            Expr::Null => self.out.write("null"),
            Expr::Bool(value) => self.out.write(if value { "true" } else { "false" }),
            Expr::String { value, spelling } => self.string(file.text(value).as_bytes(), spelling, file.expr_span(id)),
            Expr::Bytes { value, spelling } => self.string(file.byte_string(value), spelling, file.expr_span(id)),
            Expr::Interpolation { spelling, .. } => self.interpolation(id, spelling),
            Expr::Struct(decls) => self.begin_struct(id, decls),
            Expr::List(elements) => self.begin_list(id, elements),
            Expr::Ellipsis(element) => {
                self.out.write("...");
                self.tasks.extend(element.map(Task::Bare));
            }
            Expr::Comprehension(comprehension) => self.comprehension(comprehension),
            Expr::Paren(inner) => {
                self.out.write("(");
                self.tasks.push(Task::Text(")"));
                self.tasks.push(Task::After {
                    id: inner,
                    line,
                    precedence: 0,
                    space: false,
                    depth: 1 + self.subscripts,
                });
            }
            Expr::Unary { op, operand } => {
                self.out.write(op.symbol());
                if merges(op.symbol(), self.first_symbol(operand)) {
                    self.out.write(" ");
                }
                let depth = 1 + self.subscripts;
                self.tasks.push(Task::After { id: operand, line, precedence: UNARY, space: false, depth });
            }
            Expr::Binary { .. } => self.binary(id, 1 + self.subscripts),
            Expr::Selector { operand, .. } => {
                self.schedule([Task::Operand { id: operand, precedence: PRIMARY }, Task::Label(id)]);
            }
            Expr::Index { operand, index } => {
                let line = self.last_line(file.expr_span(operand)).unwrap_or(usize::MAX);
                let depth = 2 + self.subscripts;
                self.schedule([
                    Task::Operand { id: operand, precedence: PRIMARY },
                    Task::Text("["),
                    Task::Subscript(self.subscripts + 1),
                    Task::After { id: index, line, precedence: 0, space: false, depth },
                    Task::Subscript(self.subscripts),
                    Task::Text("]"),
                ]);
            }
            Expr::Slice { operand, low, high } => self.slice(operand, low, high),
            Expr::Call { function, .. } => {
                self.schedule([Task::Operand { id: function, precedence: PRIMARY }, Task::Arguments(id)]);
            }
            Expr::PostfixEllipsis(operand) => {
                self.schedule([Task::Operand { id: operand, precedence: PRIMARY }, Task::Text("...")]);
            }
            Expr::PostfixQuestion(operand) => {
                self.schedule([Task::Operand { id: operand, precedence: PRIMARY }, Task::Text("?")]);
            }
            Expr::Alias { name, value } => {
                self.text(name.text);
                self.out.write("=");
                self.keep_apart(value);
                self.tasks.push(Task::Bare(value));
            }
        }
    }
}

impl Printer<'_> {
    /// The dot and the label of a selector.
    pub(super) fn selector_label(&mut self, id: ExprId) {
        let Expr::Selector { label, label_span, .. } = self.file.expr(id) else { return };
        self.out.write(".");
        match label {
            SelectorLabel::Ident(text) => self.text(text),
            SelectorLabel::String(text) => {
                let spelling = Spelling { quote: Quote::String, multiline: false, hashes: 0 };
                let file = self.file;
                self.string(file.text(text).as_bytes(), spelling, label_span);
            }
            SelectorLabel::Bad => self.out.write("_"),
        }
    }

    fn slice(&mut self, operand: ExprId, low: Option<ExprId>, high: Option<ExprId>) {
        let is_binary = |id: Option<ExprId>| id.is_some_and(|id| matches!(self.file.expr(id), Expr::Binary { .. }));
        let wide = self.subscripts == 0 && low.is_some() && high.is_some() && (is_binary(low) || is_binary(high));
        let mut tasks = vec![
            Task::Operand { id: operand, precedence: PRIMARY },
            Task::Text("["),
            Task::Subscript(self.subscripts + 1),
        ];
        tasks.extend(low.map(Task::Bare));
        tasks.push(Task::Text(if wide { " : " } else { ":" }));
        tasks.extend(high.map(Task::Bare));
        tasks.extend([Task::Subscript(self.subscripts), Task::Text("]")]);
        self.schedule(tasks);
    }

    // Operators

    pub(super) fn operand(&mut self, id: ExprId, precedence: u8) {
        let own = match self.file.expr(id) {
            Expr::Binary { op, .. } => op.precedence(),
            Expr::Unary { .. } => UNARY,
            _ => PRIMARY,
        };
        if own < precedence {
            self.out.write("(");
            self.tasks.push(Task::Text(")"));
        }
        self.expr(id);
    }

    /// An expression after a token on a line of the text.
    pub(super) fn after(&mut self, id: ExprId, line: usize, precedence: u8, space: bool, depth: usize) {
        let docs = if self.is_flat() { Vec::new() } else { self.comments_of(CommentOwner::Expr(id), Slot::Doc) };
        let broken = self.first_line(self.file.expr_span(id)).is_some_and(|first| first > line);
        let mut last = Some(line);
        for &doc in &docs {
            last = self.comment_after(doc, last);
        }
        if broken && docs.is_empty() && !self.is_flat() {
            self.out.newline();
        } else if space && docs.is_empty() {
            self.out.write(" ");
        }
        self.tasks.push(match self.file.expr(id) {
            Expr::Binary { op, .. } if op.precedence() >= precedence => Task::Binary { id, depth },
            _ => Task::Operand { id, precedence },
        });
    }

    /// Operators are surrounded by spaces down to comparisons; in arithmetic spaces show what binds less strongly,
    /// and the deeper the expression stands the fewer there are.
    pub(super) fn binary(&mut self, id: ExprId, depth: usize) {
        let Expr::Binary { op, op_start, left, right } = self.file.expr(id) else { return };
        let precedence = op.precedence();
        // The alternatives of a disjunction and the operands of a unification are expressions of their own.
        let depth = if precedence <= BinaryOp::And.precedence() { self.subscripts } else { depth };
        let mixed = self.mixes.get(id.0 as usize) == Some(&(ADDITIVE | MULTIPLICATIVE));
        let spaced_below = match (depth.max(1), mixed) {
            (1, true) => 7,
            (1, false) => 8,
            _ => 6,
        };
        let space = precedence < spaced_below || merges(op.symbol(), self.first_symbol(right));
        let line = match self.first_line(self.file.expr_span(id)) {
            Some(_) => self.file.line(op_start),
            None => usize::MAX,
        };
        self.tasks.push(Task::After { id: right, line, precedence: precedence + 1, space, depth: depth + 1 });
        self.tasks.push(Task::Text(op.symbol()));
        if space {
            self.tasks.push(Task::Text(" "));
        }
        self.tasks.push(match self.file.expr(left) {
            Expr::Binary { op: inner, .. } if inner.precedence() >= precedence => {
                let deeper = usize::from(inner.precedence() != precedence);
                Task::Binary { id: left, depth: depth + deeper }
            }
            _ => Task::Operand { id: left, precedence },
        });
    }

    /// Which of the arithmetic precedences each binary expression and the operands it would not need parentheses
    /// around consist of. Operands precede their operators in the arena.
    pub(super) fn mixes(file: &File) -> Vec<u8> {
        let mut mixes = vec![0u8; file.exprs.len()];
        for (index, expr) in file.exprs.iter().enumerate() {
            let &Expr::Binary { op, left, right, .. } = expr else { continue };
            let precedence = op.precedence();
            let operand = |id: ExprId, least: u8| match file.expr(id) {
                Expr::Binary { op, .. } if op.precedence() >= least => mixes[id.0 as usize],
                _ => 0,
            };
            let own = match precedence {
                6 => ADDITIVE,
                7 => MULTIPLICATIVE,
                _ => 0,
            };
            mixes[index] = own | operand(left, precedence) | operand(right, precedence + 1);
        }
        mixes
    }

    /// The unary operator that an expression begins with, if any.
    fn first_symbol(&self, id: ExprId) -> &'static str {
        let mut id = id;
        loop {
            id = match self.file.expr(id) {
                Expr::Unary { op, .. } => return op.symbol(),
                Expr::Binary { left, .. } => left,
                _ => return "",
            };
        }
    }

    /// After the `=` of an alias: a value that begins with an operator must not become part of the token.
    pub(super) fn keep_apart(&mut self, value: ExprId) {
        if self.first_symbol(value).starts_with(['=', '~']) {
            self.out.write(" ");
        }
    }

    // Literals

    /// What stands between the quotes: as the author spelt it, if there is one.
    fn content(&self, value: &[u8], spelling: Spelling, span: Span, part: u32) -> String {
        let spelt = self.file.spellings.get(&(span.start, part)).filter(|_| span.file == self.file.id);
        spelt.map_or_else(|| quote::content(value, spelling), |&text| self.file.text(text).to_string())
    }

    /// How far the lines of a multi-line literal are indented.
    fn margin(&self) -> usize {
        self.out.line_indent() + usize::from(!self.out.is_line_empty())
    }

    pub(super) fn string(&mut self, value: &[u8], spelling: Spelling, span: Span) {
        let (open, close) = quote::delimiter(spelling);
        let content = self.content(value, spelling, span, 0);
        let margin = self.margin();
        self.out.write(&open);
        if spelling.multiline {
            for line in content.split('\n').filter(|_| !value.is_empty()) {
                self.out.literal_line(margin, line);
            }
            self.out.literal_line(margin, &close);
        } else {
            self.out.write(&content);
            self.out.write(&close);
        }
    }

    fn interpolation(&mut self, id: ExprId, spelling: Spelling) {
        let (open, _) = quote::delimiter(spelling);
        let margin = self.margin();
        self.out.write(&open);
        self.tasks.push(Task::Part { id, index: 0, margin });
    }

    /// A part of an interpolation and those after it.
    pub(super) fn part(&mut self, id: ExprId, index: usize, margin: usize) {
        let file = self.file;
        let Expr::Interpolation { parts, spelling } = file.expr(id) else { return };
        let (first, last) = (index == 0, index + 1 == parts.0.len as usize);
        let value: &[u8] = match file.part_list(parts)[index] {
            Part::Text(text) => file.text(text).as_bytes(),
            Part::Bytes(bytes) => file.byte_string(bytes),
            Part::Expr(expr) => {
                self.out.write(&quote::escape(spelling));
                self.out.write("(");
                self.schedule([
                    Task::EnterInterpolation,
                    Task::Subscript(self.subscripts + 1),
                    Task::Bare(expr),
                    Task::Subscript(self.subscripts),
                    Task::LeaveInterpolation,
                    Task::Text(")"),
                    Task::Part { id, index: index + 1, margin },
                ]);
                return;
            }
        };
        let content = self.content(value, spelling, file.expr_span(id), index as u32);
        let (_, close) = quote::delimiter(spelling);
        if spelling.multiline {
            let lines = content.split('\n').count();
            for (number, line) in content.split('\n').enumerate() {
                if number == 0 && !first {
                    self.out.write(line);
                } else if number + 1 == lines && !last {
                    self.out.literal_start(margin, line);
                } else {
                    self.out.literal_line(margin, line);
                }
            }
            if last {
                self.out.literal_line(margin, &close);
            }
        } else {
            self.out.write(&content);
            if last {
                self.out.write(&close);
            }
        }
        if !last {
            self.tasks.push(Task::Part { id, index: index + 1, margin });
        }
    }
}

const ADDITIVE: u8 = 1;
const MULTIPLICATIVE: u8 = 2;

/// Whether an operator and the one that an operand begins with would be read as another one.
fn merges(operator: &str, operand: &str) -> bool {
    match operand.as_bytes().first() {
        Some(b'-') => operator == "<",
        Some(b'=') => matches!(operator, "<" | ">" | "!" | "="),
        Some(b'~') => matches!(operator, "=" | "!"),
        _ => false,
    }
}
