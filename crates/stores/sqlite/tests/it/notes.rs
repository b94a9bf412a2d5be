//! What writers write, in tests and in the processes that tests start.

use strata_model::Record;
use strata_ports::suite::store::sample;
use strata_ports::{ExpectHead, Reads, Store, StoreError, Write};
use strata_store_sqlite::SqliteStore;

/// A commit of one note in the context of that name.
pub(crate) fn note(store: &SqliteStore, app: &str, expect: ExpectHead, text: &str) -> Result<u64, StoreError> {
    let (context, stamp) = (sample::context(app), sample::stamp(1));
    let records = [Record::Note { text: text.into() }];
    let write = Write { context: &context, expect, fence: None, stamp: &stamp, records: &records };
    store.commit(write).map(|head| head.sequence)
}

/// The number that the last note of the counter tells.
pub(crate) fn count(store: &SqliteStore) -> u64 {
    let context = sample::context("counter");
    let last = store.head(&context).unwrap().sequence;
    let entries = store.entries(&context, last.saturating_sub(1), 1).unwrap();
    match entries.first().map(|entry| &entry.records[0]) {
        Some(Record::Note { text }) => text.parse().unwrap(),
        _ => 0,
    }
}
