//! One run at a time: a lock of the operating system on a file beside the history, and a second file that says who holds it.
//!
//! The system gives the lock back when its holder ends, however that happens; nothing that a kill leaves behind is in the way.
//! The owner stands in a file of its own because Windows does not let others read a file that is locked.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::facts::utc;

/// Between two attempts.
const PAUSE: Duration = Duration::from_millis(200);
/// An owner is one line.
const MOST_BYTES: u64 = 4096;

/// Who holds a lock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Process id.
    pub pid: u32,
    /// Name of the machine.
    pub host: String,
    /// Name of the user.
    pub user: String,
    /// When its run began, in seconds since 1970-01-01 00:00 UTC.
    pub started: u64,
}

impl Owner {
    /// This process.
    pub fn here(started: u64) -> Self {
        Self { pid: std::process::id(), host: host(), user: user(), started }
    }
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "process {} of {} on {}, since {}", self.pid, self.user, self.host, utc::text(self.started))
    }
}

/// Why a lock was not given.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run works.
    #[error("another run works on {}: {}; try again when it has ended, or let this one wait (`wait`)", history.display(), named(owner.as_ref()))]
    Held {
        /// The history that it works on.
        history: PathBuf,
        /// Who.
        owner: Option<Owner>,
    },
    /// The last run was on another machine and did not say that it ended.
    #[error(
        "the last run on {} was on another machine ({owner}) and did not say that it ended; when it works no more, delete {} and try again",
        history.display(), owner_file.display()
    )]
    OtherHost {
        /// The history that it worked on.
        history: PathBuf,
        /// Who.
        owner: Owner,
        /// The file that says so.
        owner_file: PathBuf,
    },
    /// The lock file can not be made, or the file system knows no locks.
    #[error("the lock {} can not be taken: {error}; the history must lie in a folder of this machine in which this user may write", file.display())]
    Io {
        /// The lock file.
        file: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

fn named(owner: Option<&Owner>) -> String {
    owner.map_or_else(|| "it does not say who it is".to_owned(), Owner::to_string)
}

/// The right to run, until it is dropped.
#[derive(Debug)]
pub struct RunLock {
    file: File,
    owner_file: PathBuf,
    /// The run before, where it did not end by itself: its lock was taken over.
    pub taken_over: Option<Owner>,
}

impl RunLock {
    /// Takes the lock of a history. Waits at most so long for another run; `waiting` is called once, with its owner, before.
    ///
    /// # Errors
    /// Another run holds it for longer, the last run was on another machine and did not end, or the file can not be made.
    pub fn take(
        history: &Path,
        started: u64,
        wait: Duration,
        waiting: &mut dyn FnMut(Option<&Owner>),
    ) -> Result<Self, LockError> {
        let (path, owner_file) = (beside(history, "-lock"), beside(history, "-owner"));
        let failed = |error| LockError::Io { file: path.clone(), error };
        let file = OpenOptions::new().create(true).write(true).truncate(false).open(&path).map_err(failed)?;
        let begin = Instant::now();
        let mut said = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(failed(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            let left = wait.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return Err(LockError::Held { history: history.to_owned(), owner: read(&owner_file) });
            }
            if !said {
                waiting(read(&owner_file).as_ref());
                said = true;
            }
            std::thread::sleep(PAUSE.min(left));
        }
        // Whoever had it on this machine is dead, or the system would not have given it.
        let last = read(&owner_file);
        let here = Owner::here(started);
        if let Some(owner) = last.clone().filter(|owner| owner.host != here.host) {
            return Err(LockError::OtherHost { history: history.to_owned(), owner, owner_file });
        }
        let text = serde_json::to_string(&here).map_err(io::Error::from).map_err(failed)?;
        std::fs::write(&owner_file, format!("{text}\n")).map_err(failed)?;
        Ok(Self { file, owner_file, taken_over: last })
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // In this order: who takes the lock next must not find an owner that has gone. The lock file stays, because whoever
        // waits for it has it open.
        let _ = std::fs::remove_file(&self.owner_file);
        let _ = self.file.unlock();
    }
}

fn beside(history: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(history);
    name.push(ending);
    PathBuf::from(name)
}

/// What a file says about the owner; nothing when it was not written to its end.
fn read(path: &Path) -> Option<Owner> {
    let mut text = String::new();
    File::open(path).ok()?.take(MOST_BYTES).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn user() -> String {
    let name =
        ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    name.unwrap_or_else(user_number)
}

#[cfg(unix)]
fn user_number() -> String {
    format!("uid {}", rustix::process::getuid().as_raw())
}

#[cfg(not(unix))]
fn user_number() -> String {
    "(user not known)".to_owned()
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "(machine not known)".to_owned())
}
