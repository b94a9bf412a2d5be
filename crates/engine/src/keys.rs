//! Keys of principals: Ed25519, as text.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey as Key, VerifyingKey};
use strata_model::digest::{from_hex, hex};

/// `ed25519:` and the 32 bytes in hexadecimal digits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublicKey(VerifyingKey);

/// A private key. Has no `Debug` and no `Display`.
pub struct SigningKey(Key);

impl SigningKey {
    pub fn from_seed(seed: [u8; 32]) -> SigningKey {
        SigningKey(Key::from_bytes(&seed))
    }

    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of a text, in hexadecimal digits.
    pub fn sign(&self, text: &str) -> String {
        hex(&self.0.sign(text.as_bytes()).to_bytes())
    }
}

impl PublicKey {
    pub fn verifies(&self, text: &str, signature: &str) -> bool {
        let bytes: Option<[u8; 64]> = from_hex(signature).and_then(|bytes| bytes.try_into().ok());
        // Strict: no signature can be turned into another one of the same text.
        bytes.is_some_and(|bytes| self.0.verify_strict(text.as_bytes(), &Signature::from_bytes(&bytes)).is_ok())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", hex(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<PublicKey, String> {
        let bytes: Option<[u8; 32]> = text.strip_prefix("ed25519:").and_then(from_hex).and_then(|b| b.try_into().ok());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.map(PublicKey).ok_or_else(|| format!("`{text}` is not a public key such as ed25519:9f2c…"))
    }
}
