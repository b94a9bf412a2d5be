//! Fields: labels, aliases, marks and chains of labels.

use strata_base::Span;

use super::frame::{FieldHead, Frame, Next};
use super::{PLAIN, Parser};
use crate::ast::*;
use crate::codes;
use crate::token::Kind;

impl Parser<'_> {
    pub(super) fn value(&mut self) -> Next {
        self.head(true)
    }

    /// A label with its colon, or an expression that may turn out to be a label.
    pub(super) fn head(&mut self, chained: bool) -> Next {
        let start = self.token.start;
        let kind = self.token.kind;
        let simple = kind == Kind::Ident || kind.is_keyword() || kind == Kind::String;
        if simple && self.colon_follows() {
            let label_span = self.token_span();
            if let Some(label) = self.simple_label() {
                self.bump();
                return self.colon(FieldHead {
                    start,
                    label,
                    label_span,
                    names: NamesId::NONE,
                    marker: Marker::Regular,
                    chained,
                });
            }
        }
        let scalar = if chained { self.scalar() } else { None };
        // Most values are one token: then nothing about them is left to find out.
        if let Some(value) = scalar
            && matches!(self.token.kind, Kind::Comma | Kind::RightBrace | Kind::Attribute)
        {
            return self.end_field(value);
        }
        self.push(Frame::Head { start, alias: None, chained });
        scalar.map_or(Next::Operand, Next::Tail)
    }

    fn simple_label(&mut self) -> Option<Label> {
        let text = self.token_text();
        if self.at(Kind::String) {
            if self.token.plain && text.starts_with('"') {
                let value = self.build.text(&text[1..text.len() - 1]);
                return Some(Label::String { value, spelling: PLAIN });
            }
            if !text.trim_start_matches('#').starts_with('"') {
                return None;
            }
            let (spelling, value) = self.literal(self.token)?;
            let value = self.build.text(std::str::from_utf8(&value).ok()?);
            return Some(Label::String { value, spelling });
        }
        Some(Label::Ident(self.build.text(text)))
    }

    /// The expression on which a declaration or a value begins is complete.
    pub(super) fn end_head(&mut self, expr: ExprId) -> Next {
        let Some(&Frame::Head { start, alias, chained }) = self.frames.last() else { return Next::End(None) };
        if self.at(Kind::Bind) && alias.is_none() && matches!(self.build.file.expr(expr), Expr::Ident(_)) {
            return self.begin_alias(expr);
        }
        let labels = self.is_label(expr);
        let marked = matches!(self.token.kind, Kind::Colon | Kind::Question | Kind::Not | Kind::Tilde);
        if labels && marked {
            self.pop();
            return self.field(start, expr, alias, chained);
        }
        self.pop();
        if chained {
            let value = match alias {
                Some(name) => self.expr(start, Expr::Alias { name, value: expr }),
                None => expr,
            };
            return self.end_field(value);
        }
        let ends = matches!(self.token.kind, Kind::Comma | Kind::RightBrace | Kind::Eof);
        if alias.is_some() || labels && !ends {
            return self.missing_colon(start);
        }
        self.end_declaration(start, DeclKind::Embedding(expr))
    }

    /// What looked like a label has no colon; what follows it is read as a declaration of its own.
    fn missing_colon(&mut self, start: u32) -> Next {
        self.expected(codes::LABEL, "label or ':'");
        let span = self.span_from(start);
        let decl = self.build.decl(DeclKind::Bad, span);
        self.decls.push(decl);
        if self.token.kind.starts_operand() { Next::Declaration } else { self.separate_declaration() }
    }

    pub(super) fn check_old_alias(&mut self) {
        if self.experiments.alias_v2 {
            let message = "old-style alias syntax (=) is not allowed with @experiment(aliasv2); \
                           use postfix syntax (~X or ~(K,V))";
            self.error_at(codes::ALIAS, self.token_span(), message);
        }
    }

    /// At the `=` of `X=…`.
    fn begin_alias(&mut self, expr: ExprId) -> Next {
        self.check_old_alias();
        self.bump();
        if let Expr::Ident(text) = self.build.file.expr(expr) {
            let name = Name { text, span: self.build.file.expr_span(expr) };
            self.check_reserved(name);
            self.build.take_back(expr);
            if let Some(Frame::Head { alias, .. }) = self.frames.last_mut() {
                *alias = Some(name);
            }
        }
        Next::Operand
    }

    fn is_label(&self, expr: ExprId) -> bool {
        matches!(
            self.build.file.expr(expr),
            Expr::Ident(_)
                | Expr::Null
                | Expr::Bool(_)
                | Expr::String { .. }
                | Expr::Interpolation { .. }
                | Expr::Paren(_)
                | Expr::List(_)
        )
    }

    /// A label has been read as an expression, and a mark or the colon follows.
    fn field(&mut self, start: u32, expr: ExprId, alias: Option<Name>, chained: bool) -> Next {
        let label_span = self.build.file.expr_span(expr);
        let mut names = FieldNames { field: alias, ..FieldNames::default() };
        let label = self.label(expr, &mut names);
        if self.at(Kind::Tilde) {
            names.postfix = self.postfix_alias();
        }
        let names = self.build.field_names(names);
        let marker = self.marker(label);
        if !self.at(Kind::Colon) {
            if !chained {
                return self.missing_colon(start);
            }
            self.expected(codes::LABEL, "':'");
            let bad = self.bad_expr(start);
            return self.end_field(bad);
        }
        self.colon(FieldHead { start, label, label_span, names, marker, chained })
    }

    fn marker(&mut self, label: Label) -> Marker {
        let marker = match self.token.kind {
            Kind::Question => Marker::Optional,
            Kind::Not => Marker::Required,
            _ => return Marker::Regular,
        };
        if matches!(label, Label::Pattern(_)) {
            let word = if marker == Marker::Optional { "optional" } else { "required" };
            let message = format!("pattern constraint cannot be marked {word}");
            self.error_at(codes::LABEL, self.token_span(), message);
        }
        self.bump();
        marker
    }

    /// At the colon of a field.
    fn colon(&mut self, head: FieldHead) -> Next {
        if let Label::Ident(text) = head.label {
            self.check_reserved(Name { text, span: head.label_span });
        }
        self.bump();
        self.push(Frame::Field(head));
        Next::Value
    }

    fn label(&mut self, expr: ExprId, names: &mut FieldNames) -> Label {
        let span = self.build.file.expr_span(expr);
        let label = match self.build.file.expr(expr) {
            Expr::Ident(text) => Label::Ident(text),
            Expr::Null => Label::Ident(self.build.text("null")),
            Expr::Bool(true) => Label::Ident(self.build.text("true")),
            Expr::Bool(false) => Label::Ident(self.build.text("false")),
            Expr::String { value, spelling } => Label::String { value, spelling },
            Expr::Interpolation { .. } => return Label::Interpolation(expr),
            Expr::Paren(inner) => Label::Dynamic(inner),
            Expr::List(elements) => self.pattern(span, elements, names),
            _ => Label::Bad,
        };
        self.build.take_back(expr);
        label
    }

    fn pattern(&mut self, span: Span, elements: ExprList, names: &mut FieldNames) -> Label {
        let &[element] = self.build.file.expr_list(elements) else {
            self.error_at(codes::LABEL, span, "square bracket must have exactly one element");
            return Label::Bad;
        };
        match self.build.file.expr(element) {
            Expr::Alias { name, value } => {
                names.matched = Some(name);
                Label::Pattern(value)
            }
            _ => Label::Pattern(element),
        }
    }

    /// `~X`, `~(X)` or `~(K,V)`.
    fn postfix_alias(&mut self) -> Option<PostfixAlias> {
        if !self.experiments.alias_v2 {
            let message = "postfix alias syntax requires @experiment(aliasv2)";
            self.error_at(codes::EXPERIMENT, self.token_span(), message);
        }
        self.bump();
        if self.at(Kind::Ident) {
            let value = self.slot();
            return Some(PostfixAlias { key: None, value, parenthesised: false });
        }
        if !self.eat(Kind::LeftParen) {
            self.expected(codes::ALIAS, "identifier or '('");
            return None;
        }
        if !self.at(Kind::Ident) {
            self.expected(codes::ALIAS, "identifier for label alias");
            return None;
        }
        let first = self.slot();
        if self.eat(Kind::RightParen) {
            return Some(PostfixAlias { key: None, value: first, parenthesised: true });
        }
        self.expect(Kind::Comma);
        if !self.at(Kind::Ident) {
            self.expected(codes::ALIAS, "identifier for field alias");
            return None;
        }
        let value = self.slot();
        self.expect(Kind::RightParen);
        Some(PostfixAlias { key: first, value, parenthesised: true })
    }

    /// A name, or `_` for none.
    fn slot(&mut self) -> Option<Name> {
        let blank = self.token_text() == "_";
        let name = self.name();
        if blank {
            return None;
        }
        self.check_reserved(name);
        Some(name)
    }

    /// The value of the field on top is complete; so are the fields that it is the only one of.
    pub(super) fn end_field(&mut self, value: ExprId) -> Next {
        let first = self.build.file.attributes.len();
        while self.at(Kind::Attribute) {
            self.attribute();
        }
        let mut attributes = self.build.attr_list_since(first);
        let mut value = value;
        while let Some(Frame::Field(_)) = self.frames.last() {
            let Some(Frame::Field(head)) = self.pop() else { break };
            let FieldHead { start, label, label_span, names, marker, chained } = head;
            let attributes = std::mem::take(&mut attributes);
            let field = Field { label, label_span, names, marker, value, attributes };
            if !chained {
                return self.end_declaration(start, DeclKind::Field(field));
            }
            let span = self.span_from(start);
            let decl = self.build.decl(DeclKind::Field(field), span);
            let decls = self.build.decl_list(&[decl]);
            value = self.build.expr(Expr::Struct(decls), span);
        }
        Next::End(None)
    }
}
