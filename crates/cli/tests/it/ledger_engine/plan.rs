//! What plans say, and that apply does what they say.

use serde_json::Value;

use crate::project::{Project, partition};

#[test]
fn p3_26_a_plan_says_what_by_whom_and_how_it_stands() {
    let project = Project::new("p3_26");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1}}\nb: {type: local.x.t, depends_on: [a]}");
    let first = project.run("plan g.yaml --out p.json -o json").1;
    assert_eq!(first, project.run("plan g.yaml -o json").1, "the same plan has the same bytes");
    let set: Value = serde_json::from_str(&first).unwrap();
    let plan = &set["plans"][0];
    assert_eq!(set["format"], 2);
    assert!(plan["hash"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(plan["partition"], serde_json::json!({"context": "acme/prod/-", "tier": 3}));
    let actions: Vec<(&str, &str)> = plan["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| (action["address"].as_str().unwrap(), action["action"].as_str().unwrap()))
        .collect();
    assert_eq!(actions, [("acme/prod/-/a/main", "create"), ("acme/prod/-/b/main", "create")]);
    let row = || project.json("history acme/prod")[0].clone();
    let before = row();
    assert_eq!(
        (&before["plan"], &before["approvals"], &before["run"]),
        (&plan["hash"], &Value::Array(Vec::new()), &Value::Null)
    );
    assert!(before["created"].is_string() && before["by"].is_string(), "{before}");
    assert!(project.ran("approve p.json").code == 0);
    let approval = row()["approvals"][0].clone();
    assert!(approval["by"] == before["by"] && approval["at"].is_string(), "by whom and when: {approval}");
    assert!(project.done("history acme/prod").contains("not applied, approved by "));
    project.done("apply p.json -q");
    let after = row();
    assert_eq!((&after["run"]["status"], &after["run"]["by"]), (&"done".into(), &after["by"]), "{after}");
}

#[test]
fn p3_27_each_kind_of_action_comes_from_the_difference() {
    let project = Project::new("p3_27");
    project.graph("g.yaml", "a: {type: local.x.t, properties: {size: 1, name: x}}\nb: {type: local.x.t}");
    assert_eq!(project.ran("plan g.yaml --detailed-exitcode").code, 2);
    project.done("apply g.yaml -y");
    assert_eq!(project.ran("plan g.yaml --detailed-exitcode").code, 0, "everything is a no-op");
    project.graph("h.yaml", "a: {type: local.x.t, properties: {size: 2, name: x}}\nc: {type: local.x.t}");
    let set = project.json("plan h.yaml");
    let mut actions: Vec<String> = set["plans"][0]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| format!("{} {} {}", action["action"], action["address"], action["changes"]))
        .collect();
    actions.sort();
    assert!(actions[0].starts_with(r#""create" "acme/prod/-/c/main" "#), "{actions:?}");
    assert!(actions[1].starts_with(r#""delete" "acme/prod/-/b/main" "#), "{actions:?}");
    assert!(actions[2].contains(r#""path":"size","old":1,"new":2"#), "{actions:?}");
    assert_eq!(actions.len(), 3);
    let text = project.done("plan h.yaml");
    assert!(text.ends_with("Plan: 1 to add, 1 to change, 1 to destroy.\n"), "{text}");
}

#[test]
fn p3_28_what_cannot_change_in_place_is_replaced_and_dependents_follow() {
    let project = Project::new("p3_28");
    let nodes = |zone: &str| {
        format!(
            "disk: {{type: local.x.t, properties: {{immutable: {{zone: {zone}}}}}}}\n\
             web: {{type: local.x.t, properties: {{disk: {{$ref: {{address: disk, attr: id}}}}}}}}\n\
             pinned: {{type: local.x.t, properties: {{immutable: {{disk: {{$ref: {{address: disk, attr: id}}}}}}}}}}"
        )
    };
    project.graph("g.yaml", &nodes("a"));
    project.done("apply g.yaml -y");
    let before = [project.object("disk"), project.object("web"), project.object("pinned")];
    project.graph("g.yaml", &nodes("b"));
    let text = project.done("plan g.yaml");
    assert!(text.contains("forces replacement") && text.contains("must be replaced"), "{text}");
    assert!(text.contains("it holds on to acme/prod/-/disk/main, which is replaced"), "{text}");
    assert!(text.ends_with("Plan: 2 to add, 1 to change, 2 to destroy.\n"), "{text}");
    project.done("apply g.yaml -y");
    let after = [project.object("disk"), project.object("web"), project.object("pinned")];
    assert_ne!(after[0], before[0]);
    assert_eq!(after[1], before[1], "what holds on by a field that can change is updated");
    assert_ne!(after[2], before[2]);
    for (object, path) in [(&after[1], "/attributes/disk"), (&after[2], "/attributes/immutable/disk")] {
        let shown: Value = serde_json::from_str(&project.done(&format!("local get {object}"))).unwrap();
        assert_eq!(shown.pointer(path), Some(&Value::from(after[0].clone())), "it follows the new id");
    }
    assert_eq!(project.objects().len(), 3, "nothing is left behind");
}

#[test]
fn p3_81_what_is_applied_has_the_addresses_and_names_of_the_plan() {
    let project = Project::new("p3_81");
    for env in ["dev", "prod"] {
        let nodes = format!(
            "db: {{type: local.database, properties: {{engine: postgres, name: {env}-shop}}}}\n\
             web/blue: {{type: local.x.t, properties: {{name: blue, host: {{$ref: {{address: db, attr: host}}}}}}}}"
        );
        project.file("g.yaml", &partition(&format!("acme/{env}/shop"), 3, &nodes));
        let set = project.json("plan g.yaml");
        let planned = |key: &str| -> Vec<String> {
            let actions = set["plans"][0]["actions"].as_array().unwrap().iter();
            let mut found: Vec<String> = actions
                .map(|action| match key {
                    "address" => action["address"].as_str().unwrap().to_owned(),
                    _ => action["desired"]["properties"]["name"].as_str().unwrap().to_owned(),
                })
                .collect();
            found.sort();
            found
        };
        project.done("apply g.yaml -y");
        let owned = project.objects().into_iter().filter(|[_, _, owner]| owner.contains(&format!("/{env}/")));
        let (mut owners, mut names) = (Vec::new(), Vec::new());
        for [id, _, owner] in owned {
            let object: Value = serde_json::from_str(&project.done(&format!("local get {id}"))).unwrap();
            names.push(object["attributes"]["name"].as_str().unwrap().to_owned());
            owners.push(owner);
        }
        owners.sort();
        names.sort();
        assert_eq!((owners, names), (planned("address"), planned("name")));
    }
}

#[test]
fn p3_82_a_hundred_plans_of_one_input_have_one_hash() {
    let project = Project::new("p3_82");
    let nodes: String = (0..30)
        .map(|at| {
            format!(
                "n{at}: {{type: local.x.t, properties: {{b: 1, a: {{z: 1, y: [3, 1]}}}}, depends_on: [{}]}}\n",
                if at < 3 { String::new() } else { format!("n{}, n{}", at - 2, at - 3) }
            )
        })
        .collect();
    project.graph("g.yaml", &nodes);
    let first = project.run("plan g.yaml -o json").1;
    let hash = |text: &str| serde_json::from_str::<Value>(text).unwrap()["plans"][0]["hash"].clone();
    for _ in 0..99 {
        assert_eq!(project.run("plan g.yaml -o json").1, first);
    }
    // The order in which a document says things, and what it says besides, are not what is planned.
    let turned: String = nodes.lines().rev().map(|line| format!("{line}   # a comment\n")).collect();
    project.graph("h.yaml", &turned);
    assert_eq!(hash(&project.run("plan h.yaml -o json").1), hash(&first));
    project.graph("i.yaml", &nodes.replace("b: 1", "b: 2"));
    assert_ne!(hash(&project.run("plan i.yaml -o json").1), hash(&first));
}

#[test]
fn a_secret_of_the_environment_is_a_precondition_of_its_plan() {
    let project = Project::new("env-secret");
    project.graph(
        "g.yaml",
        "db: {type: local.x.t, properties: {sensitive: {password: {$secret: {store: env, key: DB}}}}}",
    );
    let ran = |value: &str, line: &str| crate::project::ran(project.command(line).env("DB", value));
    assert_eq!(ran("canary-one", "plan g.yaml --out p.json").code, 0);
    let kept = std::fs::read_to_string(project.0.join("p.json")).unwrap();
    assert!(!kept.contains("canary"), "{kept}");
    let stale = ran("canary-two", "apply p.json");
    assert_eq!((stale.code, crate::project::codes(&stale.err)), (7, vec!["E2102".to_owned()]), "{}", stale.err);
    assert_eq!(project.calls(), 0);
    assert_eq!(ran("canary-one", "apply p.json").code, 0);
    assert_eq!(ran("canary-one", "plan g.yaml --detailed-exitcode").code, 0);
    let rotated = ran("canary-two", "plan g.yaml --detailed-exitcode");
    assert_eq!(rotated.code, 2);
    assert!(
        rotated.out.contains("secret env:DB has a new version") && !rotated.out.contains("canary"),
        "{}",
        rotated.out
    );
    assert_eq!(project.ran("plan g.yaml").code, 3, "a variable that is not there is told before the first call");
}

#[test]
fn a_node_that_is_only_read_is_planned_and_never_changed() {
    let project = Project::new("read");
    let shared = project.done("local make local.x.t {\"size\":7}").trim().to_owned();
    project.graph(
        "g.yaml",
        &format!(
            "net: {{type: local.x.t, read: {shared}}}\n\
             web: {{type: local.x.t, properties: {{size: {{$ref: {{address: net, attr: size}}}}}}}}"
        ),
    );
    let text = project.done("plan g.yaml");
    assert!(text.contains("# net/main (local.x.t) will be read"), "{text}");
    assert!(text.ends_with("Plan: 1 to add, 0 to change, 0 to destroy.\n"), "{text}");
    project.done("apply g.yaml -y");
    let web: Value = serde_json::from_str(&project.done(&format!("local get {}", project.object("web")))).unwrap();
    assert_eq!(web["attributes"]["size"], 7);
    assert_eq!(project.run("plan g.yaml --refresh --detailed-exitcode").0, 0);
    project.done(&format!("local set {shared} size 8"));
    assert_eq!(project.run("drift --detailed-exitcode").0, 2);
    project.done("apply g.yaml -y --refresh");
    let web: Value = serde_json::from_str(&project.done(&format!("local get {}", project.object("web")))).unwrap();
    assert_eq!(web["attributes"]["size"], 8, "who refers to it follows");
    project.done("destroy g.yaml -y");
    assert_eq!(project.objects().into_iter().map(|[id, ..]| id).collect::<Vec<_>>(), [shared]);
}

#[test]
fn a_document_is_compared_leaf_by_leaf() {
    let project = Project::new("diff");
    project.graph(
        "g.yaml",
        "a: {type: local.x.t, properties: {size: 1, tags: {x: 1}}}\nb: {type: local.x.t, properties: {n: 7}}",
    );
    project.done("apply g.yaml -y");
    assert_eq!(
        project.run("diff g.yaml --detailed-exitcode"),
        (0, "No differences. What is recorded is what the document says.\n".to_owned())
    );
    project.graph(
        "h.yaml",
        "a: {type: local.x.t, properties: {size: 2, tags: {y: 1}}}\nc: {type: local.x.t, properties: {n: 8}}",
    );
    let (code, text) = project.run("diff h.yaml --detailed-exitcode");
    assert_eq!(code, 2);
    assert_eq!(
        text,
        "~ acme/prod/-/a/main (local.x.t)\n  ~ size = 1 -> 2\n      set at h.yaml:7:45\n  - tags.x = 1 -> null\n  \
         + tags.y = 1\n      set at h.yaml:7:58\n- acme/prod/-/b/main (local.x.t)\n  - n = 7 -> null\n\
         + acme/prod/-/c/main (local.x.t)\n  + n = 8\n"
    );
    let a = project.object("a");
    project.done(&format!("local set {a} size 5"));
    assert_eq!(project.run("diff g.yaml --detailed-exitcode").0, 0, "what is recorded is as the document says");
    let real = project.done("diff g.yaml --refresh");
    assert!(real.contains("~ size = 5 -> 1"), "{real}");
    assert_eq!(project.json("diff h.yaml")[1]["side"], "record");
    project.graph("i.yaml", "a: {type: local.x.t, protect: true, properties: {immutable: {zone: a}}}");
    let protected = project.ran("diff i.yaml");
    assert!(
        protected.code == 0 && protected.out.contains("immutable.zone"),
        "it is told all the same: {}",
        protected.err
    );
}

#[test]
fn a_plan_is_a_page_for_a_pull_request() {
    let project = Project::new("markdown");
    project.graph(
        "g.yaml",
        "db: {type: local.database, properties: {engine: postgres}}\n\
         web: {type: local.x.t, properties: {note: 'a | b', host: {$ref: {address: db, attr: host}}}}\n\
         cron: {type: local.x.t, depends_on: [db]}",
    );
    project.done("apply g.yaml -y");
    project.graph(
        "h.yaml",
        "db: {type: local.database, properties: {engine: mysql}}\n\
         web: {type: local.x.t, properties: {note: '``` <b>@all</b>', host: {$ref: {address: db, attr: host}}}}\n\
         cron: {type: local.x.t, depends_on: [db]}",
    );
    let page = project.done("plan h.yaml -o markdown");
    assert_eq!(page, project.done("plan h.yaml -o markdown"), "the same plan gives the same page");
    let hash = project.json("plan h.yaml")["plans"][0]["hash"].as_str().unwrap().to_owned();
    let lines: Vec<&str> = page.lines().collect();
    assert_eq!(lines[0], "### Plan: 1 to add, 1 to change, 1 to destroy");
    assert_eq!(lines[2], "| Risk | | Resource | Why |");
    assert!(lines[4].starts_with("| data loss | `-/+` | `acme/prod/-/db/main` (local.database) |"), "{page}");
    assert!(page.contains("**Blast radius:** 1 resource depends"), "{page}");
    assert!(
        page.contains("<details><summary>acme/prod/- tier 3: 1 to add, 1 to change, 1 to destroy</summary>"),
        "{page}"
    );
    assert!(page.contains("\n````text\n"), "a fence is longer than what stands inside: {page}");
    assert!(lines.last().unwrap().contains(&hash), "{page}");
}
