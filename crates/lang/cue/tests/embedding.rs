//! What a program that embeds the language may rely on.

use std::sync::Arc;

use cue::{
    Cancel, Compiled, Config, Data, Evaluation, Limits, MemoryFiles, Path, Rules, Spanned, Target, Workspace, decode,
};
use cue_data::{Builder, Mark};
use serde::Deserialize;
use strata_base::{Diagnostic, FileId, Sources, Span};

/// A package of one file, and a document beside it.
struct Asked {
    compiled: Compiled,
    package: Target,
    document: Arc<Data>,
}

fn asked(schema: &str, document: &str) -> Asked {
    let mut files = MemoryFiles::new();
    files.add("/repo/schema.cue", schema);
    files.add("/repo/doc.yaml", document);
    let arguments = ["schema.cue".to_owned(), "doc.yaml".to_owned()];
    let mut workspace = Workspace::load(&arguments, &Config::new("/repo"), &files);
    assert_eq!(workspace.diagnostics(), []);
    let package = workspace.package(0).unwrap();
    let document = Arc::new(workspace.take_documents().remove(0).documents.remove(0));
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, []);
    Asked { compiled, package, document }
}

impl Asked {
    fn evaluation(&self) -> Evaluation {
        self.compiled.evaluate(Limits::default(), Cancel::new())
    }

    /// What is wrong with the document, held against `#S`.
    fn mistakes(&self) -> Vec<String> {
        let mut evaluation = self.evaluation();
        let schema = evaluation.at(self.package, &"#S".parse().unwrap()).unwrap().unwrap();
        let checked = evaluation.check_document(&self.document, schema);
        checked.err().unwrap_or_default().iter().map(|problem| told(problem, self.compiled.sources())).collect()
    }
}

/// `place message; hints`
fn told(problem: &Diagnostic, sources: &Sources) -> String {
    let place = sources.position(problem.span()).replace("./doc.yaml:", "");
    let hints: Vec<String> = problem.hints.iter().map(|hint| format!("; {hint}")).collect();
    format!("{place} {}{}", problem.message, hints.concat()).trim_start().to_owned()
}

fn errors(compiled: &Compiled, package: Target, rules: Rules) -> Vec<String> {
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    evaluation.set_rules(rules);
    let found = evaluation.check(package, cue::Check::Concrete);
    found.err().unwrap_or_default().into_iter().map(|problem| problem.message).collect()
}

fn program(text: &str) -> (Compiled, Target) {
    let mut files = MemoryFiles::new();
    files.add("/repo/a.cue", text);
    let mut workspace = Workspace::load(&["a.cue".to_owned()], &Config::new("/repo"), &files);
    let package = workspace.package(0).unwrap();
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, []);
    (compiled, package)
}

#[test]
fn all_mistakes_of_a_struct_are_told_at_once() {
    let schema = "#S: {name!: string, replicas: *1 | int & >0, tls: {host!: string, port: int}}";
    let document = "replicas: none\nnme: shop\ntls:\n  port: x\n";
    assert_eq!(
        asked(schema, document).mistakes(),
        [
            "1:1 name: field is required but not present",
            "1:11 replicas: must be >0 & int",
            "2:1 nme: field not allowed; did you mean `name`?",
            "4:3 tls.host: field is required but not present",
            "4:9 tls.port: conflicting values int and \"x\" (mismatched types int and string)",
        ]
    );
}

#[test]
fn a_missing_key_is_told_at_the_struct_that_lacks_it() {
    let schema = "#S: {apps: [string]: {image!: string}}";
    let document = "apps:\n  one:\n    image: a\n  two:\n    imag: b\n";
    assert_eq!(
        asked(schema, document).mistakes(),
        [
            "5:5 apps.two.imag: field not allowed; did you mean `image`?",
            "5:5 apps.two.image: field is required but not present",
        ]
    );
}

#[test]
fn literals_that_exclude_each_other_are_told_as_one_of() {
    let schema = "#S: {kind: \"ingress\" | \"gateway\", size: 1 | 2 | 3}";
    assert_eq!(
        asked(schema, "kind: gatway\nsize: 7\n").mistakes(),
        [
            "1:7 kind: must be one of \"ingress\", \"gateway\"; did you mean \"gateway\"?",
            "2:7 size: must be one of 1, 2, 3",
        ]
    );
}

