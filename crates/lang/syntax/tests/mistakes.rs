//! What is told about broken texts: phrases and places.

use cue_syntax::{ParseOptions, Version, parse, parse_expr};
use strata_base::Sources;

fn told_under(version: Option<Version>, text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("", text);
    let parsed = parse(id, text, &ParseOptions { version, ..ParseOptions::default() });
    parsed.diagnostics.iter().map(|d| format!("{}: {}", &sources.position(d.span())[1..], d.message)).collect()
}

fn told(text: &str) -> Vec<String> {
    told_under(None, text)
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(told(text), expected, "in:\n{text}");
}

#[test]
fn separators_and_brackets() {
    check("a: 1 b: 2", &["1:6: missing ',' in struct literal"]);
    check("a: [1 2]", &["1:7: missing ',' in list literal"]);
    check("a: f(1 2)", &["1:8: missing ',' in argument list"]);
    check("a: (1 + 2", &["1:10: expected ')', found newline"]);
    check("a: {b: 1", &["1:9: expected '}', found 'EOF'"]);
    check("a: [1,\n", &["1:8: expected ']', found 'EOF'"]);
    check("a: 1\n}\nb: 2", &["2:1: expected 'EOF', found '}'"]);
    check("a: x[1", &["1:7: expected ']', found 'EOF'"]);
}

#[test]
fn operands_and_labels() {
    check("a: }", &["1:4: expected operand, found '}'"]);
    check("a: 1 + ", &["1:8: expected operand, found 'EOF'"]);
    check("a b: 1", &["1:3: expected label or ':', found 'IDENT' b"]);
    check("\"a\" 1", &["1:5: expected label or ':', found 'INT' 1"]);
    check("[a, b]: 1", &["1:1: square bracket must have exactly one element"]);
    check("[string]?: 1", &["1:9: pattern constraint cannot be marked optional"]);
    check("[string]!: 1", &["1:9: pattern constraint cannot be marked required"]);
    check("__a: 1", &["1:1: identifiers starting with '__' are reserved"]);
    check("let __a = 1", &["1:5: identifiers starting with '__' are reserved"]);
    check("a: b.", &["1:6: expected selector, found 'EOF'"]);
    check("X={}", &["1:5: expected label or ':', found newline"]);
}

#[test]
fn every_mistake_is_told_but_one_a_line() {
    check(
        "a: }\nb: 1\nc: [1 2]\nd: )\ne: 3\n",
        &["1:4: expected operand, found '}'", "3:7: missing ',' in list literal", "4:4: expected operand, found ')'"],
    );
}

#[test]
fn default_marks_stand_in_disjunctions_only() {
    for text in ["a: *1 | 2", "a: 1 | *2", "a: (*1 | 2) & int", "a: **1 | 2", "*1 | 2", "a: [*1 | 2]"] {
        check(text, &[]);
    }
    check("a: *1", &["1:4: preference mark not allowed at this position"]);
    check("a: *1 & int | 2", &["1:4: preference mark not allowed at this position"]);
    check("a: (*1) | 2", &["1:5: preference mark not allowed at this position"]);
    check("a: -*1 | 2", &["1:5: preference mark not allowed at this position"]);
}

