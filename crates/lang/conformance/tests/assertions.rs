//! Archives in, answers out: what is asserted here holds or fails as the texts say.

use std::path::Path;
use std::time::Duration;

use cue_conformance::report::{Deviations, report};
use cue_conformance::script::Program;
use cue_conformance::{ArchiveResult, Tier, run, run_here, run_scripts};

/// Runs a file; the lines of the archive at which something does not hold, with the tier.
fn failing(cue: &str) -> Vec<(u32, Tier)> {
    told(&run_here("", &format!("-- in.cue --\n{cue}")))
}

fn told(result: &ArchiveResult) -> Vec<(u32, Tier)> {
    let answers = result.answers.answers.iter().chain(&result.answers.shares);
    let findings = answers.flat_map(|answer| answer.findings.iter().map(|finding| (answer.line, finding.tier)));
    let orders = result.orders.iter().filter(|order| order.problem.is_some()).map(|order| (order.line, Tier::Value));
    let mut all: Vec<(u32, Tier)> = findings.chain(orders).collect();
    all.sort();
    all.dedup();
    all
}

fn holds(cue: &str) {
    assert_eq!(failing(cue), [], "{cue}");
}

/// Fails at the second line of the archive, the first of the text, in value.
fn fails(cue: &str) {
    assert_eq!(failing(cue), [(2, Tier::Value)], "{cue}");
}

#[test]
fn leaves_are_compared_with_their_kind() {
    holds("a: 1 @test(eq, 1)\n");
    holds("a: 'x' + 'y' @test(eq, 'xy')\nb: -1 @test(eq, -1)\nc: uint8 @test(eq, uint8)\n");
    holds("a: 1.50 @test(eq, 1.5)\n");
    fails("a: 1 @test(eq, 2)\n");
    fails("a: 1 @test(eq, 1.0)\n");
    fails("a: int @test(eq, number)\n");
    fails("a: 1 @test(kind=string)\n");
    holds("a: int | string @test(kind=int|string)\n");
}

#[test]
fn a_struct_must_list_every_field() {
    holds("a: {b: 1, c?: int, d!: 2, #e: 3} @test(eq, {#e: 3, d!: 2, c?: int, b: 1})\n");
    fails("a: {b: 1, c: 2} @test(eq, {b: 1})\n");
    fails("a: {b: 1} @test(eq, {b: 1, c: 2})\n");
    fails("a: {b: 1, c?: int} @test(eq, {b: 1})\n");
    fails("a: {b: 1, c?: int} @test(eq, {b: 1, c: int})\n");
    fails("a: {b: 1, #d: 2} @test(eq, {b: 1})\n");
    holds("a: {b: 1} @test(eq, {b: 2 @test(ignore)})\n");
}

#[test]
fn patterns_and_lets_are_compared_where_they_are_listed() {
    holds("a: {[string]: int, b: 1} @test(eq, {b: 1})\n");
    holds("a: {[string]: int, b: 1} @test(eq, {[string]: int, b: 1})\n");
    fails("a: {[string]: int, b: 1} @test(eq, {[string]: string, b: 1})\n");
    holds("a: {let x = 1, b: x} @test(eq, {let x = 1, b: 1})\n");
    fails("a: {let x = 1, b: x} @test(eq, {let x = 2, b: 1})\n");
}

#[test]
fn order_counts_where_it_is_asked_for() {
    holds("a: {b: 1, c: 2} @test(eq, {c: 2, b: 1})\n");
    fails("a: {b: 1, c: 2} @test(eq, {@test(checkOrder), c: 2, b: 1})\n");
}

#[test]
fn scalars_in_structs_are_expected_as_such() {
    holds("a: {5, #b: 6} @test(eq, {5, #b: 6})\n");
    fails("a: {5, #b: 6} @test(eq, 5)\n");
    fails("a: {5, #b: 6} @test(eq, {#b: 6})\n");
    holds("a: {[1, 2], #b: 6} @test(eq, {[1, 2], #b: 6})\n");
}

#[test]
fn lists_are_compared_element_by_element() {
    holds("a: [1, {b: 2}] @test(eq, [1, {b: 2}])\n");
    fails("a: [1, 2] @test(eq, [1])\n");
    fails("a: [1] @test(eq, [1, 2])\n");
    fails("a: [1, 2] @test(eq, [2, 1])\n");
}

