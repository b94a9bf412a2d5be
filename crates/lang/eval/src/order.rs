//! The order of fields, as people wrote them.
//!
//! Each literal says in which order its own fields come. Literals that were unified follow each other by the place that
//! brought them in: their own, or that of the outermost reference. The operands of an explicit `&` say nothing about
//! each other. What is left open, and what contradicts itself, is decided by name, so the result depends on the text
//! alone and not on the order of evaluation.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use strata_base::{FileId, Span};

use crate::ir::{Decl, Node, NodeId};
use crate::label::Label;
use crate::session::Session;
use crate::vertex::{Arcs, Conjunct, Inserted, Item, VertexId};

impl Session {
    /// The fields of a struct in order.
    pub(crate) fn ordered_fields(&self, vertex: VertexId) -> Vec<(Label, VertexId)> {
        let vertex = self.deref(vertex);
        let arcs = &self.vertex(vertex).arcs;
        if self.is_in_order(vertex) {
            return arcs.iter().collect();
        }
        self.order_of(vertex).iter().filter_map(|&index| arcs.at(index as usize)).collect()
    }

    /// For each place in the order, the index of the field that comes there.
    pub(crate) fn order_of(&self, vertex: VertexId) -> Arc<[u32]> {
        let at = self.vertex(vertex);
        let Orders { known, shape, roots } = &mut *self.orders.borrow_mut();
        roots.clear();
        roots.extend_from_slice(&at.more().inserted);
        self.place_by_fields(&at.arcs, roots);
        roots.sort_by_key(|root| (root.place.file, root.place.start, self.is_dynamic(root)));
        // What computed names come to, the literals do not tell.
        let is_computed = roots.iter().any(|root| self.is_dynamic(root));
        let has_data = self.data_in(vertex).next().is_some();
        if is_computed || has_data || at.arcs.len() > MAX_SHAPE {
            return Graph::of(self, vertex, roots).sorted(self).into();
        }
        self.describe(&at.arcs, roots, shape);
        if let Some(order) = known.get(&shape[..]) {
            return Arc::clone(order);
        }
        let order: Arc<[u32]> = Graph::of(self, vertex, roots).sorted(self).into();
        if known.len() < MAX_SHAPES {
            known.insert(shape[..].into(), Arc::clone(&order));
        }
        order
    }

    /// Puts together all that an order depends on: the fields, and for each literal the fields that it has and how it
    /// stands to the one before it.
    fn describe(&self, arcs: &Arcs, roots: &[Inserted], shape: &mut Vec<u32>) {
        shape.clear();
        shape.push(count(arcs.len()));
        shape.extend(arcs.iter().map(|(label, _)| label.bits()));
        let mut before: Option<Span> = None;
        for root in roots {
            let Span { file, start, .. } = root.place;
            let is_same_file = before.is_some_and(|before| before.file == file);
            let is_same_place = is_same_file && before.is_some_and(|before| before.start == start);
            before = Some(root.place);
            shape.push(u32::from(root.explicit) | u32::from(is_same_file) << 1 | u32::from(is_same_place) << 2);
            let at = shape.len();
            shape.push(0);
            if let Node::Struct(id) = self.ir().node(root.literal) {
                let decls = self.ir().decls(self.ir().structure(id)).iter();
                shape.extend(decls.filter_map(|decl| match *decl {
                    Decl::Field { label, .. } => Some(label.bits()),
                    _ => None,
                }));
            }
            shape[at] = count(shape.len() - at);
        }
    }

    /// Whether the fields of a vertex were met in their order.
    pub(crate) fn is_in_order(&self, vertex: VertexId) -> bool {
        let at = self.vertex(vertex);
        match (&at.more().inserted[..], self.data_in(vertex).count()) {
            ([], 0 | 1) => true,
            ([only], 0) => !self.is_dynamic(only),
            _ => at.arcs.len() <= 1,
        }
    }