#[test]
fn literals() {
    check("a: \"b\n", &["1:4: string literal not terminated"]);
    check(r#"a: "\q""#, &["1:6: unknown escape sequence"]);
    check(r#"a: "\x41""#, &["1:6: hexadecimal escape not allowed in string literal"]);
    check(r#"a: "\101""#, &["1:6: octal escape not allowed in string literal"]);
    check(r#"a: "\u12g4""#, &["1:9: illegal character U+0067 'g' in escape sequence"]);
    check(r#"a: "\U00110000""#, &["1:6: escape sequence is invalid Unicode code point"]);
    check(r#"a: "\ud83d""#, &["1:4: invalid string: unmatched surrogate pair"]);
    check("a: \"\"\"b", &["1:4: expected newline after multiline quote \"\"\""]);
    check(
        "a: \"\"\"\n\tb\n  c\n\t\"\"\"",
        &["1:4: invalid string: non-matching whitespace for multiline string (expected \"\\t\", got \"  \")"],
    );
    check("a: 01", &["1:4: illegal integer number"]);
    check("a: 0x", &["1:4: illegal hexadecimal number"]);
    check("a: 1__0", &["1:6: illegal '_' in number"]);
    check("a: 1_", &["1:5: illegal '_' in number"]);
    check("a: 1e", &["1:6: illegal exponent in number"]);
    check("a: \"\\(1,)\"", &["1:8: expected ')' for string interpolation, found ','"]);
    check("a: 1 % 2", &["1:6: illegal character U+0025 '%'"]);
    check("a: \"\0\"", &["1:5: illegal character NUL"]);
    check("a: 1 // \u{feff}", &["1:9: illegal byte order mark"]);
    check("\u{feff}a: 1", &[]);
}

#[test]
fn attributes() {
    check("@a(b, \"c)\", {[()]})", &[]);
    check("@a", &["1:3: invalid attribute: expected '('"]);
    check("@a(]", &["1:5: attribute missing ')'", "1:5: unexpected ']'"]);
    check("a: 1 @b(\n// c\n)\n", &[]);
}

#[test]
fn experiments_switch_syntax_on() {
    check("a~X: 1", &["1:2: postfix alias syntax requires @experiment(aliasv2)"]);
    check("@experiment(aliasv2)\na~X: 1\nb~(K,V): K\n", &[]);
    check(
        "@experiment(aliasv2)\nX=a: 1",
        &["2:2: old-style alias syntax (=) is not allowed with @experiment(aliasv2); \
           use postfix syntax (~X or ~(K,V))"],
    );
    check("a: #A...", &["1:6: postfix ... operator requires @experiment(explicitopen)"]);
    check("@experiment(explicitopen)\na: #A...", &[]);
    check("if a {} else {}", &["1:9: else requires @experiment(try)"]);
    check("@experiment(try)\nif a {} else {}\ntry {b: c?}\nfor x in y {} otherwise {}", &[]);
    check("@experiment(try)\nif a {} otherwise {}", &["2:9: use 'else' with single 'if' or 'try' clause"]);
    check("@experiment(structcmp, shortcircuit)\na: 1", &[]);
    check("@experiment(nonsense)", &["1:1: unknown experiment \"nonsense\""]);
    let old = told_under(Some((0, 15, 0)), "@experiment(try)");
    assert_eq!(old, ["1:1: cannot set experiment \"try\" before version v0.16.0"]);
}

#[test]
fn line_ends_separate_elements_since_v0_17() {
    let text = "a: [\n\t1\n\t2\n]";
    check(text, &[]);
    assert_eq!(told_under(Some((0, 16, 0)), text), ["2:3: missing ',' before newline in list literal"]);
    assert_eq!(told_under(Some((0, 16, 0)), "a: [\n\t1,\n\t2\n]"), [""; 0]);
}

#[test]
fn preambles() {
    check("@if(x)\npackage a\n@b()\nimport \"c\"\nimport (\n\td \"e.f/g@v1:h\"\n)\n", &[]);
    check("import \"a b\"", &["1:8: invalid import path: \"a b\""]);
    check("import . \"foo\"", &["1:8: expected 'STRING', found '.'"]);
    check("package #a", &["1:11: invalid package name #a"]);
}

#[test]
fn what_looks_odd_may_be_right() {
    for text in [
        "if: for: let: in: null: true: 1",
        "a: if",
        "{\"a\": 1\n, \"b\"\n: 2}",
        "a?: 1\nb!: 2\n(c)?: 3",
        "a.if.\"b c\"",
        "a: b[1:][:2][1:2][3,]",
        "x: \"\\(\"\\(y)\")\"",
        "a: #\"\"\"#",
        "a: ##\"\"#\"##",
        "a: 'x\\xff\\101\\u00e9'",
        "a: 1.5Ki & .5 & 0x1F & 0b1 & 0o7 & 1_000 & 1e3 & 0M",
        "a: [...]\nb: [1, ...int]\nc: {...}",
        "for: 1, if: 2",
        "f(1, 2,)\n[1,][0]",
    ] {
        check(text, &[]);
    }
}

#[test]
fn a_single_expression() {
    let (_, _, diagnostics) = parse_expr(strata_base::FileId(0), "a.b + 1\n");
    assert!(diagnostics.is_empty());
    let (_, _, diagnostics) = parse_expr(strata_base::FileId(0), "a b");
    assert_eq!(diagnostics[0].message, "expected 'EOF', found 'IDENT' b");
}

#[test]
fn every_code_is_explained_once() {
    let mut codes: Vec<_> = cue_syntax::codes::ALL.iter().map(|(code, _, _)| code).collect();
    codes.dedup();
    assert_eq!(codes.len(), cue_syntax::codes::ALL.len());
    assert!(codes.iter().all(|code| code.0.starts_with("E01")));
}

#[test]
fn what_is_no_cue_at_all_is_not_told_without_end() {
    for text in [": \n".repeat(5_000), format!("a: \"{}\"", "\\q".repeat(5_000)), "a: *1\n".repeat(5_000)] {
        let told = told(&text);
        assert_eq!(told.len(), 1_001);
        assert_eq!(told.iter().filter(|message| message.ends_with("too many errors")).count(), 1);
    }
}
