//! Secrets in a file of their own, encrypted, and beside them those that the environment gives.
//!
//! The file is a log: each line is one secret that was kept, sealed with AES-256-GCM under a key that lies in another place.
//! Keeping a secret appends one line and syncs it; a last line that was torn by a crash is not there. What is removed goes for
//! good: a file without it takes the place of the file.
//!
//! Invariant: the text of a secret is in memory and in the answer to [`Secrets::get`], nowhere else.
//! Invariant: the version of a secret that is kept is random, so that it tells nothing about its content. A variable has
//! none of its own: its version is a keyed fingerprint, which tells nothing without the key and changes with the content.

mod key;
mod log;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use strata_model::digest::hex;
use strata_model::{Fingerprint, SecretRef};
use strata_ports::{Secret, SecretError, Secrets};

use key::Key;
use log::{Kept, Log};

/// The store whose secrets are variables of the environment.
pub const ENVIRONMENT: &str = "env";

/// How long a writer waits for those of other processes. Each holds the file for one line only; but one may be stopped
/// meanwhile, and is not waited for until somebody lets it go on.
const PATIENCE: Duration = Duration::from_secs(30);

/// Gives the variables of the environment by name.
pub type Environment = Box<dyn Fn(&str) -> Option<String> + Send + Sync>;

pub struct FileSecrets {
    file: PathBuf,
    key_file: PathBuf,
    environment: Environment,
    patience: Duration,
    opened: Mutex<Option<Opened>>,
}

/// The file as last read.
struct Opened {
    key: Key,
    log: Log,
}

impl FileSecrets {
    /// Nothing is opened or made before the first secret is asked for.
    pub fn new(file: impl Into<PathBuf>, key_file: impl Into<PathBuf>, environment: Environment) -> FileSecrets {
        let (file, key_file) = (file.into(), key_file.into());
        FileSecrets { file, key_file, environment, patience: PATIENCE, opened: Mutex::default() }
    }

    /// With another patience with those who write at the same time.
    pub fn patient_for(self, patience: Duration) -> FileSecrets {
        FileSecrets { patience, ..self }
    }

    fn with<T>(&self, store: &str, work: impl FnOnce(&mut Opened) -> Result<T, String>) -> Result<T, SecretError> {
        let told = |reason| SecretError::Unavailable { store: store.into(), reason };
        let mut opened: MutexGuard<'_, Option<Opened>> = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.is_none() {
            let key = Key::open(&self.key_file, &self.file).map_err(told)?;
            *opened = Some(Opened { key, log: Log::new(self.file.clone(), self.patience) });
        }
        match &mut *opened {
            Some(opened) => work(opened).map_err(told),
            None => Err(told("it is not open".to_owned())),
        }
    }

    /// Makes up a secret of 32 random bytes and keeps it. What was kept under that name is no more.
    pub fn issue(&self, secret: &SecretRef) -> Result<(), SecretError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| SecretError::Unavailable {
            store: secret.store.clone(),
            reason: format!("no randomness: {error}"),
        })?;
        self.put(secret, &Secret::new(hex(&bytes)))
    }

    /// The names of everything that is kept, sorted by store and key.
    pub fn all(&self) -> Result<Vec<SecretRef>, SecretError> {
        self.list_where("secrets", |_| true)
    }

    fn list_where(&self, store: &str, wanted: impl Fn(&SecretRef) -> bool) -> Result<Vec<SecretRef>, SecretError> {
        // Nothing is made in order to say that nothing is there.
        if !self.file.exists() {
            return Ok(Vec::new());
        }
        let mut names: Vec<SecretRef> = self.with(store, |opened| {
            opened.log.refresh(&opened.key)?;
            Ok(opened.log.kept().keys().filter(|secret| wanted(secret)).cloned().collect())
        })?;
        names.sort_by(|a, b| (&a.store, &a.key).cmp(&(&b.store, &b.key)));
        Ok(names)
    }

    fn kept(&self, secret: &SecretRef) -> Result<Kept, SecretError> {
        if !self.file.exists() {
            return Err(SecretError::NotFound(secret.clone()));
        }
        let kept = self.with(&secret.store, |opened| {
            opened.log.refresh(&opened.key)?;
            Ok(opened.log.kept().get(secret).cloned())
        })?;
        kept.ok_or_else(|| SecretError::NotFound(secret.clone()))
    }

    fn variable_version(&self, secret: &SecretRef) -> Result<Arc<str>, SecretError> {
        let content = self.variable(secret)?;
        self.with(&secret.store, |opened| {
            let mut mac =
                Hmac::<Sha256>::new_from_slice(&opened.key.for_versions()).map_err(|error| error.to_string())?;
            // The name takes part, so that two variables of one content do not show that they are.
            mac.update(secret.key.as_bytes());
            mac.update(&[0]);
            mac.update(content.expose().as_bytes());
            Ok(hex(&mac.finalize().into_bytes()[..8]).into())
        })
    }

    fn variable(&self, secret: &SecretRef) -> Result<Secret, SecretError> {
        (self.environment)(&secret.key).map(Secret::new).ok_or_else(|| SecretError::NotFound(secret.clone()))
    }
}

impl Secrets for FileSecrets {
    fn version(&self, secret: &SecretRef) -> Result<Arc<str>, SecretError> {
        if &*secret.store == ENVIRONMENT {
            return self.variable_version(secret);
        }
        self.kept(secret).map(|kept| kept.version)
    }

    fn get(&self, secret: &SecretRef) -> Result<Secret, SecretError> {
        if &*secret.store == ENVIRONMENT {
            return self.variable(secret);
        }
        self.kept(secret).map(|kept| kept.secret)
    }

    fn put(&self, secret: &SecretRef, value: &Secret) -> Result<(), SecretError> {
        refuse_environment(secret)?;
        self.with(&secret.store, |opened| opened.log.put(&opened.key, secret, value))
    }

    fn remove(&self, secret: &SecretRef) -> Result<(), SecretError> {
        refuse_environment(secret)?;
        let only = |kept: &[SecretRef]| if kept.contains(secret) { vec![secret.clone()] } else { Vec::new() };
        self.sweep(&secret.store, &mut { only })
    }

    fn sweep(&self, store: &str, unneeded: &mut dyn FnMut(&[SecretRef]) -> Vec<SecretRef>) -> Result<(), SecretError> {
        // Where nothing is, nothing is made.
        if !self.file.exists() {
            return Ok(());
        }
        self.with(store, |opened| {
            opened.log.sweep(&opened.key, &mut |kept| {
                let own: Vec<SecretRef> = kept.keys().filter(|secret| &*secret.store == store).cloned().collect();
                unneeded(&own)
            })
        })
    }

    fn list(&self, store: &str) -> Result<Vec<SecretRef>, SecretError> {
        self.list_where(store, |secret| &*secret.store == store)
    }

    fn fingerprint(&self, text: &str) -> Result<Fingerprint, SecretError> {
        self.with("fingerprints", |opened| {
            let mut mac = Hmac::<Sha256>::new_from_slice(&opened.key.for_fingerprints())
                .map_err(|_| "its key is of the wrong size".to_owned())?;
            mac.update(text.as_bytes());
            Ok(Fingerprint(format!("hmac-sha256:{}", hex(&mac.finalize().into_bytes()[..16])).into()))
        })
    }
}

fn refuse_environment(secret: &SecretRef) -> Result<(), SecretError> {
    if &*secret.store == ENVIRONMENT {
        return Err(SecretError::ReadOnly { store: secret.store.clone() });
    }
    Ok(())
}
