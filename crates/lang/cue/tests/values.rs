//! Values as their readers see them: texts of CUE in, texts and mistakes out.

use cue::{Cancel, Check, Compiled, Config, Layout, Limits, MemoryFiles, OutputLimit, Target, TextOptions, Workspace};
use strata_fixtures::{Case, on_small_stack, suite};

fn compiled(files: &[(&str, &str)], arguments: &[&str]) -> (Compiled, Target) {
    let mut memory = MemoryFiles::new();
    for (name, text) in files {
        memory.add(format!("/repo/{name}"), *text);
    }
    let arguments: Vec<String> = arguments.iter().map(|&argument| argument.to_owned()).collect();
    let mut workspace = Workspace::load(&arguments, &Config::new("/repo"), &memory);
    let package = workspace.package(0).unwrap();
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, []);
    (compiled, package)
}

fn json(compiled: &Compiled, target: Target) -> Result<String, Vec<String>> {
    let mut text = String::new();
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let written = evaluation.write_json(target, &mut text, Layout::Compact, OutputLimit::default());
    written.map(|()| text).map_err(|problems| problems.into_iter().map(|problem| problem.message).collect())
}

/// `out/text` is what is known of the value, `out/all` with definitions, hidden and optional fields, attributes, comments,
/// and errors as values.
#[test]
fn values_as_text() {
    suite("tests/text", |case: &Case<'_>| {
        let (compiled, package) = compiled(&[("in.cue", case.input("in.cue"))], &["in.cue"]);
        let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
        let plain = TextOptions { definitions: true, ..TextOptions::default() };
        let all = TextOptions { hidden: true, optional: true, attributes: true, docs: true, errors: true, ..plain };
        let mut text = |options| evaluation.text(package, options).unwrap();
        vec![("text".to_owned(), text(&plain)), ("all".to_owned(), text(&all))]
    });
}

#[test]
#[expect(clippy::disallowed_methods, reason = "that threads may share a program is what is tested")]
fn one_program_serves_many_threads() {
    let (compiled, package) = compiled(&[("a.cue", "x: 1\ny: x + 1")], &["a.cue"]);
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| json(&compiled, package))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.iter().all(|text| text.as_deref() == Ok("{\"x\":1,\"y\":2}\n")), "{all:?}");
}

#[test]
fn expressions_see_hidden_fields_and_the_library_where_nothing_hides_it() {
    let mut files = MemoryFiles::new();
    files.add("/repo/a.cue", "package a\n_secret: \"s\"\nlist: [1, 2]\nport: {number: 80}");
    let mut workspace = Workspace::load(&["a.cue".to_owned()], &Config::new("/repo"), &files);
    let package = workspace.package(0);
    let mut ask = |text: &str| workspace.expression(package, text, "--expression").unwrap();
    let asked = [ask("_secret"), ask("strings.ToUpper(_secret)"), ask("{number: 1, n: number + port.number}")];
    let (compiled, problems) = workspace.compile();
    assert_eq!(problems, []);
    let told: Vec<_> = asked.iter().map(|&target| json(&compiled, target).unwrap()).collect();
    assert_eq!(told, ["\"s\"\n", "\"S\"\n", "{\"number\":1,\"n\":81}\n"]);
}

#[test]
fn a_spent_budget_is_told_and_is_no_missing_value() {
    let (compiled, package) = compiled(&[("a.cue", "x: [for a in l for b in l {a + b}]\nl: [1, 2, 3, 4]")], &["a.cue"]);
    let limits = Limits { work: 20, ..Limits::default() };
    let problems = compiled.evaluate(limits, Cancel::new()).check(package, Check::Consistent).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.code.0).collect::<Vec<_>>(), ["E0220"]);

    let mut text = String::new();
    let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
    let problems = evaluation.write_json(package, &mut text, Layout::Compact, OutputLimit(10)).unwrap_err();
    assert_eq!(problems[0].message, "output of more than 10 bytes");
}

#[test]
fn depth_costs_no_stack() {
    on_small_stack(|| {
        let deep = "[".repeat(3000) + "1" + &"]".repeat(3000);
        let mut files = MemoryFiles::new();
        files.add("/repo/a.json", deep.clone());
        let mut workspace = Workspace::load(&["a.json".to_owned()], &Config::new("/repo"), &files);
        let file = workspace.take_documents().remove(0);
        let document = workspace.document(file.documents[0].clone());
        let (compiled, _) = workspace.compile();
        assert_eq!(json(&compiled, document), Ok(deep.clone() + "\n"));
        let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
        assert_eq!(evaluation.text(document, &TextOptions::default()), Ok(deep + "\n"));
    });
}
