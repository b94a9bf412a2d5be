//! One evaluation: an arena that grows, and is dropped whole.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use strata_base::Span;

use crate::arena::Arena;
use crate::close::Containments;
use crate::closing::Requirements;
use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
use crate::ir::{ArcType, InstanceId, Ir, LetId, NodeId};
use crate::label::{Interner, Label, LabelKind, Symbol, visible};
use crate::limits::{Cancel, Limit, Limits, Meter};
use crate::machine::Active;
use crate::order::Orders;
use crate::program::Program;
use crate::sort::Sorting;
use crate::value::{Bound, Value};
use crate::vertex::{Conjunct, Env, EnvId, Frame, Item, RefLink, Status, Trail, Vertex, VertexId, VertexSet};
use crate::work::{Task, TaskId, Work};

/// Why a computation stopped before its end.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Halt {
    /// Something else must be known first.
    Wait(VertexId, crate::work::Need),
    /// A budget is spent. Nothing in the language can catch it.
    Limit(Limit),
}

impl From<Limit> for Halt {
    fn from(limit: Limit) -> Halt {
        Halt::Limit(limit)
    }
}

pub(crate) type Step<T> = Result<T, Halt>;

/// An evaluation of one program. It belongs to one thread; many sessions may share the program.
#[derive(Debug)]
pub struct Session {
    pub(crate) program: Arc<Program>,
    pub(crate) vertices: Arena<Vertex>,
    pub(crate) envs: Arena<Env>,
    pub(crate) links: Vec<RefLink>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) bottoms: Vec<Bottom>,
    /// Values that were computed and inserted as conjuncts.
    pub(crate) computed: Vec<(Value, NodeId)>,
    pub(crate) symbols: Interner,
    pub(crate) injected_spans: Vec<Span>,
    pub(crate) roots: Vec<Option<VertexId>>,
    pub(crate) lets: FxHashMap<(EnvId, LetId), VertexId>,
    /// The place of each conjunct among those of its vertex, where these are many.
    pub(crate) conjunct_places: FxHashMap<(VertexId, Item, EnvId), usize>,
    /// Inline values by the expression, frame and vertex that made them.
    pub(crate) inlines: FxHashMap<(NodeId, EnvId, VertexId), VertexId>,
    /// What the alternatives came to that have disjunctions of their own.
    pub(crate) outcomes: FxHashMap<VertexId, Vec<crate::disjunct::Outcome>>,
    pub(crate) containments: Containments,
    /// What holds where nothing is closed.
    pub(crate) open: Rc<Requirements>,
    pub(crate) active: Vec<Active>,
    pub(crate) meter: Meter,
    pub(crate) rules: crate::strict::Rules,
    /// Arguments are being made ready for a function that would look into what is known only later.
    pub(crate) refuses_opaque: bool,
    /// Counts whatever changed the graph; what was stuck before a change may move after it.
    pub(crate) progress: u64,
    /// The task that runs: its vertex and trail, and whether it may go on with what is there.
    pub(crate) here: Here,
    /// Frames of the rounds of comprehensions, so that a task that runs again meets the same ones.
    pub(crate) rounds_made: FxHashMap<(TaskId, EnvId, u32, Label), EnvId>,
    pub(crate) probe_frames: FxHashMap<(NodeId, EnvId), EnvId>,
    /// Bounds whose limit is written out, by their node.
    pub(crate) bounds: FxHashMap<NodeId, Arc<Bound>>,
    /// What unions of literals come to by themselves, by their index.
    pub(crate) unions: FxHashMap<u32, Value>,
    /// Scratch state that is not in use.
    #[expect(clippy::vec_box, reason = "vertices hold boxes, and a box that is moved is not copied")]
    spare: Vec<Box<Work>>,
    /// Found while values are read, which changes nothing else.
    pub(crate) orders: RefCell<Orders>,
    /// Fields of injected data stand among those of literals, and not before them.
    pub(crate) mingles_data: bool,
    /// Lists that are being sorted, by the expression, frame and vertex that ask for it.
    pub(crate) sorts: FxHashMap<(NodeId, EnvId, VertexId), Sorting>,
    /// Values unified with schemas on behalf of validators.
    pub(crate) trials: FxHashMap<(VertexId, u32, u32, NodeId), VertexId>,
}

