//! Whether the order of fields matters: a struct is evaluated in all orders, and every result must be the same.

use cue_eval::{ArcType, Cancel, Limit, Limits, Session, Value, VertexId};
use cue_syntax::ast::{DeclId, File};

use crate::extract;
use crate::path::{self, Step};
use crate::program::Packages;
use crate::view::{Found, View};

/// The fields of one struct that change places.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Group {
    pub(crate) parent: Vec<Step>,
    /// All fields if there are none.
    pub(crate) names: Vec<Step>,
    /// How many orders there should be.
    pub(crate) count: Option<usize>,
}

/// More orders than these are not tried: eight factorial.
const MOST_ORDERS: usize = 40_320;

/// How much of a value is compared.
const MOST_LINES: usize = 20_000;
const MAX_DEPTH: usize = 60;

/// What is wrong; the number of orders if nothing is. Fewer than two fields have one order.
pub(crate) fn check(packages: &Packages, group: &Group, limits: Limits, cancel: &Cancel) -> Result<usize, String> {
    let files: Vec<File> = packages.files().into_iter().cloned().collect();
    let found = files.iter().enumerate().find_map(|(index, file)| {
        let is_moved = |at: &usize| extract::is_field(file, file.decl_lists[*at], &group.names, &packages.identity);
        let literals = extract::literals(file, &group.parent, &packages.identity);
        let places = literals.into_iter().map(|decls| decls.0.range().filter(is_moved).collect::<Vec<usize>>());
        places.into_iter().find(|places| places.len() >= 2).map(|places| (index, places))
    });
    let Some((index, places)) = found else { return Ok(1) };
    let original: Vec<DeclId> = places.iter().map(|&at| files[index].decl_lists[at]).collect();
    let orders: usize = (1..=places.len()).product();
    if orders > MOST_ORDERS {
        return Err(format!("{orders} orders are too many"));
    }
    if let Some(count) = group.count.filter(|&count| count != orders) {
        return Err(format!("expected {count} orders, there are {orders}"));
    }
    let mut changed = files;
    let mut baseline: Option<Vec<String>> = None;
    let mut order: Vec<usize> = (0..places.len()).collect();
    loop {
        for (slot, &from) in order.iter().enumerate() {
            changed[index].decl_lists[places[slot]] = original[from];
        }
        let lines = evaluate(packages, &changed, group, limits, cancel)?;
        match &baseline {
            None => baseline = Some(lines),
            Some(first) if *first != lines => return Err(told(first, &lines, &order)),
            Some(_) => {}
        }
        if !next_order(&mut order) {
            return Ok(orders);
        }
    }
}

/// The next order in the sequence of sorted ones; false after the last.
fn next_order(order: &mut [usize]) -> bool {
    let Some(pivot) = (1..order.len()).rev().find(|&at| order[at - 1] < order[at]) else { return false };
    let pivot = pivot - 1;
    let Some(other) = (pivot + 1..order.len()).rev().find(|&at| order[at] > order[pivot]) else { return false };
    order.swap(pivot, other);
    order[pivot + 1..].reverse();
    true
}

fn told(first: &[String], other: &[String], order: &[usize]) -> String {
    let differing = first.iter().zip(other).position(|(a, b)| a != b).unwrap_or(first.len().min(other.len()));
    let line = |lines: &[String]| lines.get(differing).cloned().unwrap_or_else(|| "nothing".to_owned());
    format!("in the order {order:?}: `{}` instead of `{}`", line(other), line(first))
}

fn evaluate(
    packages: &Packages,
    files: &[File],
    group: &Group,
    limits: Limits,
    cancel: &Cancel,
) -> Result<Vec<String>, String> {
    let program = packages.compile(Some(files))?;
    let mut session = Session::new(&program, limits, cancel.clone());
    let told = |limit: Limit| format!("limit: {limit}");
    let root = session.evaluate(packages.instance()).map_err(told)?;
    let mut view = View { session, sources: &packages.sources, root };
    match view.find(root, &group.parent).map_err(told)? {
        Found::Value(vertex) => picture(&mut view, vertex).map_err(told),
        Found::Missing { .. } => Err(format!("no value at {}", path::display(&group.parent))),
    }
}

/// A value as lines, one for each field, in the order of names: errors by their code, since which of several conflicts
/// is told first may depend on the order.
fn picture(view: &mut View<'_>, vertex: VertexId) -> Result<Vec<String>, Limit> {
    let mut lines = Vec::new();
    let mut todo = vec![(vertex, String::new(), 0)];
    while let Some((vertex, path, depth)) = todo.pop() {
        if lines.len() > MOST_LINES || depth > MAX_DEPTH {
            lines.push("…".to_owned());
            break;
        }
        view.session.finalize(vertex)?;
        let end = view.session.end(vertex);
        let value = view.session.value(end);
        let told = match view.session.error_of(end) {
            Some(error) => format!("_|_ {}", view.code(error).name()),
            None => match value {
                Value::Struct if view.session.is_closed(end) => "closed struct".to_owned(),
                Value::Struct => "struct".to_owned(),
                value => view.show(&value),
            },
        };
        lines.push(format!("{path}: {told}"));
        let mut fields: Vec<(String, VertexId)> = Vec::new();
        for field in view.session.fields(end) {
            let marker = match field.arc {
                ArcType::Member => "",
                ArcType::Required => "!",
                ArcType::Optional => "?",
            };
            if !field.label.is_let() {
                let owner = view.session.label_owner(field.label).unwrap_or_default();
                let name = view.session.label_as_written(field.label);
                fields.push((format!("{path}.{name}{owner}{marker}"), field.vertex));
            }
        }
        fields.sort();
        todo.extend(fields.into_iter().rev().map(|(path, vertex)| (vertex, path, depth + 1)));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::next_order;

    #[test]
    fn all_orders_are_met_once() {
        let mut order = vec![0, 1, 2, 3];
        let mut met = vec![order.clone()];
        while next_order(&mut order) {
            met.push(order.clone());
        }
        assert_eq!(met.len(), 24);
        met.sort();
        met.dedup();
        assert_eq!(met.len(), 24);
    }
}
