//! Where the language misleads those who write platforms in it: what it does, and the rule that was chosen for each case.

use cue::{
    Cancel, Check, Compiled, Config, Evaluation, Layout, Limits, MemoryFiles, OutputLimit, Rules, Target, Workspace,
};

/// What platforms evaluate under.
const STRICT: Rules = Rules { opaque: true, strict_presence: true };

struct Told {
    compiled: Compiled,
    package: Target,
}

fn program(text: &str) -> Told {
    let mut files = MemoryFiles::new();
    files.add("/repo/a.cue", text);
    let mut workspace = Workspace::load(&["a.cue".to_owned()], &Config::new("/repo"), &files);
    assert_eq!(workspace.diagnostics(), [], "{text}");
    let package = workspace.package(0).unwrap();
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, [], "{text}");
    Told { compiled, package }
}

impl Told {
    fn evaluation(&self, rules: Rules) -> Evaluation {
        let mut evaluation = self.compiled.evaluate(Limits::default(), Cancel::new());
        evaluation.set_rules(rules);
        evaluation
    }

    /// The data, or the places and words of all that keeps it from being data.
    fn data(&self, rules: Rules) -> String {
        let mut text = String::new();
        let mut evaluation = self.evaluation(rules);
        match evaluation.write_json(self.package, &mut text, Layout::Compact, OutputLimit::default()) {
            Ok(()) => text.trim_end().to_owned(),
            Err(problems) => {
                let place = |span| self.compiled.sources().position(span).replace("./a.cue:", "");
                let told: Vec<_> = problems.iter().map(|p| format!("{} {}", place(p.span()), p.message)).collect();
                told.join("\n")
            }
        }
    }

    /// One field of it.
    fn show(&self, field: &str) -> String {
        let mut evaluation = self.evaluation(Rules::default());
        let value = evaluation.field(self.package, field).unwrap().unwrap();
        evaluation.show(value).unwrap()
    }
}

fn data(text: &str) -> String {
    program(text).data(Rules::default())
}

fn strictly(text: &str) -> String {
    program(text).data(STRICT)
}

const LATER: &str = "{$ref: {unit: \"db\", attr: \"host\"}}";

#[test]
fn what_is_not_known_yet_is_never_an_incomplete_value_because_answers_would_flip() {
    let mapping = "if host != _|_ {has: true}\nmode: (*\"a\" | string) & host";
    let answers = |host: &str| {
        let mapping = program(&format!("host: {host}\n{mapping}"));
        (mapping.show("mode"), mapping.evaluation(Rules::default()).field(mapping.package, "has").unwrap().is_some())
    };
    assert_eq!(answers("string"), ("\"a\"".to_owned(), false));
    assert_eq!(answers("\"h\""), ("\"h\"".to_owned(), true));
    // As data of a form of its own it is there before and after.
    let present = format!("host: {LATER}\nif host != _|_ {{has: true}}");
    assert!(strictly(&present).ends_with(",\"has\":true}"), "{}", strictly(&present));
}

#[test]
fn what_is_not_known_yet_is_never_text_because_patterns_would_judge_the_token() {
    assert_eq!(
        data("token: \"${later:1}\"\nname: token & =~\"^[a-z]+$\""),
        "2:15 name: invalid value \"${later:1}\" (out of bound =~\"^[a-z]+$\")"
    );
}

#[test]
fn what_is_not_known_yet_is_a_struct_and_using_it_as_text_or_number_is_an_error_of_type() {
    for (use_of, told) in [
        ("\"x-\\(later)\"", "invalid interpolation"),
        ("later + 1", "invalid operands"),
        ("later & string", "conflicting values"),
        ("later & int", "conflicting values"),
    ] {
        let text = format!("later: {LATER}\nuse: {use_of}");
        assert!(data(&text).contains(told), "{use_of}: {}", data(&text));
    }
}

#[test]
fn what_is_not_known_yet_is_opaque_where_the_language_would_look_inside_without_a_word() {
    let uses = [("later == \"x\"", "false"), ("len(later)", "1"), ("[for k, _ in later {k}]", "[\"$ref\"]")];
    for (use_of, silently) in uses {
        let text = format!("later: {LATER}\nuse: {use_of}");
        assert!(data(&text).ends_with(&format!("\"use\":{silently}}}")), "{}", data(&text));
        assert!(strictly(&text).contains("known only later"), "{}", strictly(&text));
    }
}

