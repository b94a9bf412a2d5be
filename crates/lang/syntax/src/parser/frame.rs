//! What the machine has begun and what is due next.

use strata_base::Span;

use crate::ast::*;

/// What is due.
pub(super) enum Next {
    /// An operand, or a unary operator before one.
    Operand,
    /// An operand has been read; postfixes and operators may follow.
    Tail(ExprId),
    /// An expression has been read as far as it goes: the frame on top takes it.
    Whole(ExprId),
    /// An element of the list on top, or its end.
    Element,
    /// An argument of the call on top, or its end.
    Argument,
    /// A declaration of the struct or file on top, or its end.
    Declaration,
    /// The value of the field on top, or another label.
    Value,
    /// A clause of the comprehension on top, or its body.
    Clause,
    End(Option<ExprId>),
}

/// A construct that has begun.
pub(super) enum Frame {
    File {
        base: usize,
    },
    /// A whole text that is one expression.
    Input,
    Unary {
        op: UnaryOp,
        start: u32,
    },
    Binary {
        op: BinaryOp,
        op_start: u32,
        left: ExprId,
    },
    Paren {
        start: u32,
    },
    Index {
        operand: ExprId,
    },
    /// After the colon of `x[low:high]`.
    Slice {
        operand: ExprId,
        low: Option<ExprId>,
    },
    Call {
        function: ExprId,
        base: usize,
    },
    Interpolation {
        start: u32,
        base: usize,
    },
    List {
        start: u32,
        base: usize,
        /// Whether an element is separated from the next by the end of the line.
        bare: bool,
    },
    /// After the `X=` of a list element.
    ElementAlias {
        name: Name,
    },
    /// After the `...` of a list.
    Rest {
        start: u32,
    },
    Struct {
        start: u32,
        base: usize,
    },
    /// What begins a declaration, or follows the colon of a field: a label, or else an embedding or a value.
    Head {
        start: u32,
        /// The `X` of `X=…`.
        alias: Option<Name>,
        /// Whether it follows a colon.
        chained: bool,
    },
    /// A field whose value is due.
    Field(FieldHead),
    Let {
        start: u32,
        name: Name,
    },
    /// Boxed since it is rare and large, and frames are moved often.
    Comprehension(Box<Unfinished>),
}

pub(super) struct FieldHead {
    pub(super) start: u32,
    pub(super) label: Label,
    pub(super) label_span: Span,
    pub(super) names: NamesId,
    pub(super) marker: Marker,
    /// Whether it is the `b` of `a: b: 1`.
    pub(super) chained: bool,
}

pub(super) struct Unfinished {
    pub(super) start: u32,
    pub(super) base: usize,
    /// Whether it is an element of a list and no declaration.
    pub(super) element: bool,
    pub(super) due: Due,
}

/// What an unfinished comprehension waits for.
#[derive(Clone, Copy)]
pub(super) enum Due {
    /// The source of a `for`.
    Source {
        key: Option<Name>,
        value: Name,
    },
    Condition,
    Let(Name),
    TryLet(Name),
    Body,
    Fallback {
        kind: FallbackKind,
        body: ExprId,
    },
}

pub(super) const PAREN: usize = 0;
pub(super) const BRACKET: usize = 1;
pub(super) const BRACE: usize = 2;
pub(super) const INTERPOLATION: usize = 3;

impl Frame {
    /// Which bracket is open in it.
    pub(super) fn bracket(&self) -> Option<usize> {
        match self {
            Frame::Paren { .. } | Frame::Call { .. } => Some(PAREN),
            Frame::Index { .. } | Frame::Slice { .. } | Frame::List { .. } => Some(BRACKET),
            Frame::Struct { .. } => Some(BRACE),
            Frame::Interpolation { .. } => Some(INTERPOLATION),
            _ => None,
        }
    }

    /// Whether it counts towards the depth limit. The others never stand on top of each other without one that does.
    pub(super) fn nests(&self) -> bool {
        self.bracket().is_some() || matches!(self, Frame::Unary { .. } | Frame::Field(FieldHead { chained: true, .. }))
    }
}
