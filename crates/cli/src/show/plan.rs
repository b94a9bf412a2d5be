//! Plans for people: risks first, then what changes, then the counts.

use std::fmt::Write as _;

use strata_model::plan::Counts;
use strata_model::{Action, ActionKind, Change, Path, Plan, PlanSet, Risk, Segment, Value};

use super::tiers;

/// How many affected resources are named.
pub(super) const AFFECTED: usize = 10;

/// How long a list may be that stands in one line.
const LINE: usize = 100;

/// The whole set, ending in the line that scripts read.
pub(crate) fn set(set: &PlanSet) -> String {
    let mut out = String::new();
    for plan in set.plans.iter().filter(|plan| !plan.is_empty()) {
        one(&mut out, plan);
    }
    if set.is_empty() {
        out += "No changes. What is recorded is what the document says.\n";
    } else {
        out += &counts(set);
    }
    out
}

/// By what the plans that do something are called.
pub(crate) fn hashes(set: &PlanSet) -> Vec<String> {
    set.plans.iter().filter(|plan| !plan.is_empty()).map(|plan| plan.hash.to_string()).collect()
}

pub(crate) fn counts(set: &PlanSet) -> String {
    let counts = Counts::of(&set.plans);
    let mut line = format!("Plan: {} to add, {} to change, {} to destroy", counts.add, counts.change, counts.destroy);
    if counts.imported > 0 {
        line += &format!(", {} to import", counts.imported);
    }
    if counts.forget > 0 {
        line += &format!(", {} to forget", counts.forget);
    }
    line + ".\n"
}

fn one(out: &mut String, plan: &Plan) {
    let _ = writeln!(out, "{}  {}", plan.partition, plan.hash);
    for action in risky(plan) {
        let (risk, symbol) = (action.risk.name(), action.action.symbol());
        let _ = writeln!(out, "  ! {risk:<9} {symbol:>3} {}  {}", action.address.local(), why(action));
    }
    out.push('\n');
    details(out, plan);
    if !plan.affected.is_empty() {
        let _ = writeln!(out, "  {} what changes:", dependents(plan.affected.len()));
        for affected in plan.affected.iter().take(AFFECTED) {
            let _ = writeln!(out, "    {} (tier {}) needs {}", affected.address, affected.tier, affected.by);
        }
        if plan.affected.len() > AFFECTED {
            let _ = writeln!(out, "    and {} more", plan.affected.len() - AFFECTED);
        }
        out.push('\n');
    }
    for warning in &plan.warnings {
        let _ = writeln!(out, "  warning: {warning}");
    }
}

/// How many resources feel a change, as the beginning of a sentence.
pub(super) fn dependents(count: usize) -> String {
    match count {
        1 => "1 resource depends on".to_owned(),
        many => format!("{many} resources depend on"),
    }
}

/// What can hurt, the worst first.
pub(super) fn risky(plan: &Plan) -> impl Iterator<Item = &Action> {
    plan.actions.iter().filter(|action| action.risk < Risk::None)
}

pub(super) fn why(action: &Action) -> String {
    let why: Vec<String> = action.reasons.iter().map(ToString::to_string).collect();
    why.join("; ")
}

/// Each action with its leaves, and the outputs.
pub(super) fn details(out: &mut String, plan: &Plan) {
    for action in &plan.actions {
        self::action(out, action);
    }
    for output in &plan.outputs {
        let shown = match &output.value {
            None => "removed".to_owned(),
            Some(_) if output.sensitive => "(sensitive)".to_owned(),
            Some(value) if value.is_plain() => tiers::output(&output.name, value),
            Some(_) => "(known after apply)".to_owned(),
        };
        let _ = writeln!(out, "  output {} = {shown}", output.name);
    }
    if !plan.outputs.is_empty() {
        out.push('\n');
    }
}

