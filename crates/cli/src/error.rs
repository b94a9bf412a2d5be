//! Why a command did not do what was asked.

use strata_base::{Diagnostic, Sources};

use crate::exit::Exit;

/// What a command gives back: how it ended, or why it could not.
pub(crate) type Outcome = Result<Exit, CommandError>;

/// The mistakes, the texts that they speak of, and the exit code that fits their kind.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) exit: Exit,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: Sources,
}

impl CommandError {
    pub(crate) fn new(exit: Exit, diagnostics: Vec<Diagnostic>, mut sources: Sources) -> CommandError {
        diagnostics.iter().flat_map(|told| &told.conceals).for_each(|span| sources.conceal(*span));
        CommandError { exit, diagnostics, sources }
    }

    /// One mistake that stands in no text.
    pub(crate) fn plain(exit: Exit, diagnostic: Diagnostic) -> CommandError {
        CommandError::new(exit, vec![diagnostic], Sources::new())
    }
}
