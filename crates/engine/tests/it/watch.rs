//! Drift, refresh, and what is taken over by hand.

use strata_model::{Context, ObjectId, RunStatus, Value};
use strata_ports::{DriverError, Guarantees, Reads};

use crate::cloud::Fault;
use crate::world::{Project, address, document, graph, show, told, value};

const NODES: &str = "
db: {type: test.database, properties: {engine: postgres, tags: {a: x}}}
web: {type: test.server, properties: {size: 1}}
";

fn context() -> Context {
    "acme/prod".parse().unwrap()
}

fn drift(project: &Project) -> Vec<String> {
    let report =
        project.engine(|engine| engine.drift(&context())).unwrap_or_else(|failure| panic!("{}", told(&failure)));
    let side = |side: &Option<Value>| side.as_ref().map_or("nothing".to_owned(), Value::to_string);
    report
        .items
        .iter()
        .map(|item| {
            let changes: Vec<String> = item
                .changes
                .iter()
                .map(|change| format!(" {}: {} -> {}", change.path, side(&change.old), side(&change.new)))
                .collect();
            format!("{} {}{}", item.drift.name(), item.object, changes.concat())
        })
        .collect()
}

#[test]
fn p3_56_drift_is_told_with_path_old_and_new() {
    let project = Project::new();
    project.apply(&document(NODES));
    assert_eq!(drift(&project), [""; 0]);
    let before = project.recorded();
    project.cloud.tamper("web", "size", 7.into());
    project.cloud.tamper("web", "extra", 7.into());
    project.cloud.tamper("db", "tags", value(r#"{"a":"y"}"#));
    assert_eq!(drift(&project), ["changed db-1 tags.a: \"x\" -> \"y\"", "changed web-2 size: 1 -> 7"]);
    project.cloud.vanish("db");
    project.cloud.stray("stray-1", "x");
    assert_eq!(drift(&project), ["missing db-1", "changed web-2 size: 1 -> 7", "unmanaged stray-1"]);
    assert_eq!(project.recorded(), before, "looking changes nothing");
    assert_eq!(project.store.drift(&context(), 10).unwrap().len(), 3, "reports are kept");
    let calls = project.cloud.calls();
    assert!(calls.iter().all(|call| call.starts_with("read ") || call.starts_with("create ")), "{calls:?}");
}

#[test]
fn ignored_differences_are_no_drift() {
    let project = Project::new();
    project.apply(&document(&NODES.replace("web: {", "web: {ignore: [size], ")));
    project.cloud.tamper("web", "size", 7.into());
    assert_eq!(drift(&project), [""; 0]);
}

#[test]
fn p3_25_refresh_records_what_is() {
    let project = Project::new();
    project.apply(&document(NODES));
    project.cloud.tamper("web", "size", 7.into());
    project.cloud.sicken("db");
    let refresh = || project.engine(|engine| engine.refresh(&context(), &project.authority)).unwrap();
    assert_eq!(refresh(), 2);
    assert_eq!(project.recorded(), ["db/main: degraded db-1", "web/main: drifted web-2"]);
    assert_eq!(refresh(), 0, "nothing new");
    project.apply_set(&project.refresh(&document(NODES)));
    assert_eq!(project.recorded(), ["db/main: degraded db-1", "web/main: active web-2"]);
}

#[test]
fn what_could_not_be_deleted_and_is_wanted_again_is_recorded_so() {
    let project = Project::new();
    project.apply(&document(NODES));
    project.cloud.fault("delete web", &[Fault::Before(DriverError::Forbidden("no".to_owned()))]);
    let db = NODES.lines().filter(|line| line.starts_with("db")).collect::<String>();
    let set = project.plan(&document(&db));
    project.apply_set(&set);
    assert_eq!(project.recorded(), ["db/main: active db-1", "web/main: failed web-2"]);
    project.apply(&document(NODES));
    assert_eq!(project.recorded(), ["db/main: active db-1", "web/main: active web-2"]);
}

#[test]
fn an_object_that_exists_is_taken_over() {
    let project = Project::new();
    project.cloud.stray("stray-1", "nobody");
    let import = |unit: &str, object: &str| {
        let object = ObjectId(object.into());
        project.engine(|engine| engine.import(&graph(&document(NODES)), &address(unit), &object, &project.authority))
    };
    import("web/main", "stray-1").unwrap();
    assert_eq!(project.recorded(), ["web/main: active stray-1"]);
    let set = project.plan(&document(NODES));
    assert!(show(&set.plans[0]).contains("~ web/main"), "what differs is the next plan's, whether it looks or not");
    project.apply_set(&set);
    assert_eq!(show(&project.refresh(&document(NODES)).plans[0]), "unchanged: 2\n");
    assert!(told(&import("web/main", "stray-1").unwrap_err()).starts_with("E2206"));
    assert!(told(&import("nobody/main", "stray-1").unwrap_err()).starts_with("E2205"));
}

/// A rename sends nothing. What is still to be sent when it happens stays so.
#[test]
fn what_differs_is_not_forgotten_by_a_rename() {
    let project = Project::new();
    let rename = |from: &str, to: &str| {
        project.engine(|engine| engine.rename(&address(from), &address(to), &project.authority)).unwrap()
    };
    project.cloud.stray("stray-1", "nobody");
    let object = ObjectId("stray-1".into());
    let graph = graph(&document(NODES));
    project.engine(|engine| engine.import(&graph, &address("web/main"), &object, &project.authority)).unwrap();
    rename("web/main", "site/main");
    let renamed = document(&NODES.replace("web:", "site:"));
    let set = project.plan(&renamed);
    assert!(show(&set.plans[0]).contains("~ site/main"), "{}", show(&set.plans[0]));
    project.apply_set(&set);
    assert_eq!(show(&project.refresh(&renamed).plans[0]), "unchanged: 2\n");

    // Nor by one that a document asks for.
    let refused = DriverError::Invalid("no".to_owned());
    project.cloud.fault("update site", &[Fault::Before(refused)]);
    let bigger = renamed.replace("size: 1", "size: 2");
    project.apply_set(&project.plan(&bigger));
    assert_eq!(project.recorded(), ["db/main: active db-1", "site/main: failed stray-1"]);
    rename("site/main", "web/main");
    assert_eq!(project.recorded(), ["db/main: active db-1", "web/main: failed stray-1"]);
}

#[test]
fn what_has_the_name_already_can_be_taken_over() {
    let project = Project::new();
    project.cloud.stray("stray-1", "nobody");
    let exists = DriverError::AlreadyExists(Some(ObjectId("stray-1".into())));
    project.cloud.fault("create web", &[Fault::Before(exists)]);
    let set = project.plan(&document(NODES));
    let failure = project.apply_set(&set)[0].failure(&set.plans[0]).unwrap();
    let told = &failure.diagnostics[0];
    assert!(told.message.ends_with("already exists as stray-1"), "{told:?}");
    let address = address("web/main");
    assert_eq!(told.hints[0], format!("to take it over: strata import {address} stray-1"));
}

#[test]
fn a_resource_is_renamed_and_forgotten_by_hand() {
    let project = Project::new();
    project.apply(&document(NODES));
    project.cloud.calls();
    project.engine(|engine| engine.rename(&address("web/main"), &address("site/main"), &project.authority)).unwrap();
    assert_eq!(project.recorded(), ["db/main: active db-1", "site/main: active web-2"]);
    assert_eq!(project.cloud.calls(), ["claim site"]);
    let renamed = document(&NODES.replace("web:", "site:"));
    assert_eq!(show(&project.plan(&renamed).plans[0]), "unchanged: 2\n");
    project.engine(|engine| engine.forget(&address("site/main"), &project.authority)).unwrap();
    assert_eq!(project.recorded(), ["db/main: active db-1"]);
    assert_eq!(project.cloud.calls(), [""; 0]);
    assert_eq!(project.cloud.world().len(), 2, "the object stays");
    let gone = project.engine(|engine| engine.forget(&address("site/main"), &project.authority)).unwrap_err();
    assert!(told(&gone).starts_with("E2205"));
}

#[test]
fn a_call_that_nobody_can_tell_of_is_settled_by_hand() {
    let project = Project::new();
    *project.cloud.guarantees.lock().unwrap() =
        Guarantees { idempotent: false, complete_list: false, read_after_write: true };
    project.cloud.fault("create web", &[Fault::After]);
    let set = project.plan(&document("web: {type: test.server, properties: {size: 1}}"));
    assert_eq!(project.apply_set(&set)[0].status, RunStatus::Partial);
    // Somebody has looked: it exists.
    let object = project.cloud.id("web");
    project
        .engine(|engine| engine.import(&graph(&document(NODES)), &address("web/main"), &object, &project.authority))
        .unwrap();
    assert!(project.store.open_intents(&context()).unwrap().is_empty());
    assert_eq!(project.recorded(), ["web/main: active web-1"]);
    project.apply(&document(NODES));
    assert_eq!(project.cloud.world().len(), 2);
}
