//! Killing a process in the middle of its commits, some of which compact, loses none that returned.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use strata_ports::suite::store::{Random, sample};
use strata_ports::{Reads, Store};
use strata_store_sqlite::SqliteStore;

use crate::child;

const THREADS: usize = 3;
const KILLS: usize = 12;

#[test]
fn a_kill_loses_no_commit_that_returned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.db");
    let mut random = Random(7);
    // By writer, the last commit of which it was told that it returned.
    let mut told: BTreeMap<usize, u64> = BTreeMap::new();
    for kill in 0..KILLS {
        let mut child = child::start("writers", &path, &random.next().to_string());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut left = 1 + random.below(60);
        while left > 0 {
            let line = lines.next().expect("it writes until it is killed").unwrap();
            if hear(&line, &mut told) {
                left -= 1;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        // What was said before it died counts too; its last line may be torn, so it has no end.
        for line in lines.map_while(Result::ok) {
            hear(&line, &mut told);
        }
        let store = SqliteStore::open(&path).unwrap();
        assert_eq!(store.verify().unwrap(), Vec::<String>::new(), "kill {kill}");
        for (&writer, &last) in &told {
            let found = store.head(&sample::context(&writer.to_string())).unwrap().sequence;
            assert!(found >= last, "kill {kill}: writer {writer} was told of {last}, there are {found}");
            assert!(
                found <= last + 1,
                "kill {kill}: writer {writer} has {found}, one more than {last} may be under way"
            );
        }
        for writer in 0..THREADS {
            told.insert(writer, store.head(&sample::context(&writer.to_string())).unwrap().sequence);
        }
    }
    assert!(told.values().all(|&last| last > 0), "every writer wrote: {told:?}");
    let store = SqliteStore::open(&path).unwrap();
    let compacted = |writer: usize| !store.kept(&sample::context(&writer.to_string())).unwrap().is_empty();
    assert!((0..THREADS).all(compacted), "every writer compacted");
}

/// `returned WRITER SEQUENCE.`
fn hear(line: &str, told: &mut BTreeMap<usize, u64>) -> bool {
    let Some(rest) = line.strip_prefix("returned ") else { return false };
    let Some(rest) = rest.strip_suffix('.') else { return false };
    let (writer, sequence) = rest.split_once(' ').unwrap();
    let sequence = sequence.parse().unwrap();
    told.insert(writer.parse().unwrap(), sequence);
    true
}
