//! Attributes, each one token.

use super::Scanner;
use crate::codes;
use crate::token::{Kind, Token};

impl Scanner<'_> {
    /// `@name(balanced tokens)`, one token.
    pub(super) fn attribute(&mut self) -> Token {
        let start = self.at;
        self.at += 1;
        self.word();
        let mut closing = Vec::new();
        self.insert_comma = false;
        self.in_attribute = true;
        let comments = self.comments.len();
        if self.next().kind == Kind::LeftParen {
            closing.push(Kind::RightParen);
        } else {
            self.error(codes::ATTRIBUTE, self.at, self.at, "invalid attribute: expected '('");
        }
        while let Some(&close) = closing.last() {
            let kind = self.next().kind;
            match kind {
                _ if kind == close => {
                    closing.pop();
                }
                Kind::Eof | Kind::InterpolationMiddle | Kind::InterpolationEnd => {
                    let message = format!("attribute missing '{}'", close.name());
                    self.error(codes::ATTRIBUTE, self.at, self.at, message);
                    closing.clear();
                }
                Kind::InterpolationStart => {
                    self.error(codes::ATTRIBUTE, self.at - 1, self.at, "interpolation not allowed in attribute");
                    self.open.pop();
                    self.skip_interpolation();
                }
                Kind::LeftParen => closing.push(Kind::RightParen),
                Kind::LeftBrace => closing.push(Kind::RightBrace),
                Kind::LeftBracket => closing.push(Kind::RightBracket),
                Kind::RightParen | Kind::RightBrace | Kind::RightBracket => {
                    self.error(codes::ATTRIBUTE, self.at, self.at, format!("unexpected '{}'", kind.name()));
                }
                _ => {}
            }
        }
        self.in_attribute = false;
        // They are part of the attribute's text.
        self.comments.truncate(comments);
        self.token(Kind::Attribute, start)
    }

    /// Recovers from an interpolation where none may be: up to its parenthesis or the end of the line.
    fn skip_interpolation(&mut self) {
        let mut parens = 1;
        while !self.at_end() {
            match self.peek(0) {
                b'\n' => return,
                b'(' => parens += 1,
                b')' => parens -= 1,
                _ => {}
            }
            if parens == 0 {
                return;
            }
            self.at += 1;
        }
    }
}
