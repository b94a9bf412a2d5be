//! How faithfully a document is served, for people and for programs.

use std::fmt::Write as _;

use serde::Serialize;
use strata_compile::UnitFidelity;
use strata_compile::fidelity::told;
use strata_contracts::Gap;

/// A unit of the report.
#[derive(Serialize, Debug)]
pub(crate) struct Row<'a> {
    unit: &'a str,
    contract: &'a str,
    provider: &'a str,
    level: &'static str,
    gaps: Vec<Cell<'a>>,
}

/// A property that is not served fully.
#[derive(Serialize, Debug)]
pub(crate) struct Cell<'a> {
    property: &'a str,
    level: &'static str,
    note: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instead: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    without: Option<&'a str>,
}

pub(crate) fn rows(report: &[UnitFidelity]) -> Vec<Row<'_>> {
    report.iter().map(row).collect()
}

fn row(unit: &UnitFidelity) -> Row<'_> {
    let (level, gaps) = (unit.level().name(), unit.gaps.iter().map(|(gap, _)| cell(gap)).collect());
    Row { unit: &unit.unit, contract: &unit.contract, provider: &unit.provider, level, gaps }
}

pub(crate) fn cell(gap: &Gap) -> Cell<'_> {
    let (instead, without) = (gap.instead.as_deref(), gap.without.as_deref());
    Cell { property: &gap.path, level: gap.level.name(), note: &gap.note, instead, without }
}

/// Only what is not served fully.
pub(crate) fn text(report: &[UnitFidelity]) -> String {
    let list = list(report);
    if list.is_empty() { list } else { format!("Not served fully:\n{list}\n") }
}

/// The same without a heading.
pub(crate) fn list(report: &[UnitFidelity]) -> String {
    let mut out = String::new();
    for unit in report.iter().filter(|unit| !unit.gaps.is_empty()) {
        let _ = writeln!(out, "  {} ({} on {})", unit.unit, unit.contract, unit.provider);
        for (gap, _) in &unit.gaps {
            let _ = writeln!(out, "    {:<7} {}: {}", gap.level.name(), gap.path, told(gap));
        }
    }
    out
}
