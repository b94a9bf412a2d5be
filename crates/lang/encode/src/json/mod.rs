//! JSON.

mod read;
mod write;

pub use read::{read, read_stream};
pub use write::{Layout, Writer, quote, to_string};