/// How much scratch state is kept for use again: as much as is in use at one time, for the most part.
const MAX_SPARE: usize = 64;

/// Where an expression is being evaluated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here {
    pub(crate) vertex: VertexId,
    pub(crate) trail: Trail,
    /// The task on whose behalf.
    pub(crate) task: Option<TaskId>,
    pub(crate) forced: bool,
    /// Below a `try`: a missing reference ends the attempt.
    pub(crate) trying: bool,
}

impl Session {
    pub fn new(program: &Arc<Program>, limits: Limits, cancel: Cancel) -> Session {
        let none = RefLink {
            reference: NodeId(0),
            env: EnvId::NONE,
            target: VertexId::NONE,
            at: VertexId::NONE,
            next: 0,
            outermost: NodeId(0),
            depth: 0,
        };
        Session {
            program: Arc::clone(program),
            vertices: Arena::new(),
            envs: Arena::new(),
            links: vec![none],
            tasks: Vec::new(),
            bottoms: Vec::new(),
            computed: Vec::new(),
            symbols: Interner::default(),
            injected_spans: Vec::new(),
            roots: vec![None; program.instances.len()],
            lets: FxHashMap::default(),
            conjunct_places: FxHashMap::default(),
            inlines: FxHashMap::default(),
            outcomes: FxHashMap::default(),
            containments: Containments::new(),
            open: Rc::default(),
            active: Vec::new(),
            meter: Meter::new(limits, cancel),
            rules: crate::strict::Rules::default(),
            refuses_opaque: false,
            progress: 0,
            here: Here { vertex: VertexId::NONE, trail: Trail::default(), task: None, forced: false, trying: false },
            rounds_made: FxHashMap::default(),
            probe_frames: FxHashMap::default(),
            bounds: FxHashMap::default(),
            unions: FxHashMap::default(),
            spare: Vec::new(),
            orders: RefCell::default(),
            mingles_data: false,
            sorts: FxHashMap::default(),
            trials: FxHashMap::default(),
        }
    }

    pub(crate) fn ir(&self) -> &Ir {
        &self.program.ir
    }

    /// Where a node stands: in the program, or in a document that was injected.
    pub(crate) fn span(&self, node: NodeId) -> Span {
        let own = self.program.ir.spans.len();
        match self.program.ir.spans.get(node.0 as usize) {
            Some(span) => *span,
            None => self.injected_spans.get(node.0 as usize - own).copied().unwrap_or(Span::NONE),
        }
    }

    /// A node that stands for a place in injected data, for messages only.
    pub(crate) fn add_place(&mut self, span: Span) -> NodeId {
        let id = self.program.ir.spans.len() + self.injected_spans.len();
        self.injected_spans.push(span);
        NodeId(u32::try_from(id).unwrap_or(u32::MAX))
    }

    pub(crate) fn vertex(&self, id: VertexId) -> &Vertex {
        &self.vertices[id.0 as usize]
    }

    pub(crate) fn vertex_mut(&mut self, id: VertexId) -> &mut Vertex {
        &mut self.vertices[id.0 as usize]
    }

    /// The scratch state of a vertex, made on first use.
    pub(crate) fn work(&mut self, id: VertexId) -> &mut Work {
        let work = &mut self.vertices[id.0 as usize].work;
        work.get_or_insert_with(|| self.spare.pop().unwrap_or_default())
    }

    /// Ends the use of the scratch state of a vertex.
    pub(crate) fn drop_work(&mut self, id: VertexId) {
        if let Some(mut work) = self.vertices[id.0 as usize].work.take()
            && self.spare.len() < MAX_SPARE
        {
            work.reset();
            self.spare.push(work);
        }
    }

    /// A vertex of which nothing is known yet.
    pub(crate) fn add_vertex(&mut self, parent: VertexId, label: Label, arc: ArcType) -> Result<VertexId, Limit> {
        self.meter.vertex()?;
        let id = VertexId(u32::try_from(self.vertices.len()).map_err(|_| Limit::Memory)?);
        let at = self.vertices.next(|| Vertex::new(VertexId::NONE, label, ArcType::Member));
        at.parent = parent;
        at.label = label;
        at.arc = arc;
        Ok(id)
    }

