//! Inputs that want more than they are given end in a clean limit, in bounded memory and on a small stack.

use crate::common;

use cue_eval::{InstanceId, Limit, Limits, Session};
use strata_fixtures::on_small_stack;

fn limit_of(text: &str, limits: Limits) -> Option<Limit> {
    let mut evaluated = common::compile(text, limits);
    evaluated.session.evaluate(InstanceId(0)).err()
}

fn export_limit(text: &str, limits: Limits) -> Option<Limit> {
    let mut evaluated = common::compile(text, limits);
    let root = match evaluated.session.evaluate(InstanceId(0)) {
        Ok(root) => root,
        Err(limit) => return Some(limit),
    };
    evaluated.session.export(root).err()
}

#[test]
fn a_product_of_strings_is_bounded() {
    let text = format!("a: \"{}\" * 100000", "x".repeat(1000));
    let limits = Limits { string_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(limit_of(&text, limits), Some(Limit::StringBytes));
}

#[test]
fn billions_of_laughs_are_cheap_to_evaluate_and_bounded_to_export() {
    let mut text = String::from("a0: [\"lol\"]\n");
    for level in 1..40 {
        text.push_str(&format!("a{level}: [a{0}, a{0}, a{0}, a{0}]\n", level - 1));
    }
    let limits = Limits { work: 3_000_000, ..Limits::default() };
    assert_eq!(limit_of(&text, limits), None);
    assert_eq!(export_limit(&text, limits), Some(Limit::Work));
}

#[test]
fn a_limit_is_no_error_that_a_disjunction_could_drop() {
    let text = "a: {x: \"abc\" * 900000} | {x: \"fallback\"}\nb: a.x == _|_";
    let limits = Limits { string_bytes: 1 << 20, ..Limits::default() };
    assert_eq!(limit_of(text, limits), Some(Limit::StringBytes));
}

#[test]
fn work_is_bounded() {
    let text = "a: [for x in [1,2,3,4,5,6,7,8,9] for y in [1,2,3,4,5,6,7,8,9] for z in [1,2,3,4,5,6,7,8,9] {x+y+z}]";
    let limits = Limits { work: 1_000, ..Limits::default() };
    assert_eq!(limit_of(text, limits), Some(Limit::Work));
}

#[test]
fn alternatives_that_multiply_are_bounded() {
    let text: String = (0..40).map(|index| format!("a: {{x{index}: 1}} | {{y{index}: 1}}\n")).collect();
    let few = Limits { disjuncts: 1_000, ..Limits::default() };
    assert_eq!(limit_of(&text, few), Some(Limit::Disjuncts));
    let little = Limits { work: 1_000_000, disjuncts: usize::MAX, ..Limits::default() };
    assert_eq!(limit_of(&text, little), Some(Limit::Work));
}

#[test]
fn holding_alternatives_against_each_other_is_work() {
    let text = |count: usize| -> String {
        (0..count).map(|index| format!("a: {{x{index}: 1}} | {{y{index}: 1}}\n")).collect()
    };
    // Twice the alternatives are four times the pairs.
    assert!(limits_needed(&text(9)) > 3 * limits_needed(&text(8)));
}

#[test]
fn alternatives_of_different_fields_do_not_multiply() {
    let text: String = (0..40).map(|index| format!("a{index}: {{x: 1}} | {{y: 1}}\n")).collect();
    let limits = Limits { work: 20_000, ..Limits::default() };
    assert_eq!(limit_of(&text, limits), None);
}

#[test]
fn a_session_can_be_cancelled_from_outside() {
    let evaluated = common::compile("a: 1", Limits::default());
    let cancel = cue_eval::Cancel::new();
    cancel.cancel();
    let mut session = Session::new(evaluated.session.program(), Limits::default(), cancel);
    let mut text = String::new();
    for index in 0..3_000 {
        text.push_str(&format!("f{index}: {index}\n"));
    }
    assert!(session.evaluate(InstanceId(0)).is_ok(), "so little is done before anybody looks at the flag");
    let wide = common::compile(&text, Limits::default());
    let cancel = cue_eval::Cancel::new();
    cancel.cancel();
    let mut session = Session::new(wide.session.program(), Limits::default(), cancel);
    assert_eq!(session.evaluate(InstanceId(0)).err(), Some(Limit::Cancelled));
}

#[test]
fn deep_values_need_no_native_stack() {
    on_small_stack(|| {
        let depth = 5_000;
        let text = format!("{}1{}", "a: {b: ".repeat(depth / 2), "}".repeat(depth / 2));
        let mut evaluated = common::compile(&text, Limits::default());
        let root = evaluated.session.evaluate(InstanceId(0)).expect("within limits");
        let data = evaluated.session.export(root).expect("within limits").expect("it is concrete");
        assert!(data.len() > depth);
    });
}

#[test]
fn a_long_chain_of_references_needs_no_native_stack() {
    on_small_stack(|| {
        let mut text = String::new();
        for index in 0..20_000 {
            text.push_str(&format!("f{index}: f{} + 0\n", index + 1));
        }
        text.push_str("f20000: 7\n");
        let mut evaluated = common::compile(&text, Limits::default());
        let first = evaluated.at("f0");
        assert_eq!(evaluated.session.show(&evaluated.session.value(first)), "7");
    });
}

#[test]
fn a_structure_without_end_is_an_error_of_the_language() {
    let mut evaluated = common::compile("#L: {v: int, next: #L}\nl: #L & {v: 1}", Limits::default());
    let root = evaluated.session.evaluate(InstanceId(0)).expect("no limit is reached");
    let error = evaluated.session.error_of(root).expect("the definition contains itself");
    assert_eq!(evaluated.session.error_info(error).code, cue_eval::ErrorCode::StructuralCycle);
}

#[test]
fn a_limit_that_a_validator_reaches_is_no_satisfaction() {
    let text =
        "import \"strings\"\na: strings.MinRunes(3) & \"abcdef\"\nb: strings.MaxRunes(2000000) & (\"ab\" * 500000)";
    assert_eq!(limit_of(text, Limits::default()), None);
    let limits = Limits { work: 40_000, ..Limits::default() };
    assert_eq!(limit_of(text, limits), Some(Limit::Work));
}

#[test]
fn a_limit_on_the_way_to_a_validator_is_no_satisfaction() {
    // The list fits; making data of it for the validator does not.
    let text = "import \"list\"\na: [for i in list.Range(0, 2000, 1) {i}] & list.UniqueItems";
    let full = limits_needed(text);
    for short in [1, 2, 10, 100, 500, 1000, 1500, 2000, 2500, full / 2] {
        let limits = Limits { work: full - short, ..Limits::default() };
        assert_eq!(limit_of(text, limits), Some(Limit::Work), "{short} steps short");
    }
    assert_eq!(limit_of(text, Limits { work: full, ..Limits::default() }), None);
}

/// The steps that a text takes.
fn limits_needed(text: &str) -> u64 {
    let mut evaluated = common::compile(text, Limits::default());
    evaluated.session.evaluate(InstanceId(0)).expect("within limits");
    evaluated.session.work_done()
}
