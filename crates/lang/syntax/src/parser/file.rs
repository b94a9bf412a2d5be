//! What stands before the declarations of a file: attributes, package clause, imports.

use super::Parser;
use crate::ast::*;
use crate::codes;
use crate::token::Kind;

/// Characters that no import path has, besides blanks and control characters.
const NOT_IN_PATHS: &str = "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}";

impl Parser<'_> {
    pub(super) fn preamble(&mut self) {
        let first = self.build.file.attributes.len();
        while self.at(Kind::Attribute) {
            let index = self.attribute() as usize;
            self.experiment(index);
            self.separator("struct literal", None);
        }
        self.build.file.leading_attributes = self.build.attr_list_since(first);
        if self.at(Kind::Ident) && self.token_text() == "package" {
            self.package();
        }
        while self.at(Kind::Attribute) {
            let start = self.token.start;
            let attribute = self.attribute();
            let span = self.span_from(start);
            let decl = self.build.decl(DeclKind::Attribute(attribute), span);
            self.decls.push(decl);
            self.separator("struct literal", None);
        }
        let mut group = 0;
        while self.at(Kind::Ident) && self.token_text() == "import" {
            self.imports(group);
            group += 1;
        }
    }

    fn experiment(&mut self, index: usize) {
        let Attribute { name, body, span } = self.build.file.attributes[index];
        if &**self.build.file.text(name) != "experiment" {
            return;
        }
        let names = self.build.file.text(body).clone();
        for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            if let Err(why) = self.experiments.enable(name, self.version) {
                self.error_at(codes::EXPERIMENT, span, why);
            }
        }
    }

    fn package(&mut self) {
        self.bump();
        if !self.at(Kind::Ident) {
            self.expected(codes::IMPORT, "'IDENT'");
            self.skip_to_comma();
            return;
        }
        let name = self.name();
        let text = self.build.file.text(name.text).clone();
        if text.starts_with('#') || text.starts_with("_#") {
            self.error_at(codes::IMPORT, self.token_span(), format!("invalid package name {text}"));
        }
        self.build.file.package = Some(name);
        self.end_line();
    }

    fn imports(&mut self, group: u32) {
        let mut start = self.token.start;
        self.bump();
        if !self.eat(Kind::LeftParen) {
            self.import(start, group, false);
            return;
        }
        if self.at(Kind::RightParen) {
            self.bump();
            self.end_line();
            return;
        }
        while !matches!(self.token.kind, Kind::RightParen | Kind::Eof) {
            let before = self.token.start;
            self.import(start, group, true);
            if self.token.start == before {
                self.bump();
            }
            start = self.token.start;
        }
        self.expect(Kind::RightParen);
        self.end_line();
    }

    fn import(&mut self, start: u32, group: u32, parenthesised: bool) {
        let alias = self.at(Kind::Ident).then(|| self.declared_name());
        if let Some(alias) = alias {
            let text = self.build.file.text(alias.text).clone();
            if text.starts_with('#') || text.starts_with("_#") {
                self.error_at(codes::IMPORT, self.token_span(), "cannot import package as definition identifier");
            }
        }
        let path_span = self.token_span();
        if !self.at(Kind::String) {
            self.expected(codes::IMPORT, "'STRING'");
            self.skip_to_comma();
            return;
        }
        let spelt = self.token_text();
        let path = self.literal(self.token).and_then(|(_, value)| String::from_utf8(value).ok()).unwrap_or_default();
        let location = path.rsplit_once(':').map_or(&*path, |(location, _)| location);
        let bad = |c: char| c.is_control() || c.is_whitespace() || NOT_IN_PATHS.contains(c);
        if location.is_empty() || location.contains(bad) {
            self.error_at(codes::IMPORT, path_span, format!("invalid import path: {spelt}"));
        }
        self.bump();
        let first = self.build.file.attributes.len();
        while self.at(Kind::Attribute) {
            self.attribute();
        }
        let attributes = self.build.attr_list_since(first);
        let path = self.build.text(&path);
        let span = self.span_from(start);
        self.build.file.imports.push(Import { alias, path, path_span, attributes, span, group, parenthesised });
        self.end_line();
    }

    /// A clause ends at a comma, at the end of its line or at a closing bracket.
    fn end_line(&mut self) {
        if !self.eat(Kind::Comma) && !matches!(self.token.kind, Kind::RightParen | Kind::RightBrace | Kind::Eof) {
            self.expected(codes::COMMA, "','");
            self.skip_to_comma();
        }
    }

    fn skip_to_comma(&mut self) {
        while !matches!(self.token.kind, Kind::Comma | Kind::RightParen | Kind::Eof) {
            self.bump();
        }
        self.eat(Kind::Comma);
    }
}
