//! Sorting lists by a comparer, a struct `{x: _, y: _, less: bool}` of the configuration.
//!
//! A comparison may have to wait for what it compares, and the task that sorts then runs again: so the state of sorting
//! is kept, and each comparison is made once.

use crate::errors::Arg;
use crate::ir::{ArcType, Decl, Intrinsic, Node, NodeId};
use crate::label::Label;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{Conjunct, EnvId, Frame, Item, Trail, VertexId};
use crate::work::Need;

/// A merge from the bottom up: stable, and without recursion.
#[derive(Debug)]
struct Merge {
    items: Vec<VertexId>,
    merged: Vec<VertexId>,
    /// Runs of so many items are sorted.
    width: usize,
    /// The next of each of the two runs that are being merged.
    left: usize,
    right: usize,
}

impl Merge {
    fn new(items: Vec<VertexId>) -> Merge {
        Merge { merged: Vec::with_capacity(items.len()), left: 0, right: 1, width: 1, items }
    }

    /// Where the run begins and ends that the two which are being merged become, and where its second half begins.
    fn run(&self) -> (usize, usize, usize) {
        let start = self.merged.len() / (self.width * 2) * self.width * 2;
        let end = |length: usize| (start + length).min(self.items.len());
        (start, end(self.width), end(self.width * 2))
    }

    /// The two items to be compared next, the earlier one first; none when all is sorted.
    fn question(&mut self) -> Option<(VertexId, VertexId)> {
        while self.width < self.items.len() {
            if self.merged.len() == self.items.len() {
                std::mem::swap(&mut self.items, &mut self.merged);
                self.merged.clear();
                self.width *= 2;
                (self.left, self.right) = (0, self.width.min(self.items.len()));
                continue;
            }
            let (_, middle, end) = self.run();
            if self.left < middle && self.right < end {
                return Some((self.items[self.left], self.items[self.right]));
            }
            self.merged.extend_from_slice(&self.items[self.left..middle]);
            self.merged.extend_from_slice(&self.items[self.right..end]);
            self.left = end;
            self.right = (end + self.width).min(self.items.len());
        }
        None
    }

    /// Whether the later of the two comes before the earlier one.
    fn answer(&mut self, later_first: bool) {
        let next = if later_first { &mut self.right } else { &mut self.left };
        self.merged.push(self.items[*next]);
        *next += 1;
    }
}

/// A list that is being sorted.
#[derive(Debug)]
pub(crate) struct Sorting {
    merge: Merge,
    /// How many neighbours were found in order, where that is all that is asked.
    checked: usize,
    comparer: Comparer,
}

/// How two items are compared.
#[derive(Clone, Copy, Debug)]
enum Comparer {
    /// By unifying them with a struct.
    Struct(VertexId),
    /// By an expression that makes no values of its own, in a frame of which only `x` and `y` are seen. The vertex of that
    /// frame holds one pair after the other.
    Expression { less: NodeId, env: EnvId, pair: VertexId },
}

impl Session {
    pub(crate) fn sort_call(
        &mut self,
        which: Intrinsic,
        arguments: &[NodeId],
        env: EnvId,
        node: NodeId,
    ) -> Step<Value> {
        let key = (node, env, self.here.vertex);
        if let Some(&known) = self.inlines.get(&key) {
            return Ok(Value::Vertex(known));
        }
        let mut sorting = match self.sorts.remove(&key) {
            Some(sorting) => sorting,
            None => match self.begin_sorting(which, arguments, env, node)? {
                Ok(sorting) => sorting,
                Err(error) => return Ok(error),
            },
        };
        let result = match which {
            Intrinsic::ListIsSorted => self.is_sorted(&mut sorting, node),
            _ => self.sort(&mut sorting, node),
        };
        match result {
            Ok(Ok(value)) => {
                if let Value::Vertex(made) = value {
                    self.inlines.insert(key, made);
                }
                Ok(value)
            }
            Ok(Err(error)) => Ok(error),
            Err(halt) => {
                self.sorts.insert(key, sorting);
                Err(halt)
            }
        }
    }

