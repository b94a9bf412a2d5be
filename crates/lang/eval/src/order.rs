//! The order of fields, as people wrote them.
//!
//! Each literal says in which order its own fields come. Literals that were unified follow each other by the place that
//! brought them in: their own, or that of the outermost reference. The operands of an explicit `&` say nothing about
//! each other. What is left open, and what contradicts itself, is decided by name, so the result depends on the text
//! alone and not on the order of evaluation.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};
use strata_base::{FileId, Span};

use crate::ir::{Decl, Node, NodeId};
use crate::label::Label;
use crate::session::Session;
use crate::vertex::{Inserted, Item, VertexId};

impl Session {
    /// The fields of a struct in order.
    pub(crate) fn ordered_fields(&self, vertex: VertexId) -> Vec<(Label, VertexId)> {
        let vertex = self.deref(vertex);
        let at = self.vertex(vertex);
        let simple = match at.inserted[..] {
            [] => true,
            [only] => !self.is_dynamic(&only),
            _ => at.arcs.len() <= 1,
        };
        if simple {
            return at.arcs.iter().collect();
        }
        let order = Graph::of(self, vertex).sorted(self);
        let mut fields: Vec<_> =
            order.into_iter().filter_map(|label| at.arcs.get(label).map(|field| (label, field))).collect();
        if fields.len() < at.arcs.len() {
            let known: FxHashSet<Label> = fields.iter().map(|(label, _)| *label).collect();
            fields.extend(at.arcs.iter().filter(|(label, _)| !known.contains(label)));
        }
        fields
    }

    fn is_dynamic(&self, inserted: &Inserted) -> bool {
        match self.ir().node(inserted.literal) {
            Node::Struct(id) => self.ir().structure(id).has_dynamic,
            _ => false,
        }
    }

    /// Where a literal came in: the outermost reference it was reached by, or its own first declaration.
    pub(crate) fn place_of(&self, literal: NodeId, refs: u32) -> Span {
        let mut next = refs;
        let mut place = None;
        while next != 0 {
            let link = self.links[next as usize];
            place = Some(link.reference);
            next = link.next;
        }
        match place {
            Some(reference) => self.span(reference),
            None => self.own_place(literal),
        }
    }
    /// The last field that a literal declares, a computed one before all others: it is there that the original looks.
    fn own_place(&self, literal: NodeId) -> Span {
        let Node::Struct(id) = self.ir().node(literal) else { return self.span(literal) };
        let mut place = self.span(literal);
        let mut dynamic = false;
        for decl in &self.ir().structure(id).decls {
            match *decl {
                Decl::Dynamic { span, .. } => {
                    place = span;
                    dynamic = true;
                }
                Decl::Field { span, .. } if !dynamic => place = span,
                _ => {}
            }
        }
        place
    }
}

/// A label with the literal that last placed it.
#[derive(Clone, Copy)]
struct Placed {
    literal: usize,
    file: FileId,
}

/// Which label comes before which.
struct Graph {
    labels: Vec<Label>,
    index: FxHashMap<Label, usize>,
    placed: Vec<Option<Placed>>,
    after: Vec<Vec<usize>>,
    edges: FxHashSet<(usize, usize)>,
}

impl Graph {
    fn of(session: &Session, vertex: VertexId) -> Graph {
        let at = session.vertex(vertex);
        let mut graph = Graph {
            labels: Vec::new(),
            index: FxHashMap::default(),
            placed: Vec::new(),
            after: Vec::new(),
            edges: FxHashSet::default(),
        };
        // The labels that each computed field came to, in the order in which they did.
        let mut computed: FxHashMap<NodeId, VecDeque<Label>> = FxHashMap::default();
        for (label, field) in at.arcs.iter() {
            graph.ensure(label);
            for conjunct in &session.vertex(field).conjuncts {
                if let Item::Node(value) = conjunct.item {
                    let labels = computed.entry(value).or_default();
                    if labels.back() != Some(&label) {
                        labels.push_back(label);
                    }
                }
            }
        }
        let mut roots = at.inserted.clone();
        roots.sort_by_key(|root| (root.place.file, root.place.start, session.is_dynamic(root)));
        let batches = batches(session, &roots);
        let mut previous: Vec<usize> = Vec::new();
        let mut last_file = None;
        for batch in batches {
            let explicit = batch.len() > 1 || batch.iter().any(|&root| roots[root].explicit);
            let file = roots[batch[0]].place.file;
            if last_file.is_some_and(|last| last != file) {
                previous.clear();
            }
            let mut next = Vec::new();
            for root in batch {
                next.extend(graph.chain(session, &roots, root, explicit, &previous, &mut computed));
            }
            previous = next;
            last_file = Some(file);
        }
        graph
    }

    fn ensure(&mut self, label: Label) -> usize {
        if let Some(&known) = self.index.get(&label) {
            return known;
        }
        let index = self.labels.len();
        self.labels.push(label);
        self.placed.push(None);
        self.after.push(Vec::new());
        self.index.insert(label, index);
        index
    }

