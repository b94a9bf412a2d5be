//! What is said about cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use strata_defects::Point;
use strata_torture::case::Case;
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
    let kills: u64 = reports.iter().map(|(_, report)| report.kills).sum();
    let wrong = reports.iter().filter(|(_, report)| !report.problems.is_empty()).count();
    let _ = writeln!(text, "\nseed {seed}: {} cases, {kills} kills, {wrong} violations", reports.len());
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

#[expect(clippy::disallowed_methods, reason = "the one place where this program speaks")]
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    // There is nobody else to tell.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
