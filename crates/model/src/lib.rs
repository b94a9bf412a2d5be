//! The nouns of the engine: places and addresses, values known and not yet known, the graph, resources, plans, and
//! the records of which every store is a log.
//!
//! Invariant: no I/O, no clock, no randomness, no provider by name. Everything here is data, its order, its text and
//! its digest; the same value has the same bytes on every machine.
//! Invariant: a [`Value`] is at most [`value::MAX_DEPTH`] deep. Whatever reads values from outside refuses deeper
//! ones, so code that walks a value may recurse.

pub mod address;
pub mod approval;
pub mod check;
pub mod checkpoint;
pub mod codec;
pub mod codes;
pub mod diff;
pub mod digest;
pub mod document;
pub mod event;
pub mod function;
pub mod graph;
pub mod later;
pub mod measure;
pub mod number;
pub mod path;
pub mod plan;
pub mod quota;
pub mod reading;
pub mod record;
pub mod resource;
pub mod run;
pub mod schema;
pub mod tier;
pub mod time;
pub mod unit;
pub mod value;

pub use address::{Address, AddressError, Context};
pub use approval::{Approval, Grant, Principal, Role};
pub use check::{Check, Kind};
pub use checkpoint::Checkpoint;
pub use diff::Change;
pub use digest::Digest;
pub use event::Event;
pub use graph::{
    Dependency, Execution, Graph, Moved, Node, OnDrift, Origin, Output, Partition, ProviderInstance, Retain, Settings,
    Strength, TypeName,
};
pub use later::{Function, Later, SecretRef, Target};
pub use measure::Measure;
pub use number::Number;
pub use path::{Path, Segment};
pub use plan::{Action, ActionKind, Expect, Plan, PlanSet, Reason, Reliance, ReplaceOrder, Risk, Step, StepOp};
pub use record::{Entry, Head, Record};
pub use resource::{Dependent, ObjectId, Resource, Status};
pub use run::{
    DriftItem, DriftKind, DriftReport, Fence, InProgress, Intent, Lease, Outcome, Run, RunId, RunStatus, Token,
};
pub use schema::{Schemas, TypeSchema};
pub use tier::{Phase, Tier};
pub use time::Timestamp;
pub use unit::{Recorded, Stack, Unit};
pub use value::{Fingerprint, Map, Value};