    /// A vertex that no path from a root reaches, evaluated for its value.
    pub(crate) fn add_detached(&mut self, parent: VertexId, conjuncts: Vec<Conjunct>) -> Result<VertexId, Limit> {
        let label = Label::new(LabelKind::Let, Symbol(0));
        let id = self.add_vertex(parent, label, ArcType::Member)?;
        let at = self.vertex_mut(id);
        at.detached = true;
        at.settled = true;
        at.conjuncts = conjuncts.into();
        Ok(id)
    }

    pub(crate) fn add_env(&mut self, up: EnvId, frame: Frame) -> EnvId {
        let id = EnvId(u32::try_from(self.envs.len()).unwrap_or(u32::MAX - 1));
        let env = Env { up, frame };
        *self.envs.next(|| env) = env;
        id
    }

    pub(crate) fn env(&self, id: EnvId) -> Env {
        self.envs[id.0 as usize]
    }

    /// The frame so many steps up.
    pub(crate) fn frame(&self, mut env: EnvId, up: u32) -> Option<(EnvId, Frame)> {
        for _ in 0..up {
            if env == EnvId::NONE {
                return None;
            }
            env = self.env(env).up;
        }
        (env != EnvId::NONE).then(|| (env, self.env(env).frame))
    }

    pub(crate) fn compute(&mut self, value: Value, node: NodeId) -> Item {
        self.computed.push((value, node));
        Item::Value(u32::try_from(self.computed.len() - 1).unwrap_or(u32::MAX))
    }

    /// The vertex that stands for another: through sharing and through the choice of an alternative.
    pub(crate) fn deref(&self, mut id: VertexId) -> VertexId {
        loop {
            let forward = self.vertex(id).forward;
            if forward.is_none() {
                return id;
            }
            id = forward;
        }
    }

    /// Follows sharing only: the vertex whose conjuncts a reference to `id` means.
    pub(crate) fn deref_shared(&self, mut id: VertexId) -> VertexId {
        while self.vertex(id).shared {
            id = self.vertex(id).forward;
        }
        id
    }

    /// Lets all that stand for one another on the way to a known vertex stand for that one itself, so that a chain of
    /// references is followed once and not from each of its links.
    pub(crate) fn shorten(&mut self, mut id: VertexId, end: VertexId) {
        if self.vertex(end).status != Status::Deep || self.deref_shared(id) != end {
            return;
        }
        while id != end {
            let at = self.vertex_mut(id);
            let next = at.forward;
            if at.status >= Status::Done && !at.closed_once {
                at.forward = end;
            }
            id = next;
        }
    }

    /// Follows the choice of an alternative only.
    pub(crate) fn deref_alternative(&self, mut id: VertexId) -> VertexId {
        loop {
            let vertex = self.vertex(id);
            if vertex.forward.is_none() || vertex.shared {
                return id;
            }
            id = vertex.forward;
        }
    }

    pub(crate) fn same(&self, a: VertexId, b: VertexId) -> bool {
        self.deref(a) == self.deref(b)
    }

    pub(crate) fn depth(&self, mut id: VertexId) -> u32 {
        let mut depth = 0;
        while !self.vertex(id).parent.is_none() {
            id = self.vertex(id).parent;
            depth += 1;
        }
        depth
    }

    pub(crate) fn root(&mut self, instance: InstanceId) -> Result<VertexId, Limit> {
        if let Some(root) = self.roots[instance.0 as usize] {
            return Ok(root);
        }
        let label = Label::new(LabelKind::Let, Symbol(0));
        let root = self.add_vertex(VertexId::NONE, label, ArcType::Member)?;
        let program = Arc::clone(&self.program);
        let at = self.vertex_mut(root);
        at.settled = true;
        at.conjuncts = program.instances[instance.0 as usize]
            .files
            .iter()
            .map(|&node| Conjunct { item: Item::Node(node), env: EnvId::NONE, trail: Trail::default() })
            .collect::<Vec<_>>()
            .into();
        self.roots[instance.0 as usize] = Some(root);
        Ok(root)
    }

    /// A set of vertices with none in it.
    pub(crate) fn no_vertices(&self) -> VertexSet {
        VertexSet { words: vec![0; self.vertices.len() / 64 + 1] }
    }

