//! How nouns of the engine look on a terminal.

pub(crate) mod plan;
