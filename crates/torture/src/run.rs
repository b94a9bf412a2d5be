//! Leads a project through the troubles of a case, and looks at it after each.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use strata_defects::Point;
use strata_model::{Path as Field, Value};
use strata_provider_local::{Admin, Answer, Meddle, Settings};

use crate::case::{Asked, Case, Change, Resume, Trouble, Way, Who};
use crate::rig::{self, Ended, Rig, Running};
use crate::view::View;
use crate::{canary, rules};

/// Short, because a run that was killed waits for the deadlines of the calls that it left open.
const TIMEOUT: &str = "1s";
const LEASE: &str = "300ms";

/// How often a command may be repeated after the troubles before it counts as stuck.
const PATIENCE: usize = 6;

const DOCUMENTS: [(&str, &str); 3] = [
    ("before.yaml", include_str!("documents/before.yaml")),
    ("after.yaml", include_str!("documents/after.yaml")),
    ("empty.yaml", include_str!("documents/empty.yaml")),
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
    pub kills: u64,
    /// Troubles that came, by name.
    pub troubles: BTreeMap<&'static str, u64>,
    /// Objects that came after they were given up.
    pub late: u64,
    /// What must not be.
    pub problems: Vec<String>,
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

    /// I8: in what a project at the end of a way differs from one that nobody has troubled.
    pub fn differs(&self, way: Way, view: &View) -> Vec<String> {
        let (found, wanted) = (view.end(), &self.ends[&way]);
        let missing = wanted.iter().filter(|line| !found.contains(line)).map(|line| ("missing", line));
        let besides = found.iter().filter(|line| !wanted.contains(line)).map(|line| ("besides", line));
        missing.chain(besides).map(|(how, line)| format!("I8: {how} at the end: {line}")).collect()
    }

    /// Runs a case in a folder, which stays only if something is wrong.
    pub fn run(&self, case: &Case, folder: &Path, defect: Option<&'static str>) -> io::Result<Report> {
        let rig = self.rig(case.way, folder, defect)?;
        let mut report = Report::default();
        let done = Trial { rig: &rig, case, grounds: self, report: &mut report, by_hand: false }.run();
        if let Err(error) = done {
            report.problems.push(format!("the case cannot be played: {error}"));
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

/// Applies a document until there is nothing left to do.
pub fn settle(rig: &Rig, document: &str, resume: Resume, refresh: bool) -> io::Result<()> {
    let mut last = String::new();
    for turn in 0..PATIENCE {
        if resume == Resume::Resume && turn == 0 {
            for context in ["acme/prod", "acme/prod/shop"] {
                rig.run(&["apply", "--resume", context, "--timeout", TIMEOUT, "--lease", LEASE])?;
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

/// The command that is tortured.
fn apply(rig: &Rig, document: &str) -> Command {
    rig.strata(&["apply", document, "-y", "--timeout", TIMEOUT, "--lease", LEASE, "--lock-timeout", "5s"])
}

struct Trial<'a> {
    rig: &'a Rig,
    case: &'a Case,
    grounds: &'a Grounds,
    report: &'a mut Report,
    /// Something was changed behind everybody's back, so that what is there is not only our doing.
    by_hand: bool,
}

impl Trial<'_> {
    fn run(&mut self) -> io::Result<()> {
        let (rig, document) = (self.rig, self.case.way.document());
        if self.case.rules != Settings::default() {
            rig.configure(&self.case.rules)?;
        }
        let mut before = View::of(rig)?;
        rig.end_world()?;
        for (turn, trouble) in self.case.troubles.iter().enumerate() {
            self.bring(trouble)?;
            let now = View::of(rig)?;
            let problems = rules::broken(&before, &now, self.by_hand).problems;
            self.report
                .problems
                .extend(problems.into_iter().map(|problem| format!("{problem}, after trouble {}", turn + 1)));
            before = now;
            // The next one starts the cloud with its own orders.
            rig.end_world()?;
        }
        if self.case.rules != Settings::default() {
            rig.configure(&Settings::default())?;
        }
        self.clear_late(&before)?;
        settle(rig, document, self.case.resume, self.by_hand)?;
        let settled = View::of(rig)?;
        let findings = rules::broken(&before, &settled, self.by_hand);
        self.report.problems.extend(findings.problems);
        self.report.problems.extend(findings.late.iter().map(|object| format!("I4: {object} came late, to the end")));
        self.report.problems.extend(rules::unsettled(&settled, self.by_hand));
        self.compare(&settled);
        self.look_again(document, &settled)?;
        self.report.problems.extend(canary::leaks(rig)?);
        Ok(())
    }

    /// I4: what came too late is told of, and whoever reads that deletes it.
    fn clear_late(&mut self, before: &View) -> io::Result<()> {
        let late = rules::broken(before, &View::of(self.rig)?, true).late;
        if late.is_empty() {
            return Ok(());
        }
        let told = self.rig.run(&["drift"])?.words;
        for object in late {
            if !told.contains(&*object.0) {
                self.report.problems.push(format!("I4: {object} came late, and nobody tells: {told}"));
            }
            self.report.late += 1;
            self.by_hand = true;
            self.rig.ask_world(Admin::Meddle { object, after_ms: None, change: Meddle::Delete })?;
        }
        Ok(())
    }

    /// I8: it is as if nothing had happened.
    fn compare(&mut self, settled: &View) {
        // What was deleted by hand and made again has other names in the cloud.
        if self.by_hand {
            return;
        }
        self.report.problems.extend(self.grounds.differs(self.case.way, settled));
    }

    /// I5, and once more I8: a plan finds nothing to do and changes nothing.
    fn look_again(&mut self, document: &str, settled: &View) -> io::Result<()> {
        let ended = self.rig.run(&["plan", document, "--refresh", "--detailed-exitcode"])?;
        if !ended.status.success() {
            self.report.problems.push(format!("I8: something is left to do: {}", ended.words));
        }
        let now = View::of(self.rig)?;
        if now.heads != settled.heads || now.end() != settled.end() {
            self.report.problems.push("I5: a plan has changed something".to_owned());
        }
        Ok(())
    }

    fn bring(&mut self, trouble: &Trouble) -> io::Result<()> {
        *self.report.troubles.entry(name(trouble)).or_default() += 1;
        let (rig, document) = (self.rig, self.case.way.document());
        let plain = || apply(rig, document);
        match trouble {
            Trouble::KillAt { point, count, both } => self.kill_at(*point, *count, *both),
            Trouble::KillAfter { ms, who } => self.kill_after(*ms, *who),
            Trouble::Pause { point, count } => self.pause(*point, *count),
            Trouble::PauseWorld { point, count, ms } => self.pause_world(*point, *count, *ms),
            Trouble::Jump { point, count, by_ms } => {
                self.end(rig.start(ordered(plain(), *point, *count, &format!("jump:{by_ms}")))?)
            }
            Trouble::Disk { blocks } => self.end(rig.start(limited(rig, document, &format!("-f {blocks}")))?),
            Trouble::Files { most } => self.end(rig.start(limited(rig, document, &format!("-n {most}")))?),
            Trouble::Signal { ms, signal } => {
                let running = rig.start(plain())?;
                std::thread::sleep(Duration::from_millis(*ms));
                running.signal(match signal {
                    Asked::Interrupt => Signal::INT,
                    Asked::Terminate => Signal::TERM,
                    Asked::HangUp => Signal::HUP,
                });
                self.end(running)
            }
            Trouble::Pipe => {
                let mut command = rig.command(Path::new("/bin/sh"));
                command.arg("-c").arg("\"$@\" 2>&1 | exec true").arg("sh");
                command.arg(plain().get_program()).args(plain().get_args());
                self.end(rig.start(command)?)
            }
            Trouble::Rival { ms } => {
                let first = rig.start(plain())?;
                std::thread::sleep(Duration::from_millis(*ms));
                let second = rig.start(plain())?;
                self.end(first)?;
                self.end(second)
            }
            Trouble::Meddle { object, change } => self.meddle(*object, *change),
            Trouble::Stale => self.stale(),
            Trouble::Torn { bytes } => self.tear(*bytes),
        }
    }

    /// However a command ends, it says so and does not crash.
    fn end(&mut self, running: Running) -> io::Result<()> {
        let Ended { status, words } = running.wait()?;
        if status.code() == Some(101) || words.contains("panicked") {
            self.report.problems.push(format!("a command crashed: {words}"));
        }
        Ok(())
    }

    fn kill_at(&mut self, point: Point, count: u64, both: bool) -> io::Result<()> {
        let before = self.rig.trace().len();
        let mut client = self.rig.start(ordered(apply(self.rig, self.case.way.document()), point, count, "kill"))?;
        let passed =
            || self.rig.trace()[before..].iter().find(|pass| (pass.point, pass.count) == (point, count)).copied();
        if rig::is_of_world(point) && both {
            client.wait_until(|| passed().is_some_and(|pass| !rig::is_alive(pass.process)))?;
            client.signal(Signal::KILL);
        }
        self.end(client)?;
        if let Some(pass) = passed() {
            self.report.kills += 1;
            *self.report.killed_at.entry(point).or_default() += 1;
            if both && !rig::is_of_world(point) {
                self.kill_world();
            }
            // It is killed by itself, which may take a moment.
            rig::wait_until_gone(pass.process);
        }
        Ok(())
    }

    fn kill_world(&mut self) {
        if let Some(world) = self.rig.world_process().filter(|world| rig::is_alive(*world)) {
            rig::kill(world, Signal::KILL);
            rig::wait_until_gone(world);
            self.report.kills += 1;
        }
    }

    fn kill_after(&mut self, ms: u64, who: Who) -> io::Result<()> {
        let mut client = self.rig.start(apply(self.rig, self.case.way.document()))?;
        let mut left = ms;
        // A command that is done earlier is done.
        client.wait_until(|| {
            left = left.saturating_sub(2);
            left == 0
        })?;
        if who != Who::World && !client.has_ended()? {
            client.signal(Signal::KILL);
            self.report.kills += 1;
        }
        if who != Who::Client {
            self.kill_world();
        }
        self.end(client)
    }

    /// The lease of somebody who sleeps passes to another, who comes to the end. Then the first one wakes, and can do
    /// nothing any more.
    fn pause(&mut self, point: Point, count: u64) -> io::Result<()> {
        let mut sleeper = self.rig.start(ordered(apply(self.rig, self.case.way.document()), point, count, "stop"))?;
        let process = sleeper.process();
        sleeper.wait_until(|| rig::is_stopped(process))?;
        if !sleeper.has_ended()? {
            let other = self.rig.start(apply(self.rig, self.case.way.document()))?;
            self.end(other)?;
            sleeper.signal(Signal::CONT);
        }
        self.end(sleeper)
    }

    fn pause_world(&mut self, point: Point, count: u64, ms: u64) -> io::Result<()> {
        let before = self.rig.trace().len();
        let mut client = self.rig.start(ordered(apply(self.rig, self.case.way.document()), point, count, "stop"))?;
        let stopped = || {
            let trace = self.rig.trace();
            let mut worlds =
                trace[before..].iter().filter(|pass| rig::is_of_world(pass.point)).map(|pass| pass.process);
            worlds.find(|world| rig::is_stopped(*world))
        };
        // The cloud has the order too if it is started again, so it may stop more than once.
        loop {
            client.wait_until(|| stopped().is_some())?;
            let Some(world) = stopped() else { break };
            std::thread::sleep(Duration::from_millis(ms));
            rig::kill(world, Signal::CONT);
        }
        self.end(client)
    }

    /// Somebody changes or deletes an object by other means.
    fn meddle(&mut self, which: u64, change: Change) -> io::Result<()> {
        let objects = self.rig.objects()?;
        let Some(object) = objects.get(usize::try_from(which % (objects.len() as u64).max(1)).unwrap_or(0)) else {
            return Ok(());
        };
        let change = match change {
            Change::Delete => Meddle::Delete,
            Change::Set => Meddle::Set { path: field("torn"), value: Value::String("by hand".into()) },
        };
        self.by_hand = true;
        match self.rig.ask_world(Admin::Meddle { object: object.id.clone(), after_ms: None, change })? {
            Answer::Object(_) | Answer::Refused(_) => {}
            other => return Err(io::Error::other(format!("the world said {other:?}"))),
        }
        let running = self.rig.start(apply(self.rig, self.case.way.document()))?;
        self.end(running)
    }

    /// A plan that was kept is applied after another one has changed what it rests on.
    fn stale(&mut self) -> io::Result<()> {
        let document = self.case.way.document();
        let planned = self.rig.start(self.rig.strata(&["plan", document, "--out", "kept.json"]))?;
        self.end(planned)?;
        let other = self.rig.start(apply(self.rig, document))?;
        self.end(other)?;
        if self.rig.folder().join("kept.json").exists() {
            let kept =
                self.rig.start(self.rig.strata(&["apply", "kept.json", "--timeout", TIMEOUT, "--lease", LEASE]))?;
            self.end(kept)?;
        }
        Ok(())
    }

    /// What somebody was writing when all ended is there in part.
    fn tear(&mut self, bytes: u64) -> io::Result<()> {
        self.rig.end_world()?;
        let torn = [b"WLD1\0\0\x0f\xff{\"Put\":{\"id\":".as_slice(), &[0; 256]].concat();
        for (file, begin) in [(self.rig.world_log(), &torn[..]), (self.rig.secrets(), b"{\"store\":\"vault\",\"key\":")]
        {
            if file.exists() {
                let part = &begin[..begin.len().min(usize::try_from(bytes).unwrap_or(usize::MAX))];
                fs::File::options().append(true).open(file)?.write_all(part)?;
            }
        }
        let running = self.rig.start(apply(self.rig, self.case.way.document()))?;
        self.end(running)
    }
}

fn field(name: &str) -> Field {
    Field::key(name)
}

/// The command, with an order for whoever passes a point.
fn ordered(mut command: Command, point: Point, count: u64, what: &str) -> Command {
    command.env("STRATA_ORDERS", format!("{}:{count}={what}", point.name()));
    command
}

/// The command, with less of something than it needs.
fn limited(rig: &Rig, document: &str, limit: &str) -> Command {
    let command = apply(rig, document);
    let mut shell = rig.command(Path::new("/bin/sh"));
    // Whoever writes too much is told so, and not killed.
    shell.arg("-c").arg(format!("trap '' XFSZ; ulimit {limit}; exec \"$@\"")).arg("sh");
    shell.arg(command.get_program()).args(command.get_args());
    shell
}

fn name(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::KillAt { .. } => "killed at a point",
        Trouble::KillAfter { .. } => "killed at some time",
        Trouble::Pause { .. } => "a holder that sleeps",
        Trouble::PauseWorld { .. } => "a cloud that sleeps",
        Trouble::Jump { .. } => "a clock that jumps",
        Trouble::Disk { .. } => "a full disk",
        Trouble::Files { .. } => "too many open files",
        Trouble::Signal { .. } => "a signal",
        Trouble::Pipe => "a reader that is gone",
        Trouble::Rival { .. } => "two at the same time",
        Trouble::Meddle { .. } => "a change by hand",
        Trouble::Stale => "a stale plan",
        Trouble::Torn { .. } => "torn ends of files",
    }
}
