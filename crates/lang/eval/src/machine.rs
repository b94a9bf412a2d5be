//! The machine: runs tasks until what was asked for is known.
//!
//! Everything in progress stands on a stack of ours, so depth costs memory and never the native stack. A task that
//! lacks something names it and is run again later; a task has no effect before it has all it needs, so running it
//! again is safe.
//!
//! A vertex that waits for something already on the stack is stuck. It leaves the stack and remembers the lowest frame
//! on which it hangs, as in Tarjan's algorithm for strongly connected components. When a frame is stuck on nothing
//! below itself, it is the head of a cycle, and the whole cycle is known: then one remedy is chosen by rank and place,
//! never by the order in which things happened, and all is tried again.

use crate::ir::{Decl, Node, NodeId};
use crate::label::Label;
use crate::limits::Limit;
use crate::session::{Halt, Here, Session, Step};
use crate::value::Value;
use crate::vertex::{Status, VertexId};
use crate::work::{DisjunctionSource, Need, TaskId, TaskKind};

/// One thing in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active {
    pub(crate) vertex: VertexId,
    need: Need,
    /// The lowest frame that what is stuck here hangs on.
    low: u32,
    /// The next task to try, or the next field to look into.
    cursor: u32,
    /// The count of progress for which `low` and `cursor` hold.
    seen: u64,
}

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

const UNHINDERED: u32 = u32::MAX;

impl Session {
    /// Evaluates until a need is met.
    pub(crate) fn require(&mut self, vertex: VertexId, need: Need) -> Result<(), Limit> {
        let floor = self.active.len();
        self.push_active(vertex, need)?;
        while self.active.len() > floor {
            if let Err(limit) = self.step() {
                for active in self.active.split_off(floor) {
                    self.vertex_mut(active.vertex).active = 0;
                }
                return Err(limit);
            }
        }
        self.meter.spent.map_or(Ok(()), Err)
    }

    /// Succeeds if a need is met; else what asks must wait. A forced task goes on with what is there.
    pub(crate) fn wait(&self, vertex: VertexId, need: Need) -> Step<()> {
        let vertex = if need == Need::Settled { vertex } else { self.deref(vertex) };
        if self.satisfied(vertex, need) || (self.here.forced && self.is_stuck(vertex)) {
            return Ok(());
        }
        Err(Halt::Wait(vertex, need))
    }

    pub(crate) fn is_stuck(&self, vertex: VertexId) -> bool {
        let at = self.vertex(vertex);
        at.active > 0 || at.visiting || at.work.as_ref().is_some_and(|work| work.stuck.is_some())
    }

    pub(crate) fn satisfied(&self, vertex: VertexId, need: Need) -> bool {
        let at = self.vertex(vertex);
        match need {
            Need::Settled => at.settled,
            Need::Deep => at.status == Status::Deep,
            _ if at.status >= Status::Done => true,
            Need::Done => false,
            Need::Scalar => at.work.as_ref().is_some_and(|work| work.scalar.is_some() && work.error.is_none()),
            Need::Label(label) => at.settled && at.status == Status::Open && !self.has_provider(vertex, Some(label)),
            Need::Fields => {
                let frozen = at.work.as_ref().is_some_and(|work| work.field_set_frozen);
                at.settled && at.status == Status::Open && (frozen || !self.has_provider(vertex, None))
            }
        }
    }

    fn has_provider(&self, vertex: VertexId, label: Option<Label>) -> bool {
        let Some(work) = &self.vertex(vertex).work else { return false };
        work.tasks.iter().any(|&task| !self.task(task).done && self.may_provide(task, label))
    }

