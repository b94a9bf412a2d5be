//! One file, compiled and evaluated, for the tests of this crate.

use std::collections::BTreeMap;
use std::sync::Arc;

use cue_eval::{Cancel, InstanceId, Library, Limits, PackageSource, Program, Session, VertexId};
use strata_base::{Diagnostic, Sources};

pub(crate) struct Evaluated {
    pub(crate) sources: Arc<Sources>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) session: Session,
}

pub(crate) fn compile(text: &str, limits: Limits) -> Evaluated {
    let mut sources = Sources::new();
    let id = sources.add("in.cue", text);
    let parsed = cue_syntax::parse(id, text, &cue_syntax::ParseOptions::default());
    let sources = Arc::new(sources);
    let library: Arc<Library> = Arc::new(|path: &str| cue_std::package(path));
    let package = PackageSource {
        identity: "_".to_owned(),
        name: "main".to_owned(),
        files: vec![&parsed.file],
        imports: BTreeMap::new(),
        expressions: Vec::new(),
    };
    let (program, mut diagnostics) = Program::compile(&sources, &[package], &library);
    diagnostics.splice(0..0, parsed.diagnostics);
    Evaluated { sources, diagnostics, session: Session::new(&program, limits, Cancel::new()) }
}

impl Evaluated {
    pub(crate) fn root(&mut self) -> VertexId {
        self.session.evaluate(InstanceId(0)).expect("the limits are wide enough")
    }

    /// The labels of a path such as `a.b.0`.
    pub(crate) fn labels(&mut self, path: &str) -> Vec<cue_eval::Label> {
        let label = |name: &str| match name.parse::<u32>() {
            Ok(index) => cue_eval::Label::index(index),
            Err(_) => self.session.label(name, "_"),
        };
        path.split('.').map(label).collect()
    }

    /// The vertex at a path.
    pub(crate) fn at(&mut self, path: &str) -> VertexId {
        let mut vertex = self.root();
        for label in self.labels(path) {
            vertex = self.session.field(vertex, label).expect("within limits").expect("the path is there");
        }
        vertex
    }
}
