//! Concrete values: what operators, functions and conditions need, and the error of what is not known enough for them.

use cue_data::Kinds;

use crate::errors::Arg;
use crate::ir::{LibraryFunction, Node, NodeId};
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::EnvId;
use crate::work::Need;

/// What needs a concrete value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Needs<'a> {
    /// An operator.
    Operand(&'a str),
    /// A function that is built in.
    Argument(&'a str),
    /// A function of the library.
    Library(LibraryFunction),
    /// The function `len`.
    Length,
    /// An operator with one operand.
    Sign(&'a str),
    Bound(&'a str),
    /// An interpolation.
    Text,
    /// An index.
    Label,
    Condition,
}

/// The message about an argument that is not known enough.
const NOT_YET: &str = "error in call to {}: non-concrete value {}";

/// What has a length.
const LENGTHS: Kinds = Kinds::STRING.or(Kinds::BYTES).or(Kinds::LIST).or(Kinds::STRUCT);

impl<'a> From<&'a str> for Needs<'a> {
    fn from(operator: &'a str) -> Needs<'a> {
        Needs::Operand(operator)
    }
}

impl Session {
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
                    let kinds = self.kinds_of(&value);
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
            Needs::Argument(name) => (NOT_YET, vec![Arg::from(name), Arg::Value(value)]),
            Needs::Library(function) => (NOT_YET, vec![Arg::from(function.name()), Arg::Value(value)]),
            Needs::Length if !kinds.intersects(LENGTHS) => {
                let args = vec![Arg::Value(value), Arg::Kinds(kinds)];
                return self.failure(node, "invalid argument {} (type {})", args);
            }
            Needs::Length => {
                ("error in call to len: incomplete argument {} (type {})", vec![Arg::Value(value), Arg::Kinds(kinds)])
            }
            // Whatever it comes to be, it has no sign.
            Needs::Sign(op) if !kinds.intersects(if op == "!" { Kinds::BOOL } else { Kinds::NUMBER }) => {
                let args = vec![Arg::from(op), Arg::Source(node), Arg::from(op), Arg::Kinds(kinds)];
                return self.failure(node, "invalid operation {}{} ({} {})", args);
            }
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
    pub(super) fn never_concrete(&mut self, operand: NodeId, op: &str) -> Option<Value> {
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
                    other => self.kinds_of(&other),
                })
            }
            Value::Disjunction(d) => d.values.iter().fold(Kinds::BOTTOM, |kinds, value| kinds.or(self.kinds_of(value))),
            other => other.kinds(),
        }
    }
}
