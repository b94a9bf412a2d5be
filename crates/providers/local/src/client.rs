//! The other end of the socket: finds the process that keeps a world, starts it where there is none, and keeps
//! connections for the next call.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::place;
use crate::protocol::{Admin, Answer, FORMAT, Hello, Message, Reply, receive, send};
use crate::world::CRASHED;

/// How long somebody who is not in a hurry waits for the world to answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait before looking again whether the world has come up.
const STEP: Duration = Duration::from_millis(2);

/// How to start the process that keeps a world; the folder is added as the last argument.
#[derive(Clone, Debug)]
pub struct Launch {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// A world, as its users hold it. Nothing is started before it is needed.
#[derive(Debug)]
pub struct World {
    folder: PathBuf,
    launch: Launch,
    idle: Mutex<Vec<Connection>>,
    /// The process that was started last, so that it can be asked how it ended.
    started: Mutex<Option<Child>>,
}

/// What cannot be done with a world.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error("the simulated cloud in {} cannot be started: {reason}", .folder.display())]
    Start { folder: PathBuf, reason: String },
    #[error("the simulated cloud in {} gave no answer: {reason}", .folder.display())]
    NoAnswer { folder: PathBuf, reason: String },
    #[error("the simulated cloud refused: {0}")]
    Refused(String),
}

/// Why there is no reply.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Nothing was asked.
    NotSent(String),
    /// It was asked, and may have been done.
    NoAnswer(String),
}

#[derive(Debug)]
struct Connection {
    stream: BufReader<UnixStream>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    pub fn new(folder: impl Into<PathBuf>, launch: Launch) -> World {
        World { folder: folder.into(), launch, idle: Mutex::default(), started: Mutex::default() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Does something to the world that no driver could.
    pub fn admin(&self, admin: Admin) -> Result<Answer, WorldError> {
        let folder = self.folder.clone();
        let only_looks = matches!(admin, Admin::Status | Admin::Settings | Admin::Objects);
        let message = Message::Admin(admin);
        let mut reply = self.exchange(&message, PATIENCE);
        for _ in 0..2 {
            // The process may have been killed between question and answer; a question may be put again.
            if only_looks && matches!(reply, Err(Lost::NoAnswer(_))) {
                reply = self.exchange(&message, PATIENCE);
            }
        }
        match reply {
            Ok(Reply::Admin(Answer::Refused(reason))) => Err(WorldError::Refused(reason)),
            Ok(Reply::Admin(answer)) => Ok(answer),
            Ok(_) => Err(WorldError::NoAnswer { folder, reason: "it said something else".to_owned() }),
            Err(Lost::NotSent(reason)) => Err(WorldError::Start { folder, reason }),
            Err(Lost::NoAnswer(reason)) => Err(WorldError::NoAnswer { folder, reason }),
        }
    }

    /// Says something and waits for the reply, `limit` at most.
    pub(crate) fn exchange(&self, message: &Message, limit: Duration) -> Result<Reply, Lost> {
        // A connection that was kept may have died since; that shows in sending, and then nothing was asked. Taken out in a
        // statement of its own, so that the lock is not held while waiting.
        loop {
            let kept = lock(&self.idle).pop();
            let Some(connection) = kept else { break };
            match self.talk(connection, message, limit) {
                Err(Lost::NotSent(_)) => {}
                other => return other,
            }
        }
        let (connection, waited) = self.connect(limit)?;
        self.talk(connection, message, limit.saturating_sub(waited).max(STEP))
    }

    fn talk(&self, mut connection: Connection, message: &Message, limit: Duration) -> Result<Reply, Lost> {
        let mut stream = connection.stream.get_ref();
        stream.set_read_timeout(Some(limit)).map_err(|error| Lost::NotSent(error.to_string()))?;
        // The world carries out whole messages only.
        send(&mut stream, message).map_err(|error| Lost::NotSent(error.to_string()))?;
        let reply = receive(&mut connection.stream).map_err(|error| Lost::NoAnswer(told(&error)))?;
        lock(&self.idle).push(connection);
        Ok(reply)
    }

    /// A new connection, to a world that is started if none answers, and how long that took.
    #[expect(clippy::disallowed_methods, reason = "how long a process takes to come up is asked of no other clock")]
    fn connect(&self, limit: Duration) -> Result<(Connection, Duration), Lost> {
        let begun = Instant::now();
        let (mut pause, mut awaited) = (STEP, false);
        loop {
            let why = match self.knock(limit.saturating_sub(begun.elapsed()).max(STEP)) {
                Ok(connection) => return Ok((connection, begun.elapsed())),
                Err(error) => error,
            };
            let waited = begun.elapsed();
            // Somebody is there, and is of another version or says nothing: another process would be of no use.
            let is_taken =
                matches!(why.kind(), io::ErrorKind::Unsupported | io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut);
            if is_taken || waited >= limit {
                return Err(Lost::NotSent(told(&why)));
            }
            // One that dies as soon as it is started is not started again and again without a pause.
            pause = if self.ensure_started(awaited)? { pause * 2 } else { pause };
            awaited = true;
            std::thread::sleep(pause.min(limit.saturating_sub(waited)));
        }
    }

    fn knock(&self, limit: Duration) -> io::Result<Connection> {
        let stream = UnixStream::connect(place::address(&self.folder)?)?;
        stream.set_read_timeout(Some(limit))?;
        let mut stream = BufReader::new(stream);
        let hello: Hello = receive(&mut stream)?;
        if hello.format == FORMAT {
            return Ok(Connection { stream });
        }
        let message = format!("process {} keeps it and is of another version; end it first", hello.process);
        Err(io::Error::new(io::ErrorKind::Unsupported, message))
    }

    /// Starts a process unless one that was started is still coming up. How one has ended matters only while it is
    /// awaited: what ended after it had served for a while may be started again. Tells whether one was started.
    fn ensure_started(&self, awaited: bool) -> Result<bool, Lost> {
        let mut started = lock(&self.started);
        if let Some(child) = started.as_mut() {
            match child.try_wait() {
                Ok(None) => return Ok(false),
                Ok(Some(status)) if awaited && is_failure(status) => {
                    let words = fs::read_to_string(self.folder.join(place::LAST_WORDS)).unwrap_or_default();
                    *started = None;
                    return Err(Lost::NotSent(if words.trim().is_empty() {
                        format!("its process ended with {status}")
                    } else {
                        words.trim().to_owned()
                    }));
                }
                // It found another one at work, or had nothing to do for long.
                _ => {}
            }
        }
        let child = self.start().map_err(|error| Lost::NotSent(error.to_string()))?;
        *started = Some(child);
        Ok(true)
    }

    fn start(&self) -> io::Result<Child> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let last_words = File::create(self.folder.join(place::LAST_WORDS))?;
        Command::new(&self.launch.program)
            .args(&self.launch.arguments)
            .arg(&self.folder)
            // It outlives us, and what our environment holds, secrets perhaps, is none of its business.
            .env_clear()
            .envs(strata_defects::VARIABLES.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(last_words)
            // What interrupts the client must not interrupt the cloud.
            .process_group(0)
            .spawn()
    }
}

/// A world that was killed, or has crashed on order, has said nothing and may be started again.
fn is_failure(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| code != 0 && code != CRASHED)
}

fn told(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "no answer in time".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection broke".to_owned(),
        _ => error.to_string(),
    }
}
