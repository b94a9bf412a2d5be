//! What is recorded, kept up while applying.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_model::record::OutputRecord;
use strata_model::{Address, Context, Path, Record, Resource, Value};
use strata_ports::Store;

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
    /// Numbers that were chosen from pools, by pool: read from all contexts when first asked for, then kept up.
    pub(crate) chosen: &'a RefCell<Option<Chosen>>,
}

/// Who has which number of a pool.
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
        let mut chosen = self.chosen.borrow_mut();
        if chosen.is_none() {
            *chosen = Some(all_chosen(self.store)?);
        }
        let others =
            chosen.iter().flatten().filter(|(known, _, by, at)| known == pool && !(by == address && at == path));
        Ok(others.map(|(_, number, ..)| *number).collect())
    }
}

fn all_chosen(store: &dyn Store) -> Result<Chosen, String> {
    let mut chosen = Chosen::new();
    for context in store.contexts().map_err(|error| error.to_string())? {
        for resource in store.resources(&context).map_err(|error| error.to_string())? {
            chosen.extend(resource.allocations.iter().map(|(path, allocation)| {
                (allocation.pool.clone(), allocation.number, resource.address.clone(), path.clone())
            }));
        }
    }
    Ok(chosen)
}