#[test]
fn a_part_of_a_definition_closes_what_it_is_unified_with() {
    let schema = "#S: {env: [=~\"^[A-Z]+$\"]: string, one: {a?: int}, open: {a?: int, ...}}";
    let asked = asked(schema, "b: x\n");
    for (path, told) in [("#S.env", "b: field not allowed"), ("#S.one", "b: field not allowed"), ("#S.open", "")] {
        let mut evaluation = asked.evaluation();
        let part = evaluation.at(asked.package, &path.parse().unwrap()).unwrap().unwrap();
        let given = evaluation.inject(&asked.document).unwrap();
        for parts in [[part, given], [given, part]] {
            let both = evaluation.unify(&parts).unwrap();
            let checked = evaluation.check(both, cue::Check::Concrete);
            let found = checked.err().map_or_else(String::new, |problems| problems[0].message.clone());
            assert_eq!(found, told, "{path}");
        }
    }
}

#[test]
fn of_tagged_alternatives_only_the_one_that_is_asked_for_is_told() {
    let schema = "#S: {store: {type: \"disk\", path!: string} | {type: \"s3\", bucket!: string, region: string}}";
    assert_eq!(
        asked(schema, "store:\n  type: s3\n  region: 5\n").mistakes(),
        [
            "2:3 store.bucket: field is required but not present",
            "3:11 store.region: conflicting values 5 and string (mismatched types int and string)",
        ]
    );
    assert_eq!(
        asked(schema, "store:\n  type: s4\n").mistakes(),
        ["2:9 store.type: must be one of \"disk\", \"s3\"; did you mean \"s3\"?",]
    );
    assert_eq!(asked(schema, "store:\n  type: disk\n  path: /a\n").mistakes(), [""; 0]);
}

#[test]
fn what_is_sensitive_is_in_no_message() {
    let schema = "#S: {password: int @sensitive(), url: string, port: int}";
    let document = "password: hunter2\nurl: 7\nport: hunter2\n";
    let told = asked(schema, document).mistakes();
    assert!(!told.concat().contains("hunter2"), "{told:?}");
    assert_eq!(
        told,
        [
            "password: conflicting values int and (sensitive) (mismatched types int and string); it stands at ./doc.yaml:1:11",
            "2:6 url: conflicting values string and 7 (mismatched types string and int)",
            "3:7 port: conflicting values int and (sensitive) (mismatched types int and string)",
        ]
    );
}

#[test]
fn marked_data_is_masked_wherever_it_goes() {
    let (compiled, package) = program("in: {token: string}\nout: \"x-\\(in.token)\" & \"y\"\nout2: in.token & int");
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.key("in", Span::NONE);
    builder.begin_struct(Span::NONE);
    builder.key("token", Span::NONE);
    let token = builder.string("s3cr3t", Span::NONE);
    builder.mark(token, Mark { sensitive: true, ..Mark::default() });
    builder.end(Span::NONE);
    builder.end(Span::NONE);
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let given = evaluation.inject(&builder.finish()).unwrap();
    let root = evaluation.root(package).unwrap();
    let all = evaluation.unify(&[root, given]).unwrap();
    let told: Vec<String> =
        evaluation.check(all, cue::Check::Concrete).unwrap_err().into_iter().map(|problem| problem.message).collect();
    assert!(!told.is_empty() && !told.concat().contains("s3cr3t"), "{told:?}");
    assert!(told.concat().contains("(sensitive)"), "{told:?}");
}

