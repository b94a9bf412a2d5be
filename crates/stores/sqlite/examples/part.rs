//! A part in a test of several processes on one store: `part counter STORE NAME` or `part writers STORE SEED`.

#![expect(clippy::disallowed_methods, reason = "a process of its own reads arguments and tells what it did")]

#[path = "../tests/it/notes.rs"]
mod notes;

use std::io::Write as _;
use std::path::Path;

use strata_model::{Fence, Record};
use strata_ports::compaction::summary;
use strata_ports::suite::store::{Random, sample};
use strata_ports::{ExpectHead, Reads, Store, StoreError, Write};
use strata_store_sqlite::SqliteStore;

const TURNS: u64 = 60;
const THREADS: usize = 3;
/// So often a writer compacts what it has written.
const COMPACTS: u64 = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, part, path, name] = &arguments[..] else { panic!("a part, a store and a name") };
    let store = SqliteStore::open(Path::new(path)).unwrap();
    match part.as_str() {
        "counter" => counter(&store),
        "writers" => writers(&store, name.parse().unwrap()),
        other => panic!("nobody plays `{other}`"),
    }
}

/// Reads a number, adds one and writes it back if nobody else wrote meanwhile.
fn counter(store: &SqliteStore) {
    for _ in 0..TURNS {
        loop {
            // The head first: what is read after it is at least as new, and a commit on an older head is refused.
            let head = store.head(&sample::context("counter")).unwrap();
            let next = (notes::count(store) + 1).to_string();
            match notes::note(store, "counter", ExpectHead::Is(head), &next) {
                Ok(_) => break,
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Commits in several threads, each in a context of its own, and says so after each, until it is killed.
fn writers(store: &SqliteStore, seed: u64) {
    std::thread::scope(|scope| {
        for writer in 0..THREADS {
            scope.spawn(move || {
                let mut random = Random(seed ^ writer as u64);
                let app = writer.to_string();
                let context = sample::context(&app);
                let fence = store.last_fence(&context).unwrap().0 + 1;
                let commit = |fence: Option<u64>, record: Record| {
                    let (stamp, records) = (sample::stamp(1), [record]);
                    let (expect, fence) = (ExpectHead::Any, fence.map(Fence));
                    let write = Write { context: &context, expect, fence, stamp: &stamp, records: &records };
                    store.commit(write).unwrap().sequence
                };
                say(writer, commit(None, Record::Lease(sample::lease(fence))));
                loop {
                    let text = "x".repeat(random.below(20_000));
                    let sequence = notes::note(store, &app, ExpectHead::Any, &text).unwrap();
                    say(writer, sequence);
                    let address = context.address(&format!("unit-{}", random.below(5)), "main").unwrap();
                    let resource = Record::Resource(Box::new(sample::resource(&address, sequence, &[])));
                    say(writer, commit(Some(fence), resource));
                    if sequence.is_multiple_of(COMPACTS) {
                        let summary = summary(store, &context, 1).unwrap().unwrap();
                        say(writer, commit(Some(fence), sample::checkpoint(&summary)));
                    }
                }
            });
        }
    });
}

fn say(writer: usize, sequence: u64) {
    let mut out = std::io::stdout().lock();
    // One write a line, so that lines of several threads do not mix.
    out.write_all(format!("returned {writer} {sequence}.\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
