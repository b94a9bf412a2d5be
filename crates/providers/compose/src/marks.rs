//! The marks on objects: labels that say whose they are, what made them and what was sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::{Token, Value};
use strata_ports::Owner;

pub(crate) const PROJECT: &str = "dev.strata.project";
pub(crate) const ADDRESS: &str = "dev.strata.address";
pub(crate) const TOKEN: &str = "dev.strata.token";
/// The properties that were sent, with fingerprints for secrets.
pub(crate) const SENT: &str = "dev.strata.sent";
/// How many containers the create asked for: with fewer it did not come to its end.
pub(crate) const FIRST: &str = "dev.strata.first";

/// What Compose calls the project and the parts of it. A file that was written of the same resources finds them by these.
pub(crate) const COMPOSE_PROJECT: &str = "com.docker.compose.project";
pub(crate) const COMPOSE_SERVICE: &str = "com.docker.compose.service";
pub(crate) const COMPOSE_NUMBER: &str = "com.docker.compose.container-number";
pub(crate) const COMPOSE_VOLUME: &str = "com.docker.compose.volume";
pub(crate) const COMPOSE_NETWORK: &str = "com.docker.compose.network";

/// The marks of one object.
#[derive(Clone, Debug)]
pub(crate) struct Marks {
    pub(crate) owner: Owner,
    pub(crate) token: Token,
    /// Sealed.
    pub(crate) sent: Value,
    pub(crate) first: u64,
}

impl Marks {
    pub(crate) fn labels(&self) -> BTreeMap<String, String> {
        BTreeMap::from([
            (PROJECT.to_owned(), self.owner.project.to_string()),
            (ADDRESS.to_owned(), self.owner.address.to_string()),
            (TOKEN.to_owned(), self.token.0.to_string()),
            (SENT.to_owned(), self.sent.to_string()),
            (FIRST.to_owned(), self.first.to_string()),
        ])
    }

    /// `None` if the labels are not ours, or not as we write them.
    pub(crate) fn of(label: impl Fn(&str) -> Option<String>) -> Option<Marks> {
        let owner = owner(&label)?;
        let token = Token(label(TOKEN)?.into());
        let sent = strata_model::codec::from_json(label(SENT)?.as_bytes()).ok()?;
        let first = label(FIRST).and_then(|count| count.parse().ok()).unwrap_or(1);
        Some(Marks { owner, token, sent, first })
    }
}

pub(crate) fn owner(label: impl Fn(&str) -> Option<String>) -> Option<Owner> {
    let project: Arc<str> = label(PROJECT)?.into();
    Some(Owner { project, address: label(ADDRESS)?.parse().ok()? })
}
