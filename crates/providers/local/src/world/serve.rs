//! The process: one thread a connection, one lock around the state, commits in groups.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use strata_defects::{Defect, Point, pass, planted};
use strata_model::Timestamp;

use super::journal::{Journal, JournalError};
use super::state::{Event, State};
use super::{calls, meddle};
use crate::place;
use crate::protocol::{Admin, Answer, FORMAT, Hello, Message, Refusal, Reply, Request, Status, receive, send};
use crate::settings::{Fault, Moment};

/// How long a world waits for one that is just ending.
const PATIENCE: Duration = Duration::from_millis(300);

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot use {}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Keeps the world of a folder until nobody has been connected for `idle`. Returns at once if another process does so
/// already.
pub fn serve(folder: &Path, idle: Duration) -> Result<(), ServeError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ServeError::Io { path, source }
    };
    make_private(folder).map_err(failed(folder))?;
    let lock_path = folder.join(place::LOCK);
    let lock = File::options().write(true).create(true).truncate(false).open(&lock_path).map_err(failed(&lock_path))?;
    if !take(&lock) {
        return Ok(());
    }
    let key_path = folder.join(place::KEY);
    let key = read_or_make_key(&key_path).map_err(failed(&key_path))?;
    let mut state = State::default();
    let journal = Journal::open(&folder.join(place::JOURNAL), &mut state)?;
    let socket = place::Socket::bind(folder).map_err(failed(folder))?;
    pass(Point::WorldListens);
    let events = state.events();
    let world = Arc::new(World {
        key,
        state: Mutex::new(state),
        durable: AtomicU64::new(events),
        journal: Mutex::new(Some(journal)),
        calls: AtomicU64::new(0),
        guests: Mutex::new(Guests::default()),
        changed: Condvar::new(),
    });
    let door = Arc::clone(&world);
    let listener = socket.listener.try_clone().map_err(failed(folder))?;
    std::thread::spawn(move || door.welcome(&listener));
    let outcome = world.wait(idle);
    socket.remove();
    outcome.map_or(Ok(()), |source| Err(failed(&folder.join(place::JOURNAL))(source)))
}

fn make_private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    if fs::metadata(folder)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn take(lock: &File) -> bool {
    let step = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match lock.try_lock() {
            Ok(()) => return true,
            Err(_) if waited < PATIENCE => {}
            Err(_) => return false,
        }
        std::thread::sleep(step);
        waited += step;
    }
}

/// What secrets are made from: 32 random bytes that stay in this folder.
fn read_or_make_key(path: &Path) -> io::Result<Vec<u8>> {
    let known = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other?,
    };
    if known.len() == 32 {
        return Ok(known);
    }
    let mut key = vec![0; 32];
    File::open("/dev/urandom")?.read_exact(&mut key)?;
    place::write_whole(path, &key)?;
    Ok(key)
}

struct World {
    key: Vec<u8>,
    state: Mutex<State>,
    /// How many events are in the file.
    durable: AtomicU64,
    /// `None` once the file could not be written: what is in it is not known then, so nothing more is told.
    journal: Mutex<Option<Journal>>,
    calls: AtomicU64,
    guests: Mutex<Guests>,
    changed: Condvar,
}

#[derive(Default)]
struct Guests {
    connected: usize,
    /// Nobody is let in any more: the world ends, and whoever knocks had better start another.
    closed: bool,
    /// Why the world cannot go on.
    broken: Option<io::Error>,
}

