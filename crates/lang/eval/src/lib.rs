//! The evaluator of CUE: from trees to values, able to say who set each of them.
//!
//! A [`Program`] is what was read, with every name resolved; it never changes and any number of threads share it. A
//! [`Session`] is one evaluation of it, an arena on one thread that is dropped whole.
//!
//! Invariant: knows no files, no YAML or JSON text, no platform. The functions of the library come to it as tables.
//! Invariant: no clock and no randomness; the same program gives the same values, errors and orders.
//! Invariant: no native recursion on the depth of data; work, memory and depth have limits, and a limit is no error
//! of the language: nothing can catch it.

mod api;
mod arena;
mod bounds;
mod builtins;
mod call;
mod checks;
mod close;
mod closing;
pub mod codes;
mod compact;
mod constrain;
mod cycle;
mod disjunct;
mod dump;
mod equal;
mod errors;
mod expr;
mod few;
mod filter;
mod finish;
mod handles;
mod insert;
mod inspect;
mod ir;
mod label;
mod leaf;
mod limits;
mod listed;
mod lower;
mod machine;
mod message;
mod order;
mod origins;
mod plain;
mod predeclared;
mod program;
mod read;
mod resolve;
mod scalars;
mod schemas;
mod scope;
mod session;
mod sort;
mod strict;
mod tasks;
mod value;
mod vertex;
mod work;

pub use crate::api::FieldView;
pub use crate::errors::{Arg, Bottom, ErrorCode, ErrorId};
pub use crate::ir::{ArcType, InstanceId};
pub use crate::label::{Label, LabelKind, Symbol};
pub use crate::limits::{Cancel, Limit, Limits};
pub use crate::lower::{Library, PackageSource};
pub use crate::origins::{Cause, Contribution, Denial, Effect, Explanation, Fact};
pub use crate::program::Program;
pub use crate::session::Session;
pub use crate::strict::{Collision, Rules};
pub use crate::value::{Bound, Callee, Disjunction, Validator, Value};
pub use crate::vertex::VertexId;
