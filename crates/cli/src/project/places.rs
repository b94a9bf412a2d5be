//! Where a project keeps what must outlive a checkout: outside of the work tree, so that cleaning that destroys nothing.

use std::path::{Path, PathBuf};

use strata_base::Diagnostic;
use strata_engine::{Authority, Failure, Identity};
use strata_model::Digest;
use strata_store_secrets::FileSecrets;
use strata_store_sqlite::SqliteStore;

use super::{identity, signing, told, trust};
use crate::App;
use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// The files of the project of the working folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Places {
    pub(crate) store: PathBuf,
    /// Secrets, sealed with the key.
    pub(crate) secrets: PathBuf,
    /// Not beside what it opens: who copies the data has not copied this.
    pub(crate) key: PathBuf,
    /// The simulated cloud.
    pub(crate) world: PathBuf,
    /// Locks of what several projects of this machine share.
    pub(crate) locks: PathBuf,
    /// With what one approves for oneself.
    pub(crate) own_key: PathBuf,
    /// Who is trusted with what.
    pub(crate) trust: PathBuf,
}

impl Places {
    pub(crate) fn of(app: &App) -> Result<Places, CommandError> {
        // The XDG folders; a relative one is void, as their specification says.
        let xdg = |variable, below| {
            let folder = absolute(variable).or_else(|| Some(absolute("HOME")?.join(below)));
            folder.map(|folder| folder.join("strata")).ok_or_else(|| no_home(variable))
        };
        let (data, config) = (xdg("XDG_DATA_HOME", ".local/share")?, xdg("XDG_CONFIG_HOME", ".config")?);
        let folder = match absolute("STRATA_DATA") {
            Some(folder) => folder,
            None => data.join(name(app.settings.project())?),
        };
        Ok(Places {
            store: folder.join("store.db"),
            secrets: folder.join("secrets"),
            key: config.join("keys").join(format!("{}.key", last_name(&folder))),
            world: folder.join("world"),
            locks: data.join("locks"),
            own_key: config.join("keys").join("approve.key"),
            trust: config.join("trust.toml"),
        })
    }

    /// The store, if there is one already.
    pub(crate) fn existing_store(&self) -> Result<Option<SqliteStore>, CommandError> {
        SqliteStore::open_existing(&self.store).map_err(|error| told(Failure::from(error)))
    }

    /// Who acts, and who is trusted with what.
    pub(crate) fn authority(&self) -> Result<(Identity, Authority), CommandError> {
        let identity = identity::identity();
        let own_key = signing::own_public(&self.own_key);
        let authority = trust::read(&self.trust, &identity.principal, own_key)?;
        Ok((identity, authority))
    }

    pub(crate) fn open_secrets(&self) -> FileSecrets {
        let environment = Box::new(|name: &str| std::env::var(name).ok());
        FileSecrets::new(self.secrets.clone(), self.key.clone(), environment)
    }
}

/// In a root folder of the machine, say, nobody would look for it again.
fn no_home(variable: &str) -> CommandError {
    let message = "there is no folder for what a project keeps: HOME names none";
    let hint = format!("set HOME, or {variable}, to an absolute path");
    CommandError::plain(Exit::Error, Diagnostic::error(codes::NO_HOME, message).hint(hint))
}

/// The path in a variable of the environment, if it is absolute.
pub(super) fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}

/// What the project of the working folder is called on this machine. Without a name of its own it is called as its
/// folder, the nearest one upwards that has a project file, with a mark of the place, because two projects may have
/// folders of one name.
fn name(own: Option<&str>) -> Result<String, CommandError> {
    if let Some(own) = own {
        return Ok(own.to_owned());
    }
    let here = std::env::current_dir().map_err(|error| {
        let message = format!("the working folder cannot be used: {error}");
        CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
    })?;
    let root = here.ancestors().find(|folder| folder.join("strata.toml").is_file()).unwrap_or(&here);
    let place = Digest::of(root.as_os_str().as_encoded_bytes()).short();
    Ok(format!("{}-{}", last_name(root), &place[..8]))
}

fn last_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned())
}
