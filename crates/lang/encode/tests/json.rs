//! JSON from outside: text in, text out, and what is told of broken text.

use cue_data::{Builder, Data, Event, Sink};
use cue_encode::json::{self, Layout};
use cue_encode::{DuplicateKeys, Limit, ReadOptions, WriteError};
use strata_base::{Diagnostic, Sources, Span};
use strata_fixtures::on_small_stack;

fn read(text: &str) -> Result<Data, Vec<Diagnostic>> {
    json::read(Sources::new().add("t.json", text), text, &ReadOptions::default())
}

fn compact(data: &Data) -> String {
    json::to_string(data, data.root(), Layout::Compact, Limit::NONE).unwrap()
}

/// `line:column message` of each mistake.
fn problems(text: &str, options: &ReadOptions) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("t", text);
    let found = json::read(id, text, options).unwrap_err();
    found.iter().map(|problem| format!("{} {}", &sources.position(problem.span())[2..], problem.message)).collect()
}

#[test]
fn what_is_read_is_written_again() {
    let texts = [
        "null",
        "true",
        "[]",
        "{}",
        "[1,-2,[],{},[[null]]]",
        r#"{"b":1,"a":{"c":[false]},"":""}"#,
        r#"{"a":1,"a":2}"#,
        "123456789012345678901234567890",
        "[1.50,1E+3,0.0,1E-11,1E+400,0.000001]",
        r#""<a&b> é😀 \u0001\b\f\n\r\t\"\\/""#,
        r#""\u2028\u2029""#,
        "\"\u{7f}\u{85}\"",
    ];
    for text in texts {
        assert_eq!(compact(&read(text).unwrap()), text);
    }
}

#[test]
fn spellings_are_normalised() {
    let table = [
        (r#""\u0041\/\ud83d\ude00""#, "\"A/😀\""),
        ("[1e3,1.5e-3,-0.0,-0]", "[1E+3,0.0015,0.0,0]"),
        (" { \"a\" :\n[ 1 ,\t2 ] } \r\n", r#"{"a":[1,2]}"#),
        ("\u{feff}1", "1"),
    ];
    for (text, expected) in table {
        assert_eq!(compact(&read(text).unwrap()), expected);
    }
}

#[test]
fn export_layout_gives_every_element_a_line() {
    let data = read(r#"{"a":[1,[],{}],"b":{"c":"x"}}"#).unwrap();
    let text = json::to_string(&data, data.root(), Layout::EXPORT, Limit::NONE).unwrap();
    let expected = r#"{
    "a": [
        1,
        [],
        {}
    ],
    "b": {
        "c": "x"
    }
}"#;
    assert_eq!(text, expected);
}

#[test]
fn every_node_knows_its_place() {
    let text = r#"{"k": [10, "ä"], "l": {}}"#;
    let data = read(text).unwrap();
    let at = |span: Span| &text[span.start as usize..span.end as usize];
    let list = data.get(data.root(), "k").unwrap();
    assert_eq!(at(data.span(list)), r#"[10, "ä"]"#);
    assert_eq!(at(data.span(data.elements(list)[1])), "\"ä\"");
    assert_eq!(at(data.fields(data.root())[1].key_span), "\"l\"");
}

#[test]
fn the_first_mistake_is_told_where_it_is() {
    let table = [
        ("", "1:1 invalid JSON: unexpected end of JSON input"),
        (r#"{"a": }"#, "1:7 invalid JSON: invalid character '}' looking for beginning of value"),
        (r#"{"a" 1}"#, "1:6 invalid JSON: invalid character '1' after object key"),
        (r#"{"a":1"#, "1:6 invalid JSON: unexpected end of JSON input"),
        ("[1,]", "1:4 invalid JSON: invalid character ']' looking for beginning of value"),
        (r#"{"a":1,}"#, "1:8 invalid JSON: invalid character '}' looking for beginning of object key string"),
        ("{a:1}", "1:2 invalid JSON: invalid character 'a' looking for beginning of object key string"),
        ("01", "1:2 invalid JSON: invalid character '1' after top-level value"),
        ("tru e", "1:4 invalid JSON: invalid character ' ' in literal true (expecting 'e')"),
        (r#""\x""#, "1:3 invalid JSON: invalid character 'x' in string escape code"),
        (r#""\u00g0""#, "1:6 invalid JSON: invalid character 'g' in \\u hexadecimal character escape"),
        ("\"a\nb\"", "1:3 invalid JSON: invalid character '\\n' in string literal"),
        ("[1 2]", "1:4 invalid JSON: invalid character '2' after array element"),
        (r#"{"a":1]"#, "1:7 invalid JSON: invalid character ']' after object key:value pair"),
        ("-x", "1:2 invalid JSON: invalid character 'x' in numeric literal"),
        ("[1.]", "1:4 invalid JSON: invalid character ']' after decimal point in numeric literal"),
        ("[1e]", "1:4 invalid JSON: invalid character ']' in exponent of numeric literal"),
        (r#"{"a":"\ud800"}"#, "1:6 invalid string: unmatched surrogate pair"),
        (r#""\ud800A""#, "1:1 invalid string: unmatched surrogate pair"),
    ];
    for (text, expected) in table {
        assert_eq!(problems(text, &ReadOptions::default()), [expected], "{text}");
    }
}

#[test]
fn streams_are_values_one_after_the_other() {
    let text = "{\"a\":1}\n{\"a\":2} [3]\n";
    let id = Sources::new().add("t", text);
    let values = json::read_stream(id, text, &ReadOptions::default()).unwrap();
    assert_eq!(values.iter().map(compact).collect::<Vec<_>>(), [r#"{"a":1}"#, r#"{"a":2}"#, "[3]"]);
    assert!(json::read_stream(id, "{} }", &ReadOptions::default()).is_err());
}

#[test]
fn duplicate_keys_are_refused_if_asked_for() {
    let options = ReadOptions { duplicate_keys: DuplicateKeys::Refuse, ..ReadOptions::default() };
    let text = r#"{"a":1,"b":{"c":1,"c":2},"a":3}"#;
    assert_eq!(problems(text, &options), ["1:26 duplicate key \"a\"", "1:19 duplicate key \"c\""]);
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let levels = 100_000;
    let text = "[".repeat(levels) + &"]".repeat(levels);
    assert!(problems(&text, &ReadOptions::default())[0].ends_with("nested more than 10000 levels deep"));
    let options = ReadOptions { max_depth: levels, ..ReadOptions::default() };
    on_small_stack(|| {
        let data = json::read(Sources::new().add("t", text.as_str()), &text, &options).unwrap();
        assert_eq!(compact(&data), text);
    });
}

#[test]
fn output_ends_at_its_limit() {
    let mut text = String::new();
    let mut writer = json::Writer::new(&mut text, Layout::Compact, Limit(10));
    assert_eq!(writer.event(Event::BeginList), Ok(()));
    assert_eq!(writer.event(Event::String("1234567")), Ok(()));
    assert_eq!(writer.event(Event::Null), Err(WriteError::TooLarge(Limit(10))));
    // Indentation of what is deep counts too.
    let mut builder = Builder::new();
    (0..1000).for_each(|_| _ = builder.begin_list(Span::NONE));
    (0..1000).for_each(|_| builder.end(Span::NONE));
    let deep = builder.finish();
    let written = json::to_string(&deep, deep.root(), Layout::EXPORT, Limit(1_000_000));
    assert_eq!(written, Err(WriteError::TooLarge(Limit(1_000_000))));
}
