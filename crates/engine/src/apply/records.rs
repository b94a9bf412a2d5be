//! What is recorded of a resource once an effect has been had.

use std::sync::Arc;

use strata_model::diff::found;
use strata_model::resource::{Deposed, SecretVersion};
use strata_model::{
    Action, ActionKind, Address, Fingerprint, Partition, Path, Record, Resource, SecretRef, Status, Timestamp, Value,
};
use strata_ports::{Observed, Secret, SecretError, SecretLeaf};

use crate::Engine;
use crate::failure::Failure;
use crate::fill::{Filled, attribute_key};
use crate::veil::veil;

use super::sheet::Ledger;

/// What goes into a record besides the plan and the provider's answer.
pub(super) struct Made<'a> {
    pub(super) partition: &'a Partition,
    pub(super) action: &'a Action,
    pub(super) prior: Option<&'a Resource>,
    pub(super) serial: u64,
    pub(super) at: Timestamp,
}

impl Made<'_> {
    /// What was seen, as it may be recorded. Its secrets go to the sink before anything is recorded that refers to them.
    pub(super) fn observed(
        &self,
        engine: &Engine<'_>,
        filled: Option<&Filled>,
        seen: Observed,
    ) -> Result<Observed, Failure> {
        let sent = match (self.prior, &self.action.desired, filled) {
            (Some(prior), ..) if self.action.only_moves() => Some(prior.filled()),
            (_, Some(desired), Some(filled)) => Some(filled.sealed.as_ref().unwrap_or(&desired.properties)),
            _ => None,
        };
        let mut observed = match sent {
            Some(sent) => veil(engine, seen, sent)?,
            None => seen,
        };
        if let Some(filled) = filled {
            observed.secrets.extend(sent_before(engine, filled, &observed)?);
        }
        if let Some(from) = &self.action.moved_from {
            observed.secrets.extend(kept_under(engine, from, &observed)?);
        }
        for leaf in &observed.secrets {
            engine.secrets.put(&attribute_key(&self.action.address, &leaf.path), &leaf.secret)?;
        }
        Ok(observed)
    }

    /// What replacements before this one left behind. Their marks stay as they are when the resource gets another name.
    fn deposed(&self) -> Vec<Deposed> {
        let Some(prior) = self.prior else { return Vec::new() };
        let under = |old: &Deposed| old.under.clone().or_else(|| self.action.moved_from.clone());
        prior.deposed.iter().map(|old| Deposed { under: under(old), ..old.clone() }).collect()
    }

    /// What is recorded once `resource` is: under one name only, and whoever needs it by that one.
    pub(super) fn records(&self, resource: Option<Resource>, ledger: &Ledger) -> Vec<Record> {
        let mut records = Vec::new();
        if let (Some(from), Some(_)) = (&self.action.moved_from, &resource) {
            records.push(Record::Removed { address: from.clone() });
            let needs_it = |other: &&Arc<Resource>| other.depends_on.iter().any(|need| need.on == *from);
            records.extend(ledger.resources.values().filter(needs_it).map(|other| {
                let mut other = (**other).clone();
                for need in other.depends_on.iter_mut().filter(|need| need.on == *from) {
                    need.on = self.action.address.clone();
                }
                Record::Resource(Box::new(other))
            }));
        }
        records.extend(resource.map(|resource| Record::Resource(Box::new(resource))));
        records
    }

    /// The record of what an action wanted and has got, if it is well. `None` for an action that wants nothing.
    pub(super) fn resource(&self, filled: Filled, observed: Observed) -> Option<Resource> {
        let desired = self.action.desired.as_ref()?;
        if let Some(prior) = self.prior.filter(|_| self.action.only_moves()) {
            return Some(Resource {
                address: self.action.address.clone(),
                serial: self.serial,
                object: observed.object,
                observed: observed.attributes,
                deposed: self.deposed(),
                updated: self.at,
                ..prior.clone()
            });
        }
        let replaces = self.action.action == ActionKind::ReplaceCreateFirst;
        let mut deposed = self.deposed();
        if let Some(prior) = self.prior.filter(|prior| replaces && prior.object != observed.object) {
            deposed.push(Deposed {
                object: prior.object.clone(),
                kind: prior.kind.clone(),
                provider: prior.provider.clone(),
                under: self.action.moved_from.clone(),
            });
        }
        // Nothing was sent to what is taken over. What it was found to have stands for that, so that what differs from what is
        // wanted is the next plan's.
        let (mut sent, mut inputs, mut secrets) = (filled.sealed, filled.inputs, filled.secrets);
        if filled.tainted.is_empty() {
            inputs = Vec::new();
        }
        if self.action.import.is_some() {
            let wanted = sent.as_ref().unwrap_or(&desired.properties);
            let found = found(&observed.attributes, wanted, &desired.settings.ignore);
            if !has_the_secrets_of(wanted, &found) {
                (inputs, secrets) = (Vec::new(), Vec::new());
            }
            sent = (found != desired.properties).then_some(found);
        }
        // How it is doing was told by whoever looked last; a step that sends nothing does not change it.
        let status = match self.prior {
            Some(prior) if self.action.action == ActionKind::NoOp => prior.status,
            _ => Status::Active,
        };
        Some(Resource {
            address: self.action.address.clone(),
            tier: self.partition.tier,
            kind: self.action.kind.clone(),
            provider: self.action.provider.clone(),
            status,
            serial: self.serial,
            object: observed.object,
            desired: desired.properties.clone(),
            filled: sent,
            observed: observed.attributes,
            secrets,
            inputs,
            allocations: filled.allocations,
            depends_on: desired.depends_on.clone(),
            settings: desired.settings.clone(),
            deposed,
            updated: self.at,
        })
    }
}

