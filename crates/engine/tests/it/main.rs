//! The engine from outside: documents in, plans, calls and records out. The world is in memory.

mod apply;
mod approve;
mod plan;
mod recover;
mod rules;
mod watch;
mod world;