    /// Whether what a task waits for depends, by way of another task, on what it may itself provide.
    pub(crate) fn waits_for_itself(&self, id: TaskId, vertex: VertexId, need: Need) -> bool {
        let mut seen = rustc_hash::FxHashSet::default();
        // Each with whether another task lies between.
        let mut pending = vec![(vertex, need, false)];
        while let Some((vertex, need, far)) = pending.pop() {
            let mut at = self.deref(vertex);
            let mut label = match need {
                Need::Label(label) => Some(label),
                _ => None,
            };
            // What may provide it: tasks of the vertex, and of those above that may still add to it.
            loop {
                let here = self.vertex(at);
                for &task in here.work.iter().flat_map(|work| &work.tasks) {
                    if self.task(task).done || !self.may_provide(task, label) {
                        continue;
                    }
                    if task == id {
                        if far {
                            return true;
                        }
                        continue;
                    }
                    if let Some((next, need)) = self.task(task).wait
                        && seen.insert(task)
                    {
                        pending.push((next, need, true));
                    }
                }
                if here.settled || here.parent.is_none() || here.detached {
                    break;
                }
                label = Some(here.label);
                at = here.parent;
            }
        }
        false
    }

    /// Whether a task may add the label, or conjuncts to it; without a label, any.
    fn may_provide(&self, task: TaskId, label: Option<Label>) -> bool {
        let task = self.task(task);
        match task.kind {
            TaskKind::Reference => true,
            TaskKind::Expression => self.expression_may_have_fields(task.node),
            TaskKind::Dynamic { .. } => label.is_none_or(Label::is_string),
            TaskKind::Pattern { .. } => label.is_none_or(Label::is_regular),
            TaskKind::List => label.is_none_or(Label::is_int),
            TaskKind::Comprehension => self.comprehension_may_provide(task.node, label),
            TaskKind::Disjunctions => {
                let Some(work) = &self.vertex(task.vertex).work else { return true };
                // While they are worked through, they stand there.
                let begun = work.expansion.as_ref().map_or(&[][..], |expansion| expansion.pending());
                begun.iter().chain(&work.disjunctions).any(|pending| match &pending.source {
                    DisjunctionSource::Literal { index, .. } => {
                        let literal = self.ir().disjunction(*index);
                        literal.disjuncts.iter().any(|disjunct| self.node_may_provide(disjunct.value, label))
                    }
                    DisjunctionSource::Value { value, .. } => value.values.iter().any(|value| !value.is_scalar()),
                })
            }
        }
    }

    fn expression_may_have_fields(&self, node: NodeId) -> bool {
        !matches!(
            self.ir().node(node),
            Node::Interpolation { .. }
                | Node::Compare { .. }
                | Node::Chain(_)
                | Node::Logical { .. }
                | Node::Not(_)
                | Node::Negate(_)
                | Node::Posate(_)
                | Node::Bound { .. }
                | Node::Key { .. }
                | Node::ForKey { .. }
        )
    }

    fn comprehension_may_provide(&self, node: NodeId, label: Option<Label>) -> bool {
        let Node::Comprehension(id) = self.ir().node(node) else { return true };
        let comprehension = self.ir().comprehension(id);
        self.node_may_provide(comprehension.body, label)
            || comprehension.fallback.is_some_and(|fallback| self.node_may_provide(fallback, label))
    }

    /// Whether a literal may add a label, by its text alone.
    fn node_may_provide(&self, node: NodeId, label: Option<Label>) -> bool {
        match self.ir().node(node) {
            Node::Struct(id) => {
                let Some(label) = label else { return true };
                let ir = self.ir();
                ir.decls(ir.structure(id)).iter().any(|decl| match decl {
                    Decl::Field { label: l, .. } => *l == label,
                    Decl::Dynamic { .. } => label.is_string(),
                    Decl::Pattern { .. } => label.is_regular(),
                    Decl::Comprehension(inner) => {
                        let body = self.ir().comprehension(*inner).body;
                        match self.ir().node(body) {
                            Node::Struct(body) => {
                                let body = self.ir().structure(body);
                                !body.is_static() || ir.declared(body, label).next().is_some() || body.has_pattern
                            }
                            _ => true,
                        }
                    }
                    Decl::Embedding(embedded) => !self.is_plain_scalar(*embedded),
                    Decl::Ellipsis => false,
                })
            }
            _ => !self.is_plain_scalar(node),
        }
    }

