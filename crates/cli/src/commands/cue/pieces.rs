//! A long text in pieces, which is never moved while it grows.

use std::fmt;

/// How long a piece is, unless what is written at once is longer.
const PIECE: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Pieces {
    full: Vec<Vec<u8>>,
    last: Vec<u8>,
}

impl Pieces {
    #[inline]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.last.capacity() - self.last.len() < bytes.len() {
            let next = Vec::with_capacity(PIECE.max(bytes.len()));
            self.full.push(std::mem::replace(&mut self.last, next));
        }
        self.last.extend_from_slice(bytes);
    }

    pub(super) fn append(&mut self, other: Pieces) {
        self.full.push(std::mem::take(&mut self.last));
        self.full.extend(other.full);
        self.last = other.last;
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.full.iter().chain([&self.last]).map(Vec::as_slice)
    }

    /// The same with other text in the place of some. No piece ends within a character.
    pub(super) fn replaced(&self, with: impl Fn(char) -> Option<&'static str>) -> Pieces {
        let mut replaced = Pieces::default();
        for piece in self.iter() {
            let mut rest = 0;
            let text = std::str::from_utf8(piece).unwrap_or_default();
            for (at, character) in text.char_indices() {
                if let Some(other) = with(character) {
                    replaced.push(&piece[rest..at]);
                    replaced.push(other.as_bytes());
                    rest = at + character.len_utf8();
                }
            }
            replaced.push(&piece[rest..]);
        }
        replaced
    }
}

impl From<String> for Pieces {
    fn from(text: String) -> Pieces {
        Pieces { full: Vec::new(), last: text.into_bytes() }
    }
}

impl fmt::Write for Pieces {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
