//! Tokens: what the scanner gives and the parser takes.

use crate::ast::{BinaryOp, UnaryOp};

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Kind {
    #[default]
    Eof,
    Illegal,
    Attribute,
    Ident,
    Int,
    Float,
    /// A whole string or bytes literal.
    String,
    /// `"text\(`
    InterpolationStart,
    /// `)text\(`
    InterpolationMiddle,
    /// `)text"`
    InterpolationEnd,
    Bottom,
    Plus,
    Minus,
    Star,
    Slash,
    And,
    Or,
    LogicalAnd,
    LogicalOr,
    Bind,
    Equal,
    Less,
    Greater,
    Not,
    Arrow,
    NotEqual,
    LessEqual,
    GreaterEqual,
    Match,
    NotMatch,
    LeftParen,
    LeftBracket,
    LeftBrace,
    Comma,
    Period,
    Ellipsis,
    RightParen,
    RightBracket,
    RightBrace,
    Semicolon,
    Colon,
    Question,
    Tilde,
    If,
    Else,
    For,
    In,
    Let,
    Try,
    Fallback,
    Otherwise,
    Func,
    True,
    False,
    Null,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// A comma that stands for the end of a line.
    pub(crate) elided: bool,
    /// A literal without escapes on one line between single quote characters: its text is its value.
    pub(crate) plain: bool,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Kind {
    pub(crate) fn keyword(word: &[u8]) -> Kind {
        match word {
            b"if" => Kind::If,
            b"else" => Kind::Else,
            b"for" => Kind::For,
            b"in" => Kind::In,
            b"let" => Kind::Let,
            b"try" => Kind::Try,
            b"fallback" => Kind::Fallback,
            b"otherwise" => Kind::Otherwise,
            b"func" => Kind::Func,
            b"true" => Kind::True,
            b"false" => Kind::False,
            b"null" => Kind::Null,
            _ => Kind::Ident,
        }
    }

    pub(crate) fn is_keyword(self) -> bool {
        self as u8 >= Kind::If as u8
    }

    /// Whether an expression may begin with this token.
    pub(crate) fn starts_operand(self) -> bool {
        use Kind::*;
        self.is_keyword()
            || self.unary().is_some()
            || matches!(self, Ident | Int | Float | String | InterpolationStart | Bottom)
            || matches!(self, LeftParen | LeftBracket | LeftBrace)
    }

    /// Whether the end of a line behind this token separates.
    pub(crate) fn ends_line(self) -> bool {
        use Kind::*;
        self.is_keyword()
            || matches!(self, Attribute | Ident | Int | Float | String | InterpolationEnd | Bottom)
            || matches!(self, Ellipsis | RightParen | RightBracket | RightBrace | Semicolon | Question)
    }

    pub(crate) fn is_closing(self) -> bool {
        use Kind::*;
        matches!(self, RightParen | RightBracket | RightBrace | InterpolationMiddle | InterpolationEnd)
    }

    pub(crate) fn unary(self) -> Option<UnaryOp> {
        Some(match self {
            Kind::Plus => UnaryOp::Plus,
            Kind::Minus => UnaryOp::Minus,
            Kind::Not => UnaryOp::Not,
            Kind::Star => UnaryOp::Default,
            Kind::Less => UnaryOp::Less,
            Kind::LessEqual => UnaryOp::LessEqual,
            Kind::Greater => UnaryOp::Greater,
            Kind::GreaterEqual => UnaryOp::GreaterEqual,
            Kind::Equal => UnaryOp::Equal,
            Kind::NotEqual => UnaryOp::NotEqual,
            Kind::Match => UnaryOp::Match,
            Kind::NotMatch => UnaryOp::NotMatch,
            _ => return None,
        })
    }

    pub(crate) fn binary(self) -> Option<BinaryOp> {
        Some(match self {
            Kind::Or => BinaryOp::Or,
            Kind::And => BinaryOp::And,
            Kind::LogicalOr => BinaryOp::LogicalOr,
            Kind::LogicalAnd => BinaryOp::LogicalAnd,
            Kind::Equal => BinaryOp::Equal,
            Kind::NotEqual => BinaryOp::NotEqual,
            Kind::Less => BinaryOp::Less,
            Kind::LessEqual => BinaryOp::LessEqual,
            Kind::Greater => BinaryOp::Greater,
            Kind::GreaterEqual => BinaryOp::GreaterEqual,
            Kind::Match => BinaryOp::Match,
            Kind::NotMatch => BinaryOp::NotMatch,
            Kind::Plus => BinaryOp::Add,
            Kind::Minus => BinaryOp::Subtract,
            Kind::Star => BinaryOp::Multiply,
            Kind::Slash => BinaryOp::Divide,
            _ => return None,
        })
    }

    /// The token's name in messages, as users of CUE know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Eof => "EOF",
            Kind::Illegal => "ILLEGAL",
            Kind::Attribute => "ATTRIBUTE",
            Kind::Ident => "IDENT",
            Kind::Int => "INT",
            Kind::Float => "FLOAT",
            Kind::String => "STRING",
            Kind::InterpolationStart => "INTERPOLATION",
            Kind::InterpolationMiddle | Kind::InterpolationEnd | Kind::RightParen => ")",
            Kind::Bottom => "_|_",
            Kind::Plus => "+",
            Kind::Minus => "-",
            Kind::Star => "*",
            Kind::Slash => "/",
            Kind::And => "&",
            Kind::Or => "|",
            Kind::LogicalAnd => "&&",
            Kind::LogicalOr => "||",
            Kind::Bind => "=",
            Kind::Equal => "==",
            Kind::Less => "<",
            Kind::Greater => ">",
            Kind::Not => "!",
            Kind::Arrow => "<-",
            Kind::NotEqual => "!=",
            Kind::LessEqual => "<=",
            Kind::GreaterEqual => ">=",
            Kind::Match => "=~",
            Kind::NotMatch => "!~",
            Kind::LeftParen => "(",
            Kind::LeftBracket => "[",
            Kind::LeftBrace => "{",
            Kind::Comma => ",",
            Kind::Period => ".",
            Kind::Ellipsis => "...",
            Kind::RightBracket => "]",
            Kind::RightBrace => "}",
            Kind::Semicolon => ";",
            Kind::Colon => ":",
            Kind::Question => "?",
            Kind::Tilde => "~",
            Kind::If => "if",
            Kind::Else => "else",
            Kind::For => "for",
            Kind::In => "in",
            Kind::Let => "let",
            Kind::Try => "try",
            Kind::Fallback => "fallback",
            Kind::Otherwise => "otherwise",
            Kind::Func => "func",
            Kind::True => "true",
            Kind::False => "false",
            Kind::Null => "null",
        }
    }

    /// Whether messages show the token's text beside its name.
    pub(crate) fn is_literal(self) -> bool {
        use Kind::*;
        matches!(self, Ident | Int | Float | String | InterpolationStart | Bottom)
    }
}

