//! The one write. Threads that come at the same time enter one transaction, each behind a savepoint of its own; the
//! last one through the door commits for all, and nobody returns before that commit is on disk.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};

use rusqlite::Connection;
use strata_defects::{Point, pass};
use strata_model::{Context, Entry, Head, Record, record};
use strata_ports::projection::{admit, admit_numbers, replay};
use strata_ports::{StoreError, Write};

use crate::failure::told;
use crate::{compact, index, open, read, verify};

/// So many commits share a sync at most, that the first of them does not wait for ever.
const MOST: usize = 256;

#[derive(Debug)]
pub(crate) struct Door {
    /// How many threads are on their way in. One that is counted will come, so somebody who sees another behind may
    /// leave the transaction open.
    coming: AtomicUsize,
    inside: Mutex<Inside>,
    settled: Condvar,
}

#[derive(Debug)]
struct Inside {
    connection: Connection,
    /// The transaction that is open.
    group: Option<Arc<Group>>,
    members: usize,
}

/// Commits that become durable together or not at all.
type Group = OnceLock<Result<(), Lost>>;

/// Why a whole group did not enter. [`StoreError`] cannot be cloned, and each member needs one.
#[derive(Clone, Debug)]
struct Lost {
    reason: String,
    committed: Option<bool>,
    damaged: bool,
}

impl Door {
    pub(crate) fn new(connection: Connection) -> Door {
        Door {
            coming: AtomicUsize::new(0),
            inside: Mutex::new(Inside { connection, group: None, members: 0 }),
            settled: Condvar::new(),
        }
    }

    pub(crate) fn commit(&self, path: &Path, write: &Write<'_>) -> Result<Head, StoreError> {
        // The work that needs no lock comes first.
        let bodies = encode(write.records)?;
        self.through(path, |connection| enter(connection, path, write, &bodies))
    }

    /// Brings in the whole log of a context that has none.
    pub(crate) fn restore(
        &self,
        path: &Path,
        context: &Context,
        kept: &[Record],
        entries: &[Entry],
    ) -> Result<(), StoreError> {
        replay(context, kept, entries).map_err(StoreError::Damaged)?;
        self.through(path, |connection| {
            let fail = |error| told(path, &error, false);
            let place = index::make_place(connection, context).map_err(fail)?;
            let found = read::head(connection, context).map_err(fail)?;
            if found != Head::EMPTY {
                return Err(StoreError::Conflict { context: context.clone(), found });
            }
            if !kept.is_empty() {
                compact::begin_anew(connection, place, kept, &encode(kept)?).map_err(fail)?;
            }
            for entry in entries {
                index::add(connection, place, entry.head, &entry.stamp, &entry.records, &encode(&entry.records)?)
                    .map_err(fail)?;
            }
            Ok(())
        })
    }

    pub(crate) fn shrink(&self, path: &Path) -> Result<(), StoreError> {
        let inside = self.lock();
        // Whoever is in the middle of writing comes first; the space is still there the next time.
        if inside.group.is_some() {
            Ok(())
        } else {
            compact::shrink(&inside.connection).map_err(|error| told(path, &error, false))
        }
    }

