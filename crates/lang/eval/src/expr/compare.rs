//! Comparisons. Those with `_|_` are tests for existence.

use super::Operand;
use crate::errors::{Arg, ErrorCode};
use crate::ir::{Comparison, Node, NodeId};
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{EnvId, Status};
use crate::work::Need;

/// Of an operator, which operand.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl Session {
    pub(super) fn compare(
        &mut self,
        op: Comparison,
        left: NodeId,
        right: NodeId,
        env: EnvId,
        node: NodeId,
    ) -> Step<Value> {
        if matches!(op, Comparison::Equal | Comparison::NotEqual) {
            for (tested, other) in [(left, right), (right, left)] {
                if matches!(self.ir().node(other), Node::Bottom) {
                    return self.existence(tested, env, op == Comparison::Equal);
                }
            }
        }
        for operand in [left, right] {
            if let Some(error) = self.never_concrete(operand, op.text()) {
                return Ok(error);
            }
        }
        let a = self.concrete(left, env, op.text())?;
        let b = self.concrete(right, env, op.text())?;
        for value in [&a, &b] {
            if matches!(value, Value::Bottom(_)) {
                return Ok(value.clone());
            }
        }
        for value in [&a, &b] {
            if let Some(error) = self.refuse_opaque(value, "a comparison", node)? {
                return Ok(error);
            }
        }
        if let Some(known) = self.compare_values(op, &a, &b, node)? {
            return Ok(known);
        }
        let is_text = |value: &Value| matches!(value, Value::String(_) | Value::Bytes(_));
        let matches = matches!(op, Comparison::Match | Comparison::NotMatch);
        let (format, args, places) = if matches && !is_text(&a) {
            let args = vec![self.written(left, &a), Arg::Kinds(self.kinds_of(&a)), Arg::from(op.text())];
            ("cannot use {} (type {}) as type string in {}", args, left)
        } else if matches && !is_text(&b) {
            let args = vec![self.written(right, &b), Arg::Kinds(self.kinds_of(&b))];
            ("cannot use {} (type {}) as type (string|bytes)", args, right)
        } else {
            let a = Operand { value: a, node: Some(left), first: left };
            let b = Operand { value: b, node: Some(right), first: right };
            return self.invalid_operands(op.text(), &a, &b, env);
        };
        let spans = self.operand_spans(left, &[places], env)?;
        Ok(Value::Bottom(self.error_at(ErrorCode::Eval, spans, format, args)))
    }

    /// What a comparison of two values comes to, if they can be compared.
    fn compare_values(&mut self, op: Comparison, a: &Value, b: &Value, node: NodeId) -> Step<Option<Value>> {
        match op {
            Comparison::Equal | Comparison::NotEqual => {
                for (value, side) in [(a, Side::Left), (b, Side::Right)] {
                    if let Some(error) = self.open_operand(value, side, op, a, node)? {
                        return Ok(Some(error));
                    }
                }
                let equal = match (a, b) {
                    (Value::Vertex(x), Value::Vertex(y)) => self.same_data(*x, *y),
                    (Value::Number(x), Value::Number(y)) => x.compare(y).is_eq(),
                    _ => crate::value::same_scalar(a, b),
                };
                return Ok(Some(Value::Bool(equal == (op == Comparison::Equal))));
            }
            Comparison::Match | Comparison::NotMatch => {
                if let (Value::String(_) | Value::Bytes(_), Value::String(_) | Value::Bytes(_)) = (a, b) {
                    let bound = self.bound(op, b.clone(), node);
                    return Ok(Some(match &bound {
                        Value::Bound(regex) => Value::Bool(crate::bounds::within(regex, a)),
                        _ => bound,
                    }));
                }
            }
            _ => {
                if let Some(order) = crate::bounds::order(a, b) {
                    return Ok(Some(Value::Bool(match op {
                        Comparison::Less => order.is_lt(),
                        Comparison::LessEqual => order.is_le(),
                        Comparison::Greater => order.is_gt(),
                        _ => order.is_ge(),
                    })));
                }
            }
        }
        Ok(None)
    }

    /// The error of an operand in which something is not concrete.
    fn open_operand(
        &mut self,
        operand: &Value,
        side: Side,
        op: Comparison,
        left: &Value,
        node: NodeId,
    ) -> Step<Option<Value>> {
        let Value::Vertex(vertex) = *operand else { return Ok(None) };
        self.wait(vertex, Need::Deep)?;
        let at = self.deref(vertex);
        if self.vertex(at).status < Status::Deep {
            return Ok(None);
        }
        let Some(&first) = self.unfinished_below(at, true).first() else { return Ok(None) };
        let code = self.bottom(first).code;
        let kinds = self.kinds_of(left);
        let args = vec![Arg::from(op.text()), Arg::Kinds(kinds), Arg::from(self.message(first))];
        let format = match side {
            Side::Left => "invalid left-hand value to '{}' (type {}): {}",
            Side::Right => "invalid right-hand value to '{}' (type {}): {}",
        };
        Ok(Some(Value::Bottom(self.error_at(code, vec![self.span(node)], format, args))))
    }
}
