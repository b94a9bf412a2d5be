//! `struct`: how many fields there are. An evaluator tells a struct that may still get fields from one that may not;
//! the functions see only what is there.

use cue_data::{CallError, Function, Kinds as K, Package, Value};

use crate::args::{Answer, Arguments, function};

pub(crate) const PACKAGE: Package = Package { path: "struct", functions: FUNCTIONS, constants: &[] };

const FUNCTIONS: &[Function] = &[
    function("MaxFields", &[K::STRUCT, K::INT], K::BOOL, |_, args| {
        let (count, most) = (field_count(args.value(0)), args.i64(1)?);
        check(count <= most, || format!("len(fields) > MaxFields({most}) ({count} > {most})"))
    }),
    function("MinFields", &[K::STRUCT, K::INT], K::BOOL, |_, args| {
        let (count, least) = (field_count(args.value(0)), args.i64(1)?);
        check(count >= least, || format!("len(fields) < MinFields({least}) ({count} < {least})"))
    }),
];

fn field_count(value: &Value) -> i64 {
    match value {
        Value::Tree(tree) => i64::try_from(tree.fields().len()).unwrap_or(i64::MAX),
        _ => 0,
    }
}

fn check(satisfied: bool, reason: impl FnOnce() -> String) -> Answer {
    if satisfied { Ok(true.into()) } else { Err(CallError::Unsatisfied(reason())) }
}
