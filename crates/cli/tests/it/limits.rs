//! Hostile input ends in a clean limit, in memory that is bounded by the operating system and not by our word.

use std::process::Command;

/// Kilobytes of address space: far less than what these inputs would take.
const MEMORY: u32 = 2_000_000;
/// Kilobytes of stack: no more than a thread of a server has.
const STACK: u32 = 2_000;
const DEEP: usize = 100_000;

/// What `strata cue` says to a file, and its exit code.
fn told(name: &str, text: &str, arguments: &str) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), text).unwrap();
    let strata = env!("CARGO_BIN_EXE_strata");
    let script = format!("ulimit -v {MEMORY}; ulimit -s {STACK}; exec \"{strata}\" cue {arguments} {name}");
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or_default().to_owned();
    (words, output.status.code())
}

fn refused(name: &str, text: &str, arguments: &str, message: &str) {
    let (words, code) = told(name, text, arguments);
    assert_eq!(code, Some(1), "{name} with {arguments}: {words}");
    let words = words.trim_end_matches(':');
    assert!(words.contains(message) && words.len() < 300, "{name} with {arguments}: {words}");
}

#[test]
fn nesting_is_bounded_in_every_format() {
    let around = |open: &str, middle: &str, close: &str| open.repeat(DEEP) + middle + &close.repeat(DEEP);
    const CUE: &str = "expression exceeds maximum nesting depth of 10000";
    const NESTED: &str = "expression nested too deeply";
    const DATA: &str = "document nested more than 10000 levels deep";
    for (name, text, message) in [
        ("struct.cue", "a: ".to_owned() + &around("{a:", "1", "}"), CUE),
        ("list.cue", "a: ".to_owned() + &around("[", "1", "]"), CUE),
        ("parentheses.cue", "a: ".to_owned() + &around("(", "1", ")"), CUE),
        ("interpolation.cue", "a: ".to_owned() + &around("\"\\(", "1", ")\""), CUE),
        ("operators.cue", "a: ".to_owned() + &around("!", "true", ""), CUE),
        ("labels.cue", around("a: ", "1", ""), CUE),
        ("embedding.cue", "a: ".to_owned() + &"{".repeat(9_000) + "1" + &"}".repeat(9_000), NESTED),
        ("parts.cue", "a: ".to_owned() + &"\"\\(".repeat(9_000) + "1" + &")\"".repeat(9_000), NESTED),
        ("path.cue", "b: 1\na: b".to_owned() + &".b".repeat(DEEP), NESTED),
        ("struct.json", around("{\"a\":", "1", "}"), DATA),
        ("list.json", around("[", "", "]"), DATA),
        ("flow.yaml", "a: ".to_owned() + &around("[", "", "]"), DATA),
        ("items.yaml", around("- ", "x", ""), DATA),
        (
            "inner.cue",
            format!("import \"encoding/json\"\na: json.Unmarshal((\"[\"*{DEEP}) + (\"]\"*{DEEP}))"),
            "values nest deeper than allowed",
        ),
    ] {
        for command in ["export", "eval", "vet", "explain"] {
            refused(name, &text, command, message);
        }
    }
}

/// As deep as is allowed is printed, compared and dropped like anything else.
#[test]
fn what_is_just_deep_enough_is_handled() {
    let depth = 4_000;
    let json = "[".repeat(depth) + "1" + &"]".repeat(depth);
    for (name, text) in [
        ("deep.json", json.clone()),
        ("deep.yaml", "a: ".to_owned() + &json),
        ("deep.cue", format!("a: {json}\nb: {json}\nc: a == b")),
    ] {
        for arguments in ["export --out json+compact", "export --out yaml", "export --out cue", "eval", "eval -c"] {
            let (words, code) = told(name, &text, arguments);
            assert_eq!((words.as_str(), code), ("", Some(0)), "{name} with {arguments}");
        }
    }
}

#[test]
fn what_multiplies_is_bounded() {
    let laughs = |line: fn(usize) -> String| (1..12).map(line).collect::<String>();
    let cue = "a0: [\"lol\"]\n".to_owned() + &laughs(|i| format!("a{i}: [{}]\n", format!("a{},", i - 1).repeat(10)));
    let yaml =
        "a0: &a0 [lol]\n".to_owned() + &laughs(|i| format!("a{i}: &a{i} [{}x]\n", format!("*a{}, ", i - 1).repeat(10)));
    let doubled = "a0: \"ab\"\n".to_owned() + &(1..40).map(|i| format!("a{i}: a{0}+a{0}\n", i - 1)).collect::<String>();
    let squared = "a0: 10\n".to_owned() + &(1..40).map(|i| format!("a{i}: a{0}*a{0}\n", i - 1)).collect::<String>();
    let crossed = (0..40).map(|i| format!("({{x{i}: 1}} | {{x{i}: 2}})")).collect::<Vec<_>>().join(" & ");
    refused("laughs.cue", &cue, "export --limit output=1000000", "output of more than 1000000 bytes");
    refused("laughs.cue", &cue, "eval --limit output=1000000", "the output is longer than allowed");
    let marshalled = format!("import \"encoding/json\"\n{cue}b: len(json.Marshal(a11))");
    refused("marshal.cue", &marshalled, "export -e b --limit values=100000", "needs more memory than allowed");
    refused("laughs.yaml", &yaml, "export", "aliases expand to more than 50000 nodes");
    refused("text.cue", "a: \"0123456789\" * 10000000 * 10", "export", "string multiplication");
    refused(
        "repeat.cue",
        "import \"strings\"\na: strings.Repeat(\"0123456789\", 100000000)",
        "export",
        "exceeds limit",
    );
    refused("doubled.cue", &doubled, "export", "a string is longer than allowed");
    refused("squared.cue", &squared, "export", "a number has more digits than allowed");
    refused("digits.cue", &format!("a: {}", "9".repeat(1_000_000)), "export", "invalid number 99999");
    refused("power.cue", "import \"math\"\na: math.Pow(10, 1000000000)", "export", "exponent out of range");
    refused("crossed.cue", &format!("a: {crossed}"), "export --limit steps=300000", "more steps than allowed");
    refused(
        "range.cue",
        "import \"list\"\na: list.Range(0, 1000000000, 1)",
        "export --limit list=10000",
        "list is longer",
    );
    refused("regexp.cue", "a: \"x\" & =~\"((a{0,100}){0,100}){0,100}b\"", "export", "invalid repeat count");
    // The matching itself takes time in proportion to the text, whatever the expression.
    refused("backtrack.cue", &format!("a: \"{}\" & =~\"^(x+x+)+y$\"", "x".repeat(60)), "export", "out of bound");
}

#[test]
fn a_limit_is_caught_by_nothing_in_the_language() {
    let text =
        "import \"list\"\na: {x: list.Range(0, 100000, 1)} | {x: \"fallback\"}\nb: a.x == _|_\nif a.x == _|_ {c: 1}";
    refused("caught.cue", text, "export --limit list=1000", "a list is longer than allowed");
}

#[test]
fn an_evaluation_ends_when_its_time_is_over() {
    let crossed = (0..40).map(|i| format!("({{x{i}: 1}} | {{x{i}: 2}})")).collect::<Vec<_>>().join(" & ");
    refused("crossed.cue", &format!("a: {crossed}"), "export --timeout 1", "the evaluation was cancelled");
}
