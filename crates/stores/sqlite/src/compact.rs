//! Compaction: the entries of a context go, and what is kept of them is written anew, as if it had come from elsewhere.

use rusqlite::{Connection, Result};
use strata_model::Record;

use crate::index;

/// Puts records in the place of all that a context has, within the transaction that is open.
pub(crate) fn begin_anew(connection: &Connection, place: i64, kept: &[Record], bodies: &[Vec<u8>]) -> Result<()> {
    clear(connection, place)?;
    let first = index::next_record(connection)?;
    for ((record, body), id) in kept.iter().zip(bodies).zip(first..) {
        index::insert(connection, place, record, body, id)?;
        index::run(connection, "INSERT INTO kept (context, record) VALUES (?1, ?2)", [place, id])?;
    }
    Ok(())
}

/// Takes away all that a context has but its name and its greatest fence.
fn clear(connection: &Connection, place: i64) -> Result<()> {
    let ranges = "SELECT first, count FROM entry WHERE context = ?1";
    let mut ranges = connection.prepare_cached(ranges)?;
    let ranges: Vec<(i64, i64)> =
        ranges.query_map([place], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_>>()?;
    for (first, count) in ranges {
        index::run(connection, "DELETE FROM record WHERE id >= ?1 AND id < ?1 + ?2", [first, count])?;
    }
    let kept = "DELETE FROM record WHERE id IN (SELECT record FROM kept WHERE context = ?1)";
    index::run(connection, kept, [place])?;
    for table in
        ["entry", "kept", "resource", "dependency", "output", "plan", "run", "intent", "outcome", "allocation", "drift"]
    {
        connection.execute(&format!("DELETE FROM {table} WHERE context = ?1"), [place])?;
    }
    // Approvals are of a plan, wherever it was recorded.
    connection
        .execute("DELETE FROM approval WHERE NOT EXISTS (SELECT 1 FROM record WHERE id = approval.record)", [])?;
    index::run(connection, "UPDATE context SET lease = NULL WHERE id = ?1", [place])
}

/// Gives the space of what went back to the file system, where it is worth writing the rest anew.
pub(crate) fn shrink(connection: &Connection) -> Result<()> {
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if number("freelist_count")? * 4 > number("page_count")? {
        connection.execute_batch("VACUUM")?;
    }
    // A reader that is busy keeps the write-ahead log for a while, which is no failure.
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")
}
