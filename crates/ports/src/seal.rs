//! How sensitive leaves are taken out of a value, the same way for everyone, so that fingerprints can be compared.

use strata_model::{Fingerprint, Path, Value};

use crate::driver::SecretLeaf;
use crate::secrets::{Secret, SecretError};

/// Makes fingerprints; see [`crate::Secrets::fingerprint`].
pub type Sealer = dyn Fn(&str) -> Result<Fingerprint, SecretError> + Send + Sync;

/// The value with each sensitive leaf replaced by its fingerprint, and those leaves in clear, in order.
///
/// The fingerprint of a string is that of its text, of any other leaf that of its JSON. What is sealed or not known
/// stays as it is.
pub fn seal(
    value: &Value,
    is_sensitive: impl Fn(&Path) -> bool,
    sealer: &dyn Fn(&str) -> Result<Fingerprint, SecretError>,
) -> Result<(Value, Vec<SecretLeaf>), SecretError> {
    let (mut secrets, mut failed) = (Vec::new(), None);
    let sealed = value.map_leaves(&mut |path, leaf| {
        if failed.is_some() || !is_plain(leaf) || !is_sensitive(path) {
            return None;
        }
        let secret = Secret::new(leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned));
        match sealer(secret.expose()) {
            Ok(fingerprint) => {
                secrets.push(SecretLeaf { path: path.clone(), secret });
                Some(Value::Sealed(fingerprint))
            }
            Err(error) => {
                failed = Some(error);
                None
            }
        }
    });
    failed.map_or(Ok((sealed, secrets)), Err)
}

/// Null and an empty list or map tell nothing and stay.
fn is_plain(leaf: &Value) -> bool {
    matches!(leaf, Value::Bool(_) | Value::Number(_) | Value::String(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        strata_model::codec::from_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn sensitive_leaves_leave_only_fingerprints() {
        let clear = value(r#"{"login":{"pin":7,"user":"u","password":"p"},"keys":["a","b"],"none":{}}"#);
        let is_sensitive = |path: &Path| path.to_string() != "login.user";
        let (sealed, secrets) =
            seal(&clear, is_sensitive, &|text| Ok(Fingerprint(format!("<{text}>").into()))).unwrap();
        assert_eq!(
            sealed,
            value(
                r#"{"login":{"pin":{"$sealed":"<7>"},"user":"u","password":{"$sealed":"<p>"}},
                    "keys":[{"$sealed":"<a>"},{"$sealed":"<b>"}],"none":{}}"#
            )
        );
        let told: Vec<_> = secrets.iter().map(|leaf| format!("{}={}", leaf.path, leaf.secret.expose())).collect();
        assert_eq!(told, ["keys[0]=a", "keys[1]=b", "login.password=p", "login.pin=7"]);
    }

    #[test]
    fn no_fingerprint_no_value() {
        let broken = |_: &str| Err(SecretError::Unavailable { store: "file".into(), reason: "locked".to_owned() });
        assert!(seal(&value(r#"{"a":"x"}"#), |_| true, &broken).is_err());
    }
}
