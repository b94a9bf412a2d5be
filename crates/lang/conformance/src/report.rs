//! Totals and failures, as text and as JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use crate::archive::Answer;
use crate::finding::Tier;
use crate::run::ArchiveResult;
use crate::script::ScriptResult;

/// How many hold of how many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    pub passed: usize,
    pub of: usize,
}

impl Count {
    fn add(&mut self, passes: bool) {
        self.of += 1;
        self.passed += usize::from(passes);
    }

    fn merge(&mut self, other: Count) {
        self.passed += other.passed;
        self.of += other.of;
    }
}

/// The figures of a folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    pub archives: Count,
    /// Scored attributes that hold, of all: the figure.
    pub scored: Count,
    /// Of the assertions that say something about a tier, those that hold up to it.
    pub tiers: [Count; 4],
    /// Groups of fields whose order does not matter, of those that were tried.
    pub orders: Count,
    /// Among the scored: what should hold one day.
    pub todo: Count,
    /// Among the scored: what holds with the original although it should not.
    pub incorrect: Count,
    /// Among those that fail: what could not be asked.
    pub unasked: usize,
    /// Among those that fail: what the document of deviations lists.
    pub deviations: usize,
}

impl Totals {
    pub fn merge(&mut self, other: &Totals) {
        self.archives.merge(other.archives);
        self.scored.merge(other.scored);
        for (tier, other) in self.tiers.iter_mut().zip(other.tiers) {
            tier.merge(other);
        }
        self.orders.merge(other.orders);
        self.todo.merge(other.todo);
        self.incorrect.merge(other.incorrect);
        self.unasked += other.unasked;
        self.deviations += other.deviations;
    }

    /// The figure in percent with two decimals, rounded down: it must not rise by rounding.
    pub fn percent(&self) -> String {
        let points = (self.scored.passed * 10_000).checked_div(self.scored.of).unwrap_or(0);
        format!("{}.{:02}", points / 100, points % 100)
    }
}

/// One thing that does not hold.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Failure {
    pub archive: String,
    pub line: u32,
    pub directive: String,
    pub path: String,
    pub tier: Tier,
    pub message: String,
    pub is_deviation: bool,
}

/// Everything about one run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub folders: BTreeMap<String, Totals>,
    pub total: Totals,
    pub failures: Vec<Failure>,
    pub scripts: Vec<ScriptResult>,
}

/// Places that a document lists as differing on purpose: `archive.txtar` or `archive.txtar:LINE` in backquotes.
#[derive(Clone, Debug, Default)]
pub struct Deviations(Vec<String>);

impl Deviations {
    pub fn parse(document: &str) -> Deviations {
        let quoted = document.split('`').skip(1).step_by(2);
        Deviations(quoted.filter(|text| text.contains(".txtar")).map(str::to_owned).collect())
    }

    fn lists(&self, archive: &str, line: u32) -> bool {
        self.0.iter().any(|listed| match listed.rsplit_once(':') {
            Some((name, at)) if at.parse() == Ok(line) => archive.ends_with(name),
            _ => archive.ends_with(listed.as_str()),
        })
    }
}

pub fn report(results: &[ArchiveResult], deviations: &Deviations) -> Report {
    let mut report = Report::default();
    for result in results {
        let folder = result.name.split_once('/').map_or(".", |(folder, _)| folder);
        let mut totals = Totals::default();
        for answer in result.answers.answers.iter().chain(&result.answers.shares) {
            count(&mut totals, answer);
            for finding in &answer.findings {
                let is_deviation = deviations.lists(&result.name, answer.line);
                report.failures.push(Failure {
                    archive: result.name.clone(),
                    line: answer.line,
                    directive: answer.directive.clone(),
                    path: answer.path.clone(),
                    tier: finding.tier,
                    message: finding.message.clone(),
                    is_deviation,
                });
            }
            let fails = answer.is_scored && !answer.holds(Tier::Value);
            totals.deviations += usize::from(fails && deviations.lists(&result.name, answer.line));
        }
        for order in &result.orders {
            if order.is_reached || order.problem.is_some() {
                totals.orders.add(order.problem.is_none());
            }
            if let Some(problem) = &order.problem {
                report.failures.push(Failure {
                    archive: result.name.clone(),
                    line: order.line,
                    directive: "permute".to_owned(),
                    path: order.path.clone(),
                    tier: Tier::Value,
                    message: problem.clone(),
                    is_deviation: false,
                });
            }
        }
        totals.archives.add(totals.scored.passed == totals.scored.of && totals.orders.passed == totals.orders.of);
        report.folders.entry(folder.to_owned()).or_default().merge(&totals);
        report.total.merge(&totals);
    }
    report.failures.sort();
    report
}

fn count(totals: &mut Totals, answer: &Answer) {
    for (index, tier) in Tier::ALL.into_iter().enumerate() {
        if answer.tiers.contains(&tier) {
            totals.tiers[index].add(answer.holds(tier));
        }
    }
    if !answer.is_scored {
        return;
    }
    let passes = answer.holds(Tier::Value);
    totals.scored.add(passes);
    totals.unasked += usize::from(answer.is_unasked);
    if answer.is_todo {
        totals.todo.add(passes);
    }
    if answer.is_incorrect {
        totals.incorrect.add(passes);
    }
}

