//! Calls whose outcome nobody knows.

use strata_engine::{Applied, Limits};
use strata_model::{ObjectId, RunStatus, Value};
use strata_ports::{Clock, DriverError, Guarantees, Reads};

use crate::cloud::Fault;
use crate::world::{Project, document, graph, show, told};

const ONE: &str = "a: {type: test.server, properties: {size: 1}}";

fn with(guarantees: Guarantees) -> Project {
    let project = Project::new();
    *project.cloud.guarantees.lock().unwrap() = guarantees;
    project
}

const BEST: Guarantees = Guarantees { idempotent: true, read_after_write: true, complete_list: true };

#[test]
fn a_lost_answer_is_asked_for_again_with_the_same_token() {
    let project = with(Guarantees { complete_list: false, ..BEST });
    project.cloud.fault("create a", &[Fault::After]);
    assert_eq!(project.apply(&document(ONE)), ["create a", "create a"]);
    assert_eq!(project.cloud.world().len(), 1);
}

#[test]
fn without_tokens_a_lost_create_is_looked_for_and_never_repeated() {
    let project = with(Guarantees { idempotent: false, ..BEST });
    project.cloud.fault("create a", &[Fault::After]);
    assert_eq!(project.apply(&document(ONE)), ["create a", "find a"]);
    assert_eq!(project.recorded(), ["a/main: active a-1"]);

    let project = with(Guarantees { idempotent: false, ..BEST });
    project.cloud.fault("create a", &[Fault::Lost]);
    let set = project.plan(&document(ONE));
    let applied = project.apply_set(&set).remove(0);
    assert_eq!(applied.status, RunStatus::Partial);
    assert_eq!(project.cloud.calls().iter().filter(|call| *call == "create a").count(), 1);
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(project.cloud.world().len(), 1);
}

#[test]
fn what_was_made_and_does_not_work_is_looked_at_again_by_who_goes_on() {
    let project = Project::new();
    let nodes = "a: {type: test.server, properties: {size: 1, ill: cannot log in}}\n\
                 b: {type: test.server, properties: {size: 1}, depends_on: [a]}";
    let failed = |applied: &Applied| applied.failures.iter().map(|failed| failed.error.to_string()).collect::<Vec<_>>();
    let applied = project.apply_set(&project.plan(&document(nodes))).remove(0);
    assert_eq!((applied.status, applied.skipped), (RunStatus::Partial, 1));
    assert_eq!(failed(&applied), ["it stands, but does not work: cannot log in"]);
    assert_eq!(project.recorded(), ["a/main: failed a-1"]);

    assert_eq!(failed(&project.resume()), failed(&applied), "it is as it was");
    project.cloud.tamper("a", "ill", Value::Null);
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(project.recorded(), ["a/main: active a-1", "b/main: active b-2"]);
}

#[test]
fn what_nobody_can_tell_stays_open_and_blocks() {
    let project = with(Guarantees { idempotent: false, complete_list: false, read_after_write: true });
    project.cloud.fault("create a", &[Fault::After]);
    let set = project.plan(&document(ONE));
    assert_eq!(project.apply_set(&set)[0].status, RunStatus::Partial);
    assert_eq!(project.store.open_intents(&"acme/prod".parse().unwrap()).unwrap().len(), 1);
    let other = project.plan(&document("b: {type: test.server}"));
    let refused = project.apply_plan(&other.plans[0]).unwrap_err();
    assert!(
        told(&refused).starts_with("E3003 nobody knows whether create of acme/prod/-/a/main took effect"),
        "{}",
        told(&refused)
    );
    // Whoever names what is not there has not said what became of the call.
    let (graph, a) = (graph(&document(ONE)), "acme/prod/-/a/main".parse().unwrap());
    let import =
        |object: &str| project.engine(|engine| engine.import(&graph, &a, &ObjectId(object.into()), &project.authority));
    assert_eq!(told(&import("a-7").unwrap_err()), "E3001 cannot take over a-7: not found");
    assert_eq!(project.store.open_intents(&"acme/prod".parse().unwrap()).unwrap().len(), 1);
    import("a-1").unwrap();
    assert_eq!(project.recorded(), ["a/main: active a-1"]);
    assert_eq!(project.store.open_intents(&"acme/prod".parse().unwrap()).unwrap(), []);
}

/// Dies right after the call, before its outcome is recorded; the next process finds out.
fn dies_after(call: &str, first: &str, then: &str) -> Project {
    let project = Project::new();
    if !first.is_empty() {
        project.apply(&document(first));
    }
    project.cloud.fault(call, &[Fault::Crash]);
    let set = project.plan(&document(then));
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| project.apply_plan(&set.plans[0])));
    assert!(died.is_err() || died.is_ok_and(|ended| ended.is_err()), "it dies");
    assert_eq!(project.store.open_intents(&"acme/prod".parse().unwrap()).unwrap().len(), 1);
    // The lease of the dead one ends.
    project.wait(3600);
    project
}

#[test]
fn a_create_that_outlives_its_process_is_adopted() {
    let project = dies_after("create a", "", ONE);
    assert_eq!(project.recorded(), [""; 0]);
    let report = project.engine(|engine| engine.drift(&"acme/prod".parse().unwrap())).unwrap();
    assert_eq!(report.items, [], "what an open call has made is not nobody's");
    project.engine(|engine| engine.recover(&"acme/prod".parse().unwrap())).unwrap();
    assert_eq!(project.recorded(), ["a/main: active a-1"]);
    assert_eq!(show(&project.plan(&document(ONE)).plans[0]), "unchanged: 1\n");
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(project.cloud.world().len(), 1);
}

