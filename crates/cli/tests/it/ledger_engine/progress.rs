//! What is seen while something is done.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use strata_fixtures::on_terminal;

use crate::project::Project;

const NODES: &str =
    "a: {type: local.x.t}\nb: {type: local.x.t, depends_on: [a]}\nc: {type: local.x.t, depends_on: [b]}";

fn slow(name: &str, ms: u32) -> Project {
    let project = Project::new(name);
    project.graph("g.yaml", NODES);
    project.rules(&format!(
        r#"{{"latency": [{{"when": {{"operations": ["create"]}}, "min_ms": {ms}, "max_ms": {ms}}}]}}"#
    ));
    project
}

#[test]
fn a_terminal_shows_what_is_done_what_waits_and_how_much_is_done() {
    let project = slow("board", 1500);
    let (text, status) = on_terminal(project.command("apply g.yaml -y")).unwrap();
    assert!(status.success(), "{text}");
    for seen in [
        "  0 % of 3 steps done, 1 being done, 2 waiting",
        "create acme/prod/-/a/main  1s",
        "create acme/prod/-/b/main  waits for acme/prod/-/a/main",
        " 66 % of 3 steps done, 1 being done, 0 waiting",
        "acme/prod/-/c/main: create done after 1s",
    ] {
        assert!(text.contains(seen), "{seen}: {text}");
    }
    // The board is taken away when it is over.
    let last = text.rsplit("\u{1b}[J").next().unwrap();
    assert!(!last.contains("being done"), "{last}");
}

#[test]
fn elsewhere_each_step_is_a_line_and_nothing_is_drawn() {
    let project = slow("no-board", 10);
    let ran = project.ran("apply g.yaml -y");
    assert!(!ran.err.contains('\u{1b}') && !ran.err.contains("being done"), "{}", ran.err);
    assert_eq!(ran.err.matches(": create done after").count(), 3, "{}", ran.err);
    let ran = project.ran("destroy g.yaml -y -q");
    assert_eq!(ran.err, "", "quiet is quiet");
}

#[test]
fn where_nobody_watches_there_is_a_heartbeat() {
    let project = slow("heartbeat", 11_000);
    project.graph("one.yaml", "a: {type: local.x.t}");
    let json = project.command("apply one.yaml -y --json").spawn().unwrap();
    let events = String::from_utf8(json.wait_with_output().unwrap().stdout).unwrap();
    let beat = events.lines().find(|line| line.contains("\"heartbeat\"")).unwrap_or_else(|| panic!("{events}"));
    let beat: serde_json::Value = serde_json::from_str(beat).unwrap();
    assert_eq!((&beat["steps"], &beat["ended"], &beat["running"][0]["op"]), (&1.into(), &0.into(), &"create".into()));
}

#[test]
fn the_first_interrupt_finishes_what_is_in_flight_and_the_second_aborts() {
    for (signals, code) in [(1, 130), (2, 130)] {
        let project = slow(&format!("interrupts-{signals}"), 3000);
        let mut child = project.command("apply g.yaml -y --json").stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        lines.find(|line| line.as_ref().is_ok_and(|line| line.contains("step_start"))).unwrap().unwrap();
        for _ in 0..signals {
            let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
            assert!(sent.success());
            std::thread::sleep(std::time::Duration::from_millis(300));
        }
        let rest: Vec<String> = lines.map_while(Result::ok).collect();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{rest:?}");
        let ended = rest.iter().any(|line| line.contains("\"step_done\""));
        assert_eq!(ended, signals == 1, "only the first lets the call end: {rest:?}");
        project.rules("{}");
        project.done("apply --resume acme/prod");
        assert_eq!(project.objects().len(), 3, "each once");
    }
}
