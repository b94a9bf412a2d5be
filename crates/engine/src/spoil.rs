//! What planted defects make of records before they are committed. Without them: nothing.

use std::borrow::Cow;

use strata_defects::{Defect, planted};
use strata_model::run::StepResult;
use strata_model::{Graph, Outcome, Record};
use strata_ports::{ExpectHead, StoreError, Write};

use crate::Engine;

pub(crate) fn spoil(records: &[Record]) -> Cow<'_, [Record]> {
    if planted(Defect::IntentNotWritten) {
        let blank = |record: &Record| match record {
            Record::Intent(_) => Record::Note { text: "there was an intent".into() },
            other => other.clone(),
        };
        return records.iter().map(blank).collect();
    }
    if planted(Defect::OutcomeBeforeCall) {
        let hasty = |record: &Record| match record {
            Record::Intent(intent) => Some(Record::Outcome(Outcome {
                run: intent.run.clone(),
                step: intent.step,
                address: intent.address.clone(),
                result: StepResult::Done,
            })),
            _ => None,
        };
        return records.iter().cloned().chain(records.iter().filter_map(hasty)).collect();
    }
    Cow::Borrowed(records)
}

pub(crate) fn leave_a_note(engine: &Engine<'_>, graph: &Graph) -> Result<(), StoreError> {
    if planted(Defect::PlanningWrites) {
        for partition in &graph.scope {
            let (context, stamp) = (&partition.context, engine.stamp());
            let records = &[Record::Note { text: "somebody has planned".into() }];
            engine.store.commit(Write { context, expect: ExpectHead::Any, fence: None, stamp: &stamp, records })?;
        }
    }
    Ok(())
}
