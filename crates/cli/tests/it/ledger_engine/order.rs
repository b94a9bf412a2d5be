//! What comes before what, and what keeps what alive.

use serde_json::Value;

use crate::project::{Project, partition};

#[test]
fn the_graph_is_drawn_for_people_and_told_to_programs() {
    let project = Project::new("graph");
    project.graph(
        "g.yaml",
        "a: {type: local.x.t}\nb: {type: local.x.t, properties: {a: {$ref: {address: a, attr: id}}},\n    \
         depends_on: [{on: a, strength: soft}, {on: c, strength: soft}]}\nc: {type: local.x.t}",
    );
    let [a, b, c] = ["a", "b", "c"].map(|unit| format!("acme/prod/-/{unit}/main"));
    assert_eq!(project.done("graph g.yaml"), format!("{a}\n{b}\n  needs {a}\n  needs {c} (soft)\n{c}\n"));
    let told = project.json("graph g.yaml");
    assert_eq!((&told[1]["needs"][0]["on"], &told[1]["needs"][1]["strength"]), (&a.into(), &"soft".into()), "{told}");
    let dot = project.done("graph g.yaml --as dot");
    assert!(dot.starts_with("digraph {") && dot.contains("[style=dashed];"), "{dot}");
    assert!(
        project
            .done("graph g.yaml --as mermaid")
            .ends_with("  n1 --> n0\n  n1 -.-> n2\n  n2[\"acme/prod/-/c/main\"]\n")
    );
}

/// The units of events of a type, in order.
fn units(events: &[Value], kind: &str) -> Vec<String> {
    let of_kind = events.iter().filter(|event| event["type"] == kind);
    of_kind.map(|event| event["address"].as_str().unwrap().split('/').nth(3).unwrap().to_owned()).collect()
}

#[test]
fn p3_11_depends_on_orders_the_calls() {
    let project = Project::new("p3_11");
    // Against the alphabet, so that no other order passes by chance.
    project.graph(
        "g.yaml",
        "a: {type: local.x.t, depends_on: [b]}\nb: {type: local.x.t, depends_on: [c]}\nc: {type: local.x.t}",
    );
    let events = project.events("apply g.yaml -y");
    assert_eq!(units(&events, "step_start"), ["c", "b", "a"]);
    assert_eq!(units(&events, "step_done"), ["c", "b", "a"]);
    let kinds: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let (done, next) =
        (kinds.iter().position(|kind| *kind == "step_done"), kinds.iter().rposition(|k| *k == "step_start"));
    assert!(done < next, "each waits for the one before: {kinds:?}");
}

#[test]
fn p3_11_a_cycle_is_told_as_its_path() {
    let project = Project::new("p3_11-cycle");
    project.graph(
        "g.yaml",
        "a: {type: local.x.t, depends_on: [b]}\nb: {type: local.x.t, properties: {c: {$ref: {address: c, attr: id}}}}\n\
         c: {type: local.x.t, depends_on: [a]}\nd: {type: local.x.t, depends_on: [a]}",
    );
    let ran = project.ran("plan g.yaml");
    assert_eq!(ran.code, 3);
    let path = "acme/prod/-/a/main -> acme/prod/-/b/main -> acme/prod/-/c/main -> acme/prod/-/a/main";
    assert!(ran.err.contains("error[E2001]") && ran.err.contains(path), "{}", ran.err);
}

#[test]
fn p3_44_what_is_needed_is_not_deleted_and_a_soft_need_only_warns() {
    let project = Project::new("p3_44");
    project.file("base.yaml", &partition("acme/prod", 2, "db: {type: local.x.t}\ncache: {type: local.x.t}"));
    let app = "web:\n  type: local.x.t\n  depends_on:\n  - acme/prod/-/db/main\n  \
               - {on: acme/prod/-/cache/main, strength: soft}";
    project.file("app.yaml", &partition("acme/prod/shop", 3, app));
    project.done("apply base.yaml -y");
    project.done("apply app.yaml -y");

    project.file("no-db.yaml", &partition("acme/prod", 2, "cache: {type: local.x.t}"));
    let ran = project.ran("plan no-db.yaml");
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("E2005") && ran.err.contains("acme/prod/shop/web/main"), "{}", ran.err);

    project.file("no-cache.yaml", &partition("acme/prod", 2, "db: {type: local.x.t}"));
    let ran = project.ran("plan no-cache.yaml");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let warning = "warning: acme/prod/shop/web/main depends softly on acme/prod/-/cache/main, which is deleted";
    assert!(ran.out.contains(warning), "{}", ran.out);
    project.done("apply no-cache.yaml -y");
    assert_eq!(project.objects().len(), 2);
}

