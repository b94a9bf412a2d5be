//! JSON and YAML, in and out, as the CUE tools read and write them: texts become [`cue_data::Data`] with a place for
//! each node, and a stream of events becomes text.
//!
//! Invariant: knows no evaluation, no files, no packages. What a key that occurs twice means, or a document that holds
//! nothing, is for the caller to say.
//! Invariant: no native recursion on the depth of documents, and no output without a limit. Hostile input ends in a
//! diagnostic, in memory that grows with the input and not with what it would expand to.
//!
//! ```
//! use cue_encode::json::{self, Layout};
//! use cue_encode::{Limit, ReadOptions, yaml};
//! use strata_base::Sources;
//!
//! let text = "ports: &web [80, 0x1bb]\nsame: *web\n";
//! let file = Sources::new().add("a.yaml", text);
//! let documents = yaml::read(file, text, &ReadOptions::default()).unwrap();
//! let data = &documents[0];
//! assert_eq!(
//!     json::to_string(data, data.root(), Layout::Compact, Limit::default()).unwrap(),
//!     r#"{"ports":[80,443],"same":[80,443]}"#
//! );
//! ```

pub mod codes;
mod duplicates;
pub mod json;
mod options;
mod output;
pub mod yaml;

pub use options::{DuplicateKeys, ReadOptions};
pub use output::{Limit, WriteError};
