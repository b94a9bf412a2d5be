//! The evaluator from outside: programs in, pictures of values, explanations and limits out.

mod causality;
mod common;
mod limits;
mod origins;
mod values;
