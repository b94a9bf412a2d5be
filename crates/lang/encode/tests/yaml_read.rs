//! YAML read from outside: text in, JSON out, and what is told of broken text.

use cue_data::Data;
use cue_encode::json::{self, Layout};
use cue_encode::{DuplicateKeys, Limit, ReadOptions, yaml};
use strata_base::{Diagnostic, Sources, Span};
use strata_fixtures::on_small_stack;

fn read_with(text: &str, options: &ReadOptions) -> Result<Vec<Data>, Vec<Diagnostic>> {
    yaml::read(Sources::new().add("t.yaml", text), text, options)
}

fn compact(data: &Data) -> String {
    json::to_string(data, data.root(), Layout::Compact, Limit::NONE).unwrap()
}

/// The documents of a text as JSON, one a line.
fn read(text: &str) -> String {
    let documents = read_with(text, &ReadOptions::default()).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"));
    documents.iter().map(compact).collect::<Vec<_>>().join("\n")
}

/// `line:column message` of each mistake.
fn problems(text: &str) -> Vec<String> {
    let mut sources = Sources::new();
    let id = sources.add("t", text);
    let found = yaml::read(id, text, &ReadOptions::default()).unwrap_err();
    found.iter().map(|problem| format!("{} {}", &sources.position(problem.span())[2..], problem.message)).collect()
}

