//! Adds an entry to the log and brings the rows that name its records up to date.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Params, Result, params};
use strata_defects::{Defect, planted};
use strata_model::record::Stamp;
use strata_model::resource::Allocation;
use strata_model::run::StepResult;
use strata_model::{Address, Context, Head, Path, Record, Resource, Strength};

use crate::read::decode;

/// The number of a context, given to it when it is first written to.
pub(crate) fn make_place(connection: &Connection, context: &Context) -> Result<i64> {
    let known = "SELECT id FROM context WHERE name = ?1";
    let found = connection.prepare_cached(known)?.query_row([context.as_str()], |row| row.get(0)).optional()?;
    match found {
        Some(place) => Ok(place),
        None => connection
            .prepare_cached("INSERT INTO context (name) VALUES (?1) RETURNING id")?
            .query_row([context.as_str()], |row| row.get(0)),
    }
}

pub(crate) fn add(
    connection: &Connection,
    place: i64,
    head: Head,
    stamp: &Stamp,
    records: &[Record],
    bodies: &[Vec<u8>],
) -> Result<()> {
    let first = next_record(connection)?;
    run(
        connection,
        "INSERT INTO entry (context, sequence, hash, principal, at, first, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            place,
            head.sequence.cast_signed(),
            head.hash.0,
            &*stamp.by.0,
            stamp.at.millis(),
            first,
            i64::try_from(records.len()).unwrap_or(i64::MAX)
        ],
    )?;
    for ((record, body), id) in records.iter().zip(bodies).zip(first..) {
        insert(connection, place, record, body, id)?;
    }
    Ok(())
}

/// The number that the next record gets.
pub(crate) fn next_record(connection: &Connection) -> Result<i64> {
    let next = "SELECT coalesce(max(id), 0) + 1 FROM record";
    connection.prepare_cached(next)?.query_row([], |row| row.get(0))
}

/// Adds one record under its number.
pub(crate) fn insert(connection: &Connection, place: i64, record: &Record, body: &[u8], id: i64) -> Result<()> {
    run(connection, "INSERT INTO record (id, body) VALUES (?1, ?2)", params![id, body])?;
    take(connection, place, record, id)
}

pub(crate) fn run(connection: &Connection, statement: &str, parameters: impl Params) -> Result<()> {
    connection.prepare_cached(statement)?.execute(parameters).map(drop)
}

/// What [`strata_ports::projection::Projection`] does, in rows.
fn take(connection: &Connection, place: i64, record: &Record, id: i64) -> Result<()> {
    match record {
        Record::Resource(resource) => {
            let before = recorded(connection, place, &resource.address)?;
            depend(connection, place, &resource.address, before.as_ref(), Some(resource))?;
            if before.as_ref().is_some_and(|before| !before.allocations.is_empty()) || !resource.allocations.is_empty()
            {
                hold_no_more(connection, place, &resource.address)?;
                hold(connection, place, &resource.address, &resource.allocations)?;
            }
            let statement = "INSERT OR REPLACE INTO resource (context, local, record) VALUES (?1, ?2, ?3)";
            run(connection, statement, params![place, resource.address.local(), id])
        }
        Record::Removed { address } => {
            let before = recorded(connection, place, address)?;
            depend(connection, place, address, before.as_ref(), None)?;
            if before.is_some_and(|before| !before.allocations.is_empty()) {
                hold_no_more(connection, place, address)?;
            }
            if planted(Defect::RemovedStillTold) {
                return Ok(());
            }
            let statement = "DELETE FROM resource WHERE context = ?1 AND local = ?2";
            run(connection, statement, params![place, address.local()])
        }
        Record::Output(output) => {
            let statement = "INSERT OR REPLACE INTO output (context, name, record) VALUES (?1, ?2, ?3)";
            run(connection, statement, params![place, &*output.name, id])
        }
        Record::OutputRemoved { name } => {
            run(connection, "DELETE FROM output WHERE context = ?1 AND name = ?2", params![place, &**name])
        }
        Record::Plan(record) => {
            let statement = "INSERT OR IGNORE INTO plan (hash, context, record) VALUES (?1, ?2, ?3)";
            run(connection, statement, params![record.plan.hash.0, place, id])
        }
        Record::Approval(approval) => {
            run(connection, "INSERT INTO approval (plan, record) VALUES (?1, ?2)", params![approval.plan.0, id])
        }
        Record::Run(known) => {
            let statement = "INSERT INTO run (context, id, started, record) VALUES (?1, ?2, ?3, ?3) \
                             ON CONFLICT (context, id) DO UPDATE SET record = excluded.record";
            run(connection, statement, params![place, &*known.id.0, id])
        }
        Record::Intent(intent) => {
            hold(connection, place, &intent.address, &intent.allocations)?;
            let step = params![place, &*intent.run.0, intent.step];
            run(connection, "DELETE FROM outcome WHERE context = ?1 AND run = ?2 AND step = ?3", step)?;
            let statement = "INSERT OR REPLACE INTO intent (context, run, step, record) VALUES (?1, ?2, ?3, ?4)";
            run(connection, statement, params![place, &*intent.run.0, intent.step, id])
        }
        Record::Outcome(outcome) => {
            if let StepResult::Failed(_) = outcome.result {
                // What was chosen for a call that did nothing is free again.
                hold_no_more(connection, place, &outcome.address)?;
                if let Some(resource) = recorded(connection, place, &outcome.address)? {
                    hold(connection, place, &outcome.address, &resource.allocations)?;
                }
            }
            let step = params![place, &*outcome.run.0, outcome.step];
            run(connection, "DELETE FROM intent WHERE context = ?1 AND run = ?2 AND step = ?3", step)?;
            let statement = "INSERT OR REPLACE INTO outcome (context, run, step, record) VALUES (?1, ?2, ?3, ?4)";
            run(connection, statement, params![place, &*outcome.run.0, outcome.step, id])
        }
        Record::Lease(lease) => {
            // The trait admits no fence lesser than one before, but a log that is restored may say anything.
            let last = "SELECT fence FROM context WHERE id = ?1";
            let last: i64 = connection.prepare_cached(last)?.query_row([place], |row| row.get(0))?;
            let fence = last.cast_unsigned().max(lease.fence.0).cast_signed();
            run(connection, "UPDATE context SET fence = ?2, lease = ?3 WHERE id = ?1", params![place, fence, id])
        }
        Record::Released { fence } => {
            if lease_fence(connection, place)? == Some(fence.0) {
                run(connection, "UPDATE context SET lease = NULL WHERE id = ?1", [place])?;
            }
            Ok(())
        }
        Record::Drift(_) => run(connection, "INSERT INTO drift (context, record) VALUES (?1, ?2)", [place, id]),
        // What it drops is gone by now.
        Record::Checkpoint(_) | Record::Note { .. } => Ok(()),
    }
}

