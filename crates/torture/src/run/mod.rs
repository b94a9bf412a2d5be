//! Leads a project through the troubles of a case, and looks at it after each.

mod errands;
mod trial;
mod troubles;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use strata_defects::Point;
use strata_provider_local::Settings;

use crate::canary;
use crate::case::{Case, Errand, Resume, Way};
use crate::rig::{self, Rig};
use crate::view::View;
use trial::Trial;

/// Short, because a run that was killed waits for the deadlines of the calls that it left open.
const TIMEOUT: &str = "1s";
const LEASE: &str = "300ms";

/// The contexts of the documents.
const CONTEXTS: [&str; 2] = ["acme/prod", "acme/prod/shop"];

/// How often a command may be repeated after the troubles before it counts as stuck.
const PATIENCE: usize = 6;

const DOCUMENTS: [(&str, &str); 3] = [
    ("before.yaml", include_str!("../documents/before.yaml")),
    ("after.yaml", include_str!("../documents/after.yaml")),
    ("empty.yaml", include_str!("../documents/empty.yaml")),
];

/// Where cases begin and end.
#[derive(Debug)]
pub struct Grounds {
    strata: PathBuf,
    folder: PathBuf,
    ends: BTreeMap<Way, Vec<String>>,
}

/// What came of a case.
#[derive(Debug, Default)]
pub struct Report {
    /// How often each point was passed.
    pub passes: BTreeMap<Point, u64>,
    /// At which points somebody was killed.
    pub killed_at: BTreeMap<Point, u64>,
    /// Kills, by what the command was to do.
    pub kills: BTreeMap<&'static str, u64>,
    /// Troubles that came, by name.
    pub troubles: BTreeMap<&'static str, u64>,
    /// Objects that came after they were given up.
    pub late: u64,
    /// What must not be.
    pub problems: Vec<String>,
}

impl Report {
    fn killed(&mut self, errand: Errand) {
        *self.kills.entry(errand.name()).or_default() += 1;
    }
}

impl Way {
    /// What it leads to.
    pub fn document(self) -> &'static str {
        match self {
            Way::First => "before.yaml",
            Way::Change => "after.yaml",
            Way::Destroy => "empty.yaml",
        }
    }
}

impl Grounds {
    /// Makes the places where cases begin, and learns how they end if nothing goes wrong.
    pub fn prepare(strata: &Path, folder: &Path) -> io::Result<Grounds> {
        let mut grounds = Grounds { strata: strata.to_owned(), folder: folder.to_owned(), ends: BTreeMap::new() };
        let first = Rig::new(strata, grounds.begin(Way::First), None);
        rig::clear(first.folder())?;
        fs::create_dir_all(first.folder())?;
        for (name, text) in DOCUMENTS {
            fs::write(first.folder().join(name), text)?;
        }
        first.keep_secret("vault:db", canary::IN_VAULT[0])?;
        // The key of the cloud is made, and nothing else.
        first.configure(&Settings::default())?;
        fs::remove_file(first.world_log())?;
        let established = Rig::new(strata, grounds.begin(Way::Change), None);
        rig::copy(first.folder(), established.folder())?;
        settle(&established, "before.yaml", Resume::Apply, false)?;
        established.end_world()?;
        rig::copy(established.folder(), &grounds.begin(Way::Destroy))?;
        established.keep_secret("vault:db", canary::IN_VAULT[1])?;
        for way in Way::ALL {
            let rig = Rig::new(strata, folder.join(format!("end-{way:?}")), None);
            rig::copy(&grounds.begin(way), rig.folder())?;
            settle(&rig, way.document(), Resume::Apply, false)?;
            grounds.ends.insert(way, View::of(&rig)?.end());
            rig.end_world()?;
        }
        Ok(grounds)
    }

    pub fn begin(&self, way: Way) -> PathBuf {
        self.folder.join(format!("begin-{way:?}"))
    }

    /// A project that begins such a way, in a folder.
    pub fn rig(&self, way: Way, folder: &Path, defect: Option<&'static str>) -> io::Result<Rig> {
        rig::copy(&self.begin(way), folder)?;
        Ok(Rig::new(&self.strata, folder.to_owned(), defect))
    }

    /// The project that is in a folder.
    pub fn rig_over(&self, folder: &Path) -> Rig {
        Rig::new(&self.strata, folder.to_owned(), None)
    }

    /// I8: in what a project at the end of a way differs from one that nobody has troubled. Where a secret was rotated each
    /// content of it is an update of its own, and the cloud counts them.
    pub fn differs(&self, way: Way, view: &View, rotated: bool) -> Vec<String> {
        let (mut found, mut wanted) = (view.end(), self.ends[&way].clone());
        if rotated {
            found.iter_mut().chain(&mut wanted).for_each(|line| *line = without_revision(line));
        }
        let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| ("missing", line));
        let besides = found.iter().filter(|line| !wanted.contains(line)).map(|line| ("besides", line));
        missing.chain(besides).map(|(how, line)| format!("I8: {how} at the end: {line}")).collect()
    }

    /// Runs a case in a folder, which stays only if something is wrong.
    pub fn run(&self, case: &Case, folder: &Path, defect: Option<&'static str>) -> io::Result<Report> {
        let rig = self.rig(case.way, folder, defect)?;
        let mut report = Report::default();
        if let Err(error) = Trial::new(&rig, case, self, &mut report).and_then(Trial::run) {
            report.problems.push(format!("{error}; the case ends here"));
        }
        for pass in rig.trace() {
            *report.passes.entry(pass.point).or_default() += 1;
        }
        rig.end_world()?;
        if report.problems.is_empty() {
            fs::remove_dir_all(rig.folder())?;
        }
        Ok(report)
    }
}

fn without_revision(line: &str) -> String {
    let Some((before, after)) = line.split_once("\"revision\":") else { return line.to_owned() };
    before.to_owned() + after.trim_start_matches(|char: char| char.is_ascii_digit())
}

/// Applies a document until there is nothing left to do.
pub fn settle(rig: &Rig, document: &str, resume: Resume, refresh: bool) -> io::Result<()> {
    let mut last = String::new();
    for turn in 0..PATIENCE {
        if resume == Resume::Resume && turn == 0 {
            for context in CONTEXTS {
                rig.start(engine_command(rig, &["apply", "--resume", context]))?.wait()?;
            }
        }
        let mut command = apply(rig, document);
        if refresh {
            command.arg("--refresh");
        }
        let ended = rig.start(command)?.wait()?;
        last = ended.words;
        if ended.status.success() {
            return Ok(());
        }
    }
    Err(io::Error::other(format!("I8: it does not come to its end: {last}")))
}

/// The command that is tortured most.
fn apply(rig: &Rig, document: &str) -> Command {
    engine_command(rig, &["apply", document, "-y"])
}

/// A command that takes leases and makes calls.
fn engine_command(rig: &Rig, arguments: &[&str]) -> Command {
    let mut command = rig.strata(arguments);
    command.args(["--timeout", TIMEOUT, "--lease", LEASE, "--lock-timeout", "5s"]);
    command
}
