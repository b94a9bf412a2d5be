//! The command from outside: transcripts of a terminal, and what no transcript can show.

mod canary;
mod codes;
mod color;
mod completion;
mod docker;
mod interrupt;
mod ledger_engine;
mod panic;
mod pipe;
mod project;
mod tiers;
mod transcripts;
