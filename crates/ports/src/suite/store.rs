//! The suite for stores. `strata_ports::suite::store::run(|| open a fresh store)` checks all of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use strata_model::record::{OutputRecord, PlanRecord, Stamp};
use strata_model::resource::Allocation;
use strata_model::run::{Holder, StepResult};
use strata_model::{
    Address, Checkpoint, Context, Dependency, Digest, Fence, Head, Intent, Lease, ObjectId, Outcome, Partition, Plan,
    Principal, ProviderInstance, Record, Resource, Run, RunId, RunStatus, Status, StepOp, Strength, Tier, Timestamp,
    Token, Value,
};

use crate::compaction::{Summary, summary};
use crate::memory::MemoryStore;
use crate::store::{ExpectHead, Store, StoreError, Write};

/// Runs every check, each on a fresh store.
pub fn run<S: Store>(mut fresh: impl FnMut() -> S) {
    an_empty_store_is_empty(&fresh());
    commits_form_a_chain(&fresh());
    an_expected_head_is_compared(&fresh());
    a_stale_holder_is_fenced_off(&fresh());
    of_two_who_take_a_lease_one_gets_it(&fresh());
    changes_need_a_fence(&fresh());
    plans_are_listed_newest_first(&fresh());
    dependents_are_found_across_contexts(&fresh());
    contexts_that_look_alike_are_apart(&fresh());
    an_outcome_closes_its_intent(&fresh());
    a_chosen_number_is_held_once(&fresh());
    a_log_can_be_restored(&fresh(), &fresh());
    a_checkpoint_drops_what_is_over(&fresh(), &fresh());
    a_checkpoint_that_does_not_stand_for_the_log_is_refused(&fresh());
    for seed in 1..=20 {
        random_operations_agree_with_the_model(&fresh(), seed, 150);
    }
}

/// For stores that outlive a process: what was committed is there when it is opened again, by the next and by others.
pub fn run_durable<S: Store>(mut open: impl FnMut() -> S) {
    let context = sample::context("api");
    let address = context.address("web", "main").expect("an address");
    let first = open();
    take_lease(&first, &context, 1);
    let head = put(&first, &context, Some(1), &[Record::Resource(Box::new(sample::resource(&address, 1, &[])))]);
    let second = open();
    assert_eq!(second.head(&context).expect("a head"), head, "another handle sees it at once");
    let head = put(&second, &context, Some(1), &[Record::Resource(Box::new(sample::resource(&address, 2, &[])))]);
    assert_eq!(first.head(&context).expect("a head"), head);
    let (project, entries) = (first.project().expect("a name"), first.entries(&context, 0, 99).expect("entries"));
    drop((first, second));
    let third = open();
    assert_eq!(third.project().expect("a name"), project);
    assert_eq!(third.entries(&context, 0, 99).expect("entries"), entries);
    assert_eq!(third.resource(&address).expect("a resource").expect("it is there").serial, 2);
    assert_eq!(third.verify().expect("verified"), Vec::<String>::new());
}

/// Deterministic values for tests of stores.
pub mod sample {
    use super::*;

    pub fn context(app: &str) -> Context {
        Context::new("acme", "prod", Some(app)).expect("a valid context")
    }

    pub fn stamp(second: u64) -> Stamp {
        let at = Timestamp::from_millis(1_790_000_000_000 + i64::try_from(second).unwrap_or(0) * 1000);
        Stamp { by: Principal("tester".into()), at }
    }

    pub fn lease(fence: u64) -> Lease {
        let since = stamp(fence).at;
        let holder = Holder {
            principal: Principal("tester".into()),
            process: format!("host/{fence}").into(),
            operation: "apply".into(),
        };
        Lease { fence: Fence(fence), holder, since, expires: stamp(fence + 30).at }
    }

    pub fn resource(address: &Address, serial: u64, needs: &[&Address]) -> Resource {
        Resource {
            address: address.clone(),
            tier: Tier::Application,
            kind: "local.server".into(),
            provider: ProviderInstance::named("local"),
            status: Status::Active,
            serial,
            object: ObjectId(format!("obj-{}", address.local()).into()),
            desired: [("size", Value::from(i64::try_from(serial).unwrap_or(0)))].into_iter().collect(),
            filled: None,
            observed: [("id", Value::from(address.as_str()))].into_iter().collect(),
            secrets: Vec::new(),
            inputs: Vec::new(),
            allocations: BTreeMap::new(),
            depends_on: needs.iter().map(|on| Dependency { on: (*on).clone(), strength: Strength::Hard }).collect(),
            settings: Default::default(),
            deposed: Vec::new(),
            updated: stamp(serial).at,
        }
    }

