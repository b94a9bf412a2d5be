//! The scripts stop what they started, however they end.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::check::lay_out;

/// A script that starts a backend with a child of its own, waits for a long command, and is told to stop.
const SCRIPT: &str = r#"
set -euo pipefail
. "$1/scripts/lib.sh"
background backend bash -c 'sleep 987 & echo $! > "$0"; wait' "$2/child"
until [ -s "$2/child" ]; do sleep 0.01; done
echo "$work" > "$2/work"
mv "$2/work" "$2/ready"
foreground sleep 987
"#;

#[test]
fn what_a_script_started_is_stopped_when_it_is_interrupted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (signal, status) in [("TERM", 143), ("HUP", 129)] {
        let notes = lay_out(&format!("scripts/{signal}"), &[&cue_txtar::Archive::parse("-- keep --\n")]);
        let mut bash = Command::new("bash");
        bash.args(["-c", SCRIPT, "script"]).arg(&root).arg(&notes).stdin(Stdio::null());
        let mut script = bash.spawn().unwrap();
        while !notes.join("ready").exists() {
            assert!(script.try_wait().unwrap().is_none(), "the script ended by itself");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        kill(signal, &script.id().to_string());
        assert_eq!(script.wait().unwrap().code(), Some(status), "{signal}");

        let note = |name: &str| std::fs::read_to_string(notes.join(name)).unwrap().trim().to_owned();
        assert!(!kill("0", &note("child")), "the child of the backend lives on after {signal}");
        assert!(!Path::new(&note("ready")).exists(), "the temporary folder is left after {signal}");
    }
}

#[test]
fn a_script_ends_with_the_status_of_what_it_ran() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = ". \"$1/scripts/lib.sh\"; foreground bash -c 'exit 7'";
    let status = Command::new("bash").args(["-euo", "pipefail", "-c", script, "script"]).arg(&root).status().unwrap();
    assert_eq!(status.code(), Some(7));
}

#[test]
fn a_free_port_can_be_listened_on() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let script = ". \"$1/scripts/lib.sh\"; free_port";
    let output = Command::new("bash").args(["-euo", "pipefail", "-c", script, "script"]).arg(&root).output().unwrap();
    let port = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
    std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
}

/// Whether the signal could be sent; signal 0 only asks whether the process is there. The shell's own `kill`, because a bare
/// machine has no other.
fn kill(signal: &str, process: &str) -> bool {
    let mut kill = Command::new("bash");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "kill", signal, process])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}
