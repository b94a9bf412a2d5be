//! What stands in an entry of the log, in words.

use strata_model::run::StepResult;
use strata_model::{Checkpoint, Record};

/// So many records of an entry are told one by one.
const TOLD: usize = 3;

pub(crate) fn all(records: &[Record]) -> String {
    let mut words: Vec<String> = records.iter().take(TOLD).map(one).collect();
    if records.len() > TOLD {
        words.push(format!("{} more", records.len() - TOLD));
    }
    words.join(", ")
}

fn one(record: &Record) -> String {
    match record {
        Record::Resource(resource) => format!("{} {}", resource.address.local(), resource.status.name()),
        Record::Removed { address } => format!("{} removed", address.local()),
        Record::Output(output) => format!("output {}", output.name),
        Record::OutputRemoved { name } => format!("output {name} removed"),
        Record::Plan(record) => format!("plan {} of tier {}", record.plan.hash.short(), record.plan.partition.tier),
        Record::Approval(approval) => format!("plan {} approved by {}", approval.plan.short(), approval.principal),
        Record::Run(run) => format!("run of plan {} {}", run.plan.short(), run.status.name()),
        Record::Intent(intent) => format!("about to {} {}", intent.op.name(), intent.address.local()),
        Record::Outcome(outcome) => match &outcome.result {
            StepResult::Done => format!("{} done", outcome.address.local()),
            StepResult::Failed(why) => format!("{} failed: {why}", outcome.address.local()),
            StepResult::Unwell(why) => {
                format!("{} does not work: {}", outcome.address.local(), why.lines().next().unwrap_or_default())
            }
        },
        Record::Lease(lease) => format!("lease {} of {}", lease.fence.0, lease.holder.process),
        Record::Released { fence } => format!("lease {} given back", fence.0),
        Record::Drift(report) => format!("{} compared, {} differ", report.compared, report.items.len()),
        Record::Checkpoint(checkpoint) => {
            let Checkpoint { through, since, principal, .. } = &**checkpoint;
            format!("entries 1 to {} compacted by {principal}, the first of {since}", through.sequence)
        }
        Record::Note { text } => text.to_string(),
    }
}
