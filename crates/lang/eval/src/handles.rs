//! Functions that move or count elements and never look at them, called where some are not known yet: in the place of
//! each element they are given a number, and what they make of the numbers is what they would make of the elements.

use cue_data::{Builder, CallError, Node as DataNode, Value as Plain};
use cue_num::Number;
use strata_base::Span;

use crate::expr::Needs;
use crate::ir::{ArcType, LibraryFunction, NodeId};
use crate::label::Label;
use crate::session::{Session, Step};
use crate::value::Value;
use crate::vertex::{EnvId, VertexId};
use crate::work::Need;

/// How many levels of lists a function looks into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Levels {
    Some(u64),
    All,
}

impl Levels {
    fn inner(self) -> Levels {
        match self {
            Levels::Some(count) => Levels::Some(count.saturating_sub(1)),
            Levels::All => Levels::All,
        }
    }
}

impl Session {
    /// What such a function answers; nothing if it is none, or if the answer depends on what is not known.
    pub(crate) fn call_with_handles(
        &mut self,
        callee: LibraryFunction,
        arguments: &[NodeId],
        env: EnvId,
        node: NodeId,
    ) -> Step<Option<Value>> {
        let mut levels = match (callee.package.path, callee.function.name) {
            ("list", "Drop" | "Take" | "Slice" | "Reverse" | "Repeat" | "MinItems" | "MaxItems") => Levels::Some(1),
            ("struct", "MinFields" | "MaxFields") => Levels::Some(1),
            ("list", "Concat") => Levels::Some(2),
            ("list", "FlattenN") => Levels::All,
            _ => return Ok(None),
        };
        let mut scalars = Vec::new();
        for &argument in &arguments[1..] {
            match self.concrete(argument, env, Needs::Library(callee))? {
                Value::Number(number) => scalars.push(Plain::Number(number)),
                _ => return Ok(None),
            }
        }
        if let (Levels::All, Some(Plain::Number(depth))) = (levels, scalars.first())
            && !depth.is_negative()
        {
            levels = Levels::Some(depth.as_u64().unwrap_or(u64::MAX).saturating_add(1));
        }
        let Value::Vertex(root) = self.concrete(arguments[0], env, Needs::Library(callee))? else { return Ok(None) };
        let mut handles = Vec::new();
        let data = self.with_handles(root, levels, &mut handles)?;
        let plain: Vec<Plain> = std::iter::once(data).chain(scalars).collect();
        Ok(match self.apply(callee, &plain)? {
            Ok(Plain::Tree(tree)) => {
                let data = tree.data();
                let handle = |id: &cue_data::NodeId| match data.node(*id) {
                    DataNode::Number(number) => handles.get(usize::try_from(number.as_u64()?).ok()?).copied(),
                    _ => None,
                };
                match data.elements(tree.node()).iter().map(handle).collect::<Option<Vec<_>>>() {
                    Some(items) => Some(Value::Vertex(self.list_of(&items)?)),
                    None => None,
                }
            }
            Ok(answer) => Some(self.value_from(&answer)?),
            Err(CallError::Unsatisfied(_)) => Some(Value::Bool(false)),
            // What is wrong with the numbers beside the list. What is wrong with an element would be told of its handle.
            Err(error) if levels == Levels::Some(1) => Some(self.call_failed(&error, &callee.name(), node)),
            Err(_) => None,
        })
    }

    /// A list or struct as data, with numbers for what stands so many levels down.
    fn with_handles(&mut self, root: VertexId, levels: Levels, handles: &mut Vec<VertexId>) -> Step<Plain> {
        enum Todo {
            Visit(VertexId, Levels),
            Key(Label),
            End,
        }
        let mut builder = Builder::new();
        let mut todo = vec![Todo::Visit(root, levels)];
        while let Some(next) = todo.pop() {
            self.meter.work(1)?;
            let (vertex, levels) = match next {
                Todo::End => {
                    builder.end(Span::NONE);
                    continue;
                }
                Todo::Key(label) => {
                    let text = self.label_text(label);
                    builder.key(&text, Span::NONE);
                    continue;
                }
                Todo::Visit(vertex, levels) => (vertex, levels),
            };
            self.wait(vertex, Need::Done)?;
            let (at, value) = self.chosen_value(vertex);
            let is_list = matches!(value, Value::List { .. });
            let is_struct = matches!(value, Value::Struct) && vertex == root;
            if levels == Levels::Some(0) || !is_list && !is_struct {
                builder.number(Number::from(handles.len() as u64), Span::NONE);
                handles.push(vertex);
                continue;
            }
            if is_list {
                builder.begin_list(Span::NONE)
            } else {
                builder.begin_struct(Span::NONE)
            };
            todo.push(Todo::End);
            for (label, field) in self.vertex(at).arcs.iter().collect::<Vec<_>>().into_iter().rev() {
                if is_list && label.is_int() {
                    todo.push(Todo::Visit(field, levels.inner()));
                } else if is_struct && label.is_string() && self.vertex(field).arc == ArcType::Member {
                    todo.push(Todo::Visit(field, levels.inner()));
                    todo.push(Todo::Key(label));
                }
            }
        }
        Ok(Plain::root(builder.finish()))
    }
}