#[test]
fn a_guard_that_looks_at_presence_gives_one_shape_for_what_is_known_and_what_is_not() {
    let shape = |value: &str| {
        let text = format!("env: {{A: {value}, B: \"b\"}}\nout: {{for k, v in env if v != _|_ {{(k): from: k}}}}");
        strictly(&text).split_once("\"out\"").unwrap().1.to_owned()
    };
    assert_eq!(shape(LATER), shape("\"known\""));
}

#[test]
fn a_secret_cannot_get_into_text_and_its_mark_can_be_asked_for() {
    let secret = "{$secret: {store: \"s\", key: \"k\"}, $sensitive: true}";
    let text =
        format!("env: {{A: {secret}, B: \"b\"}}\nhidden: {{for k, v in env if *v.$sensitive | false {{(k): v}}}}");
    assert!(strictly(&text).ends_with(&format!(
        "\"hidden\":{{\"A\":{}}}}}",
        "{\"$secret\":{\"store\":\"s\",\"key\":\"k\"},\"$sensitive\":true}"
    )));
    assert!(strictly(&format!("a: {secret}\nurl: \"db://\\(a)\"")).contains("invalid interpolation"));
}

#[test]
fn a_literal_in_the_place_of_a_secret_is_masked_in_what_is_said_of_a_document() {
    let mut files = MemoryFiles::new();
    files.add("/repo/a.cue", "#S: {password: {$secret!: string} @sensitive()}");
    files.add("/repo/doc.yaml", "password: hunter2\n");
    let arguments = ["a.cue".to_owned(), "doc.yaml".to_owned()];
    let mut workspace = Workspace::load(&arguments, &Config::new("/repo"), &files);
    let package = workspace.package(0).unwrap();
    let document = workspace.take_documents().remove(0).documents.remove(0);
    let (compiled, _) = workspace.compile();
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let schema = evaluation.at(package, &"#S".parse().unwrap()).unwrap().unwrap();
    let problems = evaluation.check_document(&document, schema).unwrap_err();
    let told: Vec<_> = problems.iter().map(|problem| format!("{} {:?}", problem.message, problem.hints)).collect();
    assert!(told.concat().contains("(sensitive)") && !told.concat().contains("hunter2"), "{told:?}");
}

#[test]
fn openness_leaks_from_the_base_of_a_contract() {
    let with = |base: &str, spec: &str| {
        data(&format!(
            "#C: {{name: string, {base}}}\nc: #C & {{name: \"c\", #spec: {spec}}}\nx: c.#spec & {{a: 1, zz: 2}}"
        ))
    };
    let refused = "3:21 x.zz: field not allowed";
    // A base that says nothing of it leaves it closed; an ellipsis in the base opens it, an empty struct shuts it.
    assert!(!with("...", "{a: int}").is_empty());
    assert_eq!(data("#C: name: string\nc: {#C, #spec: {a: int}}\nx: c.#spec & {a: 1, zz: 2}"), refused);
    assert!(with("#spec: {...}", "{a: int}").ends_with("\"x\":{\"a\":1,\"zz\":2}}"));
    assert!(with("#spec: {}", "{a: int}").contains("a: field not allowed"));
    // `close` shuts one level.
    assert_eq!(
        data("c: close({a: {b: 1}})\nx: c & {a: d: 2}"),
        "{\"c\":{\"a\":{\"b\":1}},\"x\":{\"a\":{\"b\":1,\"d\":2}}}"
    );
}

#[test]
fn two_definitions_are_embedded_and_not_unified_to_be_put_together() {
    let parts = "#A: a: 1\n#B: b: 2\n";
    let unified = data(&format!("{parts}x: #A & #B"));
    assert!(unified.contains("x.a: field not allowed") && unified.contains("x.b: field not allowed"), "{unified}");
    assert!(data(&format!("{parts}x: {{#A, #B}}")).ends_with("\"x\":{\"a\":1,\"b\":2}}"));
    assert!(data(&format!("{parts}x: {{#A, #B}}\ny: x & {{c: 3}}")).contains("y.c: field not allowed"));
}

#[test]
fn lists_never_merge_but_maps_do_and_equal_contributions_are_one() {
    assert_eq!(data("x: [1] & [1, 2]"), "1:4 x: incompatible list lengths (1 and 2)");
    let slots =
        "slots: {b: {port: 2}}\nslots: {a: {port: 1}}\nslots: {b: {port: 2}}\nlist: [for k, v in slots {v.port}]";
    assert!(data(slots).ends_with("\"list\":[2,1]}"), "{}", data(slots));
}

