//! Declarations of structs and files, and comprehensions.

use super::Parser;
use super::frame::{Due, Frame, Next, Unfinished};
use crate::ast::*;
use crate::codes;
use crate::token::Kind;

impl Parser<'_> {
    pub(super) fn declaration(&mut self) -> Next {
        let start = self.token.start;
        let kind = self.token.kind;
        match kind {
            Kind::RightBrace if matches!(self.frames.last(), Some(Frame::Struct { .. })) => return self.end_struct(),
            Kind::RightBrace => {
                self.expected(codes::EXPECTED, "'EOF'");
                self.bump();
                return Next::Declaration;
            }
            Kind::Eof => return self.end_struct(),
            Kind::Attribute => {
                let attribute = self.attribute();
                return self.end_declaration(start, DeclKind::Attribute(attribute));
            }
            Kind::Ellipsis => {
                self.bump();
                return self.end_declaration(start, DeclKind::Ellipsis(None));
            }
            Kind::For | Kind::If | Kind::Try if self.begins_comprehension() => return self.begin_comprehension(false),
            Kind::Let if self.peek(1) == Kind::Ident => {
                self.bump();
                let name = self.declared_name();
                self.expect(Kind::Bind);
                self.push(Frame::Let { start, name });
                return Next::Operand;
            }
            _ => {}
        }
        self.head(false)
    }

    /// Takes a finished declaration and what separates it from the next.
    pub(super) fn end_declaration(&mut self, start: u32, kind: DeclKind) -> Next {
        let span = self.span_from(start);
        let decl = self.build.decl(kind, span);
        self.decls.push(decl);
        self.separate_declaration()
    }

    pub(super) fn separate_declaration(&mut self) -> Next {
        let more = self.separator("struct literal", Some(Kind::RightBrace));
        // A file ends at its end only; a brace too many is told by the next declaration.
        let stray = self.at(Kind::RightBrace) && matches!(self.frames.last(), Some(Frame::File { .. }));
        if more || stray { Next::Declaration } else { self.end_struct() }
    }

    /// Ends the struct or the file on top.
    fn end_struct(&mut self) -> Next {
        match self.frames.last() {
            Some(&Frame::Struct { start, base }) => {
                self.close(Kind::RightBrace);
                self.pop();
                let decls = self.build.decl_list(&self.decls[base..]);
                self.decls.truncate(base);
                let expr = self.expr(start, Expr::Struct(decls));
                // The body of a comprehension is no operand.
                let body = matches!(self.frames.last(), Some(Frame::Comprehension(_)));
                if body { Next::Whole(expr) } else { Next::Tail(expr) }
            }
            Some(&Frame::File { base }) => {
                self.build.file.decls = self.build.decl_list(&self.decls[base..]);
                self.decls.truncate(base);
                Next::End(None)
            }
            _ => Next::End(None),
        }
    }

    /// Takes an attribute; the index that it got.
    pub(super) fn attribute(&mut self) -> u32 {
        let span = self.token_span();
        let text = self.token_text();
        let inner = text.strip_prefix('@').unwrap_or(text);
        let (name, body) = inner.split_once('(').unwrap_or((inner, ""));
        let name = self.build.text(name.trim());
        let body = self.build.text(body.strip_suffix(')').unwrap_or(body));
        self.bump();
        self.build.attribute(Attribute { name, body, span })
    }

    // Comprehensions

    /// At `for`, `if` or `try`: they may be labels and references as well.
    pub(super) fn begins_comprehension(&mut self) -> bool {
        let kind = self.token.kind;
        match self.peek(1) {
            Kind::Colon | Kind::Bind | Kind::Question | Kind::Comma | Kind::Eof | Kind::Tilde => false,
            Kind::Not if kind == Kind::If => self.peek(2) != Kind::Colon,
            Kind::Not => false,
            _ => true,
        }
    }

    pub(super) fn begin_comprehension(&mut self, element: bool) -> Next {
        let (start, base) = (self.token.start, self.clauses.len());
        self.push(Frame::Comprehension(Box::new(Unfinished { start, base, element, due: Due::Body })));
        Next::Clause
    }

    pub(super) fn clause(&mut self) -> Next {
        let due = match self.token.kind {
            Kind::For => {
                self.bump();
                let first = self.declared_name();
                let (key, value) =
                    if self.eat(Kind::Comma) { (Some(first), self.declared_name()) } else { (None, first) };
                self.expect(Kind::In);
                Due::Source { key, value }
            }
            Kind::If => {
                self.bump();
                Due::Condition
            }
            Kind::Let => {
                self.bump();
                let name = self.declared_name();
                self.expect(Kind::Bind);
                Due::Let(name)
            }
            Kind::Try => return self.try_clause(),
            Kind::LeftBrace => Due::Body,
            _ => {
                self.expected(codes::COMPREHENSION, "'{'");
                let body = self.bad_expr(self.token.start);
                return self.end_comprehension(body, None);
            }
        };
        if let Some(Frame::Comprehension(unfinished)) = self.frames.last_mut() {
            unfinished.due = due;
        }
        Next::Operand
    }

    fn try_clause(&mut self) -> Next {
        if !self.experiments.try_clause {
            let message = "try clause requires the try experiment (language version v0.16.0 or later)";
            self.error_at(codes::EXPERIMENT, self.token_span(), message);
        }
        self.bump();
        if self.at(Kind::Ident) {
            let name = self.declared_name();
            self.expect(Kind::Bind);
            if let Some(Frame::Comprehension(unfinished)) = self.frames.last_mut() {
                unfinished.due = Due::TryLet(name);
            }
            return Next::Operand;
        }
        self.add_clause(Clause::Try)
    }

    fn add_clause(&mut self, clause: Clause) -> Next {
        let clause = self.build.clause(clause);
        self.clauses.push(clause);
        self.eat(Kind::Comma);
        Next::Clause
    }

    /// Takes the expression that the comprehension on top waits for.
    pub(super) fn end_clause(&mut self, expr: ExprId) -> Next {
        let Some(Frame::Comprehension(unfinished)) = self.frames.last() else { return Next::End(None) };
        match unfinished.due {
            Due::Source { key, value } => self.add_clause(Clause::For { key, value, source: expr }),
            Due::Condition => self.add_clause(Clause::If(expr)),
            Due::Let(name) => self.add_clause(Clause::Let { name, value: expr }),
            Due::TryLet(name) => self.add_clause(Clause::TryLet { name, value: expr }),
            Due::Body => match self.token.kind {
                Kind::Else | Kind::Fallback | Kind::Otherwise => self.fallback(expr),
                _ => self.end_comprehension(expr, None),
            },
            Due::Fallback { kind, body } => self.end_comprehension(body, Some(Fallback { kind, body: expr })),
        }
    }

    /// At `else` or `otherwise` behind the body of a comprehension.
    fn fallback(&mut self, body: ExprId) -> Next {
        let word = self.token.kind;
        if !self.experiments.try_clause {
            let message = format!("{} requires @experiment(try)", word.name());
            self.error_at(codes::EXPERIMENT, self.token_span(), message);
        }
        let single_guard = match self.frames.last() {
            Some(Frame::Comprehension(unfinished)) => match &self.clauses[unfinished.base..] {
                [only] => !matches!(self.build.file.clause(*only), Clause::For { .. } | Clause::Let { .. }),
                _ => false,
            },
            _ => false,
        };
        if single_guard && word != Kind::Else {
            let message = "use 'else' with single 'if' or 'try' clause";
            self.error_at(codes::COMPREHENSION, self.token_span(), message);
        } else if !single_guard && word == Kind::Else {
            let message = "use 'otherwise' for comprehensions with multiple clauses or 'for' clauses";
            self.error_at(codes::COMPREHENSION, self.token_span(), message);
        }
        self.bump();
        let kind = if word == Kind::Else { FallbackKind::Else } else { FallbackKind::Otherwise };
        if !self.at(Kind::LeftBrace) {
            self.expected(codes::COMPREHENSION, "'{'");
            return self.end_comprehension(body, None);
        }
        if let Some(Frame::Comprehension(unfinished)) = self.frames.last_mut() {
            unfinished.due = Due::Fallback { kind, body };
        }
        Next::Operand
    }

    fn end_comprehension(&mut self, body: ExprId, fallback: Option<Fallback>) -> Next {
        let Some(Frame::Comprehension(unfinished)) = self.pop() else { return Next::End(None) };
        let clauses = self.build.clause_list(&self.clauses[unfinished.base..]);
        self.clauses.truncate(unfinished.base);
        let comprehension = Comprehension { clauses, body, fallback };
        if unfinished.element {
            let expr = self.expr(unfinished.start, Expr::Comprehension(comprehension));
            self.exprs.push(expr);
            self.separate_element()
        } else {
            self.end_declaration(unfinished.start, DeclKind::Comprehension(comprehension))
        }
    }
}