    fn edge(&mut self, from: usize, to: usize) {
        if self.edges.insert((from, to)) {
            self.after[from].push(to);
        }
    }

    /// Adds the order of one literal; the last label that it placed, or what came before where it placed none.
    fn chain(
        &mut self,
        session: &Session,
        roots: &[Inserted],
        root: usize,
        explicit: bool,
        before: &[usize],
        computed: &mut FxHashMap<NodeId, VecDeque<Label>>,
    ) -> Vec<usize> {
        let mut previous = before.to_vec();
        let Node::Struct(id) = session.ir().node(roots[root].literal) else { return previous };
        let file = roots[root].place.file;
        for decl in &session.ir().structure(id).decls {
            let label = match *decl {
                Decl::Field { label, .. } => Some(label),
                Decl::Dynamic { value, .. } => computed.get_mut(&value).and_then(VecDeque::pop_front),
                _ => None,
            };
            let Some(label) = label else { continue };
            if !self.index.contains_key(&label) {
                continue;
            }
            let index = self.ensure(label);
            let seen = |known: Placed| known.literal == root || (!explicit && known.file == file);
            if self.placed[index].is_some_and(seen) {
                continue;
            }
            self.placed[index] = Some(Placed { literal: root, file });
            for &from in &previous {
                self.edge(from, index);
            }
            previous = vec![index];
        }
        previous
    }

    /// Component by component; what is ready, and what lies within a cycle, by name.
    fn sorted(&self, session: &Session) -> Vec<Label> {
        let by_name = |a: &usize, b: &usize| {
            let (a, b) = (self.labels[*a], self.labels[*b]);
            match (a.is_int(), b.is_int()) {
                (true, true) => a.payload().cmp(&b.payload()),
                (false, false) => {
                    session.symbol_text(a.symbol()).cmp(session.symbol_text(b.symbol())).then(a.kind().cmp(&b.kind()))
                }
                (true, false) => std::cmp::Ordering::Less,
                (false, true) => std::cmp::Ordering::Greater,
            }
        };
        let component = self.components();
        let count = component.iter().max().map_or(0, |max| max + 1);
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (index, &own) in component.iter().enumerate() {
            members[own].push(index);
        }
        for group in &mut members {
            group.sort_by(by_name);
        }
        let mut rank: Vec<usize> = (0..count).collect();
        rank.sort_by(|&a, &b| by_name(&members[a][0], &members[b][0]));
        let mut position = vec![0; count];
        for (at, &own) in rank.iter().enumerate() {
            position[own] = at;
        }
        let mut waiting = vec![0usize; count];
        let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
        for (from, after) in self.after.iter().enumerate() {
            for &to in after {
                let (from, to) = (component[from], component[to]);
                if from != to {
                    next[from].push(to);
                    waiting[to] += 1;
                }
            }
        }
        let mut ready: std::collections::BTreeSet<usize> =
            (0..count).filter(|&own| waiting[own] == 0).map(|own| position[own]).collect();
        let mut out = Vec::with_capacity(self.labels.len());
        while let Some(at) = ready.pop_first() {
            let own = rank[at];
            out.extend(members[own].iter().map(|&index| self.labels[index]));
            for &to in &next[own] {
                waiting[to] -= 1;
                if waiting[to] == 0 {
                    ready.insert(position[to]);
                }
            }
        }
        out
    }

    /// The strongly connected component of each label, by Tarjan's algorithm on a stack of its own.
    fn components(&self) -> Vec<usize> {
        let count = self.labels.len();
        let (mut number, mut low) = (vec![usize::MAX; count], vec![0; count]);
        let mut component = vec![usize::MAX; count];
        let (mut stack, mut clock, mut found) = (Vec::new(), 0, 0);
        for start in 0..count {
            if number[start] != usize::MAX {
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
                if let Some(&to) = self.after[at].get(edge) {
                    visits.push((at, edge + 1));
                    if number[to] == usize::MAX {
                        visits.push((to, 0));
                    } else if component[to] == usize::MAX {
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

/// Literals that came in at one place say nothing about each other; neither do runs of explicit operands.
fn batches(session: &Session, roots: &[Inserted]) -> Vec<Vec<usize>> {
    let explicit = |batch: &[usize]| batch.len() > 1 || batch.iter().any(|&root| roots[root].explicit);
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut batch: Vec<usize> = Vec::new();
    let close = |batches: &mut Vec<Vec<usize>>, batch: Vec<usize>| {
        if batch.is_empty() {
            return;
        }
        match batches.last_mut() {
            Some(last)
                if explicit(last) && explicit(&batch) && roots[last[0]].place.file == roots[batch[0]].place.file =>
            {
                last.extend(batch);
            }
            _ => batches.push(batch),
        }
    };
    for (index, root) in roots.iter().enumerate() {
        let together = batch.first().is_some_and(|&first| {
            roots[first].place.start == root.place.start
                && roots[first].place.file == root.place.file
                && !session.is_dynamic(root)
        });
        if !together {
            close(&mut batches, std::mem::take(&mut batch));
        }
        batch.push(index);
    }
    close(&mut batches, batch);
    batches
}
