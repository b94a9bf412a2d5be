//! Commits, and who may make them: the chain, the expected head, leases and fences.

use strata_model::{Fence, Head, Record, RunStatus};

use crate::reads::{Reads, at_one_moment};
use crate::store::{ExpectHead, Store, StoreError, Write};

use super::{put, sample, take_lease, write};

pub(super) fn an_empty_store_is_empty(store: &impl Store) {
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

pub(super) fn commits_form_a_chain(store: &impl Store) {
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

pub(super) fn an_expected_head_is_compared(store: &impl Store) {
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

pub(super) fn a_stale_holder_is_fenced_off(store: &impl Store) {
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

pub(super) fn of_two_who_take_a_lease_one_gets_it(store: &impl Store) {
    let context = sample::context("api");
    take_lease(store, &context, 1);
    let refused = store.commit(write(&context, None, &sample::stamp(2), &[Record::Lease(sample::lease(1))]));
    assert!(matches!(refused, Err(StoreError::Fenced { .. })), "{refused:?}");
}

pub(super) fn changes_need_a_fence(store: &impl Store) {
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

pub(super) fn a_look_is_of_one_moment(store: &impl Store) {
    let context = sample::context("api");
    let address = context.address("web", "main").expect("an address");
    take_lease(store, &context, 1);
    let serial = |reads: &dyn Reads| -> Option<u64> { Some(reads.resource(&address).expect("an answer")?.serial) };
    let record =
        |serial| put(store, &context, Some(1), &[Record::Resource(Box::new(sample::resource(&address, serial, &[])))]);
    record(1);
    let seen = at_one_moment(store, |moment| -> Result<_, StoreError> {
        let before = (moment.head(&context)?, serial(&*moment));
        record(2);
        let seen = at_one_moment(store, |later| Ok::<_, StoreError>(serial(&*later)))?;
        assert_eq!(seen, Some(2), "who begins to look later sees it");
        Ok([before, (moment.head(&context)?, serial(&*moment))])
    });
    let [before, after] = seen.expect("answers");
    assert_eq!(before, after, "what was committed meanwhile is not seen");
    assert_eq!(before.1, Some(1));
    assert_eq!(store.resource(&address).expect("an answer").expect("it is there").serial, 2);
    let refused = at_one_moment(store, |_| Err::<(), _>(StoreError::Damaged("told".to_owned())));
    assert!(matches!(refused, Err(StoreError::Damaged(told)) if told == "told"), "what goes wrong in a look is told");
}
