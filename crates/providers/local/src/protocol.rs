//! What driver and world say to each other: frames of JSON over a socket. No secret in clear is sent to the world; it
//! has no use for one.

use std::io::{self, Read, Write};
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use strata_model::{Address, ObjectId, Path, Timestamp, Token, TypeName, Value};
use strata_ports::{DriverError, Health, Owner};

use crate::settings::{Operation, Settings};

/// The version of the words below. Both sides must speak the same.
pub(crate) const FORMAT: u32 = 1;

/// Nothing said in one frame is longer; a length beyond it is no frame of ours.
const MAX_FRAME: usize = 256 << 20;

/// What the world says first on every connection.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hello {
    pub(crate) format: u32,
    pub(crate) process: u32,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Message {
    Call(Box<Request>),
    Admin(Admin),
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) place: Place,
    pub(crate) mark: Mark,
    pub(crate) token: Token,
    pub(crate) attempt: u32,
    pub(crate) op: Op,
}

/// An account and a region of the simulated cloud.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Place {
    pub account: Arc<str>,
    pub region: Arc<str>,
}

/// An [`Owner`] as it is written down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mark {
    pub project: Arc<str>,
    pub address: Address,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Op {
    Create { kind: TypeName, properties: Value },
    Read { kind: TypeName, object: ObjectId },
    Update { kind: TypeName, object: ObjectId, properties: Value },
    Delete { kind: TypeName, object: ObjectId, snapshot: bool },
    Claim { kind: TypeName, object: ObjectId, from: Option<Mark> },
    Find { kind: TypeName },
    Health { kind: TypeName, object: ObjectId },
    Scale { kind: TypeName, object: ObjectId, replicas: u64 },
    List,
}

/// What can be done to the world from outside all drivers: by a test, or by a person who shows something.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Admin {
    Status,
    Settings,
    Configure(Box<Settings>),
    /// All objects of all places.
    Objects,
    /// Makes an object that nobody manages.
    Make {
        place: Place,
        kind: TypeName,
        properties: Value,
    },
    Meddle {
        object: ObjectId,
        /// When; at once if `None`.
        after_ms: Option<u64>,
        change: Meddle,
    },
    /// The world ends when it has answered.
    Stop,
}

/// A change behind the back of whoever manages an object.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Meddle {
    Set {
        path: Path,
        value: Value,
    },
    Unset {
        path: Path,
    },
    Delete,
    /// The same again under another id.
    Replace,
    Mark(Option<Mark>),
    Health(Condition),
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    Healthy,
    Degraded(String),
    Unhealthy(String),
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Reply {
    Object(Box<View>),
    Deleted,
    /// `certain` if what was not found does not exist.
    Found {
        object: Option<Box<View>>,
        certain: bool,
    },
    Health(Condition),
    Listed(Vec<Row>),
    Refused(Refusal),
    Admin(Answer),
}

/// No `Debug`: it holds what the cloud has made up as secrets.
#[derive(Serialize, Deserialize)]
pub(crate) struct View {
    pub(crate) object: ObjectId,
    pub(crate) attributes: Value,
    pub(crate) secrets: Vec<(Path, Arc<str>)>,
    pub(crate) mark: Option<Mark>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) kind: TypeName,
    pub(crate) object: ObjectId,
    pub(crate) mark: Option<Mark>,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Refusal {
    NotFound,
    AlreadyExists(ObjectId),
    NotOwner { object: ObjectId, mark: Option<Mark> },
    Throttled { retry_after_ms: Option<u64> },
    Transient(String),
    Unauthorised(String),
    Forbidden(String),
    Invalid(String),
    Quota(String),
    NotScalable(TypeName),
    Unsupported(String),
}

/// The answer to an [`Admin`].
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    Done,
    Status(Status),
    Settings(Box<Settings>),
    Objects(Vec<Object>),
    Object(ObjectId),
    /// What was asked for cannot be done.
    Refused(String),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub process: u32,
    pub objects: u64,
    /// Calls of drivers that were answered since this process started.
    pub calls: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// An object as the world keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Object {
    pub id: ObjectId,
    pub kind: TypeName,
    pub place: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Of the create that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Token>,
    /// Everything about it: what was sent, defaults, outputs.
    pub attributes: Value,
    /// Counts creates and updates.
    pub revision: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
    /// What will happen to it by itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<Due>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Due {
    pub at: Timestamp,
    pub change: Meddle,
}

pub(crate) fn send(to: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message)?;
    let length = u32::try_from(frame.len() - 4).map_err(io::Error::other)?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    to.write_all(&frame)
}

/// Waits for a frame. The end of the stream between two frames is `UnexpectedEof` as well.
pub(crate) fn receive<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame without measure"));
    }
    // Room grows with what comes, not with what a length claims.
    let mut frame = Vec::new();
    from.take(length as u64).read_to_end(&mut frame)?;
    if frame.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&frame).map_err(io::Error::from)
}

impl Op {
    pub(crate) fn operation(&self) -> Operation {
        match self {
            Op::Create { .. } => Operation::Create,
            Op::Read { .. } => Operation::Read,
            Op::Update { .. } => Operation::Update,
            Op::Delete { .. } => Operation::Delete,
            Op::Claim { .. } => Operation::Claim,
            Op::Find { .. } => Operation::Find,
            Op::Health { .. } => Operation::Health,
            Op::Scale { .. } => Operation::Scale,
            Op::List => Operation::List,
        }
    }

    pub(crate) fn kind(&self) -> &str {
        match self {
            Op::Create { kind, .. }
            | Op::Read { kind, .. }
            | Op::Update { kind, .. }
            | Op::Delete { kind, .. }
            | Op::Claim { kind, .. }
            | Op::Find { kind }
            | Op::Health { kind, .. }
            | Op::Scale { kind, .. } => kind,
            Op::List => "",
        }
    }
}

impl Operation {
    /// Whether repeating it blindly is harmless.
    pub(crate) fn only_looks(self) -> bool {
        matches!(self, Operation::Read | Operation::Find | Operation::Health | Operation::List)
    }
}

impl From<&Owner> for Mark {
    fn from(owner: &Owner) -> Mark {
        Mark { project: owner.project.clone(), address: owner.address.clone() }
    }
}

impl From<Mark> for Owner {
    fn from(mark: Mark) -> Owner {
        Owner { project: mark.project, address: mark.address }
    }
}

impl From<Condition> for Health {
    fn from(condition: Condition) -> Health {
        match condition {
            Condition::Healthy => Health::Healthy,
            Condition::Degraded(why) => Health::Degraded(why),
            Condition::Unhealthy(why) => Health::Unhealthy(why),
        }
    }
}

impl From<Refusal> for DriverError {
    fn from(refusal: Refusal) -> DriverError {
        match refusal {
            Refusal::NotFound => DriverError::NotFound,
            Refusal::AlreadyExists(object) => DriverError::AlreadyExists(Some(object)),
            Refusal::NotOwner { object, mark } => DriverError::NotOwner { object, owner: mark.map(Owner::from) },
            Refusal::Throttled { retry_after_ms } => DriverError::Throttled { retry_after_ms },
            Refusal::Transient(why) => DriverError::Transient(why),
            Refusal::Unauthorised(why) => DriverError::Unauthorised(why),
            Refusal::Forbidden(why) => DriverError::Forbidden(why),
            Refusal::Invalid(why) => DriverError::Invalid(why),
            Refusal::Quota(why) => DriverError::Quota(why),
            Refusal::NotScalable(kind) => DriverError::NotScalable(kind),
            Refusal::Unsupported(what) => DriverError::Unsupported(what),
        }
    }
}
