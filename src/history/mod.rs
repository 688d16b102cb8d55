//! Runs and findings over time, in one SQLite file, and the lock that lets one run work at a time.
//!
//! A run is stored in one transaction at its end, so that a run that was killed never shows. What does not change from run to
//! run is kept once ([`schema`]). The file must lie on a disk of this machine: SQLite's write-ahead log does not work over a
//! network.

pub mod cache;
mod error;
mod kept;
pub mod lock;
mod names;
mod retention;
mod runs;
pub mod schema;
mod states;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub use error::{HistoryError, Trouble};
pub use names::RunName;
pub use retention::{Keep, Pruned};
pub use runs::{NewRun, Run, RunId, Saw, Sighting, Template};

/// How long another program may write before that is said.
const BUSY: Duration = Duration::from_secs(30);

/// A history that is open.
#[derive(Debug)]
pub struct History {
    connection: Connection,
    path: PathBuf,
}

impl History {
    /// Opens a history, or begins one where there is none; brings it to the newest version.
    ///
    /// # Errors
    /// The file is none of ours, was written by a newer program, is damaged, or can not be written.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        Self::prepared(path, true).map_err(|trouble| trouble.about(path))
    }

    /// Opens a history that is there already. One that can only be read is read as it is.
    ///
    /// # Errors
    /// There is no such file, and those of [`History::open`].
    pub fn open_existing(path: &Path) -> Result<Self, HistoryError> {
        let opened = match Self::prepared(path, false) {
            Err(Trouble::ReadOnly(_)) => Self::immutable(path),
            other => other,
        };
        opened.map_err(|trouble| trouble.about(path))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn prepared(path: &Path, create: bool) -> Result<Self, Trouble> {
        if path.is_dir() {
            return Err(Trouble::IsFolder);
        }
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        if let (true, Some(folder)) = (create, folder.filter(|f| !f.is_dir())) {
            return Err(Trouble::NoFolder(folder.to_owned()));
        }
        if !create && !path.exists() {
            return Err(Trouble::NoFile);
        }
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
        let mut connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        // Before anything is written: a file of somebody else stays as it is.
        let version = schema::version(&connection)?;
        connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "trusted_schema", false)?;
        if version < schema::VERSION {
            schema::migrate(&mut connection)?;
        }
        Ok(Self { connection, path: path.to_owned() })
    }

    /// A history in a folder where nothing can be written: nobody else writes there either, so it is read without a lock.
    fn immutable(path: &Path) -> Result<Self, Trouble> {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        if std::fs::metadata(log).is_ok_and(|log| log.len() > 0) {
            return Err(Trouble::ReadOnly("a run was killed, and what it left is to be put in order".to_owned()));
        }
        let absolute = std::path::absolute(path)?;
        let mut address = String::from("file:");
        for byte in absolute.to_string_lossy().replace('\\', "/").bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => address.push(byte.into()),
                other => address.push_str(&format!("%{other:02x}")),
            }
        }
        address.push_str("?immutable=1");
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(address, flags)?;
        if schema::version(&connection)? != schema::VERSION {
            return Err(Trouble::ReadOnly("it is to be brought to the version of this program".to_owned()));
        }
        Ok(Self { connection, path: path.to_owned() })
    }

    fn named<T>(&self, result: Result<T, Trouble>) -> Result<T, HistoryError> {
        result.map_err(|trouble| trouble.about(&self.path))
    }
}
