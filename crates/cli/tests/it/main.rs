//! The command from outside: transcripts of a terminal, and what no transcript can show.

mod cache;
mod canary;
mod codes;
mod color;
mod compact;
mod completion;
mod contracts;
mod crowd;
mod docker;
mod examples;
mod explain;
mod interrupt;
mod ledger_engine;
mod ledger_tiers;
mod limits;
mod names;
mod panic;
mod pipe;
mod project;
mod read_only;
mod sink;
mod surroundings;
mod tiers;
mod transcripts;
