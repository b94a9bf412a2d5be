//! Expressions: from a node and its frames to a value.

use std::sync::Arc;

use cue_data::Kinds;
use cue_num::{DigitLimit, NumError};
use strata_base::Span;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{Arithmetic, Comparison, Node, NodeId, Nodes};
use crate::limits::Limit;
use crate::session::{Halt, Session, Step};
use crate::value::{Callee, Value};
use crate::vertex::{EnvId, Frame, Status, VertexId};
use crate::work::{Need, PostCheck};

/// The most repetitions that `*` makes of a string.
const MAX_REPEAT: i64 = 1_000_000;

/// What a test for `_|_` finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Existence {
    Error,
    /// Not concrete: it counts as an error, but may become a value.
    Constraint,
    Value,
}

/// What needs a concrete value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs<'a> {
    /// An operator or a function.
    Operand(&'a str),
    /// An operator with one operand.
    Sign(&'a str),
    Bound(&'a str),
    /// An interpolation.
    Text,
    /// An index.
    Label,
    Condition,
}

impl<'a> From<&'a str> for Needs<'a> {
    fn from(operator: &'a str) -> Needs<'a> {
        Needs::Operand(operator)
    }
}

/// Of an operator, which operand.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

impl Session {
    /// The value of an expression. A path gives its vertex, whatever is known of that.
    pub(crate) fn eval(&mut self, node: NodeId, env: EnvId) -> Step<Value> {
        self.meter.work(1)?;
        let ir_node = self.ir().node(node);
        if let Some(value) = self.literal_value(ir_node, node) {
            return Ok(value);
        }
        if self.is_reference(node) {
            return Ok(self.resolve(node, env)?.value());
        }
        match ir_node {
            Node::Struct(_) | Node::List(_) | Node::And(_) | Node::Or(_) | Node::Open(_) | Node::Comprehension(_) => {
                Ok(Value::Vertex(self.inline(node, env)?))
            }
            Node::Key { up } => match self.frame(env, up) {
                Some((_, Frame::Key(label))) => Ok(self.label_value(label)),
                _ => Ok(self.failure(node, "internal error: a name has lost its frame", Vec::new())),
            },
            Node::ForKey { up } => match self.frame(env, up) {
                Some((_, Frame::For { key, .. })) => Ok(self.label_value(key)),
                _ => Ok(self.failure(node, "internal error: a name has lost its frame", Vec::new())),
            },
            Node::Predeclared(function) => Ok(Value::Function(Callee::Predeclared(function))),
            Node::Intrinsic(function) => Ok(Value::Function(Callee::Intrinsic(function))),
            Node::Library(index) => Ok(Value::Function(Callee::Library(self.ir().library[index as usize]))),
            Node::StdImport(_) => {
                Ok(self.failure(node, "cannot use a package as a value; select one of its members", Vec::new()))
            }
            Node::Slice(parts) => self.slice(parts, env, node),
            Node::Not(operand) => self.not(operand, env),
            Node::Negate(operand) | Node::Posate(operand) => self.signed(ir_node, operand, env),
            Node::Bound { op, operand } => {
                let value = self.concrete(operand, env, Needs::Bound(op.text()))?;
                match value {
                    Value::Bottom(_) => Ok(value),
                    value => Ok(self.bound(op, value, node)),
                }
            }
            Node::Compare { op, left, right } => self.compare(op, left, right, env, node),
            Node::Chain(index) => self.chain(index, env),
            Node::Logical { all, operands } => self.logical(all, operands, env),
            Node::Interpolation { bytes, parts } => self.interpolate(bytes, parts, env, node),
            Node::Call { function, arguments } => self.call(function, arguments, env, node),
            _ => Ok(self.failure(node, "invalid expression", Vec::new())),
        }
    }

    /// A concrete value: a scalar, or a vertex that is a struct or list; else the error that says what is missing.
    pub(crate) fn concrete<'a>(&mut self, node: NodeId, env: EnvId, needs: impl Into<Needs<'a>>) -> Step<Value> {
        let value = self.eval(node, env)?;
        self.concrete_value(value, node, needs)
    }

    pub(crate) fn concrete_value<'a>(
        &mut self,
        value: Value,
        node: NodeId,
        needs: impl Into<Needs<'a>>,
    ) -> Step<Value> {
        let mut value = value;
        loop {
            value = match value {
                Value::Vertex(vertex) => {
                    self.wait(vertex, Need::Scalar)?;
                    let at = self.deref(vertex);
                    match self.known_value(at) {
                        Some(Value::Struct | Value::List { .. }) => return Ok(Value::Vertex(at)),
                        Some(known) => known,
                        None => Value::Bottom(self.cycle_error(at)),
                    }
                }
                Value::Disjunction(d) if d.defaults == 1 => d.values[0].clone(),
                Value::Disjunction(d) => {
                    let value = Value::Disjunction(d);
                    let kinds = value.kinds();
                    let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                    return Ok(self.incomplete(node, "unresolved disjunction {} (type {})", args));
                }
                Value::Bottom(_) | Value::Function(_) => return Ok(value),
                value if value.is_scalar() => return Ok(value),
                value => return Ok(self.not_yet(value, node, needs.into())),
            }
        }
    }

    /// The error of a value that is not known enough for what needs it.
    fn not_yet(&mut self, value: Value, node: NodeId, needs: Needs<'_>) -> Value {
        let kinds = value.kinds();
        let (format, args) = match needs {
            Needs::Operand(op) => ("non-concrete value {} in operand to {}", vec![Arg::Value(value), Arg::from(op)]),
            Needs::Sign(op) => (
                "operand {} of '{}' not concrete (was {})",
                vec![Arg::from(self.source_text(node)), Arg::from(op), Arg::Kinds(kinds)],
            ),
            Needs::Bound(op) => {
                ("non-concrete value {} for bound {}", vec![Arg::from(self.source_text(node)), Arg::from(op)])
            }
            Needs::Text => ("non-concrete value {} (type {})", vec![Arg::Value(value), Arg::Kinds(kinds)]),
            Needs::Label => {
                let wanted = if kinds.intersects(Kinds::NUMBER) { "int" } else { "string" };
                ("invalid non-ground value {} (must be concrete {})", vec![Arg::Value(value), Arg::from(wanted)])
            }
            Needs::Condition => ("incomplete {}: {}", vec![Arg::Kinds(Kinds::BOOL), Arg::Value(value)]),
        };
        self.incomplete(node, format, args)
    }

    /// What a value is, where that is known, looking at the vertex and the default where it is one.
    pub(crate) fn settled_value(&mut self, value: &Value) -> Step<Option<Value>> {
        let mut value = value.clone();
        while let Value::Vertex(vertex) = value {
            self.wait(vertex, Need::Scalar)?;
            let at = self.deref(vertex);
            value = match self.known_value(at) {
                Some(Value::Disjunction(d)) if d.defaults == 1 => d.values[0].clone(),
                Some(known) => known,
                None => return Ok(None),
            };
        }
        Ok(Some(value))
    }

    /// The error of an operand that can never be concrete, by its text alone.
    fn never_concrete(&mut self, operand: NodeId, op: &str) -> Option<Value> {
        let never = matches!(self.ir().node(operand), Node::Basic(_) | Node::Top | Node::Bound { .. });
        never.then(|| {
            let args = vec![Arg::from(self.source_text(operand)), Arg::from(op)];
            self.failure(operand, "invalid operand {} ('{}' requires concrete value)", args)
        })
    }

    /// A concrete bool, or the error.
    pub(crate) fn condition(&mut self, node: NodeId, env: EnvId) -> Step<Result<bool, Value>> {
        let value = self.eval(node, env)?;
        let known = self.settled_value(&value)?;
        let never = known.is_some_and(|known| !known.kinds().is_bottom() && !known.kinds().contains(Kinds::BOOL));
        let value = if never { value } else { self.concrete_value(value, node, Needs::Condition)? };
        Ok(match value {
            Value::Bool(value) => Ok(value),
            Value::Bottom(_) => Err(value),
            value => {
                let kinds = self.kinds_of(&value);
                let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                Err(self.failure(node, "cannot use {} (type {}) as type bool", args))
            }
        })
    }

    /// The kinds of a value, looking at the vertex where it is one.
    pub(crate) fn kinds_of(&self, value: &Value) -> Kinds {
        match value {
            Value::Vertex(vertex) => {
                let at = self.deref(*vertex);
                self.known_value(at).map_or(Kinds::TOP, |known| match known {
                    Value::Vertex(_) => Kinds::TOP,
                    Value::Disjunction(d) => {
                        d.values.iter().fold(Kinds::BOTTOM, |kinds, value| kinds.or(self.kinds_of(value)))
                    }
                    other => other.kinds(),
                })
            }
            other => other.kinds(),
        }
    }

    fn not(&mut self, operand: NodeId, env: EnvId) -> Step<Value> {
        if let Some(error) = self.never_concrete(operand, "!") {
            return Ok(error);
        }
        let value = self.concrete(operand, env, Needs::Sign("!"))?;
        Ok(match value {
            Value::Bool(value) => Value::Bool(!value),
            Value::Bottom(_) => value,
            value => self.bad_operand("!", value, operand),
        })
    }

    fn signed(&mut self, op: Node, operand: NodeId, env: EnvId) -> Step<Value> {
        let sign = if matches!(op, Node::Negate(_)) { "-" } else { "+" };
        if let Some(error) = self.never_concrete(operand, sign) {
            return Ok(error);
        }
        let value = self.concrete(operand, env, Needs::Sign(sign))?;
        Ok(match value {
            Value::Number(number) if sign == "-" => Value::Number(number.neg()),
            Value::Number(_) | Value::Bottom(_) => value,
            value => self.bad_operand(sign, value, operand),
        })
    }

    fn bad_operand(&mut self, op: &str, value: Value, node: NodeId) -> Value {
        let kinds = self.kinds_of(&value);
        let args = vec![Arg::from(op), Arg::Value(value), Arg::Kinds(kinds)];
        self.failure(node, "invalid operation {}{} ({} {})", args)
    }

    fn slice(&mut self, parts: Nodes, env: EnvId, node: NodeId) -> Step<Value> {
        let nodes = self.ir().nodes(parts).to_vec();
        let operand = self.concrete(nodes[0], env, "slice")?;
        let mut bounds = [None, None];
        for (slot, &bound) in bounds.iter_mut().zip(&nodes[1..]) {
            if matches!(self.ir().node(bound), Node::Top) {
                continue;
            }
            match self.concrete(bound, env, "slice index")? {
                Value::Number(number) if number.as_u64().is_some() => *slot = number.as_u64(),
                value @ Value::Bottom(_) => return Ok(value),
                value => {
                    let kinds = self.kinds_of(&value);
                    let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                    return Ok(self.failure(bound, "cannot use {} (type {}) as type int in slice index", args));
                }
            }
        }
        let length = match &operand {
            Value::Bytes(bytes) => bytes.len(),
            Value::Vertex(list) if self.kinds_of(&operand) == Kinds::LIST => {
                self.wait(*list, Need::Fields)?;
                self.vertex(self.deref(*list)).arcs.len()
            }
            Value::Bottom(_) => return Ok(operand),
            _ => {
                let kinds = self.kinds_of(&operand);
                let args = vec![Arg::Value(operand), Arg::Kinds(kinds)];
                return Ok(self.failure(node, "cannot slice {} (type {})", args));
            }
        };
        let low = usize::try_from(bounds[0].unwrap_or(0)).unwrap_or(usize::MAX);
        let high = bounds[1].map_or(length, |high| usize::try_from(high).unwrap_or(usize::MAX));
        if low > high || high > length {
            let args = vec![Arg::from(low.to_string()), Arg::from(high.to_string())];
            return Ok(self.failure(node, "slice bounds out of range [{}:{}]", args));
        }
        match operand {
            Value::Bytes(bytes) => Ok(Value::Bytes(bytes[low..high].into())),
            Value::Vertex(list) => {
                let list = self.deref(list);
                let items: Vec<_> = self.vertex(list).arcs.iter().skip(low).take(high - low).map(|(_, v)| v).collect();
                Ok(Value::Vertex(self.list_of(&items)?))
            }
            other => Ok(other),
        }
    }

    fn logical(&mut self, all: bool, operands: Nodes, env: EnvId) -> Step<Value> {
        let mut result = all;
        for node in self.ir().nodes(operands).to_vec() {
            match self.concrete(node, env, if all { "&&" } else { "||" })? {
                Value::Bool(value) => result = if all { result && value } else { result || value },
                value @ Value::Bottom(_) => return Ok(value),
                value => return Ok(self.bad_operand(if all { "&&" } else { "||" }, value, node)),
            }
        }
        Ok(Value::Bool(result))
    }

    fn compare(&mut self, op: Comparison, left: NodeId, right: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
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
        self.compare_values(op, a, b, node)
    }

    pub(crate) fn compare_values(&mut self, op: Comparison, a: Value, b: Value, node: NodeId) -> Step<Value> {
        match op {
            Comparison::Equal | Comparison::NotEqual => {
                for (value, side) in [(&a, Side::Left), (&b, Side::Right)] {
                    if let Some(error) = self.open_operand(value, side, op, &a, node)? {
                        return Ok(error);
                    }
                }
                let equal = match (&a, &b) {
                    (Value::Vertex(x), Value::Vertex(y)) => self.same_data(*x, *y),
                    (Value::Number(x), Value::Number(y)) => x.compare(y).is_eq(),
                    _ => crate::value::same_scalar(&a, &b),
                };
                return Ok(Value::Bool(equal == (op == Comparison::Equal)));
            }
            Comparison::Match | Comparison::NotMatch => {
                if let (Value::String(_) | Value::Bytes(_), Value::String(_) | Value::Bytes(_)) = (&a, &b) {
                    let bound = self.bound(op, b, node);
                    return Ok(match &bound {
                        Value::Bound(regex) => Value::Bool(crate::bounds::within(regex, &a)),
                        _ => bound,
                    });
                }
            }
            _ => {
                if let Some(order) = crate::bounds::order(&a, &b) {
                    return Ok(Value::Bool(match op {
                        Comparison::Less => order.is_lt(),
                        Comparison::LessEqual => order.is_le(),
                        Comparison::Greater => order.is_gt(),
                        _ => order.is_ge(),
                    }));
                }
            }
        }
        Ok(self.invalid_operands(op.text(), a, b, node))
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

    fn invalid_operands(&mut self, op: &str, a: Value, b: Value, node: NodeId) -> Value {
        let (ka, kb) = (self.kinds_of(&a), self.kinds_of(&b));
        let args = vec![Arg::Value(a), Arg::Value(b), Arg::from(op), Arg::Kinds(ka), Arg::Kinds(kb)];
        self.failure(node, "invalid operands {} and {} to '{}' (type {} and {})", args)
    }

    /// `x == _|_`: whether there is no such thing, or nothing that can be used.
    fn existence(&mut self, tested: NodeId, env: EnvId, asks_error: bool) -> Step<Value> {
        let found = match self.foregone(tested, env)? {
            Some(cycle) => return Ok(cycle),
            None => self.eval(tested, env)?,
        };
        if self.rules.strict_presence
            && let Value::Bottom(error) = found
            && self.bottom(error).code == ErrorCode::Eval
            && self.bottom(error).format.starts_with("undefined field")
        {
            return Ok(found);
        }
        let existence = match self.settled_error(&found)? {
            Ok(existence) => existence,
            Err(cycle) => return Ok(cycle),
        };
        let was_error = existence == Existence::Error;
        if self.here.forced {
            let vertex = self.here.vertex;
            self.work(vertex).post_checks.push(PostCheck { node: tested, env, was_error });
        }
        Ok(Value::Bool((existence != Existence::Value) == asks_error))
    }

    /// The error of a test for existence that must go on with what is there, where what is there depends on its own
    /// answer: whatever it said could be made wrong by it.
    fn foregone(&mut self, tested: NodeId, env: EnvId) -> Step<Option<Value>> {
        let Some(task) = self.here.task.filter(|_| self.here.forced) else { return Ok(None) };
        self.here.forced = false;
        let found = self.eval(tested, env);
        self.here.forced = true;
        match found {
            Err(Halt::Wait(vertex, need @ Need::Label(_))) if self.waits_for_itself(task, vertex, need) => {
                Ok(Some(Value::Bottom(self.changed_after(tested))))
            }
            Err(Halt::Limit(limit)) => Err(limit.into()),
            _ => Ok(None),
        }
    }

    /// The error of a test whose answer does not agree with what it led to.
    pub(crate) fn changed_after(&mut self, tested: NodeId) -> ErrorId {
        let format = "circular dependency in evaluation of conditionals: {} changed after evaluation";
        let text = self.source_text(tested);
        self.error(ErrorCode::Cycle, tested, format, vec![Arg::from(text)])
    }

    /// Whether a value is an error, once it is known: a constraint that is not concrete counts as one, and so does a
    /// struct with a permanent error in it. A cycle is not an answer.
    pub(crate) fn settled_error(&mut self, found: &Value) -> Step<Result<Existence, Value>> {
        let mut value = found.clone();
        while let Value::Vertex(vertex) = value {
            self.wait(vertex, Need::Done)?;
            let at = self.deref(vertex);
            value = match self.known_value(at) {
                Some(Value::Disjunction(d)) if d.defaults == 1 => d.values[0].clone(),
                Some(Value::Struct | Value::List { .. }) => return Ok(Ok(self.existence_below(at)?)),
                Some(known) => known,
                None => return Ok(Ok(Existence::Error)),
            };
        }
        Ok(match value {
            Value::Bottom(error) if self.bottom(error).code == ErrorCode::Cycle && !self.here.forced => Err(value),
            Value::Bottom(_) => Ok(Existence::Error),
            Value::Basic(_) | Value::Bound(_) | Value::Validator(_) | Value::Conjunction(_)
                if !value.kinds().intersects(Kinds::STRUCT.or(Kinds::LIST)) =>
            {
                Ok(Existence::Constraint)
            }
            _ => Ok(Existence::Value),
        })
    }

    /// Whether a struct or list has a permanent error in it, as far as that can be known: what asks may lie in it.
    fn existence_below(&mut self, vertex: VertexId) -> Step<Existence> {
        if !self.is_stuck(vertex) && self.vertex(vertex).status >= Status::Done {
            self.wait(vertex, Need::Deep)?;
        }
        Ok(if self.vertex(vertex).rare().child_error.is_some() { Existence::Error } else { Existence::Value })
    }

    fn chain(&mut self, index: u32, env: EnvId) -> Step<Value> {
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
        for &(op, operand, _) in &chain.rest {
            let right = self.concrete(operand, env, op.text())?;
            if matches!(left, Value::Bottom(_)) {
                // Both sides are looked at, so that every mistake is found.
                continue;
            }
            if matches!(right, Value::Bottom(_)) {
                left = right;
                continue;
            }
            left = self.arithmetic(op, left, right, operand)?;
        }
        Ok(left)
    }

    fn arithmetic(&mut self, op: Arithmetic, left: Value, right: Value, node: NodeId) -> Step<Value> {
        let digits = DigitLimit(self.meter.limits.digits);
        let result = match (&left, &right) {
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
                let lists = self.kinds_of(&left).or(self.kinds_of(&right)).intersects(Kinds::LIST);
                if lists {
                    let format = if op == Arithmetic::Add {
                        "Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic"
                    } else {
                        "Multiplication of lists is superseded by list.Repeat; see https://cuelang.org/e/v0.11-list-arithmetic"
                    };
                    return Ok(self.failure(node, format, Vec::new()));
                }
                return Ok(self.invalid_operands(op.text(), left, right, node));
            }
            _ => return Ok(self.invalid_operands(op.text(), left, right, node)),
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

    fn check_length(&mut self, bytes: usize) -> Result<(), Limit> {
        self.meter.work(bytes as u64 / 64)?;
        if bytes > self.meter.limits.string_bytes { Err(Limit::StringBytes) } else { Ok(()) }
    }

    fn interpolate(&mut self, bytes: bool, parts: Nodes, env: EnvId, node: NodeId) -> Step<Value> {
        let mut out: Vec<u8> = Vec::new();
        let mut failed = None;
        for part in self.ir().nodes(parts).to_vec() {
            let error = match self.concrete(part, env, Needs::Text)? {
                Value::String(text) => {
                    out.extend_from_slice(text.as_bytes());
                    None
                }
                Value::Bytes(raw) if bytes => {
                    out.extend_from_slice(&raw);
                    None
                }
                Value::Bytes(raw) => {
                    out.extend_from_slice(text_of(&raw).as_bytes());
                    None
                }
                Value::Number(number) => {
                    out.extend_from_slice(number.to_json_string().as_bytes());
                    None
                }
                Value::Bool(value) => {
                    out.extend_from_slice(if value { b"true" } else { b"false" });
                    None
                }
                Value::Bottom(error) => Some(error),
                value => {
                    let kinds = self.kinds_of(&value);
                    let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                    let spans = self.origin_spans(part, env)?;
                    let format = "cannot use {} (type {}) as type (bool|string|bytes|number)";
                    Some(self.error_at(ErrorCode::Eval, spans, format, args))
                }
            };
            if let Some(error) = error {
                failed = Some(self.combine(failed, error));
            }
            self.check_length(out.len())?;
        }
        if let Some(error) = failed {
            return Ok(Value::Bottom(self.wrap(error, node, "invalid interpolation: {}")));
        }
        Ok(if bytes { Value::Bytes(out.into()) } else { Value::String(String::from_utf8_lossy(&out).into()) })
    }

    /// An error with more words before it and one more place.
    fn wrap(&mut self, error: ErrorId, node: NodeId, format: &'static str) -> ErrorId {
        let mut inner = self.bottom(error);
        while let (true, Some(&first)) = (inner.is_group(), inner.children.first()) {
            inner = self.bottom(first);
        }
        let code = self.bottom(error).code;
        let mut spans = vec![self.span(node)];
        spans.extend(inner.spans.iter().copied().filter(|&span| span != self.span(node)));
        let args = vec![Arg::from(self.message(error))];
        self.error_at(code, spans, format, args)
    }

    /// Where the value of an operand was written: at the end of a path, or in its own place.
    pub(crate) fn origin_spans(&mut self, node: NodeId, env: EnvId) -> Step<Vec<Span>> {
        let own = vec![self.span(node)];
        if !self.is_reference(node) {
            return Ok(own);
        }
        let Value::Vertex(vertex) = self.eval(node, env)? else { return Ok(own) };
        let spans = self.conjunct_spans(self.deref_shared(vertex));
        Ok(if spans.is_empty() { own } else { spans })
    }

    /// A list of vertices, as a value.
    pub(crate) fn list_of(&mut self, items: &[VertexId]) -> Step<VertexId> {
        let list = self.add_data(Value::List { open: false })?;
        for (index, &item) in items.iter().enumerate() {
            let label = crate::label::Label::index(u32::try_from(index).map_err(|_| Limit::ListLength)?);
            self.vertex_mut(list).arcs.push(label, item);
        }
        Ok(list)
    }
}

/// Bytes as text: each run of what is no UTF-8 becomes one replacement character.
fn text_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() && (!chunk.valid().is_empty() || !text.ends_with('\u{FFFD}')) {
            text.push('\u{FFFD}');
        }
    }
    text
}
