//! Numbers.

use super::Scanner;
use crate::codes;
use crate::token::{Kind, Token};

/// The value of a digit of any base; more than any has for what is none.
pub(super) fn digit(byte: u8) -> u32 {
    match byte {
        b'_' => 0,
        _ => char::from(byte).to_digit(16).unwrap_or(16),
    }
}

impl Scanner<'_> {
    pub(super) fn number(&mut self) -> Token {
        let start = self.at;
        let mut kind = Kind::Int;
        if self.peek(0) == b'0' {
            let base = match self.peek(1) {
                b'x' | b'X' => Some((16, "illegal hexadecimal number")),
                b'b' => Some((2, "illegal binary number")),
                b'o' => Some((8, "illegal octal number")),
                _ => None,
            };
            if let Some((base, message)) = base {
                self.at += 2;
                if !self.digits(base) {
                    self.error(codes::NUMBER, start, self.at, message);
                }
                return self.token(Kind::Int, start);
            }
        }
        self.digits(10);
        let leading_zero = self.at - start > 1 && self.src[start] == b'0';
        // `1...` is an integer before an ellipsis.
        if self.peek(0) == b'.' && self.peek(1) != b'.' {
            kind = Kind::Float;
            self.at += 1;
            self.digits(10);
        }
        match self.peek(0) {
            b'K' | b'M' | b'G' | b'T' | b'P' => {
                kind = Kind::Int;
                self.at += 1;
                if self.peek(0) == b'i' {
                    self.at += 1;
                }
            }
            b'e' | b'E' => {
                kind = Kind::Float;
                self.at += 1;
                if matches!(self.peek(0), b'+' | b'-') {
                    self.at += 1;
                }
                if !self.peek(0).is_ascii_digit() {
                    self.error(codes::NUMBER, self.at, self.at, "illegal exponent in number");
                }
                self.digits(10);
            }
            _ => {}
        }
        if leading_zero && kind == Kind::Int {
            self.error(codes::NUMBER, start, self.at, "illegal integer number");
        }
        self.token(kind, start)
    }

    /// Digits with underscores between them; whether there was one.
    fn digits(&mut self, base: u32) -> bool {
        let start = self.at;
        let mut last = 0;
        let mut found = false;
        while let Some(&byte) = self.src.get(self.at) {
            if digit(byte) >= base {
                break;
            }
            if byte == b'_' && last == b'_' {
                self.error(codes::NUMBER, self.at, self.at + 1, "illegal '_' in number");
            }
            found |= byte != b'_';
            last = byte;
            self.at += 1;
        }
        if last == b'_' && self.at > start {
            self.error(codes::NUMBER, self.at - 1, self.at, "illegal '_' in number");
        }
        found
    }
}
