//! `compose`: resources on a Docker engine. The driver ([`Compose`]) makes them real, one service at a time, by `docker compose`
//! with a file of that one service; what was made is found again by its labels, and read back through the engine. The sink
//! ([`emit::emit`]) writes a graph as one Compose file that needs nothing of ours.
//!
//! Invariant: keeps no state. Marks are on the objects; names are a function of addresses, the same for driver and sink.
//! Invariant: a secret reaches an engine only by the environment of the process that is asked. Neither a file that is written
//! nor a label holds one.

pub mod codes;
mod cp;
mod docker;
mod driver;
pub mod emit;
mod file;
mod lock;
mod marks;
pub mod names;
mod observe;
mod plain;
mod ready;
mod secret;
mod sending;
mod service;
mod types;
mod unwell;

pub use driver::Compose;
pub use secret::made_up;

/// What is wrong with properties of an object of that type; nothing where this provider has no such type.
pub fn check(kind: &str, properties: &strata_model::Value) -> Option<Vec<(strata_model::Path, String)>> {
    types::Kind::of(kind).map(|kind| types::check(kind, properties))
}

/// How every name of a type begins.
pub(crate) const PREFIX: &str = "compose.";
