//! Operands, what may follow them, operators, lists, calls and interpolations.

use strata_base::Span;

use super::frame::{Frame, Next};
use super::{PLAIN, Parser, RawPart};
use crate::ast::*;
use crate::codes;
use crate::literal::Form;
use crate::token::Kind;

impl Parser<'_> {
    pub(super) fn bad_expr(&mut self, start: u32) -> ExprId {
        let span = self.span_from(start);
        self.build.expr(Expr::Bad, span)
    }

    /// An expression from `start` to the end of the last token.
    pub(super) fn expr(&mut self, start: u32, expr: Expr) -> ExprId {
        let span = self.span_from(start);
        self.build.expr(expr, span)
    }

    pub(super) fn start_of(&self, expr: ExprId) -> u32 {
        self.build.file.expr_span(expr).start
    }

    // Operands

    pub(super) fn operand(&mut self) -> Next {
        let start = self.token.start;
        let kind = self.token.kind;
        match kind {
            Kind::Ident => return self.identifier(),
            Kind::LeftBrace => {
                self.bump();
                let base = self.decls.len();
                self.push(Frame::Struct { start, base });
                return Next::Declaration;
            }
            Kind::LeftBracket => {
                self.bump();
                let base = self.exprs.len();
                self.push(Frame::List { start, base, bare: false });
                return Next::Element;
            }
            Kind::LeftParen => {
                self.bump();
                self.push(Frame::Paren { start });
                return Next::Operand;
            }
            Kind::InterpolationStart => {
                let base = self.parts.len();
                self.push(Frame::Interpolation { start, base });
                return self.interpolation_text();
            }
            _ => {}
        }
        if let Some(op) = kind.unary()
            && (op != UnaryOp::Equal || self.experiments.struct_comparison)
        {
            self.bump();
            self.push(Frame::Unary { op, start });
            return Next::Operand;
        }
        if let Some(scalar) = self.scalar() {
            return Next::Tail(scalar);
        }
        if kind.is_keyword() {
            let name = Expr::Ident(self.build.text(self.token_text()));
            self.bump();
            return Next::Tail(self.expr(start, name));
        }
        self.expected(codes::OPERAND, "operand");
        let span = Span { file: self.id, start, end: start };
        Next::Tail(self.build.expr(Expr::Bad, span))
    }

    /// Takes a literal of one token.
    pub(super) fn scalar(&mut self) -> Option<ExprId> {
        let start = self.token.start;
        let expr = match self.token.kind {
            Kind::Bottom => Expr::Bottom,
            Kind::Null => Expr::Null,
            Kind::True => Expr::Bool(true),
            Kind::False => Expr::Bool(false),
            Kind::Int => Expr::Int(self.build.text(self.token_text())),
            Kind::Float => Expr::Float(self.build.text(self.token_text())),
            Kind::String => self.string(),
            _ => return None,
        };
        self.bump();
        Some(self.expr(start, expr))
    }

    fn identifier(&mut self) -> Next {
        let start = self.token.start;
        let text = self.build.text(self.token_text());
        self.bump();
        let mut expr = self.expr(start, Expr::Ident(text));
        // `a?:` is an optional field and not `a?`.
        if self.at(Kind::Question) && self.peek(1) != Kind::Colon {
            expr = self.question(expr);
        }
        Next::Tail(expr)
    }

    fn string(&mut self) -> Expr {
        if self.token.plain {
            let text = self.token_text();
            let content = &text[1..text.len() - 1];
            return if text.starts_with('"') {
                Expr::String { value: self.build.text(content), spelling: PLAIN }
            } else {
                let spelling = Spelling { quote: Quote::Bytes, ..PLAIN };
                Expr::Bytes { value: self.build.byte_string(content.as_bytes()), spelling }
            };
        }
        let Some((spelling, value)) = self.literal(self.token) else { return Expr::Bad };
        match spelling.quote {
            Quote::Bytes => Expr::Bytes { value: self.build.byte_string(&value), spelling },
            Quote::String => match std::str::from_utf8(&value) {
                Ok(value) => Expr::String { value: self.build.text(value), spelling },
                // Only escapes of bytes could break a character, and strings have none.
                Err(_) => Expr::Bad,
            },
        }
    }

    fn question(&mut self, operand: ExprId) -> ExprId {
        if !self.experiments.try_clause {
            let message = "optional marker (?) requires the try experiment (language version v0.16.0 or later)";
            self.error_at(codes::EXPERIMENT, self.token_span(), message);
        }
        self.bump();
        self.expr(self.start_of(operand), Expr::PostfixQuestion(operand))
    }

    // Postfixes and operators

    pub(super) fn tail(&mut self, operand: ExprId) -> Next {
        let mut expr = operand;
        loop {
            match self.token.kind {
                Kind::Period => expr = self.selector(expr),
                Kind::LeftBracket => return self.index(expr),
                Kind::LeftParen => {
                    self.bump();
                    let base = self.exprs.len();
                    self.push(Frame::Call { function: expr, base });
                    return Next::Argument;
                }
                Kind::Ellipsis => {
                    if !self.experiments.explicit_open {
                        let message = "postfix ... operator requires @experiment(explicitopen)";
                        self.error_at(codes::EXPERIMENT, self.token_span(), message);
                    }
                    self.bump();
                    expr = self.expr(self.start_of(expr), Expr::PostfixEllipsis(expr));
                }
                _ => return self.operator(expr),
            }
        }
    }

    fn selector(&mut self, operand: ExprId) -> ExprId {
        self.bump();
        let label_span = self.token_span();
        let label = match self.token.kind {
            kind if kind == Kind::Ident || kind.is_keyword() => {
                let text = self.build.text(self.token_text());
                self.bump();
                SelectorLabel::Ident(text)
            }
            Kind::String if self.token_text().starts_with('"') && !self.token_text().starts_with("\"\"\"") => {
                let label = match self.string() {
                    Expr::String { value, .. } => SelectorLabel::String(value),
                    _ => SelectorLabel::Bad,
                };
                self.bump();
                label
            }
            _ => {
                self.expected(codes::EXPECTED, "selector");
                SelectorLabel::Bad
            }
        };
        let expr = self.expr(self.start_of(operand), Expr::Selector { operand, label, label_span });
        if self.at(Kind::Question) { self.question(expr) } else { expr }
    }

    fn index(&mut self, operand: ExprId) -> Next {
        self.bump();
        self.push(Frame::Index { operand });
        if self.at(Kind::Colon) { self.slice(operand, None) } else { Next::Operand }
    }

    /// At the colon of a slice, with an [`Frame::Index`] on top.
    fn slice(&mut self, operand: ExprId, low: Option<ExprId>) -> Next {
        self.bump();
        self.pop();
        self.push(Frame::Slice { operand, low });
        match self.token.kind {
            Kind::RightBracket | Kind::Eof => self.end_slice(None),
            _ => Next::Operand,
        }
    }

    fn end_slice(&mut self, high: Option<ExprId>) -> Next {
        let Some(Frame::Slice { operand, low }) = self.pop() else { return Next::End(None) };
        self.close(Kind::RightBracket);
        Next::Tail(self.expr(self.start_of(operand), Expr::Slice { operand, low, high }))
    }

    /// The operand is complete: unary operators before it take it, and so do binary ones that bind at least as
    /// strongly as what follows.
    fn operator(&mut self, operand: ExprId) -> Next {
        let mut expr = operand;
        while let Some(&Frame::Unary { op, start }) = self.frames.last() {
            self.pop();
            expr = self.expr(start, Expr::Unary { op, operand: expr });
        }
        let next = self.token.kind.binary();
        let strength = next.map_or(0, BinaryOp::precedence);
        while let Some(&Frame::Binary { op, op_start, left }) = self.frames.last()
            && op.precedence() >= strength
        {
            self.pop();
            expr = self.expr(self.start_of(left), Expr::Binary { op, op_start, left, right: expr });
        }
        let Some(op) = next else { return Next::Whole(expr) };
        let op_start = self.token.start;
        self.bump();
        self.push(Frame::Binary { op, op_start, left: expr });
        Next::Operand
    }

    /// Gives an expression to the construct that it is part of.
    pub(super) fn whole(&mut self, expr: ExprId) -> Next {
        match self.frames.last_mut() {
            None => Next::End(Some(expr)),
            Some(Frame::Input) => {
                self.eat_elided_comma();
                if !self.at(Kind::Eof) {
                    self.expected(codes::EXPECTED, "'EOF'");
                }
                Next::End(Some(expr))
            }
            Some(&mut Frame::Paren { start }) => {
                self.close(Kind::RightParen);
                self.pop();
                Next::Tail(self.expr(start, Expr::Paren(expr)))
            }
            Some(&mut Frame::Index { operand }) => {
                if self.at(Kind::Colon) {
                    return self.slice(operand, Some(expr));
                }
                self.eat(Kind::Comma);
                self.close(Kind::RightBracket);
                self.pop();
                let expr = self.expr(self.start_of(operand), Expr::Index { operand, index: expr });
                Next::Tail(if self.at(Kind::Question) { self.question(expr) } else { expr })
            }
            Some(Frame::Slice { .. }) => {
                self.eat(Kind::Comma);
                self.end_slice(Some(expr))
            }
            Some(Frame::Call { .. }) => {
                self.exprs.push(expr);
                if self.separator("argument list", Some(Kind::RightParen)) { Next::Argument } else { self.end_call() }
            }
            Some(Frame::Interpolation { .. }) => self.end_interpolated(expr),
            Some(Frame::List { .. }) => self.end_element(expr),
            Some(&mut Frame::ElementAlias { name }) => {
                self.pop();
                let expr = self.expr(name.span.start, Expr::Alias { name, value: expr });
                self.exprs.push(expr);
                self.separate_element()
            }
            Some(&mut Frame::Rest { start }) => {
                self.pop();
                self.rest(start, Some(expr))
            }
            Some(Frame::Head { .. }) => self.end_head(expr),
            Some(&mut Frame::Let { start, name }) => {
                self.pop();
                self.end_declaration(start, DeclKind::Let { name, value: expr })
            }
            Some(Frame::Comprehension(_)) => self.end_clause(expr),
            // Values come through their head, operators have been served.
            Some(Frame::Field(_) | Frame::File { .. } | Frame::Struct { .. }) => self.end_field(expr),
            Some(Frame::Unary { .. } | Frame::Binary { .. }) => self.operator(expr),
        }
    }

    // Calls

    pub(super) fn argument(&mut self) -> Next {
        if self.at(Kind::RightParen) || self.at(Kind::Eof) { self.end_call() } else { Next::Operand }
    }

    fn end_call(&mut self) -> Next {
        let Some(&Frame::Call { function, base }) = self.frames.last() else { return Next::End(None) };
        self.close(Kind::RightParen);
        self.pop();
        let arguments = self.build.expr_list(&self.exprs[base..]);
        self.exprs.truncate(base);
        Next::Tail(self.expr(self.start_of(function), Expr::Call { function, arguments }))
    }

    // Interpolations

    /// Takes a piece of text that an expression follows.
    fn interpolation_text(&mut self) -> Next {
        self.parts.push(RawPart::Text { start: self.token.start, end: self.token.end });
        self.bump();
        Next::Operand
    }

    fn end_interpolated(&mut self, expr: ExprId) -> Next {
        self.parts.push(RawPart::Expr(expr));
        self.eat_elided_comma();
        if !matches!(self.token.kind, Kind::InterpolationMiddle | Kind::InterpolationEnd) {
            self.expected(codes::EXPECTED, "')' for string interpolation");
        }
        let mut inner = 0usize;
        loop {
            match self.token.kind {
                Kind::InterpolationStart => inner += 1,
                Kind::InterpolationEnd if inner > 0 => inner -= 1,
                Kind::InterpolationMiddle if inner == 0 => return self.interpolation_text(),
                Kind::InterpolationEnd | Kind::Eof => break,
                _ => {}
            }
            self.bump();
        }
        if self.at(Kind::InterpolationEnd) {
            self.parts.push(RawPart::Text { start: self.token.start, end: self.token.end });
            self.bump();
        }
        let Some(Frame::Interpolation { start, base }) = self.pop() else { return Next::End(None) };
        let expr = self.interpolation(start, base).unwrap_or(Expr::Bad);
        self.parts.truncate(base);
        Next::Tail(self.expr(start, expr))
    }

    fn interpolation(&mut self, literal: u32, base: usize) -> Option<Expr> {
        let raw = self.parts[base..].to_vec();
        let (Some(&RawPart::Text { start, end }), Some(&RawPart::Text { start: last_start, end: last_end })) =
            (raw.first(), raw.last())
        else {
            return None;
        };
        let form = Form::of(self.text_between(start, end), self.text_between(last_start, last_end))?;
        let mut parts = Vec::with_capacity(raw.len());
        for (index, part) in raw.iter().enumerate() {
            parts.push(match *part {
                RawPart::Expr(expr) => Part::Expr(expr),
                RawPart::Text { start, end } => {
                    let last = index + 1 == raw.len();
                    let value = self.literal_part(&form, literal, index, start, end, last)?;
                    match form.spelling.quote {
                        Quote::Bytes => Part::Bytes(self.build.byte_string(&value)),
                        Quote::String => Part::Text(self.build.text(std::str::from_utf8(&value).ok()?)),
                    }
                }
            });
        }
        Some(Expr::Interpolation { parts: self.build.part_list(&parts), spelling: form.spelling })
    }

    // Lists

    pub(super) fn element(&mut self) -> Next {
        let start = self.token.start;
        let kind = self.token.kind;
        match kind {
            Kind::RightBracket | Kind::Eof => self.end_list(),
            Kind::Ellipsis => {
                self.bump();
                if matches!(self.token.kind, Kind::Comma | Kind::RightBracket | Kind::Eof) {
                    return self.rest(start, None);
                }
                self.push(Frame::Rest { start });
                Next::Operand
            }
            Kind::For | Kind::If | Kind::Try if self.begins_comprehension() => self.begin_comprehension(true),
            _ => match self.scalar() {
                Some(element) if matches!(self.token.kind, Kind::Comma | Kind::RightBracket) => {
                    self.exprs.push(element);
                    self.separate_element()
                }
                Some(element) => Next::Tail(element),
                None => Next::Operand,
            },
        }
    }

    fn end_element(&mut self, expr: ExprId) -> Next {
        if self.at(Kind::Bind) {
            self.check_old_alias();
            self.bump();
            if let Expr::Ident(text) = self.build.file.expr(expr) {
                let name = Name { text, span: self.build.file.expr_span(expr) };
                self.check_reserved(name);
                self.push(Frame::ElementAlias { name });
            } else {
                self.expected(codes::ALIAS, "identifier for alias");
            }
            return Next::Operand;
        }
        self.exprs.push(expr);
        self.separate_element()
    }

    pub(super) fn separate_element(&mut self) -> Next {
        // Before v0.17.0 only the comma of the last element could be left out at the end of a line.
        let newline = self.at(Kind::Comma) && self.token.elided;
        if newline && self.version < (0, 17, 0) && !matches!(self.peek(1), Kind::RightBracket | Kind::Eof) {
            self.error_at(codes::COMMA, self.token_span(), "missing ',' before newline in list literal");
        }
        let single = self.at(Kind::RightBracket);
        let more = self.separator("list literal", Some(Kind::RightBracket));
        let last = self.at(Kind::RightBracket);
        if let Some(Frame::List { base, bare, .. }) = self.frames.last_mut() {
            // After the last element a comma says nothing, unless it is the only one.
            *bare |= if last { self.exprs.len() == *base + 1 && (newline || single) } else { newline };
        }
        if more { Next::Element } else { self.end_list() }
    }

    /// `...` ends a list.
    fn rest(&mut self, start: u32, element: Option<ExprId>) -> Next {
        let ellipsis = self.expr(start, Expr::Ellipsis(element));
        self.exprs.push(ellipsis);
        self.separator("list literal", Some(Kind::RightBracket));
        self.end_list()
    }

    fn end_list(&mut self) -> Next {
        let Some(&Frame::List { start, base, bare }) = self.frames.last() else { return Next::End(None) };
        self.close(Kind::RightBracket);
        self.pop();
        let elements = self.build.expr_list(&self.exprs[base..]);
        self.exprs.truncate(base);
        let list = self.expr(start, Expr::List(elements));
        if bare {
            self.build.file.bare_lists.push(list);
        }
        Next::Tail(list)
    }
}
