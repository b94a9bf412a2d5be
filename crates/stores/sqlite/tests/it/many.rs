//! Several processes and threads on one store.

use strata_model::Record;
use strata_ports::suite::store::sample;
use strata_ports::{ExpectHead, Reads, Store, StoreError, Write};
use strata_store_sqlite::SqliteStore;

use crate::child;
use crate::notes::{count, note};

const PROCESSES: usize = 4;
/// Of each process.
const TURNS: u64 = 60;

/// Each turn reads a number, adds one and writes it back if nobody else wrote: the sum tells of any lost update.
#[test]
fn writers_in_several_processes_lose_no_update() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    // Nobody made the store: they also race for that.
    let children: Vec<_> = (0..PROCESSES).map(|n| child::start("counter", &path, &n.to_string())).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(count(&store), PROCESSES as u64 * TURNS);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    assert!(std::fs::read_dir(folder.path()).unwrap().all(|file| {
        let name = file.unwrap().file_name();
        name == "store.db" || name == "store.db-wal" || name == "store.db-shm"
    }));
}

#[test]
fn threads_that_commit_together_get_each_its_own_answer() {
    let folder = tempfile::tempdir().unwrap();
    let store = &SqliteStore::open(&folder.path().join("store.db")).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || {
                let app = thread.to_string();
                for turn in 1..=50 {
                    assert_eq!(note(store, &app, ExpectHead::Any, "mine").unwrap(), turn);
                    // Refused in the midst of commits of others, and leaves no trace in theirs.
                    let refused = note(store, &app, ExpectHead::Is(strata_model::Head::EMPTY), "stale");
                    assert!(matches!(refused, Err(StoreError::Conflict { .. })), "{refused:?}");
                }
            });
        }
    });
    assert_eq!(store.contexts().unwrap().len(), 8);
    assert_eq!(store.verify().unwrap(), Vec::<String>::new());
}

#[test]
fn a_reader_does_not_wait_for_a_writer() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    note(&store, "api", ExpectHead::Any, "one").unwrap();
    // Somebody holds the file for writing and never lets go.
    let holder = rusqlite::Connection::open(&path).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE; INSERT INTO record (id, body) VALUES (99, x'00')").unwrap();
    assert_eq!(store.head(&sample::context("api")).unwrap().sequence, 1);
    assert_eq!(SqliteStore::open(&path).unwrap().verify().unwrap(), Vec::<String>::new());
    drop(holder);
    note(&store, "api", ExpectHead::Any, "two").unwrap();
}

/// A state is not written anew with each change: what a commit adds to the file does not depend on how much is there.
#[test]
fn a_change_writes_in_proportion_to_itself() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let (context, stamp) = (sample::context("api"), sample::stamp(1));
    let commit = |fence: Option<u64>, records: &[Record]| {
        let fence = fence.map(strata_model::Fence);
        store.commit(Write { context: &context, expect: ExpectHead::Any, fence, stamp: &stamp, records }).unwrap();
    };
    let resource = |unit: u64| {
        let address = context.address(&format!("unit-{unit:05}"), "main").unwrap();
        Record::Resource(Box::new(sample::resource(&address, unit, &[])))
    };
    commit(None, &[Record::Lease(sample::lease(1))]);
    commit(Some(1), &(0..5000).map(resource).collect::<Vec<_>>());
    let log = path.with_extension("db-wal");
    rusqlite::Connection::open(&path).unwrap().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
    commit(Some(1), &[resource(2500)]);
    let written = std::fs::metadata(&log).unwrap().len();
    let state = std::fs::metadata(&path).unwrap().len();
    assert!(written * 50 < state, "one change of 5,000 wrote {written} bytes beside a state of {state}");
}
