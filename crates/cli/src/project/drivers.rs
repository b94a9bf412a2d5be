//! The providers that this build knows.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use strata_base::Diagnostic;
use strata_model::ProviderInstance;
use strata_ports::{Clock, Driver, Drivers, Secrets};
use strata_provider_compose::Compose;
use strata_provider_local::{Launch, Local, World};
use strata_store_secrets::FileSecrets;

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// How long the process of the simulated cloud outlives its last call, in milliseconds.
const IDLE_MS: &str = "10000";

pub(crate) struct Providers {
    world: Arc<World>,
    /// Where those who work on one Docker engine keep out of each other's way.
    locks: PathBuf,
    clock: Arc<dyn Clock>,
    secrets: Arc<FileSecrets>,
    drivers: Mutex<BTreeMap<ProviderInstance, Arc<dyn Driver>>>,
}

impl Providers {
    pub(crate) fn new(
        folder: PathBuf,
        locks: PathBuf,
        clock: Arc<dyn Clock>,
        secrets: Arc<FileSecrets>,
    ) -> Result<Providers, CommandError> {
        Ok(Providers { world: Arc::new(world(folder)?), locks, clock, secrets, drivers: Mutex::default() })
    }
}

/// The simulated cloud that keeps its objects in that folder.
pub(crate) fn world(folder: PathBuf) -> Result<World, CommandError> {
    // The process is this program again.
    let program = std::env::current_exe().map_err(|error| {
        let message = format!("this program cannot find itself: {error}");
        CommandError::plain(Exit::Error, Diagnostic::error(codes::READ, message))
    })?;
    Ok(World::new(folder, Launch { program, arguments: vec!["world".into(), IDLE_MS.into()] }))
}

impl Drivers for Providers {
    fn driver(&self, instance: &ProviderInstance) -> Option<Arc<dyn Driver>> {
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = drivers.get(instance) {
            return Some(driver.clone());
        }
        let secrets = self.secrets.clone();
        let sealer = Arc::new(move |text: &str| secrets.fingerprint(text));
        let clock = self.clock.clone();
        let driver: Arc<dyn Driver> = match &*instance.provider {
            "compose" => Arc::new(Compose::new(instance, self.locks.clone(), clock, sealer)),
            "local" => Arc::new(Local::new(self.world.clone(), instance, clock, sealer)),
            _ => return None,
        };
        drivers.insert(instance.clone(), driver.clone());
        Some(driver)
    }
}
