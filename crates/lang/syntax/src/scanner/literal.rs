//! Literals of strings and bytes, whole or up to an interpolated expression.

use super::number::digit;
use super::{Open, Scanner};
use crate::codes;
use crate::token::{Kind, Token};

/// The delimiter of a string or bytes literal.
#[derive(Clone, Copy)]
pub(super) struct Delimiter {
    quote: u8,
    hashes: usize,
    multiline: bool,
}

/// The bytes of a literal's content that say something; most only stand there.
const SPEAKS: [bool; 256] = {
    let mut speaks = [false; 256];
    speaks[b'"' as usize] = true;
    speaks[b'\'' as usize] = true;
    speaks[b'\\' as usize] = true;
    speaks[b'\n' as usize] = true;
    speaks
};

/// How the content of a literal ended.
enum End {
    Closed {
        escapes: bool,
    },
    /// Not terminated; a diagnostic says so.
    Broken,
    Interpolation,
}

impl Scanner<'_> {
    /// The scanner stands at the first quote character; the token began with the hashes before it.
    pub(super) fn literal(&mut self, start: usize, hashes: usize) -> Token {
        let quote = self.peek(0);
        let closes = |scanner: &Scanner<'_>, from: usize| {
            scanner.src[scanner.at + from..].iter().take(hashes).filter(|&&b| b == b'#').count() == hashes
        };
        let quotes = self.src[self.at..].iter().take(3).take_while(|&&b| b == quote).count();
        // The empty literal, and under hashes a literal whose content is one quote character.
        if quotes == 2 && closes(self, 2) || quotes == 3 && hashes > 0 && closes(self, 3) {
            self.at += quotes + hashes;
            return Token { plain: hashes == 0, ..self.token(Kind::String, start) };
        }
        let multiline = quotes == 3;
        if multiline {
            self.at += 3;
            let line_end = if self.peek(0) == b'\r' { 1 } else { 0 };
            if self.peek(line_end) != b'\n' {
                let message = format!("expected newline after multiline quote {}", &self.text[start..self.at]);
                self.error(codes::STRING, start, self.at, message);
                return self.token(Kind::String, start);
            }
            self.at += line_end + 1;
        } else {
            self.at += 1;
        }
        let delimiter = Delimiter { quote, hashes, multiline };
        match self.content(start, delimiter, multiline) {
            End::Closed { escapes } => {
                let plain = !multiline && hashes == 0 && !escapes;
                Token { plain, ..self.token(Kind::String, start) }
            }
            End::Broken => self.token(Kind::String, start),
            End::Interpolation => {
                self.open.push(Open { delimiter, parens: 0 });
                self.token(Kind::InterpolationStart, start)
            }
        }
    }

    /// Goes on with a literal after the parenthesis at `start`, which ends an interpolated expression.
    pub(super) fn resume(&mut self, start: usize) -> Token {
        let Some(open) = self.open.pop() else { return self.token(Kind::RightParen, start) };
        match self.content(start, open.delimiter, false) {
            End::Closed { .. } | End::Broken => self.token(Kind::InterpolationEnd, start),
            End::Interpolation => {
                self.open.push(Open { parens: 0, ..open });
                self.token(Kind::InterpolationMiddle, start)
            }
        }
    }

    fn starts_with_close(&self, delimiter: Delimiter) -> Option<usize> {
        let quotes = if delimiter.multiline { 3 } else { 1 };
        let rest = self.src[self.at..].get(..quotes + delimiter.hashes)?;
        let fits = rest[..quotes].iter().all(|&b| b == delimiter.quote) && rest[quotes..].iter().all(|&b| b == b'#');
        fits.then_some(rest.len())
    }

    /// The content of a literal up to and including its end. `line_start` says that only blanks stand before it on its
    /// line, so that the closing quotes of a multi-line literal may come.
    fn content(&mut self, start: usize, delimiter: Delimiter, mut line_start: bool) -> End {
        let mut escapes = false;
        loop {
            let rest = &self.src[self.at..];
            let silent = rest.iter().position(|&byte| SPEAKS[usize::from(byte)]).unwrap_or(rest.len());
            line_start &= rest[..silent].iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r'));
            self.at += silent;
            let byte = self.peek(0);
            match byte {
                _ if self.at_end() => return self.unterminated(start),
                b'\n' if !delimiter.multiline => return self.unterminated(start),
                b'\n' => {
                    line_start = true;
                    self.at += 1;
                }
                b'\\' => {
                    escapes = true;
                    line_start = false;
                    if self.escape(delimiter) {
                        return End::Interpolation;
                    }
                }
                _ if byte == delimiter.quote => {
                    let may_close = !delimiter.multiline || line_start;
                    if let Some(len) = self.starts_with_close(delimiter).filter(|_| may_close) {
                        self.at += len;
                        return End::Closed { escapes };
                    }
                    line_start = false;
                    self.at += 1;
                }
                _ => {
                    line_start = false;
                    self.at += 1;
                }
            }
        }
    }

    fn unterminated(&mut self, start: usize) -> End {
        self.error(codes::STRING, start, self.at, "string literal not terminated");
        End::Broken
    }

    /// Skips an escape, checking that there is such a one; whether it begins an interpolated expression.
    fn escape(&mut self, delimiter: Delimiter) -> bool {
        self.at += 1;
        for _ in 0..delimiter.hashes {
            if self.peek(0) != b'#' {
                return false;
            }
            self.at += 1;
        }
        let start = self.at;
        let string = delimiter.quote == b'"';
        let (len, base) = match self.peek(0) {
            b'(' => {
                self.at += 1;
                return true;
            }
            b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'/' => {
                self.at += 1;
                return false;
            }
            quote if quote == delimiter.quote => {
                self.at += 1;
                return false;
            }
            b'0'..=b'7' if string => {
                self.error(codes::STRING, start, start + 1, "octal escape not allowed in string literal");
                return false;
            }
            b'x' if string => {
                self.error(codes::STRING, start, start + 1, "hexadecimal escape not allowed in string literal");
                return false;
            }
            b'0'..=b'7' => (3, 8),
            b'x' => (2, 16),
            b'u' => (4, 16),
            b'U' => (8, 16),
            _ => {
                let message = if self.at_end() { "escape sequence not terminated" } else { "unknown escape sequence" };
                let len = self.char().map_or(0, char::len_utf8);
                self.error(codes::STRING, start, start + len, message);
                return false;
            }
        };
        if base == 16 {
            self.at += 1;
        }
        let mut value: u32 = 0;
        for _ in 0..len {
            let byte = self.peek(0);
            let digit = digit(byte);
            if byte == b'_' || digit >= base {
                let Some(c) = self.char() else {
                    self.error(codes::STRING, self.at, self.at, "escape sequence not terminated");
                    return false;
                };
                let shown = if c.is_control() { String::new() } else { format!(" '{c}'") };
                let message = format!("illegal character U+{:04X}{shown} in escape sequence", u32::from(c));
                self.error(codes::STRING, self.at, self.at + c.len_utf8(), message);
                return false;
            }
            value = value.wrapping_mul(base).wrapping_add(digit);
            self.at += 1;
        }
        let max = if base == 8 || len == 2 { 0xff } else { u32::from(char::MAX) };
        if value > max {
            self.error(codes::STRING, start, self.at, "escape sequence is invalid Unicode code point");
        }
        false
    }
}
