//! Expressions. Operators of one kind are flattened into chains, so long sums and unions do not nest.

use std::sync::Arc;

use cue_data::{Constant, Kinds};
use cue_num::Number;
use cue_syntax::ast;
use strata_base::Span;

use super::{Lowering, MAX_OPERATOR_DEPTH, Work};
use crate::codes;
use crate::ir::{
    Arithmetic, Chain, Comparison, Disjunct, DisjunctionLit, Intrinsic, LibraryFunction, ListId, ListLit, Node, NodeId,
};
use crate::label::Label;
use crate::predeclared::{self, Name};
use crate::scope::{Binding, ScopeId};

impl Lowering<'_> {
    pub(super) fn expr(&mut self, expr: ast::ExprId, scope: ScopeId) -> NodeId {
        self.nested(expr, scope, 0)
    }

    pub(super) fn nested(&mut self, mut expr: ast::ExprId, scope: ScopeId, depth: u32) -> NodeId {
        while let ast::Expr::Paren(inner) = self.file.expr(expr) {
            expr = inner;
        }
        let span = self.file.expr_span(expr);
        if depth > MAX_OPERATOR_DEPTH {
            return self.error(codes::DEPTH, span, "expression nested too deeply");
        }
        let depth = depth + 1;
        let node = match self.file.expr(expr) {
            ast::Expr::Bad | ast::Expr::Paren(_) => Node::Invalid,
            ast::Expr::Bottom => Node::Bottom,
            ast::Expr::Null => Node::Null,
            ast::Expr::Bool(value) => Node::Bool(value),
            ast::Expr::Int(text) | ast::Expr::Float(text) => return self.number(text, span),
            ast::Expr::String { value, .. } => self.string(value),
            ast::Expr::Bytes { value, .. } => self.byte_string(value),
            ast::Expr::Interpolation { parts, spelling } => self.interpolation(parts, spelling, scope, depth),
            ast::Expr::Ident(text) => return self.identifier(text, span, scope),
            ast::Expr::Struct(_) => {
                let (node, id) = self.new_struct(span);
                let inner = self.scopes.open(Some(scope), true, true);
                let tried = self.tried.map(|(body, depth)| (body.or(Some(node)), depth + 1));
                self.work.push(Work::Struct { expr, scope: inner, id, tried, within: self.current, depth });
                return node;
            }
            ast::Expr::List(_) => {
                let id = ListId(u32::try_from(self.ir.lists.len()).unwrap_or(u32::MAX));
                self.ir.lists.push(ListLit::default());
                let inner = self.scopes.open(Some(scope), true, true);
                let tried = self.tried.map(|(body, depth)| (body, depth + 1));
                self.work.push(Work::List { expr, scope: inner, id, tried, within: self.current });
                Node::List(id)
            }
            ast::Expr::Unary { op, operand } => return self.unary(op, operand, scope, span, depth),
            ast::Expr::Binary { op, left, right, op_start: _ } => {
                return self.binary(expr, op, left, right, scope, span, depth);
            }
            ast::Expr::Selector { operand, label, .. } => return self.selector(operand, label, scope, span, depth),
            ast::Expr::Index { operand, index } => {
                let operand = self.nested(operand, scope, depth);
                let index = self.nested(index, scope, depth);
                Node::Index { operand, index }
            }
            ast::Expr::Slice { operand, low, high } => {
                let operand = self.nested(operand, scope, depth);
                let mut bound = |bound: Option<ast::ExprId>| match bound {
                    Some(bound) => self.nested(bound, scope, depth),
                    None => self.ir.add(Node::Top, Span::NONE),
                };
                let (low, high) = (bound(low), bound(high));
                Node::Slice(self.ir.add_nodes(&[operand, low, high]))
            }
            ast::Expr::Call { function, arguments } => {
                let file = self.file;
                let function = self.nested(function, scope, depth);
                let arguments: Vec<_> =
                    file.expr_list(arguments).iter().map(|&argument| self.nested(argument, scope, depth)).collect();
                Node::Call { function, arguments: self.ir.add_nodes(&arguments) }
            }
            ast::Expr::PostfixEllipsis(operand) => Node::Open(self.nested(operand, scope, depth)),
            ast::Expr::PostfixQuestion(operand) => return self.optional(operand, scope, span, depth),
            ast::Expr::Comprehension(comprehension) => match self.comprehension(&comprehension, scope, span) {
                Some(id) => Node::Comprehension(id),
                None => Node::Invalid,
            },
            ast::Expr::Alias { .. } => {
                return self.error(codes::SYNTAX, span, "alias values not allowed in this position");
            }
            ast::Expr::Ellipsis(_) => {
                return self.error(codes::SYNTAX, span, "values not allowed in this position");
            }
        };
        self.ir.add(node, span)
    }

    /// `x?` tests whether `x` is there, and stands only below a `try`.
    fn optional(&mut self, operand: ast::ExprId, scope: ScopeId, span: Span, depth: u32) -> NodeId {
        let Some((body, depth_of_try)) = self.tried else {
            return self.error(codes::SYNTAX, span, "optional marker (?) is only valid within a try clause");
        };
        let operand = self.nested(operand, scope, depth);
        match self.ir.node(operand) {
            Node::Field { .. } | Node::Selector { .. } | Node::Index { .. } => {
                let node = self.ir.add(Node::Try(operand), span);
                if let Some(body) = body {
                    self.ir.tries.entry(body).or_default().push((node, depth_of_try));
                }
                node
            }
            _ => self.error(codes::SYNTAX, span, "optional marker (?) can only be used on references"),
        }
    }

    fn unary(&mut self, op: ast::UnaryOp, operand: ast::ExprId, scope: ScopeId, span: Span, depth: u32) -> NodeId {
        let bound = match op {
            ast::UnaryOp::Less => Comparison::Less,
            ast::UnaryOp::LessEqual => Comparison::LessEqual,
            ast::UnaryOp::Greater => Comparison::Greater,
            ast::UnaryOp::GreaterEqual => Comparison::GreaterEqual,
            ast::UnaryOp::Equal => Comparison::Equal,
            ast::UnaryOp::NotEqual => Comparison::NotEqual,
            ast::UnaryOp::Match => Comparison::Match,
            ast::UnaryOp::NotMatch => Comparison::NotMatch,
            ast::UnaryOp::Default => {
                return self.error(codes::SYNTAX, span, "preference mark not allowed at this position");
            }
            ast::UnaryOp::Plus | ast::UnaryOp::Minus | ast::UnaryOp::Not => {
                let operand = self.nested(operand, scope, depth);
                let node = match op {
                    ast::UnaryOp::Not => Node::Not(operand),
                    ast::UnaryOp::Minus => self.negated(operand),
                    _ => Node::Posate(operand),
                };
                return self.ir.add(node, span);
            }
        };
        let operand = self.nested(operand, scope, depth);
        self.ir.add(Node::Bound { op: bound, operand }, span)
    }

    /// `-1` is a number, not an operation.
    fn negated(&mut self, operand: NodeId) -> Node {
        let Node::Number(index) = self.ir.node(operand) else { return Node::Negate(operand) };
        let negated = self.ir.numbers[index as usize].neg();
        self.number_node(negated)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one node, taken apart by the caller's match")]
    fn binary(
        &mut self,
        expr: ast::ExprId,
        op: ast::BinaryOp,
        left: ast::ExprId,
        right: ast::ExprId,
        scope: ScopeId,
        span: Span,
        depth: u32,
    ) -> NodeId {
        let comparison = match op {
            ast::BinaryOp::Or => return self.disjunction(expr, scope, span, depth),
            ast::BinaryOp::And => {
                let operands = self.spine(expr, scope, depth, |op| op == ast::BinaryOp::And);
                let operands: Vec<_> = operands.into_iter().map(|(_, node, _)| node).collect();
                let nodes = self.ir.add_nodes(&operands);
                return self.ir.add(Node::And(nodes), span);
            }
            ast::BinaryOp::LogicalAnd | ast::BinaryOp::LogicalOr => {
                let operands = self.spine(expr, scope, depth, |other| other == op);
                let operands: Vec<_> = operands.into_iter().map(|(_, node, _)| node).collect();
                let operands = self.ir.add_nodes(&operands);
                return self.ir.add(Node::Logical { all: op == ast::BinaryOp::LogicalAnd, operands }, span);
            }
            ast::BinaryOp::Add | ast::BinaryOp::Subtract | ast::BinaryOp::Multiply | ast::BinaryOp::Divide => {
                return self.chain(expr, scope, span, depth);
            }
            ast::BinaryOp::Equal => Comparison::Equal,
            ast::BinaryOp::NotEqual => Comparison::NotEqual,
            ast::BinaryOp::Less => Comparison::Less,
            ast::BinaryOp::LessEqual => Comparison::LessEqual,
            ast::BinaryOp::Greater => Comparison::Greater,
            ast::BinaryOp::GreaterEqual => Comparison::GreaterEqual,
            ast::BinaryOp::Match => Comparison::Match,
            ast::BinaryOp::NotMatch => Comparison::NotMatch,
        };
        let left = self.nested(left, scope, depth);
        let right = self.nested(right, scope, depth);
        self.check_operand(left, comparison.text());
        self.check_operand(right, comparison.text());
        self.ir.add(Node::Compare { op: comparison, left, right }, span)
    }

    /// The operands of a left-associative run of operators, first to last, each with the operator before it.
    fn spine(
        &mut self,
        expr: ast::ExprId,
        scope: ScopeId,
        depth: u32,
        belongs: impl Fn(ast::BinaryOp) -> bool,
    ) -> Vec<(ast::BinaryOp, NodeId, Span)> {
        let mut operands = Vec::new();
        let mut at = expr;
        let first = loop {
            match self.file.expr(at) {
                ast::Expr::Binary { op, left, right, .. } if belongs(op) => {
                    operands.push((op, right, self.file.expr_span(at)));
                    at = left;
                }
                _ => break at,
            }
        };
        operands.push((ast::BinaryOp::And, first, self.file.expr_span(first)));
        operands.reverse();
        operands.into_iter().map(|(op, operand, span)| (op, self.nested(operand, scope, depth), span)).collect()
    }

    fn chain(&mut self, expr: ast::ExprId, scope: ScopeId, span: Span, depth: u32) -> NodeId {
        let arithmetic = |op| match op {
            ast::BinaryOp::Add => Some(Arithmetic::Add),
            ast::BinaryOp::Subtract => Some(Arithmetic::Subtract),
            ast::BinaryOp::Multiply => Some(Arithmetic::Multiply),
            ast::BinaryOp::Divide => Some(Arithmetic::Divide),
            _ => None,
        };
        let mut operands = self.spine(expr, scope, depth, |op| arithmetic(op).is_some()).into_iter();
        let Some((_, first, _)) = operands.next() else { return self.ir.add(Node::Invalid, span) };
        let rest: Vec<_> =
            operands.map(|(op, node, span)| (arithmetic(op).unwrap_or(Arithmetic::Add), node, span)).collect();
        if let Some((op, ..)) = rest.first() {
            self.check_operand(first, op.text());
        }
        for (op, node, _) in &rest {
            self.check_operand(*node, op.text());
        }
        let id = u32::try_from(self.ir.chains.len()).unwrap_or(u32::MAX);
        self.ir.chains.push(Chain { first, rest });
        self.ir.add(Node::Chain(id), span)
    }

    /// An operand that can never become concrete is a mistake of the text.
    fn check_operand(&mut self, operand: NodeId, op: &str) {
        let hopeless = matches!(self.ir.node(operand), Node::Bound { .. } | Node::Basic(_) | Node::Top);
        if hopeless {
            let span = self.ir.span(operand);
            let name = match self.ir.node(operand) {
                Node::Basic(kinds) => kinds.to_string(),
                Node::Top => "_".to_owned(),
                _ => "bound".to_owned(),
            };
            self.error(codes::SYNTAX, span, format!("invalid operand {name} ('{op}' requires concrete value)"));
        }
    }

    fn disjunction(&mut self, expr: ast::ExprId, scope: ScopeId, span: Span, depth: u32) -> NodeId {
        let mut disjuncts = Vec::new();
        let mut has_defaults = false;
        let mut pending = vec![(expr, false)];
        while let Some((at, default)) = pending.pop() {
            match self.file.expr(at) {
                ast::Expr::Binary { op: ast::BinaryOp::Or, left, right, .. } => {
                    pending.push((right, default));
                    pending.push((left, default));
                }
                ast::Expr::Unary { op: ast::UnaryOp::Default, operand } => {
                    has_defaults = true;
                    pending.push((operand, true));
                }
                _ => {
                    let value = self.nested(at, scope, depth);
                    disjuncts.push(Disjunct { value, default });
                }
            }
        }
        let id = u32::try_from(self.ir.disjunctions.len()).unwrap_or(u32::MAX);
        self.ir.disjunctions.push(DisjunctionLit { disjuncts, has_defaults });
        self.ir.add(Node::Or(id), span)
    }

    fn selector(
        &mut self,
        operand: ast::ExprId,
        label: ast::SelectorLabel,
        scope: ScopeId,
        span: Span,
        depth: u32,
    ) -> NodeId {
        let operand = self.nested(operand, scope, depth);
        let label = match label {
            ast::SelectorLabel::Bad => return self.ir.add(Node::Invalid, span),
            ast::SelectorLabel::Ident(text) => {
                let name = Arc::clone(self.file.text(text));
                if let Node::StdImport(index) = self.ir.node(operand) {
                    return self.library_member(index, &name, span);
                }
                self.identifier_label(&name)
            }
            ast::SelectorLabel::String(text) => Label::string(self.normalised_symbol(text)),
        };
        self.ir.add(Node::Selector { operand, label }, span)
    }

    /// `strings.Join` and its kin are known when the program is read.
    fn library_member(&mut self, index: u32, name: &str, span: Span) -> NodeId {
        let import = self.ir.std_imports[index as usize].clone();
        if let Some(intrinsic) = intrinsic(&import.path, name) {
            return self.ir.add(Node::Intrinsic(intrinsic), span);
        }
        if let Some(function) = import.package.function(name) {
            let index = u32::try_from(self.ir.library.len()).unwrap_or(u32::MAX);
            self.ir.library.push(LibraryFunction { package: import.package, function });
            return self.ir.add(Node::Library(index), span);
        }
        if let Some((_, constant)) = import.package.constants.iter().find(|(constant, _)| *constant == name) {
            let node = match constant {
                Constant::Cue(text) => return self.cue_constant(text, span),
                Constant::Int(value) => self.number_node(Number::from(*value)),
                Constant::Number(text) => match Number::parse_literal(text) {
                    Ok(number) => self.number_node(number),
                    Err(_) => Node::Invalid,
                },
                Constant::String(text) => self.string_node(text),
            };
            return self.ir.add(node, span);
        }
        if let Some(text) = comparer(&import.path, name) {
            return self.cue_constant(text, span);
        }
        // It is missed when it is asked for, not before.
        let operand = self.ir.add(Node::StdImport(index), span);
        let label = self.identifier_label(name);
        self.ir.add(Node::Selector { operand, label }, span)
    }

    fn identifier(&mut self, text: ast::Text, span: Span, scope: ScopeId) -> NodeId {
        let symbol = self.symbol(text);
        if let Some(found) = self.scopes.find(scope, symbol) {
            return self.bound_name(found.binding, found.up, span);
        }
        let name = Arc::clone(self.file.text(text));
        if &*name == "_" {
            return self.ir.add(Node::Top, span);
        }
        if &*name == "self" && self.experiments.alias_v2 {
            let up = self.scopes.up_to_value(scope);
            return self.ir.add(Node::SelfValue { up }, span);
        }
        if &*name == "__no_sharing" {
            // A hint to the original that changes no value.
            let none = self.ir.add_nodes(&[]);
            return self.ir.add(Node::And(none), span);
        }
        match predeclared::find(&name) {
            Some(Name::Kind(kinds)) => self.ir.add(Node::Basic(kinds), span),
            Some(Name::Function(function)) => self.ir.add(Node::Predeclared(function), span),
            Some(Name::Range { kind, low, high }) => self.range(kind, low, high, span),
            None => self.unbound(&name, span, scope),
        }
    }

    fn unbound(&mut self, name: &str, span: Span, scope: ScopeId) -> NodeId {
        let Some(library) = self.free else {
            return self.error(codes::REFERENCE, span, format!("reference \"{name}\" not found"));
        };
        let paths = [name.to_owned(), format!("encoding/{name}"), format!("crypto/{name}")];
        if let Some((path, package)) = paths.iter().find_map(|path| Some((path, library(path)?))) {
            let index = u32::try_from(self.ir.std_imports.len()).unwrap_or(u32::MAX);
            self.ir.std_imports.push(crate::ir::StdImport { path: path.as_str().into(), package });
            return self.ir.add(Node::StdImport(index), span);
        }
        let label = self.identifier_label(name);
        let up = self.scopes.up_to_outermost(scope);
        self.ir.add(Node::Field { up, label }, span)
    }

    fn bound_name(&mut self, binding: Binding, up: u32, span: Span) -> NodeId {
        let node = match binding {
            Binding::Field(label) | Binding::Shared(label) => Node::Field { up, label },
            Binding::DynamicField { key } => {
                if self.in_key && matches!(self.ir.node(key), Node::Invalid) {
                    return self.error(codes::REFERENCE, span, "cyclic reference in field alias");
                }
                Node::DynamicField { up, key }
            }
            Binding::Let(id) => Node::Let { up, id },
            Binding::Key => Node::Key { up },
            Binding::KeyText(symbol) => {
                let text = self.symbol_text(symbol).to_owned();
                self.string_node(&text)
            }
            Binding::KeyField => Node::KeyField { up },
            Binding::ValueAlias => Node::ValueAlias { up },
            Binding::ForKey => Node::ForKey { up },
            Binding::ForValue => Node::ForValue { up },
            Binding::ClauseLet => Node::ClauseLet { up },
            Binding::Import(instance) => Node::Import(instance),
            Binding::StdImport(index) => Node::StdImport(index),
            Binding::Missing => Node::Invalid,
        };
        self.ir.add(node, span)
    }

    fn range(&mut self, kind: Kinds, low: &str, high: Option<&str>, span: Span) -> NodeId {
        let mut operands = vec![self.ir.add(Node::Basic(kind), span)];
        for (op, text) in [(Comparison::GreaterEqual, Some(low)), (Comparison::LessEqual, high)] {
            let Some(Ok(number)) = text.map(Number::parse_literal) else { continue };
            let number = self.number_node(number);
            let operand = self.ir.add(number, span);
            operands.push(self.ir.add(Node::Bound { op, operand }, span));
        }
        let operands = self.ir.add_nodes(&operands);
        self.ir.add(Node::And(operands), span)
    }
}

/// Library functions that need the evaluator.
fn intrinsic(path: &str, name: &str) -> Option<Intrinsic> {
    Some(match (path, name) {
        ("list", "Sort") => Intrinsic::ListSort,
        ("list", "SortStable") => Intrinsic::ListSortStable,
        ("list", "IsSorted") => Intrinsic::ListIsSorted,
        ("list", "MatchN") => Intrinsic::ListMatchN,
        ("encoding/json", "Validate") => Intrinsic::JsonValidate,
        ("encoding/yaml", "Validate") => Intrinsic::YamlValidate,
        ("encoding/yaml", "ValidatePartial") => Intrinsic::YamlValidatePartial,
        _ => return None,
    })
}

/// Values of the library that are CUE themselves.
fn comparer(path: &str, name: &str) -> Option<&'static str> {
    Some(match (path, name) {
        ("list", "Comparer") => "{T: _, x: T, y: T, less: bool}",
        ("list", "Ascending") => "{T: number | string, x: T, y: T, less: x < y}",
        ("list", "Descending") => "{T: number | string, x: T, y: T, less: x > y}",
        _ => return None,
    })
}
