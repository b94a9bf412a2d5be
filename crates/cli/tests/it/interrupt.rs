//! The first interrupt lets what is in flight end and begins nothing more; what is left can be gone on with.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn strata(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strata"));
    command.current_dir(folder).env_clear().env("HOME", folder.join("home")).stdin(Stdio::null());
    command
}

#[test]
fn an_interrupted_apply_can_be_resumed() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interrupt");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("home")).unwrap();
    // A chain, so that steps come one after the other.
    let nodes: String = (0..300)
        .map(|at| match at {
            0 => "    n0: {type: local.x.thing}\n".to_owned(),
            at => format!("    n{at}: {{type: local.x.thing, depends_on: [n{}]}}\n", at - 1),
        })
        .collect();
    let head = "graph: 1\nprovider: local\npartitions:\n- context: acme/prod\n  tier: 3\n  nodes:\n";
    fs::write(folder.join("graph.yaml"), format!("{head}{nodes}")).unwrap();

    let mut child = strata(&folder)
        .args(["apply", "graph.yaml", "-y", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let begun = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("step_done")));
    assert!(begun.is_some(), "it has begun");
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("\"interrupted\"")), "{rest:?}");

    let resumed = strata(&folder).args(["apply", "--resume", "acme/prod", "-q"]).output().unwrap();
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    let plan = strata(&folder).args(["plan", "graph.yaml", "--refresh", "--detailed-exitcode"]).status().unwrap();
    assert_eq!(plan.code(), Some(0), "nothing is left to do");
}
