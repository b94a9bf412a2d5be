//! What applying does, records and refuses.

use strata_engine::FailureKind;
use strata_model::{Dependency, Event, Record, RunStatus, Strength};
use strata_ports::suite::store::sample;
use strata_ports::{DriverError, ExpectHead, Reads, Store, Write};

use crate::cloud::Fault;
use crate::world::{Project, address, document, show, told};

const CHAIN: &str = "
a: {type: test.server}
b: {type: test.server, depends_on: [a]}
c: {type: test.server, depends_on: [b]}
d: {type: test.server, depends_on: [c]}
e: {type: test.server}
";

#[test]
fn p3_43_each_action_is_recorded_and_a_resumed_run_goes_on() {
    let project = Project::new();
    let refused = DriverError::Invalid("no".to_owned());
    project.cloud.fault("create c", &[Fault::Before(refused)]);
    let set = project.plan(&document(CHAIN));
    let applied = project.apply_plan(&set.plans[0]).unwrap();
    assert_eq!(applied.status, RunStatus::Partial);
    assert_eq!(
        told(&applied.failure(&set.plans[0]).unwrap()),
        "E3001 cannot create acme/prod/-/c/main: no\nE2108 acme/prod/- tier 3 was applied in part: 1 failed, 1 skipped"
    );
    assert_eq!(project.recorded(), ["a/main: active a-1", "b/main: active b-3", "e/main: active e-2"]);
    let skipped = project.events.lock().unwrap().iter().any(|event| {
        matches!(event, Event::StepSkipped { address, because, .. } if &*address.unit() == "d" && &*because.unit() == "c")
    });
    assert!(skipped, "the reason is told");
    project.cloud.calls();
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(project.cloud.calls(), ["create c", "create d"]);
    assert_eq!(show(&project.plan(&document(CHAIN)).plans[0]), "unchanged: 5\n");
}

