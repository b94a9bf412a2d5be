//! Everything that can be asked, within one transaction, which sees the store as of one commit.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Params, Result, Row, Transaction, params};
use strata_model::record::{OutputRecord, PlanRecord, Stamp};
use strata_model::{
    Address, Approval, Context, Dependent, Digest, DriftReport, Entry, Fence, Head, Intent, Lease, Outcome, Principal,
    ProviderInstance, Record, Resource, Run, RunId, Strength, Tier, Timestamp, Value,
};
use strata_ports::{Reads, Store, StoreError, Write};

use crate::SqliteStore;
use crate::failure::told;

/// Where the bodies are that the rows of a context name.
macro_rules! bodies {
    ($table:literal, $column:literal, $rest:literal) => {
        concat!(
            "SELECT body FROM ",
            $table,
            " JOIN record ON record.id = ",
            $table,
            ".",
            $column,
            " WHERE context = (SELECT id FROM context WHERE name = ?1) ",
            $rest
        )
    };
}

/// The store as of one commit: a transaction that only reads.
struct Moment<'c> {
    path: &'c Path,
    transaction: Transaction<'c>,
}

impl Moment<'_> {
    fn ask<T>(&self, ask: impl FnOnce(&Connection) -> Result<T>) -> Result<T, StoreError> {
        ask(&self.transaction).map_err(|error| told(self.path, &error, false))
    }
}

impl Store for SqliteStore {
    fn commit(&self, write: Write<'_>) -> Result<Head, StoreError> {
        self.door()?.commit(&self.path, &write)
    }

    fn look(&self, look: &mut dyn FnMut(&dyn Reads)) -> Result<(), StoreError> {
        self.read(|connection| {
            let transaction = connection.unchecked_transaction()?;
            look(&Moment { path: &self.path, transaction });
            Ok(())
        })
    }

    fn verify(&self) -> Result<Vec<String>, StoreError> {
        self.verify_all()
    }

    fn restore(&self, context: &Context, kept: &[Record], entries: &[Entry]) -> Result<(), StoreError> {
        self.door()?.restore(&self.path, context, kept, entries)
    }

    fn shrink(&self) -> Result<(), StoreError> {
        self.door()?.shrink(&self.path)
    }
}

