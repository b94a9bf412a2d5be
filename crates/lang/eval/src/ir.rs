//! The resolved program: trees in which every name has become a number of frames to climb and a label.
//!
//! It is immutable once built and knows nothing of evaluation, so that many sessions on many threads can share it.

use std::ops::Range;
use std::sync::Arc;

use cue_data::{Function, Kinds, Package};
use cue_num::Number;
use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::Span;

use crate::label::Label;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u32);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct StructId(pub u32);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ListId(pub u32);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct ComprehensionId(pub u32);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct LetId(pub u32);
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstanceId(pub u32);

/// A run of [`Ir::all_decls`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Decls {
    pub start: u32,
    pub len: u32,
}

/// A run of [`Ir::lists_of_nodes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Nodes {
    pub start: u32,
    pub len: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Match,
    NotMatch,
}

impl Comparison {
    pub fn text(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
            Comparison::Match => "=~",
            Comparison::NotMatch => "!~",
        }
    }
}

impl Arithmetic {
    pub(crate) fn text(self) -> &'static str {
        match self {
            Arithmetic::Add => "+",
            Arithmetic::Subtract => "-",
            Arithmetic::Multiply => "*",
            Arithmetic::Divide => "/",
        }
    }
}

/// Functions that belong to the language itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Predeclared {
    Len,
    Close,
    And,
    Or,
    Div,
    Mod,
    Quo,
    Rem,
    Error,
    MatchN,
    MatchIf,
    CloseAll,
    Reclose,
}

/// Functions of packages that need the evaluator itself and not only data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Intrinsic {
    ListSort,
    ListSortStable,
    ListIsSorted,
    ListMatchN,
    JsonValidate,
    YamlValidate,
    YamlValidatePartial,
}

/// One node of an expression. `up` counts the frames between a name and the scope that binds it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    /// An index into [`Ir::numbers`].
    Number(u32),
    /// An index into [`Ir::strings`].
    String(u32),
    /// An index into [`Ir::bytes`].
    Bytes(u32),
    Top,
    /// `_|_` in the source.
    Bottom,
    /// What could not be lowered; a diagnostic says why.
    Invalid,
    Basic(Kinds),
    Struct(StructId),
    List(ListId),

    Field {
        up: u32,
        label: Label,
    },
    /// A field whose name is computed, by its alias: the key is evaluated in the frame reached.
    DynamicField {
        up: u32,
        key: NodeId,
    },
    /// The name that a pattern or a computed label matched, as a string.
    Key {
        up: u32,
    },
    /// The field that a pattern or a computed label matched, by its alias.
    KeyField {
        up: u32,
    },
    ForKey {
        up: u32,
    },
    ForValue {
        up: u32,
    },
    /// A `let` of a struct or file.
    Let {
        up: u32,
        id: LetId,
    },
    /// A `let` or `try` clause of a comprehension.
    ClauseLet {
        up: u32,
    },
    /// The nearest enclosing struct or list.
    SelfValue {
        up: u32,
    },
    /// The value of the field whose value this stands in, by `a: X=…`: the vertex of the frame just below the one
    /// reached, or the one being evaluated where there is none.
    ValueAlias {
        up: u32,
    },
    /// An imported package of this program.
    Import(InstanceId),
    /// An imported package of the library: an index into [`Ir::std_imports`].
    StdImport(u32),
    Predeclared(Predeclared),
    Intrinsic(Intrinsic),
    /// A function of the library: an index into [`Ir::library`].
    Library(u32),

    Selector {
        operand: NodeId,
        label: Label,
    },
    Index {
        operand: NodeId,
        index: NodeId,
    },
    /// operand, low, high; a missing bound is [`Node::Top`].
    Slice(Nodes),
    /// Two or more operands of `&`.
    And(Nodes),
    /// An index into [`Ir::disjunctions`].
    Or(u32),
    Not(NodeId),
    Negate(NodeId),
    Posate(NodeId),
    Bound {
        op: Comparison,
        operand: NodeId,
    },
    Compare {
        op: Comparison,
        left: NodeId,
        right: NodeId,
    },
    /// A chain of left-associative operations: an index into [`Ir::chains`].
    Chain(u32),
    /// Operands of `&&` (true) or `||` (false).
    Logical {
        all: bool,
        operands: Nodes,
    },
    /// Text and expressions in turn, beginning and ending with text.
    Interpolation {
        bytes: bool,
        parts: Nodes,
    },
    Call {
        function: NodeId,
        arguments: Nodes,
    },
    /// `x...`
    Open(NodeId),
    /// `x?`, in a `try`
    Try(NodeId),
    Comprehension(ComprehensionId),
}

