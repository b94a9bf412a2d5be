//! YAML written, and read back.

use cue_data::{Data, Event, Sink, Spelling};
use cue_encode::{Limit, ReadOptions, WriteError, json, yaml};
use cue_num::Number;
use strata_base::Sources;

fn from_json(text: &str) -> Data {
    json::read(Sources::new().add("t.json", text), text, &ReadOptions::default()).unwrap()
}

fn write(text: &str) -> String {
    let data = from_json(text);
    let written = yaml::to_string(&data, data.root(), Limit::NONE).unwrap();
    let back = yaml::read(Sources::new().add("t.yaml", written.as_str()), &written, &ReadOptions::default());
    assert_eq!(back.unwrap()[0], data, "{written}");
    written
}

#[test]
fn containers_are_indented_by_two_and_lists_too() {
    let table = [
        ("null", "null\n"),
        ("{}", "{}\n"),
        ("[]", "[]\n"),
        (r#"{"a":1,"b":{"c":true,"d":{"e":null}},"g":[]}"#, "a: 1\nb:\n  c: true\n  d:\n    e: null\ng: []\n"),
        (r#"{"a":[1,2],"b":[[3,[4]],{}]}"#, "a:\n  - 1\n  - 2\nb:\n  - - 3\n    - - 4\n  - {}\n"),
        ("[1,[2,3],[[4]],[],{}]", "- 1\n- - 2\n  - 3\n- - - 4\n- []\n- {}\n"),
        (r#"[{"a":1,"b":[1]},{"a":[{"x":2}]}]"#, "- a: 1\n  b:\n    - 1\n- a:\n    - x: 2\n"),
        (r#"[[{"a":[[1]],"b":2}]]"#, "- - a:\n      - - 1\n    b: 2\n"),
    ];
    for (data, expected) in table {
        assert_eq!(write(data), expected);
    }
}

#[test]
fn strings_are_quoted_only_where_they_must() {
    let plain = [
        "a", "a b", "a-b", "-a", "--", "a,b", "a]", "x:y", "http://x", "1,000", "1K", "1.2.3", "NaN", "nan", "_1", "=",
        "é", "1 2", "a'b", "a\"b", "nULL", "1e", "0x", "0xg", "+a", ".", "a}", "a?", "٣",
    ];
    let single = [
        "-", "- a", "a- b", "?", "? a", ":", "a:", "a: b", "a: ", "a #b", "a#b", "#x", "'", "\"", "%a", "@a", "`a",
        "a\\b", "<<", "!", "&a", "*a", " a", "a ", " ", "{a", "[a", "]", "}", ",", "|", ">", "x'#y",
    ];
    let double = [
        "",
        "yes",
        "No",
        "on",
        "OFF",
        "y",
        "N",
        "t",
        "F",
        "true",
        "False",
        "null",
        "Null",
        "~",
        ".inf",
        "-.INF",
        "+.inf",
        ".nan",
        ".Nan",
        "1",
        "-1",
        "+1",
        "+-1",
        "1.5",
        ".5",
        "1.",
        "1e3",
        "12e03",
        "0777",
        "0778",
        "00",
        "0x1F",
        "0o7",
        "0b1",
        "1_000",
        "1__0",
        "99999999999999999999",
        "1:20",
        "12:30:45",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "2001-01-01 00:00:00",
        "---",
        "1 ",
        "true ",
        "a\tb",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
    ];
    for text in plain {
        assert_eq!(write(&json::quote(text)), format!("{text}\n"));
    }
    for text in single {
        assert_eq!(write(&json::quote(text)), format!("'{}'\n", text.replace('\'', "''")));
    }
    for text in double {
        let written = write(&json::quote(text));
        assert!(written.starts_with('"') && written.ends_with("\"\n"), "{text:?} is {written}");
    }
    let escaped = "a\tb\u{1}\u{7}\u{8}\u{b}\u{c}\r\"\\é😀\u{85}\u{200b}\u{a0}\u{e0001}";
    assert_eq!(
        write(&json::quote(escaped)),
        "\"a\\tb\\x01\\a\\b\\v\\f\\r\\\"\\\\é😀\\u0085\\u200b\\u00a0\\U000e0001\"\n"
    );
}

#[test]
fn marks_of_documents_are_quoted_where_they_would_be_ones() {
    assert_eq!(write(r#""...""#), "'...'\n");
    assert_eq!(write(r#"{"...":["...","--- "]}"#), "...:\n  - ...\n  - \"--- \"\n");
}

#[test]
fn keys_are_quoted_as_strings_are() {
    assert_eq!(
        write(r#"{"a":1,"f":1,"1":1,"":1,"a: b":1,"t u":1,"<<":1,"x\ny":{"z":1}}"#),
        "a: 1\n\"f\": 1\n\"1\": 1\n\"\": 1\n'a: b': 1\nt u: 1\n'<<': 1\n\"x\\ny\":\n  z: 1\n"
    );
}

#[test]
fn texts_of_several_lines_are_blocks() {
    let table = [
        (r#""x\ny""#, "|-\n  x\n  y\n"),
        (r#""x\ny\n""#, "|\n  x\n  y\n"),
        (r#"{"a":"x\n\n","b":1}"#, "a: |+\n  x\n\nb: 1\n"),
        (r#"{"a":{"b":"x\n  y\n\nz\n"}}"#, "a:\n  b: |\n    x\n      y\n\n    z\n"),
        (r#"["x\ny",["p\nq"]]"#, "- |-\n  x\n  y\n- - |-\n    p\n    q\n"),
        (r##"{"a":"# x\ny: z"}"##, "a: |-\n  # x\n  y: z\n"),
        (r#""\nx""#, "|-\n\n  x\n"),
        (r#"{"a":"\n\n"}"#, "a: |+\n\n\n"),
        // What a block would lose needs quotes.
        (r#""\n""#, "\"\\n\"\n"),
        (r#""x \ny""#, "\"x \\ny\"\n"),
        (r#"" x\ny""#, "\" x\\ny\"\n"),
        (r#""\n x""#, "\"\\n x\"\n"),
        (r#""x\ny ""#, "\"x\\ny \"\n"),
        (r#""x\r\ny""#, "\"x\\r\\ny\"\n"),
    ];
    for (data, expected) in table {
        assert_eq!(write(data), expected);
    }
}

#[test]
fn numbers_are_spelt_so_that_they_read_back() {
    let table = [
        ("1", "1"),
        ("-2", "-2"),
        ("1.50", "1.50"),
        ("-0.0", "0.0"),
        ("1e3", "1e+3"),
        ("1.0e3", "1.0E+3"),
        ("-1.5e-11", "-1.5E-11"),
        ("1e-11", "1e-11"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
    ];
    for (data, expected) in table {
        assert_eq!(write(data), format!("{expected}\n"));
    }
}

#[test]
fn the_authors_spelling_is_kept_where_it_is_told() {
    let spelt = |spelling: Spelling<'_>, event: Event<'_>| {
        let mut text = String::new();
        let mut writer = yaml::Writer::new(&mut text, Limit::NONE);
        writer.event(Event::Spelling(spelling)).unwrap();
        writer.event(event).unwrap();
        text
    };
    for (literal, expected) in [
        ("0x1F", "0x1F"),
        ("1e3", "1e3"),
        ("1E3", "1e3"),
        ("1K", "1000"),
        ("1_000", "1_000"),
        (".5", ".5"),
        ("0X1F", "31"),
    ] {
        let number = Number::parse_literal(literal).unwrap();
        assert_eq!(spelt(Spelling::Number(literal), Event::Number(&number)), format!("{expected}\n"));
    }
    assert_eq!(spelt(Spelling::Line, Event::String("a\nb")), "\"a\\nb\"\n");
    assert_eq!(spelt(Spelling::Block, Event::String("one")), "|-\n  one\n");
}

#[test]
fn streams_have_a_line_between_documents() {
    let mut text = String::new();
    let mut writer = yaml::Writer::new(&mut text, Limit::NONE);
    for document in ["{\"a\":[1]}", "[]", "\"x\"", "[2]"] {
        writer.next_document().unwrap();
        let data = from_json(document);
        data.emit(data.root(), &mut writer).unwrap();
    }
    assert_eq!(text, "a:\n  - 1\n---\n[]\n---\nx\n---\n- 2\n");
}

#[test]
fn bytes_are_tagged() {
    let mut text = String::new();
    yaml::Writer::new(&mut text, Limit::NONE).event(Event::Bytes(b"hello")).unwrap();
    assert_eq!(text, "!!binary aGVsbG8=\n");
}

#[test]
fn output_ends_at_its_limit() {
    let data = from_json(&("[".repeat(5000) + &"]".repeat(5000)));
    assert!(yaml::to_string(&data, data.root(), Limit::NONE).is_ok());
    assert_eq!(yaml::to_string(&data, data.root(), Limit(5000)), Err(WriteError::TooLarge(Limit(5000))));
}
