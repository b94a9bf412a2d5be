//! The builtin packages of CUE: tables of functions from plain values to plain values.
//!
//! Invariant: knows no evaluation, no syntax tree, no files, no clock. A function sees concrete arguments of the kinds
//! that its table names and gives a value or says why there is none; what it makes is bounded by the limits of the
//! [`cue_data::Call`]. What needs an evaluator (`list.Sort`, `list.MatchN`, `json.Validate`, …) is not here.
//!
//! One file is one package. Where the original has a phrase for a mistake, it is used.

mod args;
mod base64;
mod bits;
mod case;
mod crypto;
mod csv;
mod float;
mod hex;
mod html;
mod json;
mod list;
mod math;
mod net;
mod path;
mod quote;
mod regexp;
mod special;
mod strconv;
mod strings;
mod structs;
mod tabwriter;
mod time;
mod uuid;
mod yaml;

use cue_data::Package;

static PACKAGES: &[Package] = &[
    crypto::ED25519,
    crypto::HMAC,
    crypto::MD5,
    crypto::SHA1,
    crypto::SHA256,
    crypto::SHA512,
    base64::PACKAGE,
    csv::PACKAGE,
    hex::PACKAGE,
    json::PACKAGE,
    yaml::PACKAGE,
    html::PACKAGE,
    list::PACKAGE,
    math::PACKAGE,
    bits::PACKAGE,
    net::PACKAGE,
    path::PACKAGE,
    regexp::PACKAGE,
    strconv::PACKAGE,
    strings::PACKAGE,
    structs::PACKAGE,
    tabwriter::PACKAGE,
    time::PACKAGE,
    uuid::PACKAGE,
];

/// All packages, in the order of their import paths.
pub fn packages() -> &'static [Package] {
    PACKAGES
}

/// The package with this import path.
pub fn package(path: &str) -> Option<&'static Package> {
    PACKAGES.binary_search_by(|package| package.path.cmp(path)).ok().map(|index| &PACKAGES[index])
}
