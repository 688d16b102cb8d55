//! Finds the logs of a deployment and reads them: by content, never by name, block by block.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use walkdir::WalkDir;

use super::trouble::{refused, unlisted};
use crate::facts::log::{LogBlock, LogReader, LogSummary, is_copied};

/// Most files of one folder tree.
const MAX_FILES: usize = 20_000;
/// Deepest folder.
const MAX_DEPTH: usize = 32;
/// So many blocks that are sifted may wait for one that is not.
const MOST_WAITING: usize = 32;
const BUG: &str = "wimspect failed on this file; this is a bug of wimspect, please report it with the file";
/// So many characters of the beginning tell what a file is that is no log.
const BEGINNING: usize = 512;

/// A file that may be a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// Path as reports show it: below the folder that was named, or the name of the file.
    pub path: String,
    /// Folder in reports; logs of one folder may belong together.
    pub folder: String,
    /// Where it lies.
    pub disk_path: PathBuf,
    /// It was named on the command line, not found in a folder.
    pub named: bool,
}

/// What was found below the paths of the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundLogs {
    /// The files, in the order of the command line and of their names.
    pub files: Vec<LogFile>,
    /// Folders that could not be read, or were too large: (path, message).
    pub problems: Vec<(String, String)>,
}

/// A path of the command line leads nowhere, or can not be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: can not be read ({source}); check the path and the permissions of the account that runs wimspect")]
pub struct LogError {
    path: PathBuf,
    source: std::io::Error,
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadLog {
    /// What it came to.
    pub summary: LogSummary,
    /// What it is instead, where it is no log.
    pub instead: Option<&'static str>,
}

/// Finds the files below one path; `name` is what to call it in reports.
///
/// # Errors
/// The path leads nowhere.
pub fn find(root: &Path, name: &str) -> Result<FoundLogs, LogError> {
    let unreadable = |source| LogError { path: root.to_path_buf(), source };
    let meta = std::fs::metadata(root).map_err(unreadable)?;
    let mut found = FoundLogs::default();
    if !meta.is_dir() {
        let file = LogFile { path: name.to_owned(), folder: String::new(), disk_path: root.to_path_buf(), named: true };
        found.files.push(file);
        return Ok(found);
    }
    std::fs::read_dir(root).map_err(unreadable)?;
    for entry in WalkDir::new(root).max_depth(MAX_DEPTH).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if found.files.len() >= MAX_FILES {
                    found
                        .problems
                        .push((name.to_owned(), format!("more than {MAX_FILES} files: the rest is left out")));
                    break;
                }
                let inside = relative(root, entry.path());
                let folder = inside.rsplit_once('/').map_or("", |(folder, _)| folder);
                found.files.push(LogFile {
                    folder: format!("{name}/{folder}"),
                    path: inside,
                    disk_path: entry.path().to_path_buf(),
                    named: false,
                });
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map_or_else(|| name.to_owned(), |p| relative(root, p));
                found.problems.push((path, unlisted(&error)));
            }
        }
    }
    Ok(found)
}

fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Reads one file: each block of it goes to `sift`, several at a time; what that makes of them goes to `take`, in order. What is
/// no log is not read to its end.
///
/// # Errors
/// It can not be opened or read, or wimspect has a bug that this file shows.
pub fn read<T: Send>(
    path: &Path,
    sift: impl Fn(&LogBlock) -> (LogSummary, T) + Sync,
    take: impl FnMut(T) + Send,
) -> Result<ReadLog, String> {
    let file = File::open(path).map_err(|e| refused(&e))?;
    let blocks = file.metadata().map_or(0, |meta| meta.len() / LogReader::<File>::BLOCK as u64);
    let workers = rayon::current_num_threads().min(usize::try_from(blocks).unwrap_or(usize::MAX));
    relay(LogReader::new(file), workers, sift, take)
}

/// The same for a log that has been opened, wherever it comes from, with so many workers.
///
/// # Errors
/// It can not be read, or wimspect has a bug that this log shows.
pub fn relay<R: Read + Send, T: Send>(
    reader: LogReader<R>,
    workers: usize,
    sift: impl Fn(&LogBlock) -> (LogSummary, T) + Sync,
    take: impl FnMut(T) + Send,
) -> Result<ReadLog, String> {
    let relay = Relay {
        source: Mutex::new((reader, 0)),
        sift,
        sifted: Mutex::new((BTreeMap::new(), 0)),
        taker: Mutex::new((LogSummary::default(), take)),
    };
    let work = || guarded(|| relay.work()).and_then(|done| done);
    if workers <= 1 {
        work()?;
        return relay.finish();
    }
    let mut results = Mutex::new(Vec::new());
    rayon::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|_| {
                let result = work();
                lock(&results).push(result);
            });
        }
    });
    results.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..).collect::<Result<(), String>>()?;
    relay.finish()
}

