//! The tree of one file, as one arena.
//!
//! Nodes are named by small ids and lists of nodes are ranges of side tables, so a tree of any depth is dropped,
//! copied and compared without recursion, and spans cost nothing where nobody asks.

mod file;

use std::sync::Arc;

use strata_base::Span;

pub use file::File;

/// An expression of a [`File`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExprId(pub u32);

/// A declaration of a [`File`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeclId(pub u32);

/// A clause of a comprehension of a [`File`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ClauseId(pub u32);

/// An interned text of a [`File`]: identifiers, unquoted string contents, raw number texts, attribute bodies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Text(pub u32);

/// An interned byte string of a [`File`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bytes(pub u32);

/// A run of ids in one of the side tables of a [`File`]; `ExprList` and its kin say in which.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Run {
    pub start: u32,
    pub len: u32,
}

impl Run {
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// Expressions: a run of [`File::expr_lists`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ExprList(pub Run);
/// Declarations: a run of [`File::decl_lists`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct DeclList(pub Run);
/// Clauses: a run of [`File::clause_lists`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ClauseList(pub Run);
/// Parts of an interpolation: a run of [`File::parts`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct PartList(pub Run);
/// Attributes: a run of [`File::attributes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct AttrList(pub Run);

/// A name with its place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Name {
    pub text: Text,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnaryOp {
    Plus,
    Minus,
    Not,
    /// `*x`, only directly in a disjunction.
    Default,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    Match,
    NotMatch,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BinaryOp {
    Or,
    And,
    LogicalOr,
    LogicalAnd,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Match,
    NotMatch,
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Quote {
    /// `"…"`
    String,
    /// `'…'`
    Bytes,
}

/// How a string or bytes literal was spelt, so that the printer can spell it so again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Spelling {
    pub quote: Quote,
    pub multiline: bool,
    /// The number of `#` around a raw literal.
    pub hashes: u8,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Expr {
    /// What could not be parsed. A diagnostic says why.
    Bad,
    /// `_|_`
    Bottom,
    /// An identifier, `_` included.
    Ident(Text),
    Null,
    Bool(bool),
    /// The number as written, such as `0x1F`, `1.5Ki` or `1_000`. It is a valid spelling.
    Int(Text),
    Float(Text),
    String {
        value: Text,
        spelling: Spelling,
    },
    Bytes {
        value: Bytes,
        spelling: Spelling,
    },
    Interpolation {
        parts: PartList,
        spelling: Spelling,
    },
    Struct(DeclList),
    /// Elements may be [`Expr::Comprehension`]; the last one may be [`Expr::Ellipsis`].
    List(ExprList),
    /// `...` or `...T` at the end of a list.
    Ellipsis(Option<ExprId>),
    /// A comprehension as a list element. As a declaration it is [`DeclKind::Comprehension`].
    Comprehension(Comprehension),
    Paren(ExprId),
    Unary {
        op: UnaryOp,
        operand: ExprId,
    },
    Binary {
        op: BinaryOp,
        op_start: u32,
        left: ExprId,
        right: ExprId,
    },
    Selector {
        operand: ExprId,
        label: SelectorLabel,
        label_span: Span,
    },
    Index {
        operand: ExprId,
        index: ExprId,
    },
    Slice {
        operand: ExprId,
        low: Option<ExprId>,
        high: Option<ExprId>,
    },
    Call {
        function: ExprId,
        arguments: ExprList,
    },
    /// `x...`, under `@experiment(explicitopen)`.
    PostfixEllipsis(ExprId),
    /// `x?`, under `@experiment(try)`.
    PostfixQuestion(ExprId),
    /// `X=expr` where a value may stand: `a: X=expr`, `[X=expr]: …`.
    Alias {
        name: Name,
        value: ExprId,
    },
}

/// What follows the dot of a selector.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SelectorLabel {
    /// `.name`, `.#name`, `._name`, or a keyword.
    Ident(Text),
    /// `."name"`
    String(Text),
    /// The label is missing or broken.
    Bad,
}

/// A piece of an interpolation: text (unescaped) and expressions alternate, text first and last, possibly empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Part {
    /// Of a string interpolation.
    Text(Text),
    /// Of a bytes interpolation.
    Bytes(Bytes),
    Expr(ExprId),
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Comprehension {
    pub clauses: ClauseList,
    /// A struct literal.
    pub body: ExprId,
    /// `else {…}` or `otherwise {…}`, under `@experiment(try)`.
    pub fallback: Option<Fallback>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fallback {
    pub kind: FallbackKind,
    /// A struct literal.
    pub body: ExprId,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FallbackKind {
    Else,
    /// Also spelt `fallback`.
    Otherwise,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Clause {
    For {
        key: Option<Name>,
        value: Name,
        source: ExprId,
    },
    If(ExprId),
    Let {
        name: Name,
        value: ExprId,
    },
    /// `try {…}`: the body of the comprehension is the struct that follows; always the last clause.
    Try,
    /// `try x = expr`
    TryLet {
        name: Name,
        value: ExprId,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeclKind {
    /// What could not be parsed.
    Bad,
    Field(Field),
    Let {
        name: Name,
        value: ExprId,
    },
    Embedding(ExprId),
    Comprehension(Comprehension),
    /// `...` or `...T` in a struct.
    Ellipsis(Option<ExprId>),
    /// An attribute that stands as a declaration: an index into [`File::attributes`].
    Attribute(u32),
}

/// Whether a field must be there. The order is that of strength.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Marker {
    /// `a: …`
    Regular,
    /// `a!: …`
    Required,
    /// `a?: …`
    Optional,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Field {
    pub label: Label,
    pub label_span: Span,
    /// See [`File::names`].
    pub names: NamesId,
    pub marker: Marker,
    /// In `a: b: 1` the value of `a` is a [`Expr::Struct`] with the one field `b` that carries no braces of its own;
    /// see [`File::is_chained`].
    pub value: ExprId,
    pub attributes: AttrList,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Label {
    Bad,
    /// `a`, `#a`, `_a`, `_#a`, or a keyword. Binds lexically.
    Ident(Text),
    /// `"a"`. Does not bind.
    String {
        value: Text,
        spelling: Spelling,
    },
    /// `"a\(x)"`: an [`Expr::Interpolation`].
    Interpolation(ExprId),
    /// `(x)`
    Dynamic(ExprId),
    /// `[x]`
    Pattern(ExprId),
}

/// The names of a field in [`File::field_names`]. Most fields have none.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NamesId(pub u32);

impl NamesId {
    pub const NONE: NamesId = NamesId(u32::MAX);
}

/// The names by which other fields know a field, beside its label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct FieldNames {
    /// The `X` of `X=a: …`: the field as a whole.
    pub field: Option<Name>,
    /// The `X` of `[X=x]: …`: the label that the pattern matched.
    pub matched: Option<Name>,
    /// `a~X: …` and its kin, under `@experiment(aliasv2)`.
    pub postfix: Option<PostfixAlias>,
}

/// `~X`, `~(X)`, `~(K,V)`; `_` leaves a slot empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct PostfixAlias {
    /// The `K` of `~(K,V)`: the field's name as a string.
    pub key: Option<Name>,
    /// The `X` of `~X`, the `V` of `~(K,V)`: the field's value.
    pub value: Option<Name>,
    /// Whether it was written with parentheses.
    pub parenthesised: bool,
}

/// `@name(body)`. The body is raw text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Attribute {
    pub name: Text,
    pub body: Text,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Import {
    pub alias: Option<Name>,
    /// The unquoted path, such as `strings` or `example.com/a@v1:b`.
    pub path: Text,
    pub path_span: Span,
    pub attributes: AttrList,
    /// From the name or path to the path; of the first in a group from the word `import`.
    pub span: Span,
    /// Imports in one pair of parentheses share a group.
    pub group: u32,
    /// Whether it stands in parentheses.
    pub parenthesised: bool,
}

/// Where a comment stands relative to its node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Slot {
    /// On the lines before the node.
    Doc,
    /// At the end of the node's (last) line.
    Line,
    /// Inside the node's brackets, before its first element.
    Inside,
    /// After the node, on lines of its own.
    After,
}

/// What a comment belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum CommentOwner {
    File,
    Package,
    /// An index into [`File::imports`].
    Import(u32),
    Decl(DeclId),
    Expr(ExprId),
    /// An index into [`File::attributes`].
    Attribute(u32),
}

/// One run of `//` lines with no blank line between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub owner: CommentOwner,
    pub slot: Slot,
    /// The lines, each with its `//`.
    pub lines: Vec<Arc<str>>,
    pub span: Span,
}
