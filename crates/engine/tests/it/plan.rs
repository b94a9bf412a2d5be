//! What plans say.

use std::collections::BTreeSet;

use strata_decide::{Options, Selection};
use strata_engine::PlanOptions;
use strata_model::PlanSet;

use crate::world::{Project, address, document, show, value};

const WEB_AND_DB: &str = "
db: {type: test.database, properties: {engine: postgres}}
web: {type: test.server, properties: {size: 2, database: {$ref: {address: db, attr: host}}}}
";

#[test]
fn p3_27_create_update_delete_and_no_op_come_from_the_difference() {
    let project = Project::new();
    let plan = &project.plan(&document(WEB_AND_DB)).plans[0];
    assert_eq!(show(plan), "+ db/main [none]: it is new\n+ web/main [none]: it is new\nsteps: create db, create web\n");
    project.apply(&document(WEB_AND_DB));

    let plan = &project.plan(&document(WEB_AND_DB)).plans[0];
    assert_eq!(show(plan), "unchanged: 2\n");

    let plan = &project.plan(&document(&WEB_AND_DB.replace("size: 2", "size: 3"))).plans[0];
    assert_eq!(
        show(plan),
        "~ web/main [restart]: its properties change\n    size: 2 -> 3\nsteps: update web\nunchanged: 1\n"
    );

    let plan = &project.plan(&document("db: {type: test.database, properties: {engine: postgres}}")).plans[0];
    assert_eq!(show(plan), "- web/main [outage]: the document no longer has it\nsteps: delete web\nunchanged: 1\n");
}

