//! What is done in one case: a function of the seed and the number of the case, and of nothing else.

use strata_defects::{Defect, Point};
use strata_model::Digest;
use strata_ports::suite::store::Random;
use strata_provider_local::{Fault, FaultRule, Moment, Operation, Settings, When};

/// One project, led from one document to another through troubles.
#[derive(Clone, Debug)]
pub struct Case {
    pub way: Way,
    /// The troubles, one command each. After them comes a command that nobody troubles.
    pub troubles: Vec<Trouble>,
    /// How the cloud behaves while there are troubles.
    pub rules: Settings,
    pub resume: Resume,
}

/// From what to what.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Way {
    /// From nothing, not even a store.
    First,
    /// From an established stack to one that differs in all ways.
    Change,
    /// To nothing.
    Destroy,
}

impl Way {
    pub const ALL: [Way; 3] = [Way::First, Way::Change, Way::Destroy];
}

/// How a run that was interrupted is gone on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resume {
    /// The document is applied again.
    Apply,
    /// The plan of the last run is.
    Resume,
}

/// What befalls a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Whoever passes the point for that time is killed, and the other too if it is to be both.
    KillAt {
        point: Point,
        count: u64,
        both: bool,
    },
    KillAfter {
        ms: u64,
        who: Who,
    },
    /// It is stopped at the point until its lease has passed to somebody else, who does all the work. Then it wakes.
    Pause {
        point: Point,
        count: u64,
    },
    /// The cloud is stopped at the point for a while.
    PauseWorld {
        point: Point,
        count: u64,
        ms: u64,
    },
    /// The clock jumps.
    Jump {
        point: Point,
        count: u64,
        by_ms: i64,
    },
    /// No file can grow beyond so many blocks of 512 bytes.
    Disk {
        blocks: u64,
    },
    /// So many files can be open.
    Files {
        most: u64,
    },
    Signal {
        ms: u64,
        signal: Asked,
    },
    /// Nobody reads what it says.
    Pipe,
    /// Another one does the same at the same time.
    Rival {
        ms: u64,
    },
    /// Something is changed behind everybody's back.
    Meddle {
        object: u64,
        change: Change,
    },
    /// A plan is kept, something else is applied, and then the plan.
    Stale,
    /// What was being added to the files of the cloud and of the secrets is torn, as by a power cut.
    Torn {
        bytes: u64,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    Client,
    World,
    Both,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    Interrupt,
    Terminate,
    HangUp,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Set,
    Delete,
}

/// How often a point is passed by a command, at most, so that counts are drawn which can come.
fn passes(point: Point) -> usize {
    match point {
        Point::StoreFilled | Point::StorePlaced | Point::WorldListens => 1,
        Point::LeaseTaken | Point::PlanRecorded | Point::RunEnds | Point::LeaseReturned => 2,
        Point::RecoveryLooked | Point::RecoveryRecorded => 3,
        Point::SecretWritten | Point::SecretSynced => 6,
        Point::StoreEntered | Point::StoreCommitted => 17,
        Point::TurnDecided | Point::TurnJournaled | Point::WorldWritten | Point::WorldSynced => 10,
        Point::CallBegins | Point::CallEnds | Point::WorldAsked | Point::WorldDone | Point::WorldAnswers => 12,
    }
}

/// A case of kills only.
pub fn of_kills(seed: u64, number: u64) -> Case {
    let mut random = random("kills", seed, number);
    let mut troubles = vec![kill(&mut random)];
    // What goes on after a kill is killed too, sometimes twice.
    while troubles.len() < 4 && random.below(5) < 2 {
        troubles.push(kill(&mut random));
    }
    Case { way: way(&mut random), troubles, rules: Settings::default(), resume: resume(&mut random) }
}

/// A case of troubles of all kinds, with calls that fail in most of them.
pub fn of_faults(seed: u64, number: u64) -> Case {
    let mut random = random("faults", seed, number);
    let mut troubles = vec![trouble(&mut random)];
    while troubles.len() < 3 && random.below(3) == 0 {
        troubles.push(trouble(&mut random));
    }
    let rules = if random.below(4) == 0 { Settings::default() } else { rules(&mut random) };
    Case { way: way(&mut random), troubles, rules, resume: resume(&mut random) }
}

fn random(purpose: &str, seed: u64, number: u64) -> Random {
    let digest = Digest::of_parts(&[purpose.as_bytes(), &seed.to_be_bytes(), &number.to_be_bytes()]);
    Random(digest.0[..8].iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.below(from.len())]
}

fn between(random: &mut Random, from: u64, to: u64) -> u64 {
    from + random.next() % (to - from + 1)
}

fn way(random: &mut Random) -> Way {
    pick(random, &[Way::First, Way::Change, Way::Change, Way::Destroy])
}

fn resume(random: &mut Random) -> Resume {
    pick(random, &[Resume::Apply, Resume::Resume])
}

fn kill(random: &mut Random) -> Trouble {
    if random.below(3) == 0 {
        let who = pick(random, &[Who::Client, Who::World, Who::Both]);
        return Trouble::KillAfter { ms: between(random, 1, 250), who };
    }
    let (point, count) = pass(random, Point::ALL);
    // A cloud that dies each time it is started would only be waited for.
    let both = point == Point::WorldListens || random.below(3) == 0;
    Trouble::KillAt { point, count, both }
}

fn pass(random: &mut Random, points: &[Point]) -> (Point, u64) {
    let point = pick(random, points);
    (point, 1 + random.below(passes(point)) as u64)
}