#[test]
fn a_disjunction_is_expected_with_its_marks_in_any_order() {
    holds("a: *1 | 2 | 3 @test(eq, 3 | *1 | 2)\n");
    fails("a: *1 | 2 @test(eq, 1 | 2)\n");
    fails("a: *1 | 2 @test(eq, 1)\n");
    fails("a: 1 | 2 @test(eq, 1 | 2 | 3)\n");
    holds("a: {b: *1 | 2} @test(eq, {b: 1 @test(final)})\n");
    fails("a: {b: *1 | 2} @test(eq, {b: 2 @test(final)})\n");
}

#[test]
fn constraints_that_remain_are_expected_as_such() {
    holds("a: >1 & <9 @test(eq, <9 & >1)\n");
    holds("a: !=null @test(eq, !=null)\n");
    fails("a: >1 & <9 @test(eq, >1)\n");
    fails("a: >1 @test(eq, >2)\n");
    fails("a: >1 @test(eq, >=1)\n");
}

#[test]
fn errors_are_told_by_code() {
    holds("a: 1 & 2 @test(err)\nb: 1 & 2 @test(err, code=(user|eval))\n");
    fails("a: 1 & 2 @test(err, code=incomplete)\n");
    fails("a: 1 @test(err)\n");
    holds("a: {b: c: 1 & 2} @test(err, any, code=eval) @test(err, at=b.c, code=eval)\n");
    fails("a: {b: c: 1} @test(err, any, code=eval)\n");
    fails("a: {b: 1 & 2} @test(err, at=c)\n");
    holds("a: {b: 1 & 2, c: 3} @test(eq, {b: _|_ @test(err, code=eval), c: 3})\n");
    fails("a: {b: 1, c: 3} @test(eq, {b: _|_, c: 3})\n");
}

#[test]
fn words_and_places_count_apart_from_values() {
    holds("a: 1 & \"x\" @test(err, contains=\"conflicting values %s and %s (mismatched types %s and %s)\")\n");
    let cue = "a: 1 & 2 @test(err, code=eval, contains=\"no such words\", pos=[7:7])\n";
    assert_eq!(failing(cue), [(2, Tier::Words), (2, Tier::Place)]);
    holds("a: 1 & 2 @test(err, pos=[0:4, 0:8])\n");
}

#[test]
fn closedness_is_asked_of_values() {
    holds("a: close({b: 1}) @test(closed) @test(allows, b) @test(allows=false, c)\n");
    holds("a: {b: 1} @test(closed=false) @test(allows, c)\n");
    fails("a: {b: 1} @test(closed)\n");
    fails("a: 1 @test(allows, b)\n");
}

#[test]
fn attributes_inside_of_a_struct_are_about_it_and_those_of_a_file_about_all() {
    holds("a: {\n\tb: 1\n\t@test(eq, {b: 1})\n}\n@test(eq, {a: b: 1})\n");
    assert_eq!(failing("a: {\n\tb: 1\n\t@test(eq, {b: 2})\n}\n"), [(4, Tier::Value)]);
}

#[test]
fn every_order_of_fields_is_tried() {
    let result = run_here("", "-- in.cue --\na: {\n\t@test(permute, count=6)\n\tb: c + 1\n\tc: d + 1\n\td: 1\n}\n");
    assert_eq!(result.orders.len(), 1);
    assert!(result.orders[0].is_reached);
    assert_eq!(result.orders[0].problem, None);
    let miscounted = "a: {\n\t@test(permute, count=3)\n\tb: 1\n\tc: 2\n}\n";
    assert_eq!(failing(miscounted), [(3, Tier::Value)]);
}

#[test]
fn what_cannot_be_asked_has_failed() {
    let unasked = |text: &str| {
        let result = run_here("", text);
        result.answers.answers.iter().filter(|answer| answer.is_unasked && !answer.holds(Tier::Value)).count()
    };
    assert_eq!(unasked("-- in.cue --\na: 1 @test(eq, 1)\nb: nothing\n"), 1, "does not compile");
    assert_eq!(unasked("-- in.cue --\na: [1 @test(eq, 1)\n"), 1, "does not parse");
    assert_eq!(unasked("-- in.cue --\n\"\\(b)\": 1 @test(eq, 1)\nb: \"c\"\n"), 1, "no static path");
    assert_eq!(unasked("-- in.cue --\na: 1 @test(eq:other, 1)\n"), 1, "for another evaluator");
    assert_eq!(unasked("-- in.cue --\na: 1 @test(err, colour=red)\n"), 1, "not understood");
    assert_eq!(unasked("-- in.cue --\na: 1\n-- other/b.cue --\npackage other\nb: 1 @test(eq, 1)\n"), 1, "not loaded");
}

