//! A log that forgets: what stands for its first entries once they are gone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Context;
use crate::approval::Principal;
use crate::digest::Digest;
use crate::record::{Head, Record};
use crate::time::Timestamp;

/// Says that the entries of a log up to one of them are gone, and which records stand for them. It stands in the log
/// as the entry after `through`, so the chain of hashes goes on over it; who made it vouches with a signature for what
/// cannot be followed any more.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The last entry that is gone.
    pub through: Head,
    /// When the first entry that is gone was written, also by an earlier checkpoint.
    pub since: Timestamp,
    /// How many plans and reports of drift are kept, the newest ones.
    pub limit: u32,
    /// The hash of the records that are kept, see [`Checkpoint::hash_of`].
    pub kept: Digest,
    pub principal: Principal,
    pub at: Timestamp,
    /// The public key, such as `ed25519:…` or an SSH key line.
    pub key: Arc<str>,
    /// Of what [`Checkpoint::statement`] says, in hexadecimal digits.
    pub signature: Arc<str>,
}

impl Checkpoint {
    /// The hash of records that are kept, in their order.
    pub fn hash_of(kept: &[Record]) -> Result<Digest, serde_json::Error> {
        Digest::of_written(|to| serde_json::to_writer(to, kept))
    }

    /// The text that is signed: all that the checkpoint says, one fact a line.
    pub fn statement(&self, context: &Context) -> String {
        let Checkpoint { through, since, limit, kept, principal, at, .. } = self;
        format!(
            "strata checkpoint 1\ncontext {context}\nthrough {} {}\nsince {since}\nlimit {limit}\nkept {kept}\n\
             principal {principal}\nat {at}\n",
            through.sequence, through.hash
        )
    }
}
