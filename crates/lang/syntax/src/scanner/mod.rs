//! Text to tokens, one at a time.
//!
//! The scanner knows where an interpolation ends (it counts parentheses), so the parser never steers it. Comments
//! are put aside: they belong to no production and are given to their owners when the tree stands.

mod attribute;
mod literal;
mod number;

use strata_base::{Code, Diagnostic, FileId, Span};

use crate::codes;
use crate::token::{Kind, Token};
use literal::Delimiter;

pub(crate) const MAX_DIAGNOSTICS: usize = 1_000;

pub(crate) struct Scanner<'t> {
    text: &'t str,
    src: &'t [u8],
    file: FileId,
    at: usize,
    /// Whether the end of this line separates, since a value or a closing bracket came last.
    insert_comma: bool,
    /// The literals in whose interpolations the scanner is, outermost first.
    open: Vec<Open>,
    /// Whether the tokens of an attribute's text are being skipped: `@` has no meaning there.
    in_attribute: bool,
    pub(crate) comments: Vec<Span>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

struct Open {
    delimiter: Delimiter,
    /// Parentheses that were opened inside the interpolated expression.
    parens: usize,
}

/// The ASCII bytes of words: letters, digits, `_` and `$`.
const WORD: [bool; 256] = {
    let mut word = [false; 256];
    let mut byte = 0;
    while byte < 0x80 {
        word[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_' || byte as u8 == b'$';
        byte += 1;
    }
    word
};

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
}