fn trouble(random: &mut Random) -> Trouble {
    const OF_RUNS: &[Point] = &[
        Point::LeaseTaken,
        Point::PlanRecorded,
        Point::TurnDecided,
        Point::TurnJournaled,
        Point::CallBegins,
        Point::CallEnds,
        Point::StoreCommitted,
        Point::RunEnds,
    ];
    match random.below(20) {
        0..=3 => kill(random),
        4 | 5 => {
            let (point, count) = pass(random, OF_RUNS);
            Trouble::Pause { point, count }
        }
        6 => {
            let (point, count) =
                pass(random, &[Point::WorldAsked, Point::WorldDone, Point::WorldWritten, Point::WorldAnswers]);
            Trouble::PauseWorld { point, count, ms: between(random, 50, 700) }
        }
        7 | 8 => {
            let (point, count) = pass(random, OF_RUNS);
            const DAY: i64 = 86_400_000;
            Trouble::Jump { point, count, by_ms: pick(random, &[DAY, -DAY, 3_600_000, -3_600_000, 1000, -1000]) }
        }
        9 | 10 => Trouble::Disk { blocks: between(random, 8, 400) },
        11 => Trouble::Files { most: between(random, 4, 40) },
        12 | 13 => {
            let signal = pick(random, &[Asked::Interrupt, Asked::Terminate, Asked::HangUp]);
            Trouble::Signal { ms: between(random, 1, 200), signal }
        }
        14 => Trouble::Pipe,
        15 | 16 => Trouble::Rival { ms: between(random, 0, 60) },
        17 => Trouble::Meddle { object: random.next(), change: pick(random, &[Change::Set, Change::Delete]) },
        18 => Trouble::Stale,
        _ => Trouble::Torn { bytes: between(random, 1, 200) },
    }
}

/// Calls that fail, answers that come late, reads that do not see all.
fn rules(random: &mut Random) -> Settings {
    let mut settings = Settings { seed: random.next(), ..Settings::default() };
    let changes = [Operation::Create, Operation::Update, Operation::Delete, Operation::Claim];
    for _ in 0..=random.below(3) {
        let moment = pick(random, &[Moment::Before, Moment::After]);
        let fault = match random.below(8) {
            0 => Fault::Transient,
            1 => Fault::Throttled { retry_after_ms: Some(between(random, 1, 80)) },
            2 => Fault::Unauthorised,
            3 => Fault::Hang(moment),
            4 => Fault::Crash(moment),
            5 => Fault::Late { after_ms: between(random, 1, 300) },
            _ => Fault::Cut(moment),
        };
        let operations = if random.below(2) == 0 { Vec::new() } else { changes.to_vec() };
        settings.faults.push(FaultRule {
            when: When { operations, ..When::default() },
            fault,
            attempts: 1 + random.below(3) as u32,
            permille: between(random, 50, 500) as u16,
        });
    }
    match random.below(6) {
        0 => settings.lag_ms = between(random, 1, 60),
        1 => settings.hidden_permille = between(random, 50, 400) as u16,
        // Then what a lost create has made must be seen, or nobody could ever know.
        2 => settings.idempotent = false,
        _ => {}
    }
    settings
}

/// Cases that must show a defect; `None` for one that these cannot show.
pub fn of_defect(defect: Defect) -> Option<Vec<Case>> {
    let plain = |trouble: Trouble| Case {
        way: Way::First,
        troubles: vec![trouble],
        rules: Settings::default(),
        resume: Resume::Apply,
    };
    let kill = |point, count| plain(Trouble::KillAt { point, count, both: true });
    let calls = |fault: Fault, idempotent: bool| {
        let when = When { operations: vec![Operation::Create], ..When::default() };
        let rule = FaultRule { when, fault, attempts: 1, permille: 500 };
        let rules = Settings { idempotent, faults: vec![rule], ..Settings::default() };
        Case { rules, ..plain(Trouble::KillAt { point: Point::LeaseReturned, count: 2, both: false }) }
    };
    Some(match defect {
        Defect::FenceIgnored => {
            let pause = |(point, count)| Case { way: Way::Change, ..plain(Trouble::Pause { point, count }) };
            let points = [Point::StoreCommitted, Point::TurnJournaled, Point::CallEnds, Point::PlanRecorded];
            (1..=4).flat_map(|count| points.map(|point| (point, count))).map(pause).collect()
        }
        Defect::IntentNotWritten => vec![kill(Point::CallEnds, 1), kill(Point::CallEnds, 2)],
        Defect::OutcomeBeforeCall => vec![kill(Point::TurnJournaled, 1), kill(Point::CallBegins, 1)],
        Defect::OpenIntentsIgnored => vec![kill(Point::CallEnds, 1), kill(Point::CallEnds, 2)],
        Defect::DeadlineIgnored => vec![calls(Fault::Late { after_ms: 80 }, false)],
        Defect::TokenDropped => vec![calls(Fault::Cut(Moment::After), true)],
        Defect::UnknownToldAsFailed => vec![calls(Fault::Cut(Moment::After), false)],
        Defect::SecretsInClear => vec![kill(Point::RunEnds, 1)],
        Defect::AnswerBeforeDurable => (1..=6).map(|count| kill(Point::TurnJournaled, count)).collect(),
        Defect::HeadIgnored | Defect::CommitNotSynced | Defect::NothingToldWhenUnsure | Defect::OwnerIgnored => {
            return None;
        }
    })
}