    /// The data that is unified in a vertex.
    fn data_in(&self, vertex: VertexId) -> impl Iterator<Item = VertexId> {
        let conjuncts: &[Conjunct] = if self.mingles_data { &self.vertex(vertex).conjuncts } else { &[] };
        conjuncts.iter().filter_map(|conjunct| match conjunct.item {
            Item::Vertex(part) if self.vertex(part).data => Some(part),
            _ => None,
        })
    }

    fn is_dynamic(&self, inserted: &Inserted) -> bool {
        match self.ir().node(inserted.literal) {
            Node::Struct(id) => self.ir().structure(id).has_dynamic,
            _ => false,
        }
    }

    /// Puts literals where their fields say. One that refers to others stands where the last of them does if they have
    /// fields that come after its own: plain fields come first, whatever the order of the declarations, so this holds
    /// unless the literal names all of theirs. One with a pattern that holds for what comes last stands where the pattern
    /// does, and one without any fields where it is written.
    fn place_by_fields(&self, arcs: &Arcs, roots: &mut [Inserted]) {
        let mut depends = false;
        for root in roots.iter_mut() {
            let Node::Struct(id) = self.ir().node(root.literal) else { continue };
            let literal = self.ir().structure(id);
            depends |= literal.has_embedding || literal.has_pattern;
            let own = self.ir().struct_places[id.0 as usize];
            if root.place != own && self.fields_of(arcs, root).next().is_none() {
                root.place = own;
                root.explicit = false;
            }
        }
        if !depends {
            return;
        }
        let mut brought: FxHashMap<Span, u32> = FxHashMap::default();
        for root in roots.iter() {
            if let Some(last) = self.last_field(arcs, root) {
                brought.entry(root.place).and_modify(|known| *known = last.max(*known)).or_insert(last);
            }
        }
        for root in roots {
            let Node::Struct(id) = self.ir().node(root.literal) else { continue };
            let own = self.ir().struct_places[id.0 as usize];
            let literal = self.ir().structure(id);
            if !(literal.has_embedding || literal.has_pattern) || root.place != own {
                continue;
            }
            let is_dynamic = self.is_dynamic(root);
            let mut last = self.last_field(arcs, root);
            // Computed names come in turn, and those of what is referred to after all others.
            let mut is_late = false;
            for decl in self.ir().decls(literal) {
                match *decl {
                    Decl::Dynamic { .. } if !is_late => root.place = own,
                    Decl::Embedding(embedded) => {
                        let place = self.span(embedded);
                        let Some(&there) = brought.get(&place) else { continue };
                        is_late |= there == COMPUTED;
                        if is_dynamic || last.is_none_or(|last| there >= last) {
                            last = Some(there);
                            root.place = place;
                        }
                    }
                    Decl::Pattern { filter, value, .. } if self.holds_for_last(arcs, value) => {
                        root.place = self.span(filter);
                        break;
                    }
                    _ => {}
                }
            }
        }
    }

    /// Whether the last field of a vertex has a value that a pattern gave it.
    fn holds_for_last(&self, arcs: &Arcs, value: NodeId) -> bool {
        let last = arcs.len().checked_sub(1).and_then(|last| arcs.at(last));
        let given = |conjunct: &Conjunct| matches!(conjunct.item, Item::Node(node) if node == value);
        last.is_some_and(|(_, field)| self.vertex(field).conjuncts.iter().any(given))
    }

    /// Which of the fields of a vertex is the last that a literal has.
    fn last_field(&self, arcs: &Arcs, root: &Inserted) -> Option<u32> {
        self.fields_of(arcs, root).max()
    }

    /// Which of the fields of a vertex a literal has.
    fn fields_of(&self, arcs: &Arcs, root: &Inserted) -> impl Iterator<Item = u32> {
        let decls = match self.ir().node(root.literal) {
            Node::Struct(id) => self.ir().decls(self.ir().structure(id)),
            _ => &[],
        };
        let named = decls
            .iter()
            .filter_map(|decl| if let Decl::Field { label, .. } = *decl { arcs.position(label) } else { None });
        self.is_dynamic(root).then_some(COMPUTED).into_iter().chain(named)
    }

