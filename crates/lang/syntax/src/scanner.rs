//! Text to tokens, one at a time.
//!
//! The scanner knows where an interpolation ends (it counts parentheses), so the parser never steers it. Comments
//! are put aside: they belong to no production and are given to their owners when the tree stands.

use strata_base::{Code, Diagnostic, FileId, Span};

use crate::codes;
use crate::token::{Kind, Token};

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

/// The delimiter of a string or bytes literal.
#[derive(Clone, Copy)]
struct Delimiter {
    quote: u8,
    hashes: usize,
    multiline: bool,
}

struct Open {
    delimiter: Delimiter,
    /// Parentheses that were opened inside the interpolated expression.
    parens: usize,
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$'
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
}

fn digit(byte: u8) -> u32 {
    match byte {
        b'_' => 0,
        _ => char::from(byte).to_digit(16).unwrap_or(16),
    }
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
        for (c, message) in [('\0', "illegal character NUL"), ('\u{feff}', "illegal byte order mark")] {
            if let Some((first, found)) = self.text[start..].match_indices(c).next() {
                let first = start + first;
                self.error(codes::CHARACTER, first, first + found.len(), message);
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
            use Kind::*;
            self.insert_comma = token.kind.is_keyword()
                || matches!(token.kind, Attribute | Ident | Int | Float | String | InterpolationEnd | Bottom)
                || matches!(token.kind, Ellipsis | RightParen | RightBracket | RightBrace | Semicolon | Question)
                || (token.kind == Illegal && self.insert_comma);
            return token;
        }
    }

    fn skip_blanks(&mut self) {
        while let Some(&byte) = self.src.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if !self.insert_comma => self.at += 1,
                _ => return,
            }
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = &self.src[start..];
        let mut end = start + rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
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
            while self.src.get(self.at).is_some_and(|&b| is_word_byte(b)) {
                self.at += 1;
            }
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

    // Numbers

    fn number(&mut self) -> Token {
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

    // Strings

    /// The scanner stands at the first quote character; the token began with the hashes before it.
    fn literal(&mut self, start: usize, hashes: usize) -> Token {
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
    fn resume(&mut self, start: usize) -> Token {
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
            let byte = self.peek(0);
            match byte {
                _ if self.at_end() => return self.unterminated(start),
                b'\n' if !delimiter.multiline => return self.unterminated(start),
                b'\n' => {
                    line_start = true;
                    self.at += 1;
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
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

    // Attributes

    /// `@name(balanced tokens)`, one token.
    fn attribute(&mut self) -> Token {
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

enum End {
    Closed {
        escapes: bool,
    },
    /// Not terminated; a diagnostic says so.
    Broken,
    Interpolation,
}
