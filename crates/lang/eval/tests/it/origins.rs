//! Who set a value: each archive in `tests/explain` holds `in.cue`, the paths to ask for, and the answers.

use crate::common;

use cue_eval::{Limits, Session};
use strata_base::{Sources, Span};
use strata_fixtures::suite;

#[test]
fn explanations() {
    suite("tests/explain", |case| {
        let mut evaluated = common::compile(case.input("in.cue"), Limits::default());
        let mut out = String::new();
        for line in case.input("paths").lines() {
            let sources = evaluated.sources.clone();
            let (path, refused) = line.split_once(" ! ").map_or((line, None), |(path, label)| (path, Some(label)));
            match refused {
                None => explain(&mut evaluated, &sources, path, &mut out),
                Some(label) => {
                    let vertex = evaluated.at(path);
                    deny(&mut evaluated.session, &sources, vertex, path, label, &mut out);
                }
            }
        }
        vec![("answers".to_owned(), out)]
    });
}

/// The facts in the order of their numbers, each cause with the facts that flowed into it.
fn explain(evaluated: &mut common::Evaluated, sources: &Sources, path: &str, out: &mut String) {
    let (root, labels) = (evaluated.root(), evaluated.labels(path));
    let explanation = evaluated.session.explain_at(root, &labels).expect("within limits").expect("the path is there");
    for (index, fact) in explanation.facts.iter().enumerate() {
        let path = if fact.path.is_empty() { "-" } else { &fact.path };
        let parts = numbers(" of", &fact.parts);
        let indent = if index == 0 { "" } else { "  " };
        out.push_str(&format!("{indent}{index} {path} = {}{parts}\n", fact.value));
        for cause in &fact.causes {
            let via: Vec<_> = cause.via.iter().map(|span| sources.text(*span)).collect();
            let via = if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
            let (place, text) = (place(sources, cause.span), one_line(sources, cause.span));
            let inputs = numbers(" from", &cause.inputs);
            out.push_str(&format!("{indent}  {} {place} `{text}`{via}{inputs}\n", cause.effect.name()));
        }
    }
}

fn numbers(word: &str, facts: &[usize]) -> String {
    let facts: Vec<String> = facts.iter().map(|fact| format!(" {fact}")).collect();
    if facts.is_empty() { String::new() } else { format!("{word}{}", facts.concat()) }
}

fn deny(
    session: &mut Session,
    sources: &Sources,
    vertex: cue_eval::VertexId,
    path: &str,
    label: &str,
    out: &mut String,
) {
    let label_id = session.label(label, "_");
    out.push_str(&format!("{path} ! {label}\n"));
    for denial in session.why_not(vertex, label_id).expect("within limits") {
        let declared: Vec<_> = denial.declared.iter().map(|span| place(sources, *span)).collect();
        out.push_str(&format!(
            "  closed by {} `{}` declared {} knows {}\n",
            place(sources, denial.closed_by),
            one_line(sources, denial.closed_by),
            declared.join(" "),
            denial.known.join(", "),
        ));
    }
}

fn place(sources: &Sources, span: Span) -> String {
    sources.position(span).replace("in.cue:", "")
}

fn one_line(sources: &Sources, span: Span) -> String {
    sources.text(span).lines().next().unwrap_or("").to_owned()
}
