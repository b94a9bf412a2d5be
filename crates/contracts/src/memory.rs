//! What was worked out before, by a digest of all that it depends on: the texts of the library and what was given. An
//! answer is bytes; what they cannot mean is not an answer, and is worked out again.

use std::fmt;

use strata_model::Digest;

/// Keeps answers between runs.
pub trait Memory: fmt::Debug {
    fn find(&mut self, question: &Digest) -> Option<&[u8]>;

    fn keep(&mut self, question: Digest, answer: &[u8]);
}

/// How many answers were known, and how many had to be worked out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    pub known: usize,
    pub evaluated: usize,
}

impl Counts {
    /// What was added since.
    #[must_use]
    pub fn since(self, before: Counts) -> Counts {
        Counts { known: self.known - before.known, evaluated: self.evaluated - before.evaluated }
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} evaluated, {} known from before", self.evaluated, self.known)
    }
}
