//! What each expression stands in.

use crate::ir::{Clause, ComprehensionId, Decl, Ir, ListId, Node, NodeId, StructId};

/// Where an expression stands. All but operands stand in a frame that their owner made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stands {
    /// In nothing: it is a file, or an expression that was asked for.
    Alone,
    /// In an operation, a path, a call.
    Operand(NodeId),
    /// The value of a field with a known label, of a `let`, or an embedding.
    Member(StructId),
    /// The value of a field whose label is computed, or matched by a pattern.
    Labelled {
        literal: StructId,
        label: NodeId,
        keyed: bool,
    },
    Element(ListId),
    Body(ComprehensionId),
    Fallback(ComprehensionId),
    /// The nth clause.
    Clause(ComprehensionId, u32),
}

/// What each expression of a program stands in. Made once, when the first explanation is asked for.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// By node.
    stands: Vec<Stands>,
    /// The literal that each list is.
    list_nodes: Vec<NodeId>,
    /// What each comprehension stands in.
    comprehensions: Vec<Stands>,
}

impl Surroundings {
    pub(crate) fn of(ir: &Ir) -> Surroundings {
        let mut made = Surroundings {
            stands: vec![Stands::Alone; ir.nodes.len()],
            list_nodes: vec![NodeId(0); ir.lists.len()],
            comprehensions: vec![Stands::Alone; ir.comprehensions.len()],
        };
        for (node, &kind) in (0u32..).map(NodeId).zip(&ir.nodes) {
            if let Node::List(list) = kind {
                made.list_nodes[list.0 as usize] = node;
            }
            for operand in ir.operands(kind) {
                made.stands[operand.0 as usize] = Stands::Operand(node);
            }
        }
        for (id, literal) in (0u32..).map(StructId).zip(&ir.structs) {
            for decl in ir.decls(literal) {
                made.declare(id, decl);
            }
            for id_of_let in literal.lets.clone() {
                made.set(ir.lets[id_of_let as usize].value, Stands::Member(id));
            }
        }
        for (id, literal) in (0u32..).map(ListId).zip(&ir.lists) {
            for &element in ir.nodes(literal.elements) {
                match ir.node(element) {
                    Node::Comprehension(inner) => made.comprehensions[inner.0 as usize] = Stands::Element(id),
                    _ => made.set(element, Stands::Element(id)),
                }
            }
            if let Some(rest) = literal.ellipsis {
                made.set(rest.value, Stands::Element(id));
            }
        }
        for (id, literal) in (0u32..).map(ComprehensionId).zip(&ir.comprehensions) {
            made.set(literal.body, Stands::Body(id));
            if let Some(fallback) = literal.fallback {
                made.set(fallback, Stands::Fallback(id));
            }
            for (index, clause) in (0u32..).zip(&literal.clauses) {
                if let Clause::For { source: node } | Clause::If(node) | Clause::Let(node) | Clause::TryLet(node) =
                    *clause
                {
                    made.set(node, Stands::Clause(id, index));
                }
            }
        }
        made
    }

    fn declare(&mut self, id: StructId, decl: &Decl) {
        match *decl {
            Decl::Field { value, .. } | Decl::Embedding(value) => self.set(value, Stands::Member(id)),
            Decl::Dynamic { key, value, keyed, .. } | Decl::Pattern { filter: key, value, keyed } => {
                self.set(key, Stands::Member(id));
                self.set(value, Stands::Labelled { literal: id, label: key, keyed });
            }
            Decl::Comprehension(inner) => self.comprehensions[inner.0 as usize] = Stands::Member(id),
            Decl::Ellipsis => {}
        }
    }

    fn set(&mut self, node: NodeId, stands: Stands) {
        self.stands[node.0 as usize] = stands;
    }

    /// What stands for a place in injected data stands in nothing.
    pub(crate) fn stands(&self, node: NodeId) -> Stands {
        self.stands.get(node.0 as usize).copied().unwrap_or(Stands::Alone)
    }

    pub(crate) fn comprehension(&self, id: ComprehensionId) -> Stands {
        self.comprehensions[id.0 as usize]
    }

    pub(crate) fn list_node(&self, id: ListId) -> NodeId {
        self.list_nodes[id.0 as usize]
    }
}

impl Ir {
    /// The expressions that an operation is made of.
    pub(crate) fn operands(&self, node: Node) -> Vec<NodeId> {
        match node {
            Node::Not(x) | Node::Negate(x) | Node::Posate(x) | Node::Open(x) | Node::Try(x) => vec![x],
            Node::Bound { operand, .. } | Node::Selector { operand, .. } => vec![operand],
            Node::Index { operand, index } => vec![operand, index],
            Node::Compare { left, right, .. } => vec![left, right],
            Node::Chain(index) => {
                let chain = &self.chains[index as usize];
                std::iter::once(chain.first).chain(chain.rest.iter().map(|(_, node, _)| *node)).collect()
            }
            Node::And(run) | Node::Slice(run) => self.nodes(run).to_vec(),
            Node::Logical { operands, .. } => self.nodes(operands).to_vec(),
            Node::Interpolation { parts, .. } => self.nodes(parts).to_vec(),
            Node::Call { function, arguments } => {
                let mut all = self.nodes(arguments).to_vec();
                all.push(function);
                all
            }
            Node::Or(index) => self.disjunction(index).disjuncts.iter().map(|d| d.value).collect(),
            _ => Vec::new(),
        }
    }
}
