//! The log of a context: entries of records, each entry hashing the one before. Everything that a store knows is a
//! projection of it, and the log is its audit.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Context};
use crate::approval::{Approval, Principal};
use crate::checkpoint::Checkpoint;
use crate::digest::Digest;
use crate::graph::is_false;
use crate::plan::{Plan, Read};
use crate::resource::{Resource, SecretVersion};
use crate::run::{DriftReport, Fence, Intent, Lease, Outcome, Run};
use crate::tier::Tier;
use crate::time::Timestamp;
use crate::value::Value;

/// The version of the records that this build writes. A store of a greater one is refused.
///
/// The hash of an entry covers its text, and an export is proven by writing its entries again. So within a version a
/// field may only be added if it is left out while it has its default; anything else is a new version. Version 2 has
/// checkpoints.
pub const FORMAT: u32 = 2;

/// The last entry of a log: how many there are, and the hash of the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Head {
    pub sequence: u64,
    pub hash: Digest,
}

impl Head {
    /// The head of a context of which nothing is known.
    pub const EMPTY: Head = Head { sequence: 0, hash: Digest([0; 32]) };
}

/// Who writes, and when by his clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Stamp {
    pub by: Principal,
    pub at: Timestamp,
}

/// One commit.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    pub head: Head,
    #[serde(flatten)]
    pub stamp: Stamp,
    pub records: Vec<Record>,
}

/// One fact. A later fact about the same thing replaces an earlier one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    Resource(Box<Resource>),
    /// The address has no resource any more.
    Removed {
        address: Address,
    },
    Output(OutputRecord),
    OutputRemoved {
        name: Arc<str>,
    },
    Plan(Box<PlanRecord>),
    Approval(Approval),
    Run(Run),
    Intent(Intent),
    Outcome(Outcome),
    /// A lease is taken or renewed.
    Lease(Lease),
    /// The lease of this fence is given back.
    Released {
        fence: Fence,
    },
    Drift(DriftReport),
    /// The entries before this one are gone. Always alone in its entry.
    Checkpoint(Box<Checkpoint>),
    /// What was done by hand, such as a broken lease and why.
    Note {
        text: Arc<str>,
    },
}

impl Record {
    /// The one resource that it is about, if it is about one.
    pub fn address(&self) -> Option<&Address> {
        match self {
            Record::Resource(resource) => Some(&resource.address),
            Record::Removed { address } => Some(address),
            Record::Intent(intent) => Some(&intent.address),
            Record::Outcome(outcome) => Some(&outcome.address),
            _ => None,
        }
    }
}

/// A plan with who made it. Plans are found by their hash; a second record of one hash changes nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PlanRecord {
    pub plan: Plan,
    pub created: Timestamp,
    pub by: Principal,
}

/// An output as it was last published. Of a sensitive one only a fingerprint is here.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OutputRecord {
    pub name: Arc<str>,
    pub tier: Tier,
    pub value: Value,
    #[serde(default, skip_serializing_if = "is_false")]
    pub sensitive: bool,
    /// Of a sensitive one, which cannot be compared: the expression that was published, and what went into it.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub desired: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Read>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<SecretVersion>,
    pub serial: u64,
}

/// The bytes of an entry's records, which its hash covers: one JSON array.
pub fn encode(records: &[Record]) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(records)
}

/// The same bytes from those of each record, for a store that keeps records one by one.
pub fn join<'a>(records: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = vec![b'['];
    for record in records {
        if bytes.len() > 1 {
            bytes.push(b',');
        }
        bytes.extend_from_slice(record);
    }
    bytes.push(b']');
    bytes
}

pub fn decode(bytes: &[u8]) -> Result<Vec<Record>, serde_json::Error> {
    serde_json::from_slice(bytes)
}

/// The head that follows from adding an entry. Every store links its log with this and nothing else.
pub fn link(context: &Context, previous: Head, stamp: &Stamp, records: &[u8]) -> Head {
    let sequence = previous.sequence + 1;
    let hash = Digest::of_parts(&[
        b"strata log 1",
        &previous.hash.0,
        context.as_str().as_bytes(),
        &sequence.to_be_bytes(),
        stamp.by.0.as_bytes(),
        stamp.at.to_string().as_bytes(),
        records,
    ]);
    Head { sequence, hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_one_by_one_join_to_the_bytes_of_all() {
        let records = ["one", "two, \"three\""].map(|text| Record::Note { text: text.into() });
        for records in [&records[..0], &records[..1], &records[..]] {
            let each: Vec<Vec<u8>> = records.iter().map(|record| serde_json::to_vec(record).unwrap()).collect();
            assert_eq!(join(each.iter().map(Vec::as_slice)), encode(records).unwrap());
        }
    }
}
