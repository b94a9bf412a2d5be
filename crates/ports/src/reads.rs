//! What can be asked of a store, one thing at a time or several of one moment.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;

use strata_model::record::{OutputRecord, PlanRecord};
use strata_model::{
    Address, Approval, Context, Dependent, Digest, DriftReport, Entry, Fence, Head, Intent, Lease, Outcome,
    ProviderInstance, Record, Resource, Run, RunId, Value,
};

use crate::store::{Store, StoreError};

/// What can be asked. Lists are sorted: by address or name where nothing else is said, newest first where a `limit` is
/// taken.
///
/// A [`Store`] answers each of these as of the time at which it is asked. What several answers are to agree about is
/// asked [`at_one_moment`].
pub trait Reads {
    /// A name that was chosen at random when the store was made; marks its objects at providers.
    fn project(&self) -> Result<Arc<str>, StoreError>;

    /// All contexts that have an entry.
    fn contexts(&self) -> Result<Vec<Context>, StoreError>;

    /// [`Head::EMPTY`] for a context without entries.
    fn head(&self, context: &Context) -> Result<Head, StoreError>;

    /// The records that stand for entries that are gone; empty where none are.
    fn kept(&self, context: &Context) -> Result<Vec<Record>, StoreError>;

    /// Up to `limit` entries after `sequence`, oldest first.
    fn entries(&self, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>, StoreError>;

    fn resources(&self, context: &Context) -> Result<Vec<Resource>, StoreError>;

    /// How many [`Reads::resources`] there are. Stores that can count without reading override it.
    fn count(&self, context: &Context) -> Result<usize, StoreError> {
        self.resources(context).map(|resources| resources.len())
    }

    fn resource(&self, address: &Address) -> Result<Option<Resource>, StoreError>;

    /// What names `address` in its `depends_on`, in all contexts.
    fn dependents(&self, address: &Address) -> Result<Vec<Dependent>, StoreError>;

    /// For each of `addresses`, what [`Reads::dependents`] tells. Stores that can ask once override it.
    fn dependents_of(&self, addresses: &[Address]) -> Result<Vec<Vec<Dependent>>, StoreError> {
        addresses.iter().map(|address| self.dependents(address)).collect()
    }

    fn outputs(&self, context: &Context) -> Result<Vec<OutputRecord>, StoreError>;

    fn plan(&self, hash: &Digest) -> Result<Option<PlanRecord>, StoreError>;

    fn plans(&self, context: &Context, limit: usize) -> Result<Vec<PlanRecord>, StoreError>;

    /// Where the plans that are kept make, change or delete something. Stores that can tell without reading them override it.
    fn planned_at(&self, context: &Context) -> Result<BTreeSet<ProviderInstance>, StoreError> {
        let plans = self.plans(context, usize::MAX)?;
        Ok(plans.into_iter().flat_map(|record| record.plan.actions).map(|action| action.provider).collect())
    }

    /// Oldest first.
    fn approvals(&self, plan: &Digest) -> Result<Vec<Approval>, StoreError>;

    fn runs(&self, context: &Context, limit: usize) -> Result<Vec<Run>, StoreError>;

    /// Intents without an outcome, in the order in which they were written.
    fn open_intents(&self, context: &Context) -> Result<Vec<Intent>, StoreError>;

    /// The last outcome of each step of a run.
    fn outcomes(&self, context: &Context, run: &RunId) -> Result<Vec<Outcome>, StoreError>;

    /// The lease last taken and not released, expired or not.
    fn lease(&self, context: &Context) -> Result<Option<Lease>, StoreError>;

    /// The greatest fence that the context has seen; a new holder takes one more.
    fn last_fence(&self, context: &Context) -> Result<Fence, StoreError>;

    /// The numbers of a pool that are held, and by whom, sorted.
    fn allocated(&self, pool: &Value) -> Result<Vec<(i64, Address)>, StoreError>;

    fn drift(&self, context: &Context, limit: usize) -> Result<Vec<DriftReport>, StoreError>;
}

/// A store as of one commit. Who needs several answers that agree takes this and not the store.
#[derive(Clone, Copy)]
pub struct Moment<'r>(&'r dyn Reads);

