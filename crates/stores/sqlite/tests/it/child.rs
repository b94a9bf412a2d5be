//! Other processes on one store: this test binary again, asked for one ignored test that plays a part.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use strata_model::Record;
use strata_ports::suite::store::sample;
use strata_ports::{ExpectHead, Store, Write};
use strata_store_sqlite::SqliteStore;

const PATH: &str = "STORE_TEST_PATH";
const NAME: &str = "STORE_TEST_NAME";

/// Starts a process that plays a part, which is the name of an ignored test, on a store.
pub(crate) fn start(part: &str, path: &Path, name: &str) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", part, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(PATH, path).env(NAME, name).stdin(Stdio::null()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// In such a process: the store, and the name that it was given.
pub(crate) fn part() -> (SqliteStore, String) {
    let path = PathBuf::from(std::env::var_os(PATH).expect("this part is played by a process that a test starts"));
    (SqliteStore::open(&path).unwrap(), std::env::var(NAME).unwrap())
}

/// A commit of one note in the context of that name.
pub(crate) fn note(
    store: &SqliteStore,
    app: &str,
    expect: ExpectHead,
    text: &str,
) -> Result<u64, strata_ports::StoreError> {
    let (context, stamp) = (sample::context(app), sample::stamp(1));
    let records = [Record::Note { text: text.into() }];
    let write = Write { context: &context, expect, fence: None, stamp: &stamp, records: &records };
    store.commit(write).map(|head| head.sequence)
}
