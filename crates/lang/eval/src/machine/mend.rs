//! Cycles: which remedies there are for one, and which of them is applied.

use crate::ir::NodeId;
use crate::session::Session;
use crate::vertex::{Status, VertexId};
use crate::work::{Need, TaskId, TaskKind};

/// What to do about a cycle, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Remedy {
    /// Choose among alternatives though some tasks still wait for the choice.
    Expand(VertexId),
    /// Take the conjuncts that a vertex has for all of them.
    Settle(VertexId),
    /// Let a task go on with what is there.
    Force(TaskId),
}

/// How soon a remedy is tried: its rank, the depth and path of its vertex, its place, and the vertex itself.
type Urgency = (u8, u32, String, u32, u32);

impl Session {
    /// Chooses one remedy for the cycle that hangs on a vertex.
    pub(super) fn mend(&mut self, head: VertexId) {
        let mut best: Option<(Urgency, Remedy)> = None;
        let mut visited = rustc_hash::FxHashSet::default();
        let mut pending = vec![head];
        while let Some(vertex) = pending.pop() {
            if !visited.insert(vertex) {
                continue;
            }
            for (remedy, rank, node) in self.remedies(vertex, &mut pending) {
                let place = node.map_or(0, |node| node.0);
                // By name before place, so that fields may stand in any order.
                let key = (rank, self.depth(vertex), self.path_text(vertex), place, vertex.0);
                if best.as_ref().is_none_or(|(other, _)| key < *other) {
                    best = Some((key, remedy));
                }
            }
        }
        self.progress += 1;
        match best.map(|(_, remedy)| remedy) {
            Some(Remedy::Expand(vertex)) => {
                let tasks = self.work(vertex).tasks.clone();
                for task in tasks {
                    if self.task(task).kind == TaskKind::Disjunctions {
                        self.task_mut(task).forced = true;
                    }
                }
            }
            Some(Remedy::Settle(vertex)) => self.vertex_mut(vertex).settled = true,
            Some(Remedy::Force(task)) => self.task_mut(task).forced = true,
            // Nothing is left to try: what is known stays, the rest is a cycle.
            None => self.give_up(head),
        }
    }

    fn remedies(&self, vertex: VertexId, pending: &mut Vec<VertexId>) -> Vec<(Remedy, u8, Option<NodeId>)> {
        let mut found = Vec::new();
        let at = self.vertex(vertex);
        if !at.settled && !at.parent.is_none() {
            found.push((Remedy::Settle(vertex), 1, None));
            pending.push(at.parent);
        }
        let Some(work) = &at.work else { return found };
        let mut expand = None;
        let mut parked = false;
        for &id in &work.tasks {
            let task = self.task(id);
            if task.done {
                continue;
            }
            if let Some((target, need)) = task.wait {
                let target = self.deref(target);
                pending.push(target);
                if need == Need::Deep {
                    self.undecided_below(target, pending);
                }
            }
            if task.kind == TaskKind::Disjunctions {
                expand = Some(task.forced);
                if task.wait.is_some() && !task.forced {
                    found.push((Remedy::Force(id), 4, Some(task.node)));
                }
                continue;
            }
            parked = true;
            if !task.forced {
                let rank = if task.kind == TaskKind::Comprehension { 2 } else { 3 };
                found.push((Remedy::Force(id), rank, Some(task.node)));
            }
        }
        if expand == Some(false) && parked && at.settled {
            found.push((Remedy::Expand(vertex), 0, None));
        }
        found
    }

    /// The vertices below one that are not known in full, for what waits for all of it.
    fn undecided_below(&self, vertex: VertexId, pending: &mut Vec<VertexId>) {
        let mut below = vec![vertex];
        let mut seen = 0;
        while let Some(vertex) = below.pop() {
            seen += 1;
            let vertex = self.deref(vertex);
            let at = self.vertex(vertex);
            if at.status == Status::Deep || seen > 10_000 {
                continue;
            }
            if at.work.as_ref().is_some_and(|work| work.stuck.is_some()) {
                pending.push(vertex);
            }
            below.extend(at.arcs.iter().map(|(_, arc)| arc));
        }
    }

    fn give_up(&mut self, vertex: VertexId) {
        let tasks = self.work(vertex).tasks.clone();
        for task in tasks {
            self.task_mut(task).done = true;
        }
        self.vertex_mut(vertex).settled = true;
        let error = self.cycle_error(vertex);
        let combined = self.work(vertex).error;
        let combined = self.combine(combined, error);
        self.work(vertex).error = Some(combined);
    }
}
