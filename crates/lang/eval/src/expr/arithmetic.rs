//! Arithmetic: chains of operators on numbers, texts and bytes.

use std::sync::Arc;

use cue_data::Kinds;
use cue_num::{DigitLimit, NumError};

use super::Operand;
use crate::errors::Arg;
use crate::ir::{Arithmetic, NodeId};
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::EnvId;

/// The most repetitions that `*` makes of a string.
const MAX_REPEAT: i64 = 1_000_000;

impl Session {
    pub(super) fn chain(&mut self, index: u32, env: EnvId) -> Step<Value> {
        let program = Arc::clone(&self.program);
        let chain = &program.ir.chains[index as usize];
        let first_op = chain.rest.first().map_or("+", |(op, ..)| op.text());
        let operands = std::iter::once((first_op, chain.first))
            .chain(chain.rest.iter().map(|&(op, operand, _)| (op.text(), operand)));
        for (op, operand) in operands {
            if let Some(error) = self.never_concrete(operand, op) {
                return Ok(error);
            }
        }
        let mut left = self.concrete(chain.first, env, first_op)?;
        for (index, &(op, operand, _)) in chain.rest.iter().enumerate() {
            let right = self.concrete(operand, env, op.text())?;
            if matches!(left, Value::Bottom(_)) {
                // Both sides are looked at, so that every mistake is found.
                continue;
            }
            if matches!(right, Value::Bottom(_)) {
                left = right;
                continue;
            }
            let left_node = (index == 0).then_some(chain.first);
            let a = Operand { value: left, node: left_node, first: chain.first };
            let b = Operand { value: right, node: Some(operand), first: operand };
            left = self.arithmetic(op, &a, &b, env)?;
        }
        Ok(left)
    }

    fn arithmetic(&mut self, op: Arithmetic, left: &Operand, right: &Operand, env: EnvId) -> Step<Value> {
        let node = right.first;
        let digits = DigitLimit(self.meter.limits.digits);
        let result = match (&left.value, &right.value) {
            (Value::Number(a), Value::Number(b)) => match op {
                Arithmetic::Add => a.add(b, digits),
                Arithmetic::Subtract => a.sub(b, digits),
                Arithmetic::Multiply => a.mul(b, digits),
                Arithmetic::Divide => a.div(b),
            },
            (Value::String(a), Value::String(b)) if op == Arithmetic::Add => {
                self.check_length(a.len() + b.len())?;
                return Ok(Value::String([&**a, &**b].concat().into()));
            }
            (Value::Bytes(a), Value::Bytes(b)) if op == Arithmetic::Add => {
                self.check_length(a.len() + b.len())?;
                return Ok(Value::Bytes([&**a, &**b].concat().into()));
            }
            (text @ (Value::String(_) | Value::Bytes(_)), Value::Number(n))
            | (Value::Number(n), text @ (Value::String(_) | Value::Bytes(_)))
                if op == Arithmetic::Multiply && n.is_int() =>
            {
                return self.repeat(text, n, node);
            }
            (Value::Vertex(_), _) | (_, Value::Vertex(_)) if op == Arithmetic::Add || op == Arithmetic::Multiply => {
                let lists = self.kinds_of(&left.value).or(self.kinds_of(&right.value)).intersects(Kinds::LIST);
                if lists {
                    let format = if op == Arithmetic::Add {
                        "Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic"
                    } else {
                        "Multiplication of lists is superseded by list.Repeat; see https://cuelang.org/e/v0.11-list-arithmetic"
                    };
                    return Ok(self.failure(node, format, Vec::new()));
                }
                return self.invalid_operands(op.text(), left, right, env);
            }
            _ => return self.invalid_operands(op.text(), left, right, env),
        };
        match result {
            Ok(number) => Ok(Value::Number(number)),
            Err(error) if error.is_limit() => Err(Limit::Digits.into()),
            Err(NumError::DivisionByZero) => Ok(self.failure(node, "division by zero", Vec::new())),
            Err(error) => Ok(self.failure(node, "failed arithmetic: {}", vec![Arg::from(error.to_string())])),
        }
    }

    fn repeat(&mut self, text: &Value, count: &cue_num::Number, node: NodeId) -> Step<Value> {
        if count.is_negative() {
            return Ok(self.failure(node, "cannot convert negative number to uint64", Vec::new()));
        }
        if count.compare(&cue_num::Number::from(MAX_REPEAT)).is_gt() {
            let args = vec![Arg::from(count.to_cue_string()), Arg::from(MAX_REPEAT.to_string())];
            return Ok(self.failure(node, "string multiplication count {} exceeds limit of {}", args));
        }
        let count = usize::try_from(count.as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let length = match text {
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            _ => 0,
        };
        self.check_length(length.saturating_mul(count))?;
        Ok(match text {
            Value::String(text) => Value::String(text.repeat(count).into()),
            Value::Bytes(bytes) => Value::Bytes(bytes.repeat(count).into()),
            other => other.clone(),
        })
    }

    pub(super) fn check_length(&mut self, bytes: usize) -> Result<(), Limit> {
        self.meter.work(bytes as u64 / 64)?;
        if bytes > self.meter.limits.string_bytes { Err(Limit::StringBytes) } else { Ok(()) }
    }
}
