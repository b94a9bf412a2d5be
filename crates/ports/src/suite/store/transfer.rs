//! Logs that go elsewhere, and logs that forget: restoring, checkpoints.

use strata_model::{Fence, Principal, Record, Run, RunId, RunStatus};

use crate::compaction::{Summary, summary};
use crate::reads::Reads;
use crate::store::{Store, StoreError};

use super::{put, sample, take_lease, write};

pub(super) fn a_log_can_be_restored(store: &impl Store, other: &impl Store) {
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

pub(super) fn a_checkpoint_drops_what_is_over(store: &impl Store, other: &impl Store) {
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

pub(super) fn a_checkpoint_that_does_not_stand_for_the_log_is_refused(store: &impl Store) {
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
