//! What is seen while something is done.

use strata_fixtures::on_terminal;

use crate::project::{Project, within};

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
    // What is drawn ten times a second is seen, unless the machine has something better to do all the time.
    within(1500, |ms| {
        let project = slow("board", ms);
        let (text, status) = on_terminal(project.command("apply g.yaml -y")).unwrap();
        assert!(status.success(), "{text}");
        let drawn = [
            "  0 % of 3 steps done, 1 being done, 2 waiting",
            "create acme/prod/-/a/main  1s",
            "create acme/prod/-/b/main  waits for acme/prod/-/a/main",
            " 66 % of 3 steps done, 1 being done, 0 waiting",
        ];
        drawn.iter().all(|seen| text.contains(seen)).then_some(())?;
        // Each step is told once it has ended, with how long it took.
        let (_, took) = text.split_once("acme/prod/-/c/main: create done after ").unwrap_or_else(|| panic!("{text}"));
        let took: u32 = took.split('s').next().and_then(|took| took.parse().ok()).unwrap_or_else(|| panic!("{text}"));
        assert!(took >= ms / 1000, "{text}");
        // The board is taken away when it is over.
        let last = text.rsplit("\u{1b}[J").next().unwrap();
        assert!(!last.contains("being done"), "{last}");
        Some(())
    });
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
    let project = slow("heartbeat", 600_000);
    project.graph("one.yaml", "a: {type: local.x.t}");
    let mut running = project.watched("apply one.yaml -y");
    let beat: serde_json::Value = serde_json::from_str(&running.until("heartbeat", "")).unwrap();
    running.kill();
    assert_eq!((&beat["steps"], &beat["ended"], &beat["running"][0]["op"]), (&1.into(), &0.into(), &"create".into()));
}

#[test]
fn the_first_interrupt_finishes_what_is_in_flight_and_the_second_aborts() {
    for signals in [1, 2] {
        within(3000, |ms| {
            let project = slow(&format!("interrupts-{signals}"), ms);
            let mut running = project.watched("apply g.yaml -y");
            running.until("step_start", "a");
            running.signal("-INT");
            if signals == 2 {
                running.told("stopping: ");
                running.signal("-INT");
            }
            let (status, rest, _) = running.end();
            assert_eq!(status.code(), Some(130), "{rest:?}");
            let ended = rest.iter().any(|line| line.contains("\"step_done\""));
            if signals == 2 && ended {
                // The call has ended before there was a second one.
                return None;
            }
            assert_eq!(ended, signals == 1, "only the first lets the call end: {rest:?}");
            project.rules("{}");
            project.done("apply --resume acme/prod");
            assert_eq!(project.objects().len(), 3, "each once");
            Some(())
        });
    }
}