/// Somebody has come to need what the rest of the plan deletes: no call is made.
#[test]
fn what_is_left_of_a_plan_is_held_to_the_rules_before_it_goes_on() {
    let project = Project::new();
    project.apply(&document("a: {type: test.server}\nold: {type: test.server}"));
    let refused = DriverError::Invalid("no".to_owned());
    project.cloud.fault("delete old", &[Fault::Before(refused)]);
    let set = project.plan(&document("a: {type: test.server, properties: {size: 2}}"));
    assert_eq!(project.apply_plan(&set.plans[0]).unwrap().status, RunStatus::Partial);
    let old = address("old/main");
    let mut needy = project.store.resource(&old).unwrap().unwrap();
    needy.address = address("needy/main");
    needy.depends_on = vec![Dependency { on: old, strength: Strength::Hard }];
    record(&project, Record::Resource(Box::new(needy)));
    project.cloud.calls();
    let failure = project.apply_plan(&set.plans[0]).unwrap_err();
    assert!(told(&failure).contains("rule `deletion`: acme/prod/-/old/main goes while"), "{}", told(&failure));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

/// Somebody else records something under a lease of his own.
fn record(project: &Project, record: Record) {
    let (context, stamp) = (address("old/main").context(), sample::stamp(1));
    let lease = sample::lease(project.store.last_fence(&context).unwrap().0 + 1);
    let fence = lease.fence;
    for (fence, record) in
        [(None, Record::Lease(lease)), (Some(fence), record), (Some(fence), Record::Released { fence })]
    {
        let records = &[record];
        let write = Write { context: &context, expect: ExpectHead::Any, fence, stamp: &stamp, records };
        project.store.commit(write).unwrap();
    }
}

#[test]
fn p3_43_a_failed_delete_keeps_the_resource_and_a_failed_update_never_deletes() {
    let project = Project::new();
    let one = document("a: {type: test.server, properties: {size: 1}}");
    project.apply(&one);
    project.cloud.fault("update a", &[Fault::Before(DriverError::Forbidden("no".to_owned()))]);
    let set = project.plan(&one.replace("size: 1", "size: 2"));
    assert_eq!(project.apply_set(&set)[0].status, RunStatus::Partial);
    assert_eq!(project.recorded(), ["a/main: failed a-1"]);
    assert_eq!(project.cloud.calls(), ["update a"]);
    project.cloud.fault("delete a", &[Fault::Before(DriverError::Forbidden("no".to_owned()))]);
    let set = project.plan(&document("{}"));
    assert_eq!(project.apply_set(&set)[0].status, RunStatus::Partial);
    assert_eq!(project.recorded(), ["a/main: failed a-1"]);
    project.apply(&document("{}"));
    assert_eq!(project.recorded(), [""; 0]);
}

#[test]
fn a_plan_that_was_overtaken_half_way_is_stale() {
    let project = Project::new();
    project.cloud.fault("create c", &[Fault::Before(DriverError::Invalid("no".to_owned()))]);
    let set = project.plan(&document(CHAIN));
    project.apply_plan(&set.plans[0]).unwrap();
    project.apply(&document("{}"));
    let stale = project.apply_plan(&set.plans[0]).unwrap_err();
    assert_eq!(stale.kind, FailureKind::Stale, "{}", told(&stale));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

#[test]
fn what_may_go_away_is_repeated() {
    let project = Project::new();
    let throttled = Fault::Before(DriverError::Throttled { retry_after_ms: Some(1500) });
    let transient = Fault::Before(DriverError::Transient("busy".to_owned()));
    project.cloud.fault("create a", &[throttled, transient]);
    assert_eq!(project.apply(&document("a: {type: test.server}")), ["create a", "create a", "create a"]);
    assert_eq!(project.cloud.world().len(), 1);
}

#[test]
fn p3_50_a_plan_is_applied_once() {
    let project = Project::new();
    let set = project.plan(&document("a: {type: test.server}"));
    project.apply_set(&set);
    project.cloud.calls();
    let again = project.apply_plan(&set.plans[0]).unwrap_err();
    assert!(told(&again).starts_with("E2104 plan sha256:"), "{}", told(&again));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

#[test]
fn what_was_destroyed_can_be_created_again_but_not_by_the_old_plan() {
    let project = Project::new();
    let one = document("a: {type: test.server}");
    let first = project.plan(&one);
    project.apply_set(&first);
    project.apply(&document("{}"));
    let second = project.plan(&one);
    assert_ne!(first.plans[0].hash, second.plans[0].hash);
    assert!(told(&project.apply_plan(&first.plans[0]).unwrap_err()).starts_with("E2104"));
    project.cloud.calls();
    project.apply_set(&second);
    assert_eq!(project.cloud.calls(), ["create a"]);
}

#[test]
fn p3_51_a_stale_plan_makes_no_call() {
    let project = Project::new();
    let nodes = "a: {type: test.server, properties: {size: 1}}\nb: {type: test.server, properties: {x: {$ref: {address: a, attr: size}}}}";
    project.apply(&document(nodes));
    let update_b = project.plan(&document(&nodes.replace("{x:", "{y: 1, x:")));
    project.apply(&document(&nodes.replace("size: 1", "size: 2")));
    let stale = project.apply_plan(&update_b.plans[0]).unwrap_err();
    assert_eq!(stale.kind, FailureKind::Stale);
    let text = told(&stale);
    assert!(text.starts_with("E2102") && text.ends_with("was recorded anew"), "{text}");
    assert_eq!(project.cloud.calls(), [""; 0]);

    let mut edited = project.plan(&document("{}")).plans[0].clone();
    edited.steps.pop();
    assert!(told(&project.apply_plan(&edited).unwrap_err()).starts_with("E2105"));
    assert_eq!(project.cloud.calls(), [""; 0]);
}

#[test]
fn p3_41_p3_42_one_process_at_a_time_and_the_other_makes_no_call() {
    let project = Project::new();
    let set = project.plan(&document("a: {type: test.server}"));
    let context = &set.plans[0].partition.context;
    let stranger = strata_ports::suite::store::sample::lease(1);
    let lease = strata_model::Lease {
        expires: strata_ports::Clock::now(&project.clock).plus(std::time::Duration::from_secs(30)),
        ..stranger
    };
    let stamp = strata_ports::suite::store::sample::stamp(1);
    project
        .store
        .commit(strata_ports::Write {
            context,
            expect: strata_ports::ExpectHead::Any,
            fence: None,
            stamp: &stamp,
            records: &[strata_model::Record::Lease(lease)],
        })
        .unwrap();
    let held = project.apply_plan(&set.plans[0]).unwrap_err();
    assert_eq!(held.kind, FailureKind::LockHeld);
    assert!(told(&held).starts_with("E2106 acme/prod/- is locked by tester (host/1, apply) since "), "{}", told(&held));
    assert_eq!(project.cloud.calls(), [""; 0]);
    project.wait(31);
    project.apply_set(&set);
    assert_eq!(project.cloud.calls(), ["create a"]);
    assert!(project.store.lease(context).unwrap().is_none(), "given back");
}

#[test]
fn an_interrupt_begins_nothing_more() {
    let project = Project::new();
    let set = project.plan(&document(CHAIN));
    project.interrupt.raise();
    let applied = project.apply_plan(&set.plans[0]).unwrap();
    assert_eq!(applied.status, RunStatus::Interrupted);
    assert_eq!(project.cloud.calls(), [""; 0]);
}

#[test]
fn outputs_are_published_and_read_from_other_contexts() {
    let project = Project::new();
    let shared = document("db: {type: test.database}")
        + "  outputs:\n    host: {value: {$ref: {address: db, attr: host}}}\n    \
        password: {sensitive: true, value: {$ref: {address: db, attr: id}}}\n";
    project.apply(&shared);
    assert_eq!(project.plan(&shared).plans[0].outputs.len(), 0);
    let app = "graph: 1\nprovider: test\npartitions:\n- context: acme/prod/api\n  tier: 3\n  nodes:\n    \
        web: {type: test.server, properties: {db: {$ref: {context: acme/prod, output: host}}, p: {$ref: {context: acme/prod, output: password}}}}\n";
    project.apply(app);
    assert!(
        project.cloud.world()[1].contains(r#""db":"db-1.db","id":"web-2","p":"db-1""#),
        "{:?}",
        project.cloud.world()
    );
    assert_eq!(show(&project.plan(app).plans[0]), "unchanged: 1\n");
    project.apply(&document("{}"));
    assert!(project.store.outputs(&"acme/prod".parse().unwrap()).unwrap().is_empty());
}

#[test]
fn chosen_numbers_are_unique_and_kept() {
    let project = Project::new();
    let rule = |unit: &str| {
        format!("{unit}: {{type: test.server, properties: {{priority: {{$alloc: {{pool: l1, min: 5, max: 6}}}}}}}}\n")
    };
    project.apply(&document(&(rule("a") + &rule("b"))));
    let world = project.cloud.world().join("\n");
    assert!(world.contains(r#""priority":5"#) && world.contains(r#""priority":6"#), "{world}");
    assert_eq!(show(&project.plan(&document(&(rule("a") + &rule("b")))).plans[0]), "unchanged: 2\n");
    let set = project.plan(&document(&(rule("a") + &rule("b") + &rule("c"))));
    let failed = project.apply_set(&set).remove(0).failures.remove(0);
    assert_eq!(&*failed.error, "`priority`: all numbers from 5 to 6 are taken");
    project.apply(&document(&rule("b")));
    project.apply(&document(&(rule("b") + &rule("c"))));
    assert!(project.cloud.world().join("\n").contains(r#""id":"c-3","priority":5"#), "{:?}", project.cloud.world());
}

#[test]
fn those_who_choose_at_the_same_time_choose_differently() {
    let project = Project::new();
    let document = |app: usize| {
        let rule = |at: usize| {
            format!(
                "    r{at}: {{type: test.server, properties: {{port: {{$alloc: {{pool: p, min: 1, max: 40}}}}}}}}\n"
            )
        };
        let rules: String = (0..5).map(rule).collect();
        format!("graph: 1\nprovider: test\npartitions:\n- context: acme/prod/app{app}\n  tier: 3\n  nodes:\n{rules}")
    };
    std::thread::scope(|scope| {
        for app in 0..8 {
            let (project, document) = (&project, document(app));
            scope.spawn(move || project.apply_set(&project.plan(&document)));
        }
    });
    let held = project.store.allocated(&"p".into()).unwrap();
    let numbers: Vec<i64> = held.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    let world = project.cloud.world().join("\n");
    assert!(numbers.iter().all(|number| world.contains(&format!("\"port\":{number}}}"))), "{world}");
}

#[test]
fn a_filled_value_that_breaks_a_check_stops_its_step_before_the_call() {
    let project = Project::new();
    let nodes = "
db: {type: test.database}
web:
  type: test.server
  properties: {host: {$ref: {address: db, attr: host}}}
  checks: {host: {kind: string, max: 3}}
";
    let set = project.plan(&document(nodes));
    let applied = project.apply_plan(&set.plans[0]).unwrap();
    assert_eq!(&*applied.failures[0].error, "`host` is more than 3");
    assert_eq!(project.cloud.calls(), ["create db"]);
}

#[test]
fn an_unapproved_user_changes_nothing() {
    let project = Project::new();
    let set = project.plan(&document("a: {type: test.server}"));
    let refused = project.as_user("stranger", |engine| engine.apply(&set.plans[0], &project.authority)).unwrap_err();
    assert_eq!(refused.kind, FailureKind::NotAllowed);
    assert_eq!(project.cloud.calls(), [""; 0]);
}
