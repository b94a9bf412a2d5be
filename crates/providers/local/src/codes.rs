//! The codes of this crate.

use strata_base::{Code, Diagnostic};

use crate::client::WorldError;

pub const START: Code = Code("E3011");
pub const NO_ANSWER: Code = Code("E3012");
pub const REFUSED: Code = Code("E3013");

/// A code, its title, its long text.
pub const ALL: &[(Code, &str, &str)] = &[
    (
        START,
        "the simulated cloud cannot be started",
        "The provider `local` keeps its objects in a folder of its own, with a process that is started when it is needed.\n\
         That process did not come up. The message tells why: the folder cannot be written, its file `world.log` is\n\
         damaged or was written by a newer version, or another version of the process is still at work. Nothing was\n\
         asked of it and nothing has changed.",
    ),
    (
        NO_ANSWER,
        "the simulated cloud gave no answer",
        "The process of the provider `local` was asked for something and ended, or said nothing, before it answered.\n\
         What it has told is never lost; whether it still did this last thing is not known. Ask again.",
    ),
    (
        REFUSED,
        "the simulated cloud refused a change by hand",
        "What was to be done to the simulated cloud from outside is not possible: there is no such object, no such type,\n\
         or no such place in the object. The message says which.",
    ),
];

impl WorldError {
    pub fn diagnostic(&self) -> Diagnostic {
        let code = match self {
            WorldError::Start { .. } => START,
            WorldError::NoAnswer { .. } => NO_ANSWER,
            WorldError::Refused(_) => REFUSED,
        };
        Diagnostic::error(code, self.to_string())
    }
}
