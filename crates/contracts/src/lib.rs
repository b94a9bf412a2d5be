//! What a platform knows, written in CUE: contracts (what may be asked for), mappings (how a provider serves it), and the
//! [`Library`] over them. Those in `cue/` are embedded; files of a user stand beside them as equals.
//!
//! A unit is checked against its contract and becomes a [`Declaration`]: complete, concrete data. A [`Mapper`] turns a
//! declaration into drafts of nodes. That seam is data in, data out: what stands behind it may be CUE or Rust.
//!
//! Invariant: pure. Files are handed in as texts; no provider is known by name, no state is seen.
//! Invariant: no data of a user is evaluated as code: it is injected as data, with its places.

mod answer;
mod check;
pub mod codes;
mod embedded;
mod export;
mod fidelity;
mod given;
mod index;
mod inputs;
pub mod json_schema;
mod knowledge;
mod library;
mod mapper;
mod memory;
mod mistake;
mod normal;
pub mod pages;
mod reader;
pub mod samples;
pub mod shape;
pub mod trial;
mod worker;

pub use check::Declaration;
pub use fidelity::{Fidelity, Gap};
pub use knowledge::{Contract, Dimension, Mapping, OutputInfo, Provider, Scope};
pub use library::Library;
pub use mapper::{Draft, MapInput, MapOutput, Mapper, MappingBug, Part, Problem};
pub use memory::{Counts, Memory};
pub use worker::Worker;
