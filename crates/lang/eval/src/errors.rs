//! Errors as values of the lattice: kept in an arena, told in words only when somebody reads them.

use cue_data::Kinds;
use strata_base::Span;

use crate::ir::NodeId;
use crate::label::Label;
use crate::value::Value;
use crate::vertex::VertexId;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ErrorId(pub u32);

/// What sort of error it is. The order is that of precedence: what comes first stands for a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ErrorCode {
    /// Values conflict, or an operation failed.
    Eval,
    /// `error("…")`
    User,
    /// `_|_` written in the source.
    LegacyUser,
    /// A structure that contains itself.
    StructuralCycle,
    /// Not known yet; more values may mend it.
    Incomplete,
    /// A value that depends on itself; more values may mend it.
    Cycle,
}

impl ErrorCode {
    /// Whether more values may still mend it.
    pub fn is_incomplete(self) -> bool {
        self >= ErrorCode::Incomplete
    }

    /// The name that CUE's own tools use.
    pub fn name(self) -> &'static str {
        match self {
            ErrorCode::Eval => "eval",
            ErrorCode::User | ErrorCode::LegacyUser => "user",
            ErrorCode::StructuralCycle => "structural cycle",
            ErrorCode::Incomplete => "incomplete",
            ErrorCode::Cycle => "cycle",
        }
    }
}

/// An argument of a message.
#[derive(Clone, Debug)]
pub enum Arg {
    Text(String),
    Value(Value),
    Label(Label),
    Kinds(Kinds),
    Path(VertexId),
    /// An expression as it was written, without its spaces.
    Source(NodeId),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Arg {
        Arg::Text(text.to_owned())
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Arg {
        Arg::Text(text)
    }
}
impl From<Value> for Arg {
    fn from(value: Value) -> Arg {
        Arg::Value(value)
    }
}
impl From<Label> for Arg {
    fn from(label: Label) -> Arg {
        Arg::Label(label)
    }
}
impl From<Kinds> for Arg {
    fn from(kinds: Kinds) -> Arg {
        Arg::Kinds(kinds)
    }
}

/// One error, or a group of them.
#[derive(Clone, Debug)]
pub struct Bottom {
    pub code: ErrorCode,
    /// With `{}` for each argument in turn.
    pub format: &'static str,
    pub args: Vec<Arg>,
    /// The vertex that is in error.
    pub vertex: VertexId,
    pub spans: Vec<Span>,
    /// The members of a group; the group itself then has no message of its own unless `format` is not empty.
    pub children: Vec<ErrorId>,
    /// Whether a closed struct refused the field.
    pub close_check: bool,
}

impl Bottom {
    pub fn is_group(&self) -> bool {
        self.format.is_empty() && !self.children.is_empty()
    }
}
