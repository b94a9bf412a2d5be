//! Facts as a tree: a value, below it the places that made it, below each the values that flowed in.

use super::{Cause, Fact};

/// Deeper trees are cut: who wants to know more asks for the value that is told last.
const MAX_DEPTH: usize = 12;

enum Todo {
    Fact { index: usize, depth: usize },
}

/// Each value is told once; where it flows in again, only its name is.
pub(super) fn render(facts: &[Fact]) -> String {
    let mut out = String::new();
    let mut told = vec![false; facts.len()];
    let mut todo = vec![Todo::Fact { index: 0, depth: 0 }];
    while let Some(Todo::Fact { index, depth }) = todo.pop() {
        let Some(fact) = facts.get(index) else { continue };
        let indent = "    ".repeat(depth);
        let name = if fact.path.is_empty() { String::new() } else { format!("{}: ", fact.path) };
        let mut inner: Vec<usize> =
            fact.causes.iter().flat_map(|cause| &cause.inputs).chain(&fact.parts).copied().collect();
        let mut seen = Vec::new();
        inner.retain(|input| {
            !seen.contains(input) && {
                seen.push(*input);
                true
            }
        });
        let remark = match () {
            () if std::mem::replace(&mut told[index], true) => "  (above)",
            () if depth >= MAX_DEPTH && !inner.is_empty() => "  (and what flowed into it)",
            () => "",
        };
        out += &format!("{indent}{name}{}{remark}\n", fact.value);
        if !remark.is_empty() {
            continue;
        }
        out += &causes(&fact.causes, &indent);
        todo.extend(inner.into_iter().rev().map(|index| Todo::Fact { index, depth: depth + 1 }));
    }
    out
}

/// The places that made one value, in columns.
fn causes(causes: &[Cause], indent: &str) -> String {
    let rows: Vec<[String; 4]> = causes
        .iter()
        .map(|cause| {
            let through: Vec<&str> = cause.through.iter().map(|place| place.text.as_str()).collect();
            let through = if through.is_empty() { String::new() } else { format!("through {}", through.join(", ")) };
            [format!("{indent}  {}", cause.effect), cause.place.position(), cause.place.text.clone(), through]
        })
        .collect();
    crate::columns::columns(&rows.iter().map(|row| row.each_ref().map(String::as_str)).collect::<Vec<_>>())
}
