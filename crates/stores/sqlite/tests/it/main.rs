//! The store from outside: through the port, and through its file.

mod child;
mod kill;
mod many;
mod notes;
mod suite;
mod trouble;
