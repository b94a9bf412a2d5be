//! Files that are not as they should be are told clearly, and never taken for a new store.

use std::fs;
use std::path::{Path, PathBuf};

use strata_model::{Fence, Record};
use strata_ports::suite::store::sample;
use strata_ports::{ExpectHead, Reads, Store, StoreError, Write};
use strata_store_sqlite::SqliteStore;

use crate::notes;

/// A store with a resource that needs another, closed.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("store.db");
    let store = SqliteStore::open(&path).unwrap();
    let (context, stamp) = (sample::context("api"), sample::stamp(1));
    let [web, db] = ["web", "db"].map(|unit| context.address(unit, "main").unwrap());
    let commit = |fence, records: &[Record]| {
        store.commit(Write { context: &context, expect: ExpectHead::Any, fence, stamp: &stamp, records }).unwrap();
    };
    commit(None, &[Record::Lease(sample::lease(1))]);
    commit(Some(Fence(1)), &[Record::Resource(Box::new(sample::resource(&db, 1, &[])))]);
    commit(Some(Fence(1)), &[Record::Resource(Box::new(sample::resource(&web, 1, &[&db])))]);
    commit(None, &[Record::Plan(Box::new(sample::plan(&context, 1)))]);
    path
}

fn change(path: &Path, statement: &str) {
    let changed = rusqlite::Connection::open(path).unwrap().execute(statement, []).unwrap();
    assert!(changed > 0, "{statement} changed nothing");
}

/// What opening and verifying says, without the folder.
fn told(path: &Path) -> String {
    let result = SqliteStore::open(path).and_then(|store| store.verify());
    let text = match result {
        Ok(problems) => problems.join("; "),
        Err(error) => error.to_string(),
    };
    text.replace(&*path.parent().unwrap().to_string_lossy(), "DIR")
}

#[test]
fn a_file_that_was_cut_to_nothing_is_no_new_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    fs::write(&path, "").unwrap();
    assert_eq!(told(&path), "the store is damaged: DIR/store.db: the file is no store of Strata");
}

#[test]
fn other_files_are_no_stores() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    fs::write(
        &text,
        "state of terraform, perhaps, of some length, so that it fills a header of a hundred bytes and more",
    )
    .unwrap();
    assert_eq!(told(&text), "the store is damaged: DIR/text.db: the file is no SQLite database");
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert_eq!(told(&other), "the store is damaged: DIR/other.db: the file is no store of Strata");
}

#[test]
fn a_path_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let below = path.join("store.db");
    let error = SqliteStore::open(&below).unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable { committed: Some(false), .. }), "{error:?}");
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert!(matches!(&error, StoreError::Unavailable { committed: Some(false), .. }), "{error:?}");
}

#[test]
fn torn_pages_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    let whole = fs::read(&path).unwrap();
    let mut silent = Vec::new();
    for page in 1..whole.len() / 4096 {
        let mut torn = whole.clone();
        // A page of which only the first half was written.
        torn[page * 4096 + 2048..(page + 1) * 4096].fill(0);
        if torn == whole {
            continue;
        }
        fs::write(&path, &torn).unwrap();
        if told(&path).is_empty() {
            silent.push(page);
        }
    }
    assert_eq!(silent, Vec::<usize>::new(), "pages that can be torn without anybody noticing");
}

#[test]
fn what_was_changed_behind_its_back_is_found() {
    let cases = [
        ("UPDATE entry SET principal = 'mallory' WHERE sequence = 2", "entry 2 does not follow from the one before"),
        ("DELETE FROM entry WHERE sequence = 3", "entry 4 does not follow from the one before"),
        (
            "UPDATE record SET body = CAST(replace(body, '\"serial\":1', '\"serial\":7') AS BLOB)",
            "entry 2 does not follow from the one before",
        ),
        ("DELETE FROM resource WHERE local = 'web/main'", "its resources differ from what the log says"),
        ("DELETE FROM dependency", "its dependencies differ from what the log says"),
        ("DELETE FROM plan", "its plans differ from what the log says"),
        ("UPDATE context SET lease = NULL", "its leases differ from what the log says"),
        ("UPDATE context SET fence = 7", "its fences differ from what the log says"),
    ];
    for (statement, told_of) in cases {
        let folder = tempfile::tempdir().unwrap();
        let path = filled(folder.path());
        change(&path, statement);
        assert_eq!(told(&path), format!("acme/prod/api: {told_of}"), "{statement}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = filled(folder.path());
    change(&path, "INSERT INTO record (id, body) VALUES (1000, x'7b7d')");
    assert_eq!(told(&path), "there are records that no entry has");
    change(&path, "UPDATE resource SET record = (SELECT record FROM plan)");
    let store = SqliteStore::open(&path).unwrap();
    let refused = store.resources(&sample::context("api"));
    assert!(matches!(refused, Err(StoreError::Damaged(_))), "a plan is no resource: {refused:?}");
}

#[test]
fn a_store_made_for_an_import_keeps_the_name_of_the_project() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    assert_eq!(&*SqliteStore::create(&path, Some("p-shop")).unwrap().project().unwrap(), "p-shop");
    assert_eq!(
        &*SqliteStore::create(&path, Some("p-other")).unwrap().project().unwrap(),
        "p-shop",
        "the first one stays"
    );
    let [one, two] = ["1.db", "2.db"].map(|name| SqliteStore::open(&folder.path().join(name)).unwrap());
    assert_ne!(one.project().unwrap(), two.project().unwrap());
    notes::note(&one, "api", ExpectHead::Any, "first").unwrap();
}