impl<'r> Deref for Moment<'r> {
    type Target = dyn Reads + 'r;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

/// Asks a store for several things as of one commit.
pub fn at_one_moment<T, E: From<StoreError>>(
    store: &(impl Store + ?Sized),
    ask: impl FnOnce(Moment<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let (mut ask, mut answer) = (Some(ask), None);
    store.look(&mut |reads| answer = ask.take().map(|ask| ask(Moment(reads))))?;
    answer.unwrap_or_else(|| Err(StoreError::Damaged("the store did not let itself be looked at".to_owned()).into()))
}

/// One question is a look of its own.
impl<S: Store + ?Sized> Reads for S {
    fn project(&self) -> Result<Arc<str>, StoreError> {
        at_one_moment(self, |moment| moment.project())
    }

    fn contexts(&self) -> Result<Vec<Context>, StoreError> {
        at_one_moment(self, |moment| moment.contexts())
    }

    fn head(&self, context: &Context) -> Result<Head, StoreError> {
        at_one_moment(self, |moment| moment.head(context))
    }

    fn kept(&self, context: &Context) -> Result<Vec<Record>, StoreError> {
        at_one_moment(self, |moment| moment.kept(context))
    }

    fn entries(&self, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        at_one_moment(self, |moment| moment.entries(context, sequence, limit))
    }

    fn resources(&self, context: &Context) -> Result<Vec<Resource>, StoreError> {
        at_one_moment(self, |moment| moment.resources(context))
    }

    fn count(&self, context: &Context) -> Result<usize, StoreError> {
        at_one_moment(self, |moment| moment.count(context))
    }

    fn resource(&self, address: &Address) -> Result<Option<Resource>, StoreError> {
        at_one_moment(self, |moment| moment.resource(address))
    }

    fn dependents(&self, address: &Address) -> Result<Vec<Dependent>, StoreError> {
        at_one_moment(self, |moment| moment.dependents(address))
    }

    fn dependents_of(&self, addresses: &[Address]) -> Result<Vec<Vec<Dependent>>, StoreError> {
        at_one_moment(self, |moment| moment.dependents_of(addresses))
    }

    fn outputs(&self, context: &Context) -> Result<Vec<OutputRecord>, StoreError> {
        at_one_moment(self, |moment| moment.outputs(context))
    }

    fn plan(&self, hash: &Digest) -> Result<Option<PlanRecord>, StoreError> {
        at_one_moment(self, |moment| moment.plan(hash))
    }

    fn plans(&self, context: &Context, limit: usize) -> Result<Vec<PlanRecord>, StoreError> {
        at_one_moment(self, |moment| moment.plans(context, limit))
    }

    fn planned_at(&self, context: &Context) -> Result<BTreeSet<ProviderInstance>, StoreError> {
        at_one_moment(self, |moment| moment.planned_at(context))
    }

    fn approvals(&self, plan: &Digest) -> Result<Vec<Approval>, StoreError> {
        at_one_moment(self, |moment| moment.approvals(plan))
    }

    fn runs(&self, context: &Context, limit: usize) -> Result<Vec<Run>, StoreError> {
        at_one_moment(self, |moment| moment.runs(context, limit))
    }

    fn open_intents(&self, context: &Context) -> Result<Vec<Intent>, StoreError> {
        at_one_moment(self, |moment| moment.open_intents(context))
    }

    fn outcomes(&self, context: &Context, run: &RunId) -> Result<Vec<Outcome>, StoreError> {
        at_one_moment(self, |moment| moment.outcomes(context, run))
    }

    fn lease(&self, context: &Context) -> Result<Option<Lease>, StoreError> {
        at_one_moment(self, |moment| moment.lease(context))
    }

    fn last_fence(&self, context: &Context) -> Result<Fence, StoreError> {
        at_one_moment(self, |moment| moment.last_fence(context))
    }

    fn allocated(&self, pool: &Value) -> Result<Vec<(i64, Address)>, StoreError> {
        at_one_moment(self, |moment| moment.allocated(pool))
    }

    fn drift(&self, context: &Context, limit: usize) -> Result<Vec<DriftReport>, StoreError> {
        at_one_moment(self, |moment| moment.drift(context, limit))
    }
}
