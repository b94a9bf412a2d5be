//! Prints what a CUE file evaluates to: `cargo run -p cue-eval --example dump FILE`.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_eval::{Cancel, InstanceId, Limits, PackageSource, Program, Session};

#[expect(clippy::print_stdout, clippy::disallowed_methods, reason = "a tool for developers, not part of the library")]
fn main() {
    let path = std::env::args().nth(1).unwrap_or_default();
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let mut sources = strata_base::Sources::new();
    let id = sources.add(path.as_str(), text.as_str());
    let parsed = cue_syntax::parse(id, &text, &cue_syntax::ParseOptions::default());
    for diagnostic in &parsed.diagnostics {
        println!("{}: {}", sources.position(diagnostic.span()), diagnostic.message);
    }
    let sources = Arc::new(sources);
    let library: Arc<cue_eval::Library> = Arc::new(|path: &str| cue_std::package(path));
    let package = PackageSource {
        identity: "_".to_owned(),
        name: "main".to_owned(),
        files: vec![&parsed.file],
        imports: BTreeMap::new(),
        expressions: Vec::new(),
    };
    let (program, diagnostics) = Program::compile(&sources, &[package], &library);
    for diagnostic in &diagnostics {
        println!("{}: {}", sources.position(diagnostic.span()), diagnostic.message);
    }
    let mut session = Session::new(&program, Limits::default(), Cancel::new());
    match session.evaluate(InstanceId(0)) {
        Ok(root) => print!("{}", session.dump(root)),
        Err(limit) => println!("limit: {limit}"),
    }
}
