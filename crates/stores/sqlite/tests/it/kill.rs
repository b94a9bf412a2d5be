//! Killing a process in the middle of its commits loses none that returned.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write as _};

use strata_ports::suite::store::{Random, sample};
use strata_ports::{ExpectHead, Store};
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
        let mut child = child::start("kill::writers", &path, &random.next().to_string());
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
}

/// `returned WRITER SEQUENCE.`
fn hear(line: &str, told: &mut BTreeMap<usize, u64>) -> bool {
    // The test harness puts words of its own before the first.
    let Some((_, rest)) = line.split_once("returned ") else { return false };
    let Some(rest) = rest.strip_suffix('.') else { return false };
    let (writer, sequence) = rest.split_once(' ').unwrap();
    let sequence = sequence.parse().unwrap();
    told.insert(writer.parse().unwrap(), sequence);
    true
}

/// Commits in several threads and says so after each, until it is killed.
#[test]
#[ignore = "a part that another test starts"]
fn writers() {
    let (store, seed) = child::part();
    let store = &store;
    let seed: u64 = seed.parse().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..THREADS {
            scope.spawn(move || {
                let mut random = Random(seed ^ writer as u64);
                loop {
                    let text = "x".repeat(random.below(20_000));
                    let sequence = child::note(store, &writer.to_string(), ExpectHead::Any, &text).unwrap();
                    // One write a line, so that lines of several threads do not mix.
                    let line = format!("returned {writer} {sequence}.\n");
                    say(&line);
                }
            });
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a process that plays a part tells its parent what it did")]
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.flush().unwrap();
}
