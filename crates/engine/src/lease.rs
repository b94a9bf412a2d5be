//! Leases: one process at a time changes a context.

use std::time::Duration;

use strata_defects::{Point, pass};
use strata_model::run::Holder;
use strata_model::{Context, Event, Fence, Head, Lease, Record, Timestamp};
use strata_ports::{ExpectHead, Reads, StoreError, Write};

use crate::failure::{Failure, FailureKind};
use crate::spoil::spoil;
use crate::{Engine, codes, sink};

/// How often somebody who waits looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A lease that this process holds.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) context: Context,
    pub(crate) lease: Lease,
    /// Counts the records that were written under this lease.
    written: u64,
}

impl Held {
    /// Commits records under the lease.
    pub(crate) fn commit(&self, engine: &Engine<'_>, records: &[Record]) -> Result<Head, StoreError> {
        engine.store.commit(Write {
            context: &self.context,
            expect: ExpectHead::Any,
            fence: Some(self.lease.fence),
            stamp: &engine.stamp(),
            records: &spoil(records),
        })
    }

    /// A serial that no record of this context has had: which holder's which write.
    pub(crate) fn serial(&mut self) -> u64 {
        self.written += 1;
        (self.lease.fence.0 << 24) | self.written
    }

    /// The record that makes the lease last until `deadline` and a while beyond, if it does not already.
    pub(crate) fn renewal(&mut self, engine: &Engine<'_>, deadline: Timestamp) -> Option<Record> {
        let now = engine.clock.now();
        let due = now.plus(engine.limits.lease / 2).max(deadline);
        if self.lease.expires > due {
            return None;
        }
        self.lease.expires = now.max(deadline).plus(engine.limits.lease);
        Some(Record::Lease(self.lease.clone()))
    }

    pub(crate) fn release(self, engine: &Engine<'_>) -> Result<(), StoreError> {
        self.commit(engine, &[Record::Released { fence: self.lease.fence }])?;
        pass(Point::LeaseReturned);
        Ok(())
    }
}

/// Does something under the lease of a context and gives it back, whatever comes of it. What nobody needs of the sink
/// afterwards goes before that.
pub(crate) fn with<T>(
    engine: &Engine<'_>,
    context: &Context,
    operation: &str,
    work: impl FnOnce(&mut Held) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut held = acquire(engine, context, operation)?;
    let done = work(&mut held);
    if done.is_ok() {
        sink::sweep(engine, context, held.lease.fence);
    }
    let released = held.release(engine);
    match (done, released) {
        // Who was fenced off has nothing to give back, and the first failure is what counts.
        (Ok(_), Err(error)) => Err(error.into()),
        (done, _) => done,
    }
}

fn acquire(engine: &Engine<'_>, context: &Context, operation: &str) -> Result<Held, Failure> {
    let start = engine.clock.monotonic();
    loop {
        // Before the lease is looked at: if somebody takes it meanwhile, ours is refused and not his taken away.
        let last = engine.store.last_fence(context)?;
        let Some(lease) = held(engine, context)? else {
            match take(engine, context, operation, Fence(last.0 + 1)) {
                // Somebody was quicker.
                Err(StoreError::Fenced { .. }) => continue,
                other => return other.map_err(Failure::from),
            }
        };
        let waited = engine.clock.monotonic().saturating_sub(start);
        if waited >= engine.limits.lease_wait || engine.interrupt.is_raised() {
            return Err(refusal(context, &lease));
        }
        (engine.events)(Event::LeaseWait {
            context: context.clone(),
            holder: lease.holder.process.clone(),
            waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
        });
        engine.clock.sleep(LOOK_AGAIN.min(engine.limits.lease_wait.saturating_sub(waited)));
    }
}

/// The lease that somebody relies on now.
fn held(engine: &Engine<'_>, context: &Context) -> Result<Option<Lease>, StoreError> {
    Ok(engine.store.lease(context)?.filter(|lease| is_held(engine, lease)))
}

pub(crate) fn is_held(engine: &Engine<'_>, lease: &Lease) -> bool {
    lease.expires > engine.clock.now() && !is_gone(engine, lease)
}

/// A holder that has died on this machine needs not be waited for. What it had begun is read back all the same.
fn is_gone(engine: &Engine<'_>, lease: &Lease) -> bool {
    (engine.who.is_gone)(&lease.holder) == Some(true)
}

fn take(engine: &Engine<'_>, context: &Context, operation: &str, fence: Fence) -> Result<Held, StoreError> {
    let now = engine.clock.now();
    let holder = Holder {
        principal: engine.who.principal.clone(),
        process: engine.who.process.clone(),
        operation: operation.into(),
    };
    let lease = Lease { fence, holder, since: now, expires: now.plus(engine.limits.lease) };
    engine.store.commit(Write {
        context,
        expect: ExpectHead::Any,
        fence: None,
        stamp: &engine.stamp(),
        records: &[Record::Lease(lease.clone())],
    })?;
    pass(Point::LeaseTaken);
    Ok(Held { context: context.clone(), lease, written: 0 })
}

fn refusal(context: &Context, lease: &Lease) -> Failure {
    let Holder { principal, process, operation } = &lease.holder;
    let message = format!(
        "{context} is locked by {principal} ({process}, {operation}) since {}; the lease ends at {}",
        lease.since, lease.expires
    );
    Failure::new(FailureKind::LockHeld, codes::LOCK_HELD, message)
        .hint("wait for it: --lock-timeout 5m")
        .hint(format!("if its holder is gone for good: strata lock break {context}"))
}

/// Takes a lease away from whoever holds it. What he had begun is read back by the next run.
pub fn break_lease(engine: &Engine<'_>, context: &Context, why: &str) -> Result<Lease, Failure> {
    let Some(lease) = engine.store.lease(context)? else {
        let message = format!("nobody holds the lease of {context}");
        return Err(Failure::new(FailureKind::NotFound, codes::NO_LOCK, message));
    };
    let note = format!("lease {} of {} broken: {why}", lease.fence.0, lease.holder.process);
    engine.store.commit(Write {
        context,
        expect: ExpectHead::Any,
        fence: Some(lease.fence),
        stamp: &engine.stamp(),
        records: &[Record::Released { fence: lease.fence }, Record::Note { text: note.into() }],
    })?;
    Ok(lease)
}
