//! Regular expressions in the syntax of RE2 as Go reads it, matched in linear time.
//!
//! Invariant: knows no value of CUE and no place in a text. A pattern from anywhere is safe: parsing does not recurse,
//! and what would nest too deeply or grow too large is an [`Error`] with the words that users of the original know.
//!
//! ```
//! use cue_regex::Regex;
//!
//! let regex = Regex::new(r"(?P<user>\w+)@(?P<host>\w+)").unwrap();
//! assert!(regex.is_match("ada@example"));
//! assert_eq!(regex.replace_all("ada@example", "$host/${user}", 100).unwrap(), "example/ada");
//! assert_eq!(
//!     Regex::new("a(b").unwrap_err().to_string(),
//!     "error parsing regexp: missing closing ): `a(b`",
//! );
//! ```

mod class;
mod error;
mod escape;
mod parser;
mod regex;
mod template;

pub use error::{Error, ErrorKind};
pub use regex::{Captures, Regex, TooLong};
