//! Collects what planning decides from. Reads only.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strata_decide::{Reality, State, Users};
use strata_model::schema::{Schemas, TypeSchema};
use strata_model::{
    Address, Context, Graph, Later, Partition, ProviderInstance, Resource, SecretRef, Target, Token, TypeName, Value,
};
use strata_ports::{Call, Driver, DriverError, Moment, Owner, Reads, SecretError, StoreError, at_one_moment};

use crate::failure::Failure;
use crate::retry::backoff;
use crate::veil::veil;
use crate::{Engine, codes, pool};

/// The drivers that a graph and a state speak of, so that schemas can be looked up by reference.
pub(crate) struct DriverTable(BTreeMap<ProviderInstance, Arc<dyn Driver>>);

impl DriverTable {
    pub(crate) fn get(&self, instance: &ProviderInstance) -> Option<&Arc<dyn Driver>> {
        self.0.get(instance)
    }
}

impl Schemas for DriverTable {
    fn schema(&self, provider: &ProviderInstance, kind: &TypeName) -> Option<&TypeSchema> {
        self.0.get(provider)?.schema(kind)
    }
}

pub(crate) fn drivers<'i>(
    engine: &Engine<'_>,
    instances: impl IntoIterator<Item = &'i ProviderInstance>,
) -> DriverTable {
    let mut table = BTreeMap::new();
    for instance in instances {
        if !table.contains_key(instance)
            && let Some(driver) = engine.drivers.driver(instance)
        {
            table.insert(instance.clone(), driver);
        }
    }
    DriverTable(table)
}

