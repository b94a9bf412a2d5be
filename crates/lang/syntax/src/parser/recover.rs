//! Mistakes: what is told of them, and where reading goes on after one.

use strata_base::{Code, Span};

use super::{Ahead, Parser, frame};
use crate::codes;
use crate::scanner::MAX_DIAGNOSTICS;
use crate::token::{Kind, Token};

impl Parser<'_> {
    /// Whether the token closes a bracket that is open somewhere.
    pub(super) fn closes_open(&self) -> bool {
        let bracket = match self.token.kind {
            Kind::RightParen => frame::PAREN,
            Kind::RightBracket => frame::BRACKET,
            Kind::RightBrace => frame::BRACE,
            Kind::InterpolationMiddle | Kind::InterpolationEnd => frame::INTERPOLATION,
            _ => return self.at(Kind::Eof),
        };
        self.open[bracket] > 0
    }

    pub(super) fn error_at(&mut self, code: Code, span: Span, message: impl Into<String>) {
        if self.stopped {
            return;
        }
        let line_of = |lines: &[u32], at: u32| lines.partition_point(|&start| start <= at);
        let lines = &self.build.file.lines;
        let line = line_of(lines, span.start);
        let scanned = self.scanner.diagnostics.last().map(|last| line_of(lines, last.span().start));
        if self.last_error_line == Some(line) || scanned == Some(line) {
            return;
        }
        self.last_error_line = Some(line);
        self.scanner.error(code, span.start as usize, span.end as usize, message);
        if self.scanner.diagnostics.len() > MAX_DIAGNOSTICS {
            self.stop();
        }
    }

    /// Behaves from now on as if the text ended here.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.ahead = Ahead::default();
        let at = self.token.start;
        self.token = Token { kind: Kind::Eof, elided: false, plain: false, start: at, end: at };
    }

    pub(super) fn expected(&mut self, code: Code, what: &str) {
        let token = self.token;
        let found = match token.kind {
            Kind::Comma if token.elided => "newline".to_owned(),
            kind if kind.is_literal() => format!("'{}' {}", kind.name(), shortened(self.token_text())),
            kind => format!("'{}'", kind.name()),
        };
        self.error_at(code, self.token_span(), format!("expected {what}, found {found}"));
    }

    /// Takes a token that must stand here and that nothing need be skipped for.
    pub(super) fn expect(&mut self, kind: Kind) -> bool {
        if !self.eat(kind) {
            self.expected(codes::EXPECTED, &format!("'{}'", kind.name()));
            return false;
        }
        true
    }

    /// Takes the bracket that closes a construct; after a mistake what stands before it is skipped, as long as it is
    /// on the same line.
    pub(super) fn close(&mut self, kind: Kind) {
        if self.eat(kind) {
            return;
        }
        self.expected(codes::EXPECTED, &format!("'{}'", kind.name()));
        let mut inner = 0usize;
        loop {
            match self.token.kind {
                Kind::Eof => return,
                Kind::Comma if inner == 0 => return,
                Kind::LeftParen | Kind::LeftBracket | Kind::LeftBrace | Kind::InterpolationStart => inner += 1,
                Kind::InterpolationMiddle if inner > 0 => {}
                found if found.is_closing() && inner > 0 => inner -= 1,
                found if found == kind => {
                    self.bump();
                    return;
                }
                _ if self.closes_open() => return,
                _ => {}
            }
            self.bump();
        }
    }

    /// After an item of a list: takes the separator. False if the list ends here.
    pub(super) fn separator(&mut self, list: &str, close: Option<Kind>) -> bool {
        loop {
            if self.eat(Kind::Comma) {
                return true;
            }
            if self.at(Kind::Eof) || Some(self.token.kind) == close {
                return false;
            }
            self.error_at(codes::COMMA, self.token_span(), format!("missing ',' in {list}"));
            if self.token.kind.starts_operand() {
                return true;
            }
            if self.closes_open() {
                return false;
            }
            self.bump();
        }
    }
}

/// Long literals would drown the message.
fn shortened(text: &str) -> &str {
    let line = text.lines().next().unwrap_or("");
    line.char_indices().nth(60).map_or(line, |(end, _)| &line[..end])
}