fn action(out: &mut String, action: &Action) {
    let what = match action.action {
        ActionKind::Create => "will be created",
        ActionKind::Update => "will be updated in place",
        ActionKind::Replace => "must be replaced",
        ActionKind::ReplaceCreateFirst => "must be replaced, the new one first",
        ActionKind::Delete => "will be destroyed",
        ActionKind::Read => "will be read",
        ActionKind::Import => "will be imported",
        ActionKind::Forget => "will be forgotten, its object stays",
        ActionKind::NoOp => "will be recorded anew",
    };
    let why = match action.reasons.first() {
        Some(reason) if !matches!(action.action, ActionKind::Create | ActionKind::Update) => format!(": {reason}"),
        _ => String::new(),
    };
    let _ = writeln!(out, "  # {} ({}) {what}{why}", action.address.local(), action.kind);
    if let Some(from) = &action.moved_from {
        let _ = writeln!(out, "  # moved from {}", from.local());
    }
    let symbol = action.action.symbol();
    if let (ActionKind::Create, Some(desired)) = (action.action, &action.desired) {
        created(out, desired.known(), &desired.properties);
    }
    for change in &action.changes {
        line(out, if action.action.is_replace() { symbol } else { change_symbol(change) }, change);
    }
    out.push('\n');
}

fn created(out: &mut String, known: &Value, properties: &Value) {
    known.each_leaf(&mut |path, leaf| {
        // One without properties has nothing to tell.
        if path.is_root() {
            return;
        }
        if let Some((list, index, line)) = within_line(known, properties, path) {
            if index == 0 {
                let _ = writeln!(out, "  + {list} = {line}");
            }
            return;
        }
        let sensitive = matches!(properties.at(path), Some(Value::Later(later)) if later.is_sensitive());
        let _ = writeln!(out, "  + {path} = {}", if sensitive { "(sensitive)".to_owned() } else { shown(leaf) });
    });
}

/// The list that a leaf is an element of, where all of it is plain and short enough to be read in one line.
fn within_line(known: &Value, properties: &Value, path: &Path) -> Option<(Path, u32, String)> {
    let mut above = path.clone();
    let Some(Segment::Index(index)) = above.pop() else { return None };
    let Value::List(items) = known.at(&above)? else { return None };
    let is_known = properties.at(&above).is_none_or(Value::is_plain);
    // Of many elements the first ones are enough to know: it is asked for each of them.
    if !is_known || items.len() > LINE / 2 || items.iter().any(|item| item.is_container() || !item.is_plain()) {
        return None;
    }
    let line = format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "));
    (line.len() <= LINE).then_some((above, index, line))
}

pub(super) fn change_symbol(change: &Change) -> &'static str {
    match (&change.old, &change.new) {
        (None, _) => "+",
        (_, None) => "-",
        _ => "~",
    }
}

pub(super) fn line(out: &mut String, symbol: &str, change: &Change) {
    let _ = write!(out, "{symbol:>3} {} = ", change.path);
    match (&change.old, &change.new) {
        (None, new) => out.push_str(&side(change, new.as_ref())),
        (old, new) => {
            let _ = write!(out, "{} -> {}", side(change, old.as_ref()), side(change, new.as_ref()));
        }
    }
    if change.forces_replacement {
        out.push_str("  # forces replacement");
    }
    out.push('\n');
    if let Some(origin) = &change.origin {
        let _ = writeln!(out, "      set at {origin}");
    }
}

/// A value before or after a change.
pub(crate) fn side(change: &Change, value: Option<&Value>) -> String {
    match value {
        Some(Value::Unknown) => "(known after apply)".to_owned(),
        Some(_) if change.sensitive => "(sensitive)".to_owned(),
        Some(value) => shown(value),
        None => "null".to_owned(),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Unknown | Value::Later(_) => "(known after apply)".to_owned(),
        Value::Sealed(_) => "(sensitive)".to_owned(),
        value => value.to_string(),
    }
}
