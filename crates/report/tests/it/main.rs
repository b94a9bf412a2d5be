//! Diagnostics as they are told, in all three forms.

use expect_test::{Expect, expect};
use strata_base::{Code, Diagnostic, FileId, Sources, Span};
use strata_report::{Style, document, human, line, summary};

const CODE: Code = Code("E0201");

fn check(diagnostic: &Diagnostic, sources: &Sources, expected: &Expect) {
    let text = format!("{}\n\n{}\n", human(diagnostic, sources, Style::default()), line(diagnostic, sources));
    expected.assert_eq(&text);
}

/// The span of the first occurrence of a text in a file.
fn find(sources: &Sources, file: FileId, text: &str) -> Span {
    let start = sources.get(file).unwrap().text().find(text).unwrap();
    Span::new(file, start, start + text.len())
}

#[test]
fn the_line_a_caret_where_it_comes_from_and_what_to_do() {
    let mut sources = Sources::new();
    let user = sources.add("values.cue", "package p\n\nreplicas: 12\nname: \"web\"\n");
    let operator = sources.add("catalog/pg.cue", "#max: 8\nreplicas: <=#max\n");
    let diagnostic = Diagnostic::error(CODE, "replicas must be at most 8")
        .labelled(find(&sources, user, "12"), "12 is given here")
        .also(find(&sources, user, "\"web\""), "for this unit")
        .also(find(&sources, operator, "<=#max"), "the bound")
        .traced(find(&sources, operator, "#max: 8"), "the bound is #max")
        .hint("ask the operator for more")
        .hint("or set it to 8");
    check(
        &diagnostic,
        &sources,
        &expect![[r#"
            error[E0201]: replicas must be at most 8
             --> values.cue:3:11
              |
            3 | replicas: 12
              |           ^^ 12 is given here
            4 | name: "web"
              |       ----- for this unit
              |
             ::: catalog/pg.cue:2:11
              |
            2 | replicas: <=#max
              |           ------ the bound
            note: catalog/pg.cue:1:1: the bound is #max
            help: ask the operator for more
            help: or set it to 8

            values.cue:3:11: error[E0201]: replicas must be at most 8 (ask the operator for more)
        "#]],
    );
}

#[test]
fn without_a_place_there_is_only_the_message() {
    check(
        &Diagnostic::warning(CODE, "nothing to do").hint("give a file"),
        &Sources::new(),
        &expect![[r#"
        warning[E0201]: nothing to do
        help: give a file

        warning[E0201]: nothing to do (give a file)
    "#]],
    );
}

#[test]
fn columns_count_bytes_in_every_form() {
    let mut sources = Sources::new();
    let file = sources.add("é.cue", "ü: \"日本\" & 1\n");
    let diagnostic = Diagnostic::error(CODE, "conflicting values").at(find(&sources, file, "1"));
    check(
        &diagnostic,
        &sources,
        &expect![[r#"
        error[E0201]: conflicting values
         --> é.cue:1:16
          |
        1 | ü: "日本" & 1
          |             ^

        é.cue:1:16: error[E0201]: conflicting values
    "#]],
    );
}

#[test]
fn several_lines_the_end_of_the_text_and_an_empty_text() {
    let mut sources = Sources::new();
    let file = sources.add("a.cue", "a: {\n\tb: 1\n\tc: 2\n");
    let whole = find(&sources, file, "{\n\tb: 1\n\tc: 2");
    check(
        &Diagnostic::error(CODE, "struct is not closed").at(whole),
        &sources,
        &expect![[r#"
        error[E0201]: struct is not closed
         --> a.cue:1:4
          |
        1 |   a: {
          |  ____^
        2 | |     b: 1
        3 | |     c: 2
          | |________^

        a.cue:1:4: error[E0201]: struct is not closed
    "#]],
    );
    let end = Span::new(file, 17, 17);
    check(
        &Diagnostic::error(CODE, "expected `}`, found the end").at(end),
        &sources,
        &expect![[r#"
            error[E0201]: expected `}`, found the end
             --> a.cue:3:7
              |
            3 |     c: 2
              |         ^

            a.cue:3:7: error[E0201]: expected `}`, found the end
        "#]],
    );
    let empty = sources.add("empty.cue", "");
    check(
        &Diagnostic::error(CODE, "no package").at(Span::new(empty, 0, 0)),
        &sources,
        &expect![[r#"
        error[E0201]: no package
         --> empty.cue:1:1
          |
        1 |
          | ^

        empty.cue:1:1: error[E0201]: no package
    "#]],
    );
}

#[test]
fn a_very_long_line_is_cut_around_what_matters() {
    let mut sources = Sources::new();
    let file = sources.add("long.json", format!("[{}, oops, {}]", "1, ".repeat(5000), "2, ".repeat(5000)));
    let diagnostic = Diagnostic::error(CODE, "not a value").at(find(&sources, file, "oops"));
    let text = human(&diagnostic, &sources, Style::default());
    assert!(text.contains("oops") && text.lines().all(|line| line.len() < 200), "{text}");
    let json = serde_json::to_string(&document(&[diagnostic], &sources)).unwrap();
    assert!(json.contains("oops") && json.len() < 1500, "{json}");
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let mut sources = Sources::new();
    let file = sources.add("a\u{1b}[2J.cue", "x: \"\u{1b}[31m\u{202e}\" \r 1\n");
    let diagnostic = Diagnostic::error(CODE, "bad \u{1b}]0;title\u{7} value")
        .labelled(find(&sources, file, "1"), "label \u{1b}[0m")
        .traced(find(&sources, file, "x"), "step \u{9b}31m")
        .hint("hint \u{2066}x");
    for text in [human(&diagnostic, &sources, Style::default()), line(&diagnostic, &sources)] {
        let bad = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c) || c == '\u{2066}';
        assert!(!text.contains(bad), "{text:?}");
    }
}

#[test]
fn line_ends_of_other_systems_are_not_drawn() {
    let mut sources = Sources::new();
    let file = sources.add("a.yaml", "a: 1\r\nb: two\r\nc: 3\r\n");
    for word in ["two", "3"] {
        let diagnostic = Diagnostic::error(CODE, "bad").labelled(find(&sources, file, "1"), "first");
        let text = human(&diagnostic.also(find(&sources, file, word), "here"), &sources, Style::default());
        assert!(text.contains("a: 1") && text.contains(word) && !text.contains(['\r', '\u{240d}']), "{text:?}");
    }
}

#[test]
fn spans_that_fit_no_text_are_told_all_the_same() {
    let mut sources = Sources::new();
    let file = sources.add("a.cue", "é: 1\n");
    for (start, end) in [(1, 1), (0, 900), (900, 901), (3, 1)] {
        let diagnostic = Diagnostic::error(CODE, "odd").at(Span { file, start, end });
        assert!(human(&diagnostic, &sources, Style::default()).contains("odd"), "{start}..{end}");
        let _ = line(&diagnostic, &sources);
        let _ = serde_json::to_string(&document(&[diagnostic], &sources)).unwrap();
    }
}

#[test]
fn colour_only_where_it_is_asked_for() {
    let diagnostic = Diagnostic::error(CODE, "conflicting values").hint("mend it");
    let style = |color| Style { color, ..Style::default() };
    assert!(human(&diagnostic, &Sources::new(), style(true)).contains('\u{1b}'));
    assert!(!human(&diagnostic, &Sources::new(), style(false)).contains('\u{1b}'));
}

#[test]
fn the_shape_for_programs() {
    let mut sources = Sources::new();
    let file = sources.add("a.cue", "a: 1\na: 2\n");
    let error = Diagnostic::error(CODE, "conflicting values 2 and 1")
        .labelled(find(&sources, file, "2"), "here")
        .also(find(&sources, file, "1"), "and here")
        .hint("remove one");
    let all = [error, Diagnostic::warning(CODE, "old spelling")];
    let json = serde_json::to_string_pretty(&document(&all, &sources)).unwrap();
    expect![[r#"
        {
          "format_version": "1.0",
          "valid": false,
          "error_count": 1,
          "warning_count": 1,
          "diagnostics": [
            {
              "severity": "error",
              "code": "E0201",
              "summary": "conflicting values 2 and 1",
              "detail": "here",
              "range": {
                "filename": "a.cue",
                "start": {
                  "line": 2,
                  "column": 4,
                  "byte": 8
                },
                "end": {
                  "line": 2,
                  "column": 5,
                  "byte": 9
                }
              },
              "snippet": {
                "code": "a: 2",
                "start_line": 2,
                "highlight_start_offset": 3,
                "highlight_end_offset": 4
              },
              "related": [
                {
                  "message": "and here",
                  "range": {
                    "filename": "a.cue",
                    "start": {
                      "line": 1,
                      "column": 4,
                      "byte": 3
                    },
                    "end": {
                      "line": 1,
                      "column": 5,
                      "byte": 4
                    }
                  }
                }
              ],
              "hints": [
                "remove one"
              ]
            },
            {
              "severity": "warning",
              "code": "E0201",
              "summary": "old spelling",
              "detail": ""
            }
          ]
        }"#]]
    .assert_eq(&json);
    assert_eq!(summary(&all).as_deref(), Some("1 error, 1 warning"));
    assert_eq!(summary(&[]), None);
}
