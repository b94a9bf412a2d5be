//! Rows of the ledger of requirements about the engine, each a test named after its row: the command from outside.

mod approval;
mod drift;
mod life;
mod order;
mod plan;
mod progress;
mod who;