impl<'t> Scanner<'t> {
    pub(crate) fn new(file: FileId, text: &'t str) -> Scanner<'t> {
        let mut scanner = Scanner {
            text,
            src: text.as_bytes(),
            file,
            at: 0,
            insert_comma: false,
            open: Vec::new(),
            in_attribute: false,
            comments: Vec::new(),
            diagnostics: Vec::new(),
        };
        if text.starts_with('\u{feff}') {
            scanner.at = '\u{feff}'.len_utf8();
        }
        scanner.check_characters();
        scanner
    }

    /// NUL and inner byte order marks are mistakes wherever they stand, in strings and comments too.
    fn check_characters(&mut self) {
        let start = self.at;
        for (c, message) in [("\0", "illegal character NUL"), ("\u{feff}", "illegal byte order mark")] {
            if let Some(first) = memchr::memmem::find(&self.src[start..], c.as_bytes()) {
                let first = start + first;
                self.error(codes::CHARACTER, first, first + c.len(), message);
            }
        }
    }

    /// Tells a mistake. What comes after very many of them is most likely no CUE and is not told.
    pub(crate) fn error(&mut self, code: Code, start: usize, end: usize, message: impl Into<String>) {
        let (code, message) = match self.diagnostics.len() {
            told if told < MAX_DIAGNOSTICS => (code, message.into()),
            MAX_DIAGNOSTICS => (codes::TOO_MANY, "too many errors".to_owned()),
            _ => return,
        };
        self.diagnostics.push(Diagnostic::error(code, message).at(Span::new(self.file, start, end)));
    }

    fn peek(&self, ahead: usize) -> u8 {
        self.src.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.at >= self.src.len()
    }

    fn char(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn token(&self, kind: Kind, start: usize) -> Token {
        // Offsets fit: the parser refuses larger texts.
        Token { kind, elided: false, plain: false, start: start as u32, end: self.at as u32 }
    }

    pub(crate) fn next(&mut self) -> Token {
        loop {
            self.skip_blanks();
            let start = self.at;
            let Some(&byte) = self.src.get(start) else {
                if std::mem::take(&mut self.insert_comma) {
                    return Token { elided: true, ..self.token(Kind::Comma, start) };
                }
                return self.token(Kind::Eof, start);
            };
            match byte {
                b'\n' => {
                    // Blanks stop at a line end only where it separates.
                    self.insert_comma = false;
                    self.skip_blanks();
                    // JSON may put its commas and colons at the start of a line.
                    if matches!(self.peek(0), b',' | b':') {
                        continue;
                    }
                    let end = start + 1;
                    return Token { elided: true, end: end as u32, ..self.token(Kind::Comma, start) };
                }
                b'/' if self.peek(1) == b'/' => {
                    if std::mem::take(&mut self.insert_comma) {
                        return Token { elided: true, ..self.token(Kind::Comma, start) };
                    }
                    self.comment();
                    continue;
                }
                _ => {}
            }
            let token = self.significant(byte, start);
            self.insert_comma = token.kind.ends_line() || (token.kind == Kind::Illegal && self.insert_comma);
            return token;
        }
    }

    fn skip_blanks(&mut self) {
        let blank = |byte: u8| match byte {
            b' ' | b'\t' | b'\r' => true,
            b'\n' => !self.insert_comma,
            _ => false,
        };
        let rest = &self.src[self.at..];
        self.at += rest.iter().position(|&byte| !blank(byte)).unwrap_or(rest.len());
    }

    /// Whether a colon comes next: `None` where only the next token tells.
    pub(crate) fn colon_follows(&self) -> Option<bool> {
        let rest = &self.src[self.at..];
        match rest.iter().find(|byte| !matches!(byte, b' ' | b'\t'))? {
            b':' => Some(true),
            b'\n' | b'\r' | b'/' | 0x80.. => None,
            _ => Some(false),
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = &self.src[start..];
        let mut end = start + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        self.at = end;
        while self.src[end - 1] == b'\r' {
            end -= 1;
        }
        self.comments.push(Span::new(self.file, start, end));
    }

    fn significant(&mut self, byte: u8, start: usize) -> Token {
        match byte {
            b'0'..=b'9' => return self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'$' => {
                self.word();
                let kind = Kind::keyword(&self.src[start..self.at]);
                return self.token(kind, start);
            }
            b'_' => return self.underscore(),
            b'#' => return self.hash(),
            b'"' | b'\'' => return self.literal(start, 0),
            b'@' if self.in_attribute => {
                self.at += 1;
                return self.token(Kind::Illegal, start);
            }
            b'@' => return self.attribute(),
            b'.' if self.peek(1).is_ascii_digit() => return self.number(),
            _ => {}
        }
        if byte >= 0x80 {
            return self.unicode();
        }
        self.operator(byte, start)
    }

    fn operator(&mut self, byte: u8, start: usize) -> Token {
        let second = self.peek(1);
        let (kind, len) = match (byte, second) {
            (b'.', b'.') if self.peek(2) == b'.' => (Kind::Ellipsis, 3),
            (b'.', b'.') => {
                self.error(codes::CHARACTER, start, start + 2, "illegal token '..'; expected '.'");
                (Kind::Illegal, 2)
            }
            (b'<', b'-') => (Kind::Arrow, 2),
            (b'<', b'=') => (Kind::LessEqual, 2),
            (b'>', b'=') => (Kind::GreaterEqual, 2),
            (b'=', b'=') => (Kind::Equal, 2),
            (b'=', b'~') => (Kind::Match, 2),
            (b'!', b'=') => (Kind::NotEqual, 2),
            (b'!', b'~') => (Kind::NotMatch, 2),
            (b'&', b'&') => (Kind::LogicalAnd, 2),
            (b'|', b'|') => (Kind::LogicalOr, 2),
            (b'.', _) => (Kind::Period, 1),
            (b'<', _) => (Kind::Less, 1),
            (b'>', _) => (Kind::Greater, 1),
            (b'=', _) => (Kind::Bind, 1),
            (b'!', _) => (Kind::Not, 1),
            (b'&', _) => (Kind::And, 1),
            (b'|', _) => (Kind::Or, 1),
            (b',', _) => (Kind::Comma, 1),
            (b':', _) => (Kind::Colon, 1),
            (b';', _) => (Kind::Semicolon, 1),
            (b'?', _) => (Kind::Question, 1),
            (b'~', _) => (Kind::Tilde, 1),
            (b'(', _) => (Kind::LeftParen, 1),
            (b')', _) => (Kind::RightParen, 1),
            (b'[', _) => (Kind::LeftBracket, 1),
            (b']', _) => (Kind::RightBracket, 1),
            (b'{', _) => (Kind::LeftBrace, 1),
            (b'}', _) => (Kind::RightBrace, 1),
            (b'+', _) => (Kind::Plus, 1),
            (b'-', _) => (Kind::Minus, 1),
            (b'*', _) => (Kind::Star, 1),
            (b'/', _) => (Kind::Slash, 1),
            (0, _) => (Kind::Illegal, 1),
            _ => {
                self.illegal(char::from(byte), start);
                (Kind::Illegal, 1)
            }
        };
        self.at += len;
        if let Some(open) = self.open.last_mut() {
            match kind {
                Kind::LeftParen => open.parens += 1,
                Kind::RightParen if open.parens == 0 => return self.resume(start),
                Kind::RightParen => open.parens -= 1,
                _ => {}
            }
        }
        self.token(kind, start)
    }

    fn illegal(&mut self, c: char, start: usize) {
        let shown = if c.is_control() { String::new() } else { format!(" '{c}'") };
        let message = format!("illegal character U+{:04X}{shown}", u32::from(c));
        self.error(codes::CHARACTER, start, start + c.len_utf8(), message);
    }

    fn unicode(&mut self) -> Token {
        let start = self.at;
        let c = self.char().unwrap_or('\0');
        if c.is_alphabetic() {
            self.word();
            return self.token(Kind::Ident, start);
        }
        if c != '\u{feff}' {
            self.illegal(c, start);
        }
        self.at += c.len_utf8();
        self.token(Kind::Illegal, start)
    }

    /// Letters, digits, `_` and `$`.
    fn word(&mut self) {
        loop {
            let rest = &self.src[self.at..];
            self.at += rest.iter().position(|&byte| !WORD[usize::from(byte)]).unwrap_or(rest.len());
            match self.src.get(self.at) {
                Some(0x80..) => match self.char() {
                    Some(c) if is_word_char(c) => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// `_`, `_x`, `_#x`, `__x` or `_|_`
    fn underscore(&mut self) -> Token {
        let start = self.at;
        if self.src[start..].starts_with(b"_|_") {
            self.at += 3;
            return self.token(Kind::Bottom, start);
        }
        self.at += 1;
        if self.peek(0) == b'#' {
            self.at += 1;
            if !self.peek(0).is_ascii_digit() {
                self.word();
            }
            return self.token(Kind::Ident, start);
        }
        self.word();
        if &self.src[start..self.at] == b"__" && self.peek(0) == b'#' {
            self.at += 1;
            self.word();
            let message = format!("illegal token \"{}\"", &self.text[start..self.at]);
            self.error(codes::CHARACTER, start, self.at, message);
            return self.token(Kind::Illegal, start);
        }
        self.token(Kind::Ident, start)
    }

    /// `#`, `#x` or the start of a raw literal.
    fn hash(&mut self) -> Token {
        let start = self.at;
        let hashes = self.src[start..].iter().take_while(|&&b| b == b'#').count();
        if matches!(self.peek(hashes), b'"' | b'\'') {
            self.at += hashes;
            return self.literal(start, hashes);
        }
        self.at += 1;
        if hashes > 1 {
            self.at = start + hashes;
            self.illegal('#', start);
            return self.token(Kind::Illegal, start);
        }
        if !self.peek(0).is_ascii_digit() {
            self.word();
        }
        self.token(Kind::Ident, start)
    }
}