#[test]
fn p3_45_a_change_tells_whom_it_reaches_across_contexts() {
    let project = Project::new("p3_45");
    project.file("net.yaml", &partition("acme/prod", 1, "vpc: {type: local.x.t, properties: {immutable: {cidr: a}}}"));
    let db = "db: {type: local.x.t, properties: {vpc: {$ref: {address: acme/prod/-/vpc/main, attr: id}}}}";
    project.file("db.yaml", &partition("acme/prod/data", 2, db));
    let web = "web: {type: local.x.t, depends_on: [acme/prod/data/db/main]}\nalone: {type: local.x.t}";
    project.file("web.yaml", &partition("acme/prod/shop", 3, web));
    for document in ["net.yaml", "db.yaml", "web.yaml"] {
        project.done(&format!("apply {document} -y"));
    }
    project.file("net.yaml", &partition("acme/prod", 1, "vpc: {type: local.x.t, properties: {immutable: {cidr: b}}}"));
    let set = project.json("plan net.yaml");
    let affected = set["plans"][0]["affected"].as_array().unwrap();
    let told: Vec<(&str, u64, &str)> = affected
        .iter()
        .map(|felt| {
            let text = |key: &str| felt[key].as_str().unwrap();
            (text("address"), felt["tier"].as_u64().unwrap(), text("by"))
        })
        .collect();
    let vpc = "acme/prod/-/vpc/main";
    assert_eq!(told, [("acme/prod/data/db/main", 2, vpc), ("acme/prod/shop/web/main", 3, vpc)]);
    let text = project.done("plan net.yaml");
    assert!(text.contains("2 resources depend on what changes"), "{text}");
}

#[test]
fn p3_77_destroy_goes_backwards_and_spares_what_is_protected() {
    let project = Project::new("p3_77");
    let nodes = "a: {type: local.x.t, protect: true}\nb: {type: local.x.t, depends_on: [a]}\n\
                 c: {type: local.x.t, depends_on: [b]}";
    project.graph("g.yaml", nodes);
    project.done("apply g.yaml -y");
    let calls = project.calls();
    let ran = project.ran("destroy g.yaml -y");
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.contains("error[E2004]") && ran.err.contains("--allow-protected acme/prod/-/a/main"),
        "{}",
        ran.err
    );
    assert_eq!((project.calls(), project.objects().len()), (calls, 3), "nothing was called");
    let events = project.events("destroy g.yaml -y --allow-protected acme/prod/-/a/main");
    assert_eq!(units(&events, "step_done"), ["c", "b", "a"]);
    assert!(project.objects().is_empty());
}

/// What a replacement could not delete goes with the next plan, whatever name its resource has by then.
#[test]
fn what_a_replacement_leaves_behind_goes_in_the_end() {
    let project = Project::new("left-behind");
    let nodes = |unit: &str, size: u32| {
        let node = format!("{{type: local.x.t, replace: create_first, properties: {{immutable: {size}}}}}");
        format!("{unit}: {node}\nweb: {{type: local.x.t, properties: {{of: {{$ref: {{address: {unit}, attr: id}}}}}}}}")
    };
    let moved = |from: &str, unit: &str, size: u32| {
        let moved = format!("moved: [{{from: acme/prod/-/{from}/main, to: acme/prod/-/{unit}/main}}]\n");
        partition("acme/prod", 3, &nodes(unit, size)) + &moved
    };
    let forbidden = r#"{"faults": [{"when": {"operations": ["delete"]}, "fault": "forbidden", "attempts": 99}]}"#;
    let leave_behind = |line: &str| {
        project.rules(forbidden);
        assert_eq!(project.ran(line).code, 8);
        project.rules("{}");
    };
    let one_each = || assert_eq!(project.objects().len(), 2, "{:?}", project.objects());

    project.graph("1.yaml", &nodes("a", 1));
    project.graph("2.yaml", &nodes("a", 2));
    project.done("apply 1.yaml -y");
    leave_behind("apply 2.yaml -y");
    assert_eq!(project.objects().len(), 3);
    project.done("state mv acme/prod/-/a/main acme/prod/-/b/main");
    project.graph("3.yaml", &nodes("b", 2));
    project.done("apply 3.yaml -y");
    one_each();

    // Replaced and renamed in one go, where something was left behind before.
    project.graph("4.yaml", &nodes("b", 3));
    leave_behind("apply 4.yaml -y");
    project.file("5.yaml", &moved("b", "c", 4));
    project.done("apply 5.yaml -y");
    one_each();
    assert_eq!(project.done("plan 5.yaml --refresh"), "No changes. What is recorded is what the document says.\n");

    // What is deleted takes along what was left behind.
    project.graph("6.yaml", &nodes("c", 5));
    leave_behind("apply 6.yaml -y");
    project.done("destroy 6.yaml -y");
    assert_eq!(project.objects().len(), 0, "{:?}", project.objects());
}

