//! An engine, and a driver of a project of its own on it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use strata_fixtures::docker;
use strata_model::digest::hex;
use strata_model::{Context, Digest, Fingerprint, ProviderInstance, Timestamp, Token, Value};
use strata_ports::{Call, Clock, Owner};
use strata_provider_compose::Compose;

pub(crate) struct Rig {
    pub(crate) driver: Arc<Compose>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) context: Context,
    _locks: tempfile::TempDir,
}

impl Rig {
    /// Environments are projects: one for each test and run, and nothing is left of it in the end.
    pub(crate) fn new(name: &str) -> Rig {
        docker::sweep_old();
        let environment = docker::unique(name);
        let locks = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(RealClock(now()));
        let sealer = Arc::new(|text: &str| {
            Ok(Fingerprint(format!("test:{}", hex(&Digest::of_parts(&[b"key", text.as_bytes()]).0)).into()))
        });
        let instance = ProviderInstance::named("compose");
        let driver = Arc::new(Compose::new(&instance, locks.path().to_owned(), clock.clone(), sealer));
        Rig { driver, clock, context: Context::new("suite", &environment, None).unwrap(), _locks: locks }
    }

    /// What Compose calls it.
    pub(crate) fn project(&self) -> String {
        format!("{}-{}", self.context.org(), self.context.env())
    }

    /// A container of it, such as `web-1`.
    pub(crate) fn name(&self, container: &str) -> String {
        format!("{}-{container}", self.project())
    }

    pub(crate) fn call(&self, unit: &str, role: &str, token: &str) -> Call {
        let owner = Owner { project: "rig".into(), address: self.context.address(unit, role).unwrap() };
        let until = self.clock.monotonic() + Duration::from_secs(60);
        Call { owner, token: Token(token.into()), until, attempt: 1 }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        docker::sweep(&self.project());
    }
}

pub(crate) fn value(json: &str) -> Value {
    strata_model::codec::from_json(json.as_bytes()).unwrap()
}

struct RealClock(Instant);

#[expect(clippy::disallowed_methods, reason = "an engine lives in real time")]
fn now() -> Instant {
    Instant::now()
}

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "an engine lives in real time")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}
