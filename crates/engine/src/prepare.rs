//! What plans will need of providers besides calls, such as images: got ready before the first call, however long it takes,
//! so that what cannot be had is known while nothing has been changed.

use std::collections::BTreeMap;

use strata_base::Diagnostic;
use strata_model::{ActionKind, Event, Plan, ProviderInstance, TypeName, Value};

use crate::failure::{Failure, FailureKind};
use crate::{Engine, codes};

impl Engine<'_> {
    /// Gets ready what is needed by all that these plans make or change, and tells all that cannot be had.
    pub fn prepare(&self, plans: &[&Plan]) -> Result<(), Failure> {
        let mut wanted: BTreeMap<&ProviderInstance, Vec<(TypeName, Value)>> = BTreeMap::new();
        for action in plans.iter().flat_map(|plan| &plan.actions) {
            let makes = matches!(
                action.action,
                ActionKind::Create | ActionKind::Update | ActionKind::Replace | ActionKind::ReplaceCreateFirst
            );
            if let Some(desired) = action.desired.as_ref().filter(|_| makes) {
                wanted.entry(&action.provider).or_default().push((action.kind.clone(), desired.properties.clone()));
            }
        }
        let mut missing = Vec::new();
        for (instance, wanted) in wanted {
            // Who has no driver is told at the step.
            let Some(driver) = self.drivers.driver(instance) else { continue };
            let mut watch = |told: Option<&str>| {
                told.into_iter().for_each(|what| (self.events)(Event::Preparing { what: what.into() }));
                !self.interrupt.is_raised()
            };
            missing.extend(driver.prepare(&wanted, &mut watch).err().into_iter().flatten());
        }
        if self.interrupt.is_raised() {
            let message = "interrupted before anything was changed";
            return Err(Failure::new(FailureKind::Interrupted, codes::INTERRUPTED, message));
        }
        if missing.is_empty() {
            return Ok(());
        }
        let diagnostics = missing.into_iter().map(|unready| {
            let told = Diagnostic::error(codes::DRIVER, unready.why);
            match unready.remedy {
                Some(remedy) => told.hint(remedy),
                None => told,
            }
        });
        Err(Failure { kind: FailureKind::Error, diagnostics: diagnostics.collect() })
    }
}
