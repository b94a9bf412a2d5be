//! Tells diagnostics: [`human`] to people, [`json`] to programs, [`line`] to logs and `grep`, [`positions`] to who knows
//! the CUE tools.
//!
//! Invariant: decides nothing and prints nothing; from a diagnostic and the texts that it speaks of it makes a text or a
//! value. Knows no terminal: whether there is colour, and how wide it is, is said by the caller.
//! Invariant: what comes out can be shown on a terminal; control characters of the input do not survive.

mod clean;
mod human;
mod json;
mod line;
mod positions;

pub use human::{Style, human};
pub use json::{Document, Item, Place, Position, Range, Snippet, document, json};
pub use line::{line, summary};
pub use positions::positions;
