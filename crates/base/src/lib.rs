//! What every crate needs in order to speak of places in text and of mistakes in them.
//!
//! Invariant: knows no file system, no terminal, no serialisation format and no domain word. A diagnostic is a
//! value; who prints it, and how, is decided elsewhere.

pub mod diagnostic;
mod print;
pub mod source;
pub mod suggest;

pub use diagnostic::{Code, Diagnostic, Label, Severity, TraceStep};
pub use print::is_print;
pub use source::{FileId, LineCol, Source, Sources, Span};
pub use suggest::{meant, nearest};
