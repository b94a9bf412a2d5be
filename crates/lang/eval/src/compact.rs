//! Expressions as messages show them: without spaces and comments, operations in parentheses.

use crate::ir::{ArcType, Decl, Node, NodeId};
use crate::session::Session;

/// How much of an expression a message shows.
const SHOWN: usize = 800;

/// What is still to be written, the last first.
enum Piece {
    Node(NodeId),
    Text(String),
}

impl Session {
    pub(crate) fn compact(&self, node: NodeId) -> String {
        let mut out = String::new();
        let mut todo = vec![Piece::Node(node)];
        while let Some(piece) = todo.pop() {
            match piece {
                Piece::Text(text) => out.push_str(&text),
                Piece::Node(node) => todo.extend(self.pieces(node).into_iter().rev()),
            }
            if out.len() > SHOWN {
                out.push('…');
                break;
            }
        }
        out
    }

    fn pieces(&self, node: NodeId) -> Vec<Piece> {
        let ir = self.ir();
        let text = |text: &str| Piece::Text(text.to_owned());
        match ir.node(node) {
            Node::Struct(id) => {
                let mut parts = Vec::new();
                for decl in ir.decls(ir.structure(id)) {
                    parts.push(self.decl_pieces(decl));
                }
                enclosed("{", parts, ",", "}")
            }
            Node::List(id) => {
                let list = ir.list(id);
                let mut parts: Vec<_> =
                    ir.nodes(list.elements).iter().map(|&element| vec![Piece::Node(element)]).collect();
                if let Some(rest) = list.ellipsis {
                    let mut part = vec![text("...")];
                    part.extend(rest.is_said.then_some(Piece::Node(rest.value)));
                    parts.push(part);
                }
                enclosed("[", parts, ",", "]")
            }
            Node::And(operands) => {
                let operands = ir.nodes(operands);
                let mut all = vec![text(&"(".repeat(operands.len().saturating_sub(1)))];
                for (index, &operand) in operands.iter().enumerate() {
                    if index > 0 {
                        all.push(text(" & "));
                    }
                    all.push(Piece::Node(operand));
                    if index > 0 {
                        all.push(text(")"));
                    }
                }
                all
            }
            Node::Or(id) => {
                let disjuncts = &ir.disjunction(id).disjuncts;
                let part = |default: bool, value| vec![text(if default { "*" } else { "" }), Piece::Node(value)];
                enclosed("(", disjuncts.iter().map(|d| part(d.default, d.value)).collect(), "|", ")")
            }
            Node::Chain(index) => {
                let chain = &ir.chains[index as usize];
                let mut all = vec![text(&"(".repeat(chain.rest.len())), Piece::Node(chain.first)];
                for (op, operand, _) in &chain.rest {
                    all.extend([text(&format!(" {} ", op.text())), Piece::Node(*operand), text(")")]);
                }
                all
            }
            Node::Compare { op, left, right } => {
                let op = format!(" {} ", op.text());
                vec![text("("), Piece::Node(left), Piece::Text(op), Piece::Node(right), text(")")]
            }
            Node::Bound { op, operand } => vec![text(op.text()), Piece::Node(operand)],
            Node::Not(operand) => vec![text("!"), Piece::Node(operand)],
            Node::Negate(operand) => vec![text("-"), Piece::Node(operand)],
            Node::Posate(operand) => vec![text("+"), Piece::Node(operand)],
            Node::Open(operand) => vec![Piece::Node(operand), text("...")],
            Node::Selector { operand, label } => {
                vec![Piece::Node(operand), text("."), Piece::Text(self.label_source(label))]
            }
            Node::Index { operand, index } => {
                vec![Piece::Node(operand), text("["), Piece::Node(index), text("]")]
            }
            Node::Call { function, arguments } => {
                let parts = ir.nodes(arguments).iter().map(|&argument| vec![Piece::Node(argument)]).collect();
                let mut all = vec![Piece::Node(function)];
                all.extend(enclosed("(", parts, ", ", ")"));
                all
            }
            Node::Number(index) => vec![Piece::Text(ir.numbers[index as usize].to_cue_string())],
            // Names, and texts with their quotes.
            _ => vec![Piece::Text(self.source_text(node).split_whitespace().collect::<Vec<_>>().join(" "))],
        }
    }

    fn decl_pieces(&self, decl: &Decl) -> Vec<Piece> {
        let text = |text: &str| Piece::Text(text.to_owned());
        let colon = |arc: ArcType| match arc {
            ArcType::Member => text(":"),
            ArcType::Required => text("!:"),
            ArcType::Optional => text("?:"),
        };
        match *decl {
            Decl::Field { label, arc, value, .. } => {
                vec![Piece::Text(self.label_source(label)), colon(arc), Piece::Node(value)]
            }
            Decl::Dynamic { key, arc, value, .. } => vec![Piece::Node(key), colon(arc), Piece::Node(value)],
            Decl::Pattern { filter, value, .. } => {
                vec![text("["), Piece::Node(filter), text("]:"), Piece::Node(value)]
            }
            Decl::Embedding(embedded) => vec![Piece::Node(embedded)],
            Decl::Comprehension(id) => vec![Piece::Node(self.program.comprehension_node(id))],
            Decl::Ellipsis => vec![text("...")],
        }
    }
}

fn enclosed(open: &str, parts: Vec<Vec<Piece>>, separator: &str, close: &str) -> Vec<Piece> {
    let mut all = vec![Piece::Text(open.to_owned())];
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            all.push(Piece::Text(separator.to_owned()));
        }
        all.extend(part);
    }
    all.push(Piece::Text(close.to_owned()));
    all
}