    fn sort(&mut self, sorting: &mut Sorting, node: NodeId) -> Step<Result<Value, Value>> {
        while let Some((earlier, later)) = sorting.merge.question() {
            self.meter.work(1)?;
            match self.less(later, earlier, sorting.comparer, node)? {
                Ok(later_first) => sorting.merge.answer(later_first),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(Value::Vertex(self.list_of(&sorting.merge.items)?)))
    }

    fn is_sorted(&mut self, sorting: &mut Sorting, node: NodeId) -> Step<Result<Value, Value>> {
        while let Some(&[earlier, later]) = sorting.merge.items.get(sorting.checked..sorting.checked + 2) {
            match self.less(later, earlier, sorting.comparer, node)? {
                Ok(false) => sorting.checked += 1,
                Ok(true) => return Ok(Ok(Value::Bool(false))),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(Value::Bool(true)))
    }

    fn begin_sorting(
        &mut self,
        which: Intrinsic,
        arguments: &[NodeId],
        env: EnvId,
        node: NodeId,
    ) -> Step<Result<Sorting, Value>> {
        let elements = match self.elements(arguments[0], env, which.name())? {
            Ok(elements) => elements,
            Err(error) => return Ok(Err(error)),
        };
        let comparer = match self.eval(arguments[1], env)? {
            Value::Vertex(vertex) => vertex,
            value @ Value::Bottom(_) => return Ok(Err(value)),
            value => {
                let args = vec![Arg::Value(value)];
                return Ok(Err(self.failure(node, "{} is not a comparer", args)));
            }
        };
        let comparer = match self.direct_comparer(comparer) {
            Some((less, outer)) => {
                let pair = self.add_data(Value::Struct)?;
                let env = self.add_env(outer, Frame::Vertex(pair));
                Comparer::Expression { less, env, pair }
            }
            None => Comparer::Struct(comparer),
        };
        Ok(Ok(Sorting { merge: Merge::new(elements), checked: 0, comparer }))
    }

    /// The expression of a comparer that is a literal `{x: _, y: _, less: …}`, with its outer frame, if a value of it
    /// depends on nothing that unification would do.
    fn direct_comparer(&mut self, comparer: VertexId) -> Option<(NodeId, EnvId)> {
        let at = self.vertex(self.deref(comparer));
        let [only] = at.conjuncts[..] else { return None };
        if !at.settled {
            return None;
        }
        let Item::Node(node) = only.item else { return None };
        let Node::Struct(id) = self.ir().node(node) else { return None };
        let [x, y, less] = ["x", "y", "less"].map(|name| Label::string(self.intern(name)));
        let ir = self.ir();
        let (literal, decls) = (ir.structure(id), ir.decls(ir.structure(id)));
        let value = |wanted: Label| match ir.declared(literal, wanted).collect::<Vec<_>>()[..] {
            [only] => Some(only),
            _ => None,
        };
        let is_field = |decl: &Decl| matches!(decl, Decl::Field { arc: ArcType::Member, .. });
        let is_plain = decls.len() == 3 && decls.iter().all(is_field);
        let is_top = |label: Label| value(label).is_some_and(|node| matches!(self.ir().node(node), Node::Top));
        let less = value(less)?;
        (is_plain && is_top(x) && is_top(y) && self.compares_directly(less, [x, y])).then_some((less, only.env))
    }

    /// Whether an expression compares two paths below two fields of its own struct.
    fn compares_directly(&self, node: NodeId, fields: [Label; 2]) -> bool {
        let begins_at = |mut node: NodeId| loop {
            match self.ir().node(node) {
                Node::Selector { operand, .. } => node = operand,
                Node::Field { up: 0, label } => return fields.contains(&label),
                _ => return false,
            }
        };
        match self.ir().node(node) {
            Node::Compare { left, right, .. } => begins_at(left) && begins_at(right),
            _ => false,
        }
    }

    /// Asks a comparer whether one value comes before another.
    fn less(&mut self, a: VertexId, b: VertexId, comparer: Comparer, node: NodeId) -> Step<Result<bool, Value>> {
        let [x, y, less] = ["x", "y", "less"].map(|name| Label::string(self.intern(name)));
        let value = match comparer {
            Comparer::Expression { less, env, pair } => {
                self.set_pair(pair, [(x, a), (y, b)]);
                self.eval(less, env)?
            }
            Comparer::Struct(comparer) => {
                let key = (a, b.0, comparer.0, node);
                let vertex = match self.trials.get(&key) {
                    Some(&known) => known,
                    None => {
                        let pair = self.add_data(Value::Struct)?;
                        self.set_pair(pair, [(x, a), (y, b)]);
                        let trail = Trail::default();
                        let conjuncts =
                            [pair, comparer].map(|v| Conjunct { item: Item::Vertex(v), env: EnvId::NONE, trail });
                        let made = self.add_detached(VertexId::NONE, conjuncts.to_vec())?;
                        self.trials.insert(key, made);
                        made
                    }
                };
                let value = self.lookup(vertex, less, node)?.value();
                match self.concrete_value(value, node, "less")? {
                    value @ Value::Bool(_) => value,
                    value => self.unasked(vertex, less, value, node)?,
                }
            }
        };
        Ok(match self.concrete_value(value, node, "less")? {
            Value::Bool(value) => Ok(value),
            value @ Value::Bottom(_) => Err(value),
            value => Err(self.failure(node, "cannot use {} as bool", vec![Arg::Value(value)])),
        })
    }

    /// Why a comparer does not answer: the items are not what it takes, it says nothing, or the answer is not known.
    fn unasked(&mut self, pair: VertexId, less: Label, value: Value, node: NodeId) -> Step<Value> {
        self.wait(pair, Need::Deep)?;
        let pair = self.deref(pair);
        if let Some(error) = self.permanent_first(pair) {
            return Ok(Value::Bottom(error));
        }
        if self.vertex(pair).arcs.get(less).is_none() {
            return Ok(self.failure(node, "field not found: less", Vec::new()));
        }
        Ok(value)
    }

    fn set_pair(&mut self, pair: VertexId, fields: [(Label, VertexId); 2]) {
        let arcs = &mut self.vertex_mut(pair).arcs;
        arcs.clear();
        for (label, element) in fields {
            arcs.push(label, element);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Merge;
    use crate::vertex::VertexId;

    #[test]
    fn a_merge_sorts_and_keeps_the_order_of_equals() {
        for length in 0..40u32 {
            // Many equal keys, out of order.
            let items: Vec<VertexId> = (0..length).map(|n| VertexId((n * 7 % 5) * 1000 + n)).collect();
            let key = |item: VertexId| item.0 / 1000;
            let mut wanted = items.clone();
            wanted.sort_by_key(|item| key(*item));
            let mut merge = Merge::new(items);
            while let Some((earlier, later)) = merge.question() {
                merge.answer(key(later) < key(earlier));
            }
            assert_eq!(merge.items, wanted);
        }
    }
}
