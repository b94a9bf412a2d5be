//! Power cuts. What a command writes and syncs is recorded once, system call by system call, for client and cloud together.
//! Then the disk is made again as it could be found after a cut at any moment: what was not synced is there, in part, in
//! another order, or not at all. From each such disk everything must go on.

pub mod disk;
mod record;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use strata_ports::suite::store::Random;

use crate::canary;
use crate::case::{Resume, Way};
use crate::rig::{self, Rig};
use crate::rules;
use crate::run::{Grounds, settle};
use crate::view::View;
use disk::Disk;
use record::Event;

/// Calls of a command that is watched so closely take their time.
const TIMEOUT: &str = "2s";

/// How often a command that fails is recorded anew.
const TRIES: usize = 4;

/// Of so many disks one is led to the end; all are looked at.
const LED: usize = 8;

/// One command as it wrote to its disk.
#[derive(Debug)]
pub struct Recording {
    way: Way,
    /// What was there before, all of it safe.
    begin: PathBuf,
    events: Vec<Event>,
    before: View,
}

/// What came of the disks of a recording.
#[derive(Debug, Default)]
pub struct Cuts {
    pub events: usize,
    pub syncs: usize,
    pub disks: usize,
    /// How many differ from all others.
    pub different: usize,
    pub led: usize,
    pub problems: Vec<String>,
}

/// What a cut leaves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Left {
    /// What was synced, and nothing else.
    Synced,
    /// Of the rest what chance leaves.
    Drawn,
    /// What was synced, when all has been told to be done.
    End,
}

/// Records what one command writes. Under load a call may miss its time although nobody troubles it; then it is recorded anew.
pub fn record(grounds: &Grounds, way: Way, folder: &Path, defect: Option<&'static str>) -> io::Result<Recording> {
    let mut failed = String::new();
    for _ in 0..TRIES {
        match try_to_record(grounds, way, folder, defect)? {
            Ok(recording) => return Ok(recording),
            Err(words) => failed = words,
        }
    }
    Err(io::Error::other(format!("the command that was recorded failed: {failed}")))
}

/// What it said, if it failed.
fn try_to_record(
    grounds: &Grounds,
    way: Way,
    folder: &Path,
    defect: Option<&'static str>,
) -> io::Result<Result<Recording, String>> {
    let rig = grounds.rig(way, &folder.join(format!("recorded-{way:?}")), defect)?;
    let before = View::of(&rig)?;
    rig.end_world()?;
    // Looking has left traces.
    let begin = folder.join(format!("before-{way:?}"));
    rig::copy(rig.folder(), &begin)?;
    let log = folder.join(format!("calls-{way:?}"));
    let mut watched = rig.command(Path::new("strace"));
    // The search for programs needs a path.
    watched.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    watched.args(["-f", "-q", "-y", "-xx", "-s", "100000000", "-e", record::CALLS, "-o"]).arg(&log).arg("--");
    let command = rig.strata(&["apply", way.document(), "-y", "--timeout", TIMEOUT, "--lease", TIMEOUT]);
    watched.arg(command.get_program()).args(command.get_args());
    let mut running = rig.start(watched)?;
    // The cloud goes on when its client has ended, and is watched too; so it is ended for the watching to end.
    while !running.has_ended()? && !running.said("Apply complete")? {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    rig.end_world()?;
    let ended = running.wait()?;
    if !ended.words.contains("Apply complete") {
        return Ok(Err(ended.words));
    }
    let events = record::read(&fs::read_to_string(&log)?, rig.folder())?;
    Ok(Ok(Recording { way, begin, events, before }))
}

impl Recording {
    /// Cuts the power right after each sync, when all that was not synced is gone; so often at moments and with outcomes that
    /// the seed draws; and once more at the very end, when the command has said that it is done.
    pub fn cut(&self, grounds: &Grounds, folder: &Path, seed: u64, times: usize) -> io::Result<Cuts> {
        let mut random = Random(seed ^ self.way as u64);
        let is_sync = |(_, event): &(usize, &Event)| matches!(event, Event::Synced { .. });
        let mut moments: Vec<(usize, Left)> =
            self.events.iter().enumerate().filter(is_sync).map(|(at, _)| (at + 1, Left::Synced)).collect();
        let mut cuts = Cuts { events: self.events.len(), syncs: moments.len(), ..Cuts::default() };
        moments.extend((0..times).map(|_| (random.below(self.events.len() + 1), Left::Drawn)));
        moments.push((self.events.len(), Left::End));
        moments.sort_unstable();
        let mut disk = Disk::of(&self.begin)?;
        let (mut done, mut seen) = (0, BTreeMap::new());
        for (number, &(moment, left)) in moments.iter().enumerate() {
            self.events[done..moment].iter().for_each(|event| disk.take(event));
            done = moment;
            let files = if left == Left::Drawn { disk.cut(&mut random) } else { disk.synced() };
            cuts.disks += 1;
            let place = folder.join(format!("cut-{:?}-{number}", self.way));
            let is_new = seen.insert(disk::digest(&files), ()).is_none();
            cuts.different += usize::from(is_new);
            if !is_new && left != Left::End {
                continue;
            }
            disk::write_files(&files, &self.begin, &place)?;
            let rig = grounds.rig_over(&place);
            let mut problems = self.look(&rig)?;
            if problems.is_empty() && (left == Left::End || number % LED == 0) {
                cuts.led += 1;
                problems = self.lead(grounds, &rig, left)?;
            }
            rig.end_world()?;
            let at = format!("power cut {number} of {:?}, after {moment} of {} calls", self.way, self.events.len());
            if problems.is_empty() {
                rig::clear(&place)?;
            }
            cuts.problems.extend(problems.into_iter().map(|problem| format!("{problem}, {at}")));
        }
        Ok(cuts)
    }

    fn look(&self, rig: &Rig) -> io::Result<Vec<String>> {
        let now = match View::of(rig) {
            Ok(now) => now,
            Err(error) => return Ok(vec![format!("I3: the cloud cannot be read: {error}")]),
        };
        let mut problems = rules::broken(&self.before, &now, false).problems;
        problems.extend(rules::unopenable(&now, &canary::in_sink(rig)?));
        problems.extend(canary::leaks(rig, &BTreeSet::new())?);
        Ok(problems)
    }

    /// I8, from here.
    fn lead(&self, grounds: &Grounds, rig: &Rig, left: Left) -> io::Result<Vec<String>> {
        let mut problems = Vec::new();
        if left == Left::End {
            let now = View::of(rig)?;
            problems.extend(
                grounds
                    .differs(self.way, &now, false)
                    .into_iter()
                    .map(|line| format!("{line}, and all was told to be done")),
            );
        }
        if let Err(error) = settle(rig, self.way.document(), Resume::Apply, false) {
            return Ok(vec![error.to_string()]);
        }
        let now = View::of(rig)?;
        problems.extend(rules::unsettled(&now, false));
        problems.extend(rules::needless(&now, &canary::in_sink(rig)?));
        problems.extend(grounds.differs(self.way, &now, false));
        Ok(problems)
    }
}
