//! Plans as a page for a pull request: the counts, what can hurt, what else feels it, and the details folded away. The
//! same plan gives the same page.

use std::fmt::Write as _;

use strata_model::plan::Counts;
use strata_model::{Plan, PlanSet};

use super::plan::{AFFECTED, counts, dependents, details, risky, why};
use crate::ui::fenced;

pub(crate) fn set(set: &PlanSet) -> String {
    if set.is_empty() {
        return "### No changes\n\nWhat is recorded is what the document says.\n".to_owned();
    }
    let mut out = format!("### {}", counts(set).replace(".\n", "\n"));
    let plans: Vec<&Plan> = set.plans.iter().filter(|plan| !plan.is_empty()).collect();
    risks(&mut out, &plans);
    radius(&mut out, &plans);
    for warning in plans.iter().flat_map(|plan| &plan.warnings) {
        let _ = writeln!(out, "\n> **Warning:** {}", prose(warning));
    }
    for plan in &plans {
        folded(&mut out, plan);
    }
    out += "\n| Plan | Hash |\n|---|---|\n";
    for plan in plans {
        let gated = if plan.gated { ", to be approved" } else { "" };
        let _ = writeln!(out, "| {}{gated} | {} |", cell(&plan.partition.to_string()), code(&plan.hash.to_string()));
    }
    out
}

/// What is not served fully, after the page of the plans.
pub(crate) fn fidelity(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("\n**Not served fully**\n\n{}", fenced("text", text)) }
}

fn risks(out: &mut String, plans: &[&Plan]) {
    let mut risky: Vec<_> = plans.iter().flat_map(|plan| risky(plan)).collect();
    risky.sort_by(|a, b| a.risk.cmp(&b.risk).then_with(|| a.address.cmp(&b.address)));
    if risky.is_empty() {
        return;
    }
    *out += "\n| Risk | | Resource | Why |\n|---|---|---|---|\n";
    for action in risky {
        let _ = writeln!(
            out,
            "| {} | {} | {} ({}) | {} |",
            action.risk.name(),
            code(action.action.symbol()),
            code(action.address.as_str()),
            cell(&action.kind),
            cell(&why(action))
        );
    }
}

fn radius(out: &mut String, plans: &[&Plan]) {
    let affected: Vec<_> = plans.iter().flat_map(|plan| &plan.affected).collect();
    if affected.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n**Blast radius:** {} what changes.\n", dependents(affected.len()));
    for felt in affected.iter().take(AFFECTED) {
        let (address, by) = (code(felt.address.as_str()), code(felt.by.as_str()));
        let _ = writeln!(out, "- {address} (tier {}) needs {by}", felt.tier);
    }
    if affected.len() > AFFECTED {
        let _ = writeln!(out, "- and {} more", affected.len() - AFFECTED);
    }
}

fn folded(out: &mut String, plan: &Plan) {
    let Counts { add, change, destroy, .. } = Counts::of([plan]);
    let title = format!("{}: {add} to add, {change} to change, {destroy} to destroy", plan.partition);
    let mut text = String::new();
    details(&mut text, plan);
    let _ = writeln!(out, "\n<details><summary>{}</summary>\n", prose(&title));
    *out += &fenced("text", &text);
    *out += "\n</details>\n";
}

/// Text between other text. What could be taken for a tag, a link or a mention is not.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '@' => out += "&#64;",
            '\n' | '\r' => out.push(' '),
            '[' | ']' | '*' | '_' | '\\' => out.extend(['\\', char]),
            char => out.push(char),
        }
    }
    out
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    prose(text).replace('|', "\\|")
}

/// Text as it is, in a line. Addresses, symbols and hashes have no backtick.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}
