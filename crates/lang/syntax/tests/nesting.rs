//! Depth costs memory, never the native stack, and never more than linear time.

use cue_syntax::{MAX_DEPTH, ParseOptions, parse};
use strata_base::FileId;
use strata_fixtures::on_small_stack;

fn messages(text: String) -> Vec<String> {
    on_small_stack(move || {
        let parsed = parse(FileId(0), &text, &ParseOptions::default());
        parsed.diagnostics.iter().map(|d| d.message.clone()).collect()
    })
}

fn nested(open: &str, inner: &str, close: &str, depth: usize) -> String {
    format!("x: {}{inner}{}", open.repeat(depth), close.repeat(depth))
}

const FORMS: &[(&str, &str, &str)] = &[
    ("[", "1", "]"),
    ("{a: ", "1", "}"),
    ("(", "1", ")"),
    ("-", "1", ""),
    ("!", "true", ""),
    ("f(", "1", ")"),
    ("a[", "1", "]"),
    ("\"\\(", "1", ")\""),
    ("a: ", "1", ""),
    ("[X=", "1", "]"),
    ("{if true ", "{}", "}"),
    ("[for a in ", "b", "{}]"),
    ("1 + (", "1", ")"),
];

#[test]
fn ten_thousand_levels_are_read() {
    for (open, inner, close) in FORMS {
        let found = messages(nested(open, inner, close, MAX_DEPTH - 2));
        assert_eq!(found, [""; 0], "{open}");
    }
}

#[test]
fn a_hundred_thousand_levels_are_one_mistake() {
    for (open, inner, close) in FORMS {
        let found = messages(nested(open, inner, close, 100_000));
        assert_eq!(found, ["expression exceeds maximum nesting depth of 10000"], "{open}");
    }
}

#[test]
fn openers_alone_are_one_mistake() {
    for (open, _, _) in FORMS {
        let found = messages(nested(open, "", "", 100_000));
        assert_eq!(found, ["expression exceeds maximum nesting depth of 10000"], "{open}");
    }
}

#[test]
fn attributes_nest_without_limit() {
    assert_eq!(messages(format!("@a{}{}", "(".repeat(100_000), ")".repeat(100_000))), [""; 0]);
    assert_eq!(messages(format!("{}{}", "@a(".repeat(100_000), ")".repeat(100_000))), [""; 0]);
}

#[test]
fn a_long_chain_of_operators_is_not_deep() {
    assert_eq!(messages(format!("x: 1{}", " + 1".repeat(100_000))), [""; 0]);
    assert_eq!(messages(format!("x: a{}", ".b".repeat(100_000))), [""; 0]);
    assert_eq!(messages(format!("x: a{}", "()".repeat(100_000))), [""; 0]);
}
