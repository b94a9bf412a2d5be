//! The key with which somebody signs: a file of his, one that an SSH agent keeps, or the one that is made for him.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use strata_base::Diagnostic;
use strata_engine::{Authority, PublicKey, Signer, SigningKey};
use strata_model::Principal;
use strata_model::digest::hex;

use super::{Places, Project, agent};
use crate::App;
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// Options of commands that sign.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct KeyArgs {
    /// Your private key: an OpenSSH key file (Ed25519), or a file with 64 hexadecimal digits
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Sign with a key that the SSH agent keeps
    #[arg(long, conflicts_with = "key")]
    agent: bool,
}

impl KeyArgs {
    /// The project, and the key. One's own key is made before the project looks whom it trusts.
    pub(crate) fn open(&self, app: &App) -> Result<(Project, Box<dyn Signer + Sync>), CommandError> {
        match (&self.key, self.agent) {
            (Some(path), _) => Ok((Project::open(app)?, from_file(path)?)),
            (None, false) => {
                let key = own(&Places::of(app)?.own_key)?;
                Ok((Project::open(app)?, key))
            }
            (None, true) => {
                let project = Project::open(app)?;
                let key = from_agent(&project.authority, project.principal())?;
                Ok((project, key))
            }
        }
    }
}

/// A private key from a file.
fn from_file(path: &Path) -> Result<Box<dyn Signer + Sync>, CommandError> {
    let text = std::fs::read_to_string(path).map_err(|error| refused(path, &error.to_string()))?;
    match SigningKey::read(&text) {
        Ok(key) => Ok(Box::new(key)),
        Err(error) => Err(refused(path, &error.to_string())),
    }
}

/// A key that the SSH agent keeps and that is trusted for somebody.
fn from_agent(authority: &Authority, who: &Principal) -> Result<Box<dyn Signer + Sync>, CommandError> {
    let socket = std::env::var_os("SSH_AUTH_SOCK").map(PathBuf::from);
    let socket = socket.ok_or_else(|| wrong("no SSH agent runs here: `SSH_AUTH_SOCK` is not set".to_owned()))?;
    let trusted = authority.keys.get(who).cloned().unwrap_or_default();
    match agent::key(&socket, |public| trusted.contains(public)) {
        Ok(Some(key)) => Ok(Box::new(key)),
        Ok(None) => Err(wrong(format!("the SSH agent has no Ed25519 key that is trusted for {who}"))),
        Err(error) => Err(wrong(format!("the SSH agent cannot be used: {error}"))),
    }
}

/// One's own key, which is made when it is first needed. It is put in its place whole: half a key would be in the way of
/// every later one.
pub(super) fn own(path: &Path) -> Result<Box<dyn Signer + Sync>, CommandError> {
    if !path.exists() {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| refused(path, &error.to_string()))?;
        make(path, &hex(&seed)).map_err(|error| refused(path, &error.to_string()))?;
    }
    from_file(path)
}

/// Only its owner can read what is made. If somebody was quicker, his stays.
fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    writeln!(file, "{text}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => File::open(folder)?.sync_all(),
        Err(refused) if refused.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(refused) => Err(refused.error),
    }
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
    let hint = "keys with a passphrase are used through the agent: `ssh-add FILE`, then `--agent`";
    CommandError::plain(Exit::Error, Diagnostic::error(codes::KEY, message).hint(hint))
}
