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

mod mend;
mod provide;

use crate::limits::Limit;
use crate::session::{Halt, Here, Session, Step};
use crate::value::Value;
use crate::vertex::{Status, VertexId};
use crate::work::{Need, TaskId, TaskKind};

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
                    // Who refers to it asks for its conjuncts alone, and whether they close.
                    let at = self.vertex_mut(vertex);
                    at.settled = true;
                    at.closed |= at.label.is_definition();
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
            if !blocked && self.settle_at_once(vertex)? {
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
            if end != arc && self.vertex(arc).forward != end {
                self.shorten(arc, end);
            }
            let known = self.vertex(end).status == Status::Deep || self.vertex(end).visiting;
            if !known && self.vertex(arc).arc != crate::ir::ArcType::Optional {
                self.meter.work(1)?;
                let at = self.vertex(end);
                let is_settled = at.settled || at.parent == vertex;
                if !is_settled || !self.settle_at_once(end)? || self.vertex(end).status < Status::Deep {
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