/// The blocks of one log on their way. Every worker reads the next one, sifts it while it is still in its cache, and hands on
/// what is left of it; whoever finds nobody at it takes what is next in order.
struct Relay<R, S, T, F> {
    /// And the number of the next block.
    source: Mutex<(LogReader<R>, u64)>,
    sift: S,
    /// What is to be taken, by the number of its block; and the number of the one that is next.
    sifted: Mutex<(BTreeMap<u64, Sifted<T>>, u64)>,
    taker: Mutex<(LogSummary, F)>,
}

type Sifted<T> = Result<(LogSummary, T), String>;

impl<R: Read, T, S: Fn(&LogBlock) -> (LogSummary, T), F: FnMut(T)> Relay<R, S, T, F> {
    fn work(&self) -> Result<(), String> {
        let mut spent = None;
        while let Some((number, block)) = self.next(spent.take())? {
            let sifted = guarded(|| (self.sift)(&block));
            spent = Some(block);
            lock(&self.sifted).0.insert(number, sifted);
            self.take()?;
        }
        Ok(())
    }

    fn next(&self, spent: Option<LogBlock>) -> Result<Option<(u64, LogBlock)>, String> {
        // One that takes its time must not let the others fill the memory.
        while lock(&self.sifted).0.len() > MOST_WAITING {
            self.take()?;
            std::thread::yield_now();
        }
        let mut source = lock(&self.source);
        let block = source.0.block(spent).map_err(|error| refused(&error))?;
        let number = source.1;
        source.1 += 1;
        Ok(block.map(|block| (number, block)))
    }

    /// Takes all that is there in order, if nobody is at it.
    fn take(&self) -> Result<(), String> {
        let mut taker = match self.taker.try_lock() {
            Ok(taker) => taker,
            Err(TryLockError::WouldBlock) => return Ok(()),
            Err(TryLockError::Poisoned(_)) => return Err(BUG.to_owned()),
        };
        while let Some(sifted) = self.next_in_order() {
            let (summary, what) = sifted?;
            taker.0.add(&summary);
            guarded(|| (taker.1)(what))?;
        }
        Ok(())
    }

    fn next_in_order(&self) -> Option<Sifted<T>> {
        let (waiting, next) = &mut *lock(&self.sifted);
        let sifted = waiting.remove(next)?;
        *next += 1;
        Some(sifted)
    }

    /// When all workers are done.
    fn finish(self) -> Result<ReadLog, String> {
        self.take()?;
        let (found, _) = self.taker.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (reader, _) = self.source.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut summary = reader.summary();
        summary.add(&found);
        Ok(ReadLog { summary, instead: reader.no_log().as_deref().map(instead) })
    }
}

/// A bug of ours in one file must not end the run.
fn guarded<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| BUG.to_owned())
}

fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a file is that is no log, by its beginning.
fn instead(beginning: &str) -> &'static str {
    let control = |c: char| c < ' ' && !matches!(c, '\t' | '\r' | '\n' | '\x0C' | '\x1A' | '\x1B');
    match () {
        () if beginning.is_empty() => "empty",
        () if beginning.chars().take(BEGINNING).any(control) => "binary data",
        () if is_copied(beginning) => {
            "it looks like lines copied out of one, without component and time: give the file itself"
        }
        () => "text in none of the forms CMTrace, Panther, wpeinit, setupapi and IIS W3C",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixtures() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/logs")
    }

    #[test]
    fn folders_are_walked_and_files_named() {
        let found = find(&fixtures().join("L33"), "L33").unwrap();
        assert_eq!(found.files.len(), 6);
        assert_eq!((found.files[0].path.as_str(), found.files[0].named), ("fires-excerpt.log", false));
        let one = find(&fixtures().join("healthy/dism.log"), "dism.log").unwrap();
        assert_eq!((one.files[0].path.as_str(), one.files[0].named), ("dism.log", true));
        assert!(find(&fixtures().join("no-such"), "x").unwrap_err().to_string().contains("can not be read"));
    }

    #[test]
    fn what_is_no_log_is_called_what_it_is() {
        let folder = tempfile::tempdir().unwrap();
        for (bytes, expected) in [
            (&b""[..], Some("empty")),
            (b"MZ\x90\0\x03\0\0\0", Some("binary data")),
            (b"Dear all,\nthe deployment failed.\n", Some(instead("text"))),
            (b"2010-02-10 10:00:00, Info                  IBS    x\r\n", None),
        ] {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            let read = read(&path, |block| (block.text().read(&mut |_| {}), ()), |()| {}).unwrap();
            assert_eq!(read.instead, expected);
        }
    }
}
