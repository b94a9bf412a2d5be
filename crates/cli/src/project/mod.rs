//! A project: where its store, its secrets and its simulated cloud are, and the engine over them.

mod agent;
mod board;
pub(crate) mod cache;
mod clock;
mod disk;
mod document;
mod drivers;
mod identity;
mod knowledge;
pub(crate) mod names;
mod places;
pub(crate) mod plans;
mod progress;
pub(crate) mod recorded;
mod signing;
mod texts;
mod tidy;
mod trust;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use strata_base::Sources;
use strata_engine::{Authority, Engine, Failure, FailureKind, Identity, Interrupt, Limits, Verb};
use strata_model::{Context, Event, Lease, Principal, Resource, Tier, Token};
use strata_ports::{Call, Clock, DriverError, Drivers, LogQuery, Owner, Reads, StoreError};
use strata_provider_local::World;
use strata_store_secrets::FileSecrets;
use strata_store_sqlite::SqliteStore;

use crate::App;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::ui::Ui;

use clock::SystemClock;
use drivers::Providers;

pub(crate) use disk::{Disk, text, unreadable};
pub(crate) use document::{Document, DocumentArgs, Given, MadeOf, templates_of};
pub(crate) use knowledge::{Knowledge, files, library_of};
pub(crate) use places::Places;
pub(crate) use signing::KeyArgs;
pub(crate) use texts::toml;

/// Options of commands that work with a store.
#[derive(clap::Args, Clone, Debug)]
#[command(next_help_heading = "Options of the engine")]
pub(crate) struct EngineArgs {
    /// Calls at the same time
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    parallelism: usize,

    /// How long to wait for somebody else's lease, as in `30s` or `5m`
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    lock_timeout: Duration,

    /// When a call to a provider is given up
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = some_time)]
    timeout: Duration,

    /// How long a lease outlives its last heartbeat
    #[arg(long, value_name = "TIME", value_parser = duration, hide = true)]
    lease: Option<Duration>,
}

impl EngineArgs {
    /// The same, with what a document says where the command line says nothing.
    pub(crate) fn of(&self, document: &Document) -> EngineArgs {
        EngineArgs { lease: self.lease.or(document.lock_timeout), ..self.clone() }
    }

    fn limits(&self) -> Limits {
        Limits {
            parallelism: self.parallelism,
            lease: self.lease.unwrap_or(Duration::from_secs(30)),
            lease_wait: self.lock_timeout,
            call: self.timeout,
            ..Limits::default()
        }
    }
}

pub(crate) struct Project {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) secrets: Arc<FileSecrets>,
    pub(crate) authority: Authority,
    drivers: Providers,
    clock: Arc<SystemClock>,
    identity: Identity,
    /// One for all that a command does: a wish to stop that comes during one apply holds for the next one too.
    interrupt: Interrupt,
    /// Nothing is being changed, so that an interrupt may end the process at once.
    idle: Arc<AtomicBool>,
}

/// The simulated cloud of the project of the working folder.
pub(crate) fn world(app: &App) -> Result<World, CommandError> {
    drivers::world(Places::of(app)?.world)
}

impl Project {
    /// The project of the working folder. Its store is made when it is first used.
    pub(crate) fn open(app: &App) -> Result<Project, CommandError> {
        let places = Places::of(app)?;
        let store = SqliteStore::open(&places.store).map_err(|error| {
            let is_elsewhere = matches!(error, StoreError::Unavailable { .. });
            let mut told = told(Failure::from(error));
            for told in told.diagnostics.iter_mut().filter(|_| is_elsewhere) {
                told.hints.push("STRATA_DATA names another folder for what a project keeps".to_owned());
            }
            told
        })?;
        let clock = Arc::new(SystemClock::new());
        let secrets = Arc::new(places.open_secrets());
        let (identity, authority) = places.authority()?;
        let drivers = Providers::new(places.world, places.locks, clock.clone(), secrets.clone())?;
        let (interrupt, idle) = (Interrupt::new(), Arc::new(AtomicBool::new(true)));
        identity::on_signal(&interrupt, &idle)?;
        Ok(Project { store: Arc::new(store), secrets, authority, drivers, clock, identity, interrupt, idle })
    }

    /// Refuses who may not do that in that tier of a context; without a tier, in none of them.
    pub(crate) fn permit(&self, verb: Verb, context: &Context, tier: Option<Tier>) -> Result<(), CommandError> {
        let tiers = tier.map_or_else(|| Tier::ALL.to_vec(), |tier| vec![tier]);
        let tried: Vec<_> =
            tiers.iter().map(|&tier| self.authority.permit(self.principal(), verb, context, tier)).collect();
        if tried.iter().any(Result::is_ok) {
            return Ok(());
        }
        tried.into_iter().collect::<Result<(), Failure>>().map_err(told)
    }

    /// Who acts.
    pub(crate) fn principal(&self) -> &Principal {
        &self.identity.principal
    }

