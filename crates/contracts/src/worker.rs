//! One session for many units, one after another: what they share is evaluated once.

use cue_eval::Session;

use crate::library::Library;

/// Evaluates units of a library. What it gives depends on the unit alone, not on those before it.
#[derive(Debug)]
pub struct Worker<'a> {
    pub(crate) library: &'a Library,
    session: Session,
}

/// After so many steps a session is given up: an arena that fits the caches of the machine is quicker than a large one,
/// and the shared part is a small share of so many steps. Picked by measurement.
const STEPS: u64 = 100_000;

impl Library {
    /// For many units; a single one may be declared and mapped by itself.
    pub fn worker(&self) -> Worker<'_> {
        Worker { library: self, session: self.session() }
    }
}

impl Worker<'_> {
    /// Uses the session. One in which something went wrong is not used again: it may have come to a limit.
    pub(crate) fn take<T, E>(&mut self, run: impl FnOnce(&mut Session) -> Result<T, E>) -> Result<T, E> {
        let result = run(&mut self.session);
        if result.is_err() || self.session.work_done() > STEPS {
            self.session = self.library.session();
        }
        result
    }
}
