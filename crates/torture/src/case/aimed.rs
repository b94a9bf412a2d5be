//! Cases that are aimed: one for each defect, which must show it whatever the scheduler does.

use strata_defects::{Defect, Point};
use strata_provider_local::{Fault, FaultRule, Moment, Operation, Settings, When};

use super::{Case, Change, Errand, Resume, Trouble, Way, Who};

/// How a defect is shown.
#[derive(Clone, Debug)]
pub struct Aim {
    /// The invariant that it breaks.
    pub breaks: &'static str,
    pub how: How,
}

#[derive(Clone, Debug)]
pub enum How {
    Case(Case),
    /// By what is left when the power is cut after each sync of a command of this way.
    PowerCut(Way),
}

/// How to show a defect; `None` for one on which no command depends.
pub fn aim(defect: Defect) -> Option<Aim> {
    let breaks = |breaks, case| Aim { breaks, how: How::Case(case) };
    Some(match defect {
        // Every command writes under a lease, or what needs none.
        Defect::HeadIgnored => return None,
        // It knows what to journal and stops. The other one has done all when it wakes.
        Defect::FenceIgnored => {
            let trouble = Trouble::Pause { point: Point::TurnDecided, count: 1, broken: false };
            breaks("I4", Case { way: Way::Change, ..first(trouble) })
        }
        Defect::CommitNotSynced => Aim { breaks: "I1", how: How::PowerCut(Way::First) },
        // The object is there, and its call has not been recorded.
        Defect::IntentNotWritten => breaks("I1", first(kill(Point::CallEnds, 1))),
        // All is journaled, and nothing is begun.
        Defect::OutcomeBeforeCall => breaks("I1", first(kill(Point::TurnJournaled, 1))),
        Defect::OpenIntentsIgnored => breaks("I4", first(kill(Point::CallEnds, 1))),
        // Every create lands when its caller has looked already, and before its time is up.
        Defect::DeadlineIgnored => breaks("I1", creates(Fault::Late { after_ms: 700 }, false)),
        // Every create is done and its answer lost, so every one is repeated.
        Defect::TokenDropped => breaks("I1", creates(Fault::Cut(Moment::After), true)),
        Defect::UnknownToldAsFailed => breaks("I1", creates(Fault::Cut(Moment::After), false)),
        // And nobody sees what it has made.
        Defect::NothingToldWhenUnsure => {
            let mut case = creates(Fault::Cut(Moment::After), false);
            case.rules.hidden_permille = 1000;
            breaks("I1", case)
        }
        // Object 0 is changed by the way.
        Defect::OwnerIgnored => {
            let trouble = Trouble::Meddle { object: 0, change: Change::Steal };
            breaks("I2", Case { way: Way::Destroy, ..first(trouble) })
        }
        Defect::SecretsInClear => breaks("I6", first(Trouble::Nothing)),
        Defect::RemovedStillTold => breaks("I3", Case { way: Way::Destroy, ..first(Trouble::Nothing) }),
        Defect::PlanningWrites => breaks("I5", first(Trouble::Nothing)),
        Defect::PlanNotRecorded => breaks("I7", first(Trouble::Nothing)),
        Defect::SinkNotSwept => breaks("I8", Case { way: Way::Destroy, ..first(Trouble::Nothing) }),
        Defect::OutputNotPublished => breaks("I8", first(Trouble::Nothing)),
        // A call is open when the log is compacted, and nobody is killed then.
        Defect::OpenCallsCompacted => {
            let compact = Trouble::KillAfter { errand: Errand::Compact, ms: 60_000, who: Who::Client };
            breaks("I1", Case { troubles: vec![kill(Point::CallEnds, 1), compact], ..first(Trouble::Nothing) })
        }
        // What the last calls have made is not on the disk.
        Defect::AnswerBeforeDurable => breaks("I1", first(kill(Point::RunEnds, 1))),
    })
}

fn first(trouble: Trouble) -> Case {
    Case { way: Way::First, troubles: vec![trouble], rules: Settings::default(), resume: Resume::Apply }
}

fn kill(point: Point, count: u64) -> Trouble {
    Trouble::KillAt { errand: Errand::Apply, point, count, both: true }
}

/// The first attempt of every create meets a fault.
fn creates(fault: Fault, idempotent: bool) -> Case {
    let when = When { operations: vec![Operation::Create], ..When::default() };
    let faults = vec![FaultRule { when, fault, attempts: 1, permille: 1000 }];
    Case { rules: Settings { idempotent, faults, ..Settings::default() }, ..first(Trouble::Nothing) }
}