impl Reads for Moment<'_> {
    fn project(&self) -> Result<Arc<str>, StoreError> {
        self.ask(|connection| connection.query_row("SELECT name FROM project", [], |row| row.get(0)))
    }

    fn contexts(&self) -> Result<Vec<Context>, StoreError> {
        let statement =
            "SELECT name FROM context WHERE EXISTS (SELECT 1 FROM entry WHERE context = context.id) ORDER BY name";
        self.ask(|connection| list(connection, statement, [], |row| decode::text(row, 0)))
    }

    fn head(&self, context: &Context) -> Result<Head, StoreError> {
        self.ask(|connection| head(connection, context))
    }

    fn kept(&self, context: &Context) -> Result<Vec<Record>, StoreError> {
        self.ask(|connection| kept(connection, context))
    }

    fn entries(&self, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>, StoreError> {
        self.ask(|connection| entries(connection, context, sequence, limit))
    }

    fn resources(&self, context: &Context) -> Result<Vec<Resource>, StoreError> {
        self.ask(|connection| resources(connection, context))
    }

    fn count(&self, context: &Context) -> Result<usize, StoreError> {
        let statement = "SELECT count(*) FROM resource WHERE context = (SELECT id FROM context WHERE name = ?1)";
        let count = |row: &Row<'_>| row.get::<_, i64>(0);
        let count =
            self.ask(|connection| connection.prepare_cached(statement)?.query_row([context.as_str()], count))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    fn resource(&self, address: &Address) -> Result<Option<Resource>, StoreError> {
        let statement = bodies!("resource", "record", "AND local = ?2");
        let key = [address.context_str(), address.local()];
        self.ask(|connection| connection.prepare_cached(statement)?.query_row(key, decode::resource).optional())
    }

    fn dependents(&self, address: &Address) -> Result<Vec<Dependent>, StoreError> {
        self.ask(|connection| dependents(connection, address))
    }

    fn dependents_of(&self, addresses: &[Address]) -> Result<Vec<Vec<Dependent>>, StoreError> {
        self.ask(|connection| addresses.iter().map(|address| dependents(connection, address)).collect())
    }

    fn outputs(&self, context: &Context) -> Result<Vec<OutputRecord>, StoreError> {
        self.ask(|connection| outputs(connection, context))
    }

    fn plan(&self, hash: &Digest) -> Result<Option<PlanRecord>, StoreError> {
        let statement =
            "SELECT body FROM plan JOIN record ON record.id = plan.record WHERE hash = ?1 ORDER BY id LIMIT 1";
        self.ask(|connection| connection.prepare_cached(statement)?.query_row([hash.0], decode::plan).optional())
    }

    fn plans(&self, context: &Context, limit: usize) -> Result<Vec<PlanRecord>, StoreError> {
        self.ask(|connection| plans(connection, context, limit))
    }

    fn planned_at(&self, context: &Context) -> Result<BTreeSet<ProviderInstance>, StoreError> {
        self.ask(|connection| planned_at(connection, context))
    }

    fn approvals(&self, plan: &Digest) -> Result<Vec<Approval>, StoreError> {
        self.ask(|connection| approvals(connection, plan))
    }

    fn runs(&self, context: &Context, limit: usize) -> Result<Vec<Run>, StoreError> {
        self.ask(|connection| runs(connection, context, limit))
    }

    fn open_intents(&self, context: &Context) -> Result<Vec<Intent>, StoreError> {
        self.ask(|connection| open_intents(connection, context))
    }

    fn outcomes(&self, context: &Context, run: &RunId) -> Result<Vec<Outcome>, StoreError> {
        self.ask(|connection| outcomes(connection, context, run))
    }

    fn lease(&self, context: &Context) -> Result<Option<Lease>, StoreError> {
        self.ask(|connection| lease(connection, context))
    }

    fn last_fence(&self, context: &Context) -> Result<Fence, StoreError> {
        self.ask(|connection| last_fence(connection, context))
    }

    fn allocated(&self, pool: &Value) -> Result<Vec<(i64, Address)>, StoreError> {
        self.ask(|connection| allocated(connection, pool))
    }

    fn drift(&self, context: &Context, limit: usize) -> Result<Vec<DriftReport>, StoreError> {
        self.ask(|connection| drift(connection, context, limit))
    }
}

fn list<T>(
    connection: &Connection,
    statement: &str,
    parameters: impl Params,
    row: impl FnMut(&Row<'_>) -> Result<T>,
) -> Result<Vec<T>> {
    connection.prepare_cached(statement)?.query_map(parameters, row)?.collect()
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

pub(crate) fn head(connection: &Connection, context: &Context) -> Result<Head> {
    let statement = "SELECT sequence, hash FROM entry WHERE context = (SELECT id FROM context WHERE name = ?1) \
                     ORDER BY sequence DESC LIMIT 1";
    let read = |row: &Row<'_>| Ok(Head { sequence: decode::number(row, 0)?, hash: Digest(row.get(1)?) });
    Ok(connection.prepare_cached(statement)?.query_row([context.as_str()], read).optional()?.unwrap_or(Head::EMPTY))
}

pub(crate) fn lease(connection: &Connection, context: &Context) -> Result<Option<Lease>> {
    let statement = "SELECT body FROM context JOIN record ON record.id = lease WHERE name = ?1";
    connection.prepare_cached(statement)?.query_row([context.as_str()], decode::lease).optional()
}

pub(crate) fn last_fence(connection: &Connection, context: &Context) -> Result<Fence> {
    let statement = "SELECT fence FROM context WHERE name = ?1";
    let read = |row: &Row<'_>| decode::number(row, 0);
    let fence = connection.prepare_cached(statement)?.query_row([context.as_str()], read).optional()?;
    Ok(Fence(fence.unwrap_or(0)))
}

/// An entry and where its records are.
pub(crate) struct Line {
    pub(crate) head: Head,
    pub(crate) stamp: Stamp,
    pub(crate) first: i64,
    pub(crate) count: i64,
}

pub(crate) fn lines(connection: &Connection, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Line>> {
    let statement = "SELECT sequence, hash, principal, at, first, count FROM entry \
                     WHERE context = (SELECT id FROM context WHERE name = ?1) AND sequence > ?2 \
                     ORDER BY sequence LIMIT ?3";
    // A sequence is counted from 1, so one beyond `i64` was never given.
    let after = i64::try_from(sequence).unwrap_or(i64::MAX);
    list(connection, statement, params![context.as_str(), after, count(limit)], |row| {
        Ok(Line {
            head: Head { sequence: decode::number(row, 0)?, hash: Digest(row.get(1)?) },
            stamp: Stamp { by: Principal(row.get(2)?), at: Timestamp::from_millis(row.get(3)?) },
            first: row.get(4)?,
            count: row.get(5)?,
        })
    })
}

/// The bodies of the records of an entry.
pub(crate) fn bodies(connection: &Connection, line: &Line) -> Result<Vec<Vec<u8>>> {
    let statement = "SELECT body FROM record WHERE id >= ?1 AND id < ?1 + ?2 ORDER BY id";
    list(connection, statement, [line.first, line.count], |row| row.get(0))
}

/// In a transaction that is open.
pub(crate) fn entries(connection: &Connection, context: &Context, sequence: u64, limit: usize) -> Result<Vec<Entry>> {
    let entry = |line: Line| {
        let bodies = bodies(connection, &line)?;
        let records = bodies.iter().map(|body| decode::record(body)).collect::<Result<_>>()?;
        Ok(Entry { head: line.head, stamp: line.stamp, records })
    };
    lines(connection, context, sequence, limit)?.into_iter().map(entry).collect()
}

/// The records that stand for entries that are gone.
pub(crate) fn kept(connection: &Connection, context: &Context) -> Result<Vec<Record>> {
    list(connection, bodies!("kept", "record", "ORDER BY kept.record"), [context.as_str()], |row| {
        decode::record(row.get_ref(0)?.as_blob()?)
    })
}

pub(crate) fn resources(connection: &Connection, context: &Context) -> Result<Vec<Resource>> {
    list(connection, bodies!("resource", "record", "ORDER BY local"), [context.as_str()], decode::resource)
}

pub(crate) fn outputs(connection: &Connection, context: &Context) -> Result<Vec<OutputRecord>> {
    list(connection, bodies!("output", "record", "ORDER BY name"), [context.as_str()], decode::output)
}

pub(crate) fn plans(connection: &Connection, context: &Context, limit: usize) -> Result<Vec<PlanRecord>> {
    let statement = bodies!("plan", "record", "ORDER BY plan.record DESC LIMIT ?2");
    list(connection, statement, params![context.as_str(), count(limit)], decode::plan)
}

fn planned_at(connection: &Connection, context: &Context) -> Result<BTreeSet<ProviderInstance>> {
    let statement = "SELECT DISTINCT action.value -> '$.provider' FROM plan JOIN record ON record.id = plan.record, \
                     json_each(CAST(body AS TEXT), '$.plan.plan.actions') AS action \
                     WHERE context = (SELECT id FROM context WHERE name = ?1)";
    list(connection, statement, [context.as_str()], decode::instance).map(BTreeSet::from_iter)
}

pub(crate) fn approvals(connection: &Connection, plan: &Digest) -> Result<Vec<Approval>> {
    let statement = "SELECT body FROM approval JOIN record ON record.id = record WHERE plan = ?1 ORDER BY record";
    list(connection, statement, [plan.0], decode::approval)
}

pub(crate) fn runs(connection: &Connection, context: &Context, limit: usize) -> Result<Vec<Run>> {
    let statement = bodies!("run", "record", "ORDER BY started DESC LIMIT ?2");
    list(connection, statement, params![context.as_str(), count(limit)], decode::run)
}

pub(crate) fn open_intents(connection: &Connection, context: &Context) -> Result<Vec<Intent>> {
    list(connection, bodies!("intent", "record", "ORDER BY intent.record"), [context.as_str()], decode::intent)
}

pub(crate) fn outcomes(connection: &Connection, context: &Context, run: &RunId) -> Result<Vec<Outcome>> {
    let statement = bodies!("outcome", "record", "AND run = ?2 ORDER BY step");
    list(connection, statement, [context.as_str(), &run.0], decode::outcome)
}

pub(crate) fn drift(connection: &Connection, context: &Context, limit: usize) -> Result<Vec<DriftReport>> {
    let statement = bodies!("drift", "record", "ORDER BY drift.record DESC LIMIT ?2");
    list(connection, statement, params![context.as_str(), count(limit)], decode::drift)
}

fn allocated(connection: &Connection, pool: &Value) -> Result<Vec<(i64, Address)>> {
    let statement = "SELECT number, name || '/' || local FROM allocation JOIN context ON context.id = context \
                     WHERE pool = ?1 ORDER BY number";
    list(connection, statement, [pool.to_string()], |row| Ok((row.get(0)?, decode::text(row, 1)?)))
}

/// Who holds a number of a pool.
pub(crate) fn holder(connection: &Connection, pool: &Value, number: i64) -> Result<Option<Address>> {
    let statement = "SELECT name || '/' || local FROM allocation JOIN context ON context.id = context \
                     WHERE pool = ?1 AND number = ?2";
    let mut statement = connection.prepare_cached(statement)?;
    statement.query_row(params![pool.to_string(), number], |row| decode::text(row, 0)).optional()
}

fn dependents(connection: &Connection, address: &Address) -> Result<Vec<Dependent>> {
    let statement = "SELECT name || '/' || local, tier, soft FROM dependency JOIN context ON context.id = context \
                     WHERE target = ?1 ORDER BY 1";
    list(connection, statement, [address.as_str()], |row| {
        let strength = if row.get(2)? { Strength::Soft } else { Strength::Hard };
        Ok(Dependent { address: decode::text(row, 0)?, tier: decode::tier(row, 1)?, strength })
    })
}

/// From columns to nouns. What cannot be read was not written by us.
pub(crate) mod decode {
    use std::error::Error;
    use std::str::FromStr;

    use rusqlite::types::Type;

    use super::*;

    fn broken(column: usize, why: impl Into<Box<dyn Error + Send + Sync>>) -> rusqlite::Error {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, why.into())
    }

    pub(crate) fn number(row: &Row<'_>, column: usize) -> Result<u64> {
        row.get::<_, i64>(column).map(i64::cast_unsigned)
    }

    pub(crate) fn text<T: FromStr<Err: Error + Send + Sync + 'static>>(row: &Row<'_>, column: usize) -> Result<T> {
        row.get_ref(column)?.as_str()?.parse().map_err(|error: T::Err| broken(column, error))
    }

    pub(crate) fn tier(row: &Row<'_>, column: usize) -> Result<Tier> {
        Tier::from_number(row.get(column)?).ok_or_else(|| broken(column, "no tier"))
    }

    pub(crate) fn record(body: &[u8]) -> Result<Record> {
        serde_json::from_slice(body).map_err(|error| broken(0, error))
    }

    pub(crate) fn instance(row: &Row<'_>) -> Result<ProviderInstance> {
        serde_json::from_str(row.get_ref(0)?.as_str()?).map_err(|error| broken(0, error))
    }

    /// A function that reads the body in the first column, which must be of one kind.
    macro_rules! kind {
        ($($name:ident: $kind:ident -> $type:ty, $of:expr;)+) => {$(
            pub(crate) fn $name(row: &Row<'_>) -> Result<$type> {
                match record(row.get_ref(0)?.as_blob()?)? {
                    Record::$kind(found) => Ok($of(found)),
                    _ => Err(broken(0, concat!("a record that is no ", stringify!($name)))),
                }
            }
        )+};
    }

    kind! {
        resource: Resource -> Resource, |found: Box<_>| *found;
        output: Output -> OutputRecord, std::convert::identity;
        plan: Plan -> PlanRecord, |found: Box<_>| *found;
        approval: Approval -> Approval, std::convert::identity;
        run: Run -> Run, std::convert::identity;
        intent: Intent -> Intent, std::convert::identity;
        outcome: Outcome -> Outcome, std::convert::identity;
        lease: Lease -> Lease, std::convert::identity;
        drift: Drift -> DriftReport, std::convert::identity;
    }
}
