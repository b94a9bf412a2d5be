//! The first interrupt lets what is in flight end and begins nothing more; what is left can be gone on with.

use crate::project::Project;

#[test]
fn an_interrupted_apply_can_be_resumed() {
    let project = Project::new("interrupt");
    // A chain, so that steps come one after the other.
    let nodes: String = (0..300)
        .map(|at| match at {
            0 => "n0: {type: local.x.thing}\n".to_owned(),
            at => format!("n{at}: {{type: local.x.thing, depends_on: [n{}]}}\n", at - 1),
        })
        .collect();
    project.graph("graph.yaml", &nodes);
    // None of them so quick that all could be done before the interrupt comes.
    project.rules(r#"{"latency": [{"when": {}, "min_ms": 20, "max_ms": 20}]}"#);
    let mut running = project.watched("apply graph.yaml -y");
    running.until("step_done", "");
    running.signal("-INT");
    let (status, rest, told) = running.end();
    assert_eq!(status.code(), Some(130), "{told}");
    assert!(rest.iter().any(|line| line.contains("\"interrupted\"")), "{rest:?}");
    project.rules("{}");
    project.done("apply --resume acme/prod -q");
    assert_eq!(project.run("plan graph.yaml --refresh --detailed-exitcode").0, 0, "nothing is left to do");
}