#[test]
fn moves_that_cannot_be_are_told_with_their_places() {
    let project = Project::new("moves");
    let nodes = "a: {type: local.x.t}\nb: {type: local.x.t}\nc: {type: local.x.t}";
    project.graph("g.yaml", nodes);
    project.done("apply g.yaml -y");
    let moved = |moves: &[(&str, &str)]| {
        let entry = |(from, to): &(&str, &str)| format!("- {{from: acme/prod/-/{from}/main, to: {to}}}\n");
        let moves: String = moves.iter().map(entry).collect();
        project.file(
            "h.yaml",
            &format!(
                "{}moved:\n{moves}",
                partition("acme/prod", 3, "b: {type: local.x.t}\nd: {type: local.x.t}\ne: {type: local.x.t}")
            ),
        );
        project.ran("plan h.yaml")
    };
    let told = moved(&[
        ("a", "acme/prod/-/d/main"),
        ("a", "acme/prod/-/e/main"),
        ("b", "acme/prod/-/e/main"),
        ("c", "acme/prod/-/b/main"),
        ("nobody", "acme/prod/-/e/main"),
    ]);
    assert_eq!(told.code, 3, "{}", told.err);
    for (place, wrong) in [
        ("h.yaml:12:3", "its source moves to something else too"),
        ("h.yaml:13:3", "its source is still in the document"),
        ("h.yaml:14:3", "something else is recorded at its target"),
    ] {
        assert!(told.err.contains(place) && told.err.contains(wrong), "{place}: {}", told.err);
    }
    assert_eq!(project.ran("plan g.yaml --detailed-exitcode").code, 0, "nothing is done");
}

/// Outputs are what other documents rely on.
#[test]
fn an_output_that_is_used_does_not_go_unnoticed() {
    let project = Project::new("outputs-used");
    let upper = |outputs: &str| {
        partition("acme/prod", 1, "net: {type: local.x.t}\nvm: {type: local.x.t}")
            + &format!("  outputs: {{{outputs}}}\n")
    };
    let both = "id: {value: {$ref: {address: net, attr: id}}}, vm: {value: {$ref: {address: vm, attr: id}}}";
    let one = "vm: {value: {$ref: {address: vm, attr: id}}}";
    let lower = partition(
        "acme/prod/shop",
        3,
        "web: {type: local.x.t, properties: {net: {$ref: {context: acme/prod, output: id}}}}",
    );
    let lower_only = lower.split_once("partitions:\n").unwrap().1;
    project.file("both.yaml", &(upper(both) + lower_only));
    project.file("one.yaml", &(upper(one) + lower_only));
    project.file("upper.yaml", &upper(one));
    project.done("apply both.yaml -y");

    // In one document it is a mistake; elsewhere somebody must know.
    let told = project.ran("plan one.yaml");
    let wrong = "`net` of acme/prod/shop/web/main refers to output `id` of acme/prod/-, which this document no longer publishes";
    assert!(told.code == 3 && told.err.contains(wrong), "{}", told.err);
    let warning = "output `id` goes, and acme/prod/shop/web/main refers to it";
    let planned = project.ran("plan upper.yaml");
    assert!(planned.code == 0 && (planned.out + &planned.err).contains(warning));
    project.file("all.yaml", &upper(both));
    let kept = project.ran("plan all.yaml");
    assert!(!(kept.out + &kept.err).contains("goes"));
    project.done("destroy both.yaml -y");
    project.done("apply all.yaml -y");
    project.file("lower.yaml", &lower);
    project.done("apply lower.yaml -y");
    let destroyed = project.ran("plan all.yaml --destroy");
    assert!((destroyed.out + &destroyed.err).contains(warning));
}