#[test]
fn p3_28_an_immutable_change_replaces_and_dependents_follow() {
    let project = Project::new();
    project.apply(&document(WEB_AND_DB));
    let changed = document(&WEB_AND_DB.replace("postgres", "mysql"));
    let plan = &project.plan(&changed).plans[0];
    assert_eq!(
        show(plan),
        "-/+ db/main [data loss]: `engine` cannot change in place\n    engine: \"postgres\" -> \"mysql\" # forces replacement\n\
         ~ web/main [metadata]: its properties change\n    database: \"db-1.db\" -> (known after apply)\n\
         steps: delete db, create db, update web\n"
    );
    assert_eq!(project.apply(&changed), ["delete db", "create db", "update web"]);
    assert!(project.cloud.world()[1].contains(r#""database":"db-3.db""#), "{:?}", project.cloud.world());
    assert_eq!(show(&project.plan(&changed).plans[0]), "unchanged: 2\n");
}

#[test]
fn p3_28_replacement_cascades_through_immutable_references() {
    let project = Project::new();
    let nodes = "
disk: {type: test.server, properties: {zone: a}}
web: {type: test.server, properties: {disk: {$ref: {address: disk, attr: id}}}}
";
    project.apply(&document(nodes));
    let changed = document(&nodes.replace("zone: a", "zone: b"));
    assert_eq!(
        show(&project.plan(&changed).plans[0]),
        "-/+ disk/main [outage]: `zone` cannot change in place\n    zone: \"a\" -> \"b\" # forces replacement\n\
         -/+ web/main [outage]: it holds on to acme/prod/-/disk/main, which is replaced\n    \
         disk: \"disk-1\" -> (known after apply) # forces replacement\n\
         steps: delete web, delete disk, create disk, create web\n"
    );
    // Created first, it takes what it needs with it.
    let first = changed.replace("properties: {disk", "replace: create_first, properties: {disk");
    let plan = &project.plan(&first).plans[0];
    let last = show(plan).lines().last().unwrap().to_owned();
    assert_eq!(last, "steps: create disk, create web, delete deposed web, delete deposed disk");
    assert_eq!(project.apply(&first), ["create disk", "create web", "delete web", "delete disk"]);
    assert_eq!(project.cloud.world().len(), 2);
}

#[test]
fn p3_11_a_cycle_is_told_as_its_path() {
    let nodes = "
a: {type: test.server, depends_on: [b]}
b: {type: test.server, depends_on: [c]}
c: {type: test.server, properties: {x: {$ref: {address: a, attr: id}}}}
d: {type: test.server, depends_on: [a]}
";
    assert_eq!(
        Project::new().refused(&document(nodes)),
        "E2001 resources depend on each other in a circle: acme/prod/-/a/main -> acme/prod/-/b/main -> \
         acme/prod/-/c/main -> acme/prod/-/a/main"
    );
    let soft = nodes.replace("depends_on: [c]", "depends_on: [{on: c, strength: soft}]");
    let project = Project::new();
    assert_eq!(project.apply(&document(&soft)), ["create b", "create a", "create c", "create d"]);
}

#[test]
fn phases_order_what_nothing_else_orders() {
    let nodes = "
a: {type: test.server, phase: networking}
b: {type: test.server}
c: {type: test.server, phase: foundation, depends_on: [d]}
d: {type: test.server, phase: infrastructure}
e: {type: test.server, phase: foundation}
";
    let project = Project::new();
    assert_eq!(project.apply(&document(nodes)), ["create e", "create d", "create c", "create b", "create a"]);
    assert_eq!(project.apply(&document("{}")), ["delete a", "delete b", "delete c", "delete e", "delete d"]);
}

#[test]
fn p3_44_what_others_need_is_not_deleted() {
    let project = Project::new();
    let shared =
        "graph: 1\nprovider: test\npartitions:\n- {context: acme/prod, tier: 1, nodes: {net: {type: test.server}}}\n";
    project.apply(shared);
    let app = |strength| {
        format!(
            "graph: 1\nprovider: test\npartitions:\n- context: acme/prod/api\n  tier: 3\n  nodes:\n    \
                 web: {{type: test.server, depends_on: [{{on: acme/prod/-/net/main, strength: {strength}}}]}}\n"
        )
    };
    project.apply(&app("hard"));
    let gone = "graph: 1\nprovider: test\npartitions:\n- {context: acme/prod, tier: 1}\n";
    assert_eq!(
        project.refused(gone),
        "E2005 acme/prod/-/net/main cannot be deleted, these need it: acme/prod/api/web/main"
    );
    project.apply(&app("soft"));
    let plan = &project.plan(gone).plans[0];
    assert_eq!(plan.warnings, ["acme/prod/api/web/main depends softly on acme/prod/-/net/main, which is deleted"]);
    assert_eq!(project.apply(gone), ["delete net"]);
}

#[test]
fn p3_45_the_blast_radius_reaches_across_contexts() {
    let project = Project::new();
    project.apply("graph: 1\nprovider: test\npartitions:\n- {context: acme/prod, tier: 1, nodes: {net: {type: test.server, properties: {size: 1}}}}\n");
    project.apply("graph: 1\nprovider: test\npartitions:\n- {context: acme/prod, tier: 2, nodes: {db: {type: test.database, depends_on: [net]}}}\n");
    project.apply("graph: 1\nprovider: test\npartitions:\n- {context: acme/prod/api, tier: 3, nodes: {web: {type: test.server, depends_on: [{on: acme/prod/-/db/main, strength: soft}]}}}\n");
    let set = project.plan("graph: 1\nprovider: test\npartitions:\n- {context: acme/prod, tier: 1, nodes: {net: {type: test.server, properties: {size: 2}}}}\n");
    let affected: Vec<String> = set.plans[0]
        .affected
        .iter()
        .map(|found| format!("{} tier {} {:?} by {}", found.address, found.tier, found.strength, found.by))
        .collect();
    assert_eq!(
        affected,
        [
            "acme/prod/-/db/main tier 2 Hard by acme/prod/-/net/main",
            "acme/prod/api/web/main tier 3 Soft by acme/prod/-/net/main"
        ]
    );
}

#[test]
fn p3_77_destroy_goes_backwards_and_spares_what_is_protected() {
    let project = Project::new();
    project.apply(&document(WEB_AND_DB));
    let set = project.destroy(&document("{}")).unwrap();
    assert_eq!(show(&set.plans[0]).lines().last(), Some("steps: delete web, delete db"));
    project.apply(&document(&WEB_AND_DB.replace("db: {", "db: {protect: true, ")));
    let refused = project.destroy(&document("{}")).unwrap_err();
    assert_eq!(crate::world::told(&refused), "E2004 acme/prod/-/db/main is protected and would be deleted");
    let decide = Options { destroy: true, allow_protected: [address("db/main")].into(), ..Options::default() };
    let set = project.try_plan(&document("{}"), &PlanOptions { decide, refresh: false }).unwrap().set;
    project.apply_set(&set);
    assert_eq!(project.cloud.world(), [""; 0]);
}

#[test]
fn p3_82_the_hash_of_a_plan_is_the_hash_of_what_it_does() {
    let hash = |nodes: &str| {
        let project = Project::new();
        project.plan(&document(nodes)).plans[0].hash
    };
    let reversed = "
# A comment, and another order.
web: {properties: {database: {$ref: {attr: host, address: db/main}}, size: 2.0}, type: test.server}
db: {properties: {engine: postgres}, type: test.database}
";
    let first = hash(WEB_AND_DB);
    for _ in 0..100 {
        assert_eq!(hash(WEB_AND_DB), first);
    }
    assert_eq!(hash(reversed), first);
    assert_ne!(hash(&WEB_AND_DB.replace("size: 2", "size: 3")), first);
}

#[test]
fn the_hash_is_no_function_of_a_secret() {
    let nodes = "
db: {type: test.database, properties: {password: {$secret: {store: vault, key: db}}}}
web: {type: test.server, properties: {password: {$ref: {address: db, attr: password}}}}
";
    let hash = |secret: &str| {
        let project = Project::new();
        project.secret("db", secret);
        project.apply(&document(nodes));
        // The database stays, so what `web` refers to is known, as a fingerprint.
        let set = project.plan(&document(&nodes.replace("web:", "site:")));
        let known = set.plans[0].actions.iter().find_map(|action| action.desired.as_ref()).unwrap().known().to_string();
        assert!(known.contains("$sealed"), "{known}");
        set.plans[0].hash
    };
    assert_eq!(hash("swordfish"), hash("something else"));
}

#[test]
fn a_move_renames_without_touching_the_object() {
    let project = Project::new();
    project.apply(&document(WEB_AND_DB));
    let moved = document(&WEB_AND_DB.replace("db:", "data:").replace("address: db", "address: data"))
        + "moved:\n- {from: acme/prod/-/db/main, to: acme/prod/-/data/main}\n";
    let text = show(&project.plan(&moved).plans[0]);
    assert_eq!(text.lines().next(), Some("  data/main [none]: its address changes"), "{text}");
    assert_eq!(project.apply(&moved), ["claim data"]);
    assert_eq!(project.recorded(), ["data/main: active db-1", "web/main: active web-2"]);
    // The entry may stay where it is.
    assert_eq!(show(&project.plan(&moved).plans[0]), "unchanged: 2\n");
}

#[test]
fn what_keeps_its_address_is_not_planned_to_move() {
    let project = Project::new();
    project.apply(&document("old: {type: test.disk}"));
    let moved =
        document("new: {type: test.disk}") + "moved:\n- {from: acme/prod/-/old/main, to: acme/prod/-/new/main}\n";
    let told = project.refused(&moved);
    assert!(
        told.contains("cannot move acme/prod/-/old/main to acme/prod/-/new/main: `test` gives no `test.disk`"),
        "{told}"
    );
    // Once its object is gone there is nothing to keep.
    project.cloud.vanish("old");
    assert!(show(&project.refresh(&moved).plans[0]).ends_with("steps: create new\n"));
}

#[test]
fn a_target_takes_what_it_needs_and_an_exclusion_what_needs_it() {
    let nodes = format!("{WEB_AND_DB}job: {{type: test.server}}\n");
    let project = Project::new();
    let steps = |selection| {
        let set = project.target(&document(&nodes), selection);
        show(&set.plans[0]).lines().last().unwrap().to_owned()
    };
    let one = |unit: &str| -> BTreeSet<_> { [address(unit)].into() };
    assert_eq!(steps(Selection::Target(one("web/main"))), "steps: create db, create web");
    assert_eq!(steps(Selection::Target(one("db/main"))), "steps: create db");
    assert_eq!(steps(Selection::Exclude(one("db/main"))), "steps: create job");
    project.apply(&document(&nodes));
    let less = document("job: {type: test.server}");
    let set = project.target(&less, Selection::Target(one("db/main")));
    assert_eq!(show(&set.plans[0]).lines().last(), Some("steps: delete web, delete db"));
}

#[test]
fn of_a_part_only_its_own_outputs_are_published_and_withdrawn() {
    let text = document(
        "db: {type: test.server}\nweb: {type: test.server, properties: {of: {$ref: {address: db, attr: id}}}}\njob: {type: test.server}",
    ) + "  outputs:\n    db: {value: {$ref: {address: db, attr: id}}}\n    job: {value: {$ref: {address: job, attr: id}}}\n\
         \x20   two: {value: {$join: [{$ref: {address: db, attr: id}}, {$ref: {address: job, attr: id}}]}}\n";
    let project = Project::new();
    let one = |unit: &str| -> BTreeSet<_> { [address(unit)].into() };
    let outputs = |set: &PlanSet| -> Vec<String> {
        let changes = set.plans.iter().flat_map(|plan| &plan.outputs);
        changes.map(|change| format!("{}{}", if change.value.is_some() { "+" } else { "-" }, change.name)).collect()
    };
    let set = project.target(&text, Selection::Target(one("db/main")));
    assert_eq!(outputs(&set), ["+db"]);
    assert_eq!(project.apply_set(&set).remove(0).failures.len(), 0);
    assert_eq!(outputs(&project.target(&text, Selection::Exclude(one("job/main")))), [""; 0], "it is there already");
    project.apply(&text);

    let part = |selection| {
        let decide = Options { destroy: true, selection, ..Options::default() };
        project.try_plan(&text, &PlanOptions { decide, refresh: false }).unwrap().set
    };
    assert_eq!(outputs(&part(Selection::Target(one("web/main")))), [""; 0]);
    assert_eq!(outputs(&part(Selection::Target(one("job/main")))), ["-job", "-two"]);
    assert_eq!(outputs(&part(Selection::Exclude(one("web/main")))), ["-job", "-two"], "what it needs stays too");
    assert_eq!(outputs(&project.destroy(&text).unwrap()), ["-db", "-job", "-two"]);
}

#[test]
fn tiers_are_applied_in_order_and_deleted_backwards() {
    let both = "graph: 1\nprovider: test\npartitions:\n\
        - {context: acme/prod/api, tier: 3, nodes: {web: {type: test.server, depends_on: [acme/prod/-/net/main]}}}\n\
        - {context: acme/prod, tier: 1, nodes: {net: {type: test.server}}}\n";
    let project = Project::new();
    assert_eq!(project.apply(both), ["create net", "create web"]);
    let none = "graph: 1\npartitions:\n- {context: acme/prod/api, tier: 3}\n- {context: acme/prod, tier: 1}\n";
    assert_eq!(project.apply(none), ["delete web", "delete net"]);
    let upward = "graph: 1\nprovider: test\npartitions:\n\
        - {context: acme/prod, tier: 3, nodes: {web: {type: test.server}}}\n\
        - {context: acme/prod, tier: 1, nodes: {net: {type: test.server, depends_on: [web]}}}\n";
    assert_eq!(
        project.refused(upward),
        "E2003 acme/prod/-/net/main of tier 1 depends on acme/prod/-/web/main of tier 3"
    );
}

#[test]
fn mistakes_are_told_all_at_once() {
    let nodes = "
a: {type: test.server, depends_on: [nobody]}
b: {type: test.nothing}
c: {type: test.database, properties: {password: hunter2}}
d: {type: test.server, properties: {x: {$secret: {store: vault, key: missing}}}}
";
    let project = Project::new();
    assert_eq!(
        project.refused(&document(nodes)),
        "E2002 acme/prod/-/a/main depends on acme/prod/-/nobody/main, which does not exist"
    );
    assert_eq!(
        project.refused(&document(&nodes.replace("depends_on: [nobody]", "protect: false"))),
        "E2006 acme/prod/-/b/main has the type `test.nothing`, which `test` does not know\n\
         E2007 `password` of acme/prod/-/c/main is sensitive and stands in clear text\n\
         E2012 `x` of acme/prod/-/d/main needs the secret `missing`, which `vault` does not have"
    );
}

#[test]
fn a_rotated_secret_is_a_change_and_shows_nothing() {
    let nodes = "
db: {type: test.database, properties: {password: {$secret: {store: vault, key: db}}}}
web: {type: test.server, properties: {url: {$join: ['pg://', {$ref: {address: db, attr: password}}, '@', {$ref: {address: db, attr: host}}]}}}
";
    let project = Project::new();
    project.secret("db", "hunter2");
    project.apply(&document(nodes));
    assert!(project.cloud.world()[1].contains("pg://hunter2@db-1.db"), "{:?}", project.cloud.world());
    assert_eq!(show(&project.plan(&document(nodes)).plans[0]), "unchanged: 2\n");
    project.secret("db", "swordfish");
    let set = project.plan(&document(nodes));
    assert_eq!(
        show(&set.plans[0]),
        "~ db/main [metadata]: secret vault:db has a new version\n    password: (sensitive) -> (known after apply)\n\
         ~ web/main [metadata]: its properties change\n    url: (sensitive) -> (known after apply)\n\
         steps: update db, update web\n"
    );
    project.apply(&document(nodes));
    assert!(project.cloud.world()[1].contains("pg://swordfish@db-1.db"));
    let everything = format!("{set:?} {:?} {:?}", project.store, project.events);
    assert!(!everything.contains("hunter2") && !everything.contains("swordfish"), "{everything}");
}

#[test]
fn p3_56_reality_is_compared_when_asked() {
    let project = Project::new();
    project.apply(&document(WEB_AND_DB));
    project.cloud.tamper("web", "size", 7.into());
    project.cloud.tamper("web", "added", value("true"));
    assert_eq!(show(&project.plan(&document(WEB_AND_DB)).plans[0]), "unchanged: 2\n");
    assert_eq!(
        show(&project.refresh(&document(WEB_AND_DB)).plans[0]),
        "~ web/main [restart]: reality differs from what is recorded\n    size: 7 -> 2\nsteps: update web\nunchanged: 1\n"
    );
    let ignoring = WEB_AND_DB.replace("web: {", "web: {ignore: [size], ");
    assert_eq!(
        show(&project.refresh(&document(&ignoring)).plans[0]).lines().next(),
        Some("  web/main [none]: what is recorded about it changes")
    );
    project.cloud.vanish("db");
    let set = project.refresh(&document(WEB_AND_DB));
    assert_eq!(show(&set.plans[0]).lines().next(), Some("~ web/main [restart]: reality differs from what is recorded"));
    project.cloud.calls();
    project.apply_set(&set);
    assert_eq!(project.cloud.calls(), ["create db", "update web"]);
    assert_eq!(show(&project.refresh(&document(WEB_AND_DB)).plans[0]), "unchanged: 2\n");
}

#[test]
fn planning_calls_nothing_and_writes_nothing() {
    let project = Project::new();
    project.apply(&document(WEB_AND_DB));
    let before = format!("{:?}", project.store);
    project.plan(&document(&WEB_AND_DB.replace("size: 2", "size: 3")));
    project.destroy(&document("{}")).unwrap();
    assert_eq!(project.cloud.calls(), [""; 0]);
    assert_eq!(format!("{:?}", project.store), before);
}
