//! What a vertex needs while it is being evaluated, and no longer.

use cue_data::Kinds;

use crate::disjunct::Mode;
use crate::errors::ErrorId;
use crate::few::Few;
use crate::ir::NodeId;
use crate::label::Label;
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Trail, VertexId};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct TaskId(pub(crate) u32);

/// What somebody waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// All conjuncts from above are there.
    Settled,
    /// Whether the label exists is known.
    Label(Label),
    /// The set of fields is known.
    Fields,
    /// A concrete scalar, or all of its own value.
    Scalar,
    /// All of its own value.
    Done,
    /// All below it.
    Deep,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TaskKind {
    Reference,
    Expression,
    Dynamic { index: u32 },
    Pattern { index: u32 },
    Comprehension,
    List,
    Disjunctions,
}

/// Something that must happen before a vertex is known. A task either completes or leaves no trace, so that it can
/// be run again from its start.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) kind: TaskKind,
    pub(crate) vertex: VertexId,
    pub(crate) node: NodeId,
    pub(crate) env: EnvId,
    pub(crate) trail: Trail,
    /// What it waited for when it last ran.
    pub(crate) wait: Option<(VertexId, Need)>,
    pub(crate) done: bool,
    /// It may go on with what is there.
    pub(crate) forced: bool,
}

/// An `x == _|_` that was answered, to be asked again at the end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PostCheck {
    pub(crate) node: NodeId,
    pub(crate) env: EnvId,
    pub(crate) was_error: bool,
}

/// A disjunction that waits for everything else.
#[derive(Clone, Debug)]
pub(crate) struct PendingDisjunction {
    pub(crate) source: DisjunctionSource,
    pub(crate) env: EnvId,
    pub(crate) trail: Trail,
    /// The same for the same disjunction in every alternative of a vertex.
    pub(crate) key: u64,
}

#[derive(Clone, Debug)]
pub(crate) enum DisjunctionSource {
    Literal { node: NodeId, index: u32 },
    Value { node: NodeId, value: std::sync::Arc<crate::value::Disjunction> },
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ListState {
    pub(crate) length: u32,
    pub(crate) closed: bool,
    pub(crate) node: NodeId,
}

/// A constraint with the place that set it.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) value: Value,
    pub(crate) node: NodeId,
}

#[derive(Clone, Debug)]
pub(crate) struct Work {
    pub(crate) tasks: Vec<TaskId>,
    pub(crate) disjunctions: Vec<PendingDisjunction>,
    /// The state of expanding them.
    pub(crate) expansion: Option<Box<crate::disjunct::Expansion>>,
    /// Alternatives chosen for disjunctions by key: those that this vertex is an alternative for, and those that left
    /// only one.
    pub(crate) choices: Vec<(u64, u32)>,
    /// Of those alternatives: whether they are defaults, the last of them apart.
    pub(crate) modes: (Mode, Mode),
    /// Disjunctions to be left alone for now.
    pub(crate) deferred: Vec<u64>,
    pub(crate) kinds: Kinds,
    pub(crate) kinds_node: Option<NodeId>,
    pub(crate) kinds_value: Option<Value>,
    pub(crate) scalar: Option<Value>,
    /// The closedness id that it came through.
    pub(crate) kinds_id: u32,
    pub(crate) scalar_node: Option<NodeId>,
    pub(crate) scalar_id: u32,
    pub(crate) lower: Option<Check>,
    pub(crate) upper: Option<Check>,
    pub(crate) checks: Vec<Check>,
    pub(crate) list: Option<ListState>,
    pub(crate) has_top: bool,
    pub(crate) has_struct: bool,
    /// It is a struct even without fields.
    pub(crate) a_struct: bool,
    /// A comprehension may give it fields that are known by name: it is a struct unless it is a scalar.
    pub(crate) may_have_fields: bool,
    pub(crate) is_definition: bool,
    pub(crate) has_non_cyclic: bool,
    pub(crate) has_non_cycle: bool,
    pub(crate) any_cyclic: bool,
    pub(crate) ancestor_cycle: bool,
    pub(crate) held_back: Vec<(Conjunct, VertexId)>,
    /// Vertices whose conjuncts were already inserted.
    pub(crate) seen: Vec<VertexId>,
    pub(crate) error: Option<ErrorId>,
    pub(crate) post_checks: Vec<PostCheck>,
    /// What an alternative is made of: the conjuncts that stand in no literal of this vertex.
    pub(crate) flat: Few<Conjunct>,
    /// At which count of progress it was found stuck, and on the frame at which depth that hung.
    pub(crate) stuck: Option<(u64, u32)>,
    /// The value it had when it was frozen, which late conjuncts must not change.
    pub(crate) frozen: Option<Value>,
    pub(crate) field_set_frozen: bool,
    /// What its disjunctions came to.
    pub(crate) resolved: Option<Value>,
}

impl Work {
    /// Makes it as new, but with the room that its lists have taken.
    pub(crate) fn reset(&mut self) {
        let Work {
            tasks,
            disjunctions,
            expansion,
            choices,
            modes,
            deferred,
            kinds,
            kinds_node,
            kinds_value,
            kinds_id,
            scalar,
            scalar_node,
            scalar_id,
            lower,
            upper,
            checks,
            list,
            has_top,
            has_struct,
            a_struct,
            may_have_fields,
            is_definition,
            has_non_cyclic,
            has_non_cycle,
            any_cyclic,
            ancestor_cycle,
            held_back,
            seen,
            error,
            post_checks,
            flat,
            stuck,
            frozen,
            field_set_frozen,
            resolved,
        } = self;
        tasks.clear();
        disjunctions.clear();
        *expansion = None;
        choices.clear();
        *modes = (Mode::Maybe, Mode::Maybe);
        deferred.clear();
        *kinds = Kinds::TOP;
        *kinds_node = None;
        *kinds_value = None;
        *kinds_id = 0;
        *scalar = None;
        *scalar_node = None;
        *scalar_id = 0;
        *lower = None;
        *upper = None;
        checks.clear();
        *list = None;
        *has_top = false;
        *has_struct = false;
        *a_struct = false;
        *may_have_fields = false;
        *is_definition = false;
        *has_non_cyclic = false;
        *has_non_cycle = false;
        *any_cyclic = false;
        *ancestor_cycle = false;
        held_back.clear();
        seen.clear();
        *error = None;
        post_checks.clear();
        *flat = Few::None;
        *stuck = None;
        *frozen = None;
        *field_set_frozen = false;
        *resolved = None;
    }
}

impl Default for Work {
    fn default() -> Work {
        Work {
            tasks: Vec::new(),
            disjunctions: Vec::new(),
            expansion: None,
            choices: Vec::new(),
            modes: (Mode::Maybe, Mode::Maybe),
            deferred: Vec::new(),
            kinds: Kinds::TOP,
            kinds_node: None,
            kinds_value: None,
            scalar: None,
            kinds_id: 0,
            scalar_node: None,
            scalar_id: 0,
            lower: None,
            upper: None,
            checks: Vec::new(),
            list: None,
            has_top: false,
            has_struct: false,
            a_struct: false,
            may_have_fields: false,
            is_definition: false,
            has_non_cyclic: false,
            has_non_cycle: false,
            any_cyclic: false,
            ancestor_cycle: false,
            held_back: Vec::new(),
            seen: Vec::new(),
            error: None,
            post_checks: Vec::new(),
            flat: Few::None,
            stuck: None,
            frozen: None,
            field_set_frozen: false,
            resolved: None,
        }
    }
}
