//! What a call makes is bounded, and no arguments make it panic.

use cue_data::{Builder, Call, CallError, Function, Kinds, Limits, Value};
use cue_num::Number;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use strata_base::Span;

fn call(function: &Function, limits: &Limits, arguments: &[Value]) -> Result<Value, CallError> {
    call_within(1_000_000, function, limits, arguments)
}

fn call_within(mut work: u64, function: &Function, limits: &Limits, arguments: &[Value]) -> Result<Value, CallError> {
    function.invoke(&mut Call::new(limits, &mut work), arguments)
}

fn function(path: &str, name: &str) -> &'static Function {
    cue_std::package(path).and_then(|package| package.function(name)).expect("a function")
}

fn number(value: i64) -> Value {
    Value::Number(value.into())
}

#[test]
fn large_results_are_limits_and_not_mistakes() {
    let limits = Limits { string_bytes: 10_000, list_length: 1000 };
    let long = Value::from("x".repeat(6000));
    let half = Value::Number(Number::parse_literal("0.001").unwrap());
    let many = Value::list(&vec![number(1); 600]);
    for (path, name, arguments) in [
        ("strings", "Repeat", vec![long.clone(), number(1_000_000)]),
        ("strings", "Join", vec![Value::list([&long, &long]), "".into()]),
        ("strings", "Replace", vec![long.clone(), "".into(), long.clone(), number(-1)]),
        ("strings", "Split", vec![long.clone(), "".into()]),
        ("strings", "Fields", vec![Value::from("x ".repeat(2000))]),
        ("strings", "Runes", vec![long.clone()]),
        ("list", "Repeat", vec![many.clone(), number(2)]),
        ("list", "Range", vec![number(0), number(1_000_000_000), half]),
        ("list", "Concat", vec![Value::list([&many, &many])]),
        ("list", "FlattenN", vec![Value::list([&many, &many]), number(-1)]),
        ("regexp", "ReplaceAll", vec!["".into(), long.clone(), "yyyy".into()]),
        ("regexp", "FindAll", vec!["".into(), long.clone(), number(-1)]),
        ("regexp", "FindAllSubmatch", vec!["x".into(), long.clone(), number(-1)]),
        ("encoding/base64", "Encode", vec![Value::Null, Value::from("x".repeat(9000))]),
        ("encoding/hex", "Encode", vec![long.clone()]),
        ("encoding/hex", "Dump", vec![long.clone()]),
        ("encoding/json", "Marshal", vec![Value::list([&long, &long])]),
        ("encoding/yaml", "MarshalStream", vec![Value::list([&long, &long])]),
        ("encoding/json", "Indent", vec!["[1,2,3]".into(), long.clone(), "".into()]),
        ("strconv", "FormatFloat", vec![number(1), "f".into(), number(1_000_000_000), number(64)]),
        ("strconv", "Quote", vec![Value::from("\u{1}".repeat(2000))]),
        ("math/bits", "Lsh", vec![number(1), number(1_000_000_000_000)]),
        ("html", "Escape", vec![Value::from("<".repeat(6000))]),
        ("net", "QueryEscape", vec![Value::from("é".repeat(4000))]),
        ("strconv", "ParseNumber", vec![Value::from("9".repeat(1_000_000))]),
    ] {
        match call(function(path, name), &limits, &arguments) {
            Err(CallError::Limit(_)) => {}
            other => panic!("{path}.{name}: {other:?}"),
        }
    }
}

#[test]
fn deep_documents_are_limits() {
    for (path, name, text) in [
        ("encoding/json", "Unmarshal", "[".repeat(100_000)),
        ("encoding/json", "Valid", "[".repeat(100_000)),
        ("encoding/json", "Compact", "[".repeat(100_000)),
        ("encoding/yaml", "Unmarshal", "[".repeat(100_000)),
    ] {
        let result = call(function(path, name), &Limits::default(), &[text.into()]);
        assert!(matches!(result, Err(CallError::Limit(_))), "{path}.{name}: {result:?}");
    }
}

#[test]
fn work_runs_out() {
    let list = Value::list(&(0..3000).map(number).collect::<Vec<_>>());
    let unique = function("list", "UniqueItems");
    assert!(matches!(call(unique, &Limits::default(), &[list]), Err(CallError::Limit(_))));
    let upper = function("strings", "ToUpper");
    let result = call_within(1000, upper, &Limits::default(), &["x".repeat(20_000).into()]);
    assert!(matches!(result, Err(CallError::Limit(_))));
    let matches = function("path", "Match");
    let (pattern, name) = ("*a".repeat(2000) + "b", "a".repeat(4000));
    let result = call(matches, &Limits::default(), &[pattern.into(), name.into()]);
    assert!(matches!(result, Ok(Value::Bool(false)) | Err(CallError::Limit(_))), "{result:?}");
}

