//! The world: a process of its own that keeps the objects of the simulated cloud in a file of its own and answers
//! drivers over a socket.
//!
//! Invariant: nothing is told that could be lost. An answer leaves only when everything that it rests on is on the disk,
//! so the process may be killed at any time.

mod calls;
mod journal;
mod meddle;
mod serve;
mod state;

pub use journal::JournalError;
pub use serve::{ServeError, serve};

/// How a process ends that crashes because a rule says so.
pub(crate) const CRASHED: i32 = 70;

/// An error and what caused it, in one line.
pub fn told(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line += &format!(": {error}");
        cause = error.source();
    }
    line
}
