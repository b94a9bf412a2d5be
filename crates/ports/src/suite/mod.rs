//! What every implementation of a port must do, as functions over a factory. They panic with what went wrong, so a
//! test calls one and is done.

pub mod driver;
pub mod store;
