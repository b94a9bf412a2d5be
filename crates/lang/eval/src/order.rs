//! The order of fields, as people wrote them.
//!
//! Each literal says in which order its own fields come. Literals that were unified follow each other as they stand in
//! the text, but never against an order that one of them gives. What is left open, and what contradicts itself, is
//! decided by name, so the result depends on the text alone and not on the order of evaluation.

use rustc_hash::FxHashMap;

use crate::ir::{Decl, Node};
use crate::label::Label;
use crate::session::Session;
use crate::vertex::VertexId;

impl Session {
    /// The fields of a struct in order.
    pub(crate) fn ordered_fields(&self, vertex: VertexId) -> Vec<(Label, VertexId)> {
        let vertex = self.deref(vertex);
        let at = self.vertex(vertex);
        if at.inserted.len() <= 1 || at.arcs.len() <= 1 {
            return self.single_order(vertex);
        }
        let mut literals = at.inserted.clone();
        literals.sort_by_key(|inserted| {
            let span = self.ir().span(inserted.literal);
            (span.file, span.start, inserted.literal)
        });
        let position: FxHashMap<Label, usize> =
            at.arcs.iter().enumerate().map(|(index, (label, _))| (label, index)).collect();
        let count = position.len();
        let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut before = vec![0u32; count];
        let mut first_seen = vec![usize::MAX; count];
        let mut clock = 0;
        for inserted in &literals {
            let Node::Struct(id) = self.ir().node(inserted.literal) else { continue };
            let mut previous: Option<usize> = None;
            for decl in &self.ir().structure(id).decls {
                let Decl::Field { label, .. } = decl else { continue };
                let Some(&index) = position.get(label) else { continue };
                if first_seen[index] == usize::MAX {
                    first_seen[index] = clock;
                    clock += 1;
                }
                if let Some(previous) = previous {
                    if previous != index && !after[previous].contains(&index) && !after[index].contains(&previous) {
                        after[previous].push(index);
                        before[index] += 1;
                    }
                }
                previous = Some(index);
            }
        }
        self.sorted(vertex, &after, before, &first_seen)
    }

    /// Kahn's algorithm; the ready field that was written first comes first, and a cycle is cut there too.
    fn sorted(
        &self,
        vertex: VertexId,
        after: &[Vec<usize>],
        mut before: Vec<u32>,
        first_seen: &[usize],
    ) -> Vec<(Label, VertexId)> {
        let arcs: Vec<_> = self.vertex(vertex).arcs.iter().collect();
        let count = arcs.len();
        let mut ready = std::collections::BTreeSet::new();
        let mut waiting = std::collections::BTreeSet::new();
        for index in 0..count {
            let key = (first_seen[index], index);
            if before[index] == 0 {
                ready.insert(key)
            } else {
                waiting.insert(key)
            };
        }
        let mut out = Vec::with_capacity(count);
        let mut done = vec![false; count];
        while out.len() < count {
            let Some(key) = ready.pop_first().or_else(|| waiting.pop_first()) else { break };
            let index = key.1;
            if done[index] {
                continue;
            }
            done[index] = true;
            waiting.remove(&key);
            out.push(arcs[index]);
            for &next in &after[index] {
                before[next] = before[next].saturating_sub(1);
                if before[next] == 0 && !done[next] {
                    let key = (first_seen[next], next);
                    waiting.remove(&key);
                    ready.insert(key);
                }
            }
        }
        out
    }

    fn single_order(&self, vertex: VertexId) -> Vec<(Label, VertexId)> {
        self.vertex(vertex).arcs.iter().collect()
    }
}
