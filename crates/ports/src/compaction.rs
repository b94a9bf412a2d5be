//! What is kept of a log whose entries are dropped, as a function of what the log says.
//!
//! Kept is what holds (resources, outputs, the lease), what is not finished (open runs with their plans and outcomes, open
//! calls, plans that were approved and not begun) and the newest plans and reports. Of every other run its record stays,
//! so that a plan that was applied is never applied again; its plan, calls and outcomes go.

use std::collections::BTreeSet;

use strata_defects::{Defect, planted};
use strata_model::run::StepResult;
use strata_model::{Checkpoint, Context, Digest, Head, Outcome, Record, Run, RunId, RunStatus, Timestamp};

use crate::projection::Projection;
use crate::reads::{Moment, at_one_moment};
use crate::store::{Store, StoreError};

/// So many entries are asked for at once.
pub(crate) const PAGE: usize = 500;

/// What a checkpoint of a context would say and keep now.
#[derive(Clone, Debug)]
pub struct Summary {
    pub through: Head,
    pub since: Timestamp,
    pub limit: u32,
    pub kept: Vec<Record>,
    /// Whether anything but leases was written since the last checkpoint.
    pub moved: bool,
}

/// Whether a log is longer than what holds can explain: it has `most` entries more than there are resources. So a context
/// that was made by one long run is left alone, and each compaction is paid for by what was written since the last.
pub fn is_overgrown(store: &dyn Store, context: &Context, most: u64) -> Result<bool, StoreError> {
    at_one_moment(store, |moment| {
        let last = moment.head(context)?.sequence;
        if last <= most {
            return Ok(false);
        }
        let gone = moment.entries(context, 0, 1)?.first().map_or(last, |first| first.head.sequence - 1);
        let resources = u64::try_from(moment.count(context)?).unwrap_or(u64::MAX);
        Ok((last - gone).saturating_sub(most) > resources)
    })
}

/// Follows the whole log of a context, so nothing is dropped that does not hold together. `None` for an empty one.
pub fn summary(store: &dyn Store, context: &Context, limit: u32) -> Result<Option<Summary>, StoreError> {
    at_one_moment(store, |moment| followed(moment, context, limit))
}

fn followed(moment: Moment<'_>, context: &Context, limit: u32) -> Result<Option<Summary>, StoreError> {
    let kept = moment.kept(context)?;
    let mut page = moment.entries(context, 0, PAGE)?;
    let Some(first) = page.first() else { return Ok(None) };
    let since = match &first.records[..] {
        [Record::Checkpoint(checkpoint)] => checkpoint.since,
        _ => first.stamp.at,
    };
    let mut projection = Projection::begin(context, &kept, Some(first)).map_err(StoreError::Damaged)?;
    let mut moved = false;
    while !page.is_empty() {
        for entry in &page {
            projection.follow(context, entry).map_err(StoreError::Damaged)?;
            let idle =
                |record: &Record| matches!(record, Record::Lease(_) | Record::Released { .. } | Record::Checkpoint(_));
            moved |= !entry.records.iter().all(idle);
        }
        page = moment.entries(context, projection.head.sequence, PAGE)?;
    }
    Ok(Some(Summary { through: projection.head, since, limit, kept: projection.kept(limit), moved }))
}

impl Projection {
    /// The records from which what matters of this projection can be made again, in an order that depends on nothing
    /// else. Making it again and asking again gives the same.
    pub fn kept(&self, limit: u32) -> Vec<Record> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let plans = self.kept_plans(limit);
        let mut kept = Vec::new();
        kept.extend(self.resources.values().map(|resource| Record::Resource(Box::new(resource.clone()))));
        kept.extend(self.outputs.values().cloned().map(Record::Output));
        let known = self.plans.iter().filter(|record| plans.contains(&record.plan.hash));
        kept.extend(known.map(|record| Record::Plan(Box::new(record.clone()))));
        let approvals = self.approvals.iter().filter(|approval| plans.contains(&approval.plan));
        kept.extend(approvals.cloned().map(Record::Approval));
        kept.extend(self.runs.iter().cloned().map(Record::Run));
        kept.extend(self.runs.iter().flat_map(|run| self.kept_outcomes(run)).cloned().map(Record::Outcome));
        if !planted(Defect::OpenCallsCompacted) {
            kept.extend(self.open_intents().into_iter().map(Record::Intent));
        }
        kept.extend(self.lease.clone().map(Record::Lease));
        let old = self.drift.len().saturating_sub(limit);
        kept.extend(self.drift[old..].iter().cloned().map(Record::Drift));
        kept
    }

    fn kept_plans(&self, limit: usize) -> BTreeSet<Digest> {
        let calling: BTreeSet<&RunId> = self.intents.values().map(|(_, intent)| &intent.run).collect();
        let newest = self.plans.iter().rev().take(limit).map(|record| record.plan.hash);
        let unfinished = self.runs.iter().filter(|run| run.status.is_open() || calling.contains(&run.id));
        let begun: BTreeSet<Digest> = self.runs.iter().map(|run| run.plan).collect();
        let approved = self.approvals.iter().map(|approval| approval.plan).filter(|plan| !begun.contains(plan));
        newest.chain(unfinished.map(|run| run.plan)).chain(approved).collect()
    }

    /// All where the run may be resumed. Of one that was overtaken, the first that did something: its plan must not be
    /// applied again.
    fn kept_outcomes(&self, run: &Run) -> impl Iterator<Item = &Outcome> {
        let all = self.outcomes.range((run.id.clone(), 0)..=(run.id.clone(), u32::MAX)).map(|(_, outcome)| outcome);
        let status = run.status;
        let wanted = all.filter(move |outcome| status.is_open() || outcome.result == StepResult::Done);
        wanted.take(match status {
            RunStatus::Done => 0,
            RunStatus::Superseded => 1,
            RunStatus::Running | RunStatus::Partial | RunStatus::Interrupted => usize::MAX,
        })
    }

    /// What holds before the first entry that is left of a log.
    pub fn begin(
        context: &Context,
        kept: &[Record],
        first: Option<&strata_model::Entry>,
    ) -> Result<Projection, String> {
        let Some(first) = first.filter(|first| first.head.sequence > 1) else {
            return if kept.is_empty() {
                Ok(Projection::default())
            } else {
                Err(format!("{context}: records stand for entries that are there"))
            };
        };
        match &first.records[..] {
            [Record::Checkpoint(checkpoint)] => Ok(Projection::of(checkpoint.through, kept)),
            _ => Err(format!("{context}: the entries before {} are missing", first.head.sequence)),
        }
    }

    /// What records say that were kept.
    pub(crate) fn of(head: Head, kept: &[Record]) -> Projection {
        let mut projection = Projection::default();
        projection.apply(head, kept);
        projection
    }

    /// Refuses checkpoints that do not stand for this projection.
    pub fn admit_checkpoints(&self, context: &Context, records: &[Record]) -> Result<(), StoreError> {
        for record in records {
            let Record::Checkpoint(checkpoint) = record else { continue };
            if checkpoint.through != self.head {
                return Err(StoreError::Conflict { context: context.clone(), found: self.head });
            }
            if !Checkpoint::hash_of(&self.kept(checkpoint.limit)).is_ok_and(|hash| hash == checkpoint.kept) {
                let what = format!("{context}: a checkpoint keeps something else than what holds");
                return Err(StoreError::Damaged(what));
            }
        }
        Ok(())
    }
}
