//! The forms in which SSH writes Ed25519 keys and what it signs: <https://www.rfc-editor.org/rfc/rfc8709>, and the files
//! `PROTOCOL.key` and `PROTOCOL.sshsig` of OpenSSH.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};

const KIND: &[u8] = b"ssh-ed25519";
/// What our signatures are for: one for another purpose does not pass for one of ours.
const NAMESPACE: &[u8] = b"strata";
const MAGIC: &[u8] = b"openssh-key-v1\0";
pub(super) const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";
pub(super) const END: &str = "-----END OPENSSH PRIVATE KEY-----";

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PrivateKeyError {
    #[error("it is neither an OpenSSH private key nor 64 hexadecimal digits")]
    Unknown,
    #[error("it is damaged")]
    Damaged,
    #[error("it is locked with a passphrase")]
    Locked,
    #[error("it is not an Ed25519 key")]
    NotEd25519,
}

/// The bytes of a public key from the form in which it is sent.
pub(super) fn public_key(blob: &[u8]) -> Option<[u8; 32]> {
    let mut parts = Parts(blob);
    let (kind, key) = (parts.string()?, parts.string()?);
    (kind == KIND && parts.0.is_empty()).then(|| key.try_into().ok()).flatten()
}

/// The key of a line `ssh-ed25519 AAAA… comment`, as it is sent.
pub(super) fn blob_of_line(line: &str) -> Option<Vec<u8>> {
    let mut words = line.split_whitespace();
    if words.next()?.as_bytes() != KIND {
        return None;
    }
    STANDARD.decode(words.next()?).ok()
}

/// A public key as it is sent.
pub(super) fn blob(key: &[u8; 32]) -> Vec<u8> {
    let mut blob = Vec::new();
    put(&mut blob, KIND);
    put(&mut blob, key);
    blob
}

/// The line of a public key, without a comment.
pub(super) fn line(key: &[u8; 32]) -> String {
    format!("ssh-ed25519 {}", STANDARD.encode(blob(key)))
}

/// What is signed where a text is to be.
pub(super) fn signed_bytes(text: &str) -> Vec<u8> {
    let mut bytes = b"SSHSIG".to_vec();
    let digest = Sha512::digest(text.as_bytes());
    for part in [NAMESPACE, b"", b"sha512", &digest] {
        put(&mut bytes, part);
    }
    bytes
}

/// The seed of a private key file.
pub(super) fn private_key(text: &str) -> Result<[u8; 32], PrivateKeyError> {
    let inside = text.trim().strip_prefix(BEGIN).and_then(|text| text.strip_suffix(END));
    let inside: String = inside.ok_or(PrivateKeyError::Unknown)?.split_whitespace().collect();
    let bytes = STANDARD.decode(inside).map_err(|_| PrivateKeyError::Damaged)?;
    let mut outer = Parts(bytes.strip_prefix(MAGIC).ok_or(PrivateKeyError::Damaged)?);
    let cipher = outer.string().ok_or(PrivateKeyError::Damaged)?;
    if cipher != b"none" {
        return Err(PrivateKeyError::Locked);
    }
    let private = (|| {
        // The function that makes a key of a passphrase, and its options; both say nothing here.
        outer.string()?;
        outer.string()?;
        if outer.number()? != 1 {
            return None;
        }
        outer.string()?;
        outer.string()
    })();
    let mut inner = Parts(private.ok_or(PrivateKeyError::Damaged)?);
    // Twice the same number, by which a wrong passphrase is noticed.
    let (one, other) = (inner.number(), inner.number());
    if one.is_none() || one != other {
        return Err(PrivateKeyError::Damaged);
    }
    if inner.string().ok_or(PrivateKeyError::Damaged)? != KIND {
        return Err(PrivateKeyError::NotEd25519);
    }
    let public = inner.string().ok_or(PrivateKeyError::Damaged)?;
    // The seed, and the public key once more.
    let pair = inner.string().ok_or(PrivateKeyError::Damaged)?;
    match pair.split_first_chunk::<32>() {
        Some((seed, rest)) if rest == public => Ok(*seed),
        _ => Err(PrivateKeyError::Damaged),
    }
}

/// Takes SSH's numbers and strings off the front of some bytes.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (string, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(string)
    }
}

fn put(bytes: &mut Vec<u8>, string: &[u8]) {
    // No string here comes near the limit.
    bytes.extend_from_slice(&u32::try_from(string.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend_from_slice(string);
}
