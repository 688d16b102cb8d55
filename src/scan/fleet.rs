//! Reads the inventories of a fleet: one file, or a folder with a file for each machine, in folders for the models.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::incremental::{Asked, FactKind, Incremental, Place, Reader, decode, encode, keep_only, read_part};
use super::progress::{Phase, Progress};
use super::stamp::{InputStamps, Stamp, StampDigest};
use super::trouble::{refused, unlisted};
use crate::facts::inventory::{self, InventoryFile, InventoryFormat, KeptInventory, Machine};

/// A table of 100,000 machines comes near this.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most files of one folder tree.
const MAX_FILES: usize = 200_000;
/// Deepest folder.
const MAX_DEPTH: usize = 32;
/// Most machines of one input; the rest is left out and said.
const MAX_MACHINES: usize = 200_000;

/// What one `--fleet` says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Fleet {
    /// The machines, in the order of the files.
    pub machines: Vec<Machine>,
    /// Files that were read.
    pub files: usize,
    /// What could not be read, or what is no inventory.
    pub problems: Vec<FleetProblem>,
}

/// A file within a fleet that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetProblem {
    /// Name of the fleet and path below it, with `/`.
    pub path: String,
    /// 1-based line.
    pub line: Option<u32>,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a fleet as a whole could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The path leads nowhere, or nothing there can be read.
    #[error("{path}: can not be read ({source}); check the path and the permissions of the account that runs wimspect")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// A single file that names no device.
    #[error("{path}: {message}")]
    NoInventory {
        /// As given.
        path: PathBuf,
        /// What it is instead, and the command to run.
        message: String,
    },
    /// A folder in which nothing names a device.
    #[error("{path}: no inventory in it names a device by its ids; the first file: {message}")]
    NothingInFolder {
        /// As given.
        path: PathBuf,
        /// What is wrong with the first file.
        message: String,
    },
}

/// A fleet that was walked, and of which no file was opened.
#[derive(Debug)]
pub struct FleetWalk {
    root: PathBuf,
    name: String,
    is_folder: bool,
    files: Vec<Asked>,
    fleet: Fleet,
    stamps: InputStamps,
}

/// Walks a file or a folder of inventories; `name` is what to call it in places.
///
/// # Errors
/// It can not be listed.
pub fn walk_fleet(root: &Path, name: &str, incremental: &Incremental<'_>) -> Result<FleetWalk, FleetError> {
    let unreadable = |source| FleetError::Unreadable { path: root.to_path_buf(), source };
    let meta = std::fs::metadata(root).map_err(unreadable)?;
    let mut fleet = Fleet::default();
    let files = if meta.is_dir() {
        std::fs::read_dir(root).map_err(unreadable)?;
        walk(root, name, incremental, &mut fleet)
    } else {
        let path = root.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        // A link is followed here: what is stamped is what will be read.
        let is_link = std::fs::symlink_metadata(root).map_err(unreadable)?.is_symlink();
        let stamp = Stamp::of(&meta).filter(|_| incremental.wants_stamps() && !is_link);
        vec![Asked { path, disk: root.to_path_buf(), stamp }]
    };
    let mut digest = StampDigest::new(incremental.start());
    for file in &files {
        digest.file(file.disk.as_os_str().as_encoded_bytes(), file.stamp);
    }
    for problem in &fleet.problems {
        digest.part(b"problem", problem.path.as_bytes());
        digest.part(b"message", problem.message.as_bytes());
    }
    let (root, name, stamps) = (root.to_path_buf(), name.to_owned(), digest.finish());
    Ok(FleetWalk { root, name, is_folder: meta.is_dir(), files, fleet, stamps })
}

impl FleetWalk {
    /// Of everything in it.
    pub fn stamps(&self) -> InputStamps {
        self.stamps
    }

    /// Reads the inventories, as far as the cache does not know them.
    ///
    /// # Errors
    /// Nothing in it can be used: wrong usage of the command, or a file of the wrong kind.
    pub fn read(self, incremental: &Incremental<'_>, progress: &dyn Progress) -> Result<Fleet, FleetError> {
        let Self { root, name, is_folder, files, mut fleet, .. } = self;
        let place = Place::new(&root, FactKind::Inventory);
        // A single file is the fleet, and is called like it.
        let source = |path: &str| if is_folder { below(&name, path) } else { name.clone() };
        let reader = InventoryReader { source: &source };
        if is_folder {
            progress.start(Phase::Fleet, Some(files.len() as u64));
        }
        keep_only(incremental, &place, &files);
        // In parts, so that what is left out beyond the bounds is not held at once.
        for part in files.chunks(256) {
            let read = read_part(&reader, incremental, &place, part, progress);
            for (file, asked) in read.into_iter().zip(part) {
                fleet.add(&source(&asked.path), file);
            }
        }
        if !fleet.machines.is_empty() {
            return Ok(fleet);
        }
        let first = fleet.problems.into_iter().next();
        if !is_folder {
            return Err(FleetError::NoInventory { path: root, message: first.map_or_else(String::new, |p| p.message) });
        }
        let message = first.map_or_else(|| "there is none".to_owned(), |p| format!("{}: {}", p.path, p.message));
        Err(FleetError::NothingInFolder { path: root, message })
    }
}