    pub fn plan(context: &Context, mark: u64) -> PlanRecord {
        let plan = Plan {
            hash: Digest::of(format!("{context} {mark}").as_bytes()),
            partition: Partition { context: context.clone(), tier: Tier::Application },
            turn: 0,
            gated: false,
            actions: Vec::new(),
            steps: Vec::new(),
            outputs: Vec::new(),
            relies: Vec::new(),
            unchanged: Vec::new(),
            affected: Vec::new(),
            warnings: vec![format!("plan {mark}")],
            evidence: BTreeMap::new(),
        };
        PlanRecord { plan, created: stamp(mark).at, by: Principal("tester".into()) }
    }

    pub fn run(id: &str, status: RunStatus) -> Run {
        Run {
            id: RunId(id.into()),
            plan: Digest::of(id.as_bytes()),
            tier: Tier::Application,
            by: Principal("tester".into()),
            started: stamp(1).at,
            finished: None,
            status,
        }
    }

    pub fn intent(run: &str, step: u32, address: &Address) -> Intent {
        Intent {
            run: RunId(run.into()),
            step,
            op: StepOp::Create,
            address: address.clone(),
            kind: "local.server".into(),
            provider: ProviderInstance::named("local"),
            token: Token(format!("{run}-{step}").into()),
            deadline: stamp(60).at,
            object: None,
            allocations: BTreeMap::new(),
        }
    }

    pub fn outcome(run: &str, step: u32, address: &Address) -> Outcome {
        Outcome { run: RunId(run.into()), step, address: address.clone(), result: StepResult::Done }
    }

    /// A checkpoint that nobody has signed: stores look at what it says, not at who says it.
    pub fn checkpoint(summary: &Summary) -> Record {
        let Stamp { by, at } = stamp(9);
        let kept = Checkpoint::hash_of(&summary.kept).expect("a hash");
        let Summary { through, since, limit, .. } = *summary;
        let (key, signature) = ("".into(), "".into());
        Record::Checkpoint(Box::new(Checkpoint { through, since, limit, kept, principal: by, at, key, signature }))
    }
}

fn write<'a>(context: &'a Context, fence: Option<u64>, stamp: &'a Stamp, records: &'a [Record]) -> Write<'a> {
    Write { context, expect: ExpectHead::Any, fence: fence.map(Fence), stamp, records }
}

/// Commits and returns the head; panics if refused.
fn put(store: &impl Store, context: &Context, fence: Option<u64>, records: &[Record]) -> Head {
    store.commit(write(context, fence, &sample::stamp(1), records)).expect("the commit enters")
}

fn take_lease(store: &impl Store, context: &Context, fence: u64) {
    put(store, context, None, &[Record::Lease(sample::lease(fence))]);
}

fn an_empty_store_is_empty(store: &impl Store) {
    let context = sample::context("api");
    assert_eq!(store.head(&context).expect("a head"), Head::EMPTY);
    assert!(store.contexts().expect("contexts").is_empty());
    assert!(store.resources(&context).expect("resources").is_empty());
    assert!(store.lease(&context).expect("a lease").is_none());
    assert_eq!(store.last_fence(&context).expect("a fence"), Fence(0));
    assert_eq!(store.project().expect("a name"), store.project().expect("a name"));
    let refused = store.commit(write(&context, None, &sample::stamp(1), &[]));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "an entry about nothing: {refused:?}");
    assert!(store.contexts().expect("contexts").is_empty(), "a refused commit leaves nothing");
}

