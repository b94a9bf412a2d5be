//! A project in a folder of its own, and the processes that work on it.

use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use strata_defects::Point;
use strata_provider_local::{Admin, Answer, Launch, Object, Settings, World};

use crate::canary;

/// How often somebody who waits for a process looks at it.
const STEP: Duration = Duration::from_millis(2);

/// A command that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// How long the simulated cloud outlives its last call, in milliseconds.
const IDLE_MS: &str = "20000";

/// A project, with everything that a process of it can see.
#[derive(Debug)]
pub struct Rig {
    /// The command that is tortured.
    strata: PathBuf,
    folder: PathBuf,
    /// The defect that is planted in its processes.
    defect: Option<&'static str>,
    started: AtomicU32,
}

impl Rig {
    pub fn new(strata: &Path, folder: PathBuf, defect: Option<&'static str>) -> Rig {
        Rig { strata: strata.to_owned(), folder, defect, started: AtomicU32::new(0) }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn store(&self) -> PathBuf {
        self.data().join("store.db")
    }

    pub fn secrets(&self) -> PathBuf {
        self.data().join("secrets")
    }

    pub fn key(&self) -> PathBuf {
        self.folder.join("home/.config/strata/keys/data.key")
    }

    pub fn world_log(&self) -> PathBuf {
        self.data().join("world/world.log")
    }

    /// The files that must outlive a process, and the folders that they are in.
    pub fn kept(&self) -> Vec<PathBuf> {
        let store = self.store();
        let beside = ["store.db-wal", "store.db-shm"].map(|name| store.with_file_name(name));
        let secrets = [self.secrets(), self.secrets().with_extension("new")];
        [vec![self.data(), self.data().join("world"), self.world_log(), store], secrets.to_vec(), beside.to_vec()]
            .concat()
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn trace_file(&self) -> PathBuf {
        self.folder.join("trace")
    }

    /// What a process is started with: nothing of our own environment, so that a run is the same everywhere.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.folder);
        command.env("HOME", self.folder.join("home")).env("STRATA_DATA", self.data());
        command.env(canary::VARIABLE, canary::FROM_ENVIRONMENT).env("STRATA_TRACE", self.trace_file());
        if let Some(defect) = self.defect {
            command.env("STRATA_PLANT", defect);
        }
        command
    }

    pub fn strata(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(&self.strata);
        command.args(arguments);
        command
    }

    /// Starts a command whose words are kept in a file beside the project.
    pub fn start(&self, mut command: Command) -> io::Result<Running> {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        let folder = self.folder.join("told");
        fs::create_dir_all(&folder)?;
        let words = folder.join(format!("{number:03}"));
        let file = File::create(&words)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).process_group(0);
        Ok(Running { child: command.spawn()?, words })
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Ended> {
        self.start(self.strata(arguments))?.wait()
    }

    /// Gives a secret to the project.
    pub fn keep_secret(&self, name: &str, text: &str) -> io::Result<()> {
        let file = self.folder.join("given");
        fs::write(&file, text)?;
        let mut command = self.strata(&["secret", "set", name]);
        let status = command.stdin(File::open(&file)?).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        fs::remove_file(&file)?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("secret set: {status}"))) }
    }

    /// The simulated cloud, started without orders where it does not run.
    fn world(&self) -> World {
        let launch = Launch { program: self.strata.clone(), arguments: vec!["world".into(), IDLE_MS.into()] };
        World::new(self.data().join("world"), launch)
    }

    pub fn ask_world(&self, question: Admin) -> io::Result<Answer> {
        self.world().admin(question).map_err(io::Error::other)
    }

    pub fn objects(&self) -> io::Result<Vec<Object>> {
        match self.ask_world(Admin::Objects)? {
            Answer::Objects(objects) => Ok(objects),
            other => Err(io::Error::other(format!("the world said {other:?}"))),
        }
    }

    /// Changes the rules of the cloud and ends its process, so that the next client starts it with its own orders.
    pub fn configure(&self, settings: &Settings) -> io::Result<()> {
        self.ask_world(Admin::Configure(Box::new(settings.clone())))?;
        self.end_world()
    }

    /// Kills the process of the cloud, if there is one.
    pub fn end_world(&self) -> io::Result<()> {
        if self.data().join("world/address").exists()
            && let Answer::Status(status) = self.ask_world(Admin::Status)?
        {
            kill(status.process, Signal::KILL);
            wait_until_gone(status.process);
        }
        Ok(())
    }

    /// What was passed so far, by whom.
    pub fn trace(&self) -> Vec<Pass> {
        let text = fs::read_to_string(self.trace_file()).unwrap_or_default();
        text.lines().filter_map(Pass::read).collect()
    }

    /// The process of the cloud that a client has started last, if it is there. Of a torture that goes on for long the
    /// number of one that has ended comes to mean another process.
    pub fn world_process(&self) -> Option<u32> {
        let world = self.trace().iter().rev().find(|pass| is_of_world(pass.point)).map(|pass| pass.process)?;
        let arguments = fs::read(format!("/proc/{world}/cmdline")).ok()?;
        let folder = self.data().join("world");
        arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == folder.as_os_str().as_encoded_bytes())
            .then_some(world)
    }
}

