//! Budgets, so that no input can take more than it was given.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What one session may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Steps of the evaluator.
    pub work: u64,
    /// Vertices of the graph: about 300 bytes each, with what hangs on them.
    pub vertices: u64,
    /// How deep values may nest.
    pub depth: u32,
    /// The longest string or byte string.
    pub string_bytes: usize,
    /// The longest list that a function may make.
    pub list_length: usize,
    /// The longest output.
    pub output_bytes: usize,
    /// The most digits of a number.
    pub digits: u32,
    /// The most alternatives of one disjunction.
    pub disjuncts: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            work: 2_000_000_000,
            vertices: 8_000_000,
            depth: 20_000,
            string_bytes: 64 << 20,
            list_length: 10_000_000,
            output_bytes: 1 << 30,
            digits: 100_000,
            disjuncts: 100_000,
        }
    }
}

/// Which budget was spent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    Work,
    Memory,
    Depth,
    StringBytes,
    ListLength,
    OutputBytes,
    Digits,
    Disjuncts,
    Cancelled,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Limit::Work => "evaluation needs more steps than allowed",
            Limit::Memory => "evaluation needs more memory than allowed",
            Limit::Depth => "values nest deeper than allowed",
            Limit::StringBytes => "a string is longer than allowed",
            Limit::ListLength => "a list is longer than allowed",
            Limit::OutputBytes => "the output is longer than allowed",
            Limit::Digits => "a number has more digits than allowed",
            Limit::Disjuncts => "a disjunction has more alternatives than allowed",
            Limit::Cancelled => "the evaluation was cancelled",
        })
    }
}

/// Asks a running session to stop, from any thread.
#[derive(Clone, Default, Debug)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn new() -> Cancel {
        Cancel::default()
    }

    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts what a session uses.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) limits: Limits,
    cancel: Cancel,
    work: u64,
    vertices: u64,
    /// A limit that was reached where it could not be returned; it ends the next step.
    pub(crate) spent: Option<Limit>,
}

/// What a vertex takes on average.
const VERTEX_BYTES: u64 = 300;

/// How many steps pass between two looks at the cancellation flag.
const CANCEL_EVERY: u64 = 1024;

impl Meter {
    pub(crate) fn new(limits: Limits, cancel: Cancel) -> Meter {
        Meter { limits, cancel, work: 0, vertices: 0, spent: None }
    }

    pub(crate) fn work(&mut self, steps: u64) -> Result<(), Limit> {
        let before = self.work;
        self.work += steps;
        if self.work > self.limits.work {
            return Err(Limit::Work);
        }
        if before / CANCEL_EVERY != self.work / CANCEL_EVERY && self.cancel.is_cancelled() {
            return Err(Limit::Cancelled);
        }
        Ok(())
    }

    pub(crate) fn vertex(&mut self) -> Result<(), Limit> {
        self.vertices += 1;
        if self.vertices > self.limits.vertices { Err(Limit::Memory) } else { self.work(1) }
    }

    /// Memory beside vertices that is held at once, in bytes.
    pub(crate) fn room(&self, bytes: usize) -> Result<(), Limit> {
        let more = bytes as u64 / VERTEX_BYTES;
        if self.vertices + more > self.limits.vertices { Err(Limit::Memory) } else { Ok(()) }
    }

    pub(crate) fn used(&self) -> u64 {
        self.work
    }

    pub(crate) fn remaining(&self) -> u64 {
        self.limits.work.saturating_sub(self.work)
    }
}