#[test]
fn a_default_that_is_carried_on_loses_to_what_comes_later_unless_it_became_data() {
    assert!(data("spec: size: *256 | int\nnode: spec & {size: 512}").ends_with("\"node\":{\"size\":512}}"));
    let chosen = "1:13 node.size: conflicting values 256 and 512";
    assert_eq!(data("spec: size: 256\nnode: spec & {size: 512}"), chosen);
}

#[test]
fn a_condition_on_a_literal_gives_defaults_and_keys() {
    let contract = "#S: {engine: \"a\" | \"b\", port: int, if engine == \"a\" {port: *1 | _}, if engine == \"b\" {port: *2 | _, extra?: int}}\n";
    assert!(data(&format!("{contract}x: #S & {{engine: \"b\", extra: 3}}")).contains("\"port\":2"));
    assert!(data(&format!("{contract}x: #S & {{engine: \"a\", extra: 3}}")).contains("x.extra: field not allowed"));
}

#[test]
fn a_misspelt_test_for_presence_is_false_without_a_word_unless_tests_are_strict() {
    let text = "#S: {health?: string}\ns: #S & {health: \"/\"}\nif s.heath != _|_ {probe: true}";
    assert!(!data(text).contains("probe"));
    assert!(strictly(text).contains("undefined field: heath"), "{}", strictly(text));
    assert!(
        data(&text.replace("if s.heath != _|_ {probe: true}", "probe: s.heath")).contains("undefined field: heath")
    );
}

#[test]
fn a_fault_in_a_branch_that_is_not_taken_is_not_seen() {
    let mapping = |cpu: u32| data(&format!("sizes: [1, 2]\nif {cpu} > 2 {{problem: \"one of \\(sizes)\"}}"));
    assert_eq!(mapping(1), "{\"sizes\":[1,2]}");
    assert!(mapping(3).contains("invalid interpolation"), "{}", mapping(3));
}

#[test]
fn a_mistake_of_a_user_is_data_with_a_path_because_an_error_has_the_place_of_the_mapping() {
    let raised = "in: size: 3\nif in.size > 2 {out: error(\"size \\(in.size) is too large\")}";
    assert_eq!(data(raised), "2:22 out: size 3 is too large");
    let told =
        "in: size: 3\nproblems: {if in.size > 2 {size: {path: \"size\", message: \"\\(in.size) is too large\"}}}";
    assert!(data(told).ends_with("{\"size\":{\"path\":\"size\",\"message\":\"3 is too large\"}}}"), "{}", data(told));
}

#[test]
fn rules_over_all_units_cost_what_they_make_flat_or_nested() {
    let steps = |units: usize, rule: &str| {
        let text = format!(
            "import \"list\"\nunits: {{for i in list.Range(0, {units}, 1) {{\"u\\(i)\": needs: {{\"u\\(div(i, 2))\": {{}}}}}}}}\nedges: {rule}"
        );
        let program = program(&text);
        let mut evaluation = program.evaluation(Rules::default());
        evaluation.value(program.package).unwrap();
        evaluation.work_done()
    };
    let flat = "{for n, u in units for d, _ in u.needs {\"\\(n)-\\(d)\": {from: n, to: d}}}";
    let nested = "{for n, u in units {for d, _ in u.needs {\"\\(n)-\\(d)\": {from: n, to: d}}}}";
    for rule in [flat, nested] {
        let (few, many) = (steps(100, rule), steps(800, rule));
        assert!(many <= few * 9, "{rule}: {few} steps for 100 units, {many} for 800");
    }
}

#[test]
fn two_rounds_that_give_one_role_are_one_node_unless_somebody_asks() {
    let program = program("names: [\"x\", \"x\"]\nnodes: {for n in names {(n): kind: \"server\"}}");
    assert!(program.data(STRICT).ends_with("\"nodes\":{\"x\":{\"kind\":\"server\"}}}"));
    let found = program.evaluation(STRICT).collisions(program.package).unwrap();
    assert_eq!(found.iter().map(|found| (found.path.as_str(), found.rounds)).collect::<Vec<_>>(), [("nodes.x", 2)]);
}

#[test]
fn keys_come_from_names_and_not_from_positions_so_that_one_more_shifts_none() {
    let mapped = |subnets: &str| {
        data(&format!("let subnets = [{subnets}]\nout: {{for s in subnets {{\"mount-\\(s)\": {{}}}}}}"))
    };
    assert_eq!(mapped("\"a\", \"b\""), "{\"out\":{\"mount-a\":{},\"mount-b\":{}}}");
    assert_eq!(mapped("\"c\", \"a\", \"b\""), "{\"out\":{\"mount-c\":{},\"mount-a\":{},\"mount-b\":{}}}");
}

