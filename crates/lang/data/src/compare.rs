//! Comparing trees of data.

use std::cmp::Ordering;

use cue_num::Number;

use crate::data::{Data, Field, Node, NodeId};

impl Data {
    /// A total order of data. Equal is what CUE's `==` calls equal in lists and structs: fields in any order, numbers
    /// by kind and value, so that `1` and `1.0` differ. Which of two unequal trees is less is arbitrary but always
    /// the same.
    pub fn compare(&self, id: NodeId, other: &Data, other_id: NodeId) -> Ordering {
        let mut open = vec![(id, other_id)];
        while let Some((a, b)) = open.pop() {
            let order = match (self.node(a), other.node(b)) {
                (Node::Bool(a), Node::Bool(b)) => a.cmp(b),
                (Node::Number(a), Node::Number(b)) => compare_numbers(a, b),
                (Node::String(a), Node::String(b)) => a.cmp(b),
                (Node::Bytes(a), Node::Bytes(b)) => a.cmp(b),
                (Node::List(_), Node::List(_)) => {
                    let (a, b) = (self.elements(a), other.elements(b));
                    open.extend(a.iter().copied().zip(b.iter().copied()).rev());
                    a.len().cmp(&b.len())
                }
                (Node::Struct(_), Node::Struct(_)) => {
                    let (a, b) = (sorted(self.fields(a)), sorted(other.fields(b)));
                    open.extend(a.iter().zip(&b).map(|(a, b)| (a.value, b.value)).rev());
                    a.iter().map(|field| &field.key).cmp(b.iter().map(|field| &field.key))
                }
                (a, b) => rank(a).cmp(&rank(b)),
            };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

impl PartialEq for Data {
    fn eq(&self, other: &Data) -> bool {
        self.compare(self.root(), other, other.root()).is_eq()
    }
}

impl Eq for Data {}

fn compare_numbers(a: &Number, b: &Number) -> Ordering {
    b.is_int().cmp(&a.is_int()).then_with(|| a.compare(b))
}

/// Equal keys keep their order.
fn sorted(fields: &[Field]) -> Vec<&Field> {
    let mut fields: Vec<&Field> = fields.iter().collect();
    fields.sort_by(|a, b| a.key.cmp(&b.key));
    fields
}

fn rank(node: &Node) -> u8 {
    match node {
        Node::Null => 0,
        Node::Bool(_) => 1,
        Node::Number(_) => 2,
        Node::String(_) => 3,
        Node::Bytes(_) => 4,
        Node::List(_) => 5,
        Node::Struct(_) => 6,
    }
}
