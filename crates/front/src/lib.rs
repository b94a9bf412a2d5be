//! Reads what people write, one module for each family of documents, and makes units of it.
//!
//! Invariant: pure. Knows no contract, no provider and no state: whether a unit makes sense is for others to say.
//! Invariant: strict. What is not known is refused with a suggestion; all mistakes of a document are told at once.

pub mod codes;
mod parameters;
mod reference;
pub mod templates;
pub mod tiers;

pub use parameters::{Given, Parameters};
pub use reference::Use;
pub use templates::Templates;