fn hold(connection: &Connection, place: i64, by: &Address, numbers: &BTreeMap<Path, Allocation>) -> Result<()> {
    for Allocation { pool, number } in numbers.values() {
        let statement = "INSERT OR REPLACE INTO allocation (pool, number, context, local) VALUES (?1, ?2, ?3, ?4)";
        run(connection, statement, params![pool.to_string(), number, place, by.local()])?;
    }
    Ok(())
}

fn hold_no_more(connection: &Connection, place: i64, by: &Address) -> Result<()> {
    run(connection, "DELETE FROM allocation WHERE context = ?1 AND local = ?2", params![place, by.local()])
}

/// The resource that an address had until now.
fn recorded(connection: &Connection, place: i64, address: &Address) -> Result<Option<Resource>> {
    let statement = "SELECT body FROM resource JOIN record ON record.id = record WHERE context = ?1 AND local = ?2";
    let mut statement = connection.prepare_cached(statement)?;
    statement.query_row(params![place, address.local()], decode::resource).optional()
}

/// Which fence holds the lease now.
fn lease_fence(connection: &Connection, place: i64) -> Result<Option<u64>> {
    let statement = "SELECT body FROM context JOIN record ON record.id = lease WHERE context.id = ?1";
    let lease = connection.prepare_cached(statement)?.query_row([place], decode::lease).optional()?;
    Ok(lease.map(|lease| lease.fence.0))
}

/// Writes only what differs: most changes of a resource leave alone what it needs.
fn depend(
    connection: &Connection,
    place: i64,
    address: &Address,
    before: Option<&Resource>,
    after: Option<&Resource>,
) -> Result<()> {
    let (old, new) = (before.map(needs).unwrap_or_default(), after.map(needs).unwrap_or_default());
    for target in old.keys().filter(|target| !new.contains_key(*target)) {
        let statement = "DELETE FROM dependency WHERE target = ?1 AND context = ?2 AND local = ?3";
        run(connection, statement, params![target.as_str(), place, address.local()])?;
    }
    for (target, how) in new.iter().filter(|(target, how)| old.get(*target) != Some(how)) {
        let statement = "INSERT OR REPLACE INTO dependency (target, context, local, tier, soft) \
                         VALUES (?1, ?2, ?3, ?4, ?5)";
        let (tier, soft) = *how;
        run(connection, statement, params![target.as_str(), place, address.local(), tier, soft])?;
    }
    Ok(())
}

/// What a resource needs, with its own tier and whether softly. Of two ways to need one thing the harder counts.
pub(crate) fn needs(resource: &Resource) -> BTreeMap<&Address, (u8, bool)> {
    let mut needs = BTreeMap::new();
    for dependency in &resource.depends_on {
        let soft = dependency.strength == Strength::Soft;
        let known = needs.entry(&dependency.on).or_insert((resource.tier.number(), soft));
        known.1 &= soft;
    }
    needs
}
