//! Makes plans real, so that nothing is lost: gathers what planning needs, holds leases, journals intents before calls
//! and outcomes after them, reads back what nobody knows, asks for approvals, looks for drift.
//!
//! Invariant: knows stores, drivers, secrets and clocks only as ports, and no provider by name. Decides nothing that a
//! plan has not said: an apply may do less than its plan, never more.
//! Invariant: no secret leaves this crate but into a driver or a store of secrets.

mod apply;
mod approve;
pub mod codes;
mod compact;
mod compare;
mod failure;
mod fate;
mod fill;
mod gather;
mod keys;
mod lease;
mod mask;
mod planning;
mod pool;
mod prepare;
mod retry;
mod sink;
mod spoil;
mod standing;
mod veil;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use strata_model::run::Holder;
use strata_model::{Event, Principal, SecretRef};
use strata_ports::{Clock, Drivers, Secrets, Store};

pub use apply::{Applied, StepFailure};
pub use approve::{Authority, Mode, Verb};
pub use compact::check_checkpoint;
pub use compare::{Difference, Side};
pub use failure::{Failure, FailureKind};
pub use fate::check_hash;
pub use keys::{PrivateKeyError, PublicKey, Signer, SigningKey};
pub use lease::break_lease;
pub use planning::{PlanOptions, Planned};
pub use standing::{Standing, standings};

/// The store of secrets into which sensitive attributes and outputs go.
pub const SINK: &str = SecretRef::SINK;

/// Everything that the engine works with.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    pub store: &'a dyn Store,
    pub drivers: &'a dyn Drivers,
    pub secrets: &'a dyn Secrets,
    pub clock: &'a dyn Clock,
    /// Told what goes on while it goes on.
    pub events: &'a (dyn Fn(Event) + Sync),
    pub interrupt: &'a Interrupt,
    pub who: &'a Identity,
    pub limits: &'a Limits,
}

/// Who acts.
#[derive(Clone, Debug)]
pub struct Identity {
    pub principal: Principal,
    /// Machine and process, such as `build-7/4711`.
    pub process: Arc<str>,
    /// Whether a holder of a lease is known to be gone; `None` where that cannot be known, as on another machine.
    pub is_gone: fn(&Holder) -> Option<bool>,
}

#[derive(Clone, Debug)]
pub struct Limits {
    /// Calls at the same time.
    pub parallelism: usize,
    /// How long a lease outlives the last heartbeat.
    pub lease: Duration,
    /// How long to wait for somebody else's lease.
    pub lease_wait: Duration,
    /// When a call is given up.
    pub call: Duration,
    /// How often a call that failed for a while is repeated.
    pub attempts: u32,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            parallelism: 10,
            lease: Duration::from_secs(30),
            lease_wait: Duration::ZERO,
            call: Duration::from_secs(60),
            attempts: 8,
        }
    }
}

/// A wish to stop: what is in flight is finished and recorded, nothing more is begun.
#[derive(Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    pub fn new() -> Interrupt {
        Interrupt::default()
    }

    pub fn raise(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// For whoever can only set a flag, such as a signal.
    pub fn flag(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }

    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
