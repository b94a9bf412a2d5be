//! An engine, and a driver of a project of its own on it.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use strata_model::digest::hex;
use strata_model::{Context, Digest, Fingerprint, ProviderInstance, Timestamp, Token, Value};
use strata_ports::{Call, Clock, Owner};
use strata_provider_compose::Compose;

#[expect(clippy::print_stderr, reason = "what was not tested must be known")]
fn say(words: &str) {
    eprintln!("{words}");
}

/// Whether there is an engine with the images of the tests. Without one a test says so and passes, unless it is asked for.
pub(crate) fn engine() -> bool {
    let asked = |name: &str, value: &str| std::env::var(name).is_ok_and(|is| is == value);
    let there = docker(&["image", "inspect", "strata-test/app", "strata-test/postgres"]).is_some();
    assert!(
        there || !(asked("STRATA_TEST_DOCKER", "1") || asked("CI", "true")),
        "there is no Docker engine with the images"
    );
    if !there {
        say("without Docker: nothing was tested; `scripts/test` starts it");
    }
    there
}

/// What the command prints, if it succeeds.
pub(crate) fn docker(arguments: &[&str]) -> Option<String> {
    let output = Command::new("docker").args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

pub(crate) struct Rig {
    pub(crate) driver: Arc<Compose>,
    pub(crate) clock: Arc<dyn Clock>,
    context: Context,
    _locks: tempfile::TempDir,
}

impl Rig {
    /// Environments are projects: one for each test, empty at first and in the end.
    pub(crate) fn new(environment: &str) -> Rig {
        sweep(&format!("suite-{environment}"));
        let locks = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(RealClock(now()));
        let sealer = Arc::new(|text: &str| {
            Ok(Fingerprint(format!("test:{}", hex(&Digest::of_parts(&[b"key", text.as_bytes()]).0)).into()))
        });
        let instance = ProviderInstance::named("compose");
        let driver = Arc::new(Compose::new(&instance, locks.path().to_owned(), clock.clone(), sealer));
        Rig { driver, clock, context: Context::new("suite", environment, None).unwrap(), _locks: locks }
    }

    pub(crate) fn call(&self, unit: &str, role: &str, token: &str) -> Call {
        let owner = Owner { project: "rig".into(), address: self.context.address(unit, role).unwrap() };
        let deadline = self.clock.now().plus(Duration::from_secs(60));
        Call { owner, token: Token(token.into()), deadline, attempt: 1 }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        sweep(&format!("{}-{}", self.context.org(), self.context.env()));
    }
}

/// Removes all of a project.
fn sweep(project: &str) {
    let filter = format!("label=com.docker.compose.project={project}");
    for (list, remove) in [
        (&["ps", "-aq", "--filter"][..], &["rm", "-f", "-v"][..]),
        (&["network", "ls", "-q", "--filter"], &["network", "rm"]),
        (&["volume", "ls", "-q", "--filter"], &["volume", "rm"]),
    ] {
        let found = docker(&[list, &[&filter]].concat()).unwrap_or_default();
        let ids: Vec<&str> = found.lines().collect();
        if !ids.is_empty() {
            docker(&[remove, &ids].concat());
        }
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
