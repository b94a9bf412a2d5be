//! Where secrets are kept: outside state, plans, logs and events.

use std::fmt;
use std::sync::Arc;

use strata_model::SecretRef;

/// A secret that was opened. It has no `Display`, no serialisation and no equality; its `Debug` says nothing.
#[derive(Clone)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: impl Into<Arc<str>>) -> Secret {
        Secret(text.into())
    }

    /// The secret in clear. Only drivers, sinks and the making of fingerprints have a reason to ask.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("there is no secret `{}` in `{}`", .0.key, .0.store)]
    NotFound(SecretRef),
    #[error("there is no store of secrets called `{0}`")]
    NoStore(Arc<str>),
    #[error("`{store}` cannot keep secrets, only give them")]
    ReadOnly { store: Arc<str> },
    #[error("the store of secrets `{store}` cannot be used: {reason}")]
    Unavailable { store: Arc<str>, reason: String },
}

/// All stores of secrets together; [`SecretRef::store`] says which.
pub trait Secrets: Send + Sync {
    /// Names the present content of a secret without telling anything about it: a counter, a random mark, never a
    /// function of the value. It changes whenever the content does.
    fn version(&self, secret: &SecretRef) -> Result<Arc<str>, SecretError>;

    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError>;

    /// Keeps a secret durably. Writing the same content again keeps its version.
    fn put(&self, secret: &SecretRef, value: &Secret) -> Result<(), SecretError>;

    /// Nothing of it is left, not even what it was before. Removing what is not there is no error.
    fn remove(&self, secret: &SecretRef) -> Result<(), SecretError>;

    /// Removes those of a store that `unneeded` picks from their names, and what all secrets were before they were changed.
    /// It may be asked more than once; the last time it is while nobody else can keep or remove anything, so that what it
    /// decides by still holds when they go.
    fn sweep(&self, store: &str, unneeded: &mut dyn FnMut(&[SecretRef]) -> Vec<SecretRef>) -> Result<(), SecretError>;

    /// The names in a store, sorted.
    fn list(&self, store: &str) -> Result<Vec<SecretRef>, SecretError>;

    /// A fingerprint of sensitive text under a key that never leaves this store: equal texts under one project have
    /// equal fingerprints, and without the key a fingerprint tells nothing.
    fn fingerprint(&self, text: &str) -> Result<strata_model::Fingerprint, SecretError>;
}
