//! The cache of facts: one SQLite file beside the history, which may be lost at any time.
//!
//! It is written for speed: nothing waits for the disk, and a run is one transaction. What a crash of the machine leaves of it
//! is not trusted: each row has a checksum over all that it says, and what is written must be found again the way the next run
//! looks for it. A file that fails in either, or that SQLite can not use, is removed and begun anew: otherwise a damaged index
//! could hide a row night after night from the search that reads, and not from the one that writes. A run that is killed
//! leaves the cache as the run before it left it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OpenFlags, Statement, params};

use crate::scan::incremental::{Entry, FACTS_VERSION, FactCache, Place, READERS};
use crate::scan::stamp::FileTime;

/// Larger facts are not kept, and not believed.
const MOST_BYTES: usize = 64 << 20;
/// What all inputs together may take; the inputs that were not looked at for longest go first.
const MOST_TOTAL: i64 = 4 << 30;

const TABLES: &str = "
    CREATE TABLE made_by (program TEXT NOT NULL);
    CREATE TABLE place (id INTEGER PRIMARY KEY, input BLOB NOT NULL, kind INTEGER NOT NULL, run INTEGER NOT NULL,
        UNIQUE (input, kind));
    CREATE TABLE entry (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, path TEXT NOT NULL, stamp BLOB NOT NULL,
        settled INTEGER NOT NULL, seen_seconds INTEGER NOT NULL, seen_nanos INTEGER NOT NULL, content BLOB, facts BLOB NOT NULL,
        checksum INTEGER NOT NULL, UNIQUE (place, path));
";

/// The cache of facts of a scheduled run.
pub struct Cache {
    path: PathBuf,
    /// `None` after SQLite refused something: the run goes on without it.
    state: Mutex<Option<State>>,
}

struct State {
    connection: Connection,
    /// Number of this run: larger than those of the runs before.
    run: i64,
    /// Places of this run.
    places: Vec<(Place, i64)>,
}

/// Rows of entries as [`State::entry`] reads them.
const ENTRY: &str = "SELECT path, stamp, settled, seen_seconds, seen_nanos, content, facts, checksum FROM entry
     WHERE place = ?1 AND path = ?2";

/// Why there is no cache in this run.
#[derive(Debug, thiserror::Error)]
#[error("cache {}: {message}; the run goes on without it", path.display())]
pub struct CacheError {
    /// The file.
    pub path: PathBuf,
    /// What SQLite or the system says.
    pub message: String,
}

impl Cache {
    /// The file beside a history.
    pub fn path_for(history: &Path) -> PathBuf {
        let mut name = history.file_name().unwrap_or_default().to_owned();
        name.push("-cache");
        history.with_file_name(name)
    }

    /// Opens the cache, or begins one where there is none, or none that this program can use. Nobody else can use it until it
    /// is finished.
    ///
    /// # Errors
    /// Another run uses it, or nothing can be written there.
    pub fn open(path: &Path) -> Result<Self, CacheError> {
        let opened = match State::open(path) {
            // Whose it is can be told by its name only when it is damaged: one that is in use stays.
            Err(error) if !is_elsewhere(&error) => {
                remove(path).and_then(|()| State::open(path).map_err(|e| e.to_string()))
            }
            other => other.map_err(|e| e.to_string()),
        };
        let state = opened.map_err(|message| CacheError { path: path.to_owned(), message })?;
        Ok(Self { path: path.to_owned(), state: Mutex::new(Some(state)) })
    }

    /// Writes what was kept, and removes what is gone.
    ///
    /// # Errors
    /// It can not be written; then it is removed, and the next run begins a new one.
    pub fn finish(self) -> Result<(), CacheError> {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        let failed = |message: String| CacheError { path: self.path.clone(), message };
        let Some(state) = state else {
            remove(&self.path).map_err(&failed)?;
            return Err(failed("it was damaged and has been removed".to_owned()));
        };
        let finished = state.finish();
        finished.map_err(|error| {
            let _ = remove(&self.path);
            failed(error.to_string())
        })
    }

