//! Holds every row against the log, which is followed hash by hash.

use std::collections::BTreeSet;

use rusqlite::{Connection, Result};
use strata_model::{Address, Context, Entry, Head, RunId, record};
use strata_ports::StoreError;
use strata_ports::projection::Projection;

use crate::failure::told;
use crate::read::{self, decode};
use crate::{SqliteStore, index};

/// More than one broken thing is worth knowing, a thousand are not.
const MOST: usize = 100;

impl SqliteStore {
    pub(crate) fn verify_all(&self) -> Result<Vec<String>, StoreError> {
        self.read_with(|connection| match verify(connection) {
            Ok(problems) => Ok(problems),
            // That something cannot be read is what was asked for.
            Err(error) => match told(&self.path, &error, false) {
                StoreError::Damaged(problem) => Ok(vec![problem]),
                other => Err(other),
            },
        })
    }
}

fn verify(connection: &Connection) -> Result<Vec<String>> {
    let transaction = connection.unchecked_transaction()?;
    let mut problems = file(&transaction)?;
    let mut names = transaction.prepare("SELECT name FROM context ORDER BY name")?;
    let contexts: Vec<Context> = names.query_map([], |row| decode::text(row, 0))?.collect::<Result<_>>()?;
    let (mut records, mut dependencies, mut numbers) = (0u64, 0u64, 0u64);
    for context in &contexts {
        match follow(&transaction, context)? {
            Err(problem) => problems.push(problem),
            Ok(Followed { projection, records: count }) => {
                records += count;
                numbers += held(&projection).len() as u64;
                dependencies +=
                    projection.resources.values().map(|resource| index::needs(resource).len() as u64).sum::<u64>();
                let differing = differences(&transaction, context, &projection)?;
                problems
                    .extend(differing.iter().map(|what| format!("{context}: {what} differ from what the log says")));
            }
        }
    }
    // What no entry names is not of this store.
    if problems.is_empty() && size(&transaction, "record")? != records {
        problems.push("there are records that no entry has".to_owned());
    }
    if problems.is_empty() && size(&transaction, "allocation")? != numbers {
        problems.push("there are numbers that no resource and no open call has".to_owned());
    }
    if problems.is_empty() && size(&transaction, "dependency")? != dependencies {
        problems.push("there are dependencies that no resource has".to_owned());
    }
    problems.truncate(MOST);
    Ok(problems)
}

/// What SQLite itself finds wrong with its pages and indexes.
fn file(connection: &Connection) -> Result<Vec<String>> {
    let mut check = connection.prepare(&format!("PRAGMA integrity_check({MOST})"))?;
    let found: Vec<String> = check.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
    Ok(if found == ["ok"] { Vec::new() } else { found })
}

fn size(connection: &Connection, table: &str) -> Result<u64> {
    connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| decode::number(row, 0))
}

/// What a log says, and how many records it has.
pub(crate) struct Followed {
    pub(crate) projection: Projection,
    records: u64,
}

/// Follows a log from its beginning, or says where its chain breaks.
pub(crate) fn follow(connection: &Connection, context: &Context) -> Result<std::result::Result<Followed, String>> {
    let kept = read::kept(connection, context)?;
    let mut records = kept.len() as u64;
    let first = read::entries(connection, context, 0, 1)?;
    let mut projection = match Projection::begin(context, &kept, first.first()) {
        Ok(projection) => projection,
        Err(problem) => return Ok(Err(problem)),
    };
    for line in read::lines(connection, context, 0, usize::MAX)? {
        let bodies = read::bodies(connection, &line)?;
        let bytes = record::join(bodies.iter().map(Vec::as_slice));
        let decoded = bodies.iter().map(|body| decode::record(body)).collect::<Result<Vec<_>>>()?;
        records += decoded.len() as u64;
        let entry = Entry { head: line.head, stamp: line.stamp, records: decoded };
        if let Err(problem) = projection.follow_bytes(context, &entry, &bytes) {
            return Ok(Err(problem));
        }
    }
    Ok(Ok(Followed { projection, records }))
}

/// The names of the projections that are not what the log says.
fn differences(connection: &Connection, context: &Context, log: &Projection) -> Result<Vec<&'static str>> {
    let runs: BTreeSet<RunId> = log.outcomes.keys().map(|(run, _)| run.clone()).collect();
    let mut outcomes = Vec::new();
    for run in &runs {
        outcomes.extend(read::outcomes(connection, context, run)?);
    }
    let mut approvals = Vec::new();
    for plan in log.approvals.iter().map(|approval| approval.plan).collect::<BTreeSet<_>>() {
        approvals.extend(read::approvals(connection, &plan)?);
    }
    let all = usize::MAX;
    let same = [
        ("its head", read::head(connection, context)? == log.head || log.head == Head::EMPTY),
        ("its resources", read::resources(connection, context)?.iter().eq(log.resources.values())),
        ("its dependencies", depended(connection, context, log)?),
        ("its outputs", read::outputs(connection, context)?.iter().eq(log.outputs.values())),
        ("its plans", read::plans(connection, context, all)?.iter().rev().eq(&log.plans)),
        ("its approvals", log.approvals.iter().all(|approval| approvals.contains(approval))),
        ("its runs", read::runs(connection, context, all)?.iter().rev().eq(&log.runs)),
        ("its open intents", read::open_intents(connection, context)? == log.open_intents()),
        ("its outcomes", outcomes.iter().eq(log.outcomes.values())),
        ("its leases", read::lease(connection, context)? == log.lease),
        ("its fences", read::last_fence(connection, context)? == log.last_fence),
        ("its chosen numbers", chosen(connection, log)?),
        ("its drift reports", read::drift(connection, context, all)?.iter().rev().eq(&log.drift)),
    ];
    Ok(same.into_iter().filter(|(_, same)| !same).map(|(what, _)| what).collect())
}

/// The numbers that a log says are held: of a resource and of a call on it they are the same ones.
fn held(log: &Projection) -> BTreeSet<(String, i64, &Address)> {
    log.allocated().map(|(held, by)| (held.pool.to_string(), held.number, by)).collect()
}

fn chosen(connection: &Connection, log: &Projection) -> Result<bool> {
    for (held, by) in log.allocated() {
        if read::holder(connection, &held.pool, held.number)?.as_ref() != Some(by) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether every dependency of the resources of a context is there as it should.
fn depended(connection: &Connection, context: &Context, log: &Projection) -> Result<bool> {
    let statement = "SELECT EXISTS (SELECT 1 FROM dependency WHERE target = ?1 AND local = ?3 AND tier = ?4 \
                     AND soft = ?5 AND context = (SELECT id FROM context WHERE name = ?2))";
    let mut statement = connection.prepare_cached(statement)?;
    for resource in log.resources.values() {
        for (target, (tier, soft)) in index::needs(resource) {
            let row = (target.as_str(), context.as_str(), resource.address.local(), tier, soft);
            if !statement.query_row(row, |row| row.get::<_, bool>(0))? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
