//! The tables, version by version. A migration never changes once it was released; a new version is one more entry.
//!
//! What is the same from run to run is kept once: a row of `input`, `package`, `image`, `image_driver` or `finding` holds from
//! run `from_run` on and until before `until_run` (NULL = it is there in the newest run). A run that saw nothing new adds one
//! row to `run` and nothing else. Run numbers are never used twice (AUTOINCREMENT).

use rusqlite::{Connection, TransactionBehavior};

use super::error::Trouble;

/// `wims`: says that the file is ours (PRAGMA application_id).
pub(super) const APPLICATION_ID: i64 = 0x7769_6d73;

/// Entry `n` leads from version `n` to version `n + 1`.
const MIGRATIONS: &[&str] = &[include_str!("schema-1.sql")];

/// The version that this program writes.
pub const VERSION: usize = MIGRATIONS.len();

/// Brings a data base to the newest version, each step in a transaction of its own. An empty file becomes a history.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), Trouble> {
    migrate_with(connection, MIGRATIONS)
}

fn migrate_with(connection: &mut Connection, migrations: &[&str]) -> Result<(), Trouble> {
    loop {
        // Two programs may come here at once: the second one finds the work done.
        let step = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = version(&step)?;
        let Some(migration) = migrations.get(version) else { return Ok(()) };
        step.execute_batch(migration)?;
        step.pragma_update(None, "application_id", APPLICATION_ID)?;
        step.pragma_update(None, "user_version", i64::try_from(version + 1).unwrap_or(i64::MAX))?;
        step.commit()?;
    }
}

/// The version of a data base; refuses what is none of ours and what a newer program wrote.
pub(super) fn version(connection: &Connection) -> Result<usize, Trouble> {
    let number = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = connection.query_row("SELECT COUNT(*) FROM sqlite_master", [], |row| row.get(0))?;
    match usize::try_from(version) {
        Ok(0) if tables == 0 && application == 0 => Ok(0),
        Ok(version) if application == APPLICATION_ID && version > VERSION => Err(Trouble::Newer(version)),
        Ok(version) if application == APPLICATION_ID && version > 0 => Ok(version),
        _ => Err(Trouble::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_comes_to_the_newest_and_keeps_what_it_held() {
        let second = "ALTER TABLE run ADD COLUMN comment TEXT";
        let mut old = Connection::open_in_memory().unwrap();
        migrate(&mut old).unwrap();
        old.execute_batch(
            "INSERT INTO run(key, started, finished, exit_code, tool, inf_db, errors, warnings, notes, not_counted, packages, \
             images, problems, missing) VALUES ('k', 1, 2, 0, 't', 'd', 1, 0, 0, 0, 0, 0, 0, 0)",
        )
        .unwrap();
        // The check for newer versions knows only what is released, so the step is made by hand.
        let step = old.transaction().unwrap();
        step.execute_batch(second).unwrap();
        step.commit().unwrap();
        let kept: (i64, Option<String>) =
            old.query_row("SELECT errors, comment FROM run", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        assert_eq!(kept, (1, None));
        migrate(&mut old).unwrap();
        assert_eq!(version(&old).unwrap(), VERSION);
    }

    #[test]
    fn a_migration_that_fails_leaves_nothing_behind() {
        let mut connection = Connection::open_in_memory().unwrap();
        assert!(
            migrate_with(&mut connection, &["CREATE TABLE a(x) STRICT; CREATE TABLE b(x INTEGER) STRICT"]).is_err()
        );
        assert_eq!(version(&connection).unwrap(), 0, "no table of the half done step is there");
        migrate(&mut connection).unwrap();
        assert_eq!(version(&connection).unwrap(), VERSION);
    }

    #[test]
    fn what_a_newer_program_wrote_and_what_is_none_of_ours_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(version(&connection), Err(Trouble::Newer(99))));
        let other = Connection::open_in_memory().unwrap();
        other.execute_batch("CREATE TABLE theirs(x)").unwrap();
        assert!(matches!(version(&other), Err(Trouble::Foreign)));
        for wrong in [-1, 1] {
            let other = Connection::open_in_memory().unwrap();
            other.pragma_update(None, "user_version", wrong).unwrap();
            assert!(matches!(version(&other), Err(Trouble::Foreign)), "{wrong}");
        }
    }
}