impl Node {
    /// Whether it is a literal of one value.
    pub(crate) fn is_scalar(self) -> bool {
        matches!(self, Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Bytes(_))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ArcType {
    Member,
    Required,
    Optional,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Decl {
    Field {
        label: Label,
        arc: ArcType,
        value: NodeId,
        span: Span,
    },
    /// `keyed`: the value sits below a frame that holds the label.
    Dynamic {
        key: NodeId,
        arc: ArcType,
        value: NodeId,
        span: Span,
        keyed: bool,
    },
    Pattern {
        filter: NodeId,
        value: NodeId,
        keyed: bool,
    },
    Embedding(NodeId),
    Comprehension(ComprehensionId),
    /// What an ellipsis of a struct constrains is not looked at, in the original either.
    Ellipsis,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct StructLit {
    /// See [`Ir::decls`].
    pub decls: Decls,
    /// An index range of [`Ir::lets`].
    pub lets: Range<u32>,
    /// Whether it embeds anything or has comprehensions, so that its fields are not all known from the text.
    pub has_embedding: bool,
    pub has_ellipsis: bool,
    pub has_pattern: bool,
    pub has_dynamic: bool,
    /// The top level of a file: no boundary of closedness.
    pub is_file: bool,
    /// Written under `@experiment(explicitopen)`.
    pub explicit_open: bool,
}

impl StructLit {
    /// Whether the declared labels are all that it can ever have.
    pub(crate) fn is_static(&self) -> bool {
        !self.has_embedding && !self.has_dynamic
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ListLit {
    /// Elements may be [`Node::Comprehension`].
    pub elements: Nodes,
    /// `...` or `...T`
    pub ellipsis: Option<Ellipsis>,
}

/// What the elements behind those of a list must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ellipsis {
    /// `_` where nothing is said.
    pub value: NodeId,
    pub is_said: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Disjunct {
    pub value: NodeId,
    pub default: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct DisjunctionLit {
    pub disjuncts: Vec<Disjunct>,
    pub has_defaults: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub first: NodeId,
    pub rest: Vec<(Arithmetic, NodeId, Span)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Clause {
    For {
        source: NodeId,
    },
    If(NodeId),
    Let(NodeId),
    /// The body itself is tried.
    Try,
    TryLet(NodeId),
}

#[derive(Clone, Debug)]
pub(crate) struct ComprehensionLit {
    pub clauses: Vec<Clause>,
    /// A [`Node::Struct`].
    pub body: NodeId,
    pub fallback: Option<NodeId>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct LetLit {
    pub label: Label,
    pub value: NodeId,
}

/// What a package exports, for [`Node::StdImport`].
#[derive(Clone, Debug)]
pub(crate) struct StdImport {
    pub path: Arc<str>,
    pub package: &'static Package,
}

/// The name and the raw body of an attribute.
pub(crate) type AttributeText = (Arc<str>, Arc<str>);

/// A function with the package that it belongs to.
#[derive(Clone, Copy, Debug)]
pub struct LibraryFunction {
    pub package: &'static Package,
    pub function: &'static Function,
}

/// The nodes and their side tables.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ir {
    pub nodes: Vec<Node>,
    pub spans: Vec<Span>,
    pub lists_of_nodes: Vec<NodeId>,
    pub numbers: Vec<Number>,
    pub strings: Vec<Arc<str>>,
    pub bytes: Vec<Arc<[u8]>>,
    pub structs: Vec<StructLit>,
    /// The declarations of all structs.
    pub all_decls: Vec<Decl>,
    pub struct_nodes: Vec<NodeId>,
    /// Of each struct its [`Ir::own_place`].
    pub struct_places: Vec<Span>,
    pub lists: Vec<ListLit>,
    pub disjunctions: Vec<DisjunctionLit>,
    pub chains: Vec<Chain>,
    pub comprehensions: Vec<ComprehensionLit>,
    pub lets: Vec<LetLit>,
    pub std_imports: Vec<StdImport>,
    pub library: Vec<LibraryFunction>,
    /// The `x?` of each tried body, with the number of structs around it.
    pub tries: FxHashMap<NodeId, Vec<(NodeId, u32)>>,
    /// Names and raw bodies of the attributes of fields, by the node of the field's value.
    pub(crate) attributes: FxHashMap<NodeId, Vec<AttributeText>>,
    /// The same of the attributes that stand in structs and files by themselves.
    pub(crate) struct_attributes: FxHashMap<StructId, Vec<AttributeText>>,
    /// The comments that document fields, by the node of the field's value: each with its slashes, lines and all.
    pub(crate) docs: FxHashMap<NodeId, Vec<Arc<str>>>,
}

impl Ir {
    pub(crate) fn node(&self, id: NodeId) -> Node {
        self.nodes[id.0 as usize]
    }
    pub(crate) fn span(&self, id: NodeId) -> Span {
        self.spans[id.0 as usize]
    }
    pub(crate) fn nodes(&self, run: Nodes) -> &[NodeId] {
        &self.lists_of_nodes[run.start as usize..(run.start + run.len) as usize]
    }
    pub(crate) fn structure(&self, id: StructId) -> &StructLit {
        &self.structs[id.0 as usize]
    }
    pub(crate) fn decls(&self, literal: &StructLit) -> &[Decl] {
        let Decls { start, len } = literal.decls;
        &self.all_decls[start as usize..(start + len) as usize]
    }

    /// The values that a literal declares for a label.
    pub(crate) fn declared(&self, literal: &StructLit, label: Label) -> impl Iterator<Item = NodeId> + '_ {
        self.decls(literal).iter().filter_map(move |decl| match decl {
            Decl::Field { label: l, value, .. } if *l == label => Some(*value),
            _ => None,
        })
    }

    /// The last field that a literal declares, a computed one before all others, or else where it stands itself: it is
    /// there that the original looks for its place.
    pub(crate) fn own_place(&self, literal: &StructLit, own: Span) -> Span {
        let decls = self.decls(literal);
        let dynamic = |decl: &Decl| if let Decl::Dynamic { span, .. } = *decl { Some(span) } else { None };
        if let Some(span) = decls.iter().rev().find_map(dynamic) {
            return span;
        }
        let mut fields = decls.iter().filter_map(|decl| match *decl {
            Decl::Field { label, span, .. } => Some((label, span)),
            _ => None,
        });
        let Some((last, span)) = fields.clone().next_back() else { return own };
        if fields.clone().filter(|&(label, _)| label == last).count() == 1 {
            return span;
        }
        // What is said again stands where it stood.
        let mut seen = FxHashSet::default();
        let mut place = (last, span);
        for (label, span) in &mut fields {
            if seen.insert(label) || place.0 == label {
                place = (label, span);
            }
        }
        place.1
    }

    pub(crate) fn list(&self, id: ListId) -> &ListLit {
        &self.lists[id.0 as usize]
    }
    pub(crate) fn comprehension(&self, id: ComprehensionId) -> &ComprehensionLit {
        &self.comprehensions[id.0 as usize]
    }
    pub(crate) fn disjunction(&self, id: u32) -> &DisjunctionLit {
        &self.disjunctions[id as usize]
    }

    /// Makes room for what a file comes to: large tables are not to be moved while they grow.
    pub(crate) fn reserve(&mut self, file: &cue_syntax::ast::File) {
        self.nodes.reserve(file.exprs.len());
        self.spans.reserve(file.exprs.len());
        self.all_decls.reserve(file.decl_kinds.len());
    }

    pub(crate) fn add(&mut self, node: Node, span: Span) -> NodeId {
        let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.nodes.push(node);
        self.spans.push(span);
        id
    }

    pub(crate) fn add_decls(&mut self, decls: &[Decl]) -> Decls {
        let start = u32::try_from(self.all_decls.len()).unwrap_or(u32::MAX);
        self.all_decls.extend_from_slice(decls);
        Decls { start, len: u32::try_from(decls.len()).unwrap_or(u32::MAX) }
    }

    pub(crate) fn add_nodes(&mut self, nodes: &[NodeId]) -> Nodes {
        let start = u32::try_from(self.lists_of_nodes.len()).unwrap_or(u32::MAX);
        self.lists_of_nodes.extend_from_slice(nodes);
        Nodes { start, len: u32::try_from(nodes.len()).unwrap_or(u32::MAX) }
    }
}
