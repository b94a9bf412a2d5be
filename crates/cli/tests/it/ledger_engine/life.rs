//! What becomes of resources, and what is left of it when processes end.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use crate::project::{Project, codes, partition, within};

const NOTHING: &str = "No changes. What is recorded is what the document says.\n";

/// A cloud in which one operation takes long.
fn slow(operation: &str) -> String {
    format!(r#"{{"latency": [{{"when": {{"operations": ["{operation}"]}}, "min_ms": 60000, "max_ms": 60000}}]}}"#)
}

/// Starts a command and kills it as soon as it is at work on a unit.
fn killed_at(project: &Project, line: &str, unit: &str, status: &str) {
    let mut running = project.watched(line);
    running.until("step_start", unit);
    running.kill();
    project.done("local stop");
    assert!(project.statuses().contains(&format!("{unit}: {status}")), "{:?}", project.statuses());
}

#[test]
fn p3_25_faults_yield_each_of_the_nine_states() {
    let project = Project::new("p3_25");
    project.graph("one.yaml", "a: {type: local.x.t, properties: {size: 1}}\nb: {type: local.x.t, depends_on: [a]}");
    project.graph("two.yaml", "a: {type: local.x.t, properties: {size: 2}}\nb: {type: local.x.t, depends_on: [a]}");
    project.graph("none.yaml", "{}");

    // `show`, `state show` and `state list` tell the state that `status` tells.
    let shown = |unit: &str| {
        let [shown, stated] = ["show", "state show"].map(|it| project.json(&format!("{it} acme/prod/-/{unit}/main")));
        assert_eq!(shown, stated);
        shown["status"].as_str().unwrap().to_owned()
    };
    project.rules(&slow("create"));
    killed_at(&project, "apply one.yaml -y --timeout 2s", "a", "creating");
    assert_eq!(project.statuses(), ["a: creating", "b: pending"]);
    assert_eq!([shown("a"), shown("b")], ["creating", "pending"]);
    assert_eq!(project.ran("state show acme/prod/-/a/main").code, 9, "it is not recorded yet");
    assert_eq!(project.json("status")["contexts"][0]["resources"][0]["tier"], 3, "also of what is not recorded yet");
    project.rules("{}");
    project.done("apply --resume acme/prod");
    assert_eq!(project.statuses(), ["a: active", "b: active"]);

    project.rules(&slow("update"));
    killed_at(&project, "apply two.yaml -y --timeout 2s", "a", "updating");
    assert_eq!(shown("a"), "updating");
    assert_eq!(project.json("state list")[0]["status"], "updating");
    project.rules("{}");
    project.done("apply two.yaml -y");
    assert_eq!(project.statuses(), ["a: active", "b: active"]);

    let a = project.object("a");
    project.done(&format!("local health {a} degraded"));
    project.done("refresh");
    assert_eq!(project.statuses(), ["a: degraded", "b: active"]);
    assert_eq!(project.ran("status").code, 9, "not ready");
    project.done(&format!("local health {a} healthy"));
    project.done(&format!("local set {a} size 7"));
    project.done("refresh");
    assert_eq!(project.statuses(), ["a: drifted", "b: active"]);
    project.done("apply two.yaml -y --refresh");
    assert_eq!(project.ran("status").code, 0);

    project.rules(r#"{"faults": [{"when": {"operations": ["update"]}, "fault": "forbidden", "attempts": 9}]}"#);
    assert_eq!(project.ran("apply one.yaml -y").code, 8);
    assert_eq!(project.statuses(), ["a: failed", "b: active"]);
    assert!(project.run("status").1.contains("not allowed: a rule forbids it"), "and why");
    assert_eq!(project.json("show acme/prod/-/a/main")["why"], "not allowed: a rule forbids it");

    project.rules(&slow("delete"));
    killed_at(&project, "apply none.yaml -y --timeout 2s", "b", "deleting");
    project.rules("{}");
    project.done("apply none.yaml -y");
    assert!(project.statuses().contains(&"a: deleted".to_owned()), "{:?}", project.statuses());
    assert_eq!((shown("a").as_str(), project.ran("show acme/prod/-/a/main").code), ("deleted", 10));
    assert_eq!(project.json("state list").as_array().unwrap().len(), 0);
    assert!(project.objects().is_empty());
}

/// All but `scale`, which no command asks for: a number of replicas is a property like others.
#[test]
fn p3_30_commands_reach_what_a_driver_does() {
    let project = Project::new("p3_30");
    project.graph("g.yaml", "a: {type: local.service, properties: {image: 'web:1', replicas: 2}}");
    project.done("apply g.yaml -y");
    let a = project.object("a");
    assert_eq!(project.done("plan g.yaml --refresh --detailed-exitcode"), NOTHING, "created and read");
    project.done(&format!("local set {a} replicas 5"));
    let found = project.ran("plan g.yaml --refresh --detailed-exitcode");
    assert!(found.code == 2 && found.out.contains("replicas = 5 -> 2"), "its own difference: {}", found.out);
    project.done("apply g.yaml -y --refresh");
    assert_eq!(project.object("a"), a, "updated in place");
    assert_eq!(project.done("plan g.yaml --refresh --detailed-exitcode"), NOTHING);
    project.done(&format!("local health {a} unhealthy"));
    project.done("refresh");
    assert_eq!(project.ran("status").code, 9, "its health is asked for");
    project.done("destroy g.yaml -y");
    assert!(project.objects().is_empty(), "deleted");
}

#[test]
fn p3_40_what_was_applied_is_known_to_the_next_process_also_after_a_kill() {
    let project = Project::new("p3_40");
    let nodes: String = (0..40)
        .map(|at| match at {
            0 => "n0: {type: local.x.t}\n".to_owned(),
            _ => format!("n{at}: {{type: local.x.t, depends_on: [n{}]}}\n", at - 1),
        })
        .collect();
    project.graph("g.yaml", &nodes);
    project.rules(r#"{"latency": [{"when": {"address": "*/n20/*"}, "min_ms": 60000, "max_ms": 60000}]}"#);
    killed_at(&project, "apply g.yaml -y --timeout 2s", "n20", "creating");
    project.rules("{}");
    let made = project.objects().len();
    assert!((20..=21).contains(&made), "{made}");
    project.done("apply --resume acme/prod");
    assert_eq!(project.objects().len(), 40, "each once");
    assert_eq!(project.done("plan g.yaml --refresh --detailed-exitcode"), NOTHING);
}

#[test]
fn p3_43_what_succeeded_is_kept_and_a_resumed_run_does_the_rest() {
    let project = Project::new("p3_43");
    project.graph(
        "g.yaml",
        "a: {type: local.x.t}\nb: {type: local.x.t, depends_on: [a]}\nc: {type: local.x.t, depends_on: [b]}\n\
         d: {type: local.x.t, depends_on: [c]}\ne: {type: local.x.t, depends_on: [d]}",
    );
    project.rules(
        r#"{"faults": [{"when": {"address": "*/c/*", "operations": ["create"]}, "fault": "forbidden", "attempts": 9}]}"#,
    );
    let ran = project.ran("apply g.yaml -y");
    assert_eq!(ran.code, 8, "{}", ran.err);
    assert!(ran.err.contains("cannot create acme/prod/-/c/main") && ran.err.contains("E2108"), "{}", ran.err);
    assert!(ran.err.contains("acme/prod/-/e/main: create skipped, it needs acme/prod/-/c/main"), "{}", ran.err);
    let listed = project.json("state list");
    assert_eq!(listed.as_array().unwrap().len(), 2, "{listed}");
    project.rules("{}");
    assert_eq!(
        project.done("apply --resume acme/prod"),
        "Apply complete! Resources: 3 added, 0 changed, 0 destroyed.\n"
    );
    assert_eq!(project.objects().len(), 5);

    // A failed delete keeps the record, a failed update keeps the object.
    project.graph("four.yaml", "a: {type: local.x.t, properties: {size: 2}}");
    project
        .rules(r#"{"faults": [{"when": {"operations": ["delete", "update"]}, "fault": "forbidden", "attempts": 9}]}"#);
    assert_eq!(project.ran("apply four.yaml -y").code, 8);
    assert_eq!(project.objects().len(), 5);
    assert_eq!(project.json("state list").as_array().unwrap().len(), 5);
}

#[test]
fn p3_32_contexts_are_partitions_and_names_that_look_alike_do_not_collide() {
    let project = Project::new("p3_32");
    project.file("a.yaml", &partition("acme/prod/a%2Fb", 3, "web: {type: local.x.t}"));
    project.file("b.yaml", &partition("acme/prod/a_b", 3, "web: {type: local.x.t}"));
    project.file("c.yaml", &partition("acme/prod", 3, "web: {type: local.x.t}"));
    for document in ["a.yaml", "b.yaml", "c.yaml"] {
        project.done(&format!("apply {document} -y"));
    }
    let listed = project.done("state list");
    let addresses: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(addresses, ["acme/prod/-/web/main", "acme/prod/a%2Fb/web/main", "acme/prod/a_b/web/main"]);
    assert_eq!(project.objects().len(), 3);
    project.done("destroy a.yaml -y");
    assert_eq!(project.objects().len(), 2, "only its own");
    for wrong in ["acme/prod/a/b", "acme", "acme/prod/..", "acme//x"] {
        project.file("w.yaml", &partition(wrong, 3, "web: {type: local.x.t}"));
        assert_eq!(project.ran("plan w.yaml").code, 3, "{wrong}");
    }
}

#[test]
fn p3_38_resources_and_plans_are_kept_listed_and_forgotten() {
    let project = Project::new("p3_38");
    let mut hashes = Vec::new();
    for size in 1..=3 {
        project.graph("g.yaml", &format!("a: {{type: local.x.t, properties: {{size: {size}}}}}"));
        project.done("plan g.yaml --out p.json -q");
        hashes.insert(0, project.json("show p.json")["plans"][0]["hash"].clone());
        project.done("apply p.json -q");
    }
    let history = |more: &str| -> Vec<serde_json::Value> {
        let rows = project.json(&format!("history acme/prod{more}"));
        rows.as_array().unwrap().iter().map(|row| row["plan"].clone()).collect()
    };
    assert_eq!(history(""), hashes, "newest first");
    assert_eq!(history(" --limit 2"), hashes[..2]);
    assert_eq!(project.json("show acme/prod/-/a/main")["observed"]["size"], 3);
    let shown = project.done(&format!("show {}", hashes[0].as_str().unwrap()));
    assert!(shown.contains("~ size = 2 -> 3"), "{shown}");
    project.done("state forget acme/prod/-/a/main");
    assert_eq!(project.ran("show acme/prod/-/a/main").code, 10);
    assert_eq!(project.objects().len(), 1, "the object stays");
    assert_eq!(project.ran("state forget acme/prod/-/a/main").code, 10);
}

#[test]
fn p3_41_p3_42_who_comes_second_is_told_and_calls_nothing() {
    within(4000, |ms| {
        let project = Project::new("p3_41");
        project.graph("g.yaml", "a: {type: local.x.t}");
        project.graph("h.yaml", "b: {type: local.x.t}");
        project.rules(&format!(
            r#"{{"latency": [{{"when": {{"operations": ["create"]}}, "min_ms": {ms}, "max_ms": {ms}}}]}}"#
        ));
        let mut first = project.watched(&format!("apply g.yaml -y --lease 1s --timeout {}ms", ms + 1000));
        first.until("step_start", "a");
        let calls = project.calls();
        let ran = project.ran("apply h.yaml -y");
        let called = project.calls();
        let planned = project.ran("plan h.yaml");
        let held = project.json("lock list");
        if project.statuses() != ["a: creating"] {
            first.end();
            return None;
        }
        assert_eq!(ran.code, 6, "{}", ran.err);
        assert!(ran.err.contains("error[E2106]") && ran.err.contains("--lock-timeout"), "{}", ran.err);
        assert_eq!(called, calls, "it has called nothing");
        assert_eq!(planned.code, 0, "who plans waits for nobody: {}", planned.err);
        assert!(planned.err.contains("is at work on acme/prod/-"), "but is told: {}", planned.err);
        assert!(held[0]["holder"]["operation"].as_str().unwrap().starts_with("apply "), "{held}");
        // The lease outlives its first term while its holder works, and who waits gets it then.
        let waited = project.ran(&format!("apply g.yaml -y --lock-timeout {}ms", ms + 30_000));
        assert_eq!(waited.code, 0, "{}", waited.err);
        let (status, _, told) = first.end();
        assert!(status.success(), "{told}");
        assert_eq!(project.objects().len(), 1);
        assert_eq!(project.json("lock list").as_array().unwrap().len(), 0, "given back");
        Some(())
    });
}

/// What an earlier run has made counts for what is told of it.
#[test]
fn a_resumed_run_publishes_what_an_uninterrupted_one_would() {
    let project = Project::new("resumed-output");
    let document = partition(
        "acme/prod",
        2,
        "a: {type: local.x.q, properties: {}}\nb: {type: local.x.q, properties: {}, depends_on: [a]}",
    ) + "  outputs: {both: {value: {$join: [{$ref: {address: a, attr: id}}, \"-\", {$ref: {address: b, attr: id}}]}}}\n";
    project.file("g.yaml", &document);
    project.rules(
        r#"{"faults": [{"when": {"operations": ["create"], "address": "acme/prod/-/b/*"}, "fault": "forbidden"}]}"#,
    );
    assert_eq!(project.run("apply g.yaml -y").0, 8);
    project.rules("{}");
    project.done("apply --resume acme/prod");
    assert_eq!(project.json("outputs acme/prod")[0]["name"], "both");
    assert_eq!(project.run("plan g.yaml --detailed-exitcode").0, 0);
}

#[test]
fn p3_41_a_lease_whose_holder_sleeps_is_free_when_its_time_is_up_and_he_is_fenced_off() {
    // The lease of who makes a call outlives that call by its whole term.
    within(1000, |term| {
        let project = Project::new("p3_41-asleep");
        project.graph("g.yaml", "a: {type: local.x.t}\nb: {type: local.x.t, depends_on: [a]}");
        project.rules(&format!(
            r#"{{"latency": [{{"when": {{"operations": ["create"]}}, "min_ms": {0}, "max_ms": {0}}}]}}"#,
            term / 2
        ));
        let mut sleeper = project.watched(&format!("apply g.yaml -y --lease {term}ms --timeout {term}ms"));
        sleeper.until("step_start", "a");
        sleeper.signal("-STOP");
        let second = project.ran("apply g.yaml -y");
        if second.code == 0 {
            // It came so late that his time was up.
            sleeper.kill();
            return None;
        }
        assert_eq!(second.code, 6, "he lives, and his time is not up: {}", second.err);
        let third = project.ran("apply g.yaml -y --lock-timeout 120s");
        assert_eq!(third.code, 0, "{}", third.err);
        sleeper.signal("-CONT");
        let (status, _, told) = sleeper.end();
        assert_eq!((status.code(), codes(&told)), (Some(8), vec!["E2107".to_owned()]), "{told}");
        assert_eq!(project.objects().len(), 2, "each once");
        assert_eq!(project.ran("plan g.yaml --refresh --detailed-exitcode").code, 0);
        Some(())
    });
}

/// Gives a secret another content.
fn rotate(project: &Project, text: &str) {
    let mut child = project.command("secret set vault:db -q").stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

const WITH_SECRET: &str = "a: {type: local.x.t}\n\
    b: {type: local.x.t, depends_on: [a], properties: {sensitive: {pw: {$secret: {store: vault, key: db}}}}}";

/// What was approved is a version of a secret; another one that comes while the plan is applied goes into no call.
#[test]
fn a_secret_that_is_rotated_while_a_plan_is_applied_waits_for_the_next_plan() {
    within(1500, |ms| {
        let project = Project::new("rotated-meanwhile");
        rotate(&project, "one");
        project.graph("g.yaml", WITH_SECRET);
        project
            .rules(&format!(r#"{{"latency": [{{"when": {{"address": "*/a/*"}}, "min_ms": {ms}, "max_ms": {ms}}}]}}"#));
        let mut running = project.watched("apply g.yaml -y");
        running.until("step_start", "a");
        rotate(&project, "two");
        let (status, events, told) = running.end();
        if status.success() {
            // It was done before there was another secret.
            return None;
        }
        assert_eq!(status.code(), Some(8), "{told}");
        assert!(told.contains("the secret vault:db has a new version since the plan was made"), "{told}");
        assert!(!events.iter().any(|event| event.contains("step_done") && event.contains("/b/")), "{events:?}");
        assert_eq!(project.objects().len(), 1);
        assert_eq!(project.refused("apply --resume acme/prod"), (7, vec!["E2102".to_owned()]));
        project.done("apply g.yaml -y");
        assert_eq!(project.done("plan g.yaml --refresh --detailed-exitcode"), NOTHING);
        Some(())
    });
}

/// Nobody takes what a lost call was sent for what the secret is by now.
#[test]
fn a_secret_that_is_rotated_before_a_lost_call_is_read_back_is_sent_by_the_next_plan() {
    let project = Project::new("rotated-lost");
    rotate(&project, "one");
    project.graph("g.yaml", WITH_SECRET);
    project
        .rules(r#"{"faults": [{"when": {"address": "*/b/*", "operations": ["create"]}, "fault": {"hang": "after"}}]}"#);
    let mut child = project.command("apply g.yaml -y").stderr(Stdio::null()).spawn().unwrap();
    while project.objects().len() < 2 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    rotate(&project, "two");
    project.rules("{}");
    project.done("apply --resume acme/prod --timeout 1s");
    let planned = project.ran("plan g.yaml --detailed-exitcode");
    assert!(planned.code == 2 && planned.out.contains("secret vault:db has a new version"), "{}", planned.out);
    project.done("apply g.yaml -y");
    assert_eq!(project.done("plan g.yaml --refresh --detailed-exitcode"), NOTHING);
}

/// `-o yaml` is what `-o json` is, `-o name` what scripts go on with.
#[test]
fn answers_come_in_the_form_that_is_asked_for() {
    let project = Project::new("forms");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {text: 'yes: \"1\"', size: 07}}\nb: {type: local.x.t}");
    let hash = project.done("plan g.yaml --out p.json -o name");
    assert_eq!(project.json("plan g.yaml")["plans"][0]["hash"], hash.trim());
    project.done(&format!("apply {}", hash.trim()));
    let names = "acme/prod/-/a/main\nacme/prod/-/b/main\n";
    assert_eq!([project.done("status -o name"), project.done("state list -o name")], [names, names]);
    assert_eq!(project.done("history acme/prod -o name"), hash);
    for line in ["status", "state show acme/prod/-/a/main", "history acme/prod", "state history"] {
        let yaml = project.done(&format!("{line} -o yaml"));
        let file = strata_base::Sources::new().add("answer.yaml", &*yaml);
        let read = cue_encode::yaml::read(file, &yaml, &cue_encode::ReadOptions::default()).unwrap();
        let layout = cue_encode::json::Layout::Compact;
        let json = cue_encode::json::to_string(&read[0], read[0].root(), layout, cue_encode::Limit::default()).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json, project.json(line), "{line}: {yaml}");
    }
    assert_eq!(project.ran("plan g.yaml --timeout 0s").code, 64, "no call ends in no time");
    let refused = project.ran("show acme/prod/-/c/main -o yaml");
    assert!(refused.code == 10 && refused.out.contains("code: E0023"), "{}", refused.out);
    // What has no names is for people: nothing fails after it was done.
    assert!(project.done("destroy g.yaml -y -o name").starts_with("Destroy complete!"));
}

#[test]
fn what_is_not_recorded_is_not_found_and_not_made() {
    let project = Project::new("no-context");
    project.graph("g.yaml", "a: {type: local.x.t}");
    project.done("apply g.yaml -y");
    for line in
        ["status", "outputs", "history", "refresh", "drift --context", "state list", "state history", "state export"]
    {
        assert_eq!(project.refused(&format!("{line} acme/prdo")), (10, vec!["E0023".to_owned()]), "{line}");
    }
    assert!(!project.done("state history").contains("prdo"), "a slip of the finger leaves nothing behind");
}

/// A call that was lost before it did anything, and that would have changed nothing but a secret.
#[test]
fn a_lost_update_of_a_secret_alone_is_not_taken_for_done() {
    let project = Project::new("secret-lost");
    rotate(&project, "one");
    project.graph("g.yaml", WITH_SECRET);
    project.done("apply g.yaml -y");
    rotate(&project, "two");
    project.rules(
        r#"{"idempotent": false, "faults":
            [{"when": {"address": "*/b/*", "operations": ["update"]}, "fault": {"hang": "before"}}]}"#,
    );
    let lost = project.ran("apply g.yaml -y --timeout 1s");
    assert_eq!(lost.code, 8, "{}", lost.err);
    project.rules("{}");
    assert_eq!(project.run("plan g.yaml --detailed-exitcode").0, 2, "it is still to be done");
    project.done("apply g.yaml -y");
    let shown = project.json("state show acme/prod/-/b/main");
    let sealed = &shown["filled"]["sensitive"]["pw"];
    assert!(sealed.is_object() && *sealed == shown["observed"]["sensitive"]["pw"], "{shown}");
}
