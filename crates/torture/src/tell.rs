//! What is said about cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use strata_defects::{Defect, Point};
use strata_torture::case::{Case, Way};
use strata_torture::crowd::{Crowd, Turns};
use strata_torture::power::Cuts;
use strata_torture::proof::Verdict;
use strata_torture::run::Report;

/// What went wrong, and how to see it again.
pub(crate) fn violation(seed: u64, name: &str, case: &Case, report: &Report) -> String {
    let mut text = format!("case {name}: {case:?}\n");
    for problem in &report.problems {
        let _ = writeln!(text, "  {problem}");
    }
    let _ = writeln!(text, "  see it again: scripts/torture --seed {seed} --only {name}");
    text
}

/// What all cases came to; whether nothing is wrong.
pub(crate) fn summary<N>(seed: u64, all_must_be_reached: bool, reports: &[(N, Report)]) -> bool {
    let mut passes: BTreeMap<Point, (u64, u64)> = Point::ALL.iter().map(|point| (*point, (0, 0))).collect();
    let mut troubles: BTreeMap<&str, u64> = BTreeMap::new();
    for (_, report) in reports {
        for (point, count) in &report.passes {
            passes.entry(*point).or_default().0 += count;
        }
        for (point, count) in &report.killed_at {
            passes.entry(*point).or_default().1 += count;
        }
        for (name, count) in &report.troubles {
            *troubles.entry(name).or_default() += count;
        }
    }
    let mut text = format!("{:<20} {:>8} {:>8}\n", "point", "passed", "killed");
    for (point, (passed, killed)) in &passes {
        let _ = writeln!(text, "{:<20} {passed:>8} {killed:>8}", point.name());
    }
    text.push('\n');
    for (name, count) in &troubles {
        let _ = writeln!(text, "{count:>6} times {name}");
    }
    let mut kills: BTreeMap<&str, u64> = BTreeMap::new();
    for (name, count) in reports.iter().flat_map(|(_, report)| &report.kills) {
        *kills.entry(name).or_default() += count;
    }
    text.push('\n');
    for (name, count) in &kills {
        let _ = writeln!(text, "{count:>6} killed while {name}");
    }
    let kills: u64 = kills.values().sum();
    let wrong = reports.iter().filter(|(_, report)| !report.problems.is_empty()).count();
    let late: u64 = reports.iter().map(|(_, report)| report.late).sum();
    let _ = writeln!(
        text,
        "{late:>6} objects came after they were given up, and were told of\n\nseed {seed}: {} cases, {kills} kills, {wrong} violations",
        reports.len()
    );
    let never: Vec<&str> = passes
        .iter()
        .filter(|(_, (passed, killed))| *passed == 0 || *killed == 0)
        .map(|(point, _)| point.name())
        .collect();
    let complete = never.is_empty() || !all_must_be_reached;
    if !complete {
        let _ = writeln!(text, "nobody was ever killed at: {}", never.join(", "));
    }
    say(&text);
    complete && wrong == 0
}

/// What came of planted defects.
pub(crate) fn verdicts(all: &[(Defect, Option<Verdict>)]) -> String {
    let mut text = String::new();
    for (defect, verdict) in all {
        let told = match verdict {
            None => "-   no command depends on it; the suite of the stores notices it".to_owned(),
            Some(verdict) => match verdict.shown() {
                Some(problem) => short(problem),
                None => format!(
                    "{}  MISSED {}",
                    verdict.breaks,
                    verdict.with.first().map_or_else(String::new, |it| short(it))
                ),
            },
        };
        let _ = writeln!(text, "{:<24} {told}", defect.name());
        for problem in verdict.iter().flat_map(|verdict| &verdict.without) {
            let _ = writeln!(text, "  without it too: {}", short(problem));
        }
    }
    let (tried, good) = all
        .iter()
        .filter_map(|(_, verdict)| verdict.as_ref())
        .fold((0, 0), |(tried, good), verdict| (tried + 1, good + usize::from(verdict.is_good())));
    let _ = writeln!(text, "\n{good} of {tried} defects noticed, and nothing without them");
    text
}

/// As much of a problem as fits a line or two.
fn short(problem: &str) -> String {
    problem.replace('\n', " ").chars().take(200).collect()
}

/// What a crowd came to.
pub(crate) fn turns(crowd: Crowd, turns: &Turns) -> String {
    let mut text = String::new();
    for problem in &turns.problems {
        let _ = writeln!(text, "{problem}");
    }
    let _ = writeln!(
        text,
        "{} planners made {} plans, {} appliers {} runs ({} of them refused, and repeated) in {} s: {} violations",
        crowd.planners,
        turns.plans,
        crowd.appliers,
        turns.applies,
        turns.refused,
        crowd.lasts.as_secs(),
        turns.problems.len()
    );
    text
}

/// What power cuts came to.
pub(crate) fn cuts(seed: u64, all: &[(Way, Cuts)]) -> String {
    let mut text = String::new();
    for (way, cuts) in all {
        for problem in &cuts.problems {
            let _ = writeln!(text, "{problem}");
        }
        let Cuts { events, syncs, disks, different, led, problems } = cuts;
        let _ = writeln!(
            text,
            "{way:?}: {events} changes of files, {syncs} syncs; {disks} power cuts, {different} different disks, {led} led to \
             the end, {} violations",
            problems.len()
        );
    }
    if all.iter().any(|(_, cuts)| !cuts.problems.is_empty()) {
        let disks = all.iter().map(|(_, cuts)| cuts.disks).max().unwrap_or(1) - 1;
        let _ = writeln!(text, "see it again: scripts/torture --seed {seed} --power {disks}");
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "the one place where this program speaks")]
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // There is nobody else to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
