//! The CUE language as a library: load packages and documents, evaluate them, look values up, print them.
//!
//! A [`Workspace`] is what was read and what was asked of it. Compiling it gives a [`Compiled`], which never changes and
//! which threads share. An [`Evaluation`] of it is one arena with a budget, on one thread.
//!
//! ```
//! use cue::{Cancel, Config, Layout, Limits, MemoryFiles, OutputLimit, Workspace};
//!
//! let mut files = MemoryFiles::new();
//! files.add("/repo/a.cue", "name: \"app\", replicas: *1 | int, port: 8000 + replicas");
//! let mut workspace = Workspace::load(&["a.cue".to_owned()], &Config::new("/repo"), &files);
//! let package = workspace.package(0).expect("one file was named");
//! let port = workspace.expression(Some(package), "port", "--expression").expect("it parses");
//!
//! let (compiled, problems) = workspace.compile();
//! assert!(problems.is_empty());
//! let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
//! let mut json = String::new();
//! evaluation.write_json(package, &mut json, Layout::Compact, OutputLimit::default()).expect("it is concrete");
//! assert_eq!(json, "{\"name\":\"app\",\"replicas\":1,\"port\":8001}\n");
//! assert_eq!(evaluation.data(port).map(|data| data.kind(data.root())), Ok(cue::Kinds::INT));
//! ```
//!
//! A document is held against a schema by unifying both. What is wrong points into the document:
//!
//! ```
//! use cue::{Cancel, Check, Config, Limits, MemoryFiles, Workspace};
//!
//! let mut files = MemoryFiles::new();
//! files.add("/repo/schema.cue", "#App: {name: string, replicas: int & >0}");
//! files.add("/repo/app.yaml", "name: app\nreplicas: 0\n");
//! let arguments = ["schema.cue".to_owned(), "app.yaml".to_owned()];
//! let mut workspace = Workspace::load(&arguments, &Config::new("/repo"), &files);
//! let package = workspace.package(0).expect("one package");
//! let schema = workspace.expression(Some(package), "#App", "--schema").expect("it parses");
//! let file = workspace.take_documents().remove(0);
//! let document = workspace.document(file.documents[0].clone());
//! let checked = workspace.unify(&[document, schema]);
//!
//! let (compiled, _) = workspace.compile();
//! let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
//! let problems = evaluation.check(checked, Check::Concrete).expect_err("zero replicas");
//! assert_eq!(problems[0].message, "replicas: invalid value 0 (out of bound >0)");
//! assert_eq!(compiled.sources().position(problems[0].secondary[0].span), "./app.yaml:2:11");
//! ```
//!
//! Told for whoever wrote the document, all at once, with what may have been meant:
//!
//! ```
//! use cue::{Cancel, Config, Limits, MemoryFiles, Workspace};
//!
//! let mut files = MemoryFiles::new();
//! files.add("/repo/schema.cue", "#App: {name!: string, kind: \"web\" | \"job\", replicas?: int}");
//! files.add("/repo/app.yaml", "kind: wbe\nreplcas: 2\n");
//! let arguments = ["schema.cue".to_owned(), "app.yaml".to_owned()];
//! let mut workspace = Workspace::load(&arguments, &Config::new("/repo"), &files);
//! let package = workspace.package(0).expect("one package");
//! let document = workspace.take_documents().remove(0).documents.remove(0);
//!
//! let (compiled, _) = workspace.compile();
//! let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
//! let schema = evaluation.at(package, &"#App".parse().expect("a path"))?.expect("it is there");
//! let problems = evaluation.check_document(&document, schema).expect_err("three mistakes");
//! let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
//! assert_eq!(told, [
//!     "name: field is required but not present",
//!     "kind: must be one of \"web\", \"job\"",
//!     "replcas: field not allowed",
//! ]);
//! assert_eq!(problems[2].hints, ["did you mean `replicas`?"]);
//! # Ok::<(), cue::Diagnostics>(())
//! ```
//!
//! Who made a value what it is:
//!
//! ```
//! use cue::{Cancel, Config, Effect, Limits, MemoryFiles, Workspace};
//!
//! let mut files = MemoryFiles::new();
//! files.add("/repo/a.cue", "base: 8000\nport: base + 80");
//! let mut workspace = Workspace::load(&["a.cue".to_owned()], &Config::new("/repo"), &files);
//! let package = workspace.package(0).expect("one file was named");
//!
//! let (compiled, _) = workspace.compile();
//! let mut evaluation = compiled.evaluate(Limits::default(), Cancel::new());
//! let explanation = evaluation.explain(package, &"port".parse().expect("a path"))?.expect("it is there");
//! let [port, base] = explanation.facts.as_slice() else { panic!("two values take part") };
//! assert_eq!((port.value.as_str(), port.causes[0].effect), ("8080", Effect::Computed));
//! assert_eq!((base.path.as_str(), base.causes[0].effect), ("base", Effect::Set));
//! assert_eq!(compiled.sources().position(base.causes[0].span), "./a.cue:1:7");
//! # Ok::<(), cue::Diagnostics>(())
//! ```
//!
//! `docs/embedding.md` tells the rest: data from a program, output, budgets, threads, rules that are stricter than the
//! language.
//!
//! Invariant: knows no platform, no file system but the trait [`Files`], no terminal and no clock.
//! Invariant: no native recursion on the depth of values.

mod decode;
mod document;
mod emit;
mod evaluation;
mod path;
pub mod placing;
mod report;
mod secret;
mod text;
mod value;
mod workspace;

pub use cue_data::{Data, Kinds, Sink};
pub use cue_encode::Limit as OutputLimit;
pub use cue_encode::json::Layout;
pub use cue_eval::{Cancel, Cause, Collision, Contribution, Effect, Explanation, Fact, Limits, Rules, codes};
pub use cue_load::{Config, DataFile, Entry, EntryKind, FileError, Files, Format, Instance, MemoryFiles, Variable};
pub use decode::{Spanned, decode};
pub use evaluation::{Check, Diagnostics, Evaluation, unwritten};
pub use path::{NoPath, Path, Step};
pub use text::TextOptions;
pub use value::{Field, Presence, Refusal, Subject, Value};
pub use workspace::{Compiled, Target, Workspace};