#[test]
fn values_that_nest_deeply_are_marshalled() {
    let mut builder = Builder::new();
    for _ in 0..50_000 {
        builder.begin_list(Span::NONE);
    }
    for _ in 0..50_000 {
        builder.end(Span::NONE);
    }
    let deep = Value::root(builder.finish());
    let text = call(function("encoding/json", "Marshal"), &Limits::default(), std::slice::from_ref(&deep)).unwrap();
    assert_eq!(text, Value::from("[".repeat(50_000) + &"]".repeat(50_000)));
    let flat = call(function("list", "FlattenN"), &Limits::default(), &[deep, number(-1)]);
    assert_eq!(flat, Ok(Value::list(&[])));
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{0,12}",
        "\\PC{0,8}",
        "[0-9a-fx.:/%+_-]{0,16}",
        "(2006|01|Jan|Z07:00|\\.000|[0-9T:-]){0,6}",
        Just("a\u{0}\n\u{7f}é\u{10ffff}".to_owned()),
    ]
}

fn integer() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-5_i64..70).prop_map(Number::from),
        any::<i64>().prop_map(Number::from),
        any::<i128>().prop_map(Number::from),
    ]
}

fn float() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        (-20.0..20.0_f64).prop_filter_map("finite", Number::from_f64),
        Just(Number::parse_literal("1e99999").unwrap()),
        Just(Number::parse_literal("1e-99999").unwrap()),
        Just(Number::parse_literal("0.0").unwrap()),
    ]
}

fn scalar() -> BoxedStrategy<Value> {
    of_kinds(Kinds::SCALAR)
}

fn list() -> impl Strategy<Value = Value> {
    prop_oneof![
        proptest::collection::vec(scalar(), 0..4).prop_map(|elements| Value::list(&elements)),
        proptest::collection::vec(text(), 0..4).prop_map(Value::strings),
        proptest::collection::vec(integer().prop_map(Value::Number), 0..4).prop_map(|elements| Value::list(&elements)),
    ]
}

fn structure() -> impl Strategy<Value = Value> {
    proptest::collection::vec((text(), scalar()), 0..3).prop_map(|fields| {
        let mut builder = Builder::new();
        builder.begin_struct(Span::NONE);
        for (key, value) in &fields {
            builder.key(key, Span::NONE);
            builder.value(value);
        }
        builder.end(Span::NONE);
        Value::root(builder.finish())
    })
}

fn of_kinds(kinds: Kinds) -> BoxedStrategy<Value> {
    let each = [
        (Kinds::NULL, Just(Value::Null).boxed()),
        (Kinds::BOOL, any::<bool>().prop_map(Value::Bool).boxed()),
        (Kinds::INT, integer().prop_map(Value::Number).boxed()),
        (Kinds::FLOAT, float().prop_map(Value::Number).boxed()),
        (Kinds::STRING, text().prop_map(Value::from).boxed()),
        (Kinds::BYTES, proptest::collection::vec(any::<u8>(), 0..8).prop_map(Value::from).boxed()),
    ];
    let mut wanted: Vec<_> = each.into_iter().filter(|(kind, _)| kinds.contains(*kind)).map(|(_, each)| each).collect();
    if kinds.contains(Kinds::LIST) {
        wanted.push(list().boxed());
    }
    if kinds.contains(Kinds::STRUCT) {
        wanted.push(structure().boxed());
    }
    proptest::strategy::Union::new(wanted).boxed()
}

/// Every function, with arguments of the kinds that its table names.
#[test]
fn no_arguments_panic() {
    for package in cue_std::packages() {
        for function in package.functions {
            let arguments: Vec<BoxedStrategy<Value>> = function.params.iter().map(|&kinds| of_kinds(kinds)).collect();
            let config = ProptestConfig {
                cases: 60,
                rng_seed: RngSeed::Fixed(7),
                failure_persistence: None,
                ..ProptestConfig::default()
            };
            proptest!(config, |(arguments in arguments)| {
                let limits = Limits { string_bytes: 100_000, list_length: 1000 };
                if let Ok(value) = call_within(50_000, function, &limits, &arguments) {
                    prop_assert!(function.result.contains(value.kind()), "{}.{}", package.path, function.name);
                }
            });
        }
    }
}