/// I4: what cannot be looked at stays open, however often it is tried to make it again.
#[test]
fn a_provider_that_cannot_be_reached_tells_nothing_about_a_lost_call() {
    let project = dies_after("create a", "", ONE);
    let away = Fault::Before(DriverError::Transient("nobody answers".to_owned()));
    for call in ["find a", "create a"] {
        project.cloud.fault(call, &vec![away.clone(); 30]);
    }
    let context = "acme/prod".parse().unwrap();
    let refused = project.engine(|engine| engine.recover(&context)).unwrap_err();
    assert!(
        told(&refused).starts_with("E3003 nobody knows whether create of acme/prod/-/a/main"),
        "{}",
        told(&refused)
    );
    assert_eq!(project.store.open_intents(&context).unwrap().len(), 1);
    for call in ["find a", "create a"] {
        project.cloud.fault(call, &[]);
    }
    project.engine(|engine| engine.recover(&context)).unwrap();
    assert_eq!(project.recorded(), ["a/main: active a-1"]);
}

#[test]
fn a_clock_that_was_set_back_does_not_make_anybody_wait_for_it() {
    let project = Project::new();
    // The process dies in the call, which does nothing.
    project.cloud.fault("create a", &[Fault::Crash]);
    let set = project.plan(&document(ONE));
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| project.apply_plan(&set.plans[0])));
    assert!(died.is_err() || died.is_ok_and(|ended| ended.is_err()), "it dies");
    project.cloud.objects.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    project.wait(3600);
    project.clock.jump(-86_400_000);
    let before = project.clock.monotonic();
    let context = "acme/prod".parse().unwrap();
    // The lease of the dead one seems to last for a day, so it is broken.
    project.engine(|engine| strata_engine::break_lease(engine, &context, "its clock")).unwrap();
    project.engine(|engine| engine.recover(&context)).unwrap();
    assert!(project.clock.monotonic() - before <= Limits::default().call, "a call has that time at most");
    assert_eq!(project.resume().status, RunStatus::Done);
}

#[test]
fn an_update_that_outlives_its_process_is_recorded() {
    let bigger = ONE.replace("size: 1", "size: 2");
    let project = dies_after("update a", ONE, &bigger);
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(show(&project.plan(&document(&bigger)).plans[0]), "unchanged: 1\n");
}

#[test]
fn a_delete_that_outlives_its_process_is_recorded() {
    let project = dies_after("delete a", ONE, "{}");
    assert_eq!(project.recorded(), ["a/main: active a-1"]);
    assert_eq!(project.resume().status, RunStatus::Done);
    assert_eq!(project.recorded(), [""; 0]);
}

#[test]
fn i8_a_resumed_run_ends_where_an_uninterrupted_one_would() {
    let nodes = "
a: {type: test.server, properties: {zone: a}}
b: {type: test.server, properties: {disk: {$ref: {address: a, attr: id}}}}
c: {type: test.server, properties: {x: {$ref: {address: b, attr: id}}}}
";
    let changed = nodes.replace("zone: a", "zone: b");
    let straight = Project::new();
    straight.apply(&document(nodes));
    straight.apply(&document(&changed));
    for call in ["delete b", "delete a", "create a", "create b", "update c"] {
        let project = dies_after(call, nodes, &changed);
        assert_eq!(project.resume().status, RunStatus::Done, "{call}");
        assert_eq!(project.cloud.world(), straight.cloud.world(), "{call}");
        assert_eq!(project.recorded(), straight.recorded(), "{call}");
        assert_eq!(show(&project.refresh(&document(&changed)).plans[0]), "unchanged: 3\n", "{call}");
    }
}

/// What an open call refers to is forgotten only once it is known what became of the call.
#[test]
fn a_lost_call_is_looked_at_before_what_it_refers_to_is_forgotten() {
    let both = "a: {type: test.server, properties: {size: 1}}\nb: {type: test.server, properties: {disk: {$ref: {address: a, attr: id}}}}";
    let project = dies_after("create b", ONE, both);
    let a = "acme/prod/-/a/main".parse().unwrap();
    project.engine(|engine| engine.forget(&a, &project.authority)).unwrap();
    assert_eq!(project.recorded(), ["b/main: active b-2"]);
}

/// Nobody can have put a mark on what is gone.
#[test]
fn a_lost_claim_of_an_object_that_is_gone_has_failed() {
    let project = Project::new();
    project.apply(&document(ONE));
    project.cloud.fault("claim b", &[Fault::Crash]);
    let (from, to) = ("acme/prod/-/a/main".parse().unwrap(), "acme/prod/-/b/main".parse().unwrap());
    let rename = || project.engine(|engine| engine.rename(&from, &to, &project.authority));
    let died = std::panic::catch_unwind(std::panic::AssertUnwindSafe(rename));
    assert!(died.is_err() || died.is_ok_and(|ended| ended.is_err()), "it dies");
    project.wait(3600);
    project.cloud.vanish("b");
    let context = "acme/prod".parse().unwrap();
    assert_eq!(project.engine(|engine| engine.recover(&context)).unwrap(), 1);
    assert!(project.store.open_intents(&context).unwrap().is_empty());
}
