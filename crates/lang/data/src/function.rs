//! What a builtin package is: tables of functions over plain values.
//!
//! The evaluator checks the number and the kinds of the arguments against the table before it calls, so a function
//! sees concrete values of the kinds that it asked for, lists and structs with their defaults chosen. A function whose
//! result is a bool serves as a validator too: called without its first argument, it constrains the value that takes
//! that place.

use std::fmt;

use crate::kinds::Kinds;
use crate::value::Value;

/// A builtin package, such as `strings`.
#[derive(Clone, Copy, Debug)]
pub struct Package {
    /// The import path.
    pub path: &'static str,
    /// In the order of their names.
    pub functions: &'static [Function],
    pub constants: &'static [(&'static str, Constant)],
}

impl Package {
    pub fn function(&self, name: &str) -> Option<&'static Function> {
        self.functions.iter().find(|function| function.name == name)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constant {
    Int(i64),
    /// A number as CUE spells it.
    Number(&'static str),
    String(&'static str),
    /// A CUE expression, for what is not a scalar.
    Cue(&'static str),
}

#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub name: &'static str,
    pub params: &'static [Kinds],
    /// How many of the last parameters may be left out of a call.
    pub optional: usize,
    pub result: Kinds,
    /// What the elements of its first argument must be, where that is a list.
    pub elements: Kinds,
    pub call: fn(&mut Call<'_>, &[Value]) -> Result<Value, CallError>,
}

impl Function {
    /// A function all of whose parameters are required.
    pub const fn new(
        name: &'static str,
        params: &'static [Kinds],
        result: Kinds,
        call: fn(&mut Call<'_>, &[Value]) -> Result<Value, CallError>,
    ) -> Function {
        Function { name, params, optional: 0, result, elements: Kinds::TOP, call }
    }

    /// The same for a list of such elements.
    pub const fn of(self, elements: Kinds) -> Function {
        Function { elements, ..self }
    }

    /// Calls it, paid for in proportion to what goes in and what comes out. Work beyond that the function pays itself.
    pub fn invoke(&self, call: &mut Call<'_>, arguments: &[Value]) -> Result<Value, CallError> {
        call.spend(arguments.iter().map(cost).sum())?;
        let result = (self.call)(call, arguments)?;
        call.spend(cost(&result))?;
        Ok(result)
    }

    /// Whether it may stand for a constraint, its first argument left out. Where parameters are optional, it could not
    /// be told which argument is missing.
    pub fn is_validator(&self) -> bool {
        self.result == Kinds::BOOL && !self.params.is_empty() && self.optional == 0
    }
}

/// How large the results of one call may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub string_bytes: usize,
    /// Elements of a list, fields of a struct.
    pub list_length: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { string_bytes: 64 << 20, list_length: 1_000_000 }
    }
}

/// All that a function knows beside its arguments.
#[derive(Debug)]
pub struct Call<'a> {
    limits: &'a Limits,
    work: &'a mut u64,
}

impl<'a> Call<'a> {
    /// `work` is what is left to the evaluation, in steps of about one element or sixteen bytes.
    pub fn new(limits: &'a Limits, work: &'a mut u64) -> Call<'a> {
        Call { limits, work }
    }

    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// Pays for work that grows with the arguments, before it is done.
    pub fn spend(&mut self, steps: usize) -> Result<(), CallError> {
        match self.work.checked_sub(steps as u64) {
            Some(rest) => {
                *self.work = rest;
                Ok(())
            }
            None => {
                *self.work = 0;
                Err(CallError::Limit(Exceeded::Work))
            }
        }
    }

    /// Asks for a string or a byte string of this size before it is made.
    pub fn check_string(&self, bytes: usize) -> Result<(), CallError> {
        if bytes > self.limits.string_bytes { Err(CallError::Limit(Exceeded::StringBytes)) } else { Ok(()) }
    }

    /// Asks for a list of this length before it is made.
    pub fn check_list(&self, length: usize) -> Result<(), CallError> {
        if length > self.limits.list_length { Err(CallError::Limit(Exceeded::ListLength)) } else { Ok(()) }
    }
}

/// Why a call has no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CallError {
    /// The arguments are wrong. The evaluator says which function it was.
    Message(String),
    /// The first argument breaks the constraint that the others make, for this reason. A validator refuses it; a
    /// plain call of the function is false.
    Unsatisfied(String),
    /// There may be a result once more is known.
    Incomplete(String),
    /// There is none, and nothing to say about it.
    Bottom,
    /// It would exceed a limit. Unlike the others, no disjunction swallows this one.
    Limit(Exceeded),
}

/// Which limit a call would exceed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exceeded {
    Work,
    Memory,
    Depth,
    StringBytes,
    ListLength,
    Digits,
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Exceeded::Work => "it needs more steps than allowed",
            Exceeded::Memory => "it needs more memory than allowed",
            Exceeded::Depth => "values nest deeper than allowed",
            Exceeded::StringBytes => "a string is longer than allowed",
            Exceeded::ListLength => "a list is longer than allowed",
            Exceeded::Digits => "a number has more digits than allowed",
        })
    }
}

impl CallError {
    pub fn message(text: impl Into<String>) -> CallError {
        CallError::Message(text.into())
    }
}

/// The steps that reading or writing a value takes, counted as [`Call::new`] says.
fn cost(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
        Value::String(text) => text.len() / 16 + 1,
        Value::Bytes(bytes) => bytes.len() / 16 + 1,
        Value::Tree(tree) => tree.len() + 1,
    }
}