#[test]
fn what_is_known_only_later_is_opaque() {
    let later = "ref: {$ref: {unit: \"db\", attr: \"host\"}}\n";
    let rules = Rules { opaque: true, ..Rules::default() };
    for (text, what) in [
        ("x: ref == {}", "a comparison"),
        ("x: ref != \"a\"", "a comparison"),
        ("x: len(ref)", "len"),
        ("x: [for k, v in ref {k}]", "for"),
        ("import \"encoding/json\"\nx: json.Marshal({a: [ref]})", "a call"),
        ("import \"list\"\nx: list.Contains([ref], 1)", "a call"),
    ] {
        let text = match text.split_once('\n') {
            Some((import, rest)) => format!("{import}\n{later}{rest}"),
            None => format!("{later}{text}"),
        };
        let (compiled, package) = program(&text);
        assert_eq!(errors(&compiled, package, Rules::default()), [""; 0], "the language itself allows it: {text}");
        let told = errors(&compiled, package, rules).concat();
        assert!(told.contains("it is known only later") && told.contains(what), "{text}: {told}");
    }
    let allowed = "import \"list\"\n".to_owned()
        + later
        + "a: ref != _|_\nb: ref.$ref.attr\nc: list.Concat([[ref], [1]])\nd: ref\nif ref.$sensitive != _|_ {e: 1}";
    let (compiled, package) = program(&allowed);
    assert_eq!(errors(&compiled, package, rules), [""; 0]);
}

#[test]
fn asking_for_a_field_that_can_never_be_is_an_error() {
    let text = "#S: {health?: string}\ns: #S & {}\nif s.heath != _|_ {probe: true}\nif s.health != _|_ {other: true}";
    let (compiled, package) = program(text);
    assert_eq!(errors(&compiled, package, Rules::default()), [""; 0]);
    let rules = Rules { strict_presence: true, ..Rules::default() };
    assert_eq!(errors(&compiled, package, rules), ["undefined field: heath"]);
}

#[test]
fn rounds_that_make_one_field_are_found() {
    let text = "units: {a: name: \"x\", b: name: \"x\", c: name: \"y\"}\n\
        nodes: {for u in units {(u.name): kind: \"server\"}}\n\
        same: {for u in units {shared: true}}\n\
        fine: {for k, u in units {(k): u.name}}";
    let (compiled, package) = program(text);
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let found = evaluation.collisions(package).unwrap();
    let told: Vec<String> = found
        .iter()
        .map(|found| format!("{} {} {}", compiled.sources().position(found.span), found.path, found.rounds))
        .collect();
    assert_eq!(told, ["./a.cue:2:35 nodes.x 2", "./a.cue:3:32 same.shared 3"]);
}

#[test]
fn nested_comprehensions_cost_what_they_make() {
    let work = |units: usize| {
        let text = format!(
            "import \"list\"\nunits: {{for i in list.Range(0, {units}, 1) {{\"u\\(i)\": {{deps: {{\"u\\(div(i, 2))\": {{}}}}}}}}}}\n\
             edges: [for name, unit in units for dep, _ in unit.deps if units[dep] != _|_ {{from: name, to: dep}}]"
        );
        let (compiled, package) = program(&text);
        let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
        evaluation.value(package).unwrap();
        evaluation.work_done()
    };
    let (few, many) = (work(200), work(1600));
    assert!(many <= few * 9, "{few} steps for 200 units, {many} for 1,600");
}

#[test]
fn what_was_read_for_a_leaf_is_told_leaf_by_leaf() {
    let schema = "in: _\nout: {if in.tls {url: \"https://\\(in.host)\"}, port: in.ports[0] + 1}";
    let asked = asked(schema, "tls: true\nhost: shop\nports: [80, 81]\nunused: 1\n");
    let mut evaluation = asked.evaluation();
    let mut builder = Builder::new();
    builder.begin_struct(Span::NONE);
    builder.key("in", Span::NONE);
    builder.copy(&asked.document, asked.document.root());
    builder.end(Span::NONE);
    let given = evaluation.inject(&builder.finish()).unwrap();
    let root = evaluation.root(asked.package).unwrap();
    let all = evaluation.unify(&[root, given]).unwrap();
    let mut reads = |path: &str| {
        let explanation = evaluation.explain(all, &path.parse::<Path>().unwrap()).unwrap().unwrap();
        let read: Vec<String> = explanation
            .contributions()
            .into_iter()
            .map(|found| (asked.compiled.sources().position(found.span), found))
            .filter(|(place, _)| place.starts_with("./doc.yaml"))
            .map(|(place, found)| format!("{place}{}", if found.is_around { " around" } else { "" }))
            .collect();
        read
    };
    assert_eq!(reads("out.url"), ["./doc.yaml:2:7", "./doc.yaml:1:6 around"]);
    assert_eq!(reads("out.port"), ["./doc.yaml:3:9"]);
}

