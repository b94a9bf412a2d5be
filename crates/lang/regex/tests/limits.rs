//! Patterns that are meant to do harm.

use cue_regex::{ErrorKind, Regex, TooLong};

fn kind(pattern: &str) -> ErrorKind {
    Regex::new(pattern).expect_err("a pattern that is refused").kind
}

#[test]
fn nesting_does_not_use_the_stack() {
    let nested = |count: usize, open: &str, close: &str| format!("{}a{}", open.repeat(count), close.repeat(count));
    for (open, close) in [("(", ")"), ("(", ")*"), ("(b", "|c)+")] {
        assert_eq!(kind(&nested(100_000, open, close)), ErrorKind::NestingDepth, "{open}{close}");
        let regex = Regex::new(&nested(60, open, close)).expect("a pattern that is deep, but not too deep");
        assert!(regex.is_match("bca"));
    }
    assert_eq!(kind(&"(".repeat(300_000)), ErrorKind::MissingParen);
    assert!(Regex::new(&nested(100_000, "(?:", ")")).expect("groups that nest nothing").is_match("a"));
}

#[test]
fn programs_are_bounded() {
    assert_eq!(
        kind(r"(?:(?:\pL{100}){10}|x)*(?:(?:(?i)\pL{100}){10})*(?:(?:\PN{100}){10})*(?:[^\pL\pN]{1000}){1}"),
        ErrorKind::TooLarge
    );
    assert_eq!(kind(&"(?:a{1000})".repeat(4000)), ErrorKind::TooLarge);
    assert_eq!(kind(&"a".repeat(2_000_000)), ErrorKind::TooLarge);
    assert_eq!(kind("((((a{10}){10}){10}){10}){10}"), ErrorKind::InvalidRepeatSize);
    for kind in [ErrorKind::TooLarge, ErrorKind::NestingDepth] {
        assert!(cue_regex::Error { kind, part: String::new() }.is_limit());
    }
}

#[test]
fn a_long_message_is_cut() {
    assert!(Regex::new(&format!("({}", "é".repeat(100_000))).unwrap_err().to_string().len() < 3000);
}

/// Backtracking would take longer than the age of the world.
#[test]
fn matching_takes_linear_time() {
    let text = "a".repeat(50_000);
    for pattern in ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(?:a?){500}a{500}b"] {
        assert!(!Regex::new(pattern).unwrap().is_match(&text));
    }
}

#[test]
fn replacements_are_bounded() {
    let regex = Regex::new("").unwrap();
    assert_eq!(regex.replace_all_literal(&"x".repeat(1000), &"y".repeat(1000), 100_000), Err(TooLong));
    assert_eq!(regex.replace_all_literal("xx", "y", 5).as_deref(), Ok("yxyxy"));
}
