//! Folders of packages, as archives: each line of `args` is one way to load them, and `out/load` tells what came.
//!
//! Flags as on a command line: `-C folder`, `-p package`, `-t tag`, `-T` (with fixed variables), `--module path=folder`, `--data`, `--tests`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use cue_encode::Limit;
use cue_encode::json::{self, Layout};
use cue_load::{Config, FetchedModule, Instance, Loaded, MemoryFiles, Variable, load};
use cue_syntax::ast::{DeclKind, Expr, File, Label};
use strata_base::{Diagnostic, Sources};
use strata_fixtures::{Case, on_small_stack, suite};

#[test]
fn packages() {
    suite("tests/load", |case| vec![("load".to_owned(), run(case))]);
}

fn run(case: &Case<'_>) -> String {
    let mut files = MemoryFiles::new();
    for section in case.archive.sections.iter().filter(|section| section.name != "args") {
        match &*section.name {
            "stdin" => files.set_standard_input(section.text.as_bytes()),
            name => files.add(format!("/w/{name}"), section.text.as_bytes()),
        }
    }
    case.input("args").lines().map(|line| run_line(line, &files)).collect()
}

fn run_line(line: &str, files: &MemoryFiles) -> String {
    let mut config = Config::new("/w");
    let mut arguments = Vec::new();
    let mut words = line.split_whitespace().filter(|word| *word != "(nothing)");
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a flag has a value").to_owned();
        match word {
            "-C" => config.folder = format!("/w/{}", value()),
            "-p" => config.package = Some(value()),
            "-t" => config.tags.push(value()),
            "-T" => {
                let now = Variable::String("2001-02-03T04:05:06Z".to_owned());
                let rand = Variable::Number("0x0f".to_owned());
                config.variables = Some(BTreeMap::from([("now".to_owned(), now), ("rand".to_owned(), rand)]));
            }
            "--module" => {
                let module = value();
                let (path, folder) = module.split_once('=').expect("a module is path=folder");
                let (path, folder) = (path.to_owned(), format!("/w/{folder}"));
                config.modules.push(FetchedModule { path, folder });
            }
            "--data" => config.data_files = true,
            "--tests" => config.tests = true,
            argument => arguments.push(argument.to_owned()),
        }
    }
    let mut sources = Sources::new();
    let loaded = load(&arguments, &config, files, &mut sources);
    let mut out = format!("> {line}\n");
    for at in 0..loaded.instances.len() {
        show_instance(&loaded, at, &sources, &mut out);
    }
    for problem in &loaded.diagnostics {
        show_problem(problem, &sources, &mut out);
    }
    out
}

fn show_instance(loaded: &Loaded, at: usize, sources: &Sources, out: &mut String) {
    let instance = &loaded.instances[at];
    let asked = if loaded.roots.contains(&at) { " (asked for)" } else { "" };
    writeln!(out, "{} package {:?}{asked}", instance.identity, instance.name).unwrap();
    for file in &instance.files {
        writeln!(out, "  file {}", sources.get(file.id).unwrap().name()).unwrap();
    }
    for (path, &target) in &instance.imports {
        writeln!(out, "  import {path:?} is {}", loaded.instances[target].identity).unwrap();
    }
    for data in &instance.data {
        for document in &data.documents {
            let text = json::to_string(document, document.root(), Layout::Compact, Limit::NONE).unwrap();
            writeln!(out, "  data {} {text}", sources.get(data.id).unwrap().name()).unwrap();
        }
    }
    show_injections(instance, sources, out);
    for problem in &instance.diagnostics {
        out.push_str("  ");
        show_problem(problem, sources, out);
    }
}

fn show_injections(instance: &Instance, sources: &Sources, out: &mut String) {
    for injection in &instance.injections {
        let file: &File = &instance.files[injection.file].syntax;
        let DeclKind::Field(field) = file.decl(injection.field) else { panic!("a tag stands at a field") };
        let Label::Ident(name) = field.label else { panic!("of a plain name") };
        let Expr::Binary { left, right, .. } = file.expr(field.value) else { panic!("two values are unified") };
        let (old, new) = (file.expr_span(left), file.expr_span(right));
        let literal = match file.expr(right) {
            Expr::String { value, .. } => format!("{:?}", file.text(value)),
            Expr::Int(digits) => format!("int {}", file.text(digits)),
            Expr::Float(digits) => format!("float {}", file.text(digits)),
            Expr::Bool(value) => format!("bool {value}"),
            Expr::Unary { .. } => format!("negative {}", sources.text(new)),
            other => panic!("no literal: {other:?}"),
        };
        let (name, place) = (file.text(name), sources.position(new));
        writeln!(out, "  inject {name}: {} & {literal} ({place})", sources.text(old)).unwrap();
    }
}

fn show_problem(problem: &Diagnostic, sources: &Sources, out: &mut String) {
    writeln!(out, "{} {} {}", problem.code.0, sources.position(problem.span()), problem.message).unwrap();
    for label in &problem.secondary {
        writeln!(out, "    {} {}", sources.position(label.span), label.text).unwrap();
    }
    for step in &problem.trace {
        writeln!(out, "    {} {}", sources.position(step.span), step.text).unwrap();
    }
    for hint in &problem.hints {
        writeln!(out, "    {hint}").unwrap();
    }
}

#[test]
fn ten_thousand_packages_in_a_row_cost_no_stack() {
    let mut files = MemoryFiles::new();
    files.add("/w/cue.mod/module.cue", "module: \"m.x/r@v0\"\nlanguage: version: \"v0.18.0\"\n");
    for n in 0..10_000 {
        let next = n + 1;
        let text = match n {
            9_999 => format!("package p{n}\n"),
            _ => format!("package p{n}\nimport \"m.x/r/p{next}\"\na: p{next}.a\n"),
        };
        files.add(format!("/w/p{n}/a.cue"), text);
    }
    let deep_condition = format!("@if({}x{})\n\npackage p\n", "(".repeat(9_000), ")".repeat(9_000));
    files.add("/w/c/a.cue", deep_condition);
    on_small_stack(|| {
        let mut sources = Sources::new();
        let loaded = load(&["./p0".to_owned()], &Config::new("/w"), &files, &mut sources);
        assert_eq!((loaded.instances.len(), loaded.all_diagnostics().len()), (10_000, 0));
        let config = Config { tags: vec!["x".to_owned()], ..Config::new("/w") };
        assert!(load(&["./c".to_owned()], &config, &files, &mut sources).all_diagnostics().is_empty());
    });
}

#[test]
fn text_that_is_no_utf_8_is_told_where() {
    let mut files = MemoryFiles::new();
    files.add("/w/a.cue", b"a: \"\xff\"\n".as_slice());
    let mut sources = Sources::new();
    let loaded = load(&["a.cue".to_owned()], &Config::new("/w"), &files, &mut sources);
    let problems = loaded.all_diagnostics();
    assert_eq!(problems.len(), 1);
    assert_eq!((sources.position(problems[0].span()).as_str(), problems[0].code.0), ("./a.cue:1:5", "E0352"));
}
