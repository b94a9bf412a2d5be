//! What a store tells of its log: plans, dependents, contexts, open calls, numbers that are taken.

use std::collections::BTreeMap;

use strata_model::resource::Allocation;
use strata_model::run::StepResult;
use strata_model::{Address, Digest, Fence, Intent, Outcome, Record, Resource, RunId, RunStatus, Value};

use crate::reads::Reads;
use crate::store::{ExpectHead, Store, StoreError, Write};

use super::{put, sample, take_lease};

pub(super) fn plans_are_listed_newest_first(store: &impl Store) {
    let context = sample::context("api");
    for mark in [1, 2, 3, 2] {
        put(store, &context, None, &[Record::Plan(Box::new(sample::plan(&context, mark)))]);
    }
    let marks = |limit| -> Vec<String> {
        let plans = store.plans(&context, limit).expect("plans");
        plans.into_iter().flat_map(|record| record.plan.warnings).collect()
    };
    assert_eq!(marks(10), ["plan 3", "plan 2", "plan 1"]);
    assert_eq!(marks(2), ["plan 3", "plan 2"]);
    let hash = sample::plan(&context, 2).plan.hash;
    assert_eq!(store.plan(&hash).expect("a plan").expect("it is there").plan.warnings, ["plan 2"]);
    assert!(store.plan(&Digest::of(b"other")).expect("an answer").is_none());
}

pub(super) fn where_plans_lead_is_known_of_all_of_them(store: &impl Store) {
    let (context, other) = (sample::context("api"), sample::context("shop"));
    for mark in 0..30 {
        let provider = ["one", "two \"quoted\"", "three"][usize::from(mark > 0) + usize::from(mark > 20)];
        put(store, &context, None, &[Record::Plan(Box::new(sample::plan_at(&context, mark, provider)))]);
    }
    put(store, &other, None, &[Record::Plan(Box::new(sample::plan(&other, 1)))]);
    let names = |context| -> Vec<String> {
        let found = store.planned_at(context).expect("instances");
        assert!(found.iter().all(|instance| instance.region.as_deref() == Some("eu")), "{found:?}");
        found.into_iter().map(|instance| instance.provider.to_string()).collect()
    };
    assert_eq!(names(&context), ["one", "three", "two \"quoted\""]);
    assert!(names(&other).is_empty());
}

pub(super) fn dependents_are_found_across_contexts(store: &impl Store) {
    let (shared, app) = (sample::context("shared"), sample::context("api"));
    let database = shared.address("db", "main").expect("an address");
    let web = app.address("web", "main").expect("an address");
    take_lease(store, &shared, 1);
    take_lease(store, &app, 1);
    put(store, &shared, Some(1), &[Record::Resource(Box::new(sample::resource(&database, 1, &[])))]);
    put(store, &app, Some(1), &[Record::Resource(Box::new(sample::resource(&web, 1, &[&database])))]);
    let addresses = |of: &Address| -> Vec<Address> {
        store.dependents(of).expect("dependents").into_iter().map(|dependent| dependent.address).collect()
    };
    assert_eq!(addresses(&database), std::slice::from_ref(&web));
    assert!(addresses(&web).is_empty());
    put(store, &app, Some(1), &[Record::Resource(Box::new(sample::resource(&web, 2, &[])))]);
    assert!(addresses(&database).is_empty(), "a dependency that is gone is gone");
    put(store, &app, Some(1), &[Record::Resource(Box::new(sample::resource(&web, 3, &[&database])))]);
    put(store, &app, Some(1), &[Record::Removed { address: web }]);
    assert!(addresses(&database).is_empty(), "a resource that is gone depends on nothing");
}

pub(super) fn contexts_that_look_alike_are_apart(store: &impl Store) {
    let contexts = ["a/b", "a_b", "A_B", "a b"].map(sample::context);
    for (context, fence) in contexts.iter().zip(1..) {
        take_lease(store, context, fence);
        let address = context.address("web", "main").expect("an address");
        put(store, context, Some(fence), &[Record::Resource(Box::new(sample::resource(&address, fence, &[])))]);
    }
    for (context, fence) in contexts.iter().zip(1..) {
        let serials: Vec<u64> = store.resources(context).expect("resources").iter().map(|found| found.serial).collect();
        assert_eq!(serials, [fence], "{context}");
    }
    let mut sorted = contexts.to_vec();
    sorted.sort();
    assert_eq!(store.contexts().expect("contexts"), sorted);
}

