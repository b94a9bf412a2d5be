//! What differs between two values, leaf by leaf.

use serde::{Deserialize, Serialize};

use crate::graph::{Origin, is_false};
use crate::path::{Path, Segment};
use crate::value::{Map, Value};

/// One leaf, or one whole list, that differs. Lists are leaves: they are replaced whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    pub path: Path,
    /// `None` where there was nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// `None` where there will be nothing; [`Value::Unknown`] where it is known only after apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// The field cannot change in place.
    #[serde(default, skip_serializing_if = "is_false")]
    pub forces_replacement: bool,
    /// Neither side may be shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// The leaves in which `new` differs from `old`, in order of their paths.
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut out = Vec::new();
    compare(old, new, &mut Path::root(), &mut out);
    out
}

fn compare(old: &Value, new: &Value, path: &mut Path, out: &mut Vec<Change>) {
    match (old, new) {
        (Value::Map(before), Value::Map(after)) => {
            let mut olds = before.iter().peekable();
            let mut news = after.iter().peekable();
            loop {
                let order = match (olds.peek(), news.peek()) {
                    (None, None) => return,
                    (Some(_), None) => std::cmp::Ordering::Less,
                    (None, Some(_)) => std::cmp::Ordering::Greater,
                    (Some((a, _)), Some((b, _))) => a.cmp(b),
                };
                let old = if order.is_le() { olds.next() } else { None };
                let new = if order.is_ge() { news.next() } else { None };
                let Some((key, _)) = old.or(new) else { return };
                path.push(Segment::Key(key.clone()));
                match (old, new) {
                    (Some((_, old)), Some((_, new))) => compare(old, new, path, out),
                    (Some((_, old)), None) => one_sided(old, path, out, |old| (Some(old), None)),
                    (None, Some((_, new))) => one_sided(new, path, out, |new| (None, Some(new))),
                    (None, None) => {}
                }
                path.pop();
            }
        }
        (old, new) if old == new => {}
        (old, new) => out.push(change(path, Some(old.clone()), Some(new.clone()))),
    }
}

fn one_sided(
    value: &Value,
    path: &mut Path,
    out: &mut Vec<Change>,
    sides: fn(Value) -> (Option<Value>, Option<Value>),
) {
    match value {
        Value::Map(map) if !map.is_empty() => {
            for (key, value) in map {
                path.push(Segment::Key(key.clone()));
                one_sided(value, path, out, sides);
                path.pop();
            }
        }
        leaf => {
            let (old, new) = sides(leaf.clone());
            out.push(change(path, old, new));
        }
    }
}

fn change(path: &Path, old: Option<Value>, new: Option<Value>) -> Change {
    Change { path: path.clone(), old, new, forces_replacement: false, sensitive: false, origin: None }
}

/// What of `observed` speaks of the same leaves as `shape`: what a provider adds of its own falls away, what it has
/// lost is missing. Lists are taken whole.
pub fn project(observed: &Value, shape: &Value) -> Value {
    match (observed, shape) {
        (Value::Map(observed), Value::Map(shape)) => {
            let mut out = Map::new();
            for (key, inner) in shape {
                if let Some(value) = observed.get(key) {
                    out.insert(key.clone(), project(value, inner));
                }
            }
            Value::Map(out)
        }
        (Value::List(observed), Value::List(shape)) if observed.len() == shape.len() => {
            Value::List(observed.iter().zip(shape).map(|(observed, shape)| project(observed, shape)).collect())
        }
        (observed, _) => observed.clone(),
    }
}

/// What is there of what was sent. Where differences are to be ignored, what was sent.
pub fn found(observed: &Value, sent: &Value, ignore: &[Path]) -> Value {
    let found = project(observed, sent);
    if ignore.is_empty() {
        return found;
    }
    let mut kept = found.clone();
    for change in changes(&found, sent) {
        if ignore.iter().any(|pattern| pattern.matches(&change.path)) {
            set(&mut kept, &change.path, change.new);
        }
    }
    kept
}

/// Puts a value at a path whose parents are there; `None` takes it away.
fn set(root: &mut Value, path: &Path, value: Option<Value>) {
    let Some((last, parents)) = path.segments().split_last() else { return };
    let mut at = root;
    for segment in parents {
        let next = match (at, segment) {
            (Value::Map(map), Segment::Key(key)) => map.entry(key.clone()).or_insert_with(Value::map),
            _ => return,
        };
        at = next;
    }
    if let (Value::Map(map), Segment::Key(key)) = (at, last) {
        match value {
            Some(value) => map.insert(key.clone(), value),
            None => map.remove(key),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        let side = |side: Option<Value>| side.map_or("nothing".to_owned(), |value| value.to_string());
        let changes = changes(&value(old), &value(new));
        changes
            .into_iter()
            .map(|change| format!("{}: {} -> {}", change.path, side(change.old), side(change.new)))
            .collect()
    }

    #[test]
    fn each_leaf_that_differs_is_told_once() {
        assert_eq!(told(r#"{"a":1,"b":{"c":"x"}}"#, r#"{"a":1.0,"b":{"c":"x"}}"#), Vec::<String>::new());
        assert_eq!(
            told(r#"{"a":1,"b":{"c":"x","d":1}}"#, r#"{"a":2,"b":{"c":"y"},"e":{"f":{"g":1}}}"#),
            ["a: 1 -> 2", "b.c: \"x\" -> \"y\"", "b.d: 1 -> nothing", "e.f.g: nothing -> 1"]
        );
        assert_eq!(told(r#"{"l":[1,2]}"#, r#"{"l":[1,3]}"#), ["l: [1,2] -> [1,3]"]);
        assert_eq!(told(r#"{"m":{}}"#, r#"{"m":1}"#), ["m: {} -> 1"]);
    }

    #[test]
    fn what_a_provider_adds_is_no_difference() {
        let observed = value(r#"{"size":2,"arn":"x","tags":{"a":"1","added":"2"},"rules":[{"port":80,"id":"r1"}]}"#);
        let shape = value(r#"{"size":1,"tags":{"a":"0"},"rules":[{"port":80}],"lost":true}"#);
        assert_eq!(project(&observed, &shape), value(r#"{"size":2,"tags":{"a":"1"},"rules":[{"port":80}]}"#));
    }
}
