//! Many at once: planners and appliers in processes of their own, on one store, for a while.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::rig::Rig;
use crate::rules;
use crate::view::View;

/// How many of whom.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    pub planners: usize,
    pub appliers: usize,
    pub lasts: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Turns {
    pub plans: u64,
    pub applies: u64,
    /// Applies that found the lease held for longer than they wanted to wait, or their plan overtaken.
    pub refused: u64,
    pub problems: Vec<String>,
}

/// The context that an applier has for himself, and the one that all share.
fn document(own: usize, turn: u64) -> String {
    format!(
        "graph: 1\nprovider: local\npartitions:\n\
         - context: acme/crowd\n  tier: 2\n  nodes:\n    all: {{type: local.x.part, properties: {{by: {own}, turn: {turn}}}}}\n\
         - context: acme/crowd/app{own}\n  tier: 3\n  nodes:\n    one: {{type: local.x.part, properties: {{turn: {turn}}}}}\n"
    )
}

/// Lets a crowd work, and looks whether anybody has lost anything or waited for a lease that he did not need.
pub fn gather(strata: &Path, folder: &Path, crowd: Crowd) -> io::Result<Turns> {
    let rig = Rig::new(strata, folder.to_owned(), None);
    fs::create_dir_all(folder)?;
    // Every entry is held against the rules in the end, so none may go before.
    fs::write(folder.join("strata.toml"), "compact_after = \"never\"\n")?;
    let over = AtomicBool::new(false);
    let last: Vec<AtomicU64> = (0..crowd.appliers).map(|_| AtomicU64::new(0)).collect();
    let mut turns = Turns::default();
    for own in 0..crowd.appliers {
        fs::write(folder.join(format!("{own}.yaml")), document(own, 0))?;
        let first = rig.run(&["apply", &format!("{own}.yaml"), "-y"])?;
        if !first.status.success() {
            return Err(io::Error::other(format!("the crowd cannot begin: {}", first.words)));
        }
    }
    let before = View::of(&rig)?;
    std::thread::scope(|scope| {
        let (rig, over, last) = (&rig, &over, &last);
        let planners: Vec<_> = (0..crowd.planners)
            .map(|planner| scope.spawn(move || plan_on(rig, over, planner % crowd.appliers)))
            .collect();
        let appliers: Vec<_> =
            (0..crowd.appliers).map(|own| scope.spawn(move || apply_on(rig, over, own, &last[own]))).collect();
        wait(crowd.lasts);
        over.store(true, Ordering::Relaxed);
        for worker in planners.into_iter().chain(appliers) {
            let done = worker.join().map_err(|_| io::Error::other("a worker panicked"))??;
            turns.plans += done.plans;
            turns.applies += done.applies;
            turns.refused += done.refused;
            turns.problems.extend(done.problems);
        }
        Ok::<(), io::Error>(())
    })?;
    let now = View::of(&rig)?;
    turns.problems.extend(rules::broken(&before, &now, false).problems);
    turns.problems.extend(rules::unsettled(&now, false));
    turns.problems.extend(lost(&now, &last));
    rig.end_world()?;
    Ok(turns)
}

/// What an applier was told to be done is what there is.
fn lost(now: &View, last: &[AtomicU64]) -> Vec<String> {
    let mut problems = Vec::new();
    let turns: BTreeMap<String, String> =
        now.resources.values().map(|resource| (resource.address.to_string(), resource.observed.to_string())).collect();
    for (own, turn) in last.iter().enumerate() {
        let (address, wanted) = (format!("acme/crowd/app{own}/one/main"), turn.load(Ordering::Relaxed));
        let found = turns.get(&address).cloned().unwrap_or_default();
        if !found.contains(&format!("\"turn\":{wanted}")) {
            problems.push(format!("an update of {address} is lost: {wanted} was told to be done, there is {found}"));
        }
    }
    problems
}

/// Plans again and again. A planner that met a lease would say so.
fn plan_on(rig: &Rig, over: &AtomicBool, of: usize) -> io::Result<Turns> {
    let mut turns = Turns::default();
    while !over.load(Ordering::Relaxed) {
        let ended = rig.run(&["plan", &format!("{of}.yaml")])?;
        turns.plans += 1;
        if !ended.status.success() {
            turns.problems.push(format!("I5: a planner was stopped: {}", ended.words));
        }
    }
    Ok(turns)
}

/// Changes its own context and the one that all share, again and again.
fn apply_on(rig: &Rig, over: &AtomicBool, own: usize, last: &AtomicU64) -> io::Result<Turns> {
    let (mut turns, mut turn) = (Turns::default(), 0);
    let (file, fresh) = (format!("{own}.yaml"), format!("{own}.new"));
    while !over.load(Ordering::Relaxed) {
        turn += 1;
        // As a whole, for planners read it too.
        fs::write(rig.folder().join(&fresh), document(own, turn))?;
        fs::rename(rig.folder().join(&fresh), rig.folder().join(&file))?;
        loop {
            let ended = rig.run(&["apply", &file, "-y", "--lock-timeout", "30s"])?;
            turns.applies += 1;
            match ended.status.code() {
                Some(0) => break,
                // The lease was held, or somebody else has changed what all share since the plan was made.
                Some(6 | 7) => turns.refused += 1,
                _ => {
                    turns.problems.push(format!("an applier failed: {}", ended.words));
                    return Ok(turns);
                }
            }
        }
        last.store(turn, Ordering::Relaxed);
    }
    Ok(turns)
}

#[expect(clippy::disallowed_methods, reason = "a crowd works for a while, by the clock of those who wait for it")]
fn wait(lasts: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < lasts {
        std::thread::sleep(Duration::from_millis(20));
    }
}
