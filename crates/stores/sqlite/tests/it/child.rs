//! Other processes on one store: `examples/part.rs`, which is built with the tests.

use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Starts a process that plays a part on a store.
pub(crate) fn start(part: &str, path: &Path, name: &str) -> Child {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().unwrap().with_file_name("examples").join("part");
    let mut command = Command::new(program);
    command.arg(part).arg(path).arg(name).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap()
}