    /// Where a literal came in: the outermost reference it was reached by, or its own first declaration.
    pub(crate) fn place_of(&self, literal: NodeId, refs: u32) -> Span {
        if refs != 0 {
            return self.span(self.links[refs as usize].outermost);
        }
        match self.ir().node(literal) {
            Node::Struct(id) => self.ir().struct_places[id.0 as usize],
            _ => self.span(literal),
        }
    }
}

/// The orders that were found, by all that they depend on. What is made many times from one definition, or written many
/// times in one way, looks alike each time.
#[derive(Default, Debug)]
pub(crate) struct Orders {
    known: FxHashMap<Box<[u32]>, Arc<[u32]>>,
    /// Where the shape is put together that is looked for.
    shape: Vec<u32>,
    /// The literals of the struct that is looked at, by place.
    roots: Vec<Inserted>,
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// The most fields of a struct whose order is kept.
const MAX_SHAPE: usize = 64;

/// How many orders are kept.
const MAX_SHAPES: usize = 4096;

/// Stands for the index of fields whose names are computed: behind all others.
const COMPUTED: u32 = u32::MAX;

/// The literal that last placed a field.
#[derive(Clone, Copy)]
struct Placed {
    literal: usize,
    file: FileId,
}

/// Which field comes before which. Fields are known by their index among those of the vertex.
struct Graph {
    fields: Vec<Label>,
    edges: Vec<(u32, u32)>,
}

/// What a graph is made from.
struct Making<'a> {
    session: &'a Session,
    vertex: VertexId,
    roots: &'a [Inserted],
    placed: Vec<Option<Placed>>,
    /// The labels that each computed field came to, in the order in which they did.
    computed: FxHashMap<NodeId, VecDeque<Label>>,
    edges: Vec<(u32, u32)>,
}

impl Graph {
    /// From literals by place.
    fn of(session: &Session, vertex: VertexId, roots: &[Inserted]) -> Graph {
        let at = session.vertex(vertex);
        let is_computed = roots.iter().any(|root| session.is_dynamic(root));
        let mut making = Making {
            session,
            vertex,
            roots,
            placed: vec![None; at.arcs.len()],
            computed: if is_computed { computed(session, vertex) } else { FxHashMap::default() },
            edges: Vec::with_capacity(at.arcs.len()),
        };
        let mut previous: Vec<u32> = Vec::new();
        let mut next = Vec::new();
        let mut last_file = None;
        for batch in batches(session, roots) {
            let explicit = is_explicit(&roots[batch.clone()]);
            let file = roots[batch.start].place.file;
            if last_file.is_some_and(|last| last != file) {
                previous.clear();
            }
            for root in batch {
                match making.chain(root, explicit, &previous) {
                    Some(last) => next.push(last),
                    None => next.extend_from_slice(&previous),
                }
            }
            std::mem::swap(&mut previous, &mut next);
            next.clear();
            last_file = Some(file);
        }
        // Data keeps its own order and that of the documents of one file; it stands neither before nor after others.
        let mut before = None;
        for part in session.data_in(vertex) {
            let part = session.vertex(part);
            let file = session.span(part.place).file;
            let mut last = before.filter(|&(known, _)| known == file).map(|(_, last)| last);
            for index in part.arcs.iter().filter_map(|(label, _)| at.arcs.position(label)) {
                making.edges.extend(last.map(|last| (last, index)));
                last = Some(index);
            }
            before = last.map(|last| (file, last)).or(before);
        }
        Graph { fields: at.arcs.iter().map(|(label, _)| label).collect(), edges: making.edges }
    }

    /// What is ready, and what lies within a cycle, by name.
    fn sorted(&self, session: &Session) -> Vec<u32> {
        if self.is_as_met() {
            return (0..).take(self.fields.len()).collect();
        }
        let order = self.straight(session).unwrap_or_else(|| self.by_component(session));
        debug_assert_eq!(order.len(), self.fields.len());
        order
    }

