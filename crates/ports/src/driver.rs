//! A provider, as the engine sees it.
//!
//! What every driver must keep to (the suite in [`crate::suite::driver`] holds it to most of it):
//!
//! - **A call is one attempt.** The engine retries; a driver never does so behind its back for mutations.
//! - **An error says whether anything may have happened.** Every variant but [`DriverError::Unknown`] promises that
//!   the call had no effect. When in doubt: `Unknown`. A timeout after the request was sent is `Unknown`.
//! - **Tokens.** With [`Guarantees::idempotent`], repeating a create with the same token gives the object of the first
//!   time and makes no second one, even long after; the other mutations may be repeated freely.
//! - **Ownership.** Each object carries the [`Owner`] that created it, unless the provider has no place for marks.
//!   A mutation of an object that carries another owner is [`DriverError::NotOwner`] and does nothing.
//! - **Sensitive leaves** of what is observed are [`strata_model::Value::Sealed`], by the fingerprint function that the
//!   driver was built with; their clear text leaves it only in [`Observed::secrets`].
//! - **Properties arrive filled**: no later value, no unknown. Sensitive ones arrive in clear; besides those that the
//!   type declares, the call names leaves that a secret has filled. [`crate::seal`] turns both into fingerprints.
//! - **Attempts.** A mutation whose outcome is unknown may be repeated with the same token and the next attempt.
//! - **Deadlines.** A call returns by [`Call::until`], with `Unknown` if it must.

use std::sync::Arc;
use std::time::Duration;

use strata_model::diff::{changes, project};
use strata_model::schema::TypeSchema;
use strata_model::{Address, Change, ObjectId, Path, ProviderInstance, Token, TypeName, Value};

use crate::secrets::Secret;

/// What a provider instance promises. The engine recovers by what is true, so a driver must not flatter itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guarantees {
    /// Creates are recognised by their token.
    pub idempotent: bool,
    /// What was written is seen by the next read, list and find.
    pub read_after_write: bool,
    /// `list` and `find` see all that exists.
    pub complete_list: bool,
}

/// Who an object belongs to, as a mark on the object.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Owner {
    /// Names the store, so that two projects on one account do not take each other's objects for their own.
    pub project: Arc<str>,
    pub address: Address,
}

/// What every call carries.
#[derive(Clone, Debug)]
pub struct Call {
    pub owner: Owner,
    /// The same for every attempt at one and the same effect; another for another effect.
    pub token: Token,
    /// When it is given up, as [`crate::Clock::monotonic`] of the clock that the driver was built with: however clocks are
    /// set meanwhile, nobody waits for longer.
    pub until: Duration,
    /// Counts from 1.
    pub attempt: u32,
}

/// No `Debug`: it holds secrets in clear.
#[derive(Clone)]
pub struct Create {
    pub kind: TypeName,
    pub properties: Value,
    /// Leaves of `properties` that are secret by what filled them, whatever their type says.
    pub tainted: Vec<Path>,
}

/// No `Debug`: it holds secrets in clear.
#[derive(Clone)]
pub struct Update {
    pub kind: TypeName,
    pub object: ObjectId,
    /// As last sent, sealed where sensitive.
    pub before: Value,
    pub after: Value,
    /// Leaves of `after` that are secret by what filled them, whatever their type says.
    pub tainted: Vec<Path>,
}

#[derive(Clone, Debug)]
pub struct Delete {
    pub kind: TypeName,
    pub object: ObjectId,
    /// Take a snapshot first.
    pub snapshot: bool,
}

/// An object as the provider tells it.
#[derive(Clone, Debug)]
pub struct Observed {
    pub object: ObjectId,
    /// All attributes, those that were sent among them, at the same paths. Sealed where sensitive.
    pub attributes: Value,
    /// Sensitive attributes in clear, for the sink. Only `create` and `update` must give them.
    pub secrets: Vec<SecretLeaf>,
    /// The mark on the object, where it has one.
    pub owner: Option<Owner>,
    /// Why it does not work, although it is as it was asked to be: a line, and more lines where there is more to tell. Only
    /// of a create, an update or a search for their effect this is asked, after the time that it needs to begin its work.
    pub unwell: Option<Arc<str>>,
}

/// Why what a resource needs cannot be had, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unready {
    pub why: String,
    pub remedy: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SecretLeaf {
    pub path: Path,
    pub secret: Secret,
}

