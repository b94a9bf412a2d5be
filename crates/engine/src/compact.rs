//! Compaction: a checkpoint that somebody signs takes the place of the entries of a log that nothing needs any more.

use strata_defects::{Point, pass};
use strata_model::{Checkpoint, Context, Record, Tier};
use strata_ports::compaction::{Summary, summary};
use strata_ports::{Reads, Store, StoreError};

use crate::approve::{Authority, Verb};
use crate::failure::Failure;
use crate::keys::{Signer, sign};
use crate::{Engine, codes, lease};

impl Engine<'_> {
    /// Drops what is over from the log of a context; of plans and reports of drift the newest `limit` stay. `None` if
    /// there is nothing to drop since the last time. The space is given back by [`strata_ports::Store::shrink`].
    pub fn compact(
        &self,
        context: &Context,
        authority: &Authority,
        key: &dyn Signer,
        limit: u32,
    ) -> Result<Option<Checkpoint>, Failure> {
        // A log is of all tiers.
        let who = &self.who.principal;
        Tier::ALL.iter().try_for_each(|tier| authority.permit(who, Verb::Administer, context, *tier))?;
        if !summary(self.store, context, limit)?.is_some_and(|summary| summary.moved) {
            self.tidy(context)?;
            return Ok(None);
        }
        lease::with(self, context, "compact", |held| {
            loop {
                let summary = summary(self.store, context, limit)?;
                // Somebody else may have compacted it while the lease was waited for.
                let Some(summary) = summary.filter(|summary| summary.moved) else { return Ok(None) };
                let checkpoint = self.checkpoint(context, summary, authority, key)?;
                pass(Point::LogSummed);
                match held.commit(self, &[Record::Checkpoint(Box::new(checkpoint.clone()))]) {
                    // Who plans needs no lease, and was quicker.
                    Err(StoreError::Conflict { .. }) => continue,
                    committed => committed?,
                };
                pass(Point::LogCompacted);
                return Ok(Some(checkpoint));
            }
        })
    }

    fn checkpoint(
        &self,
        context: &Context,
        summary: Summary,
        authority: &Authority,
        key: &dyn Signer,
    ) -> Result<Checkpoint, Failure> {
        let Summary { through, since, limit, kept, .. } = summary;
        let kept =
            Checkpoint::hash_of(&kept).map_err(|error| Failure::error(codes::DAMAGED_STORE, error.to_string()))?;
        let mut checkpoint = Checkpoint {
            through,
            since,
            limit,
            kept,
            principal: self.who.principal.clone(),
            at: self.clock.now(),
            key: key.public().to_string().into(),
            signature: "".into(),
        };
        checkpoint.signature = sign(key, &checkpoint.statement(context))?;
        trusted(authority, context, &checkpoint)?;
        Ok(checkpoint)
    }
}

/// Refuses a log whose first entries are gone on the word of somebody who is not trusted.
pub fn check_checkpoint(store: &dyn Store, context: &Context, authority: &Authority) -> Result<(), Failure> {
    let first = store.entries(context, 0, 1)?.into_iter().next();
    match first.as_ref().map(|first| &first.records[..]) {
        Some([Record::Checkpoint(checkpoint)]) => trusted(authority, context, checkpoint),
        _ => Ok(()),
    }
}

fn trusted(authority: &Authority, context: &Context, checkpoint: &Checkpoint) -> Result<(), Failure> {
    let Checkpoint { principal, key, signature, through, .. } = checkpoint;
    if authority.signed(principal, key, &checkpoint.statement(context), signature) {
        return Ok(());
    }
    let message = format!(
        "the entries of {context} up to {} were compacted by {principal}, whose signature is not valid",
        through.sequence
    );
    let hint = format!("its key is `{key}`; whose keys count says `trust.toml`");
    Err(Failure::error(codes::BAD_CHECKPOINT, message).hint(hint))
}