fn commits_form_a_chain(store: &impl Store) {
    let context = sample::context("api");
    take_lease(store, &context, 1);
    let address = context.address("web", "main").expect("an address");
    for serial in 1..=5 {
        let record = Record::Resource(Box::new(sample::resource(&address, serial, &[])));
        let head = put(store, &context, Some(1), &[record]);
        assert_eq!(store.head(&context).expect("a head"), head);
        assert_eq!(head.sequence, serial + 1);
    }
    let all = store.entries(&context, 0, 100).expect("entries");
    assert_eq!(all.iter().map(|entry| entry.head.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    assert_eq!(store.entries(&context, 4, 1).expect("entries")[..], all[4..5]);
    assert_eq!(store.resource(&address).expect("a resource").expect("it is there").serial, 5);
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new());
}

fn an_expected_head_is_compared(store: &impl Store) {
    let context = sample::context("api");
    let note = [Record::Note { text: "one".into() }];
    let stamp = sample::stamp(1);
    let first = write(&context, None, &stamp, &note);
    let head = store.commit(Write { expect: ExpectHead::Is(Head::EMPTY), ..first }).expect("the first enters");
    let refused = store.commit(Write { expect: ExpectHead::Is(Head::EMPTY), ..first });
    assert!(matches!(refused, Err(StoreError::Conflict { found, .. }) if found == head), "{refused:?}");
    assert_eq!(store.head(&context).expect("a head"), head, "a refused commit changes nothing");
    store.commit(Write { expect: ExpectHead::Is(head), ..first }).expect("the right head enters");
}

fn a_stale_holder_is_fenced_off(store: &impl Store) {
    let context = sample::context("api");
    let address = context.address("web", "main").expect("an address");
    let record = |serial| [Record::Resource(Box::new(sample::resource(&address, serial, &[])))];
    let stamp = sample::stamp(1);
    take_lease(store, &context, 1);
    put(store, &context, Some(1), &record(1));
    put(store, &context, Some(1), &[Record::Lease(sample::lease(1))]);
    take_lease(store, &context, 2);
    for stale in [&record(2)[..], &[Record::Lease(sample::lease(1))], &[Record::Released { fence: Fence(1) }]] {
        let refused = store.commit(write(&context, Some(1), &stamp, stale));
        assert!(
            matches!(&refused, Err(StoreError::Fenced { by: Some(by), .. }) if by.fence == Fence(2)),
            "{refused:?}"
        );
    }
    assert_eq!(store.resource(&address).expect("a resource").expect("it is there").serial, 1);
    put(store, &context, Some(2), &[Record::Released { fence: Fence(2) }]);
    assert!(store.lease(&context).expect("a lease").is_none());
    let refused = store.commit(write(&context, Some(2), &stamp, &record(3)));
    assert!(matches!(refused, Err(StoreError::Fenced { by: None, .. })), "given back: {refused:?}");
    assert_eq!(store.last_fence(&context).expect("a fence"), Fence(2), "a fence is never used twice");
}

fn of_two_who_take_a_lease_one_gets_it(store: &impl Store) {
    let context = sample::context("api");
    take_lease(store, &context, 1);
    let refused = store.commit(write(&context, None, &sample::stamp(2), &[Record::Lease(sample::lease(1))]));
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
}

fn changes_need_a_fence(store: &impl Store) {
    let context = sample::context("api");
    let address = context.address("web", "main").expect("an address");
    let stamp = sample::stamp(1);
    let changes = [
        Record::Resource(Box::new(sample::resource(&address, 1, &[]))),
        Record::Removed { address: address.clone() },
        Record::OutputRemoved { name: "url".into() },
        Record::Run(sample::run("r1", RunStatus::Running)),
        Record::Intent(sample::intent("r1", 0, &address)),
        Record::Outcome(sample::outcome("r1", 0, &address)),
        Record::Released { fence: Fence(1) },
    ];
    for change in changes {
        let refused = store.commit(write(&context, None, &stamp, std::slice::from_ref(&change)));
        assert!(matches!(refused, Err(StoreError::NeedsFence { .. })), "{change:?}: {refused:?}");
    }
    put(store, &context, None, &[Record::Plan(Box::new(sample::plan(&context, 1)))]);
    put(store, &context, None, &[Record::Note { text: "free".into() }]);
}

fn plans_are_listed_newest_first(store: &impl Store) {
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

fn dependents_are_found_across_contexts(store: &impl Store) {
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

fn contexts_that_look_alike_are_apart(store: &impl Store) {
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
fn a_chosen_number_is_held_once(store: &impl Store) {
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
    put(store, &shop, Some(1), &[ended(&theirs, StepResult::Failed("no".to_owned()))]);
    held("not by a call that did nothing", &[(8080, &mine)]);
    put(store, &api, Some(1), &[Record::Removed { address: mine }]);
    held("not beyond its resource", &[]);
    assert_eq!(store.allocated(&Value::from("others")).expect("numbers"), Vec::new());
}

fn an_outcome_closes_its_intent(store: &impl Store) {
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

fn a_log_can_be_restored(store: &impl Store, other: &impl Store) {
    let context = sample::context("api");
    take_lease(store, &context, 1);
    let address = context.address("web", "main").expect("an address");
    put(store, &context, Some(1), &[Record::Resource(Box::new(sample::resource(&address, 1, &[])))]);
    let entries = store.entries(&context, 0, usize::MAX).expect("entries");
    let mut forged = entries.clone();
    forged[1].stamp.by = Principal("somebody else".into());
    assert!(matches!(other.restore(&context, &[], &forged), Err(StoreError::Damaged(_))), "a forged log is refused");
    assert!(other.contexts().expect("contexts").is_empty());
    other.restore(&context, &[], &entries).expect("restored");
    assert_eq!(other.entries(&context, 0, usize::MAX).expect("entries"), entries);
    assert_eq!(other.resources(&context).expect("resources"), store.resources(&context).expect("resources"));
    assert_eq!(other.last_fence(&context).expect("a fence"), Fence(1));
    assert!(
        matches!(other.restore(&context, &[], &entries), Err(StoreError::Conflict { .. })),
        "only an empty context"
    );
}

fn a_checkpoint_drops_what_is_over(store: &impl Store, other: &impl Store) {
    let context = sample::context("api");
    let address = |unit: &str| context.address(unit, "main").expect("an address");
    let plan = |mark| Record::Plan(Box::new(sample::plan(&context, mark)));
    let run = |id: &str, mark, status| {
        Record::Run(Run { plan: sample::plan(&context, mark).plan.hash, ..sample::run(id, status) })
    };
    take_lease(store, &context, 3);
    for mark in 1..=6 {
        put(store, &context, None, &[plan(mark)]);
    }
    put(store, &context, Some(3), &[run("done", 1, RunStatus::Done), run("open", 2, RunStatus::Partial)]);
    put(store, &context, Some(3), &[run("lost", 3, RunStatus::Superseded), run("calling", 4, RunStatus::Superseded)]);
    for (name, step) in [("done", 0), ("open", 0), ("open", 1), ("lost", 0), ("lost", 1)] {
        put(store, &context, Some(3), &[Record::Outcome(sample::outcome(name, step, &address("web")))]);
    }
    put(store, &context, Some(3), &[Record::Intent(sample::intent("calling", 0, &address("cache")))]);
    for serial in 1..=5 {
        let resource = sample::resource(&address("web"), serial, &[&address("db")]);
        put(store, &context, Some(3), &[Record::Resource(Box::new(resource))]);
    }
    put(store, &context, Some(3), &[Record::Resource(Box::new(sample::resource(&address("old"), 1, &[])))]);
    put(store, &context, Some(3), &[Record::Removed { address: address("old") }]);
    let all = store.entries(&context, 0, usize::MAX).expect("entries");
    let lease = store.lease(&context).expect("a lease");

    let made = summary(store, &context, 1).expect("a log").expect("entries");
    assert_eq!((made.through, made.since, made.moved), (all[all.len() - 1].head, all[0].stamp.at, true));
    let head = put(store, &context, Some(3), &[sample::checkpoint(&made)]);
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new());
    let left = store.entries(&context, 0, usize::MAX).expect("entries");
    assert_eq!(left.iter().map(|entry| entry.head).collect::<Vec<_>>(), [head], "only the checkpoint is left");
    assert_eq!(head.sequence, all.len() as u64 + 1, "the chain goes on");

    let marks: Vec<String> =
        store.plans(&context, 10).expect("plans").into_iter().flat_map(|record| record.plan.warnings).collect();
    assert_eq!(marks, ["plan 6", "plan 4", "plan 2"], "the newest, and those whose runs are not over");
    let runs = store.runs(&context, 10).expect("runs");
    assert_eq!(runs.iter().map(|run| &*run.id.0).collect::<Vec<_>>(), ["calling", "lost", "open", "done"]);
    let outcomes = |run: &str| store.outcomes(&context, &RunId(run.into())).expect("outcomes").len();
    assert_eq!(["done", "open", "lost"].map(outcomes), [0, 2, 1]);
    assert_eq!(store.open_intents(&context).expect("intents").len(), 1);
    let resources = store.resources(&context).expect("resources");
    assert_eq!(resources.iter().map(|found| found.serial).collect::<Vec<_>>(), [5]);
    assert_eq!(store.dependents(&address("db")).expect("dependents").len(), 1);
    assert_eq!(store.lease(&context).expect("a lease"), lease);
    assert_eq!(store.last_fence(&context).expect("a fence"), Fence(3));

    let again = summary(store, &context, 1).expect("a log").expect("entries");
    assert!(!again.moved, "nothing was written since");
    put(store, &context, Some(3), &[Record::Resource(Box::new(sample::resource(&address("web"), 6, &[])))]);
    let second = summary(store, &context, 1).expect("a log").expect("entries");
    assert_eq!((second.moved, second.since), (true, all[0].stamp.at), "since the very first entry");
    put(store, &context, Some(3), &[sample::checkpoint(&second)]);
    put(store, &context, Some(3), &[Record::Resource(Box::new(sample::resource(&address("web"), 7, &[])))]);
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new());
    store.shrink().expect("smaller");
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new());

    let (kept, entries) =
        (store.kept(&context).expect("records"), store.entries(&context, 0, usize::MAX).expect("entries"));
    assert!(matches!(other.restore(&context, &[], &entries), Err(StoreError::Damaged(_))), "not without what is kept");
    assert!(matches!(other.restore(&context, &kept[1..], &entries), Err(StoreError::Damaged(_))), "nor with less");
    other.restore(&context, &kept, &entries).expect("restored");
    assert_eq!(other.kept(&context).expect("records"), kept);
    assert_eq!(other.runs(&context, 10).expect("runs"), store.runs(&context, 10).expect("runs"));
    assert_eq!(other.resources(&context).expect("resources"), store.resources(&context).expect("resources"));
    assert_eq!(other.verify().expect("verified"), Vec::<String>::new());
}

fn a_checkpoint_that_does_not_stand_for_the_log_is_refused(store: &impl Store) {
    let context = sample::context("api");
    let address = context.address("web", "main").expect("an address");
    take_lease(store, &context, 1);
    put(store, &context, Some(1), &[Record::Resource(Box::new(sample::resource(&address, 1, &[])))]);
    let made = summary(store, &context, 1).expect("a log").expect("entries");
    let stamp = sample::stamp(1);
    let commit = |fence, records: &[Record]| store.commit(write(&context, fence, &stamp, records));
    let less = sample::checkpoint(&Summary { kept: made.kept[1..].to_vec(), ..made.clone() });
    assert!(matches!(commit(Some(1), &[less]), Err(StoreError::Damaged(_))), "nothing that holds may be dropped");
    let right = sample::checkpoint(&made);
    assert!(matches!(commit(None, std::slice::from_ref(&right)), Err(StoreError::NeedsFence { .. })));
    let more = [right.clone(), Record::Note { text: "more".into() }];
    assert!(matches!(commit(Some(1), &more), Err(StoreError::Damaged(_))), "it stands alone");
    put(store, &context, None, &[Record::Note { text: "meanwhile".into() }]);
    let late = commit(Some(1), &[right]);
    assert!(matches!(late, Err(StoreError::Conflict { .. })), "not for an earlier head: {late:?}");
    assert_eq!(store.entries(&context, 0, usize::MAX).expect("entries").len(), 3, "nothing is gone");
}

/// Random operations, legal and illegal, on the store and on the model: both accept, refuse and remember the same.
fn random_operations_agree_with_the_model(store: &impl Store, seed: u64, operations: u32) {
    let model = MemoryStore::new("model");
    let mut random = Random(seed);
    let contexts = ["api", "web"].map(sample::context);
    let addresses: Vec<Address> = contexts
        .iter()
        .flat_map(|context| ["a", "b", "c"].map(|unit| context.address(unit, "main").expect("an address")))
        .collect();
    for turn in 0..operations {
        let context = &contexts[random.below(2)];
        let own: Vec<&Address> = addresses.iter().filter(|address| address.is_in(context)).collect();
        let records: Vec<Record> = match random.below(20) {
            0 => summary(&model, context, u32::try_from(random.below(3)).unwrap_or(0))
                .expect("a log")
                .iter()
                .map(sample::checkpoint)
                .collect(),
            _ => (0..=random.below(3)).map(|_| random_record(&mut random, context, &own, &addresses)).collect(),
        };
        let fence = [None, Some(Fence(1)), Some(Fence(2)), Some(Fence(3))][random.below(4)];
        let current = model.head(context).expect("a head");
        let expect = [ExpectHead::Any, ExpectHead::Any, ExpectHead::Is(current), ExpectHead::Is(Head::EMPTY)];
        let stamp = sample::stamp(u64::from(turn));
        let write = Write { context, expect: expect[random.below(4)], fence, stamp: &stamp, records: &records };
        let (left, right) = (store.commit(write), model.commit(write));
        let kind = |result: &Result<Head, StoreError>| match result {
            Ok(head) => format!("{head:?}"),
            Err(error) => error.to_string(),
        };
        assert_eq!(kind(&left), kind(&right), "seed {seed}, turn {turn}: {write:?}");
    }
    for context in &contexts {
        assert_same(store, &model, context, seed);
    }
    for address in &addresses {
        let mut dependents = [store.dependents(address), model.dependents(address)].map(|found| found.expect("found"));
        dependents.iter_mut().for_each(|found| found.sort());
        assert_eq!(dependents[0], dependents[1], "seed {seed}: dependents of {address}");
    }
    assert_eq!(store.verify().expect("verified"), Vec::<String>::new(), "seed {seed}");
}

fn assert_same(store: &impl Store, model: &MemoryStore, context: &Context, seed: u64) {
    macro_rules! same {
        ($($question:ident($($argument:expr),*)),+ $(,)?) => {$(
            assert_eq!(
                store.$question($($argument),*).expect("an answer"),
                model.$question($($argument),*).expect("an answer"),
                "seed {seed}: {} of {context}", stringify!($question),
            );
        )+};
    }
    same!(
        head(context),
        kept(context),
        entries(context, 0, usize::MAX),
        entries(context, 7, 3),
        resources(context),
        outputs(context),
        plans(context, 3),
        runs(context, 3),
        open_intents(context),
        outcomes(context, &RunId("r1".into())),
        lease(context),
        last_fence(context),
        drift(context, 2),
    );
}

fn random_record(random: &mut Random, context: &Context, own: &[&Address], all: &[Address]) -> Record {
    let address = own[random.below(own.len())];
    let number = random.next() % 4 + 1;
    let run = ["r1", "r2"][random.below(2)];
    let step = u32::try_from(random.below(3)).unwrap_or(0);
    match random.below(14) {
        0..=3 => {
            let needs: Vec<&Address> = (0..random.below(3)).map(|_| &all[random.below(all.len())]).collect();
            Record::Resource(Box::new(sample::resource(address, number, &needs)))
        }
        4 => Record::Removed { address: address.clone() },
        5 => Record::Output(OutputRecord {
            name: Arc::from(["url", "id"][random.below(2)]),
            tier: Tier::Application,
            value: Value::from(i64::try_from(number).unwrap_or(0)),
            sensitive: false,
            desired: Value::Null,
            inputs: Vec::new(),
            secrets: Vec::new(),
            serial: number,
        }),
        6 => Record::OutputRemoved { name: "url".into() },
        7 => Record::Plan(Box::new(sample::plan(context, number))),
        8 => Record::Run(sample::run(run, [RunStatus::Running, RunStatus::Done][random.below(2)])),
        9 => Record::Intent(sample::intent(run, step, address)),
        10 => Record::Outcome(sample::outcome(run, step, address)),
        11 => Record::Released { fence: Fence(number) },
        12 => Record::Note { text: "note".into() },
        _ => Record::Lease(sample::lease(number)),
    }
}

/// SplitMix64: the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    #[expect(clippy::should_implement_trait, reason = "it is no iterator: it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_store_passes() {
        run(|| MemoryStore::new("test"));
    }
}
