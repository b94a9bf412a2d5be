//! Prints how long the store takes for what the engine asks of it, as `scripts/bench store` shows.
//!
//! `measure FOLDER` makes its store in a folder, so that the disk that is measured can be chosen.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use strata_model::{Context, Fence, Record};
use strata_ports::suite::store::sample;
use strata_ports::{ExpectHead, Reads, Store, Write};
use strata_store_sqlite::SqliteStore;

const RESOURCES: u64 = 5000;
const COMMITS: u64 = 1000;
const THREADS: u64 = 8;

fn main() -> Result<(), String> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("which folder?")?;
    let folder = tempfile::tempdir_in(folder).map_err(|error| error.to_string())?;
    let path = folder.path().join("store.db");
    let store = SqliteStore::open(&path).map_err(|error| error.to_string())?;
    let context = sample::context("api");
    commit(&store, &context, None, &[Record::Lease(sample::lease(1))])?;

    let all: Vec<Record> = (0..RESOURCES).map(|number| resource(&context, number)).collect::<Result<_, String>>()?;
    tell("commit of 5000 resources", time(1, || commit(&store, &context, Some(1), &all))?);
    tell("read of 5000 resources", time(11, || store.resources(&context).map_err(|error| error.to_string()))?);
    let addresses: Vec<_> =
        store.resources(&context).map_err(|e| e.to_string())?.into_iter().map(|r| r.address).collect();
    tell("dependents of 5000", time(11, || store.dependents_of(&addresses).map_err(|error| error.to_string()))?);
    tell("verify of 5000", time(3, || store.verify().map_err(|error| error.to_string()))?);
    tell("opening", time(11, || SqliteStore::open(&path).map_err(|error| error.to_string()))?);

    tell(
        "1000 commits of one thread",
        time(1, || {
            (0..COMMITS).try_for_each(|number| commit(&store, &context, Some(1), &[resource(&context, number)?]))
        })?,
    );
    tell(
        "1000 commits of 8 threads",
        time(1, || {
            std::thread::scope(|scope| {
                let work = |thread: u64| {
                    let (store, context) = (&store, &context);
                    scope.spawn(move || {
                        (thread..COMMITS)
                            .step_by(8)
                            .try_for_each(|number| commit(store, context, Some(1), &[resource(context, number)?]))
                    })
                };
                let threads: Vec<_> = (0..THREADS).map(work).collect();
                threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread died".to_owned())?)
            })
        })?,
    );
    Ok(())
}

fn resource(context: &Context, number: u64) -> Result<Record, String> {
    let address =
        |number: u64| context.address(&format!("unit-{number:05}"), "main").map_err(|error| error.to_string());
    let needs = address(number / 10)?;
    Ok(Record::Resource(Box::new(sample::resource(&address(number)?, number, &[&needs]))))
}

fn commit(store: &SqliteStore, context: &Context, fence: Option<u64>, records: &[Record]) -> Result<(), String> {
    let stamp = sample::stamp(1);
    let write = Write { context, expect: ExpectHead::Any, fence: fence.map(Fence), stamp: &stamp, records };
    store.commit(write).map(drop).map_err(|error| error.to_string())
}

/// The median of so many times.
#[expect(clippy::disallowed_methods, reason = "this measures")]
fn time<T>(times: usize, mut work: impl FnMut() -> Result<T, String>) -> Result<Duration, String> {
    let mut taken = Vec::new();
    for _ in 0..times {
        let begin = Instant::now();
        drop(work()?);
        taken.push(begin.elapsed());
    }
    taken.sort_unstable();
    Ok(taken[times / 2])
}

#[expect(clippy::print_stdout, reason = "figures are its data")]
fn tell(what: &str, taken: Duration) {
    println!("store/{} {} us", what.replace(' ', "-"), taken.as_micros());
}
