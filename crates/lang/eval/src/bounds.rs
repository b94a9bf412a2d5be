//! Bounds: which of two is tighter, which exclude each other, what satisfies them.

use std::cmp::Ordering;
use std::sync::Arc;

use cue_data::Kinds;
use cue_num::{DigitLimit, Number};
use cue_regex::Regex;

use crate::errors::Arg;
use crate::ir::{Comparison, Node, NodeId};
use crate::session::Session;
use crate::value::{Bound, Value, same_scalar};

/// Bounds further apart than this many digits are taken for compatible.
const DIGITS: DigitLimit = DigitLimit(1000);

/// The order of two scalars of one kind.
pub(crate) fn order(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.compare(b),
        (Value::String(a), Value::String(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        _ => return None,
    })
}

/// Whether one bound of the same direction excludes more than another.
pub(crate) fn is_tighter(bound: &Bound, than: &Bound) -> bool {
    let Some(order) = order(&bound.value, &than.value) else { return false };
    let upper = matches!(bound.op, Comparison::Less | Comparison::LessEqual);
    let strict = matches!(bound.op, Comparison::Less | Comparison::Greater);
    match order {
        Ordering::Equal => strict,
        Ordering::Less => upper,
        Ordering::Greater => !upper,
    }
}

/// The sort of two bounds that leave nothing between them; `None` where something may be left.
pub(crate) fn incompatible(low: &Bound, high: &Bound, kinds: Kinds) -> Option<&'static str> {
    let inclusive = low.op == Comparison::GreaterEqual && high.op == Comparison::LessEqual;
    match (&low.value, &high.value) {
        (Value::String(a), Value::String(b)) => excluded(a.cmp(b), inclusive).then_some("string"),
        (Value::Bytes(a), Value::Bytes(b)) => excluded(a.cmp(b), inclusive).then_some("bytes"),
        (Value::Number(a), Value::Number(b)) => {
            if kinds.intersects(Kinds::FLOAT) {
                return excluded(a.compare(b), inclusive).then_some("number");
            }
            let first = if low.op == Comparison::Greater { after(a) } else { ceiling(a) };
            let last = if high.op == Comparison::Less { before(b) } else { floor(b) };
            let (first, last) = (first?, last?);
            first.compare(&last).is_gt().then_some("integer")
        }
        _ => None,
    }
}

fn excluded(order: Ordering, inclusive: bool) -> bool {
    order == Ordering::Greater || (order == Ordering::Equal && !inclusive)
}

fn rounded(number: &Number, rounding: cue_num::Rounding) -> Option<Number> {
    if number.is_int() {
        return Some(number.clone());
    }
    number.to_int(rounding, DIGITS).ok()
}

fn ceiling(number: &Number) -> Option<Number> {
    rounded(number, cue_num::Rounding::Ceiling)
}

fn floor(number: &Number) -> Option<Number> {
    rounded(number, cue_num::Rounding::Floor)
}

fn after(number: &Number) -> Option<Number> {
    floor(number)?.add(&Number::from(1), DIGITS).ok()
}

fn before(number: &Number) -> Option<Number> {
    ceiling(number)?.sub(&Number::from(1), DIGITS).ok()
}

/// Whether a scalar lies within a bound.
pub(crate) fn within(bound: &Bound, value: &Value) -> bool {
    let numeric = |a: &Value, b: &Value| match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.compare(b).is_eq(),
        _ => same_scalar(a, b),
    };
    match bound.op {
        Comparison::Equal => numeric(value, &bound.value),
        Comparison::NotEqual => !numeric(value, &bound.value),
        Comparison::Match | Comparison::NotMatch => {
            let Some(regex) = &bound.regex else { return false };
            let found = match value {
                Value::String(text) => regex.is_match(text.as_bytes()),
                Value::Bytes(bytes) => regex.is_match(bytes),
                _ => return false,
            };
            found == (bound.op == Comparison::Match)
        }
        Comparison::Less => order(value, &bound.value).is_some_and(Ordering::is_lt),
        Comparison::LessEqual => order(value, &bound.value).is_some_and(Ordering::is_le),
        Comparison::Greater => order(value, &bound.value).is_some_and(Ordering::is_gt),
        Comparison::GreaterEqual => order(value, &bound.value).is_some_and(Ordering::is_ge),
    }
}

impl Session {
    /// The bound of an operator and its concrete operand.
    pub(crate) fn bound(&mut self, op: Comparison, value: Value, node: NodeId) -> Value {
        let regex = match op {
            Comparison::Match | Comparison::NotMatch => {
                let pattern = match &value {
                    Value::String(text) => text.to_string(),
                    Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
                    _ => return self.bad_bound(op, value, node),
                };
                match Regex::new(&pattern) {
                    Ok(regex) => Some(regex),
                    Err(error) => {
                        return self.failure(node, "invalid regexp: {}", vec![Arg::from(error.to_string())]);
                    }
                }
            }
            Comparison::Equal | Comparison::NotEqual => None,
            _ if !matches!(value, Value::Number(_) | Value::String(_) | Value::Bytes(_)) => {
                return self.bad_bound(op, value, node);
            }
            _ => None,
        };
        Value::Bound(Arc::new(Bound { op, value, node, regex }))
    }

    fn bad_bound(&mut self, op: Comparison, value: Value, node: NodeId) -> Value {
        if matches!(value, Value::Bottom(_)) {
            return value;
        }
        let kinds = self.kinds_of(&value);
        let args = vec![Arg::Kinds(kinds), Arg::from(op.text())];
        let node = match self.ir().node(node) {
            Node::Bound { operand, .. } => operand,
            _ => node,
        };
        self.failure(node, "cannot use {} for bound {}", args)
    }
}
