//! Outputs are published as soon as what they are made of is done; what is sensitive goes to the sink.

use std::collections::BTreeSet;

use strata_defects::{Defect, planted};
use strata_model::plan::OutputChange;
use strata_model::record::OutputRecord;
use strata_model::{Address, Event, Later, Plan, Record, StepOp, Target, Value, quota};

use crate::failure::Failure;
use crate::fill::{self, Filled, Place};

use super::super::StepFailure;
use super::super::sheet::Everything;
use super::Running;

/// An output that is to be published or withdrawn.
pub(super) struct PendingOutput<'p> {
    pub(super) change: &'p OutputChange,
    /// Addresses of this plan that it is made of and that are not done yet.
    pub(super) needs: BTreeSet<Address>,
}

/// The outputs of a plan, each with the actions of the plan that it waits for.
pub(super) fn pending(plan: &Plan) -> Vec<PendingOutput<'_>> {
    let changed: BTreeSet<&Address> = plan.actions.iter().map(|action| &action.address).collect();
    let usage = quota::usage_output();
    let needs = |change: &OutputChange| match &change.value {
        // What the plan gives up is used until all of it is done, and nobody else may have it before.
        _ if change.name == usage => changed.iter().copied().cloned().collect(),
        Some(value) => needs(value, &changed),
        None => BTreeSet::new(),
    };
    plan.outputs.iter().map(|change| PendingOutput { change, needs: needs(change) }).collect()
}

fn needs(value: &Value, changed: &BTreeSet<&Address>) -> BTreeSet<Address> {
    let mut needs = BTreeSet::new();
    value.each_later(&mut |later| {
        later.each(&mut |later| {
            if let Later::Ref { target: Target::Attribute { address, .. }, .. } = later
                && changed.contains(address)
            {
                needs.insert(address.clone());
            }
        });
    });
    needs
}

impl Running<'_, '_> {
    /// Publishes outputs of which all that they are made of is done.
    pub(super) fn publish(&mut self) -> Result<(), Failure> {
        let (due, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.outputs).into_iter().partition(|output| output.needs.is_empty());
        self.outputs = rest;
        if planted(Defect::OutputNotPublished) {
            return Ok(());
        }
        for PendingOutput { change, .. } in due {
            let Some(value) = &change.value else {
                if self.ledger.outputs.contains_key(&change.name) {
                    self.remember(Record::OutputRemoved { name: change.name.clone() });
                }
                continue;
            };
            let sheet = Everything {
                store: self.engine.store,
                context: &self.held.context,
                ledger: &self.ledger,
                chosen: &self.chosen,
            };
            // An output has no address of its own; what it keeps numbers under is never asked for.
            let Ok(address) = self.held.context.address("outputs", &change.name) else { continue };
            let wrapped: Value = [("value", value.clone())].into_iter().collect();
            let place = Place { address: &address, kept: fill::NOTHING_KEPT };
            let filled = match fill::fill(self.engine, &sheet, &place, &wrapped, &Default::default()) {
                Ok(filled) => filled,
                Err(wrong) => {
                    let op = StepOp::Record;
                    self.failures.push(StepFailure {
                        address,
                        op,
                        error: format!("output: {wrong}").into(),
                        in_the_way: None,
                    });
                    continue;
                }
            };
            let sensitive = change.sensitive || !filled.tainted.is_empty();
            let published = self.sealed_output(&change.name, &filled, sensitive)?;
            let old = self.ledger.outputs.get(&change.name);
            let same = old.is_some_and(|old| old.value == published && old.sensitive == sensitive);
            // What cannot be compared is recorded with what it was made of, so that the next plan can tell.
            if !same || sensitive {
                let serial = match old {
                    Some(old) if same => old.serial,
                    _ => self.held.serial(),
                };
                let (name, tier) = (change.name.clone(), change.tier);
                let (desired, inputs, secrets) =
                    if sensitive { (value.clone(), filled.inputs, filled.secrets) } else { Default::default() };
                self.remember(Record::Output(OutputRecord {
                    name: name.clone(),
                    tier,
                    value: published,
                    sensitive,
                    desired,
                    inputs,
                    secrets,
                    serial,
                }));
                (self.engine.events)(Event::Output { context: self.held.context.clone(), name });
            }
        }
        Ok(())
    }

    fn remember(&mut self, record: Record) {
        self.ledger.take(std::slice::from_ref(&record));
        self.pending.push(record);
    }

    /// A sensitive output goes to the sink; what is recorded is a fingerprint.
    fn sealed_output(&self, name: &str, filled: &Filled, sensitive: bool) -> Result<Value, Failure> {
        let clear = filled.clear.as_map().and_then(|map| map.get("value")).cloned().unwrap_or_default();
        if !sensitive {
            return Ok(clear);
        }
        let text = clear.as_str().map_or_else(|| clear.to_string(), str::to_owned);
        let key = fill::output_key(&self.held.context, name);
        let fingerprint = self.engine.secrets.fingerprint(&text)?;
        self.engine.secrets.put(&key, &strata_ports::Secret::new(text))?;
        Ok(Value::Sealed(fingerprint))
    }
}
