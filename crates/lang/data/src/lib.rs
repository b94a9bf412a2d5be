//! Plain data as the crates of the language pass it around: what a document reader makes, what a builtin function
//! takes and gives, what an evaluator injects and streams out.
//!
//! Invariant: knows no evaluation, no text format, no files. Data is concrete: there are no references, constraints
//! or defaults in it.
//! Invariant: no native recursion on the depth of data. A tree is one arena, so that dropping and copying it is flat;
//! walking and comparing it keep their own stacks.

mod builder;
mod compare;
mod data;
mod debug;
mod event;
mod function;
mod kinds;
mod value;

pub use builder::Builder;
pub use data::{Data, Field, Mark, Node, NodeId, Run};
pub use event::{Event, Events, Sink, Spelling, Step};
pub use function::{Call, CallError, Constant, Exceeded, Function, Limits, Package};
pub use kinds::Kinds;
pub use value::{Tree, Value};
