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
            let vertex = evaluated.at(path);
            match refused {
                None => explain(&mut evaluated.session, &sources, vertex, &mut out),
                Some(label) => deny(&mut evaluated.session, &sources, vertex, path, label, &mut out),
            }
        }
        vec![("answers".to_owned(), out)]
    });
}

fn explain(session: &mut Session, sources: &Sources, vertex: cue_eval::VertexId, out: &mut String) {
    let explanation = session.explain(vertex).expect("within limits");
    out.push_str(&format!("{} = {}\n", explanation.path, explanation.value));
    for c in explanation.contributions {
        let via: Vec<_> = c.via.iter().map(|span| sources.text(*span)).collect();
        let via = if via.is_empty() { String::new() } else { format!(" via {}", via.join(", ")) };
        let indent = "  ".repeat(c.distance as usize + 1);
        out.push_str(&format!(
            "{indent}{} {} `{}`{via}\n",
            c.effect.name(),
            place(sources, c.span),
            one_line(sources, c.span)
        ));
    }
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