    pub(crate) fn task(&self, id: TaskId) -> &Task {
        &self.tasks[id.0 as usize]
    }

    pub(crate) fn task_mut(&mut self, id: TaskId) -> &mut Task {
        &mut self.tasks[id.0 as usize]
    }

    // Labels

    /// The text of a symbol, of the program or of this session.
    pub(crate) fn symbol_text(&self, symbol: Symbol) -> &Arc<str> {
        let base = u32::try_from(self.program.symbols.len()).unwrap_or(u32::MAX);
        let found =
            if symbol.0 < base { self.program.symbols.get(symbol) } else { self.symbols.get(Symbol(symbol.0 - base)) };
        found.unwrap_or(&self.program.empty)
    }

    pub(crate) fn intern(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.program.symbols.find(text) {
            return symbol;
        }
        let base = u32::try_from(self.program.symbols.len()).unwrap_or(u32::MAX);
        Symbol(base + self.symbols.intern(text).0)
    }

    /// The name of a field as text, without quotes; the digits of an index.
    pub(crate) fn label_text(&self, label: Label) -> String {
        if label.is_int() { label.payload().to_string() } else { self.name_of(label).to_owned() }
    }

    /// The name of a label that is no index, as a person writes it but for quotes.
    pub(crate) fn name_of(&self, label: Label) -> &str {
        let text = self.symbol_text(label.symbol());
        if label.is_hidden() { visible(text) } else { text }
    }

    pub(crate) fn label_value(&self, label: Label) -> Value {
        if label.is_int() {
            Value::Number(i64::from(label.payload()).into())
        } else {
            Value::String(Arc::clone(self.symbol_text(label.symbol())))
        }
    }

    // Errors

    pub(crate) fn bottom(&self, id: ErrorId) -> &Bottom {
        &self.bottoms[id.0 as usize]
    }

    pub(crate) fn add_bottom(&mut self, bottom: Bottom) -> ErrorId {
        let id = ErrorId(u32::try_from(self.bottoms.len()).unwrap_or(u32::MAX));
        self.bottoms.push(bottom);
        id
    }

    pub(crate) fn error(&mut self, code: ErrorCode, node: NodeId, format: &'static str, args: Vec<Arg>) -> ErrorId {
        let span = self.span(node);
        let spans = if span.is_none() { Vec::new() } else { vec![span] };
        self.error_at(code, spans, format, args)
    }

    pub(crate) fn error_at(
        &mut self,
        code: ErrorCode,
        spans: Vec<Span>,
        format: &'static str,
        args: Vec<Arg>,
    ) -> ErrorId {
        let vertex = self.here.vertex;
        self.add_bottom(Bottom { code, format, args, vertex, spans, children: Vec::new(), close_check: false })
    }

    pub(crate) fn incomplete(&mut self, node: NodeId, format: &'static str, args: Vec<Arg>) -> Value {
        Value::Bottom(self.error(ErrorCode::Incomplete, node, format, args))
    }

    pub(crate) fn failure(&mut self, node: NodeId, format: &'static str, args: Vec<Arg>) -> Value {
        Value::Bottom(self.error(ErrorCode::Eval, node, format, args))
    }

    /// One error that stands for both: the stronger code leads, and what is permanent drops what is not.
    pub(crate) fn combine(&mut self, a: Option<ErrorId>, b: ErrorId) -> ErrorId {
        let Some(a) = a else { return b };
        if a == b {
            return a;
        }
        let (code_a, code_b) = (self.bottom(a).code, self.bottom(b).code);
        match (code_a.is_incomplete(), code_b.is_incomplete()) {
            (false, true) => return a,
            (true, false) => return b,
            _ => {}
        }
        let mut children = Vec::new();
        for id in [a, b] {
            let bottom = self.bottom(id);
            if bottom.is_group() {
                children.extend_from_slice(&bottom.children);
            } else {
                children.push(id);
            }
        }
        children.sort_unstable();
        children.dedup();
        let vertex = self.bottom(a).vertex;
        let close_check = self.bottom(a).close_check && self.bottom(b).close_check;
        self.add_bottom(Bottom {
            code: code_a.min(code_b),
            format: "",
            args: Vec::new(),
            vertex,
            spans: Vec::new(),
            children,
            close_check,
        })
    }
}