    fn through<T>(
        &self,
        path: &Path,
        enter: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.coming.fetch_add(1, Ordering::SeqCst);
        let mut inside = self.lock();
        self.coming.fetch_sub(1, Ordering::SeqCst);
        let (group, result) = inside.enter(path, enter);
        if self.coming.load(Ordering::SeqCst) == 0 || inside.members >= MOST {
            inside.settle(path);
        }
        if inside.group.is_none() {
            self.settled.notify_all();
        }
        let Some(group) = group else { return result };
        // Even who was refused waits: the refusal may rest on what another of the group wrote.
        loop {
            match group.get() {
                Some(Ok(())) => return result,
                Some(Err(lost)) => return Err(lost.error()),
                None => inside = self.settled.wait(inside).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(|poisoned| {
            // A thread died in the middle of its writes: nobody's writes of that group can be trusted.
            let mut inside = poisoned.into_inner();
            inside.lose(Lost { reason: "a writer failed".to_owned(), committed: Some(false), damaged: false });
            self.inside.clear_poison();
            self.settled.notify_all();
            inside
        })
    }
}

impl Inside {
    /// Writes behind a savepoint, in the open transaction or a new one. Without a group nothing was written at all.
    fn enter<T>(
        &mut self,
        path: &Path,
        enter: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> (Option<Arc<Group>>, Result<T, StoreError>) {
        let group = match &self.group {
            Some(group) => group.clone(),
            None => match begin(&self.connection, path) {
                Ok(()) => self.group.insert(Arc::default()).clone(),
                Err(error) => return (None, Err(error)),
            },
        };
        self.members += 1;
        let result = run(&self.connection, "SAVEPOINT one", path).and_then(|()| enter(&self.connection));
        let ended = match &result {
            Ok(_) => run(&self.connection, "RELEASE one", path),
            // Some failures, such as a full disk, end the whole transaction.
            Err(_) if self.connection.is_autocommit() => Err(self.lost_with(&result)),
            Err(_) => {
                run(&self.connection, "ROLLBACK TO one", path).and_then(|()| run(&self.connection, "RELEASE one", path))
            }
        };
        if let Err(error) = ended {
            self.lose(Lost::of(&error));
        }
        (Some(group), result)
    }

    fn lost_with<T>(&self, result: &Result<T, StoreError>) -> StoreError {
        let reason = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
        StoreError::Unavailable { reason, committed: Some(false) }
    }

    /// Commits what is open.
    fn settle(&mut self, path: &Path) {
        if self.group.is_none() {
            return;
        }
        pass(Point::StoreEntered);
        match self.connection.prepare_cached("COMMIT").and_then(|mut commit| commit.execute([])) {
            Ok(_) => {
                pass(Point::StoreCommitted);
                self.end(Ok(()));
            }
            Err(error) => self.lose(Lost::of(&told(path, &error, true))),
        }
    }

    fn lose(&mut self, lost: Lost) {
        if !self.connection.is_autocommit() {
            // If this fails too, the next BEGIN does and says so.
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        self.end(Err(lost));
    }

    fn end(&mut self, result: Result<(), Lost>) {
        self.members = 0;
        if let Some(group) = self.group.take() {
            // Only here is it set, and it was taken away.
            let _ = group.set(result);
        }
    }
}

impl Lost {
    fn of(error: &StoreError) -> Lost {
        match error {
            StoreError::Unavailable { reason, committed } => {
                Lost { reason: reason.clone(), committed: *committed, damaged: false }
            }
            StoreError::Damaged(reason) => Lost { reason: reason.clone(), committed: None, damaged: true },
            other => Lost { reason: other.to_string(), committed: Some(false), damaged: false },
        }
    }

    fn error(&self) -> StoreError {
        let Lost { reason, committed, damaged } = self.clone();
        if damaged { StoreError::Damaged(reason) } else { StoreError::Unavailable { reason, committed } }
    }
}

fn run(connection: &Connection, statement: &str, path: &Path) -> Result<(), StoreError> {
    let ran = connection.prepare_cached(statement).and_then(|mut statement| statement.execute([]));
    ran.map(drop).map_err(|error| told(path, &error, false))
}

/// Takes the file for writing. A newer version may have upgraded it since it was opened.
fn begin(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    run(connection, "BEGIN IMMEDIATE", path)?;
    let (found, known) = (open::found_version(connection, path)?, open::version());
    if found == known {
        return Ok(());
    }
    run(connection, "ROLLBACK", path)?;
    Err(StoreError::Newer { found, known })
}

fn enter(connection: &Connection, path: &Path, write: &Write<'_>, bodies: &[Vec<u8>]) -> Result<Head, StoreError> {
    let fail = |error| told(path, &error, false);
    let place = index::make_place(connection, write.context).map_err(fail)?;
    let previous = read::head(connection, write.context).map_err(fail)?;
    let lease = read::lease(connection, write.context).map_err(fail)?;
    let last_fence = read::last_fence(connection, write.context).map_err(fail)?;
    admit(previous, lease.as_ref(), last_fence, write)?;
    if let [Record::Checkpoint(checkpoint)] = write.records {
        // Nothing is dropped that does not hold together.
        let log = verify::follow(connection, write.context).map_err(fail)?.map_err(StoreError::Damaged)?;
        log.projection.admit_checkpoints(write.context, write.records)?;
        let kept = log.projection.kept(checkpoint.limit);
        compact::begin_anew(connection, place, &kept, &encode(&kept)?).map_err(fail)?;
    }
    admit_numbers(write.records, |pool, number| read::holder(connection, pool, number).map_err(fail))?;
    let bytes = record::join(bodies.iter().map(Vec::as_slice));
    let head = record::link(write.context, previous, write.stamp, &bytes);
    index::add(connection, place, head, write.stamp, write.records, bodies).map_err(fail)?;
    Ok(head)
}

fn encode(records: &[Record]) -> Result<Vec<Vec<u8>>, StoreError> {
    let bodies = records.iter().map(serde_json::to_vec).collect::<Result<_, _>>();
    bodies.map_err(|error| StoreError::Damaged(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use strata_ports::suite::store::sample;
    use strata_ports::{ExpectHead, Reads, Store};

    use super::*;
    use crate::SqliteStore;

    fn note(store: &SqliteStore, text: &str) -> Result<Head, StoreError> {
        let (context, stamp) = (sample::context("api"), sample::stamp(1));
        let records = [Record::Note { text: text.into() }];
        let write = Write { context: &context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records: &records };
        store.commit(write)
    }

    fn fresh() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        (folder, path)
    }

    #[test]
    fn on_a_full_disk_nothing_enters_and_everything_stays() {
        let (_folder, path) = fresh();
        let store = SqliteStore::open(&path).unwrap();
        let before = note(&store, "before").unwrap();
        let limit = |pages: i64| {
            store.door().unwrap().lock().connection.pragma_update(None, "max_page_count", pages).unwrap();
        };
        limit(1);
        let refused = note(&store, &"x".repeat(100_000)).unwrap_err();
        assert!(
            matches!(&refused, StoreError::Unavailable { committed: Some(false), reason } if reason.ends_with("the disk is full")),
            "{refused:?}"
        );
        assert_eq!(store.head(&sample::context("api")).unwrap(), before);
        limit(i64::from(u32::MAX));
        assert_eq!(note(&store, &"x".repeat(100_000)).unwrap().sequence, 2);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_told() {
        let (_folder, path) = fresh();
        let store = SqliteStore::open(&path).unwrap();
        store.door().unwrap().lock().connection.pragma_update(None, "query_only", true).unwrap();
        let refused = note(&store, "never").unwrap_err();
        assert!(
            matches!(&refused, StoreError::Unavailable { committed: Some(false), reason } if reason.ends_with("the file cannot be written")),
            "{refused:?}"
        );
    }

    #[test]
    fn of_commits_that_share_a_transaction_all_fail_when_it_does() {
        let (_folder, path) = fresh();
        let store = &SqliteStore::open(&path).unwrap();
        note(store, "before").unwrap();
        // Somebody is always on his way in, so the group stays open until he is.
        store.door().unwrap().coming.fetch_add(1, Ordering::SeqCst);
        let results: Vec<Result<Head, StoreError>> = std::thread::scope(|scope| {
            let small = scope.spawn(move || note(store, "small"));
            while store.door().unwrap().lock().members == 0 {
                std::thread::yield_now();
            }
            store.door().unwrap().lock().connection.pragma_update(None, "max_page_count", 1).unwrap();
            let large = scope.spawn(move || note(store, &"x".repeat(100_000)));
            [small, large].into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        store.door().unwrap().coming.fetch_sub(1, Ordering::SeqCst);
        for result in results {
            assert!(matches!(result, Err(StoreError::Unavailable { committed: Some(false), .. })), "{result:?}");
        }
        assert_eq!(store.head(&sample::context("api")).unwrap().sequence, 1);
    }

    #[test]
    fn commits_of_threads_that_come_together_share_a_transaction() {
        let (_folder, path) = fresh();
        let store = &SqliteStore::open(&path).unwrap();
        store.door().unwrap().coming.fetch_add(1, Ordering::SeqCst);
        let heads: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..5).map(|_| scope.spawn(move || note(store, "one").unwrap().sequence)).collect();
            while store.door().unwrap().lock().members < 5 {
                std::thread::yield_now();
            }
            assert_eq!(
                store.head(&sample::context("api")).unwrap(),
                Head::EMPTY,
                "nothing is seen before all is durable"
            );
            let mut inside = store.door().unwrap().lock();
            store.door().unwrap().coming.fetch_sub(1, Ordering::SeqCst);
            inside.settle(&store.path);
            store.door().unwrap().settled.notify_all();
            drop(inside);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let mut sorted = heads;
        sorted.sort_unstable();
        assert_eq!(sorted, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn a_writer_that_panics_takes_nothing_along() {
        let (_folder, path) = fresh();
        let store = &SqliteStore::open(&path).unwrap();
        let died = std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                store.door().unwrap().through(&store.path, |connection| {
                    connection.execute("INSERT INTO record (id, body) VALUES (7, x'00')", []).unwrap();
                    panic!("in the middle");
                    #[expect(unreachable_code, reason = "gives the closure its type")]
                    Ok(())
                })
            });
            thread.join()
        });
        assert!(died.is_err());
        assert_eq!(note(store, "after").unwrap().sequence, 1);
        assert_eq!(store.verify().unwrap(), Vec::<String>::new());
    }
}
