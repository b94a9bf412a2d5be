//! A long text in pieces, which is never moved while it grows.

use std::fmt;

/// How long a piece is, unless what is written at once is longer.
const PIECE: usize = 256 << 10;

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

/// Replaces what HTML gives a meaning to; in JSON it stands only in strings.
pub(super) struct Escaped<'a>(pub(super) &'a mut Pieces);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        while let Some(at) = text.find(['<', '>', '&']) {
            let (before, rest) = text.split_at(at);
            self.0.push(before.as_bytes());
            self.0.push(match rest.as_bytes()[0] {
                b'<' => b"\\u003c",
                b'>' => b"\\u003e",
                _ => b"\\u0026",
            });
            text = &rest[1..];
        }
        self.0.push(text.as_bytes());
        Ok(())
    }
}
