//! A session as assertions look at it: paths lead to values, values are settled.

use cue_eval::{ArcType, ErrorCode, ErrorId, Limit, Session, Value, VertexId};
use strata_base::Sources;

use crate::path::Step;

/// An evaluated package.
pub(crate) struct View<'a> {
    pub(crate) session: Session,
    pub(crate) sources: &'a Sources,
    pub(crate) root: VertexId,
}

/// What a path leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    Value(VertexId),
    /// There is no such field; `may_come` if there could be one.
    Missing {
        may_come: bool,
    },
}

impl View<'_> {
    /// Follows a path from a value, and evaluates what it leads to.
    pub(crate) fn find(&mut self, from: VertexId, path: &[Step]) -> Result<Found, Limit> {
        let mut at = from;
        for step in path {
            let label = step.label(&mut self.session);
            match self.session.arc(at, label) {
                Some(field) if field.arc == ArcType::Member => {
                    self.session.finalize(field.vertex)?;
                    at = field.vertex;
                }
                _ => return Ok(Found::Missing { may_come: self.session.takes(at, label) }),
            }
        }
        self.session.finalize(at)?;
        Ok(Found::Value(at))
    }

    /// A value with nothing between it and what it is: scalars, constraints, or the mark of a struct or list.
    pub(crate) fn settled(&mut self, value: &Value) -> Result<Value, Limit> {
        let mut value = value.clone();
        // Vertices are followed by the session; a value of a vertex that is a vertex again would be a loop.
        for _ in 0..64 {
            let Value::Vertex(vertex) = value else { break };
            self.session.finalize(vertex)?;
            value = self.session.value(vertex);
        }
        Ok(value)
    }

    /// The error of a value: its own, or a permanent one of something below it.
    pub(crate) fn error(&mut self, value: &Value) -> Result<Option<ErrorId>, Limit> {
        Ok(match value {
            Value::Bottom(error) => Some(*error),
            Value::Vertex(vertex) => {
                self.session.finalize(*vertex)?;
                self.session.error_of(*vertex)
            }
            _ => None,
        })
    }

    pub(crate) fn code(&self, error: ErrorId) -> ErrorCode {
        self.session.error_info(error).code
    }

    /// The default of a value if it is a disjunction that has one, else the value.
    pub(crate) fn defaulted(&mut self, value: Value) -> Result<Value, Limit> {
        if let Value::Vertex(vertex) = value {
            self.session.finalize(vertex)?;
            return Ok(self.session.default(vertex).unwrap_or(value));
        }
        Ok(match &value {
            Value::Disjunction(d) if d.defaults == 1 => d.values[0].clone(),
            _ => value,
        })
    }

    /// A value in short, for people.
    pub(crate) fn show(&self, value: &Value) -> String {
        let error = match value {
            Value::Vertex(vertex) => self.session.own_error(*vertex),
            _ => None,
        };
        error.map_or_else(|| self.session.show(value), |error| format!("_|_ // {}", self.session.message(error)))
    }
}
