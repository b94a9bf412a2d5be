//! A store of secrets in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use strata_model::{Digest, Fingerprint, SecretRef};
use strata_ports::{Secret, SecretError, Secrets};

pub(crate) fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint(Digest::of_parts(&[b"key", text.as_bytes()]).short().into())
}

/// Secrets in a map, with a counter for a version.
#[derive(Default)]
pub(crate) struct Vault(Mutex<BTreeMap<SecretRef, (u64, String)>>);

impl Secrets for Vault {
    fn version(&self, secret: &SecretRef) -> Result<Arc<str>, SecretError> {
        let map = self.0.lock().unwrap();
        map.get(secret)
            .map(|(version, _)| version.to_string().into())
            .ok_or_else(|| SecretError::NotFound(secret.clone()))
    }

    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError> {
        let map = self.0.lock().unwrap();
        map.get(secret).map(|(_, text)| Secret::new(text.as_str())).ok_or_else(|| SecretError::NotFound(secret.clone()))
    }

    fn put(&self, secret: &SecretRef, value: &Secret) -> Result<(), SecretError> {
        let mut map = self.0.lock().unwrap();
        let entry = map.entry(secret.clone()).or_insert((0, String::new()));
        if entry.1 != value.expose() {
            *entry = (entry.0 + 1, value.expose().to_owned());
        }
        Ok(())
    }

    fn remove(&self, secret: &SecretRef) -> Result<(), SecretError> {
        self.0.lock().unwrap().remove(secret);
        Ok(())
    }

    fn sweep(&self, store: &str, unneeded: &mut dyn FnMut(&[SecretRef]) -> Vec<SecretRef>) -> Result<(), SecretError> {
        unneeded(&self.list(store)?).iter().try_for_each(|secret| self.remove(secret))
    }

    fn list(&self, store: &str) -> Result<Vec<SecretRef>, SecretError> {
        Ok(self.0.lock().unwrap().keys().filter(|secret| &*secret.store == store).cloned().collect())
    }

    fn fingerprint(&self, text: &str) -> Result<Fingerprint, SecretError> {
        Ok(fingerprint(text))
    }
}