    /// Whether the fields can only come in the order in which they were met, which is what structs are for the most part.
    fn is_as_met(&self) -> bool {
        let count = self.fields.len();
        if count > 64 {
            return false;
        }
        let mut followed = 0u64;
        for &(from, to) in &self.edges {
            if from >= to {
                return false;
            }
            followed |= u64::from(to == from + 1) << from;
        }
        followed.trailing_ones() as usize + 1 >= count
    }

    fn by_name(&self, session: &Session, a: u32, b: u32) -> Ordering {
        let (a, b) = (self.fields[a as usize], self.fields[b as usize]);
        match (a.is_int(), b.is_int()) {
            (true, true) => a.payload().cmp(&b.payload()),
            (false, false) => {
                session.symbol_text(a.symbol()).cmp(session.symbol_text(b.symbol())).then(a.kind().cmp(&b.kind()))
            }
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }

    /// The order where nothing contradicts itself.
    fn straight(&self, session: &Session) -> Option<Vec<u32>> {
        let after = After::of(self.fields.len(), &self.edges);
        let compare = |a: u32, b: u32| self.by_name(session, a, b);
        after.sorted(compare)
    }

    /// The order where something does: component by component.
    fn by_component(&self, session: &Session) -> Vec<u32> {
        let compare = |a: &u32, b: &u32| self.by_name(session, *a, *b);
        let component = After::of(self.fields.len(), &self.edges).components();
        let count = component.iter().max().map_or(0, |max| *max as usize + 1);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); count];
        for (index, &own) in (0..).zip(&component) {
            members[own as usize].push(index);
        }
        for group in &mut members {
            group.sort_by(compare);
        }
        let between = |&(from, to): &(u32, u32)| (component[from as usize], component[to as usize]);
        let edges: Vec<_> = self.edges.iter().map(between).filter(|(from, to)| from != to).collect();
        let first = |own: u32| members[own as usize][0];
        let order = After::of(count, &edges).sorted(|a, b| compare(&first(a), &first(b)));
        order.into_iter().flatten().flat_map(|own| members[own as usize].iter().copied()).collect()
    }
}

fn computed(session: &Session, vertex: VertexId) -> FxHashMap<NodeId, VecDeque<Label>> {
    let mut computed: FxHashMap<NodeId, VecDeque<Label>> = FxHashMap::default();
    for (label, field) in session.vertex(vertex).arcs.iter() {
        for conjunct in &session.vertex(field).conjuncts {
            if let Item::Node(value) = conjunct.item {
                let labels = computed.entry(value).or_default();
                if labels.back() != Some(&label) {
                    labels.push_back(label);
                }
            }
        }
    }
    computed
}

impl Making<'_> {
    /// Adds the order of one literal; the last field that it placed, if it placed any.
    fn chain(&mut self, root: usize, explicit: bool, before: &[u32]) -> Option<u32> {
        let session = self.session;
        let Node::Struct(id) = session.ir().node(self.roots[root].literal) else { return None };
        let file = self.roots[root].place.file;
        let arcs = &session.vertex(self.vertex).arcs;
        let mut last = None;
        let ir = session.ir();
        for decl in ir.decls(ir.structure(id)) {
            let label = match *decl {
                Decl::Field { label, .. } => Some(label),
                Decl::Dynamic { value, .. } => self.computed.get_mut(&value).and_then(VecDeque::pop_front),
                _ => None,
            };
            let Some(index) = label.and_then(|label| arcs.position(label)) else { continue };
            let placed = &mut self.placed[index as usize];
            if placed.is_some_and(|known| known.literal == root || (!explicit && known.file == file)) {
                continue;
            }
            *placed = Some(Placed { literal: root, file });
            match last {
                None => self.edges.extend(before.iter().map(|&from| (from, index))),
                Some(from) => self.edges.push((from, index)),
            }
            last = Some(index);
        }
        last
    }
}

/// For each of so many things, those that come after it.
struct After {
    /// Where those of each begin in `all`; one more than there are things.
    starts: Vec<u32>,
    all: Vec<u32>,
}

