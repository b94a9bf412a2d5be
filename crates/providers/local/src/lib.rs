//! `local`: a cloud that is simulated, and lasts. The [`world`] is a process of its own with a file of its own; the
//! driver ([`Local`]) starts it when it is first needed and speaks to it over a socket. It is the provider that works
//! everywhere, and the twin on which everything that can go wrong is tried: see [`Settings`] and [`Admin`].
//!
//! Invariant: shares no code, no file and no transaction with any store, so that what the engine believes can be compared
//! with what is.
//! Invariant: no secret in clear is in a file of the world, nor crosses the socket towards it: it is sent fingerprints.

mod catalogue;
mod client;
pub mod codes;
mod driver;
mod place;
mod protocol;
mod settings;
pub mod world;

pub use catalogue::{check, types};
pub use client::{Launch, World, WorldError};
pub use driver::Local;
pub use protocol::{Admin, Answer, Condition, Due, Mark, Meddle, Object, Place, Status};
pub use settings::{DriftRule, Fault, FaultRule, Latency, Moment, Operation, Settings, When};
