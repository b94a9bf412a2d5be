//! Keys of principals: Ed25519, as text of our own or as SSH keeps them.

mod ssh;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use ed25519_dalek::{Signature, Signer as _, SigningKey as Key, VerifyingKey};
use strata_model::digest::{from_hex, hex};

pub use ssh::PrivateKeyError;

use crate::codes;
use crate::failure::Failure;

/// `ed25519:` and the 32 bytes in hexadecimal digits, or a line such as `ssh-ed25519 AAAA…`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey {
    format: Format,
    key: VerifyingKey,
}

/// How a key is written, which decides what is signed by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    /// The text itself is signed.
    Plain,
    /// The text is signed as `ssh-keygen -Y sign -n strata` does, so that no signature passes for one of a login.
    Ssh,
}

/// Whoever can sign: a key in hand, or an agent that keeps one.
pub trait Signer {
    fn public(&self) -> PublicKey;

    /// A signature of these bytes, of 64 bytes.
    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, String>;
}

/// The signature of a statement, in hexadecimal digits.
pub(crate) fn sign(key: &dyn Signer, statement: &str) -> Result<Arc<str>, Failure> {
    let signed = key.sign(&key.public().signed_bytes(statement));
    signed.map(|signature| hex(&signature).into()).map_err(|error| Failure::error(codes::NO_SIGNATURE, error))
}

/// A private key. Has no `Debug` and no `Display`.
pub struct SigningKey {
    format: Format,
    key: Key,
}

impl SigningKey {
    pub fn from_seed(seed: [u8; 32]) -> SigningKey {
        SigningKey { format: Format::Plain, key: Key::from_bytes(&seed) }
    }

    /// A private key file: 64 hexadecimal digits, or an OpenSSH private key that no passphrase locks.
    pub fn read(text: &str) -> Result<SigningKey, PrivateKeyError> {
        if let Some(seed) = from_hex(text.trim()).and_then(|bytes| bytes.try_into().ok()) {
            return Ok(SigningKey::from_seed(seed));
        }
        ssh::private_key(text).map(|seed| SigningKey { format: Format::Ssh, key: Key::from_bytes(&seed) })
    }
}

impl Signer for SigningKey {
    fn public(&self) -> PublicKey {
        PublicKey { format: self.format, key: self.key.verifying_key() }
    }

    fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        Ok(self.key.sign(bytes).to_bytes().to_vec())
    }
}

impl PublicKey {
    /// From the form in which SSH sends public keys.
    pub fn from_ssh_wire(blob: &[u8]) -> Option<PublicKey> {
        let key = VerifyingKey::from_bytes(&ssh::public_key(blob)?).ok()?;
        Some(PublicKey { format: Format::Ssh, key })
    }

    /// The form in which SSH sends it.
    pub fn to_ssh_wire(&self) -> Vec<u8> {
        ssh::blob(self.key.as_bytes())
    }

    /// What is signed where a text is to be.
    pub fn signed_bytes(&self, text: &str) -> Vec<u8> {
        match self.format {
            Format::Plain => text.as_bytes().to_vec(),
            Format::Ssh => ssh::signed_bytes(text),
        }
    }

    /// Whether a signature, in hexadecimal digits, is one of that text by this key.
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let bytes: Option<[u8; 64]> = from_hex(signature).and_then(|bytes| bytes.try_into().ok());
        // Strict: no signature can be turned into another one of the same text.
        bytes.is_some_and(|bytes| {
            self.key.verify_strict(&self.signed_bytes(text), &Signature::from_bytes(&bytes)).is_ok()
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.format {
            Format::Plain => write!(f, "ed25519:{}", hex(self.key.as_bytes())),
            Format::Ssh => f.write_str(&ssh::line(self.key.as_bytes())),
        }
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicKey, String> {
        let plain = || -> Option<PublicKey> {
            let bytes: [u8; 32] = from_hex(text.strip_prefix("ed25519:")?)?.try_into().ok()?;
            Some(PublicKey { format: Format::Plain, key: VerifyingKey::from_bytes(&bytes).ok()? })
        };
        plain()
            .or_else(|| PublicKey::from_ssh_wire(&ssh::blob_of_line(text)?))
            .ok_or_else(|| format!("`{text}` is no Ed25519 public key, such as `ed25519:9f2c…` or `ssh-ed25519 AAAA…`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by `ssh-keygen -t ed25519 -N '' -C someone@example`, without its first and last line; nobody trusts it.
    const PRIVATE: &str = include_str!("tests/id_ed25519.body");
    const PUBLIC: &str = include_str!("tests/id_ed25519.pub");
    /// The 64 bytes inside of what `ssh-keygen -Y sign -n strata` made of `approved\n` with that key.
    const SIGNATURE: &str = include_str!("tests/approved.sig.hex");

    fn file(body: &str) -> String {
        format!("{}\n{body}{}\n", ssh::BEGIN, ssh::END)
    }

    #[test]
    fn keys_of_ssh_are_read_and_sign_as_ssh_does() {
        let key = SigningKey::read(&file(PRIVATE)).unwrap();
        let public: PublicKey = PUBLIC.parse().unwrap();
        assert_eq!(key.public(), public);
        assert_eq!(format!("{public} someone@example\n"), PUBLIC, "a line is written as it was read");
        let signature = hex(&key.sign(&public.signed_bytes("approved\n")).unwrap());
        assert_eq!(signature, SIGNATURE.trim());
        assert!(public.verifies("approved\n", &signature));
        assert!(!public.verifies("approved", &signature));
    }

    #[test]
    fn a_key_that_is_locked_or_of_another_kind_is_told() {
        let told = |text: &str| SigningKey::read(text).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(told(&file(include_str!("tests/id_locked.body"))).contains("passphrase"));
        assert!(told("nonsense").contains("neither"));
        for cut in [&PRIVATE[..100], &PRIVATE[1..], ""] {
            assert!(told(&file(cut)).contains("damaged"), "{}", told(&file(cut)));
        }
        assert!("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ== x".parse::<PublicKey>().is_err());
        assert!("ssh-ed25519 AAAA".parse::<PublicKey>().is_err());
    }

    #[test]
    fn a_signature_by_one_format_is_none_by_the_other() {
        let plain = SigningKey::from_seed([7; 32]);
        let ssh = SigningKey { format: Format::Ssh, key: Key::from_bytes(&[7; 32]) };
        let signature = hex(&plain.sign(&plain.public().signed_bytes("x")).unwrap());
        assert!(plain.public().verifies("x", &signature));
        assert!(!ssh.public().verifies("x", &signature));
    }
}