impl BinaryOp {
    /// How strongly the operator binds, from 1 (`|`) to 7 (`*`).
    pub fn precedence(self) -> u8 {
        match self {
            BinaryOp::Or => 1,
            BinaryOp::And => 2,
            BinaryOp::LogicalOr => 3,
            BinaryOp::LogicalAnd => 4,
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual
            | BinaryOp::Match
            | BinaryOp::NotMatch => 5,
            BinaryOp::Add | BinaryOp::Subtract => 6,
            BinaryOp::Multiply | BinaryOp::Divide => 7,
        }
    }

    pub fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Or => "|",
            BinaryOp::And => "&",
            BinaryOp::LogicalOr => "||",
            BinaryOp::LogicalAnd => "&&",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Match => "=~",
            BinaryOp::NotMatch => "!~",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
        }
    }
}

impl UnaryOp {
    pub fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Plus => "+",
            UnaryOp::Minus => "-",
            UnaryOp::Not => "!",
            UnaryOp::Default => "*",
            UnaryOp::Less => "<",
            UnaryOp::LessEqual => "<=",
            UnaryOp::Greater => ">",
            UnaryOp::GreaterEqual => ">=",
            UnaryOp::Equal => "==",
            UnaryOp::NotEqual => "!=",
            UnaryOp::Match => "=~",
            UnaryOp::NotMatch => "!~",
        }
    }
}