#[test]
fn plain_scalars_are_resolved_as_cue_resolves_them() {
    let table = [
        ("", "null"),
        ("~", "null"),
        ("Null", "null"),
        ("nULL", "\"nULL\""),
        ("True", "true"),
        ("yes", "\"yes\""),
        ("1", "1"),
        ("+12", "12"),
        ("-5", "-5"),
        ("0x1F", "31"),
        ("-0x1F", "-31"),
        ("0o17", "15"),
        ("0777", "511"),
        ("-0777", "-511"),
        ("0778", "\"0778\""),
        ("0b11", "3"),
        ("1_000", "1000"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.50", "1.50"),
        (".5", "0.5"),
        ("1.", "1"),
        ("01289.5", "1289.5"),
        ("1e3", "1E+3"),
        ("1E400", "1E+400"),
        ("12e03", "1.2E+4"),
        ("1Gi", "\"1Gi\""),
        ("1.2.3", "\"1.2.3\""),
        ("0x", "\"0x\""),
        ("1e", "\"1e\""),
        ("12:30:45", "\"12:30:45\""),
        ("2001-01-01", "\"2001-01-01\""),
        ("<<", "\"<<\""),
        ("a#b: c", "{\"a#b\":\"c\"}"),
        ("http://x:1/y", "\"http://x:1/y\""),
        ("'1'", "\"1\""),
        ("\"\\x41\\u00e9\\n\"", "\"Aé\\n\""),
    ];
    for (text, expected) in table {
        assert_eq!(read(&format!("- {text}")), format!("[{expected}]"), "{text}");
    }
}

#[test]
fn tags_decide_what_a_scalar_is() {
    let table = [
        ("!!str 12", "\"12\""),
        ("!!str", "\"\""),
        ("!!int 0x10", "16"),
        ("!!float 3", "3"),
        ("!!float 3.0", "3.0"),
        ("!!bool true", "true"),
        ("!!bool yes", "false"),
        ("!!null x", "null"),
        ("!!timestamp 2001-01-01", "\"2001-01-01\""),
        ("!!binary aGVs\n  bG8=", "\"aGVsbG8=\""),
        ("! 12", "12"),
        ("!local {a: 1}", "{\"a\":1}"),
        ("!!map {a: 1}", "{\"a\":1}"),
    ];
    for (text, expected) in table {
        assert_eq!(read(&format!("- {text}")), format!("[{expected}]"), "{text}");
    }
    assert_eq!(read("%TAG !e! tag:yaml.org,2002:\n---\n!e!str 1"), "\"1\"");
}

#[test]
fn keys_become_names() {
    assert_eq!(
        read("1: a\n0777: b\n1.5: c\nNull: d\nTRUE: e\n.inf: f\n'1_0': g\n? h\n: i\n!!str 2: j\n"),
        r#"{"1":"a","0o777":"b","1.5":"c","null":"d","true":"e","+Inf":"f","1_0":"g","h":"i","2":"j"}"#
    );
    assert_eq!(read("&k x: 1\ny: *k\n*k : 2\n"), r#"{"x":1,"y":"x","x":2}"#);
}

#[test]
fn blocks_and_flows() {
    assert_eq!(read("a: |\n  x\n   y\n\nb: >-\n  p\n  q\nc: |+\n  z\n\n"), r#"{"a":"x\n y\n","b":"p q","c":"z\n\n"}"#);
    assert_eq!(read("{a: [1, {b: c}], d: , e}"), r#"{"a":[1,{"b":"c"}],"d":null,"e":null}"#);
    assert_eq!(read("- - 1\n  - - 2\n- a: b\n  c:\n  - d\n"), r#"[[1,[2]],{"a":"b","c":["d"]}]"#);
}

#[test]
fn streams_have_any_number_of_documents() {
    assert_eq!(read("a: 1\n---\nb: 2\n...\n---\n- c\n"), "{\"a\":1}\n{\"b\":2}\n[\"c\"]");
    assert_eq!(read("---\n---\n1\n"), "null\n1");
    assert_eq!(read(""), "");
    assert_eq!(read("# only words\n"), "");
    assert_eq!(read("\u{feff}a: 1\n"), r#"{"a":1}"#);
}

#[test]
fn aliases_are_copies_of_their_anchors() {
    assert_eq!(read("a: &x {k: [1]}\nb: *x\nc: &y 2\nd: [*y, *y]"), r#"{"a":{"k":[1]},"b":{"k":[1]},"c":2,"d":[2,2]}"#);
    // The newest anchor of a name counts.
    assert_eq!(read("[&a 1, *a, &a 2, *a]"), "[1,1,2,2]");
}

#[test]
fn merge_keys_give_way_to_own_keys_and_the_first_mapping_wins() {
    let anchors = "p: &p {a: 1, b: 1}\nq: &q {b: 2, c: 2}\n";
    let table = [
        ("r: {<<: *p, b: 9}", r#"{"a":1,"b":9}"#),
        ("r: {b: 9, <<: *p}", r#"{"b":9,"a":1}"#),
        ("r: {<<: [*p, *q], d: 9}", r#"{"b":1,"c":2,"a":1,"d":9}"#),
        ("r: {<<: {x: 1}, y: 2}", r#"{"x":1,"y":2}"#),
        ("r: {\"<<\": *p}", r#"{"<<":{"a":1,"b":1}}"#),
    ];
    for (text, expected) in table {
        let whole = read(&format!("{anchors}{text}"));
        let value = whole.split_once("\"r\":").unwrap().1.strip_suffix('}').unwrap();
        assert_eq!(value, expected, "{text}");
    }
}

#[test]
fn every_node_knows_its_place() {
    let text = "top:\n  - é: one\n    k: &a {x: 'two'}\n  - *a\n";
    let mut sources = Sources::new();
    let id = sources.add("t", text);
    let data = &yaml::read(id, text, &ReadOptions::default()).unwrap()[0];
    let place = |span: Span| format!("{} {:?}", &sources.position(span)[2..], sources.text(span));
    let list = data.get(data.root(), "top").unwrap();
    let [first, second] = data.elements(list) else { panic!("two elements") };
    assert_eq!(place(data.fields(*first)[0].key_span), "2:5 \"é\"");
    assert_eq!(place(data.span(data.get(*first, "é").unwrap())), "2:9 \"one\"");
    assert_eq!(place(data.span(data.get(*first, "k").unwrap())), "3:11 \"{x: 'two'}\"");
    // A copy stands where the alias stands, and what is in it where it was written.
    assert_eq!(place(data.span(*second)), "4:5 \"*a\"");
    assert_eq!(place(data.span(data.get(*second, "x").unwrap())), "3:15 \"'two'\"");
}

#[test]
fn mistakes_are_told_where_they_are() {
    let table = [
        ("a: *x\n", "1:4 unknown anchor 'x' referenced"),
        ("a: &x [*x]\n", "1:8 anchor \"x\" value contains itself"),
        ("-1: a\n", "1:1 invalid label -1"),
        ("[a]: b\n", "1:1 invalid map key: !!seq"),
        ("? {a: b}\n: c\n", "1:3 invalid map key: !!map"),
        ("a: !foo 1\n", "1:9 cannot unmarshal tag \"!foo\""),
        ("a: !!int x\n", "1:10 cannot decode \"x\" as !!int: illegal number start \"x\""),
        ("a: !!str [1]\n", "1:10 cannot unmarshal tag \"!!str\" on a collection"),
        ("a: !!binary '*'\n", "1:13 !!binary value contains invalid base64 data"),
        ("a: .inf\n", "1:4 cannot represent .inf: CUE has no infinities and no NaN"),
        ("<<: 1\n", "1:5 map merge requires map or sequence of maps as the value"),
    ];
    for (text, expected) in table {
        assert_eq!(problems(text), [expected], "{text}");
    }
}

#[test]
fn mistakes_of_all_documents_are_told() {
    let found = problems("a: [1\n---\nb: *x\nc: *y\n---\nd: 1\n---\n-1: .nan\n");
    let places: Vec<&str> = found.iter().map(|problem| problem.split_once(' ').unwrap().0).collect();
    assert_eq!(places, ["1:4", "3:4", "4:4", "8:1", "8:5"], "{found:?}");
    assert!(found[0].contains("invalid YAML: "));
}

#[test]
fn duplicate_keys_are_kept_or_refused() {
    let text = "a: 1\nb: {c: 1, c: 2}\na: 1\n";
    assert_eq!(read(text), r#"{"a":1,"b":{"c":1,"c":2},"a":1}"#);
    let options = ReadOptions { duplicate_keys: DuplicateKeys::Refuse, ..ReadOptions::default() };
    let found = read_with(text, &options).unwrap_err();
    let messages: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(messages, ["duplicate key \"a\"", "duplicate key \"c\""]);
}

#[test]
fn a_billion_laughs_and_their_merges_are_a_limit() {
    let mut laughs = String::from("a0: &a0 [lol, lol]\n");
    let mut merges = String::from("m0: &m0 {k: 1}\n");
    for level in 1..60 {
        let below = level - 1;
        laughs += &format!("a{level}: &a{level} [*a{below}, *a{below}, *a{below}]\n");
        merges += &format!("m{level}: &m{level} {{<<: [*m{below}, *m{below}, *m{below}]}}\n");
    }
    for text in [laughs, merges] {
        let found = problems(&text);
        assert!(found.last().unwrap().ends_with("aliases expand to more than 50000 nodes"), "{found:?}");
    }
}

#[test]
fn depth_is_limited_and_costs_no_stack() {
    let levels = 100_000;
    let flow = "[".repeat(levels) + &"]".repeat(levels);
    let dashes = "- ".repeat(levels);
    let nested_aliases: String =
        (1..200).fold("a0: &a0 []\n".to_owned(), |text, n| format!("{text}a{n}: &a{n} [*a{}]\n", n - 1));
    on_small_stack(|| {
        for text in [flow, dashes] {
            let found = problems(&text);
            assert!(found[0].ends_with("nested more than 10000 levels deep"), "{found:?}");
        }
        let options = ReadOptions { max_depth: 100, ..ReadOptions::default() };
        let found = read_with(&nested_aliases, &options).unwrap_err();
        assert_eq!(found[0].message, "document nested more than 100 levels deep");
    });
}
