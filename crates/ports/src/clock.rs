//! Time, asked for in one place.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use strata_model::Timestamp;

pub trait Clock: Send + Sync {
    /// Wall-clock time. It may jump, also backwards: it is written down, told to people and put into leases and
    /// deadlines that other processes read. Nothing that keeps data safe rests on it alone.
    fn now(&self) -> Timestamp;

    /// Time since some start of this process; never goes back. How long something takes is measured with it.
    fn monotonic(&self) -> Duration;

    /// Waits. A test clock only moves on.
    fn sleep(&self, duration: Duration);
}

/// A clock that stands still unless it is moved.
#[derive(Debug)]
pub struct ManualClock {
    millis: AtomicI64,
    /// By how much the wall clock is wrong.
    skew: AtomicI64,
}

impl ManualClock {
    pub fn at(start: Timestamp) -> ManualClock {
        ManualClock { millis: AtomicI64::new(start.millis()), skew: AtomicI64::new(0) }
    }

    pub fn advance(&self, duration: Duration) {
        self.millis.fetch_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// Sets the wall clock to another time, which may be an earlier one.
    pub fn jump(&self, by_ms: i64) {
        self.skew.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst) + self.skew.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.millis.load(Ordering::SeqCst)).unwrap_or(0))
    }

    fn sleep(&self, duration: Duration) {
        self.advance(duration);
    }
}
