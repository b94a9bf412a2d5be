//! What is recorded, kept up while applying.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_model::record::OutputRecord;
use strata_model::{Address, Context, Path, Record, Resource, Value};
use strata_ports::{Reads, Store};

use crate::Engine;
use crate::failure::Failure;
use crate::fill::Sheet;

/// The records of one context as this run has left them.
pub(crate) struct Ledger {
    pub(crate) resources: BTreeMap<Address, Arc<Resource>>,
    pub(crate) outputs: BTreeMap<Arc<str>, OutputRecord>,
}

impl Ledger {
    pub(crate) fn open(engine: &Engine<'_>, context: &Context) -> Result<Ledger, Failure> {
        let resources = engine.store.resources(context)?;
        let outputs = engine.store.outputs(context)?;
        Ok(Ledger {
            resources: resources.into_iter().map(|found| (found.address.clone(), Arc::new(found))).collect(),
            outputs: outputs.into_iter().map(|output| (output.name.clone(), output)).collect(),
        })
    }

    /// Takes up records that are committed.
    pub(crate) fn take(&mut self, records: &[Record]) {
        for record in records {
            match record {
                Record::Resource(resource) => {
                    self.resources.insert(resource.address.clone(), Arc::new((**resource).clone()));
                }
                Record::Removed { address } => {
                    self.resources.remove(address);
                }
                Record::Output(output) => {
                    self.outputs.insert(output.name.clone(), output.clone());
                }
                Record::OutputRemoved { name } => {
                    self.outputs.remove(name);
                }
                _ => {}
            }
        }
    }
}

/// A ledger with the rest of the store around it.
pub(crate) struct Everything<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) context: &'a Context,
    pub(crate) ledger: &'a Ledger,
    /// Numbers that were chosen and are not in the store yet.
    pub(crate) chosen: &'a RefCell<Chosen>,
}

/// Which leaf has chosen which number of a pool.
pub(crate) type Chosen = Vec<(Value, i64, Address, Path)>;

impl Sheet for Everything<'_> {
    fn resource(&self, address: &Address) -> Result<Option<Arc<Resource>>, String> {
        if address.is_in(self.context) {
            return Ok(self.ledger.resources.get(address).cloned());
        }
        self.store.resource(address).map(|found| found.map(Arc::new)).map_err(|error| error.to_string())
    }

    fn output(&self, context: &Context, name: &Arc<str>) -> Result<Option<OutputRecord>, String> {
        if context == self.context {
            return Ok(self.ledger.outputs.get(name).cloned());
        }
        let outputs = self.store.outputs(context).map_err(|error| error.to_string())?;
        Ok(outputs.into_iter().find(|output| output.name == *name))
    }

    fn taken(&self, pool: &Value, address: &Address, path: &Path) -> Result<BTreeSet<i64>, String> {
        let recorded = self.store.allocated(pool).map_err(|error| error.to_string())?;
        let chosen = self.chosen.borrow();
        let here = chosen.iter().filter(|(known, _, by, at)| known == pool && !(by == address && at == path));
        let elsewhere = recorded.into_iter().filter(|(_, by)| by != address).map(|(number, _)| number);
        Ok(elsewhere.chain(here.map(|(_, number, ..)| *number)).collect())
    }
}