/// Reads a file or a folder of inventories; `name` is what to call it in places.
///
/// # Errors
/// Nothing in it can be used: wrong usage of the command, or a file of the wrong kind.
pub fn read_fleet(root: &Path, name: &str, progress: &dyn Progress) -> Result<Fleet, FleetError> {
    let all = Incremental::none();
    walk_fleet(root, name, &all)?.read(&all, progress)
}

struct InventoryReader<'s> {
    /// What the file with a path below the root is called.
    source: &'s (dyn Fn(&str) -> String + Sync),
}

impl Reader for InventoryReader<'_> {
    type Facts = InventoryFile;

    fn bytes(&self, disk: &Path) -> Result<Vec<u8>, String> {
        read_bytes(disk)
    }

    fn facts(&self, path: &str, bytes: &[u8]) -> Result<InventoryFile, String> {
        inventory_of(bytes, path, &(self.source)(path))
    }

    fn encode(&self, facts: &InventoryFile) -> Option<Vec<u8>> {
        encode(&KeptInventory::of(facts))
    }

    fn decode(&self, path: &str, kept: &[u8]) -> Option<InventoryFile> {
        decode::<KeptInventory>(kept)?.file(&(self.source)(path))
    }
}

/// Files below the root, ordered.
fn walk(root: &Path, name: &str, incremental: &Incremental<'_>, fleet: &mut Fleet) -> Vec<Asked> {
    let mut files = Vec::new();
    for entry in WalkDir::new(root).max_depth(MAX_DEPTH).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if files.len() >= MAX_FILES {
                    fleet.problem(name, None, format!("more than {MAX_FILES} files: the rest is left out"));
                    break;
                }
                let path = relative(root, entry.path());
                // Two names that are no text may look the same.
                let stamped = incremental.wants_stamps() && entry.path().to_str().is_some();
                let stamp = stamped.then(|| entry.metadata().ok()).flatten().and_then(|m| Stamp::of(&m));
                files.push(Asked { path, disk: entry.path().to_path_buf(), stamp });
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map_or_else(String::new, |p| relative(root, p));
                fleet.problem(&below(name, &path), None, unlisted(&error));
            }
        }
    }
    files
}

fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn below(name: &str, path: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{name}/{path}") }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|e| refused(&e))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| refused(&e))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is larger than {} MB; part it", MAX_FILE_BYTES >> 20));
    }
    Ok(bytes)
}

/// `inside` is the path below the root: its folders are the model, the stem of its name is the machine.
fn inventory_of(bytes: &[u8], inside: &str, source: &str) -> Result<InventoryFile, String> {
    let (model, name) = inside.rsplit_once('/').map_or((None, inside), |(folder, name)| (Some(folder), name));
    let machine = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    // A bug of ours in one file must not end the run.
    catch_unwind(AssertUnwindSafe(|| inventory::read(bytes, source, machine, model))).map_err(|_| {
        "wimspect failed on this file; this is a bug of wimspect, please report it with the file".to_owned()
    })
}

impl Fleet {
    fn add(&mut self, path: &str, file: Result<InventoryFile, String>) {
        match file {
            Err(message) => self.problem(path, None, message),
            Ok(file) => {
                let whole = file.format == InventoryFormat::WithoutIds;
                for problem in file.problems {
                    let line = (problem.line > 0 && !whole).then_some(problem.line);
                    self.problem(path, line, problem.message);
                }
                self.files += 1;
                let room = MAX_MACHINES.saturating_sub(self.machines.len());
                if file.machines.len() > room {
                    self.problem(path, None, format!("more than {MAX_MACHINES} machines: the rest is left out"));
                }
                self.machines.extend(file.machines.into_iter().take(room));
            }
        }
    }

    fn problem(&mut self, path: &str, line: Option<u32>, message: String) {
        self.problems.push(FleetProblem { path: path.to_owned(), line, message });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::progress::NoProgress;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fleet").join(name)
    }

    #[test]
    fn a_folder_gives_a_machine_for_each_file_and_models_by_folder() {
        let fleet = read_fleet(&fixture("models"), "fleet", &NoProgress).unwrap();
        let machines: Vec<(&str, Option<&str>)> =
            fleet.machines.iter().map(|m| (m.name.as_str(), m.model.as_deref())).collect();
        assert_eq!(
            machines,
            [("FX51", Some("Fx Model 1")), ("FX52", Some("Fx Model 1")), ("FX53", Some("Fx Model 2/rack"))]
        );
        assert_eq!(fleet.problems.len(), 1, "{:?}", fleet.problems);
        assert_eq!(fleet.problems[0].path, "fleet/Fx Model 2/readme.txt");
    }

    #[test]
    fn what_can_not_be_used_as_a_whole_is_an_error_with_advice() {
        for (name, words) in [
            ("refused/lspci.txt", "lspci -nnk"),
            ("refused/systeminfo.txt", "pnputil"),
            ("refused", "no inventory in it"),
            ("there-is-none", "can not be read"),
        ] {
            let error = read_fleet(&fixture(name), name, &NoProgress).unwrap_err().to_string();
            assert!(error.contains(words), "{name}: {error}");
        }
        let many = read_fleet(&fixture("formats/powershell.csv"), "x.csv", &NoProgress).unwrap();
        assert_eq!(many.machines.len(), 2);
    }
}
