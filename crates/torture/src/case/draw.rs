//! Cases that are drawn: each a function of the seed and its number.

use strata_defects::Point;
use strata_model::Digest;
use strata_ports::suite::store::Random;
use strata_provider_local::{Fault, FaultRule, Moment, Operation, Settings, When};

use super::{Asked, Broken, Case, Change, Errand, Resume, Trouble, Way, Who};

/// How often a point is passed by a command, at most, so that counts are drawn which can come.
fn passes(point: Point) -> usize {
    match point {
        Point::StoreFilled
        | Point::StorePlaced
        | Point::StoreCopied
        | Point::StoreUpgraded
        | Point::WorldListens
        | Point::LogSummed
        | Point::LogCompacted => 1,
        Point::LeaseTaken | Point::PlanRecorded | Point::RunEnds | Point::LeaseReturned => 2,
        Point::SecretsSwept | Point::SecretsReplaced => 2,
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
        troubles.push(kill_again(&mut random));
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
    let errand = if random.below(4) == 0 { pick(random, &Errand::BESIDES) } else { Errand::Apply };
    if random.below(3) == 0 {
        let who = pick(random, &[Who::Client, Who::World, Who::Both]);
        let most = if errand == Errand::Apply { 250 } else { 60 };
        return Trouble::KillAfter { errand, ms: between(random, 1, most), who };
    }
    let (point, count) = match points_of(errand) {
        None => pass(random, Point::ALL),
        Some(points) => (pick(random, points), between(random, 1, 2)),
    };
    // No other errand passes these.
    let errand = match point {
        Point::LogSummed | Point::LogCompacted => Errand::Compact,
        Point::StoreCopied | Point::StoreUpgraded => Errand::Upgrade,
        _ => errand,
    };
    // A cloud that dies each time it is started would only be waited for.
    let both = point == Point::WorldListens || random.below(3) == 0;
    Trouble::KillAt { errand, point, count, both }
}

/// A kill of whoever goes on after one: only he finds out what became of calls, which few kills would meet by chance.
fn kill_again(random: &mut Random) -> Trouble {
    if random.below(4) > 0 {
        return kill(random);
    }
    let (point, count) = pass(random, &[Point::RecoveryLooked, Point::RecoveryRecorded]);
    Trouble::KillAt { errand: Errand::Apply, point, count, both: random.below(3) == 0 }
}

/// What an errand passes; `None` for one that may pass all.
fn points_of(errand: Errand) -> Option<&'static [Point]> {
    const STORE: &[Point] = &[Point::StoreFilled, Point::StorePlaced, Point::StoreEntered, Point::StoreCommitted];
    const READ: &[Point] = &[Point::StoreEntered, Point::StoreCommitted, Point::WorldAsked, Point::WorldAnswers];
    const LEASE: &[Point] = &[Point::LeaseTaken, Point::StoreEntered, Point::StoreCommitted, Point::LeaseReturned];
    const COMPACT: &[Point] =
        &[Point::LogSummed, Point::LogCompacted, Point::StoreEntered, Point::StoreCommitted, Point::LeaseTaken];
    const UPGRADE: &[Point] = &[Point::StoreCopied, Point::StoreUpgraded, Point::LeaseTaken, Point::CallEnds];
    const RUN: &[Point] = &[
        Point::LeaseTaken,
        Point::PlanRecorded,
        Point::StoreCommitted,
        Point::TurnDecided,
        Point::TurnJournaled,
        Point::CallBegins,
        Point::CallEnds,
        Point::WorldDone,
        Point::WorldSynced,
        Point::RunEnds,
        Point::LeaseReturned,
    ];
    Some(match errand {
        Errand::Apply => return None,
        Errand::Plan | Errand::Approve => &STORE[2..],
        Errand::Drift => READ,
        Errand::Refresh | Errand::Forget => LEASE,
        Errand::Move | Errand::Import => RUN,
        Errand::Carry => STORE,
        Errand::Rotate => &[Point::SecretWritten, Point::SecretSynced],
        Errand::Compact => COMPACT,
        Errand::Upgrade => UPGRADE,
    })
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
    match random.below(24) {
        0..=3 => kill(random),
        4 | 5 => {
            let (point, count) = pass(random, OF_RUNS);
            Trouble::Pause { point, count, broken: random.below(4) == 0 }
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
        17 => Trouble::Meddle {
            object: random.next(),
            change: pick(random, &[Change::Set, Change::Delete, Change::Steal]),
        },
        18 => Trouble::Stale,
        22 => Trouble::Rotate { ms: between(random, 1, 200) },
        19..=21 => {
            const ALL: &[Broken] =
                &[Broken::Full, Broken::Write, Broken::Sync, Broken::Read, Broken::ReadOnly, Broken::Denied];
            Trouble::Calls { broken: pick(random, ALL), from: between(random, 1, 60), once: random.below(3) == 0 }
        }
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
