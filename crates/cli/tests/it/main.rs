//! The command from outside: transcripts of a terminal, and what no transcript can show.

mod codes;
mod color;
mod completion;
mod panic;
mod pipe;
mod transcripts;