impl After {
    fn of(count: usize, edges: &[(u32, u32)]) -> After {
        let mut starts = vec![0u32; count + 2];
        for &(from, _) in edges {
            starts[from as usize + 2] += 1;
        }
        for index in 2..starts.len() {
            starts[index] += starts[index - 1];
        }
        let mut all = vec![0; edges.len()];
        for &(from, to) in edges {
            let slot = &mut starts[from as usize + 1];
            all[*slot as usize] = to;
            *slot += 1;
        }
        starts.pop();
        After { starts, all }
    }

    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn of_one(&self, index: u32) -> &[u32] {
        &self.all[self.starts[index as usize] as usize..self.starts[index as usize + 1] as usize]
    }

    /// All things, each behind those that it comes after, what is ready at one time as compared. Nothing where there is a
    /// cycle.
    fn sorted(&self, compare: impl Fn(u32, u32) -> Ordering) -> Option<Vec<u32>> {
        let mut waiting = vec![0u32; self.len()];
        for &to in &self.all {
            waiting[to as usize] += 1;
        }
        let mut order = Vec::with_capacity(self.len());
        // The last is the next.
        let mut ready: Vec<u32> = (0..).zip(&waiting).filter(|(_, waiting)| **waiting == 0).map(|(at, _)| at).collect();
        ready.sort_by(|&a, &b| compare(b, a));
        while let Some(next) = ready.pop() {
            order.push(next);
            for &to in self.of_one(next) {
                waiting[to as usize] -= 1;
                if waiting[to as usize] == 0 {
                    let place = ready.partition_point(|&other| compare(other, to).is_gt());
                    ready.insert(place, to);
                }
            }
        }
        (order.len() == self.len()).then_some(order)
    }

    /// The strongly connected component of each, by Tarjan's algorithm on a stack of its own.
    fn components(&self) -> Vec<u32> {
        const NONE: u32 = u32::MAX;
        let count = self.len();
        let (mut number, mut low) = (vec![NONE; count], vec![0; count]);
        let mut component = vec![NONE; count];
        let (mut stack, mut clock, mut found) = (Vec::new(), 0, 0);
        for start in 0..count {
            if number[start] != NONE {
                continue;
            }
            let mut visits = vec![(start, 0)];
            while let Some((at, edge)) = visits.pop() {
                if edge == 0 {
                    number[at] = clock;
                    low[at] = clock;
                    clock += 1;
                    stack.push(at);
                }
                if let Some(&to) = self.of_one(at as u32).get(edge) {
                    let to = to as usize;
                    visits.push((at, edge + 1));
                    if number[to] == NONE {
                        visits.push((to, 0));
                    } else if component[to] == NONE {
                        low[at] = low[at].min(number[to]);
                    }
                    continue;
                }
                if low[at] == number[at] {
                    while let Some(member) = stack.pop() {
                        component[member] = found;
                        if member == at {
                            break;
                        }
                    }
                    found += 1;
                }
                if let Some(&(above, _)) = visits.last() {
                    low[above] = low[above].min(low[at]);
                }
            }
        }
        component
    }
}

fn is_explicit(batch: &[Inserted]) -> bool {
    batch.len() > 1 || batch.iter().any(|root| root.explicit)
}

/// Literals that came in at one place say nothing about each other; neither do runs of explicit operands.
fn batches(session: &Session, roots: &[Inserted]) -> Vec<Range<usize>> {
    let mut batches: Vec<Range<usize>> = Vec::with_capacity(roots.len());
    let mut close = |batch: Range<usize>| {
        let joins = |last: &Range<usize>| {
            is_explicit(&roots[last.clone()])
                && is_explicit(&roots[batch.clone()])
                && roots[last.start].place.file == roots[batch.start].place.file
        };
        match batches.last_mut() {
            Some(last) if joins(last) => last.end = batch.end,
            _ => batches.push(batch),
        }
    };
    let mut start = 0;
    for (index, root) in roots.iter().enumerate().skip(1) {
        let first = roots[start].place;
        let together = first.start == root.place.start && first.file == root.place.file && !session.is_dynamic(root);
        if !together {
            close(start..index);
            start = index;
        }
    }
    if !roots.is_empty() {
        close(start..roots.len());
    }
    batches
}
