//! Decides what a change would do. [`plan()`] turns a graph and what is recorded into a plan set; [`check()`] holds any
//! plan set against rules of its own.
//!
//! Invariant: pure. No clock, no I/O, no async, no randomness, no provider by name; the same input gives the same
//! bytes. Linear in nodes, edges and leaves, up to a logarithm for sorting.
//! Invariant: the planner and the checker share no code beyond the nouns.

mod checker;
pub mod codes;
mod input;
mod planner;

pub use checker::{Progress, Rule, Violation, check, check_rest};
pub use input::{Input, Options, Reality, Selection, State, Users};
pub use planner::plan;