#[test]
fn a_number_that_is_chosen_later_is_passed_on_and_not_reckoned_with() {
    let priority = "p: $alloc: {pool: \"l\", min: 1, max: 9}\n";
    assert!(
        strictly(&format!("{priority}rule: priority: p"))
            .ends_with("\"rule\":{\"priority\":{\"$alloc\":{\"pool\":\"l\",\"min\":1,\"max\":9}}}}")
    );
    assert!(strictly(&format!("{priority}next: p + 1")).contains("invalid operands"));
}

#[test]
fn a_quantity_is_read_before_the_language_sees_it_because_there_it_ends_as_no_integer() {
    let read = "import (\"strconv\", \"strings\", \"math\")\n\
        text: \"512Mi\"\nbytes: strconv.Atoi(strings.TrimSuffix(text, \"Mi\")) * math.Pow(2, 20) / 1 & int";
    assert!(data(read).contains("mismatched types int and float"), "{}", data(read));
    assert_eq!(data("bytes: 512Mi & int"), "{\"bytes\":536870912}");
}

#[test]
fn a_name_means_the_innermost_field_also_where_that_is_itself() {
    assert_eq!(program("name: \"n\"\nmeta: {name: name}").show("meta"), "{name:_}");
    assert!(data("name: \"n\"\nmeta: {name: name}").contains("meta.name: incomplete value _"));
    assert_eq!(data("name: \"n\"\nmeta: {\"name\": name}"), "{\"name\":\"n\",\"meta\":{\"name\":\"n\"}}");
}

#[test]
fn what_looks_like_a_call_or_a_choice_is_written_with_structs_and_lists() {
    assert_eq!(data("#F: {in: int, out: in + 1}\nx: (#F & {in: 1}).out"), "{\"x\":2}");
    assert_eq!(data("x: [if 1 > 2 {\"a\"}, \"b\"][0]"), "{\"x\":\"b\"}");
}

#[test]
fn a_let_and_a_field_of_one_name_and_a_comprehension_as_a_value_are_errors() {
    let mistakes = |text: &str| {
        let mut files = MemoryFiles::new();
        files.add("/repo/a.cue", text);
        // Of what another file declares, the names may be taken for something else.
        files.add("/repo/b.cue", "other: 1");
        let arguments = ["a.cue", "b.cue"].map(str::to_owned);
        let workspace = Workspace::load(&arguments, &Config::new("/repo"), &files);
        let (_, problems) = workspace.compile();
        let loaded = workspace.diagnostics();
        loaded.into_iter().chain(problems).map(|problem| problem.message).collect::<Vec<_>>()
    };
    let both = "cannot have both alias and field with name \"a\" in same scope";
    for text in
        ["let a = 1\na: 2\nb: a", "a: 2\nlet a = 1\nb: a", "a: 2\nx: {let a = 1, b: a}", "let a = 1\nx: {a: 2}\nb: a"]
    {
        assert!(mistakes(text).len() == 1 && mistakes(text)[0].ends_with(both), "{text}: {:?}", mistakes(text));
    }
    assert_eq!(mistakes("let a = 1\nlet a = 2\nb: a"), ["alias \"a\" redeclared in same scope"]);
    assert_eq!(mistakes("a: 1\nx: [for a in [2] {a}]\ny: [for b in [3] let a = b {a}]"), [""; 0]);
    assert_eq!(mistakes("x: {let other = 1, y: other}\nz: other"), [""; 0]);
    assert_eq!(mistakes("x: for a in [1] {a}").len(), 1);
}

#[test]
fn what_was_read_is_told_though_the_value_kept_no_trace_of_it() {
    let program = program("in: {tls: true, host: \"h\"}\nout: [for h in [in.host] if in.tls {\"https://\\(h)\"}][0]");
    let explained = program.evaluation(STRICT).explain(program.package, &"out".parse().unwrap()).unwrap().unwrap();
    let sources = program.compiled.sources();
    let places: Vec<_> = explained.contributions().iter().map(|found| sources.position(found.span)).collect();
    assert!(places.contains(&"./a.cue:1:11".to_owned()) && places.contains(&"./a.cue:1:23".to_owned()), "{places:?}");
}

#[test]
fn an_evaluation_checks_what_it_is_told_to_check() {
    let program = program("x: int");
    assert_eq!(program.evaluation(STRICT).check(program.package, Check::Consistent), Ok(()));
    assert!(program.evaluation(STRICT).check(program.package, Check::Concrete).is_err());
}