/// In all contexts, from the intent on, until neither a resource nor an open call names it.
pub(super) fn a_chosen_number_is_held_once(store: &impl Store) {
    let (api, shop) = (sample::context("api"), sample::context("shop"));
    let (mine, theirs) =
        (api.address("web", "main").expect("an address"), shop.address("web", "main").expect("an address"));
    for context in [&api, &shop] {
        take_lease(store, context, 1);
    }
    let pool = Value::from("ports");
    let numbers =
        |number| BTreeMap::from([("port".parse().expect("a path"), Allocation { pool: pool.clone(), number })]);
    let intent = |address: &Address, number| {
        Record::Intent(Intent { allocations: numbers(number), ..sample::intent("r1", 0, address) })
    };
    let ended = |address: &Address, result| {
        Record::Outcome(Outcome { run: RunId("r1".into()), step: 0, address: address.clone(), result })
    };
    let resource =
        Record::Resource(Box::new(Resource { allocations: numbers(8080), ..sample::resource(&mine, 1, &[]) }));
    let held = |what: &str, wanted: &[(i64, &Address)]| {
        let found = store.allocated(&pool).expect("numbers");
        assert!(found.iter().map(|(number, by)| (*number, by)).eq(wanted.iter().copied()), "{what}: {found:?}");
        assert_eq!(store.verify().expect("verified"), Vec::<String>::new(), "{what}");
    };
    put(store, &api, Some(1), &[intent(&mine, 8080)]);
    held("from the intent on", &[(8080, &mine)]);
    let records = [intent(&theirs, 8080)];
    let (context, stamp) = (&shop, &sample::stamp(9));
    let taken =
        store.commit(Write { context, expect: ExpectHead::Any, fence: Some(Fence(1)), stamp, records: &records });
    assert!(matches!(&taken, Err(StoreError::Taken { number: 8080, by, .. }) if *by == mine), "{taken:?}");
    put(store, &shop, Some(1), &[intent(&theirs, 8081)]);
    put(store, &api, Some(1), &[resource, ended(&mine, StepResult::Done)]);
    held("with its resource", &[(8080, &mine), (8081, &theirs)]);
    let renamed = api.address("site", "main").expect("an address");
    let same = |address: &Address| {
        let resource = Resource { allocations: numbers(8080), ..sample::resource(address, 2, &[]) };
        Record::Resource(Box::new(resource))
    };
    put(store, &api, Some(1), &[Record::Removed { address: mine.clone() }, same(&renamed)]);
    held("under another name", &[(8080, &renamed), (8081, &theirs)]);
    put(store, &api, Some(1), &[Record::Removed { address: renamed }, same(&mine)]);
    put(store, &shop, Some(1), &[ended(&theirs, StepResult::Failed("no".to_owned()))]);
    held("not by a call that did nothing", &[(8080, &mine)]);
    put(store, &api, Some(1), &[Record::Removed { address: mine }]);
    held("not beyond its resource", &[]);
    assert_eq!(store.allocated(&Value::from("others")).expect("numbers"), Vec::new());
}

pub(super) fn an_outcome_closes_its_intent(store: &impl Store) {
    let context = sample::context("api");
    let address = |unit: &str| context.address(unit, "main").expect("an address");
    take_lease(store, &context, 1);
    put(store, &context, Some(1), &[Record::Run(sample::run("r1", RunStatus::Running))]);
    // Written in an order that is neither that of steps nor of addresses.
    for (step, unit) in [(2, "a"), (0, "c"), (1, "b")] {
        put(store, &context, Some(1), &[Record::Intent(sample::intent("r1", step, &address(unit)))]);
    }
    let open =
        || -> Vec<u32> { store.open_intents(&context).expect("intents").iter().map(|intent| intent.step).collect() };
    assert_eq!(open(), [2, 0, 1]);
    put(store, &context, Some(1), &[Record::Outcome(sample::outcome("r1", 0, &address("c")))]);
    assert_eq!(open(), [2, 1]);
    put(store, &context, Some(1), &[Record::Intent(sample::intent("r1", 0, &address("c")))]);
    assert_eq!(open(), [2, 1, 0], "a second attempt opens it again");
    assert!(store.outcomes(&context, &RunId("r1".into())).expect("outcomes").is_empty());
    put(store, &context, Some(1), &[Record::Run(sample::run("r1", RunStatus::Partial))]);
    let runs = store.runs(&context, 10).expect("runs");
    assert_eq!(runs.iter().map(|run| run.status).collect::<Vec<_>>(), [RunStatus::Partial]);
}
