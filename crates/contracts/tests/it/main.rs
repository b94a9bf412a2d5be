//! The library from outside: what becomes of units.

mod library;
mod pages;
mod schema;
mod trial;
