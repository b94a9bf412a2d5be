//! Expressions: from a node and its frames to a value.

mod arithmetic;
mod compare;
mod concrete;
mod existence;

use cue_data::Kinds;
use strata_base::Span;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::{Node, NodeId, Nodes};
use crate::limits::Limit;
use crate::session::{Session, Step};
use crate::value::{Callee, Value};
use crate::vertex::{EnvId, Frame, VertexId};
use crate::work::Need;

pub(crate) use concrete::Needs;
pub(crate) use existence::Existence;

/// An operand whose value is known.
struct Operand {
    value: Value,
    /// What stands for it in the text; nothing for what an operation before came to.
    node: Option<NodeId>,
    /// Where the text of it begins.
    first: NodeId,
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
            Node::Not(operand) => self.not(operand, env, node),
            Node::Negate(operand) | Node::Posate(operand) => self.signed(ir_node, operand, env, node),
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

    fn not(&mut self, operand: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        if let Some(error) = self.never_concrete(operand, "!") {
            return Ok(error);
        }
        let value = self.concrete(operand, env, Needs::Sign("!"))?;
        Ok(match value {
            Value::Bool(value) => Value::Bool(!value),
            Value::Bottom(_) => value,
            value => self.bad_operand("!", &value, operand, node),
        })
    }

    fn signed(&mut self, op: Node, operand: NodeId, env: EnvId, node: NodeId) -> Step<Value> {
        let sign = if matches!(op, Node::Negate(_)) { "-" } else { "+" };
        if let Some(error) = self.never_concrete(operand, sign) {
            return Ok(error);
        }
        let value = self.concrete(operand, env, Needs::Sign(sign))?;
        Ok(match value {
            Value::Number(number) if sign == "-" => Value::Number(number.neg()),
            Value::Number(_) | Value::Bottom(_) => value,
            value => self.bad_operand(sign, &value, operand, node),
        })
    }

    fn bad_operand(&mut self, op: &str, value: &Value, operand: NodeId, node: NodeId) -> Value {
        let kinds = self.kinds_of(value);
        let args = vec![Arg::from(op), Arg::Source(operand), Arg::from(op), Arg::Kinds(kinds)];
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
        let op = if all { "&&" } else { "||" };
        let mut result = all;
        let nodes = self.ir().nodes(operands).to_vec();
        for &node in &nodes {
            match self.concrete(node, env, op)? {
                Value::Bool(value) => result = if all { result && value } else { result || value },
                value @ Value::Bottom(_) => return Ok(value),
                value => {
                    let spans = self.operand_spans(nodes[0], &[node], env)?;
                    let kinds = self.kinds_of(&value);
                    let args = vec![self.written(node, &value), Arg::Kinds(kinds), Arg::from(op)];
                    let error =
                        self.error_at(ErrorCode::Eval, spans, "cannot use {} (type {}) as type bool in {}", args);
                    return Ok(Value::Bottom(error));
                }
            }
        }
        Ok(Value::Bool(result))
    }

    fn invalid_operands(&mut self, op: &str, left: &Operand, right: &Operand, env: EnvId) -> Step<Value> {
        let (a, b) = (self.kinds_of(&left.value), self.kinds_of(&right.value));
        let text = |this: &Session, operand: &Operand| match operand.node {
            Some(node) => this.written(node, &operand.value),
            None => Arg::Value(operand.value.clone()),
        };
        let args = vec![text(self, left), text(self, right), Arg::from(op), Arg::Kinds(a), Arg::Kinds(b)];
        let written: Vec<NodeId> = [left.node, right.node].into_iter().flatten().collect();
        let spans = self.operand_spans(left.first, &written, env)?;
        let format = "invalid operands {} and {} to '{}' (type {} and {})";
        Ok(Value::Bottom(self.error_at(ErrorCode::Eval, spans, format, args)))
    }

    /// Where an operation begins, and where its operands have their values from.
    fn operand_spans(&mut self, first: NodeId, operands: &[NodeId], env: EnvId) -> Step<Vec<Span>> {
        let mut spans = vec![self.span(first)];
        for &operand in operands {
            for span in self.origin_spans(operand, env)? {
                if !spans.contains(&span) {
                    spans.push(span);
                }
            }
        }
        Ok(spans)
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
                    let args = vec![self.written(part, &value), Arg::Kinds(self.kinds_of(&value))];
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