/// What is known about the contexts of a graph and about what it refers to.
pub(crate) fn state(engine: &Engine<'_>, graph: &Graph, destroy: bool) -> Result<State, Failure> {
    let mut wanted = Wanted::default();
    for node in graph.nodes.values() {
        node.depends_on.iter().for_each(|need| wanted.address(graph, &need.on));
        wanted.value(graph, &node.properties);
    }
    graph.outputs.values().for_each(|output| wanted.value(graph, &output.value));
    let mut state = at_one_moment(engine.store, |moment| recorded(moment, graph, &wanted, destroy))?;
    for secret in wanted.secrets {
        match engine.secrets.version(&secret) {
            Ok(version) => {
                state.secrets.insert(secret, version);
            }
            Err(SecretError::NotFound(_) | SecretError::NoStore(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(state)
}

/// Of one moment: an apply that goes on meanwhile would show a resource without what it depends on.
fn recorded(moment: Moment<'_>, graph: &Graph, wanted: &Wanted, destroy: bool) -> Result<State, StoreError> {
    let mut state = State::default();
    let mut contexts: BTreeSet<Context> = graph.scope.iter().map(|partition| partition.context.clone()).collect();
    for context in &contexts {
        for resource in moment.resources(context)? {
            state.resources.insert(resource.address.clone(), resource);
        }
    }
    for address in &wanted.addresses {
        if !contexts.contains(&address.context())
            && let Some(resource) = moment.resource(address)?
        {
            state.resources.insert(address.clone(), resource);
        }
    }
    if moment.contexts()?.iter().any(|context| !contexts.contains(context)) {
        dependents_elsewhere(moment, &mut state)?;
    }
    state.users = users(moment, graph, &contexts, destroy)?;
    contexts.extend(wanted.contexts.iter().cloned());
    contexts.extend(graph.relies.values().flatten().map(|(context, _)| context.clone()));
    for context in &contexts {
        for output in moment.outputs(context)? {
            state.outputs.insert((context.clone(), output.name.clone()), output);
        }
    }
    Ok(state)
}

/// Who refers from elsewhere to outputs that go: those that a document speaks of and does not have, or all of it.
fn users(moment: Moment<'_>, graph: &Graph, scope: &BTreeSet<Context>, destroy: bool) -> Result<Users, StoreError> {
    let mut users = BTreeMap::new();
    for Partition { context, tier } in &graph.scope {
        let published = moment.outputs(context)?.into_iter().filter(|output| output.tier == *tier);
        let gone = published.map(|output| (context.clone(), output.name));
        users.extend(gone.filter(|key| destroy || !graph.outputs.contains_key(key)).map(|key| (key, BTreeSet::new())));
    }
    // To look at everything else is worth it only then.
    if users.is_empty() {
        return Ok(users);
    }
    for context in moment.contexts()?.into_iter().filter(|context| !scope.contains(context)) {
        for resource in moment.resources(&context)? {
            resource.desired.each_later(&mut |later| {
                later.each(&mut |later| {
                    if let Later::Ref { target: Target::Output { context, output }, .. } = later
                        && let Some(users) = users.get_mut(&(context.clone(), output.clone()))
                    {
                        users.insert(resource.address.clone());
                    }
                });
            });
        }
    }
    Ok(users)
}

/// What a graph refers to outside of itself.
#[derive(Default)]
struct Wanted {
    addresses: BTreeSet<Address>,
    contexts: BTreeSet<Context>,
    secrets: BTreeSet<SecretRef>,
}

impl Wanted {
    fn address(&mut self, graph: &Graph, address: &Address) {
        if !graph.nodes.contains_key(address) && !self.addresses.contains(address) {
            self.addresses.insert(address.clone());
        }
    }

    fn value(&mut self, graph: &Graph, value: &Value) {
        value.each_later(&mut |later| {
            later.each(&mut |later| match later {
                Later::Ref { target: Target::Attribute { address, .. }, .. } => self.address(graph, address),
                Later::Ref { target: Target::Output { context, .. }, .. } => {
                    self.contexts.insert(context.clone());
                }
                // Whoever could name what is in the sink could read what others have there.
                Later::Secret(secret) if &*secret.store != SecretRef::SINK => {
                    self.secrets.insert(secret.clone());
                }
                _ => {}
            });
        });
    }
}

/// Follows dependents out of what was loaded, as far as they go.
fn dependents_elsewhere(moment: Moment<'_>, state: &mut State) -> Result<(), StoreError> {
    let mut open: Vec<Address> = state.resources.keys().cloned().collect();
    let mut seen: BTreeSet<Address> = open.iter().cloned().collect();
    while !open.is_empty() {
        let found = moment.dependents_of(&open)?;
        let mut next = Vec::new();
        for (on, dependents) in open.into_iter().zip(found) {
            let elsewhere: Vec<_> =
                dependents.into_iter().filter(|found| !state.resources.contains_key(&found.address)).collect();
            next.extend(elsewhere.iter().map(|found| found.address.clone()).filter(|found| seen.insert(found.clone())));
            if !elsewhere.is_empty() {
                state.dependents.insert(on, elsewhere);
            }
        }
        open = next;
    }
    Ok(())
}

/// Reads recorded resources from their providers.
pub(crate) fn reality<'r>(
    engine: &Engine<'_>,
    drivers: &DriverTable,
    resources: impl IntoIterator<Item = &'r Resource>,
) -> Result<BTreeMap<Address, Reality>, Failure> {
    let resources: Vec<&Resource> = resources.into_iter().collect();
    let project = engine.store.project()?;
    let read = pool::map(engine.limits.parallelism, &resources, |resource| {
        let Some(driver) = drivers.get(&resource.provider) else {
            return Err(no_provider(&resource.address, &resource.provider));
        };
        let owner = Owner { project: project.clone(), address: resource.address.clone() };
        match read(engine, &**driver, resource, owner) {
            Ok(observed) => Ok((resource.address.clone(), Reality::Present(observed.attributes))),
            Err(DriverError::NotFound) => Ok((resource.address.clone(), Reality::Missing)),
            Err(error) => Err(Failure::error(codes::DRIVER, format!("cannot read {}: {error}", resource.address))),
        }
    });
    read.into_iter().collect()
}

pub(crate) fn no_provider(address: &Address, instance: &ProviderInstance) -> Failure {
    Failure::error(codes::NO_PROVIDER, format!("{address} belongs to `{instance}`, which is not configured"))
}

/// Reads one resource, patiently.
pub(crate) fn read(
    engine: &Engine<'_>,
    driver: &dyn Driver,
    resource: &Resource,
    owner: Owner,
) -> Result<strata_ports::Observed, DriverError> {
    let until = engine.clock.monotonic() + engine.limits.call;
    let mut call = Call { owner, token: Token("read".into()), until, attempt: 1 };
    loop {
        match driver.read(&resource.kind, &resource.object, &call) {
            // A read has no effect, so an unknown outcome is as good as none.
            Err(error)
                if (error.may_be_repeated() || matches!(error, DriverError::Unknown(_)))
                    && call.attempt < engine.limits.attempts =>
            {
                engine.clock.sleep(backoff(&error, call.attempt));
                call.attempt += 1;
            }
            Ok(seen) => {
                let veiled = veil(engine, seen, resource.filled());
                return veiled.map_err(|error| DriverError::Transient(error.to_string()));
            }
            Err(error) => return Err(error),
        }
    }
}
