//! How a command can end.

use std::process::ExitCode;

use serde::Serialize;

use crate::columns::columns;

/// The one table of exit codes: help, documents and JSON are made from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Exit {
    Done,
    Error,
    Changes,
    Validation,
    Policy,
    ApprovalNeeded,
    LockHeld,
    PlanStale,
    Partial,
    NotReady,
    NotFound,
    Usage,
    Interrupted,
    BrokenPipe,
    Terminated,
}

/// A row of the table, as JSON shows it.
#[derive(Serialize, Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) code: u8,
    pub(crate) name: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(crate) meaning: &'static str,
}

impl Exit {
    pub(crate) const ALL: [Exit; 15] = [
        Exit::Done,
        Exit::Error,
        Exit::Changes,
        Exit::Validation,
        Exit::Policy,
        Exit::ApprovalNeeded,
        Exit::LockHeld,
        Exit::PlanStale,
        Exit::Partial,
        Exit::NotReady,
        Exit::NotFound,
        Exit::Usage,
        Exit::Interrupted,
        Exit::BrokenPipe,
        Exit::Terminated,
    ];

    pub(crate) fn row(self) -> Row {
        let (code, name, meaning) = match self {
            Exit::Done => (0, "done", "done, or nothing to do"),
            Exit::Error => (1, "error", "an error that has no code of its own here"),
            Exit::Changes => (2, "changes", "done, and there are changes; under --detailed-exitcode only"),
            Exit::Validation => (3, "validation", "the input is not valid"),
            Exit::Policy => (4, "policy", "a policy or a constraint forbids it"),
            Exit::ApprovalNeeded => (5, "approval_needed", "an approval is missing"),
            Exit::LockHeld => (6, "lock_held", "somebody else holds the lock"),
            Exit::PlanStale => (7, "plan_stale", "the plan no longer fits what it was made for"),
            Exit::Partial => (8, "partial", "applied in part; can be resumed"),
            Exit::NotReady => (9, "not_ready", "not ready, or not yet"),
            Exit::NotFound => (10, "not_found", "there is no such thing"),
            Exit::Usage => (64, "usage", "the command line is not understood"),
            Exit::Interrupted => (130, "interrupted", "stopped by an interrupt"),
            Exit::BrokenPipe => (141, "broken_pipe", "the reader of the output went away"),
            Exit::Terminated => (143, "terminated", "stopped by a request to terminate"),
        };
        Row { code, name, meaning }
    }

    /// The row without its meaning: what a report about one command says.
    pub(crate) fn brief(self) -> Row {
        Row { meaning: "", ..self.row() }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.row().code)
    }
}

/// The table for people.
pub(crate) fn table() -> String {
    let rows = Exit::ALL.map(|exit| (format!("{:>4}", exit.row().code), exit.row()));
    columns(&rows.each_ref().map(|(code, row)| [code, row.name, row.meaning]))
}
