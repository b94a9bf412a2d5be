//! The suite that every store must pass.

use strata_ports::suite::store;
use strata_store_sqlite::SqliteStore;

#[test]
fn it_passes_the_suite_for_stores() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    store::run(|| {
        number += 1;
        SqliteStore::open(&folder.path().join(format!("{number}/store.db"))).unwrap()
    });
}

#[test]
fn it_outlives_a_process() {
    let folder = tempfile::tempdir().unwrap();
    store::run_durable(|| SqliteStore::open(&folder.path().join("store.db")).unwrap());
}