impl Report {
    /// The figures, as text.
    pub fn summary(&self) -> String {
        let tests = if self.total.scored.of == 0 { String::new() } else { self.table() };
        tests + &self.scripts_summary()
    }

    /// The figures of scripts by the verbs that they use. One that uses several counts for each.
    fn scripts_summary(&self) -> String {
        if self.scripts.is_empty() {
            return String::new();
        }
        let (mut verbs, mut offline, mut all) = (BTreeMap::<&str, Count>::new(), Count::default(), Count::default());
        for script in &self.scripts {
            let holds = script.problem.is_none();
            all.add(holds);
            if script.is_offline {
                offline.add(holds);
                for verb in &script.verbs {
                    verbs.entry(verb).or_default().add(holds);
                }
            }
        }
        let mut out = String::new();
        let told = |count: Count| format!("{}/{}", count.passed, count.of);
        _ = writeln!(out, "scripts: {} offline, {} of all", told(offline), told(all));
        for (verb, count) in verbs {
            _ = writeln!(out, "  {verb:<8} {}", told(count));
        }
        out
    }

    fn table(&self) -> String {
        let mut out = String::new();
        let head = ["folder", "T0 of scored", "%", "T1", "T2", "T3", "orders", "archives"];
        let mut rows = vec![head.map(str::to_owned)];
        let all = self.folders.iter().map(|(name, totals)| (name.as_str(), totals));
        for (name, totals) in all.chain([("total", &self.total)]) {
            let told =
                |count: Count| if count.of == 0 { "-".to_owned() } else { format!("{}/{}", count.passed, count.of) };
            rows.push([
                name.to_owned(),
                told(totals.scored),
                totals.percent(),
                told(totals.tiers[1]),
                told(totals.tiers[2]),
                told(totals.tiers[3]),
                told(totals.orders),
                told(totals.archives),
            ]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for row in &rows {
            for (column, cell) in row.iter().enumerate() {
                let width = widths[column];
                _ = if column == 0 { write!(out, "{cell:<width$}") } else { write!(out, "  {cell:>width$}") };
            }
            out.push('\n');
        }
        let total = &self.total;
        let failed = total.scored.of - total.scored.passed;
        _ = writeln!(out);
        _ = writeln!(
            out,
            "{failed} scored assertions fail; {} of them could not be asked, {} are listed deviations: all count as failed.",
            total.unasked, total.deviations
        );
        _ = writeln!(
            out,
            "Among the scored: {} of {} todo and {} of {} known-incorrect ones hold.",
            total.todo.passed, total.todo.of, total.incorrect.passed, total.incorrect.of
        );
        out
    }

    /// Every failure on a line, in order.
    pub fn list(&self) -> String {
        let mut out = String::new();
        for failure in &self.failures {
            let deviation = if failure.is_deviation { " (listed deviation)" } else { "" };
            let message = failure.message.replace('\n', " ");
            let Failure { archive, line, directive, path, tier, .. } = failure;
            _ = writeln!(out, "{archive}:{line} {} {directive} {path}: {message}{deviation}", tier.name());
        }
        for script in &self.scripts {
            let Some((line, problem)) = &script.problem else { continue };
            let kind = if script.is_offline { "offline" } else { "other" };
            _ = writeln!(out, "{}:{line} script {kind}: {}", script.name, problem.replace('\n', " "));
        }
        out
    }

    pub fn json(&self) -> Value {
        let folders: BTreeMap<&String, Value> =
            self.folders.iter().map(|(name, totals)| (name, told(totals))).collect();
        let failures: Vec<Value> = self
            .failures
            .iter()
            .map(|failure| {
                json!({
                    "archive": failure.archive,
                    "line": failure.line,
                    "directive": failure.directive,
                    "path": failure.path,
                    "tier": failure.tier.name(),
                    "message": failure.message,
                    "deviation": failure.is_deviation,
                })
            })
            .collect();
        let scripts: Vec<Value> = self
            .scripts
            .iter()
            .map(|script| {
                json!({
                    "archive": script.name,
                    "verbs": script.verbs,
                    "offline": script.is_offline,
                    "line": script.problem.as_ref().map(|(line, _)| line),
                    "problem": script.problem.as_ref().map(|(_, problem)| problem),
                })
            })
            .collect();
        json!({ "total": told(&self.total), "folders": folders, "failures": failures, "scripts": scripts })
    }
}

fn told(totals: &Totals) -> Value {
    let count = |count: Count| json!({ "passed": count.passed, "of": count.of });
    let tiers: BTreeMap<&str, Value> =
        Tier::ALL.into_iter().zip(totals.tiers).map(|(tier, totals)| (tier.name(), count(totals))).collect();
    json!({
        "archives": count(totals.archives),
        "scored": count(totals.scored),
        "tiers": tiers,
        "orders": count(totals.orders),
        "todo": count(totals.todo),
        "incorrect": count(totals.incorrect),
        "unasked": totals.unasked,
        "deviations": totals.deviations,
    })
}
