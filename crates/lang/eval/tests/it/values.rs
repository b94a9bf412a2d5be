//! What programs evaluate to, as text: each archive in `tests/values` holds `in.cue` and the picture of its value.

use crate::common;

use cue_eval::{InstanceId, Limits};
use strata_fixtures::suite;

#[test]
fn values() {
    suite("tests/values", |case| vec![("value".to_owned(), evaluate(case.input("in.cue")))]);
}

fn evaluate(text: &str) -> String {
    let mut evaluated = common::compile(text, Limits::default());
    let mut out = String::new();
    for diagnostic in &evaluated.diagnostics {
        let place = evaluated.sources.position(diagnostic.span());
        out.push_str(&format!("{place}: {}\n", diagnostic.message));
    }
    match evaluated.session.evaluate(InstanceId(0)) {
        Ok(root) => out.push_str(&evaluated.session.dump(root)),
        Err(limit) => out.push_str(&format!("limit: {limit}\n")),
    }
    out
}
