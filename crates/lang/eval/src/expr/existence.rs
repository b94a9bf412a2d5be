//! Tests for existence: `x == _|_`, and what is known of a value that may be an error.

use cue_data::Kinds;

use crate::errors::{Arg, ErrorCode, ErrorId};
use crate::ir::NodeId;
use crate::session::{Halt, Session, Step};
use crate::value::Value;
use crate::vertex::{EnvId, Status, VertexId};
use crate::work::{Need, PostCheck};

/// What a test for `_|_` finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Existence {
    Error,
    /// Not concrete: it counts as an error, but may become a value.
    Constraint,
    Value,
}

impl Session {
    /// `x == _|_`: whether there is no such thing, or nothing that can be used.
    pub(super) fn existence(&mut self, tested: NodeId, env: EnvId, asks_error: bool) -> Step<Value> {
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
}
