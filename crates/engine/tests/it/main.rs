//! The engine from outside: documents in, plans, calls and records out. The world is in memory.

mod apply;
mod approve;
mod cloud;
mod compact;
mod plan;
mod read;
mod recover;
mod rules;
mod secrets;
mod vault;
mod watch;
mod world;