#[test]
fn a_part_is_evaluated_alone() {
    let (compiled, package) = program("import \"list\"\nsmall: 1\nlarge: list.Range(0, 100000, 1)");
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let small = evaluation.field(package, "small").unwrap().unwrap();
    assert_eq!(evaluation.show(small).unwrap(), "1");
    assert!(evaluation.work_done() < 1000, "{}", evaluation.work_done());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "that threads may share a program is what is tested")]
fn many_sessions_on_many_threads_agree() {
    let schema = "#S: {name!: string, replicas: *1 | int, label: \"\\(name)-\\(replicas)\"}";
    let asked = asked(schema, "name: a\n");
    let answers: Vec<Vec<String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|thread| {
                let asked = &asked;
                scope.spawn(move || {
                    (0..25)
                        .map(|round| {
                            let mut evaluation = asked.evaluation();
                            let schema = evaluation.at(asked.package, &"#S".parse().unwrap()).unwrap().unwrap();
                            let mut builder = Builder::new();
                            builder.begin_struct(Span::NONE);
                            builder.key("name", Span::NONE);
                            builder.string(format!("t{thread}"), Span::NONE);
                            builder.key("replicas", Span::NONE);
                            builder.number(round.into(), Span::NONE);
                            builder.end(Span::NONE);
                            let checked = evaluation.check_document(&builder.finish(), schema).unwrap();
                            let label = evaluation.field(checked, "label").unwrap().unwrap();
                            evaluation.show(label).unwrap()
                        })
                        .collect()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for (thread, answers) in answers.iter().enumerate() {
        let expected: Vec<String> = (0..25).map(|round| format!("\"t{thread}-{round}\"")).collect();
        assert_eq!(*answers, expected);
    }
}

#[test]
fn a_session_that_is_cancelled_says_so_and_no_disjunction_drops_it() {
    let text = "a: {x: [for i in l for j in l for k in l {i + j + k}]} | {x: []}\nl: [for i in [1, 2, 3, 4] for j in [1, 2, 3, 4] {i * j}]";
    let (compiled, package) = program(text);
    let cancel = Cancel::new();
    cancel.cancel();
    let mut evaluation = compiled.evaluate(Limits::default(), cancel);
    let told = evaluation.value(package).unwrap_err();
    assert_eq!(told[0].message, "the evaluation was cancelled");
    let mut evaluation = compiled.evaluate(Limits { work: 5_000, ..Limits::default() }, Cancel::new());
    assert_eq!(evaluation.value(package).unwrap_err()[0].code, cue::codes::LIMIT);
}

#[derive(Deserialize, PartialEq, Debug)]
struct App {
    name: String,
    #[serde(default)]
    labels: Vec<String>,
    kind: Kind,
    replicas: Spanned<u8>,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Web,
    Job { every: u32 },
}

#[test]
fn values_become_types_of_rust_with_their_places() {
    let read = |document: &str| {
        let asked = asked("#S: _", document);
        decode::<App>(&asked.document).map_err(|problems| told(&problems[0], asked.compiled.sources()))
    };
    let app = read("name: a\nlabels: [x]\nkind: web\nreplicas: 3\n").unwrap();
    assert_eq!((app.kind, app.replicas.value, app.labels), (Kind::Web, 3, vec!["x".to_owned()]));
    assert_ne!(app.replicas.span.file, FileId::NONE);
    assert_eq!(read("name: a\nkind: {job: {every: 5}}\nreplicas: 3\n").unwrap().kind, Kind::Job { every: 5 });
    assert_eq!(
        read("name: a\nkind: web\nreplicas: 300\n").unwrap_err(),
        "3:11 replicas: invalid value: integer `300`, expected u8"
    );
    assert_eq!(
        read("name: a\nlabels: [x, 1]\nkind: web\nreplicas: 3\n").unwrap_err(),
        "2:13 labels.1: invalid type: integer `1`, expected a string"
    );
    assert_eq!(read("kind: web\nreplicas: 3\n").unwrap_err(), "1:1 missing field `name`");
}