#[test]
fn hidden_fields_belong_to_packages() {
    holds("package p\n_a: 1 @test(eq, 1)\nb: {_c: 2} @test(eq, {_c$p: 2})\n");
    let modules = "-- cue.mod/module.cue --\nmodule: \"m.test\"\nlanguage: version: \"v0.9.0\"\n-- in.cue --\npackage p\n\
                   import \"m.test/q\"\na: q.#D & {_h: 2} @test(eq, 2, at=\"_h$(m.test@v0:p)\")\n-- q/q.cue --\n\
                   package q\n#D: {_h: 1}\n";
    assert_eq!(told(&run_here("", modules)), []);
}

#[test]
fn other_attributes_are_compared_as_a_set() {
    holds("a: {b: 1 @x(1) @y(2)} @test(eq, {b: 1 @y(2) @x(1)})\n");
    fails("a: {b: 1 @x(1)} @test(eq, {b: 1})\n");
    fails("a: {b: 1} @test(eq, {b: 1 @x(1)})\n");
}

#[test]
fn sharing_is_told_and_is_no_value() {
    let result = run_here("", "-- in.cue --\na: {b: 1} @test(shareID=x)\nc: {b: 1} @test(shareID=x)\n");
    assert_eq!(result.answers.shares.len(), 1);
    assert!(!result.answers.shares[0].findings.is_empty());
    assert!(result.answers.shares[0].holds(Tier::Place));
}

#[test]
fn an_archive_that_gives_no_answer_has_failed_in_whole() {
    let archives = [("x/a.txtar".to_owned(), "-- in.cue --\na: 1 @test(eq, 1) @test(kind=int)\n".to_owned())];
    let results = run(&archives, Path::new("no/such/program"), Duration::from_secs(10));
    let report = report(&results, &Deviations::default());
    assert_eq!((report.total.scored.passed, report.total.scored.of, report.total.unasked), (0, 2, 2));
}

#[test]
fn a_listed_deviation_still_fails() {
    let archives = [("x/a.txtar".to_owned(), "-- in.cue --\na: 1 @test(eq, 2)\nb: 1 @test(eq, 2)\n".to_owned())];
    let results = run(&archives, Path::new(env!("CARGO_BIN_EXE_cue-conformance")), Duration::from_secs(60));
    let report = report(&results, &Deviations::parse("Integers are exact: `x/a.txtar:3`."));
    let total = &report.total;
    assert_eq!((total.scored.passed, total.scored.of, total.deviations), (0, 2, 1));
    let list = report.list();
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(
        lines,
        ["x/a.txtar:2 T0 eq a: expected 2, got 1", "x/a.txtar:3 T0 eq b: expected 2, got 1 (listed deviation)"]
    );
    assert!(
        report.summary().contains("2 scored assertions fail; 0 of them could not be asked, 1 are listed deviations")
    );
}

/// Plays a script in which `cue` says its words; the line that does not hold, if any.
fn play(script: &str) -> Option<u32> {
    let echo = Program { file: "echo".into(), words: vec!["cue".to_owned()] };
    let results = run_scripts(&[("a.txtar".to_owned(), script.to_owned())], &echo, Duration::from_secs(60));
    results[0].problem.as_ref().map(|(line, _)| *line)
}

#[test]
fn scripts_hold_if_every_line_does() {
    let files = "-- want --\ncue export x.cue\n-- sub/x.cue --\na: 1\n";
    let holding = "exec cue export x.cue\ncmp stdout want\nstdout '^cue export'\n! stdout other\n! stderr .\n\
                   cd sub\nexists x.cue\ncp x.cue y.cue\nrm x.cue\n! exists x.cue\ngrep -count=1 'a: ' y.cue\n\
                   env V=a.b\nexec cue eval $V\nstdout $V\n! stdout 'a\\.c'\n[windows] exec cue no\nskip\nnonsense\n";
    assert_eq!(play(&format!("{holding}{files}")), None);
    let failing = [
        "exec cue export x.cue\n! stdout cue\n",
        "exec cue export y.cue\ncmp stdout want\n",
        "exec cue export\nexists none\n",
        "exec cue export\nnonsense\n",
        "exec cue export\n! nonsense\n",
        "exec cue export\nrm ../../outside\n",
    ];
    for script in failing {
        assert_eq!(play(&format!("{script}{files}")), Some(2), "{script}");
    }
    assert_eq!(play(&format!("! exec cue export\n{files}")), Some(1));
}