/// Whether it is the simulated cloud that passes a point.
pub fn is_of_world(point: Point) -> bool {
    point.name().starts_with("world-")
}

/// One line of a trace.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    pub process: u32,
    pub point: Point,
    pub count: u64,
}

impl Pass {
    fn read(line: &str) -> Option<Pass> {
        let mut words = line.split(' ');
        let process = words.next()?.parse().ok()?;
        let name = words.next()?;
        let point = *Point::ALL.iter().find(|point| point.name() == name)?;
        Some(Pass { process, point, count: words.next()?.parse().ok()? })
    }
}

/// A command that was started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    words: PathBuf,
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    pub status: ExitStatus,
    pub words: String,
}

impl Running {
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    pub fn has_ended(&mut self) -> io::Result<bool> {
        self.child.try_wait().map(|status| status.is_some())
    }

    pub fn signal(&self, signal: Signal) {
        kill(self.child.id(), signal);
    }

    /// Whether it has said something.
    pub fn said(&self, words: &str) -> io::Result<bool> {
        Ok(fs::read_to_string(&self.words)?.contains(words))
    }

    pub fn wait(mut self) -> io::Result<Ended> {
        let mut waited = Duration::ZERO;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(Ended { status, words: fs::read_to_string(&self.words)? });
            }
            if waited >= PATIENCE {
                self.signal(Signal::KILL);
                self.child.wait()?;
                let words = fs::read_to_string(&self.words)?;
                return Err(io::Error::new(io::ErrorKind::TimedOut, format!("a command did not end: {words}")));
            }
            std::thread::sleep(STEP);
            waited += STEP;
        }
    }

    /// Waits until something is so, or the command has ended.
    pub fn wait_until(&mut self, mut so: impl FnMut() -> bool) -> io::Result<()> {
        while !so() && !self.has_ended()? {
            std::thread::sleep(STEP);
        }
        Ok(())
    }
}

pub fn kill(process: u32, signal: Signal) {
    if let Some(process) = i32::try_from(process).ok().and_then(Pid::from_raw) {
        // It may have ended by itself.
        let _ = kill_process(process, signal);
    }
}

/// Whether a process runs, or could.
pub fn is_alive(process: u32) -> bool {
    let exists =
        i32::try_from(process).ok().and_then(Pid::from_raw).is_some_and(|process| test_kill_process(process).is_ok());
    exists && state(process) != Some('Z')
}

/// Whether a process was stopped.
pub fn is_stopped(process: u32) -> bool {
    state(process) == Some('T')
}

fn state(process: u32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

pub fn wait_until_gone(process: u32) {
    while is_alive(process) {
        std::thread::sleep(STEP);
    }
}

/// Makes a folder a copy of another one, with all that is in it.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    copy_if(from, to, true)
}

/// Makes a folder with the same folders in it as another one.
pub fn copy_folders(from: &Path, to: &Path) -> io::Result<()> {
    copy_if(from, to, false)
}

fn copy_if(from: &Path, to: &Path, files: bool) -> io::Result<()> {
    clear(to)?;
    let mut open = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = open.pop() {
        fs::create_dir_all(&to)?;
        for entry in fs::read_dir(&from)? {
            let entry = entry?;
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() {
                open.push((from, to));
            } else if kind.is_file() && files {
                fs::copy(&from, &to)?;
            }
        }
    }
    Ok(())
}

/// Removes a folder with all that is in it.
pub fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
