//! What of the sink nobody needs any more: secrets of resources and outputs that are recorded no longer, or no longer so.
//!
//! A secret is opened by way of the record that holds its fingerprint, so one without such a record cannot be opened by
//! anybody: not from elsewhere, not by a plan that waits, not by a run that is gone on with. It is looked for whenever a lease
//! is about to be given back, after all that was to be recorded is; who was killed before that leaves it to the next. Kept
//! besides is what an open call may have made known already.

use std::collections::BTreeSet;

use strata_defects::{Defect, planted};
use strata_model::{Address, Context, Event, Fence, SecretRef, Value};
use strata_ports::{Moment, StoreError, at_one_moment};

use crate::failure::Failure;
use crate::fill::{attribute_key, output_key};
use crate::{Engine, SINK};

/// Removes from the sink what nobody needs of a context. Nothing that was asked for depends on it, so a failure is only told.
pub(crate) fn sweep(engine: &Engine<'_>, context: &Context, fence: Fence) {
    if planted(Defect::SinkNotSwept) {
        return;
    }
    let mut failed = None;
    let swept = engine.secrets.sweep(SINK, &mut |kept| {
        let found = at_one_moment(engine.store, |moment| {
            // Whoever has the lease by now may have kept what he has not recorded yet.
            let lease = moment.lease(context)?;
            if lease.is_none_or(|lease| lease.fence != fence) {
                return Ok(Vec::new());
            }
            unneeded(moment, context, kept)
        });
        found.unwrap_or_else(|error: StoreError| {
            failed = Some(error.to_string());
            Vec::new()
        })
    });
    if let Some(why) = failed.or(swept.err().map(|error| error.to_string())) {
        tell(engine, context, why);
    }
}

/// Whether there seems to be something to remove, as far as can be told without a lease.
pub(crate) fn is_littered(engine: &Engine<'_>, context: &Context) -> bool {
    let found = || -> Result<bool, Failure> {
        let kept = engine.secrets.list(SINK)?;
        Ok(!at_one_moment(engine.store, |moment| unneeded(moment, context, &kept))?.is_empty())
    };
    found().unwrap_or_else(|failure| {
        tell(engine, context, failure.diagnostics.first().map_or_else(String::new, |told| told.message.clone()));
        false
    })
}

fn tell(engine: &Engine<'_>, context: &Context, why: String) {
    (engine.events)(Event::Unswept { context: context.clone(), why: why.into() });
}

fn unneeded(moment: Moment<'_>, context: &Context, kept: &[SecretRef]) -> Result<Vec<SecretRef>, StoreError> {
    let own: Vec<(Owner, &SecretRef)> =
        kept.iter().filter_map(|secret| Some((owner(secret, context)?, secret))).collect();
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let mut needed = BTreeSet::new();
    if own.iter().any(|(owner, _)| *owner == Owner::Outputs) {
        let sensitive = moment.outputs(context)?.into_iter().filter(|output| output.sensitive);
        needed.extend(sensitive.map(|output| output_key(context, &output.name)));
    }
    let addresses: BTreeSet<&Address> = own.iter().filter_map(|(owner, _)| owner.address()).collect();
    for address in addresses {
        if let Some(resource) = moment.resource(address)? {
            resource.observed.each_leaf(&mut |path, leaf| {
                if matches!(leaf, Value::Sealed(_)) {
                    needed.insert(attribute_key(address, path));
                }
            });
        }
    }
    let open: BTreeSet<Address> = moment.open_intents(context)?.into_iter().map(|intent| intent.address).collect();
    let is_open = |owner: &Owner| owner.address().is_some_and(|address| open.contains(address));
    let gone = own.into_iter().filter(|(owner, secret)| !needed.contains(*secret) && !is_open(owner));
    Ok(gone.map(|(_, secret)| secret.clone()).collect())
}

/// Whose a secret is.
#[derive(PartialEq, Eq)]
enum Owner {
    Resource(Address),
    Outputs,
}

impl Owner {
    fn address(&self) -> Option<&Address> {
        match self {
            Owner::Resource(address) => Some(address),
            Owner::Outputs => None,
        }
    }
}

/// `None` for what is not of that context.
fn owner(secret: &SecretRef, context: &Context) -> Option<Owner> {
    let (place, _) = secret.key.split_once('#')?;
    if place == context.as_str() {
        return Some(Owner::Outputs);
    }
    let address: Address = place.parse().ok()?;
    address.is_in(context).then_some(Owner::Resource(address))
}
