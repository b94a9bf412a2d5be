//! What befalls commands, one way each.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;
use strata_defects::Point;
use strata_model::{Path as Field, Value};
use strata_provider_local::{Admin, Answer, Mark, Meddle, Object};

use super::trial::Trial;
use super::{CONTEXTS, apply, engine_command};
use crate::canary;
use crate::case::{Asked, Broken, Change, Errand, Trouble, Who};
use crate::rig::{self, Rig};

impl Trial<'_> {
    pub(super) fn bring(&mut self, trouble: &Trouble) -> io::Result<()> {
        *self.report.troubles.entry(name(trouble)).or_default() += 1;
        let (rig, document) = (self.rig, self.case.way.document());
        let plain = || apply(rig, document);
        match trouble {
            Trouble::Nothing => self.end(rig.start(plain())?),
            Trouble::KillAt { errand, point, count, both } => self.kill_at(*errand, *point, *count, *both),
            Trouble::KillAfter { errand, ms, who } => self.kill_after(*errand, *ms, *who),
            Trouble::Pause { point, count, broken } => self.pause(*point, *count, *broken),
            Trouble::PauseWorld { point, count, ms } => self.pause_world(*point, *count, *ms),
            Trouble::Jump { point, count, by_ms } => {
                self.end(rig.start(ordered(plain(), *point, *count, &format!("jump:{by_ms}")))?)
            }
            Trouble::Disk { blocks } => self.end(rig.start(limited(rig, document, &format!("-f {blocks}")))?),
            Trouble::Calls { broken, from, once } => {
                self.end(rig.start(failing(rig, &plain(), *broken, *from, *once))?)
            }
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
            Trouble::Rotate { ms } => {
                let running = rig.start(plain())?;
                std::thread::sleep(Duration::from_millis(*ms));
                rig.keep_secret("vault:db", canary::IN_VAULT[1 - self.secret()])?;
                self.end(running)?;
                rig.keep_secret("vault:db", canary::IN_VAULT[self.secret()])
            }
            Trouble::Stale => self.stale(),
            Trouble::Torn { bytes } => self.tear(*bytes),
        }
    }

    fn kill_at(&mut self, errand: Errand, point: Point, count: u64, both: bool) -> io::Result<()> {
        let (errand, command) = self.set_out(errand)?;
        // The cloud is started with the order too.
        self.rig.end_world()?;
        let before = self.rig.trace().len();
        let mut client = self.rig.start(ordered(command, point, count, "kill"))?;
        let passed =
            || self.rig.trace()[before..].iter().find(|pass| (pass.point, pass.count) == (point, count)).copied();
        if rig::is_of_world(point) && both {
            client.wait_until(|| passed().is_some_and(|pass| !rig::is_alive(pass.process)))?;
            client.signal(Signal::KILL);
        }
        self.end(client)?;
        if let Some(pass) = passed() {
            self.report.killed(errand);
            *self.report.killed_at.entry(point).or_default() += 1;
            if both && !rig::is_of_world(point) && self.kill_world() {
                self.report.killed(errand);
            }
            // It is killed by itself, which may take a moment.
            rig::wait_until_gone(pass.process);
        }
        // Nor does what comes next have the order.
        self.rig.end_world()?;
        self.come_home(errand)
    }

    fn kill_world(&mut self) -> bool {
        let world = self.rig.world_process().filter(|world| rig::is_alive(*world));
        if let Some(world) = world {
            rig::kill(world, Signal::KILL);
            rig::wait_until_gone(world);
        }
        world.is_some()
    }

    fn kill_after(&mut self, errand: Errand, ms: u64, who: Who) -> io::Result<()> {
        let (errand, command) = self.set_out(errand)?;
        let mut client = self.rig.start(command)?;
        let mut left = ms;
        // A command that is done earlier is done.
        client.wait_until(|| {
            left = left.saturating_sub(2);
            left == 0
        })?;
        if who != Who::World && !client.has_ended()? {
            client.signal(Signal::KILL);
            self.report.killed(errand);
        }
        if who != Who::Client && self.kill_world() {
            self.report.killed(errand);
        }
        self.end(client)?;
        self.come_home(errand)
    }

    /// The lease of somebody who sleeps passes to another, or is taken from him first; the other comes to the end. Then the
    /// first one wakes, and can do nothing any more.
    fn pause(&mut self, point: Point, count: u64, broken: bool) -> io::Result<()> {
        let mut sleeper = self.rig.start(ordered(apply(self.rig, self.case.way.document()), point, count, "stop"))?;
        let process = sleeper.process();
        sleeper.wait_until(|| rig::is_stopped(process))?;
        if !sleeper.has_ended()? {
            for context in CONTEXTS.iter().filter(|_| broken) {
                let breaking = self.rig.start(self.rig.strata(&["lock", "break", context]))?;
                self.end(breaking)?;
            }
            // Under load it may wait in vain for the lease.
            for _ in 0..3 {
                if self.rig.start(apply(self.rig, self.case.way.document()))?.wait()?.status.success() {
                    break;
                }
            }
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
        let what = match change {
            Change::Delete => Meddle::Delete,
            Change::Set => Meddle::Set { path: Field::key("torn"), value: Value::String("by hand".into()) },
            Change::Steal => {
                Meddle::Mark(object.mark.as_ref().map(|mark| Mark { project: "thief".into(), ..mark.clone() }))
            }
        };
        self.by_hand = true;
        self.change(object, what)?;
        // The client starts a cloud of its own.
        self.rig.end_world()?;
        let running = self.rig.start(apply(self.rig, self.case.way.document()))?;
        self.end(running)?;
        if change == Change::Steal {
            // I2: what is somebody else's is left alone.
            let now = self.rig.objects()?.into_iter().find(|now| now.id == object.id);
            if now.is_none_or(|now| now.attributes != object.attributes) {
                self.report.problems.push(format!("I2: {} belongs to somebody else, and was changed", object.id));
            } else {
                self.change(object, Meddle::Mark(object.mark.clone()))?;
            }
        }
        Ok(())
    }

    fn change(&self, object: &Object, change: Meddle) -> io::Result<()> {
        match self.rig.ask_world(Admin::Meddle { object: object.id.clone(), after_ms: None, change })? {
            Answer::Object(_) | Answer::Refused(_) => Ok(()),
            other => Err(io::Error::other(format!("the world said {other:?}"))),
        }
    }

    /// A plan that was kept is applied after another one has changed what it rests on.
    fn stale(&mut self) -> io::Result<()> {
        let document = self.case.way.document();
        let planned = self.rig.start(self.rig.strata(&["plan", document, "--out", "kept.json"]))?;
        self.end(planned)?;
        let other = self.rig.start(apply(self.rig, document))?;
        self.end(other)?;
        if self.rig.folder().join("kept.json").exists() {
            let kept = self.rig.start(engine_command(self.rig, &["apply", "kept.json"]))?;
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

/// The command, and the cloud that it starts, with calls of the system that fail.
fn failing(rig: &Rig, command: &Command, broken: Broken, from: u64, once: bool) -> Command {
    let (calls, error) = match broken {
        Broken::Full => ("write,pwrite64,ftruncate,fallocate", "ENOSPC"),
        Broken::Write => ("write,pwrite64", "EIO"),
        Broken::Sync => ("fsync,fdatasync", "EIO"),
        Broken::Read => ("read,pread64", "EIO"),
        Broken::ReadOnly => ("rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir", "EROFS"),
        Broken::Denied => ("open,openat", "EACCES"),
    };
    let when = if once { from.to_string() } else { format!("{from}+") };
    let mut watched = rig.command(Path::new("strace"));
    // The search for programs needs a path.
    watched.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // The watcher is in the background, so that we see how the command ends while the cloud goes on.
    watched.args(["-DDD", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null"]);
    for path in rig.kept() {
        watched.arg("-P").arg(path);
    }
    watched.arg("-e").arg(format!("trace={calls}")).arg("-e").arg(format!("inject={calls}:error={error}:when={when}"));
    watched.arg("--").arg(command.get_program()).args(command.get_args());
    watched
}

fn name(trouble: &Trouble) -> &'static str {
    match trouble {
        Trouble::Nothing => "nothing",
        Trouble::KillAt { .. } => "killed at a point",
        Trouble::KillAfter { .. } => "killed at some time",
        Trouble::Pause { broken: false, .. } => "a holder that sleeps",
        Trouble::Pause { broken: true, .. } => "a holder whose lease is taken away",
        Trouble::PauseWorld { .. } => "a cloud that sleeps",
        Trouble::Jump { .. } => "a clock that jumps",
        Trouble::Disk { .. } => "files that cannot grow",
        Trouble::Calls { broken: Broken::Full, .. } => "a disk that is full",
        Trouble::Calls { broken: Broken::Write | Broken::Sync | Broken::Read, .. } => "a disk that is broken",
        Trouble::Calls { broken: Broken::ReadOnly | Broken::Denied, .. } => "files that are not ours any more",
        Trouble::Files { .. } => "too many open files",
        Trouble::Signal { .. } => "a signal",
        Trouble::Pipe => "a reader that is gone",
        Trouble::Rival { .. } => "two at the same time",
        Trouble::Meddle { change: Change::Steal, .. } => "an object that changes hands",
        Trouble::Meddle { .. } => "a change by hand",
        Trouble::Rotate { .. } => "a secret that changes meanwhile",
        Trouble::Stale => "a stale plan",
        Trouble::Torn { .. } => "torn ends of files",
    }
}
