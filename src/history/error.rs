//! What can go wrong with a history, in words that name the file and what to do.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why a history can not be used. The message names the file.
#[derive(Debug, thiserror::Error)]
#[error("history {}: {trouble}", path.display())]
pub struct HistoryError {
    /// The file.
    pub path: PathBuf,
    /// What is the matter.
    pub trouble: Trouble,
}

/// What is the matter with a history.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// There is no such file.
    #[error("there is no such file; `wimspect report` begins one, --history names another")]
    NoFile,
    /// There is no folder for it.
    #[error("there is no folder {}; make it first", .0.display())]
    NoFolder(PathBuf),
    /// Its path is that of a folder.
    #[error("this is a folder; name a file in it")]
    IsFolder,
    /// No SQLite data base.
    #[error("this is no history of wimspect (no SQLite data base); name another file")]
    NoDatabase,
    /// The data base of another program.
    #[error("this is the data base of another program, nothing was changed in it; name another file")]
    Foreign,
    /// Written by a newer program.
    #[error("it was written by a newer wimspect (version {0} of its tables, this program knows {known}); use that one", known = super::schema::VERSION)]
    Newer(usize),
    /// Nothing can be written there.
    #[error("nothing can be written there ({0}); allow it for this user, or name a file in another folder")]
    ReadOnly(String),
    /// No room.
    #[error(
        "the disk is full: nothing was added, and what it holds is as it was; make room, or keep fewer runs (`wimspect history prune`)"
    )]
    Full,
    /// Another program holds it.
    #[error("another program has been writing to it for too long; wait for it to end")]
    Busy,
    /// Damaged.
    #[error("it is damaged ({0}); put back a copy, or move it away: the next run begins a new one")]
    Damaged(String),
    /// No such run.
    #[error("{0}")]
    NoRun(String),
    /// Something that SQLite says.
    #[error("{0}")]
    Sqlite(rusqlite::Error),
    /// Something that the system says.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Trouble {
    /// With the file that it is about.
    pub(super) fn about(self, path: &Path) -> HistoryError {
        HistoryError { path: path.to_owned(), trouble: self }
    }

    /// Text of a column that can not be what was written there.
    pub(super) fn column(what: impl std::fmt::Display) -> Self {
        Self::Damaged(format!("a value can not be read: {what}"))
    }
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        if matches!(
            error,
            E::FromSqlConversionFailure(..)
                | E::InvalidColumnType(..)
                | E::IntegralValueOutOfRange(..)
                | E::Utf8Error(..)
        ) {
            return Self::column(error);
        }
        let said = || match &error {
            E::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        // The memory that all who use the file share is a file, too.
        if let E::SqliteFailure(failure, _) = &error
            && failure.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
        {
            return Self::Full;
        }
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => Self::NoDatabase,
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(said()),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly(said()),
            _ => Self::Sqlite(error),
        }
    }
}
