//! The simulated cloud from outside: real processes, real files, real sockets.

mod conformance;
mod faults;
mod kill;
mod meddling;
mod rig;
mod secrets;
mod start;
