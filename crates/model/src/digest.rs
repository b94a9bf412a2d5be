//! SHA-256 digests, written `sha256:` and 64 hexadecimal digits.

use std::fmt;
use std::io::{BufWriter, Write};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The digest of several byte strings in order; their lengths take part, so moving a border changes it.
    pub fn of_parts(parts: &[&[u8]]) -> Digest {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Digest(hasher.finalize().into())
    }

    /// The digest of what is written, without keeping it.
    pub fn of_written<E>(write: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> Result<Digest, E> {
        let mut hasher = Hashing(Sha256::new());
        let mut to = BufWriter::new(&mut hasher);
        write(&mut to)?;
        // Taking into a digest cannot fail.
        let _ = to.flush();
        drop(to);
        Ok(Digest(hasher.0.finalize().into()))
    }

    /// The first twelve hexadecimal digits, for people.
    pub fn short(&self) -> String {
        hex(&self.0[..6])
    }
}

/// Takes what is written into a digest.
struct Hashing(Sha256);

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Digest, String> {
        let bytes = text.strip_prefix("sha256:").and_then(from_hex).and_then(|bytes| bytes.try_into().ok());
        bytes.map(Digest).ok_or_else(|| format!("`{text}` is not a digest such as sha256:9f2c…"))
    }
}

crate::codec::text_serde!(Digest);
