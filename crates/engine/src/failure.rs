//! Why the engine did not do what was asked.

use strata_base::{Code, Diagnostic};
use strata_ports::{SecretError, StoreError};

use crate::codes;

/// What kind of failure it is; a command chooses its exit code by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FailureKind {
    Error,
    /// What was asked for is not valid.
    Validation,
    NotAllowed,
    ApprovalNeeded,
    LockHeld,
    Stale,
    /// Begun and not ended; can be resumed.
    Partial,
    Interrupted,
    NotFound,
}

#[derive(Clone, Debug)]
pub struct Failure {
    pub kind: FailureKind,
    pub diagnostics: Vec<Diagnostic>,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, code: Code, message: impl Into<String>) -> Failure {
        Failure { kind, diagnostics: vec![Diagnostic::error(code, message)] }
    }

    pub(crate) fn error(code: Code, message: impl Into<String>) -> Failure {
        Failure::new(FailureKind::Error, code, message)
    }

    /// What to do about it.
    #[must_use]
    pub(crate) fn hint(mut self, text: impl Into<String>) -> Failure {
        if let Some(last) = self.diagnostics.pop() {
            self.diagnostics.push(last.hint(text));
        }
        self
    }

    pub(crate) fn validation(diagnostics: Vec<Diagnostic>) -> Failure {
        Failure { kind: FailureKind::Validation, diagnostics }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        let (kind, code) = match &error {
            StoreError::Fenced { .. } => (FailureKind::Partial, codes::LOCK_LOST),
            StoreError::Newer { .. } => (FailureKind::Error, codes::NEWER_STORE),
            StoreError::Damaged(_) => (FailureKind::Error, codes::DAMAGED_STORE),
            StoreError::ReadOnly(_) => (FailureKind::Error, codes::READ_ONLY_STORE),
            StoreError::Conflict { .. }
            | StoreError::Taken { .. }
            | StoreError::NeedsFence { .. }
            | StoreError::Unavailable { .. } => (FailureKind::Error, codes::STORE),
        };
        let failure = Failure::new(kind, code, error.to_string());
        match error {
            StoreError::Newer { .. } => failure.hint("use the version that has written it last, or a later one"),
            StoreError::ReadOnly(_) => {
                failure.hint("what only reads works: `strata status`, `show`, `history`, `outputs`, `plan`")
            }
            StoreError::Fenced { .. } => failure
                .hint("what was under way is read back by the next run; `strata lock list` tells who is at work now"),
            _ => failure,
        }
    }
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Failure {
        Failure::error(codes::SECRETS, error.to_string())
    }
}
