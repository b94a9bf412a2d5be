//! The driver on a real Docker engine.

mod conformance;
mod rig;
mod service;