    /// What SQLite refuses once is not asked again in this run.
    fn with<T: Default>(&self, work: impl FnOnce(&mut State) -> rusqlite::Result<T>) -> T {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = state.as_mut() else { return T::default() };
        work(open).unwrap_or_else(|_| {
            *state = None;
            T::default()
        })
    }
}

/// The fault lies in who uses the file or in where it lies, not in what it holds.
fn is_elsewhere(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, PermissionDenied, ReadOnly};
    let code = error.sqlite_error_code();
    code.is_some_and(|c| {
        matches!(c, CannotOpen | DatabaseBusy | DatabaseLocked | DiskFull | PermissionDenied | ReadOnly)
    })
}

fn remove(path: &Path) -> Result<(), String> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    for file in [path, Path::new(&journal)] {
        match std::fs::remove_file(file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.to_string()),
            _ => {}
        }
    }
    Ok(())
}

/// Who may take these facts: the same program with the same readers.
fn made_by() -> String {
    format!("wimspect {} facts {FACTS_VERSION} readers {READERS}", env!("CARGO_PKG_VERSION"))
}

impl State {
    fn open(path: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
        connection.pragma_update_and_check(None, "journal_mode", "truncate", |_| Ok(()))?;
        connection.pragma_update(None, "synchronous", "off")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        connection.execute_batch("BEGIN EXCLUSIVE")?;
        let tables: u32 = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if tables == 0 {
            connection.execute_batch(TABLES)?;
            connection.execute("INSERT INTO made_by VALUES (?1)", [made_by()])?;
        }
        let known: String = connection.query_row("SELECT program FROM made_by", [], |row| row.get(0))?;
        if known != made_by() {
            return Err(rusqlite::Error::InvalidQuery);
        }
        let last: Option<i64> = connection.query_row("SELECT max(run) FROM place", [], |row| row.get(0))?;
        Ok(Self { connection, run: last.unwrap_or(0).saturating_add(1), places: Vec::new() })
    }

    /// The number of a place, which is used in this run.
    fn place(&mut self, place: &Place) -> rusqlite::Result<i64> {
        if let Some((_, id)) = self.places.iter().find(|(known, _)| known == place) {
            return Ok(*id);
        }
        let (id, input, kind): (i64, Vec<u8>, u8) = self.connection.query_row(
            "INSERT INTO place (input, kind, run) VALUES (?1, ?2, ?3)
             ON CONFLICT (input, kind) DO UPDATE SET run = excluded.run RETURNING id, input, kind",
            params![place.input, place.kind as u8, self.run],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )?;
        if (input, kind) != (place.input.clone(), place.kind as u8) {
            return Err(damaged());
        }
        self.places.push((place.clone(), id));
        Ok(id)
    }

    fn entries(&mut self, place: &Place, paths: &[&str]) -> rusqlite::Result<Vec<Option<Entry>>> {
        let id = self.place(place)?;
        let mut query = self.connection.prepare(ENTRY)?;
        paths.iter().map(|path| Self::entry(&mut query, place, id, path)).collect()
    }

    /// The entry of a path. One that is not what was written is damage, and nothing of such a file is believed.
    fn entry(query: &mut Statement<'_>, place: &Place, id: i64, path: &str) -> rusqlite::Result<Option<Entry>> {
        let mut rows = query.query(params![id, path])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let facts = row.get_ref(6)?.as_blob()?;
        if facts.len() > MOST_BYTES {
            return Err(damaged());
        }
        let entry = Entry {
            path: row.get(0)?,
            stamp: row.get(1)?,
            settled: row.get(2)?,
            seen: FileTime { seconds: row.get(3)?, nanos: row.get(4)? },
            content: row.get(5)?,
            facts: facts.to_vec(),
        };
        let is_whole = entry.path == path && checksum(place, &entry) == row.get::<_, i64>(7)?;
        if is_whole { Ok(Some(entry)) } else { Err(damaged()) }
    }

