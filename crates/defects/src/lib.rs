//! Defects that can be planted, each by its name, to prove that a test which should notice them does.
//!
//! A place in the code asks [`planted`]. The answer is no, and costs nothing, unless the build has the feature `planted`;
//! then the variable `STRATA_PLANT` names the defect. A release cannot have the feature. With the same feature a process can
//! be killed, stopped, or told a wrong time at each [`Point`] that it passes.
//!
//! Invariant: knows no crate and is known by those that have a defect to plant.

#[cfg(all(feature = "planted", not(debug_assertions)))]
compile_error!("defects are planted in builds for tests only, with debug assertions on");

mod points;

pub use points::{Point, pass, skew_ms};

/// What can be planted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Defect {
    /// Stores take writes of holders whose lease has passed to somebody else.
    FenceIgnored,
    /// Stores take writes that rest on a log which has grown since.
    HeadIgnored,
    /// The store does not wait until what it has committed is on the disk.
    CommitNotSynced,
    /// Calls begin without a word in the journal.
    IntentNotWritten,
    /// A step is recorded as done before it is begun.
    OutcomeBeforeCall,
    /// Calls whose outcome nobody knows are not looked at when a run begins.
    OpenIntentsIgnored,
    /// What a lost call has not done yet is taken for what it will not do.
    DeadlineIgnored,
    /// The driver sends another token with each attempt.
    TokenDropped,
    /// The driver says of a call whose answer was lost that it did nothing.
    UnknownToldAsFailed,
    /// The driver says that what it has not seen does not exist.
    NothingToldWhenUnsure,
    /// The simulated cloud lets everybody change everything.
    OwnerIgnored,
    /// The driver sends secrets as they are, and gives them back so.
    SecretsInClear,
    /// The simulated cloud answers before what it has done is on the disk.
    AnswerBeforeDurable,
    /// The store goes on telling of resources whose removal it has recorded.
    RemovedStillTold,
    /// Whoever plans leaves a note in the log.
    PlanningWrites,
    /// Plans are applied without being recorded.
    PlanNotRecorded,
    /// Runs do not publish outputs.
    OutputNotPublished,
    /// Compacting a log drops the calls that are open.
    OpenCallsCompacted,
    /// What nobody needs any more stays in the sink.
    SinkNotSwept,
}

impl Defect {
    pub const ALL: [Defect; 19] = [
        Defect::FenceIgnored,
        Defect::HeadIgnored,
        Defect::CommitNotSynced,
        Defect::IntentNotWritten,
        Defect::OutcomeBeforeCall,
        Defect::OpenIntentsIgnored,
        Defect::DeadlineIgnored,
        Defect::TokenDropped,
        Defect::UnknownToldAsFailed,
        Defect::NothingToldWhenUnsure,
        Defect::OwnerIgnored,
        Defect::SecretsInClear,
        Defect::AnswerBeforeDurable,
        Defect::RemovedStillTold,
        Defect::PlanningWrites,
        Defect::PlanNotRecorded,
        Defect::OutputNotPublished,
        Defect::OpenCallsCompacted,
        Defect::SinkNotSwept,
    ];

    /// What `STRATA_PLANT` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Defect::FenceIgnored => "fence-ignored",
            Defect::HeadIgnored => "head-ignored",
            Defect::CommitNotSynced => "commit-not-synced",
            Defect::IntentNotWritten => "intent-not-written",
            Defect::OutcomeBeforeCall => "outcome-before-call",
            Defect::OpenIntentsIgnored => "open-intents-ignored",
            Defect::DeadlineIgnored => "deadline-ignored",
            Defect::TokenDropped => "token-dropped",
            Defect::UnknownToldAsFailed => "unknown-told-as-failed",
            Defect::NothingToldWhenUnsure => "nothing-told-when-unsure",
            Defect::OwnerIgnored => "owner-ignored",
            Defect::SecretsInClear => "secrets-in-clear",
            Defect::AnswerBeforeDurable => "answer-before-durable",
            Defect::RemovedStillTold => "removed-still-told",
            Defect::PlanningWrites => "planning-writes",
            Defect::PlanNotRecorded => "plan-not-recorded",
            Defect::OutputNotPublished => "output-not-published",
            Defect::OpenCallsCompacted => "open-calls-compacted",
            Defect::SinkNotSwept => "sink-not-swept",
        }
    }
}

/// The variables of the environment that say what is to be planted and who is to be killed. Whoever starts a process that
/// shall heed them hands them on.
pub const VARIABLES: &[&str] =
    if cfg!(feature = "planted") { &["STRATA_PLANT", "STRATA_TRACE", "STRATA_ORDERS"] } else { &[] };

/// Whether this defect is to be there.
#[cfg(not(feature = "planted"))]
#[inline]
pub const fn planted(_: Defect) -> bool {
    false
}

/// Whether this defect is to be there.
#[cfg(feature = "planted")]
pub fn planted(defect: Defect) -> bool {
    use std::sync::LazyLock;
    static PLANTED: LazyLock<Option<Defect>> = LazyLock::new(|| {
        let name = std::env::var("STRATA_PLANT").ok()?;
        let defect = Defect::ALL.into_iter().find(|defect| defect.name() == name);
        // A torture that believes in a defect which is not there would prove nothing.
        assert!(defect.is_some(), "STRATA_PLANT names no defect: {name}");
        defect
    });
    *PLANTED == Some(defect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_defect_has_a_name_of_its_own() {
        let mut names: Vec<_> = Defect::ALL.iter().map(|defect| defect.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Defect::ALL.len());
    }

    /// A build for tests that is not meant for planting has none, whatever the environment says.
    #[test]
    #[cfg(not(feature = "planted"))]
    fn nothing_is_planted_by_default() {
        assert!(Defect::ALL.iter().all(|defect| !planted(*defect)));
    }
}
