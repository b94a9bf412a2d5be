//! What is wrong with an assertion, by how deep one had to look.

use cue_eval::Limit;
use serde::{Deserialize, Serialize};

/// How much of an assertion is looked at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Tier {
    /// Values, kinds, closedness; that there is an error, and its code.
    Value,
    /// The words of errors, their arguments, the errors in a group.
    Words,
    /// The places and paths of errors.
    Place,
    /// What one implementation shows of its inside.
    Inside,
}

impl Tier {
    pub const ALL: [Tier; 4] = [Tier::Value, Tier::Words, Tier::Place, Tier::Inside];

    /// `T0` to `T3`.
    pub fn name(self) -> &'static str {
        match self {
            Tier::Value => "T0",
            Tier::Words => "T1",
            Tier::Place => "T2",
            Tier::Inside => "T3",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Finding {
    pub tier: Tier,
    pub message: String,
}

impl Finding {
    pub(crate) fn new(tier: Tier, message: impl Into<String>) -> Finding {
        Finding { tier, message: message.into() }
    }

    pub(crate) fn value(message: impl Into<String>) -> Finding {
        Finding::new(Tier::Value, message)
    }
}

impl From<Limit> for Finding {
    fn from(limit: Limit) -> Finding {
        Finding::value(format!("limit: {limit}"))
    }
}