/// The sealed attributes of which a provider does not tell what they are.
fn untold(observed: &Observed) -> Vec<(Path, Fingerprint)> {
    let mut untold = Vec::new();
    observed.attributes.each_leaf(&mut |path, leaf| {
        if let Value::Sealed(fingerprint) = leaf
            && !observed.secrets.iter().any(|known| known.path == *path)
        {
            untold.push((path.clone(), fingerprint.clone()));
        }
    });
    untold
}

/// What was sent in secret by a call whose answer was lost: the object that is found tells its fingerprint only.
fn sent_before(engine: &Engine<'_>, filled: &Filled, observed: &Observed) -> Result<Vec<SecretLeaf>, Failure> {
    let mut found = Vec::new();
    for (path, fingerprint) in untold(observed) {
        let Some(leaf) = filled.clear.at(&path) else { continue };
        let text = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
        if engine.secrets.fingerprint(&text)? == fingerprint {
            found.push(SecretLeaf { path, secret: Secret::new(text) });
        }
    }
    Ok(found)
}

/// The sealed attributes that a provider no longer tells, as they were kept under a name that is given up.
fn kept_under(engine: &Engine<'_>, from: &Address, observed: &Observed) -> Result<Vec<SecretLeaf>, Failure> {
    let mut found = Vec::new();
    for (path, _) in untold(observed) {
        match engine.secrets.get(&attribute_key(from, &path)) {
            Ok(secret) => found.push(SecretLeaf { path, secret }),
            Err(SecretError::NotFound(_) | SecretError::NoStore(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

fn has_the_secrets_of(wanted: &Value, found: &Value) -> bool {
    let mut has = true;
    wanted.each_leaf(&mut |path, leaf| has &= !matches!(leaf, Value::Sealed(_)) || found.at(path) == Some(leaf));
    has
}

/// The same resource, known to be in another state.
pub(super) fn with_status(resource: &Resource, status: Status) -> Resource {
    Resource { status, ..resource.clone() }
}

/// Whether the secrets that were filled in are those of the plan, and not later ones that nobody has approved.
pub(super) fn with_the_secrets_of(action: &Action, filled: &Filled) -> Result<(), String> {
    for used in &filled.secrets {
        if planned_version(action, used).is_some_and(|planned| *planned != used.version) {
            let SecretRef { store, key } = &used.secret;
            return Err(format!("the secret {store}:{key} has a new version since the plan was made; make a new plan"));
        }
    }
    Ok(())
}

/// Says of what was filled again that it was sent as the plan had it: a secret that has another version by now was not in
/// the call, and is for the next plan.
pub(super) fn as_sent(action: &Action, mut filled: Filled) -> Filled {
    for used in &mut filled.secrets {
        if let Some(planned) = planned_version(action, used) {
            used.version = planned.clone();
        }
    }
    filled
}

fn planned_version<'a>(action: &'a Action, used: &SecretVersion) -> Option<&'a Arc<str>> {
    action.secrets.iter().find(|planned| planned.secret == used.secret).map(|planned| &planned.version)
}

/// Whether what was filled is what the plan said would be, where it could say.
pub(super) fn as_planned(known: &Value, filled: &Value) -> Result<(), String> {
    let mut differs = None;
    known.each_leaf(&mut |path, leaf| {
        let comparable = !matches!(leaf, Value::Unknown | Value::Sealed(_) | Value::Later(_));
        let found = filled.at(path);
        let sealed = matches!(found, Some(Value::Sealed(_)));
        if comparable && !sealed && found != Some(leaf) && differs.is_none() {
            differs = Some(format!("`{path}` is not what the plan says"));
        }
    });
    differs.map_or(Ok(()), Err)
}
