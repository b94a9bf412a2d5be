//! A reader that goes away is no defect.

use std::process::{Command, Stdio};

#[test]
fn output_that_nobody_reads_ends_the_command_quietly() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut strata = Command::new(env!("CARGO_BIN_EXE_strata"));
    let child = strata.args(["completion", "bash"]).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    drop(strata);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(141));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
