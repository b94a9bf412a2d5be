//! Secrets that nobody gave. Docker keeps none, so they are made from the key of the project, and stand nowhere.

use strata_model::{Address, Fingerprint, ObjectId, Path, Value};
use strata_ports::{DriverError, Observed, Owner, Secret, SecretError, SecretLeaf};

use crate::driver::Compose;
use crate::names;
use crate::types::Kind;

impl Compose {
    /// A secret that nobody gave is a function of the project's key and of the address: nothing keeps it, and it is always the
    /// same.
    pub(crate) fn secret(&self, owner: &Owner) -> Result<Observed, DriverError> {
        let name = format!(
            "{}/{}",
            names::project(&owner.address.context()),
            names::local(&Kind::Secret.name(), &owner.address)
        );
        let failed = |error: SecretError| DriverError::Transient(error.to_string());
        let text = made_up(&*self.sealer, &owner.address).map_err(failed)?;
        let sealed = (self.sealer)(text.expose()).map_err(failed)?;
        let attributes = [("name", Value::from(&*name)), ("value", Value::Sealed(sealed))].into_iter().collect();
        let leaf = SecretLeaf { path: Path::key("value"), secret: text };
        Ok(Observed {
            object: ObjectId(name.into()),
            attributes,
            secrets: vec![leaf],
            owner: Some(owner.clone()),
            unwell: None,
        })
    }
}

/// The text of a secret that nobody gave.
pub fn made_up(
    sealer: &dyn Fn(&str) -> Result<Fingerprint, SecretError>,
    address: &Address,
) -> Result<Secret, SecretError> {
    let mark = sealer(&format!("a secret that compose makes up for {address}"))?;
    let digits = mark.0.rsplit_once(':').map_or(&*mark.0, |(_, digits)| digits);
    Ok(Secret::new(&digits[..digits.len().min(32)]))
}
