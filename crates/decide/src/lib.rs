//! Decides what a change would do. [`plan()`] turns a graph and what is recorded into a plan set.
//!
//! Invariant: pure. No clock, no I/O, no async, no randomness, no provider by name; the same input gives the same
//! bytes. Linear in nodes, edges and leaves, up to a logarithm for sorting.

pub mod codes;
mod input;
mod planner;

pub use input::{Input, Options, Reality, Selection, State};
pub use planner::plan;
