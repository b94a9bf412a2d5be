//! The providers that this build knows. So far it is the simulated cloud.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use strata_base::Diagnostic;
use strata_model::ProviderInstance;
use strata_ports::{Clock, Driver, Drivers, Secrets};
use strata_provider_local::{Launch, World};
use strata_store_secrets::FileSecrets;

use crate::codes;
use crate::error::CommandError;
use crate::exit::Exit;

/// How long the process of the simulated cloud outlives its last call, in milliseconds.
const IDLE_MS: &str = "10000";

pub(crate) struct Local {
    world: Arc<World>,
    clock: Arc<dyn Clock>,
    secrets: Arc<FileSecrets>,
    drivers: Mutex<BTreeMap<ProviderInstance, Arc<dyn Driver>>>,
}

impl Local {
    pub(crate) fn new(
        folder: PathBuf,
        clock: Arc<dyn Clock>,
        secrets: Arc<FileSecrets>,
    ) -> Result<Local, CommandError> {
        Ok(Local { world: Arc::new(world(folder)?), clock, secrets, drivers: Mutex::default() })
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

impl Drivers for Local {
    fn driver(&self, instance: &ProviderInstance) -> Option<Arc<dyn Driver>> {
        if &*instance.provider != "local" {
            return None;
        }
        let mut drivers = self.drivers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(driver) = drivers.get(instance) {
            return Some(driver.clone());
        }
        let secrets = self.secrets.clone();
        let sealer = Arc::new(move |text: &str| secrets.fingerprint(text));
        let driver: Arc<dyn Driver> =
            Arc::new(strata_provider_local::Local::new(self.world.clone(), instance, self.clock.clone(), sealer));
        drivers.insert(instance.clone(), driver.clone());
        Some(driver)
    }
}
