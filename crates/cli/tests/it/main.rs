//! The command from outside: transcripts of a terminal, and what no transcript can show.

mod canary;
mod codes;
mod color;
mod completion;
mod interrupt;
mod panic;
mod pipe;
mod tiers;
mod transcripts;
