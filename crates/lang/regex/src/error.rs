use std::fmt;

/// What is wrong with a pattern.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    InvalidCharRange,
    InvalidEscape,
    InvalidNamedCapture,
    InvalidPerlOp,
    InvalidRepeatOp,
    InvalidRepeatSize,
    MissingBracket,
    MissingParen,
    MissingRepeatArgument,
    TrailingBackslash,
    UnexpectedParen,
    NestingDepth,
    TooLarge,
}

impl ErrorKind {
    fn text(self) -> &'static str {
        match self {
            ErrorKind::InvalidCharRange => "invalid character class range",
            ErrorKind::InvalidEscape => "invalid escape sequence",
            ErrorKind::InvalidNamedCapture => "invalid named capture",
            ErrorKind::InvalidPerlOp => "invalid or unsupported Perl syntax",
            ErrorKind::InvalidRepeatOp => "invalid nested repetition operator",
            ErrorKind::InvalidRepeatSize => "invalid repeat count",
            ErrorKind::MissingBracket => "missing closing ]",
            ErrorKind::MissingParen => "missing closing )",
            ErrorKind::MissingRepeatArgument => "missing argument to repetition operator",
            ErrorKind::TrailingBackslash => "trailing backslash at end of expression",
            ErrorKind::UnexpectedParen => "unexpected )",
            ErrorKind::NestingDepth => "expression nests too deeply",
            ErrorKind::TooLarge => "expression too large",
        }
    }
}

/// Why a text is no regular expression, with the part of it that is to blame.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Error {
    pub kind: ErrorKind,
    pub part: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, part: &str) -> Error {
        Error { kind, part: part.to_owned() }
    }

    /// Whether a limit was reached, and not that the pattern is wrong.
    pub fn is_limit(&self) -> bool {
        matches!(self.kind, ErrorKind::NestingDepth | ErrorKind::TooLarge)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A pattern of a megabyte helps nobody in a message.
        let end = self.part.char_indices().nth(MAX_PART).map(|(at, _)| at);
        let (part, more) = end.map_or((self.part.as_str(), ""), |end| (&self.part[..end], "…"));
        write!(f, "error parsing regexp: {}: `{part}{more}`", self.kind.text())
    }
}

const MAX_PART: usize = 1000;

impl std::error::Error for Error {}
