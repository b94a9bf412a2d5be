//! A world in a folder of its own for each test, and drivers that speak to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use strata_model::digest::hex;
use strata_model::{Context, Digest, Fingerprint, ObjectId, ProviderInstance, Timestamp, Token, TypeName, Value};
use strata_ports::{
    Call, Clock, Create, Delete, Driver, DriverError, Found, Listed, ManualClock, Observed, Owner, Update,
};
use strata_provider_local::{Admin, Answer, Launch, Local, Meddle, Object, Settings, Status, World};

pub(crate) struct Rig {
    pub(crate) world: Arc<World>,
    pub(crate) driver: Arc<Local>,
    pub(crate) clock: Arc<dyn Clock>,
    folder: PathBuf,
    /// Removes the folder when the test is over.
    _scratch: tempfile::TempDir,
}

/// A world that ends half a second after its last guest has left.
pub(crate) fn launch() -> Launch {
    Launch { program: env!("CARGO_BIN_EXE_strata-world").into(), arguments: vec!["500".into()] }
}

pub(crate) fn scratch() -> tempfile::TempDir {
    tempfile::Builder::new().prefix("world-").tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

impl Rig {
    pub(crate) fn new() -> Rig {
        Rig::with(&Settings::default())
    }

    pub(crate) fn with(settings: &Settings) -> Rig {
        let scratch = scratch();
        let folder = scratch.path().join("world");
        let rig = Rig::over(&folder, scratch);
        if *settings != Settings::default() {
            rig.admin(Admin::Configure(Box::new(settings.clone())));
        }
        rig
    }

    fn over(folder: &Path, scratch: tempfile::TempDir) -> Rig {
        let world = Arc::new(World::new(folder, launch()));
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(Timestamp::from_millis(1)));
        let driver = Arc::new(driver(&world, &ProviderInstance::named("local"), &clock));
        Rig { world, driver, clock, folder: folder.to_owned(), _scratch: scratch }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("world.log")
    }

    /// A driver for the same world, started in another way.
    pub(crate) fn driver_of(&self, world: &Arc<World>) -> Local {
        driver(world, &ProviderInstance::named("local"), &self.clock)
    }

    pub(crate) fn in_place(&self, account: &str, region: &str) -> Local {
        let instance =
            ProviderInstance { provider: "local".into(), account: Some(account.into()), region: Some(region.into()) };
        driver(&self.world, &instance, &self.clock)
    }

    pub(crate) fn admin(&self, admin: Admin) -> Answer {
        self.world.admin(admin).unwrap()
    }

    pub(crate) fn status(&self) -> Status {
        match self.admin(Admin::Status) {
            Answer::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn objects(&self) -> Vec<Object> {
        match self.admin(Admin::Objects) {
            Answer::Objects(objects) => objects,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn meddle(&self, object: &ObjectId, change: Meddle) {
        self.admin(Admin::Meddle { object: object.clone(), after_ms: None, change });
    }

    pub(crate) fn call(&self, unit: &str, token: &str) -> Call {
        let address = Context::new("acme", "test", None).unwrap().address(unit, "main").unwrap();
        let owner = Owner { project: "p".into(), address };
        let until = self.clock.monotonic() + Duration::from_secs(30);
        Call { owner, token: Token(token.into()), until, attempt: 1 }
    }

    pub(crate) fn create(&self, kind: &str, json: &str, call: &Call) -> Result<Observed, DriverError> {
        self.driver.create(&create(kind, json), call)
    }

    pub(crate) fn update(&self, made: &Observed, kind: &str, json: &str, call: &Call) -> Result<Observed, DriverError> {
        let update = Update {
            kind: kind.into(),
            object: made.object.clone(),
            before: Value::map(),
            after: value(json),
            tainted: Vec::new(),
        };
        self.driver.update(&update, call)
    }

    pub(crate) fn read(&self, object: &ObjectId, kind: &str) -> Result<Observed, DriverError> {
        self.driver.read(&TypeName::from(kind), object, &self.call("reader", "r"))
    }

    pub(crate) fn delete(&self, object: &ObjectId, kind: &str, call: &Call) -> Result<(), DriverError> {
        self.driver.delete(&Delete { kind: kind.into(), object: object.clone(), snapshot: false }, call)
    }

    pub(crate) fn find(&self, kind: &str, call: &Call) -> Option<ObjectId> {
        match self.driver.find(&kind.into(), call).unwrap() {
            Found::Object(found) => Some(found.object),
            Found::Nothing | Found::Unsure => None,
        }
    }

    pub(crate) fn list(&self) -> Vec<Listed> {
        self.driver.list(&self.call("lister", "l")).unwrap()
    }

    /// Ends the process at once, and waits until it has ended.
    pub(crate) fn kill(&self) {
        kill(self.status().process);
        self.wait_until_over();
    }

    pub(crate) fn wait_until_over(&self) {
        let lock = std::fs::File::open(self.folder.join("lock")).unwrap();
        lock.lock().unwrap();
    }
}

pub(crate) fn kill(process: u32) {
    let status = std::process::Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(status.success());
}

fn driver(world: &Arc<World>, instance: &ProviderInstance, clock: &Arc<dyn Clock>) -> Local {
    Local::new(world.clone(), instance, clock.clone(), Arc::new(|text| Ok(fingerprint(text))))
}

pub(crate) fn fingerprint(text: &str) -> Fingerprint {
    Fingerprint(format!("test:{}", hex(&Digest::of_parts(&[b"key", text.as_bytes()]).0)).into())
}

pub(crate) fn create(kind: &str, json: &str) -> Create {
    Create { kind: kind.into(), properties: value(json), tainted: Vec::new() }
}

pub(crate) fn value(json: &str) -> Value {
    strata_model::codec::from_json(json.as_bytes()).unwrap()
}

pub(crate) fn settings(json: &str) -> Settings {
    serde_json::from_str(json).unwrap()
}

pub(crate) fn id<T>(observed: Result<Observed, T>) -> Result<ObjectId, T> {
    observed.map(|observed| observed.object)
}
