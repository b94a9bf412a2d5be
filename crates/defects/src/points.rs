//! Points that a process passes on its way, at which a torture can have it killed, stopped, or its clock jump.
//!
//! Without the feature `planted` passing one costs nothing. With it two variables are heeded: `STRATA_TRACE` names a file to
//! which each pass adds a line `PROCESS POINT COUNT`; `STRATA_ORDERS` says what is to happen, as in
//! `call-begins:3=kill,lease-taken:1=jump:-86400000`: at the third pass through `call-begins` in a process it is killed, and
//! at the first through `lease-taken` its clock jumps back by a day.

macro_rules! points {
    ($($(#[doc = $about:literal])+ $variant:ident = $name:literal,)+) => {
        /// What can be passed.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Point {
            $($(#[doc = $about])+ $variant,)+
        }

        impl Point {
            pub const ALL: &[Point] = &[$(Point::$variant,)+];

            /// What orders and traces call it.
            pub fn name(self) -> &'static str {
                match self {
                    $(Point::$variant => $name,)+
                }
            }
        }
    };
}

points! {
    /// A new store is filled and not yet in its place.
    StoreFilled = "store-filled",
    /// It is in its place.
    StorePlaced = "store-placed",
    /// A copy of a store of an earlier version is in its place, and nothing else is done.
    StoreCopied = "store-copied",
    /// The store is of this version.
    StoreUpgraded = "store-upgraded",
    /// Records are in an open transaction.
    StoreEntered = "store-entered",
    /// The transaction is committed, and nobody has been told.
    StoreCommitted = "store-committed",
    /// A lease is recorded, and its holder has done nothing yet.
    LeaseTaken = "lease-taken",
    /// The plan that is to be applied is recorded.
    PlanRecorded = "plan-recorded",
    /// A turn of a run knows what to journal: outcomes that came in, intents of what is next.
    TurnDecided = "turn-decided",
    /// It is journaled, and nothing is begun.
    TurnJournaled = "turn-journaled",
    /// A call is about to be made.
    CallBegins = "call-begins",
    /// A call has ended, and nobody knows how.
    CallEnds = "call-ends",
    /// A call that an earlier run left open was looked at, and what was found is not recorded.
    RecoveryLooked = "recovery-looked",
    /// It is recorded.
    RecoveryRecorded = "recovery-recorded",
    /// Nothing is left to do but to say so.
    RunEnds = "run-ends",
    /// The lease is given back.
    LeaseReturned = "lease-returned",
    /// It is known what of a log is to be kept, and nothing is dropped.
    LogSummed = "log-summed",
    /// The rest is dropped, and its space not given back.
    LogCompacted = "log-compacted",
    /// A secret is written to its file, and not synced.
    SecretWritten = "secret-written",
    /// It is synced.
    SecretSynced = "secret-synced",
    /// A file of secrets without those that nobody needs is whole, and not in its place.
    SecretsSwept = "secrets-swept",
    /// It is in its place.
    SecretsReplaced = "secrets-replaced",
    /// The simulated cloud listens.
    WorldListens = "world-listens",
    /// It is asked to do something.
    WorldAsked = "world-asked",
    /// It has done it, in memory.
    WorldDone = "world-done",
    /// What it did is written to its file, and not synced.
    WorldWritten = "world-written",
    /// It is synced.
    WorldSynced = "world-synced",
    /// The answer is about to be sent.
    WorldAnswers = "world-answers",
}

/// Passes a point.
#[cfg(not(feature = "planted"))]
#[inline]
pub fn pass(_: Point) {}

/// By how many milliseconds the clock of this process is to be wrong.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn skew_ms() -> i64 {
    0
}

#[cfg(feature = "planted")]
pub use planted::{pass, skew_ms};

#[cfg(feature = "planted")]
mod planted {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io::Write;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::sync::{LazyLock, Mutex, PoisonError};

    use signal_hook::consts::signal::{SIGKILL, SIGSTOP};
    use signal_hook::low_level;

    use super::Point;

    #[derive(Clone, Copy, Debug)]
    enum What {
        Kill,
        /// Until somebody lets it go on.
        Stop,
        Jump(i64),
    }

    struct Torture {
        orders: Vec<(Point, u64, What)>,
        passes: Mutex<BTreeMap<Point, u64>>,
        trace: Option<File>,
    }

    static TORTURE: LazyLock<Torture> = LazyLock::new(|| Torture {
        orders: std::env::var("STRATA_ORDERS").map_or_else(|_| Vec::new(), |text| orders(&text)),
        passes: Mutex::default(),
        trace: std::env::var_os("STRATA_TRACE")
            .and_then(|path| File::options().append(true).create(true).open(path).ok()),
    });

    static SKEW: AtomicI64 = AtomicI64::new(0);

    pub fn pass(point: Point) {
        let torture = &*TORTURE;
        let mut passes = torture.passes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = passes.entry(point).or_default();
        *count += 1;
        let count = *count;
        if let Some(mut trace) = torture.trace.as_ref() {
            let line = format!("{} {} {count}\n", std::process::id(), point.name());
            // In one write, so that lines of several processes do not mix.
            let _ = trace.write_all(line.as_bytes());
        }
        // Whoever is killed or stopped here stops all who would pass.
        for (_, _, what) in torture.orders.iter().filter(|(at, on, _)| (*at, *on) == (point, count)) {
            match what {
                What::Kill => signal(SIGKILL),
                What::Stop => signal(SIGSTOP),
                What::Jump(by) => {
                    SKEW.fetch_add(*by, Ordering::SeqCst);
                }
            }
        }
    }

    pub fn skew_ms() -> i64 {
        SKEW.load(Ordering::SeqCst)
    }

    /// To this thread and not to the process: of that any thread may take it up, and this one would go on until it has, into
    /// a transaction that nobody else can then enter.
    fn signal(signal: i32) {
        let raised = low_level::raise(signal);
        assert!(raised.is_ok(), "cannot signal itself: {raised:?}");
    }

    fn orders(text: &str) -> Vec<(Point, u64, What)> {
        let orders = text.split(',').filter(|order| !order.is_empty());
        // A torture that believes in orders which nobody heeds would prove nothing.
        orders.map(|order| read(order).unwrap_or_else(|| panic!("STRATA_ORDERS has no order: {order}"))).collect()
    }

    fn read(order: &str) -> Option<(Point, u64, What)> {
        let (at, what) = order.split_once('=')?;
        let (name, count) = at.split_once(':')?;
        let point = *Point::ALL.iter().find(|point| point.name() == name)?;
        let what = match what.split_once(':') {
            None if what == "kill" => What::Kill,
            None if what == "stop" => What::Stop,
            Some(("jump", by)) => What::Jump(by.parse().ok()?),
            _ => return None,
        };
        Some((point, count.parse().ok()?, what))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_point_has_a_name_of_its_own() {
        let mut names: Vec<_> = Point::ALL.iter().map(|point| point.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Point::ALL.len());
    }
}
