//! Asks the evaluator what the inline tests of CUE's own corpus assert, and counts what holds.
//!
//! An archive holds CUE whose fields carry `@test(…)`: what the field must be, or how it must fail. The denominator is
//! counted from the raw text; whatever cannot be asked (because it does not load, takes too long, is not understood)
//! counts as failed.
//!
//! Invariant: knows no archive by name. What differs on purpose stands in a document, and counts as failed too.

mod archive;
mod attribute;
mod attribute_places;
pub mod census;
mod directive;
mod expect;
mod extract;
mod fault;
mod finding;
mod orders;
mod path;
mod permute;
mod program;
pub mod report;
mod run;
pub mod script;
mod share;
mod text;
mod view;

pub use archive::{Answer, Answers};
pub use finding::{Finding, Tier};
pub use orders::Order;
pub use run::{ALONE, ArchiveResult, find, find_scripts, run, run_here, run_scripts};
