//! What is read where something secret was sent is secret too. Not every provider knows what is: somebody who changes a
//! password by hand, or an object that is taken over, shows in clear what must not be recorded so.

use strata_model::{Path, Value};
use strata_ports::{Observed, SecretError, SecretLeaf, seal};

use crate::Engine;

/// Seals what stands where `sent` is sealed.
pub(crate) fn veil(engine: &Engine<'_>, mut observed: Observed, sent: &Value) -> Result<Observed, SecretError> {
    let mut secret: Vec<Path> = Vec::new();
    sent.each_leaf(&mut |path, leaf| {
        if matches!(leaf, Value::Sealed(_)) {
            secret.push(path.clone());
        }
    });
    if secret.is_empty() {
        return Ok(observed);
    }
    let is_secret = |path: &Path| secret.iter().any(|sealed| sealed.covers(path));
    let (attributes, found) = seal(&observed.attributes, is_secret, &|text| engine.secrets.fingerprint(text))?;
    observed.attributes = attributes;
    let is_new = |leaf: &SecretLeaf| observed.secrets.iter().all(|known| known.path != leaf.path);
    let more: Vec<SecretLeaf> = found.into_iter().filter(is_new).collect();
    observed.secrets.extend(more);
    Ok(observed)
}
