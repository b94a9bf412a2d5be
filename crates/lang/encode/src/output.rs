//! Where writers write to: any text sink, up to a limit.

use std::fmt;

/// How many bytes a writer may write.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Limit(pub u64);

impl Limit {
    /// For what the program itself made and knows to be small.
    pub const NONE: Limit = Limit(u64::MAX);
}

impl Default for Limit {
    fn default() -> Limit {
        Limit(1 << 30)
    }
}

/// Why a text was not written to its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteError {
    TooLarge(Limit),
    /// The sink took no more.
    Sink(fmt::Error),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WriteError::TooLarge(limit) => write!(f, "output of more than {} bytes", limit.0),
            WriteError::Sink(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for WriteError {}

const SPACES: &str = "                                                                ";

/// A separator, a line end and [`SPACES`].
const COMMA_LINE: &str = ",\n                                                                ";

/// How much is put together before it is handed over.
const PIECE: usize = 16 << 10;

/// A sink that counts. What is written comes in bits of a few bytes, so it is put together before the sink sees it: after
/// each event, [`Output::settle`] is to be called.
#[derive(Debug)]
pub(crate) struct Output<W> {
    sink: W,
    limit: Limit,
    left: u64,
    piece: String,
}

impl<W: fmt::Write> Output<W> {
    pub(crate) fn new(sink: W, limit: Limit) -> Output<W> {
        Output { sink, limit, left: limit.0, piece: String::new() }
    }

    #[inline]
    pub(crate) fn text(&mut self, text: &str) -> Result<(), WriteError> {
        if self.piece.len() >= PIECE {
            self.hand_over()?;
        }
        self.piece.push_str(text);
        Ok(())
    }

    /// A number, or what else is short.
    pub(crate) fn display(&mut self, value: impl fmt::Display) -> Result<(), WriteError> {
        fmt::Write::write_fmt(&mut self.piece, format_args!("{value}")).map_err(WriteError::Sink)
    }

    /// Ends an event. After a whole value, nothing is kept back.
    #[inline]
    pub(crate) fn settle(&mut self, is_whole: bool) -> Result<(), WriteError> {
        let is_over = self.piece.len() as u64 > self.left;
        if is_whole || is_over { self.hand_over() } else { Ok(()) }
    }

    #[inline(never)]
    fn hand_over(&mut self) -> Result<(), WriteError> {
        self.left = self.left.checked_sub(self.piece.len() as u64).ok_or(WriteError::TooLarge(self.limit))?;
        self.sink.write_str(&self.piece).map_err(WriteError::Sink)?;
        self.piece.clear();
        Ok(())
    }

    pub(crate) fn spaces(&mut self, mut count: usize) -> Result<(), WriteError> {
        while count > SPACES.len() {
            self.text(SPACES)?;
            count -= SPACES.len();
        }
        self.text(&SPACES[..count])
    }

    /// A separator, a line end and spaces, for the most part in one piece.
    pub(crate) fn line(&mut self, separator: &'static str, count: usize) -> Result<(), WriteError> {
        match COMMA_LINE.get(..2 + count) {
            Some(line) if separator == "," => self.text(line),
            Some(line) if separator.is_empty() => self.text(&line[1..]),
            _ => {
                self.text(separator)?;
                self.text("\n")?;
                self.spaces(count)
            }
        }
    }
}
