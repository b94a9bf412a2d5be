//! The traits through which the engine meets the world: [`Driver`], [`Store`], [`Secrets`], [`Clock`]; and for each
//! a suite that every implementation must pass.
//!
//! Invariant: knows no implementation except the in-memory store, which the suites use as their model. Everything is
//! synchronous: the engine runs calls on a bounded pool of threads, so an implementation may block.

pub mod clock;
pub mod compaction;
pub mod driver;
pub mod memory;
pub mod projection;
pub mod reads;
pub mod seal;
pub mod secrets;
pub mod store;
pub mod suite;
pub mod transfer;

pub use clock::{Clock, ManualClock};
pub use driver::{
    Call, Create, Delete, Driver, DriverError, Drivers, Found, Guarantees, Health, Listed, LogQuery, Observed, Owner,
    SecretLeaf, Unready, Update,
};
pub use reads::{Moment, Reads, at_one_moment};
pub use seal::{Sealer, seal};
pub use secrets::{Secret, SecretError, Secrets};
pub use store::{ExpectHead, Store, StoreError, Write};