/// A panic leaves nothing half done that another thread could see: events are applied one by one.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl World {
    fn welcome(self: &Arc<World>, listener: &UnixListener) {
        for stream in listener.incoming() {
            let Ok(stream) = stream else {
                // Too many open files, most likely; some guest will leave.
                std::thread::sleep(Duration::from_millis(10));
                continue;
            };
            let world = Arc::clone(self);
            let mut guests = lock(&self.guests);
            if guests.closed {
                return;
            }
            guests.connected += 1;
            drop(guests);
            std::thread::spawn(move || {
                // However a conversation ends, nothing is lost by it.
                let _ = world.converse(&stream);
                lock(&world.guests).connected -= 1;
                world.changed.notify_all();
            });
        }
    }

    /// Waits until there is a reason to end.
    fn wait(&self, idle: Duration) -> Option<io::Error> {
        let mut guests = lock(&self.guests);
        loop {
            if guests.closed {
                return guests.broken.take();
            }
            if guests.connected > 0 {
                guests = self.changed.wait(guests).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let nobody = |guests: &mut Guests| guests.connected == 0 && !guests.closed;
            let waited = self.changed.wait_timeout_while(guests, idle, nobody);
            let (still, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            guests = still;
            guests.closed |= timeout.timed_out();
        }
    }

    fn end(&self, broken: Option<io::Error>) {
        let mut guests = lock(&self.guests);
        guests.closed = true;
        guests.broken = guests.broken.take().or(broken);
        self.changed.notify_all();
    }

    fn converse(&self, stream: &UnixStream) -> io::Result<()> {
        let (mut from, mut to) = (BufReader::new(stream), stream);
        send(&mut to, &Hello { format: FORMAT, process: std::process::id() })?;
        loop {
            let reply = match receive(&mut from)? {
                Message::Call(request) => {
                    pass(Point::WorldAsked);
                    let reply = self.answer(&request, stream, &mut from)?;
                    pass(Point::WorldAnswers);
                    reply
                }
                Message::Admin(Admin::Stop) => {
                    send(&mut to, &Reply::Admin(Answer::Done))?;
                    self.end(None);
                    return Ok(());
                }
                Message::Admin(admin) => Reply::Admin(self.administer(&admin)?),
            };
            send(&mut to, &reply)?;
        }
    }

    /// Answers a call, or fails it as the rules say. An error ends the conversation without an answer.
    fn answer(&self, request: &Request, stream: &UnixStream, from: &mut impl Read) -> io::Result<Reply> {
        let settings = Arc::clone(&lock(&self.state).settings);
        let occasion = calls::occasion(request);
        let latency = settings.latency_ms(&occasion);
        if latency > 0 {
            std::thread::sleep(Duration::from_millis(latency));
        }
        let refused = |refusal| Ok(Reply::Refused(refusal));
        match settings.fault(&occasion) {
            None => self.carry_out(request),
            Some(Fault::Throttled { retry_after_ms }) => {
                refused(Refusal::Throttled { retry_after_ms: *retry_after_ms })
            }
            Some(Fault::Transient) => refused(Refusal::Transient("an internal error, without effect".to_owned())),
            Some(Fault::Unauthorised) => refused(Refusal::Unauthorised("the token has expired".to_owned())),
            Some(Fault::Forbidden) => refused(Refusal::Forbidden("a rule forbids it".to_owned())),
            Some(Fault::Hang(moment)) => {
                self.carry_out_if_after(*moment, request)?;
                wait_until_gone(from)
            }
            Some(Fault::Cut(moment)) => {
                self.carry_out_if_after(*moment, request)?;
                Err(io::ErrorKind::ConnectionReset.into())
            }
            Some(Fault::Crash(moment)) => {
                self.carry_out_if_after(*moment, request)?;
                crash()
            }
            Some(Fault::Late { after_ms }) => {
                stream.shutdown(std::net::Shutdown::Both)?;
                std::thread::sleep(Duration::from_millis(*after_ms));
                self.carry_out(request)
            }
        }
    }

    fn carry_out_if_after(&self, moment: Moment, request: &Request) -> io::Result<()> {
        if moment == Moment::After {
            self.carry_out(request)?;
        }
        Ok(())
    }

    fn carry_out(&self, request: &Request) -> io::Result<Reply> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let (reply, events) = {
            let mut state = lock(&self.state);
            let reply = calls::call(&mut state, &self.key, request, now());
            (reply, state.events())
        };
        pass(Point::WorldDone);
        self.commit(events)?;
        Ok(reply)
    }

    fn administer(&self, admin: &Admin) -> io::Result<Answer> {
        let bytes = lock(&self.journal).as_ref().map_or(0, Journal::len);
        let (answer, events) = {
            let mut state = lock(&self.state);
            let state = &mut *state;
            meddle::settle(state, now());
            let done = |result: Result<_, String>| result.map_or_else(Answer::Refused, Answer::Object);
            let answer = match admin {
                Admin::Status => Answer::Status(Status {
                    process: std::process::id(),
                    objects: state.len() as u64,
                    calls: self.calls.load(Ordering::Relaxed),
                    bytes,
                }),
                Admin::Settings => Answer::Settings(Box::new((*state.settings).clone())),
                Admin::Configure(settings) => {
                    state.write(Event::Settings(settings.clone()), now());
                    Answer::Done
                }
                Admin::Objects => Answer::Objects(state.objects().cloned().collect()),
                Admin::Make { place, kind, properties } => done(meddle::make(state, place, kind, properties, now())),
                Admin::Meddle { object, after_ms, change } => {
                    done(meddle::meddle(state, object, *after_ms, change, now()))
                }
                Admin::Stop => Answer::Done,
            };
            (answer, state.events())
        };
        self.commit(events)?;
        Ok(answer)
    }

    /// Waits until so many events are on the disk. Whoever comes first takes along what others have added meanwhile.
    fn commit(&self, events: u64) -> io::Result<()> {
        if self.durable.load(Ordering::Acquire) >= events {
            return Ok(());
        }
        if planted(Defect::AnswerBeforeDurable) && !events.is_multiple_of(8) {
            return Ok(());
        }
        let mut journal = lock(&self.journal);
        if self.durable.load(Ordering::Acquire) >= events {
            return Ok(());
        }
        let Some(file) = journal.as_mut() else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let (payload, all) = {
            let mut state = lock(&self.state);
            (state.take_pending(), state.events())
        };
        if let Err(error) = file.append(&payload) {
            *journal = None;
            self.end(Some(error));
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.durable.store(all, Ordering::Release);
        Ok(())
    }
}

fn wait_until_gone(from: &mut impl Read) -> io::Result<Reply> {
    while from.read(&mut [0; 64])? > 0 {}
    Err(io::ErrorKind::ConnectionReset.into())
}

#[expect(clippy::disallowed_methods, clippy::exit, reason = "a crash on order: nothing is closed, nothing is said")]
fn crash() -> ! {
    std::process::exit(super::CRASHED)
}

/// The world's own clock: what is outside has no other.
#[expect(clippy::disallowed_methods, reason = "the world is the outside; nobody hands it a clock")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
