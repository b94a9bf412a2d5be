//! What happens behind the engine's back, and what the cloud can be made to do.

use serde_json::Value;

use crate::project::{Project, Ran, partition, ran, within};

const NODES: &str = "a: {type: local.x.t, properties: {size: 1, tags: {x: one}}}\nb: {type: local.x.t}\n\
                     c: {type: local.x.t, ignore: [size], properties: {size: 1}}";

fn items(report: &Value) -> Vec<String> {
    let items = report["items"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    items
        .map(|item| {
            let changes = item["changes"].as_array().into_iter().flatten();
            let changes: Vec<String> = changes
                .map(|change| format!("{}: {} -> {}", text(&change["path"]), change["old"], change["new"]))
                .collect();
            format!("{} {} {}", text(&item["drift"]), text(&item["address"]), changes.join(", ")).trim_end().to_owned()
        })
        .collect()
}

#[test]
fn p3_56_what_is_changed_removed_and_added_is_told_with_path_old_and_new() {
    let project = Project::new("p3_56");
    project.graph("g.yaml", NODES);
    project.done("apply g.yaml -y");
    assert_eq!(project.run("drift --detailed-exitcode").0, 0, "none right after apply");
    let (a, b, c) = (project.object("a"), project.object("b"), project.object("c"));
    project.done(&format!("local set {a} size 7"));
    project.done(&format!("local set {a} tags.x two"));
    project.done(&format!("local set {c} size 7"));
    project.done(&format!("local delete {b}"));
    let stray = project.done("local make local.x.t").trim().to_owned();
    let report = &project.json("drift")[0];
    assert_eq!(
        items(report),
        [
            "changed acme/prod/-/a/main size: 1 -> 7, tags.x: \"one\" -> \"two\"",
            "missing acme/prod/-/b/main",
            "unmanaged -",
        ]
    );
    assert_eq!(report["items"][2]["object"], stray);
    assert_eq!(project.run("drift --detailed-exitcode").0, 2);
    assert_eq!(
        project.done("status").lines().filter(|line| line.contains("active")).count(),
        3,
        "looking records nothing"
    );
    // Reports are kept.
    let history = project.json("state history acme/prod");
    assert!(history.to_string().matches("\"drift\"").count() >= 3, "{history}");
    // A cloud that does not list all says so.
    project.rules(r#"{"hidden_permille": 500}"#);
    let text = project.done("drift");
    assert!(text.contains("cannot list all that exists"), "{text}");
}

/// What somebody is about to change or delete has neither changed nor gone missing. Each call takes effect, and its answer is
/// not there yet.
#[test]
fn what_a_run_is_at_is_in_progress_and_no_drift() {
    let project = Project::new("drift-running");
    project.graph("g.yaml", NODES);
    project.done("apply g.yaml -y");
    let [a, c] = ["a", "c"].map(|unit| project.object(unit));
    let kept = NODES.replace("x: one", "x: two");
    project.graph("more.yaml", &format!("{kept}\nd: {{type: local.x.t}}"));
    project.graph("less.yaml", &format!("{}\nd: {{type: local.x.t}}", kept.replace("b: {type: local.x.t}\n", "")));
    let hang = r#"{"faults": [{"when": {}, "fault": {"hang": "after"}, "attempts": 9}]}"#;
    let hang = hang.replace("{}", r#"{"operations": ["create", "update", "delete"]}"#);
    let has = |unit: &str| project.objects().iter().any(|[.., owner]| owner.contains(&format!("/{unit}/")));
    let changed = || has("d") && project.done(&format!("local get {a}")).contains("two");
    let deleted = || !has("b");
    let at_work: [(_, &dyn Fn() -> bool, _, u64); 2] =
        [("more.yaml", &changed, ["a", "d"].as_slice(), 2), ("less.yaml", &deleted, &["b"], 3)];
    for (document, took_effect, units, compared) in at_work {
        project.rules(&hang);
        let run = project.watched(&format!("apply {document} -y"));
        while !took_effect() {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let report = project.json("drift")[0].clone();
        assert_eq!((items(&report), &report["compared"]), (Vec::new(), &compared.into()), "{report}");
        let by = project.json("history acme/prod")[0]["run"]["id"].as_str().unwrap().to_owned();
        let told = project.done("drift --detailed-exitcode");
        for unit in units {
            assert!(told.contains(&format!("  in progress {unit}/main (run {by})\n")), "{told}");
        }
        run.kill();
        project.rules("{}");
        project.done("apply --resume acme/prod");
    }
    project.done(&format!("local delete {c}"));
    assert_eq!(items(&project.json("drift")[0]), ["missing acme/prod/-/c/main"], "nobody is at that");
}

/// A call that was given up and lands all the same is found, also where nothing is recorded.
#[test]
fn what_comes_too_late_is_told() {
    within(2500, |ms| {
        let project = Project::new("late");
        project.graph("g.yaml", "a: {type: local.x.t}");
        let late = r#"{"when": {"operations": ["create"]}, "fault": {"late": {"after_ms": AFTER}}}"#;
        let late = late.replace("AFTER", &ms.to_string());
        project.rules(&format!(r#"{{"idempotent": false, "faults": [{late}]}}"#));
        let ran = project.ran("apply g.yaml -y --timeout 1s");
        if ran.code == 0 || !project.objects().is_empty() {
            // It was there before anybody gave up or looked.
            return None;
        }
        assert_eq!(ran.code, 8, "{}", ran.err);
        while project.objects().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(items(&project.json("drift")[0]), ["unmanaged acme/prod/-/a/main"]);
        Some(())
    });
}

/// Nothing recorded names its place any more, and many plans were made since that did.
#[test]
fn what_was_left_where_nobody_is_any_more_is_told() {
    let project = Project::new("left-far");
    project.graph("g.yaml", "a: {type: local.x.t, provider: {name: local, region: far}}");
    project.done("apply g.yaml -y");
    project.done("state forget a");
    for size in 0..12 {
        project.graph("g.yaml", &format!("b: {{type: local.x.t, properties: {{size: {size}}}}}"));
        project.done("apply g.yaml -y");
    }
    assert_eq!(items(&project.json("drift")[0]), ["unmanaged acme/prod/-/a/main"]);
    project.done("state compact --keep 1000");
    assert_eq!(items(&project.json("drift")[0]), ["unmanaged acme/prod/-/a/main"]);
}

#[test]
fn p3_57_drift_is_told_or_planned_as_the_document_says() {
    let project = Project::new("p3_57");
    let with = |mode: &str| {
        partition("acme/prod", 2, NODES).replace("  nodes:", &format!("  execution: {{on_drift: {mode}}}\n  nodes:"))
    };
    project.file("alert.yaml", &with("alert"));
    project.file("plan.yaml", &with("plan_remediation"));
    project.file("wrong.yaml", &with("shrug"));
    project.done("apply alert.yaml -y");
    let a = project.object("a");
    project.done(&format!("local set {a} size 7"));

    let plans = || project.json("history acme/prod").as_array().unwrap().len();
    let before = plans();
    let events = project.events("drift alert.yaml");
    let drift: Vec<&Value> = events.iter().filter(|event| event["type"] == "drift").collect();
    assert_eq!((drift.len(), &drift[0]["differing"]), (1, &1.into()));
    assert_eq!(plans(), before, "it is told and nothing else");

    let report = &project.json("drift plan.yaml")[0];
    let hash = report["remedies"][0].as_str().unwrap_or_else(|| panic!("{report}")).to_owned();
    assert_eq!(plans(), before + 1, "a plan waits");
    assert_eq!(project.json("history acme/prod")[0]["run"], Value::Null);
    let shown: Value = serde_json::from_str(&project.done(&format!("local get {a}"))).unwrap();
    assert_eq!(shown["attributes"]["size"], 7, "nothing is put right by itself");
    project.done(&format!("apply {hash}"));
    let shown: Value = serde_json::from_str(&project.done(&format!("local get {a}"))).unwrap();
    assert_eq!(shown["attributes"]["size"], 1);
    assert_eq!(project.json("drift plan.yaml")[0]["remedies"], Value::Null, "in sync");
    assert_eq!(project.ran("drift wrong.yaml").code, 3);
}

#[test]
fn p3_69_the_simulated_cloud_fails_and_drifts_as_it_is_told() {
    let project = Project::new("p3_69");
    let fails = |operation: &str| {
        format!(
            r#"{{"faults": [{{"when": {{"operations": ["{operation}"]}}, "fault": "forbidden", "attempts": 99}}]}}"#
        )
    };
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1}}");
    project.rules(&fails("create"));
    let ran = project.ran("apply g.yaml -y");
    assert_eq!((ran.code, project.objects().len()), (8, 0), "{}", ran.err);
    project.rules(&fails("update"));
    project.done("apply g.yaml -y");
    project.graph("h.yaml", "a: {type: local.x.t, properties: {size: 2}}");
    let ran = project.ran("apply h.yaml -y");
    assert_eq!((ran.code, project.objects().len()), (8, 1), "{}", ran.err);
    let drifting = r#"{"drift": [{"when": {}, "after_ms": 1, "change": {"set": {"path": "size", "value": 9}}}]}"#;
    project.rules(drifting);
    project.done("apply h.yaml -y");
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(items(&project.json("drift")[0]), ["changed acme/prod/-/a/main size: 2 -> 9"]);
}

/// A move that was tried in vain has moved nothing, however often it is tried.
#[test]
fn a_resource_has_its_new_name_only_when_its_object_has() {
    let project = Project::new("moved-in-vain");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1}}");
    project.done("apply g.yaml -y");
    let moved = partition("acme/prod", 3, "b: {type: local.x.t, properties: {size: 1}}");
    let from = "moved: [{from: acme/prod/-/a/main, to: acme/prod/-/b/main}]\n";
    project.file("h.yaml", &(moved + from));
    project.rules(r#"{"faults": [{"when": {"operations": ["claim"]}, "fault": {"hang": "before"}, "attempts": 99}]}"#);
    for _ in 0..2 {
        let ran = project.ran("apply h.yaml -y --timeout 1s");
        assert_eq!(ran.code, 8, "{}", ran.err);
        assert_eq!(project.done("state list -o name"), "acme/prod/-/a/main\n");
    }
    project.rules("{}");
    let object = project.object("a");
    project.done("apply h.yaml -y");
    assert_eq!((project.object("b"), project.done("state list -o name").as_str()), (object, "acme/prod/-/b/main\n"));
    project.done("destroy h.yaml -y");
}

#[test]
fn what_exists_is_taken_over_renamed_and_let_go() {
    let project = Project::new("by-hand");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1}}");
    let stray = project.done("local make local.x.t {\"size\":1}").trim().to_owned();
    assert_eq!(
        project.ran(&format!("import acme/prod/-/b/main {stray} g.yaml")).code,
        10,
        "the document has no such node"
    );
    assert_eq!(project.ran("import acme/prod/-/a/main nothing g.yaml").code, 8);
    project.done(&format!("import acme/prod/-/a/main {stray} g.yaml"));
    assert_eq!(project.run("plan g.yaml --refresh --detailed-exitcode").0, 0);
    let again = project.refused(&format!("import acme/prod/-/a/main {stray} g.yaml"));
    assert_eq!(again, (1, vec!["E2206".to_owned()]));
    project.done("state mv acme/prod/-/a/main acme/prod/-/b/main");
    assert_eq!(project.object("b"), stray);
    assert_eq!(project.refused("state mv acme/prod/-/a/main acme/prod/-/c/main"), (10, vec!["E0023".to_owned()]));
    assert_eq!(project.refused("state mv acme/prod/-/b/main acme/stage/-/b/main"), (1, vec!["E2206".to_owned()]));
    project.done("state forget acme/prod/-/b/main");
    assert_eq!(project.refused("state forget acme/prod/-/b/main"), (10, vec!["E0023".to_owned()]));
    assert_eq!(project.objects().len(), 1, "the object stays");
}

/// Somebody who changes a secret by hand, and an object that is taken over, show in clear what was never to be shown.
#[test]
fn what_stands_in_the_place_of_a_secret_is_one() {
    let project = Project::new("veiled");
    let node = "{type: local.x.t, properties: {size: 1, password: {$secret: {store: env, key: PW}}}}";
    project.graph("g.yaml", &format!("a: {node}\n"));
    project.graph("h.yaml", &format!("a: {node}\nb: {node}\n"));
    let told = |line: &str, code: i32| {
        let ran = ran(project.command(line).env("PW", "canary-one"));
        assert_eq!(ran.code, code, "`strata {line}`: {}", ran.err);
        assert!(!(ran.out.clone() + &ran.err).contains("canary"), "`strata {line}`: {}{}", ran.out, ran.err);
        ran.out
    };
    told("apply g.yaml -y", 0);
    project.done(&format!("local set {} password \"canary-two\"", project.object("a")));
    assert!(told("drift g.yaml", 0).contains("password = (sensitive) -> (sensitive)"));
    assert!(told("plan g.yaml --refresh --detailed-exitcode", 2).contains("~ password"));
    told("refresh acme/prod", 0);
    assert_eq!(project.statuses(), ["a: drifted"]);
    told("apply g.yaml --refresh -y", 0);
    assert!(told("drift g.yaml", 0).contains("1 of 1 in sync"));

    for (secret, code) in [("canary-one", 0), ("canary-two", 2)] {
        let stray = project.done(&format!("local make local.x.t {{\"size\":1,\"password\":\"{secret}\"}}"));
        told(&format!("import acme/prod/-/b/main {} h.yaml", stray.trim()), 0);
        assert!(!told("state export", 0).is_empty());
        told("plan h.yaml --detailed-exitcode", code);
        told("plan h.yaml --refresh --detailed-exitcode", code);
        project.done("state forget acme/prod/-/b/main");
    }
}

#[test]
fn what_is_renamed_stays_needed_and_keeps_its_secrets() {
    let project = Project::new("renamed");
    let with = |command: &str| ran(project.command(command).env("PW", "canary-one"));
    let done = |command: &str| {
        let Ran { code, out, err } = with(command);
        assert_eq!(code, 0, "`strata {command}`: {err}");
        out
    };
    let nodes = |db: &str, web: &str| {
        format!(
            "{db}: {{type: local.x.t, properties: {{password: {{$secret: {{store: env, key: PW}}}}, port: {{$alloc: {{pool: p, min: 1, max: 9}}}}}}}}\n\
             {web}: {{type: local.x.t, properties: {{db: {{$ref: {{address: {db}, attr: id}}}}, size: 1}}}}\n"
        )
    };
    project.graph("g.yaml", &nodes("db", "web"));
    project
        .file("other.yaml", &partition("acme/prod/shop", 3, "c: {type: local.x.t, depends_on: [acme/prod/-/db/main]}"));
    done("apply g.yaml -y");
    done("apply other.yaml -y");

    // Who needs it in the same context needs it by its new name; elsewhere somebody must say so.
    let Ran { code, err, .. } = with("state mv acme/prod/-/db/main acme/prod/-/data/main");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("acme/prod/shop/c/main still needs acme/prod/-/db/main"), "{err}");
    done("state mv acme/prod/-/web/main acme/prod/-/site/main");
    assert_eq!(project.json("state show acme/prod/-/site/main")["depends_on"][0]["on"], "acme/prod/-/data/main");
    let port = |unit: &str| project.json(&format!("state show acme/prod/-/{unit}/main"))["observed"]["port"].clone();
    assert_eq!(port("data"), 1);

    // What refers to the secret of what was renamed finds it, and the document with the new names changes nothing.
    project.graph("h.yaml", &nodes("data", "site"));
    assert!(done("plan h.yaml").contains("0 to add, 0 to change, 0 to destroy"), "{}", done("plan h.yaml"));
    let uses =
        nodes("data", "site") + "c: {type: local.x.t, properties: {pw: {$ref: {address: data, attr: password}}}}\n";
    project.graph("i.yaml", &uses);
    done("apply i.yaml -y");
    let moved = "moved: [{from: acme/prod/-/data/main, to: acme/prod/-/store/main}]\n";
    let uses = uses.replace("data", "store").replace("pw:", "secret:").replace("port:", "size: 2, port:");
    project.file("j.yaml", &(partition("acme/prod", 3, &uses) + moved));
    done("apply j.yaml -y");
    assert!(done("plan j.yaml --refresh").contains("No changes."));

    // What is not there any more hinders no other name.
    done("state forget acme/prod/-/store/main");
    done("state mv acme/prod/-/site/main acme/prod/-/web/main");
}
