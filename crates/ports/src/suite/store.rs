//! The suite for stores. `strata_ports::suite::store::run(|| open a fresh store)` checks all of it.

mod commits;
mod model;
mod projections;
pub mod sample;
mod transfer;

use strata_model::record::Stamp;
use strata_model::{Context, Fence, Head, Record};

use crate::reads::Reads;
use crate::store::{ExpectHead, Store, Write};

pub use model::Random;

/// Runs every check, each on a fresh store.
pub fn run<S: Store>(mut fresh: impl FnMut() -> S) {
    commits::an_empty_store_is_empty(&fresh());
    commits::commits_form_a_chain(&fresh());
    commits::an_expected_head_is_compared(&fresh());
    commits::a_stale_holder_is_fenced_off(&fresh());
    commits::of_two_who_take_a_lease_one_gets_it(&fresh());
    commits::changes_need_a_fence(&fresh());
    commits::a_look_is_of_one_moment(&fresh());
    projections::plans_are_listed_newest_first(&fresh());
    projections::where_plans_lead_is_known_of_all_of_them(&fresh());
    projections::dependents_are_found_across_contexts(&fresh());
    projections::contexts_that_look_alike_are_apart(&fresh());
    projections::an_outcome_closes_its_intent(&fresh());
    projections::a_chosen_number_is_held_once(&fresh());
    transfer::a_log_can_be_restored(&fresh(), &fresh());
    transfer::a_checkpoint_drops_what_is_over(&fresh(), &fresh());
    transfer::a_checkpoint_that_does_not_stand_for_the_log_is_refused(&fresh());
    for seed in 1..=20 {
        model::random_operations_agree_with_the_model(&fresh(), seed, 150);
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

#[cfg(test)]
mod tests {
    use super::run;
    use crate::memory::MemoryStore;

    #[test]
    fn the_memory_store_passes() {
        run(|| MemoryStore::new("test"));
    }
}