    fn is_plain_scalar(&self, node: NodeId) -> bool {
        matches!(
            self.ir().node(node),
            Node::Null
                | Node::Bool(_)
                | Node::Number(_)
                | Node::String(_)
                | Node::Bytes(_)
                | Node::Basic(_)
                | Node::Bound { .. }
                | Node::Top
                | Node::Bottom
        )
    }

    fn push_active(&mut self, vertex: VertexId, need: Need) -> Result<(), Limit> {
        let vertex = if need == Need::Settled { vertex } else { self.deref(vertex) };
        self.meter.work(1)?;
        if need == Need::Deep {
            self.vertex_mut(vertex).visiting = true;
        } else {
            self.vertex_mut(vertex).active = u32::try_from(self.active.len() + 1).map_err(|_| Limit::Depth)?;
        }
        self.active.push(Active { vertex, need, low: UNHINDERED, cursor: 0, seen: self.progress });
        Ok(())
    }

    fn pop_active(&mut self) {
        if let Some(active) = self.active.pop() {
            if active.need == Need::Deep {
                self.vertex_mut(active.vertex).visiting = false;
            } else {
                self.vertex_mut(active.vertex).active = 0;
            }
        }
    }

    fn step(&mut self) -> Result<(), Limit> {
        if let Some(limit) = self.meter.spent {
            return Err(limit);
        }
        let index = self.active.len() - 1;
        let progress = self.progress;
        let active = &mut self.active[index];
        if active.seen != progress && active.need != Need::Deep {
            active.seen = progress;
            active.low = UNHINDERED;
            active.cursor = 0;
        }
        if active.need == Need::Deep { self.step_deep(index) } else { self.step_vertex(index) }
    }

    fn step_vertex(&mut self, index: usize) -> Result<(), Limit> {
        let Active { vertex, need, .. } = self.active[index];
        let target = if need == Need::Settled { vertex } else { self.deref(vertex) };
        if target != vertex {
            if self.vertex(vertex).status < Status::Done {
                self.finish(vertex)?;
                self.progress += 1;
                return Ok(());
            }
            self.pop_active();
            // What stood for the vertex has been found out: go on there.
            if !self.satisfied(target, need) && self.vertex(target).active == 0 {
                self.push_active(target, need)?;
            }
            return Ok(());
        }
        if self.satisfied(vertex, need) {
            self.pop_active();
            return Ok(());
        }
        let mut blocked = false;
        if !self.vertex(vertex).settled {
            match self.settle(vertex) {
                Settling::Settled => {
                    self.vertex_mut(vertex).settled = true;
                    self.moved(index);
                    if need == Need::Settled {
                        self.pop_active();
                        return Ok(());
                    }
                }
                Settling::Needs(parent, need) => {
                    if !self.enter(index, parent, need)? {
                        return Ok(());
                    }
                    blocked = true;
                }
            }
        }
        if need == Need::Settled {
            return self.stuck(index);
        }
        if self.vertex(vertex).status == Status::Fresh {
            if !blocked && self.settle_leaf(vertex) {
                return Ok(());
            }
            self.open(vertex)?;
            self.moved(index);
            if blocked || self.satisfied(vertex, need) || self.deref(vertex) != vertex {
                return Ok(());
            }
        }
        if self.run_tasks(index, vertex, need, blocked)? {
            return Ok(());
        }
        self.stuck(index)
    }

    /// Something changed for a frame that knows it.
    fn moved(&mut self, index: usize) {
        self.progress += 1;
        let active = &mut self.active[index];
        active.seen = self.progress;
        active.low = UNHINDERED;
    }

