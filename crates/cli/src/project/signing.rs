//! The key with which somebody approves: a file of his, one that an SSH agent keeps, or the one that is made for him.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use strata_base::Diagnostic;
use strata_engine::{Authority, PublicKey, Signer, SigningKey};
use strata_model::Principal;
use strata_model::digest::hex;

use super::agent;
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// A private key from a file.
pub(crate) fn from_file(path: &Path) -> Result<Box<dyn Signer + Sync>, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| refused(path, &error.to_string()))?;
    match SigningKey::read(&text) {
        Ok(key) => Ok(Box::new(key)),
        Err(error) => Err(refused(path, &error.to_string())),
    }
}

/// A key that the SSH agent keeps and that is trusted for somebody.
pub(crate) fn from_agent(authority: &Authority, who: &Principal) -> Result<Box<dyn Signer + Sync>, CommandError> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
    let socket = socket.ok_or_else(|| wrong("no SSH agent runs here: `SSH_AUTH_SOCK` is not set".to_owned()))?;
    let trusted = authority.keys.get(who).cloned().unwrap_or_default();
    match agent::key(&socket, |public| trusted.contains(public)) {
        Ok(Some(key)) => Ok(Box::new(key)),
        Ok(None) => Err(wrong(format!("the SSH agent has no Ed25519 key that is trusted for {who}"))),
        Err(error) => Err(wrong(format!("the SSH agent cannot be used: {error}"))),
    }
}

/// One's own key, which is made when it is first needed.
pub(crate) fn own(path: &Path) -> Result<Box<dyn Signer + Sync>, CommandError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| refused(folder, &error.to_string()))?;
    }
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(mut file) => {
            let mut seed = [0; 32];
            getrandom::fill(&mut seed).map_err(|error| refused(path, &error.to_string()))?;
            let written = writeln!(file, "{}", hex(&seed)).and_then(|()| file.sync_all());
            written.map_err(|error| refused(path, &error.to_string()))?;
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(refused(path, &error.to_string())),
    }
    from_file(path)
}

/// The public half of one's own key, if there is one already.
pub(super) fn own_public(path: &Path) -> Option<PublicKey> {
    let text = std::fs::read_to_string(path).ok()?;
    SigningKey::read(&text).ok().map(|key| key.public())
}

fn refused(path: &Path, why: &str) -> CommandError {
    wrong(format!("`{}` cannot be used to sign: {why}", path.display()))
}

fn wrong(message: String) -> CommandError {
    let hint = "keys with a passphrase are used through the agent: `ssh-add FILE`, then `strata approve --agent`";
    CommandError::plain(Exit::Error, Diagnostic::error(codes::KEY, message).hint(hint))
}