/// What a search for the effect of a lost call found.
#[derive(Clone, Debug)]
pub enum Found {
    Object(Box<Observed>),
    /// It surely does not exist.
    Nothing,
    /// It was not seen, but might be later.
    Unsure,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listed {
    pub kind: TypeName,
    pub object: ObjectId,
    pub owner: Option<Owner>,
}

/// Which lines of what an object has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LogQuery {
    /// Only so many at the end.
    pub tail: Option<u64>,
    /// Wait for more.
    pub follow: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Health {
    Healthy,
    /// It works, but not as it should.
    Degraded(String),
    Unhealthy(String),
    Unknown,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DriverError {
    #[error("not found")]
    NotFound,
    #[error("already exists{}", .0.as_ref().map_or_else(String::new, |object| format!(" as {object}")))]
    AlreadyExists(Option<ObjectId>),
    /// The object carries the mark of somebody else, or none.
    #[error("{object} belongs to {}", .owner.as_ref().map_or("nobody known", |owner| owner.address.as_str()))]
    NotOwner { object: ObjectId, owner: Option<Owner> },
    #[error("throttled{}", .retry_after_ms.map_or_else(String::new, |wait| format!(", may be repeated in {wait} ms")))]
    Throttled { retry_after_ms: Option<u64> },
    /// It failed without effect and may work when repeated.
    #[error("{0}")]
    Transient(String),
    /// Nobody knows whether it took effect: a timeout, a lost connection.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
    #[error("not authenticated: {0}")]
    Unauthorised(String),
    #[error("not allowed: {0}")]
    Forbidden(String),
    /// The request itself is wrong; repeating it changes nothing.
    #[error("{0}")]
    Invalid(String),
    #[error("a quota is used up: {0}")]
    Quota(String),
    #[error("{0} cannot be scaled")]
    NotScalable(TypeName),
    #[error("{0} is not supported")]
    Unsupported(String),
}

impl DriverError {
    /// Whether the same call may work if it is repeated.
    pub fn may_be_repeated(&self) -> bool {
        matches!(self, DriverError::Throttled { .. } | DriverError::Transient(_))
    }
}

pub trait Driver: Send + Sync {
    fn guarantees(&self) -> Guarantees;

    /// What is known of a type; `None` if the provider has no such type.
    fn schema(&self, kind: &TypeName) -> Option<&TypeSchema>;

    /// What the provider would refuse about properties that may still hold later and unknown leaves, as path and
    /// message. Makes no call.
    fn check(&self, kind: &TypeName, properties: &Value) -> Vec<(Path, String)> {
        let _ = (kind, properties);
        Vec::new()
    }

    /// Gets ready what resources of these types and properties will need, such as their images, and tells all that cannot be
    /// had. It makes and changes no resource, and no deadline bounds it. `watch` is told what is done, is asked with `None` from
    /// time to time, and says whether to go on.
    fn prepare(
        &self,
        wanted: &[(TypeName, Value)],
        watch: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<(), Vec<Unready>> {
        let _ = (wanted, watch);
        Ok(())
    }

    fn create(&self, create: &Create, call: &Call) -> Result<Observed, DriverError>;

    fn read(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Observed, DriverError>;

    fn update(&self, update: &Update, call: &Call) -> Result<Observed, DriverError>;

    /// Deleting what is not there is [`DriverError::NotFound`].
    fn delete(&self, delete: &Delete, call: &Call) -> Result<(), DriverError>;

    /// Puts the mark of this call's owner on an object that carries `from`, `None` being no mark: an import, or a
    /// resource that is known by another address. An object that carries the new mark already is left as it is; any
    /// other mark is [`DriverError::NotOwner`].
    fn claim(
        &self,
        kind: &TypeName,
        object: &ObjectId,
        from: Option<&Owner>,
        call: &Call,
    ) -> Result<Observed, DriverError>;

    /// Looks for the object that a create with this call's owner and token has made, if any.
    fn find(&self, kind: &TypeName, call: &Call) -> Result<Found, DriverError>;

    /// The differences that matter between what is wanted and what is. What the provider adds of its own is none.
    fn diff(&self, kind: &TypeName, desired: &Value, observed: &Value) -> Vec<Change> {
        let _ = kind;
        changes(&project(observed, desired), desired)
    }

    fn health(&self, kind: &TypeName, object: &ObjectId, call: &Call) -> Result<Health, DriverError>;

    /// Sets the field that [`TypeSchema::scales`] names. [`DriverError::NotScalable`] for types that have none.
    fn scale(&self, kind: &TypeName, object: &ObjectId, replicas: u64, call: &Call) -> Result<Observed, DriverError>;

    /// All objects of this instance, whoever owns them, sorted by type and id.
    fn list(&self, call: &Call) -> Result<Vec<Listed>, DriverError>;

    /// What an object has written, line by line, oldest first. `line` says whether more is wanted; it is asked with `None` from
    /// time to time while nothing comes. The deadline of the call does not end it.
    fn logs(
        &self,
        kind: &TypeName,
        object: &ObjectId,
        query: &LogQuery,
        call: &Call,
        line: &mut dyn FnMut(Option<&str>) -> bool,
    ) -> Result<(), DriverError> {
        let _ = (object, query, call, line);
        Err(DriverError::Unsupported(format!("reading what a {kind} has written")))
    }
}

/// The drivers of all instances that a project uses.
pub trait Drivers: Send + Sync {
    /// `None` if no such provider is configured.
    fn driver(&self, instance: &ProviderInstance) -> Option<Arc<dyn Driver>>;
}