    /// Runs what can run. False where all that is left is stuck.
    fn run_tasks(&mut self, index: usize, vertex: VertexId, need: Need, blocked: bool) -> Result<bool, Limit> {
        let wanted = match need {
            Need::Label(label) => Some(label),
            _ => None,
        };
        let mut parked = false;
        let mut expand = None;
        let mut cursor = self.active[index].cursor as usize;
        let nth = |session: &Session, cursor: usize| session.vertex(vertex).work.as_ref()?.tasks.get(cursor).copied();
        while let Some(task) = nth(self, cursor) {
            cursor += 1;
            let at = self.task(task);
            if at.done {
                continue;
            }
            if at.kind == TaskKind::Disjunctions {
                expand = Some(task);
                continue;
            }
            if wanted.is_some() && !self.may_provide(task, wanted) {
                continue;
            }
            match self.run(task)? {
                None => {
                    self.progress += 1;
                    return Ok(true);
                }
                Some((target, need)) => {
                    if !self.enter(index, target, need)? {
                        return Ok(true);
                    }
                    parked = true;
                }
            }
        }
        let rush = expand.is_some_and(|task| self.task(task).forced);
        if let Some(task) = expand.filter(|_| rush || (!parked && !blocked))
            && (wanted.is_none() || self.may_provide(task, wanted))
        {
            return match self.run(task)? {
                None => {
                    self.progress += 1;
                    Ok(true)
                }
                Some((target, need)) => Ok(!self.enter(index, target, need)?),
            };
        }
        if parked || blocked {
            return Ok(false);
        }
        if wanted.is_some() {
            // All that may provide the label has run.
            return Ok(self.satisfied(vertex, need));
        }
        self.finish(vertex)?;
        self.progress += 1;
        Ok(true)
    }

    /// Runs a task once; what it waits for, if it does.
    fn run(&mut self, id: TaskId) -> Result<Option<(VertexId, Need)>, Limit> {
        self.meter.work(1)?;
        let task = self.task(id).clone();
        let saved = self.here;
        self.here = Here { vertex: task.vertex, trail: task.trail, task: Some(id), forced: task.forced, trying: false };
        let result = self.perform(id, &task);
        self.here = saved;
        match result {
            Ok(()) => {
                self.task_mut(id).done = true;
                Ok(None)
            }
            Err(Halt::Wait(vertex, need)) => {
                self.task_mut(id).wait = Some((vertex, need));
                Ok(Some((vertex, need)))
            }
            Err(Halt::Limit(limit)) => Err(limit),
        }
    }

    /// Goes after what a frame waits for. True where that is stuck too, so that the frame must do without.
    fn enter(&mut self, index: usize, target: VertexId, need: Need) -> Result<bool, Limit> {
        let target = if need == Need::Settled { target } else { self.deref(target) };
        let at = self.vertex(target);
        let hangs_on = if at.active > 0 {
            Some(at.active - 1)
        } else if need == Need::Deep && at.visiting {
            self.active
                .iter()
                .position(|active| active.vertex == target && active.need == Need::Deep)
                .and_then(|at| u32::try_from(at).ok())
        } else {
            at.work
                .as_ref()
                .and_then(|work| work.stuck)
                .filter(|(progress, _)| *progress == self.progress)
                .map(|(_, low)| low)
        };
        match hangs_on {
            Some(low) => {
                let active = &mut self.active[index];
                active.low = active.low.min(low);
                Ok(true)
            }
            None => {
                self.push_active(target, need)?;
                Ok(false)
            }
        }
    }

    fn stuck(&mut self, index: usize) -> Result<(), Limit> {
        let Active { vertex, low, .. } = self.active[index];
        if (low as usize) < index {
            let progress = self.progress;
            self.work(vertex).stuck = Some((progress, low));
            self.pop_active();
            if let Some(below) = self.active.last_mut()
                && below.seen == progress
            {
                below.low = below.low.min(low);
            }
            return Ok(());
        }
        self.work(vertex).stuck = Some((self.progress, u32::try_from(index).unwrap_or(u32::MAX)));
        self.mend(vertex);
        Ok(())
    }

