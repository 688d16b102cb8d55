//! Finds the logs of a deployment and reads them: by content, never by name, block by block.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use crate::facts::log::{LogBlock, LogReader, LogSummary};

/// Most files of one folder tree.
const MAX_FILES: usize = 20_000;
/// Deepest folder.
const MAX_DEPTH: usize = 32;
/// So much is read at a time.
const BLOCK: usize = 256 << 10;
/// So many blocks are in work at a time, while as many are read.
const BLOCKS: usize = 16;
/// So much of the beginning tells what a file is that is no log.
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
                found.problems.push((path, error.to_string()));
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
    take: impl FnMut(&T),
) -> Result<ReadLog, String> {
    // A bug of ours in one file must not end the run.
    catch_unwind(AssertUnwindSafe(|| read_blocks(path, sift, take))).unwrap_or_else(|_| {
        Err("wimspect failed on this file; this is a bug of wimspect, please report it with the file".to_owned())
    })
}

fn read_blocks<T: Send>(
    path: &Path,
    sift: impl Fn(&LogBlock) -> (LogSummary, T) + Sync,
    mut take: impl FnMut(&T),
) -> Result<ReadLog, String> {
    let mut source = Source::open(path)?;
    let mut found = LogSummary::default();
    let mut blocks = source.blocks()?;
    while !blocks.is_empty() {
        let (sifted, next) = rayon::join(|| blocks.par_iter().map(&sift).collect::<Vec<_>>(), || source.blocks());
        for (summary, what) in sifted {
            found.add(&summary);
            take(&what);
        }
        blocks = next?;
    }
    let mut summary = source.summary;
    summary.add(&found);
    let instead = summary.format.is_none().then(|| instead(&source.beginning));
    Ok(ReadLog { summary, instead })
}

/// A file and how far it is read.
struct Source {
    file: File,
    buffer: Vec<u8>,
    /// The first bytes.
    beginning: Vec<u8>,
    /// `None`: to its end.
    reader: Option<LogReader>,
    summary: LogSummary,
}

impl Source {
    fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|e| format!("can not be opened: {e}"))?;
        Ok(Self {
            file,
            buffer: vec![0; BLOCK],
            beginning: Vec::new(),
            reader: Some(LogReader::new()),
            summary: LogSummary::default(),
        })
    }

    /// The next blocks; none at the end.
    fn blocks(&mut self) -> Result<Vec<LogBlock>, String> {
        let mut blocks = Vec::new();
        while let Some(reader) = &mut self.reader
            && blocks.len() < BLOCKS
        {
            let length = match self.file.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                read => read.map_err(|error| format!("can not be read: {error}"))?,
            };
            let bytes = &self.buffer[..length];
            let room = BEGINNING.saturating_sub(self.beginning.len());
            self.beginning.extend_from_slice(&bytes[..length.min(room)]);
            blocks.extend(reader.push(bytes));
            if (length == 0 || reader.is_no_log())
                && let Some(reader) = self.reader.take()
            {
                let (last, summary) = reader.finish();
                blocks.extend(last);
                self.summary = summary;
            }
        }
        Ok(blocks)
    }
}

/// What a file is that is no log, by its beginning.
fn instead(beginning: &[u8]) -> &'static str {
    let utf16 = beginning.starts_with(&[0xFF, 0xFE]) || beginning.starts_with(&[0xFE, 0xFF]);
    let control = |b: &&u8| **b < 0x20 && !matches!(**b, b'\t' | b'\r' | b'\n' | 0x0C | 0x1A | 0x1B);
    match () {
        () if beginning.is_empty() => "empty",
        () if !utf16 && beginning.iter().filter(control).count() > 0 => "binary data",
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
        assert_eq!(found.files.len(), 5);
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
            (b"Dear all,\nthe deployment failed.\n", Some(instead(b"text"))),
            (b"2010-02-10 10:00:00, Info                  IBS    x\r\n", None),
        ] {
            let path = folder.path().join("file");
            std::fs::write(&path, bytes).unwrap();
            let read = read(&path, |block| (block.read(&mut |_| {}), ()), |()| {}).unwrap();
            assert_eq!(read.instead, expected);
        }
    }
}
