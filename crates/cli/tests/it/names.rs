//! Resources by the names that `strata status` prints, wherever one is asked for.

use crate::project::{Project, Ran, partition};

/// A unit of one name at two places, and one that is only at one of them.
fn project(name: &str) -> Project {
    let project = Project::new(name);
    let text = partition("acme/prod", 2, "db: {type: local.x.db, properties: {size: 1}}");
    let shop = "db: {type: local.x.db, properties: {size: 1}}\n\
                api: {type: local.x.api, properties: {size: 1}, depends_on: [db]}\n\
                api/side: {type: local.x.api, properties: {size: 2}}\n\
                web: {type: local.x.web, properties: {size: 1}, depends_on: [api]}";
    let below = partition("acme/prod/shop", 3, shop);
    let (_, nodes) = below.split_once("partitions:\n").unwrap();
    project.file("graph.yaml", &(text + nodes));
    project
}

#[track_caller]
fn refused(project: &Project, line: &str, code: i32, words: &[&str]) {
    let Ran { code: found, err, .. } = project.ran(line);
    assert_eq!(found, code, "`strata {line}`: {err}");
    assert!(words.iter().all(|word| err.contains(word)), "`strata {line}`: {err}");
}

#[test]
fn a_part_of_a_plan_is_named_as_status_names_it() {
    let project = project("names-plan");
    let planned = |line: &str| {
        let set = project.json(line);
        let actions = set["plans"].as_array().unwrap().iter().flat_map(|plan| plan["actions"].as_array().unwrap());
        let mut all: Vec<String> = actions.map(|action| action["address"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    };
    let api = ["acme/prod/shop/api/main", "acme/prod/shop/db/main"];
    for name in ["api/main", "shop/api/main", "acme/prod/shop/api/main"] {
        assert_eq!(planned(&format!("plan graph.yaml --target {name}")), api, "{name}");
    }
    let rest = ["acme/prod/-/db/main", "acme/prod/shop/api/side"];
    assert_eq!(planned("plan graph.yaml --exclude shop/db/main"), rest, "and what needs it");
    project.done("apply graph.yaml -y");
    assert_eq!(planned("plan graph.yaml --replace web"), ["acme/prod/shop/web/main"]);
    let both = ["several resources are called `api`", "acme/prod/shop/api/main, acme/prod/shop/api/side"];
    refused(&project, "plan graph.yaml --target api", 3, &both);
    refused(&project, "plan graph.yaml --target wen", 3, &["E2010", "did you mean `web`?"]);
    refused(&project, "destroy graph.yaml --target shop/dv/main -y", 3, &["E2010", "did you mean"]);
}

#[test]
fn a_part_is_applied_and_what_is_decided_already_is_not_cut() {
    let project = project("names-apply");
    project.done("apply graph.yaml -y --target api/main");
    assert_eq!(project.done("state list -o name"), "acme/prod/shop/api/main\nacme/prod/shop/db/main\n");
    project.done("plan graph.yaml --out kept.json");
    refused(&project, "apply kept.json --target web", 64, &["`--target` has no place here"]);
    refused(&project, "apply --resume acme/prod/shop --exclude web", 64, &["`--exclude` has no place here"]);
    project.done("apply kept.json");
    assert_eq!(project.run("plan graph.yaml --detailed-exitcode").0, 0);
    for line in ["lock break acme/prd", "apply --resume acme/prd"] {
        refused(&project, line, 10, &["did you mean `acme/prod`?"]);
    }
}

/// Which columns there are more of.
#[test]
fn wide_tables_tell_more() {
    let project = project("names-wide");
    project.done("apply graph.yaml -y");
    for line in ["status acme/prod/shop", "state list acme/prod/shop"] {
        let (plain, wide) = (project.done(line), project.done(&format!("{line} -o wide")));
        assert_eq!(plain.lines().count(), wide.lines().count());
        assert!(!plain.contains(" local  ") && wide.matches(" local  ").count() == 4, "{wide}");
    }
    let hash = project.json("history acme/prod")[0]["plan"].as_str().unwrap().to_owned();
    assert!(!project.done("history acme/prod").contains(&hash));
    assert!(project.done("history acme/prod -o wide").contains(&hash));
}

#[test]
fn what_is_recorded_is_named_as_status_names_it() {
    let project = project("names-state");
    project.done("apply graph.yaml -y");
    let object = project.json("state show web")["object"].clone();
    assert_eq!(project.json("show web/main")["object"], object);
    refused(&project, "state show db", 10, &["acme/prod/-/db/main, acme/prod/shop/db/main"]);
    refused(&project, "state show wbe", 10, &["did you mean `web`?"]);
    refused(&project, "state show acme/prod/shop/web/mian", 10, &["did you mean `acme/prod/shop/web/main`?"]);

    assert_eq!(project.done("state mv web site"), "acme/prod/shop/web/main is acme/prod/shop/site/main now.\n");
    assert_eq!(project.json("state show site")["object"], object);
    project.done("state mv site/main front/page");
    project.done("state mv front acme/prod/shop/web/main");
    refused(&project, "state mv wob site", 10, &["did you mean `web`?"]);
    refused(&project, "state mv web acme//x", 64, &["`acme//x` is no name"]);

    let history = project.json("state history web");
    let entries = history[0]["entries"].as_array().unwrap();
    let said: Vec<&serde_json::Value> = entries.iter().flat_map(|entry| entry["records"].as_array().unwrap()).collect();
    assert!(said.iter().all(|record| record.to_string().contains("acme/prod/shop/web/main")), "{said:?}");
    assert!(said.iter().any(|record| record.get("removed").is_some()), "{said:?}");
    assert_eq!(project.json("state history acme/prod/shop")[0]["context"], "acme/prod/shop");
    refused(&project, "state history acme/prd", 10, &["did you mean `acme/prod`?"]);

    assert_eq!(project.done("state forget web"), "acme/prod/shop/web/main forgotten.\n");
    let line = format!("import web {} graph.yaml", object.as_str().unwrap());
    assert_eq!(project.done(&line), "acme/prod/shop/web/main imported.\n");
    refused(&project, "import wob x graph.yaml", 10, &["did you mean `web`?"]);
    refused(&project, "state forget wob", 10, &["did you mean `web`?"]);
}

#[test]
fn what_is_explained_is_named_as_status_names_it() {
    let project = project("names-explain");
    let told = project.done("explain acme/prod/shop/web/main:size graph.yaml");
    assert!(told.starts_with("acme/prod/shop/web/main:size = 1\n"), "{told}");
    for name in ["web/main:size", "web/main", "web", "web.size"] {
        assert_eq!(project.done(&format!("explain {name} graph.yaml")), told, "{name}");
    }
    refused(&project, "explain wen/main graph.yaml", 10, &["E0029", "did you mean `web/main`?"]);
    refused(&project, "explain db graph.yaml", 10, &["several resources are called `db`"]);
    project.done("apply graph.yaml -y");
    let text = std::fs::read_to_string(project.0.join("graph.yaml")).unwrap();
    project
        .file("graph.yaml", &text.replace("local.x.web, properties: {size: 1}", "local.x.web, properties: {size: 5}"));
    project.done("plan graph.yaml --out kept.json");
    let planned = project.done("explain web --plan kept.json graph.yaml");
    assert!(planned.starts_with("acme/prod/shop/web/main:size: 1 -> 5\n"), "{planned}");
}

/// What is wrong with a partition, or missing of a node, hides nothing that is wrong inside.
#[test]
fn all_that_is_wrong_with_a_graph_document_is_told_at_once() {
    let project = Project::new("names-wrong");
    let document = "\
graph: 1
provider: local
partitons: []
partitions:
- context: acme
  tier: 4
  nodes:
    a: {typ: local.x.t, depends_on: b, protect: maybe}
    c: {type: local.x.t, properties: {x: {$refs: {}}}, ignore: size}
    d: {type: local.x.t, provider: {name: local, regin: far}}
  outputs: {o: {valu: 1}}
- context: acme/prod
  tier: 3
  execution: {mode: now}
  nodes: {e: {type: local.x.t, phase: last, properties: {x: {$call: {}}}}}
";
    project.file("wrong.yaml", document);
    let report = project.json("plan wrong.yaml");
    let told = report["diagnostics"].as_array().unwrap().iter();
    let mut told: Vec<_> =
        told.map(|told| format!("{} {}", told["range"]["start"]["line"], told["summary"].as_str().unwrap())).collect();
    told.sort();
    let wrong = [
        "10 a provider has no field `regin`",
        "11 an output has no field `valu`",
        "14 `now` is none of `plan_and_approve`, `auto_apply`",
        "15 `$call` is written `{$call: FUNCTION, arg: VALUE}`",
        "15 `last` is none of `foundation`, `infrastructure`, `compute`, `networking`",
        "3 the document has no field `partitons`",
        "5 `acme` has 1 segment, expected `org/env` or `org/env/app`",
        "6 a tier is 1, 2 or 3",
        "8 a node has no field `typ`",
        "8 this must be a list",
        "8 this must be true or false",
        "9 this must be a list",
        "9 unknown `$refs`; wrap an object with such a key in `$literal`",
    ];
    assert_eq!(told, wrong);
}

#[test]
fn names_are_for_scripts() {
    let project = Project::new("names-scripts");
    project.graph("g.yaml", "a: {type: local.x.t}\nb: {type: local.x.t, depends_on: [a]}");
    assert_eq!(project.done("graph g.yaml -o name"), "acme/prod/-/a/main\nacme/prod/-/b/main\n");
    let kept = project.ran("plan g.yaml --out p.json");
    assert_eq!(kept.err, "the plan is kept; to apply exactly it: strata apply p.json\n");
    project.done("apply p.json");
    for line in ["history acme/prod --limit 0", "state history --limit 0"] {
        assert_eq!(project.ran(line).code, 64, "{line}: none is not what was asked for");
    }
    let hints = [
        ("show g.yaml", "`strata plan g.yaml` makes one of a document"),
        ("drift acme/prod", "if that is a context: strata drift --context acme/prod"),
        ("state mv a b", "acme/prod/-/b/main is recorded already"),
        ("state mv a acme/dev/-/a/main", "acme/prod/-/a/main stays in its context"),
    ];
    for (line, hint) in hints {
        let told = project.ran(line).err;
        assert!(told.contains(hint), "{line}: {told}");
    }
}