    /// Chooses one remedy for the cycle that hangs on a vertex.
    fn mend(&mut self, head: VertexId) {
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

    /// What keeps a vertex from having all its conjuncts.
    fn settle(&self, vertex: VertexId) -> Settling {
        let at = self.vertex(vertex);
        let parent = at.parent;
        if parent.is_none() || at.detached || at.alternative {
            return Settling::Settled;
        }
        let above = self.vertex(parent);
        if !above.forward.is_none() || above.status >= Status::Done {
            return Settling::Settled;
        }
        if !above.settled {
            return Settling::Needs(parent, Need::Settled);
        }
        if above.status == Status::Fresh || self.has_provider(parent, Some(at.label)) {
            return Settling::Needs(parent, Need::Label(at.label));
        }
        Settling::Settled
    }

    /// Looks into all fields of a vertex, then at what needs them all.
    fn step_deep(&mut self, index: usize) -> Result<(), Limit> {
        let vertex = self.active[index].vertex;
        if index > self.meter.limits.depth as usize * 2 {
            return Err(Limit::Depth);
        }
        if self.vertex(vertex).status == Status::Deep {
            self.pop_active();
            return Ok(());
        }
        if self.vertex(vertex).status < Status::Done {
            return self.descend(index, vertex, Need::Done);
        }
        let target = self.deref(vertex);
        if target != vertex {
            if self.vertex(target).status == Status::Deep || self.vertex(target).visiting {
                self.vertex_mut(vertex).status = Status::Deep;
                self.drop_work(vertex);
                self.pop_active();
                return Ok(());
            }
            return self.descend(index, target, Need::Deep);
        }
        let mut cursor = self.active[index].cursor;
        while let Some((_, arc)) = self.vertex(vertex).arcs.at(cursor as usize) {
            let end = self.deref(arc);
            let known = self.vertex(end).status == Status::Deep || self.vertex(end).visiting;
            if !known && self.vertex(arc).arc != crate::ir::ArcType::Optional {
                self.meter.work(1)?;
                let at = self.vertex(end);
                if !(at.settled || at.parent == vertex) || !self.settle_leaf(end) {
                    self.active[index].cursor = cursor;
                    return self.descend(index, end, Need::Deep);
                }
            }
            cursor += 1;
        }
        self.active[index].cursor = cursor;
        match self.complete(vertex) {
            Ok(()) => {
                self.progress += 1;
                self.pop_active();
                Ok(())
            }
            Err(Halt::Wait(target, need)) => self.descend(index, target, need),
            Err(Halt::Limit(limit)) => Err(limit),
        }
    }

    /// From a look in depth to what it needs; if that is stuck, so is the look.
    fn descend(&mut self, index: usize, target: VertexId, need: Need) -> Result<(), Limit> {
        if !self.enter(index, target, need)? {
            return Ok(());
        }
        let low = self.active[index].low;
        let vertex = self.active[index].vertex;
        if (low as usize) < index {
            let progress = self.progress;
            self.work(vertex).stuck = Some((progress, low));
            self.pop_active();
            if let Some(below) = self.active.last_mut() {
                below.low = below.low.min(low);
            }
            return Ok(());
        }
        // Nothing below hangs on it: the cycle lies inside.
        self.mend(target);
        self.active[index].low = UNHINDERED;
        Ok(())
    }

    /// What is known of a vertex's own value now.
    pub(crate) fn known_value(&self, vertex: VertexId) -> Option<Value> {
        let at = self.vertex(vertex);
        if at.status >= Status::Done {
            return Some(at.value.clone());
        }
        let work = at.work.as_ref()?;
        if let Some(error) = work.error {
            return Some(Value::Bottom(error));
        }
        if let Some(scalar) = &work.scalar {
            return Some(scalar.clone());
        }
        if work.a_struct || (work.has_struct && !at.arcs.is_empty()) {
            return Some(Value::Struct);
        }
        work.list.map(|list| Value::List { open: !list.closed })
    }
}

enum Settling {
    Settled,
    Needs(VertexId, Need),
}
