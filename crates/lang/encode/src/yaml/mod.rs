//! YAML: version 1.2, with the numbers of 1.1 that CUE keeps reading and the words of 1.1 that it keeps quoting.

mod compose;
mod expand;
mod number;
mod quote;
mod read;
mod scalar;
mod write;

pub use read::read;
pub use write::{Writer, to_string};
