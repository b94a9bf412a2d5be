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

/// A sink that counts.
#[derive(Debug)]
pub(crate) struct Output<W> {
    sink: W,
    limit: Limit,
    left: u64,
}

impl<W: fmt::Write> Output<W> {
    pub(crate) fn new(sink: W, limit: Limit) -> Output<W> {
        Output { sink, limit, left: limit.0 }
    }

    // Most pieces are a few bytes whose length is known where they are written.
    #[inline]
    pub(crate) fn text(&mut self, text: &str) -> Result<(), WriteError> {
        self.left = self.left.checked_sub(text.len() as u64).ok_or(WriteError::TooLarge(self.limit))?;
        self.sink.write_str(text).map_err(WriteError::Sink)
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

/// `write!` works, with errors that say why.
impl<W: fmt::Write> Output<W> {
    pub(crate) fn display(&mut self, value: impl fmt::Display) -> Result<(), WriteError> {
        struct Adapter<'a, W>(&'a mut Output<W>, Result<(), WriteError>);
        impl<W: fmt::Write> fmt::Write for Adapter<'_, W> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                self.1 = self.0.text(text);
                self.1.map_err(|_| fmt::Error)
            }
        }
        let mut adapter = Adapter(self, Ok(()));
        let written = fmt::Write::write_fmt(&mut adapter, format_args!("{value}"));
        adapter.1.and(written.map_err(WriteError::Sink))
    }
}