    fn keep(&mut self, place: &Place, entries: &[Entry]) -> rusqlite::Result<()> {
        let id = self.place(place)?;
        let mut query = self.connection.prepare(ENTRY)?;
        let mut insert = self.connection.prepare(
            "INSERT INTO entry (place, path, stamp, settled, seen_seconds, seen_nanos, content, facts, checksum)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (place, path) DO UPDATE SET stamp = excluded.stamp, settled = excluded.settled,
                 seen_seconds = excluded.seen_seconds, seen_nanos = excluded.seen_nanos, content = excluded.content,
                 facts = excluded.facts, checksum = excluded.checksum",
        )?;
        for entry in entries.iter().filter(|e| e.facts.len() <= MOST_BYTES) {
            let Entry { path, stamp, settled, seen, content, facts } = entry;
            let sum = checksum(place, entry);
            insert.execute(params![id, path, stamp, settled, seen.seconds, seen.nanos, content, facts, sum])?;
            if Self::entry(&mut query, place, id, path)?.as_ref() != Some(entry) {
                return Err(damaged());
            }
        }
        Ok(())
    }

    fn only(&mut self, place: &Place, paths: &HashSet<&str>) -> rusqlite::Result<()> {
        let id = self.place(place)?;
        let mut gone = Vec::new();
        {
            let mut query = self.connection.prepare("SELECT id, path FROM entry WHERE place = ?1")?;
            let mut rows = query.query([id])?;
            while let Some(row) = rows.next()? {
                if !paths.contains(row.get_ref(1)?.as_str()?) {
                    gone.push(row.get::<_, i64>(0)?);
                }
            }
        }
        let mut delete = self.connection.prepare("DELETE FROM entry WHERE id = ?1")?;
        for row in gone {
            delete.execute([row])?;
        }
        Ok(())
    }

    /// Removes inputs that this run did not look at, oldest first, until the rest is small enough.
    fn shrink(&self) -> rusqlite::Result<()> {
        loop {
            let size = |pragma: &str| self.connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
            let used = size("page_count")?.saturating_sub(size("freelist_count")?).saturating_mul(size("page_size")?);
            if used <= MOST_TOTAL {
                return Ok(());
            }
            let oldest: Option<i64> = self.connection.query_row(
                "SELECT max(id) FROM place WHERE run = (SELECT min(run) FROM place)",
                [],
                |row| row.get(0),
            )?;
            let Some(place) = oldest else { return Ok(()) };
            self.connection.execute("DELETE FROM entry WHERE place = ?1", [place])?;
            self.connection.execute("DELETE FROM place WHERE id = ?1", [place])?;
        }
    }

    fn finish(self) -> rusqlite::Result<()> {
        self.shrink()?;
        self.connection.execute_batch("COMMIT")?;
        self.connection.close().map_err(|(_, error)| error)
    }
}

/// The file does not hold what was written into it.
fn damaged() -> rusqlite::Error {
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT), None)
}

/// Over all that a row says: a row that lies under another path, or is a mixture of two, is none.
fn checksum(place: &Place, entry: &Entry) -> i64 {
    let mut hasher = DefaultHasher::new();
    place.hash(&mut hasher);
    let Entry { path, stamp, settled, seen, content, facts } = entry;
    (path, stamp, settled, seen.seconds, seen.nanos, content).hash(&mut hasher);
    hasher.write(facts);
    hasher.finish().cast_signed()
}

impl FactCache for Cache {
    fn entries(&self, place: &Place, paths: &[&str]) -> Vec<Option<Entry>> {
        self.with(|state| state.entries(place, paths))
    }

    fn keep(&self, place: &Place, entries: Vec<Entry>) {
        self.with(|state| state.keep(place, &entries));
    }

    fn only(&self, place: &Place, paths: &[&str]) {
        let paths: HashSet<&str> = paths.iter().copied().collect();
        self.with(|state| state.only(place, &paths));
    }
}
