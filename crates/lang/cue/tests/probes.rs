//! One line for each corner of the language that an implementation is likely to get wrong: source and what it comes to,
//! as CUE with errors for values. All that is here is what the original says, but for its order of errors.

use cue::{Cancel, Config, Limits, MemoryFiles, TextOptions, Workspace};

/// The file's value, or what keeps it from having one.
fn told(source: &str) -> String {
    let mut files = MemoryFiles::new();
    files.add("/repo/in.cue", source);
    let mut workspace = Workspace::load(&["in.cue".to_owned()], &Config::new("/repo"), &files);
    let loaded = workspace.diagnostics().iter().map(|problem| problem.message.clone()).collect::<Vec<_>>();
    let Some(package) = workspace.package(0).filter(|_| loaded.is_empty()) else { return loaded.join("; ") };
    let (compiled, problems) = workspace.compile();
    if !problems.is_empty() {
        return problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>().join("; ");
    }
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let options = TextOptions { definitions: true, optional: true, errors: true, ..TextOptions::default() };
    evaluation.text(package, &options).unwrap().trim_end().to_owned()
}

#[track_caller]
fn hold(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(source, expected)| {
            let found = told(source);
            (found != *expected).then(|| format!("{source}\n  expected: {expected:?}\n  found:    {found:?}\n"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[test]
fn numbers_and_their_texts() {
    hold(&[
        ("x: 4/2", "x: 2.0"),
        ("x: 1/3", "x: 0.3333333333333333333333333333333333"),
        ("x: 1.50+1.50", "x: 3.00"),
        ("x: 1e3", "x: 1e+3"),
        ("x: 0x1F+1", "x: 32"),
        (r#"x: "\(1e3) \(1K) \(1.0)""#, r#"x: "1E+3 1000 1.0""#),
        ("x: 5.0 & int", "x: _|_ // x: conflicting values 5.0 and int (mismatched types float and int)"),
        ("x: 1 & 1.0", "x: _|_ // x: conflicting values 1 and 1.0 (mismatched types int and float)"),
    ]);
}

#[test]
fn text_and_bytes() {
    hold(&[
        (r#"x: "x\('\xff')""#, "x: \"x\u{FFFD}\""),
        (r"x: '\xff\x41'", r"x: '\xffA'"),
        (r#"x: "\uD83D\uDE00""#, "x: \"\u{1F600}\""),
        (r#"x: 3 * "ab""#, r#"x: "ababab""#),
        (r#"x: "a" < 'b'"#, "x: _|_ // x: invalid operands \"a\" and 'b' to '<' (type string and bytes)"),
    ]);
}

#[test]
fn disjunctions_and_their_defaults() {
    hold(&[
        (r#"x: (string|*"a"|"b") & ("b"|*"c")"#, r#"x: "c""#),
        ("x: (*1|2) & (1|*2)", "x: 1 | 2"),
        (r#"x: *"x"|*"y"|string"#, r#"x: "x" | "y""#),
        ("x: ({a:1}|{b:1}) & {a: int}", "x: {a: 1} | {\n\tb: 1\n\ta: int\n}"),
        ("x: ({a:1}|{a:1})", "x: a: 1"),
        ("x: or([])", "x: or([])"),
        ("s: *{x: 1} | {y: 2}\nfor k, v in s {(k): v}", "s: x: 1\nx: 1"),
    ]);
}

#[test]
fn closed_structs() {
    hold(&[
        ("#A: {a: int}\nx: #A & {b: 1}", "#A: a: int\nx: {\n\ta: int\n\tb: _|_ // x.b: field not allowed\n}"),
        ("#A: {a: int}\nt1: {#A, b: 1}", "#A: a: int\nt1: {\n\ta: int\n\tb: 1\n}"),
        (
            "#A: {a: int}\nt1: {#A, b: 1}\nt2: t1 & {c: 1}",
            "#A: a: int\nt1: {\n\ta: int\n\tb: 1\n}\nt2: {\n\ta: int\n\tb: 1\n\tc: _|_ // t2.c: field not allowed\n}",
        ),
        (
            "@experiment(explicitopen)\n#A: {a: 1}\nx: {#A, b: 2}",
            "#A: a: 1\nx: {\n\ta: 1\n\tb: _|_ // x.b: field not allowed\n}",
        ),
        ("x: {...} & #A & {q: 1}\n#A: {a: int}", "x: {\n\ta: int\n\tq: _|_ // x.q: field not allowed\n}\n#A: a: int"),
        ("x: {#A, #B, c: 1}\n#A: {a: 1}\n#B: {b: 1}", "x: {\n\ta: 1\n\tb: 1\n\tc: 1\n}\n#A: a: 1\n#B: b: 1"),
        (
            "x: {#A & #B, c: 1}\n#A: {a: 1}\n#B: {b: 1}",
            "x: {\n\ta: _|_ // x.a: field not allowed\n\tb: _|_ // x.b: field not allowed\n\tc: 1\n}\n#A: a: 1\n#B: b: 1",
        ),
        ("x: close({a: {b: 1}}) & {a: c: 1}", "x: a: {\n\tb: 1\n\tc: 1\n}"),
        ("x: #C.c & {e: 1}\n#C: c: d: 1", "x: {\n\td: 1\n\te: _|_ // x.e: field not allowed\n}\n#C: c: d: 1"),
        ("@experiment(explicitopen)\n#A: {a: 1}\nx: {#A..., b: 2}", "#A: a: 1\nx: {\n\ta: 1\n\tb: 2\n}"),
    ]);
}

#[test]
fn references_and_cycles() {
    hold(&[
        ("a: b: a", "a: b: _|_ // a.b: structural cycle"),
        ("a: {if b.c == _|_ {d: 1}}, b: {}", "a: d: 1\nb: {}"),
        ("x: b.zz, b: {}\ny: 1 + x", "x: b.zz\nb: {}\ny: 1 + x"),
        ("\"a\": 1, b: a", "b: reference \"a\" not found"),
        ("@experiment(aliasv2)\na: {x: 1, y: self.x}", "a: {\n\tx: 1\n\ty: 1\n}"),
        ("@experiment(aliasv2)\nb~Z: 3, c: Z", "b: 3\nc: 3"),
    ]);
}

#[test]
fn structs_and_lists() {
    hold(&[
        (
            "p: {[string]: int, x: 1}\nq: p & {y: \"s\"}",
            "p: x: 1\nq: {\n\tx: 1\n\ty: _|_ // q.y: conflicting values \"s\" and int (mismatched types string and int)\n}",
        ),
        ("x: [1, ...int]", "x: [1]"),
        ("x: [1, ...int] & [_, 2]", "x: [1, 2]"),
        ("x: {#a: 1, 5}", "x: {\n\t5\n\t#a: 1\n}"),
        ("x: len({a: 1, b?: 2, #c: 3, _d: 4})", "x: 1"),
        ("(\"x\")?: 1", "x?: 1"),
        ("(\"y\")!: 2", "y!: 2"),
        ("x: {x: 1, #d: 2, _h: 3} == {x: 1, #d: 4}", "x: true"),
        ("x: [1, 2] == [1, 2.0]", "x: false"),
        ("x: {} == []", "x: false"),
        (
            "x: [1, 2] + [3]",
            "x: _|_ // x: Addition of lists is superseded by list.Concat; see https://cuelang.org/e/v0.11-list-arithmetic",
        ),
    ]);
}

#[test]
fn constraints_that_stay() {
    hold(&[
        ("x: >=1 & <=1", "x: >=1 & <=1"),
        ("x: int & >=1 & <=1", "x: uint & >=1 & <=1"),
        (
            "x: {a: 1} & matchN(1, [{a: int}, {b: int}])",
            "x: _|_ // x: invalid value {a:1} (does not satisfy matchN): 2 matched, expected 1",
        ),
        ("x: {a: 1} & matchN(1, [close({a: int}), close({b: int})])", "x: a: 1"),
    ]);
}

#[test]
fn trying() {
    hold(&[
        ("@experiment(try)\no: {x?: int}\nr: {try {v: o.x?} else {v: \"none\"}}", "o: x?: int\nr: v:  \"none\""),
        (
            "@experiment(try)\no: {x?: int}\nr: {try {v: o.x?} otherwise {v: \"none\"}}",
            "use 'else' with single 'if' or 'try' clause",
        ),
        ("f: func(int): string", "missing ',' in struct literal"),
    ]);
}

#[test]
fn functions_that_move_or_count_elements_take_what_is_not_known_yet() {
    hold(&[
        ("import \"list\"\nx: list.Repeat([int], 3)", "x: [int, int, int]"),
        ("import \"list\"\nx: list.Concat([[int], [string, 1]]) & [1, \"a\", _]", "x: [1, \"a\", 1]"),
        ("import \"list\"\nx: list.Reverse([int, {a: string}])", "x: [{a: string}, int]"),
        ("import \"list\"\nx: list.FlattenN([int, [string, [bool]]], 1)", "x: [int, string, [bool]]"),
        ("import \"list\"\nx: list.FlattenN([int, [string, [bool]]], -1)", "x: [int, string, bool]"),
        ("import \"list\"\nx: list.Slice([1, string, [int]], 1, 3)", "x: [string, [int]]"),
        ("import \"list\"\nx: list.Take([string], -1)", "x: _|_ // x: error in call to list.Take: negative index"),
        ("import \"list\"\nx: list.MaxItems([_, _], 1)", "x: false"),
        ("import \"struct\"\nx: struct.MinFields({a: int, b?: int}, 1)", "x: true"),
        // What looks at elements waits for them.
        ("import \"list\"\nx: list.Sum([1, int])", "import \"list\"\n\nx: list.Sum([1, int])"),
    ]);
}

#[test]
fn arguments_are_judged_together() {
    hold(&[
        // One of several values may still become the one that fits.
        ("import \"strings\"\nx: strings.ToUpper(1 | 2)", "import \"strings\"\n\nx: strings.ToUpper(1 | 2)"),
        (
            "import \"regexp\"\nx: regexp.FindAll(string, \"a\", \"b\")",
            "x: _|_ // x: cannot use \"b\" (type string) as int in argument 3 to regexp.FindAll",
        ),
        (
            "import \"strconv\"\no: {}\nx: strconv.ParseUint(1, o.y, 0)",
            "import \"strconv\"\n\no: {}\nx: strconv.ParseUint(1, o.y, 0)",
        ),
        (
            "import \"strings\"\nx: strings.ToUpper({a: [1, 2]})",
            "x: _|_ // x: cannot use {a:[1,2]} (type struct) as string in argument 1 to strings.ToUpper",
        ),
        (
            "import \"list\"\nx: list.MatchN(null, 1, 1)",
            "x: _|_ // x: cannot use null (type null) as list in argument 1 to list.MatchN",
        ),
        ("x: -\"a\"", "x: _|_ // x: invalid operation -\"a\" (- string)"),
    ]);
}

#[test]
fn a_key_that_stands_twice_in_data_is_both_values() {
    hold(&[
        (
            r#"import "encoding/json"
x: json.Unmarshal("{\"a\":1,\"a\":2}")"#,
            "x: a: _|_ // x.a: conflicting values 2 and 1",
        ),
        (
            r#"import "encoding/json"
x: json.Unmarshal("{\"a\":{\"b\":1},\"a\":{\"c\":2}}")
y: json.Marshal(x)
z: [for k, v in x {k}]"#,
            "x: a: {\n\tb: 1\n\tc: 2\n}\ny: \"{\\\"a\\\":{\\\"b\\\":1,\\\"c\\\":2}}\"\nz: [\"a\"]",
        ),
        ("import \"encoding/yaml\"\nx: yaml.UnmarshalStream(\"a: 1\\na: 1\")", "x: [{a: 1}]"),
    ]);
}

#[test]
fn texts_are_held_against_closed_and_open_schemas() {
    hold(&[
        ("import \"encoding/json\"\nx: json.Validate(\"{\\\"b\\\":1}\", {a: int})", "x: true"),
        (
            "import \"encoding/json\"\nx: \"{\\\"b\\\":1}\" & json.Validate(close({a?: int}))",
            "x: _|_ // x: invalid value \"{\\\"b\\\":1}\" (does not satisfy json.Validate({})): b: field not allowed",
        ),
        (
            "import \"encoding/yaml\"\nx: \"yes\" & yaml.Validate(>1)",
            "x: _|_ // x: invalid value \"yes\" (does not satisfy yaml.Validate(>1)): conflicting values \"yes\" and >1 \
             (mismatched types string and number)",
        ),
    ]);
}

#[test]
fn imports_are_used_and_named_once() {
    hold(&[
        ("import \"strings\"\nx: 1", "imported and not used: \"strings\""),
        ("import s \"strings\"\nx: 1", "imported and not used: \"strings\" as s"),
        (
            "import \"strings\"\nimport \"strings\"\nx: strings.ToUpper(\"a\")",
            "strings redeclared as imported package name",
        ),
    ]);
}

#[test]
fn a_comparer_that_cannot_answer_is_told() {
    hold(&[
        ("import \"list\"\nx: list.Sort([2, 1], {})", "x: _|_ // x: field not found: less"),
        (
            "import \"list\"\nx: list.Sort([2, 1], {x: {a: _}, y: {a: _}, less: x.a < y.a})",
            "x: _|_ // x: conflicting values 1 and {a:_} (mismatched types int and struct)",
        ),
    ]);
}

#[test]
fn a_call_that_calls_itself_ends() {
    hold(&[
        (
            "#f: {N=x: int, r: (#f & {x: N}).r}\na: (#f & {x: 1}).r",
            "#f: {\n\tx: int\n\tr: _|_ // #f.r: structural cycle\n}\na: _|_ // a: structural cycle",
        ),
        (
            "#f: {n: int, let m = n, if n > 0 {r: (#f & {n: m - 1}).r}, if n <= 0 {r: 7}}\na: (#f & {n: 40}).r",
            "#f: {\n\tn: int\n\tlet m = n\n\tif n > 0 {\n\t\tr: (#f & {n: m - 1}).r\n\t}\n\tif n <= 0 {\n\t\tr: \
             7\n\t}\n}\na: 7",
        ),
    ]);
}
