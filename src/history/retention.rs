//! What is kept, and for how long.

use rusqlite::{Connection, TransactionBehavior, params};

use super::History;
use super::error::{HistoryError, Trouble};
use super::runs::RunId;

/// Which runs stay: those that one of the two keeps. The newest one always does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// The last so many.
    pub runs: Option<u32>,
    /// Those that ended within so many days before `now`.
    pub days: Option<u32>,
}

/// What was taken away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Runs.
    pub runs: u64,
    /// Runs that are left.
    pub left: u64,
    /// Size of the file before, in bytes.
    pub before: u64,
    /// Its size after.
    pub after: u64,
}

impl History {
    /// Takes away old runs, and what only they saw; gives the room back to the disk. Nothing happens where neither limit is
    /// given. `now` is in seconds since 1970-01-01 00:00 UTC.
    ///
    /// # Errors
    /// The file can not be written; nothing is taken away then.
    pub fn prune(&mut self, keep: Keep, now: u64) -> Result<Pruned, HistoryError> {
        let pruned = prune(&mut self.connection, keep, now);
        self.named(pruned)
    }
}

fn prune(connection: &mut Connection, keep: Keep, now: u64) -> Result<Pruned, Trouble> {
    let before = size(connection)?;
    let whole = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let oldest = oldest_kept(&whole, keep, now)?;
    let runs = match oldest {
        None => 0,
        Some(oldest) => {
            for table in ["input", "package", "image", "image_driver", "finding"] {
                whole.execute(&format!("DELETE FROM {table} WHERE until_run <= ?"), [oldest.row()])?;
            }
            whole.execute("DELETE FROM sighting WHERE fingerprint NOT IN (SELECT fingerprint FROM finding)", [])?;
            whole.execute("DELETE FROM run WHERE id < ?", [oldest.row()])?
        }
    };
    let left: i64 = whole.query_row("SELECT COUNT(*) FROM run", [], |row| row.get(0))?;
    whole.commit()?;
    if worth_a_vacuum(connection)? {
        connection.execute_batch("VACUUM")?;
    }
    connection.pragma_query(None, "wal_checkpoint", |_| Ok(()))?;
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Ok(Pruned { runs: runs as u64, left: count(left), before, after: size(connection)? })
}

/// The oldest run that stays; `None` when all do. Runs go from the oldest on, so that none is missing in the middle.
fn oldest_kept(connection: &Connection, keep: Keep, now: u64) -> Result<Option<RunId>, Trouble> {
    if keep.runs.is_none() && keep.days.is_none() {
        return Ok(None);
    }
    let since = keep.days.map(|days| now.saturating_sub(u64::from(days) * 86_400));
    let since = since.map_or(i64::MAX, |s| i64::try_from(s).unwrap_or(i64::MAX));
    let runs = keep.runs.unwrap_or(0).max(1);
    let oldest: Option<i64> = connection.query_row(
        "SELECT MIN(id) FROM run WHERE finished >= ?1 OR id IN (SELECT id FROM run ORDER BY id DESC LIMIT ?2)",
        params![since, runs],
        |row| row.get(0),
    )?;
    Ok(oldest.map(|id| RunId(u64::try_from(id).unwrap_or(0))))
}

/// A vacuum writes the whole file anew: only where a quarter of it is free.
fn worth_a_vacuum(connection: &Connection) -> Result<bool, Trouble> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(number("freelist_count")? * 4 > number("page_count")?)
}

fn size(connection: &Connection) -> Result<u64, Trouble> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    Ok(u64::try_from(number("page_count")? * number("page_size")?).unwrap_or(0))
}