    /// Whether the holder of a lease is known to have died: whoever comes next takes it over without waiting.
    pub(crate) fn is_abandoned(&self, context: &Context, lease: &Lease) -> Result<bool, CommandError> {
        if (self.identity.is_gone)(&lease.holder) != Some(true) {
            return Ok(false);
        }
        // Since it was seen he may have given it back and ended.
        let now = self.store.lease(context).map_err(|error| told(error.into()))?;
        Ok(now.is_some_and(|now| now.fence == lease.fence))
    }

    /// What a resource has written, line by line; `line` says whether more is wanted, and so does an interrupt.
    pub(crate) fn logs(
        &self,
        resource: &Resource,
        query: &LogQuery,
        line: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<Result<(), DriverError>, CommandError> {
        let Some(driver) = self.drivers.driver(&resource.provider) else {
            return Ok(Err(DriverError::Unsupported(format!("the provider {}", resource.provider))));
        };
        let project = self.store.project().map_err(|error| told(error.into()))?;
        let owner = Owner { project, address: resource.address.clone() };
        let until = self.clock.monotonic() + Limits::default().call;
        let call = Call { owner, token: Token("look".into()), until, attempt: 1 };
        let mut wanted = |told: Option<&str>| !self.interrupt.is_raised() && line(told);
        Ok(self.undisturbed(|| driver.logs(&resource.kind, &resource.object, query, &call, &mut wanted)))
    }

    /// Does what an interrupt must not cut short.
    fn undisturbed<T>(&self, work: impl FnOnce() -> T) -> T {
        self.idle.store(false, Ordering::SeqCst);
        let done = work();
        self.idle.store(true, Ordering::SeqCst);
        done
    }

    /// Lets the engine change something; the first interrupt only asks it to stop.
    pub(crate) fn engine<T: Send>(
        &self,
        ui: &mut Ui,
        args: &EngineArgs,
        work: impl FnOnce(&Engine<'_>) -> Result<T, Failure> + Send,
    ) -> Result<T, CommandError> {
        self.undisturbed(|| self.look(ui, args, work))
    }

    /// Runs the engine on a thread of its own, while this one shows what goes on. It changes nothing but what the store
    /// takes in one piece, so an interrupt may end it anywhere.
    pub(crate) fn look<T: Send>(
        &self,
        ui: &mut Ui,
        args: &EngineArgs,
        work: impl FnOnce(&Engine<'_>) -> Result<T, Failure> + Send,
    ) -> Result<T, CommandError> {
        let limits = args.limits();
        let (tell, told_events) = mpsc::channel::<Event>();
        let tell = Mutex::new(tell);
        let events = |event: Event| {
            // Who shows events may have gone; what is done goes on.
            let _ = tell.lock().unwrap_or_else(PoisonError::into_inner).send(event);
        };
        let (tell_end, end) = mpsc::channel::<()>();
        let done = std::thread::scope(|scope| {
            let (interrupt, limits, events) = (&self.interrupt, &limits, &events);
            let working = scope.spawn(move || {
                let engine = Engine {
                    store: &*self.store,
                    drivers: &self.drivers,
                    secrets: &*self.secrets,
                    clock: &*self.clock,
                    events,
                    interrupt,
                    who: &self.identity,
                    limits,
                };
                let done = work(&engine);
                let _ = tell_end.send(());
                done
            });
            let shown = progress::show(ui, &told_events, &end, &*self.clock, &self.interrupt);
            match working.join() {
                Ok(done) => done.map_err(told).and_then(|done| shown.map(|()| done)),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })?;
        Ok(done)
    }
}

/// What the engine failed at, with the exit code that fits.
pub(crate) fn told(failure: Failure) -> CommandError {
    told_in(failure, Sources::new())
}

pub(crate) fn told_in(failure: Failure, sources: Sources) -> CommandError {
    let exit = match failure.kind {
        FailureKind::Error => Exit::Error,
        FailureKind::Validation => Exit::Validation,
        FailureKind::NotAllowed => Exit::Policy,
        FailureKind::ApprovalNeeded => Exit::ApprovalNeeded,
        FailureKind::LockHeld => Exit::LockHeld,
        FailureKind::Stale => Exit::PlanStale,
        FailureKind::Partial => Exit::Partial,
        FailureKind::Interrupted => Exit::Interrupted,
        FailureKind::NotFound => Exit::NotFound,
    };
    CommandError::new(exit, failure.diagnostics, sources)
}

/// `30s`, `5m`, `250ms`, `1h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let at = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is not a time such as `30s`"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        _ => Err(format!("`{text}` is not a time such as `30s`, `5m` or `250ms`")),
    }
}

pub(crate) fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("`{text}` is not a number from 1 on"))
}

/// The same, and more than none: in no time no call can be made.
fn some_time(text: &str) -> Result<Duration, String> {
    duration(text)
        .and_then(|time| if time.is_zero() { Err("no time at all is too little".to_owned()) } else { Ok(time) })
}

/// A context as people name it.
pub(crate) fn context(text: &str) -> Result<Context, String> {
    text.parse().map_err(|error: strata_model::AddressError| error.to_string())
}
