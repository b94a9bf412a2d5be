//! The syntax of CUE: text to tree and back.
//!
//! Invariant: knows no values, no packages and no files; a text comes in, a tree and its mistakes come out. Parsing
//! cannot fail: what is broken becomes [`ast::Expr::Bad`] with a diagnostic beside it.
//! Invariant: no native recursion on the depth of the input. The tree is one arena, so that dropping it is flat too.

pub mod ast;
pub mod build;
pub mod codes;
mod comments;
mod equal;
pub mod experiments;
mod literal;
mod nodes;
mod parser;
mod print;
pub mod quote;
mod scanner;
mod token;

pub use equal::{structural_eq, structural_eq_expr};
pub use experiments::{Experiments, Version};
pub use parser::{MAX_DEPTH, ParseOptions, Parsed, parse, parse_expr};
pub use print::{print, print_expr};
