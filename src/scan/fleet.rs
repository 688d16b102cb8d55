//! Reads the inventories of a fleet: one file, or a folder with a file for each machine, in folders for the models.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use walkdir::WalkDir;

use super::progress::{Phase, Progress};
use crate::facts::inventory::{self, InventoryFile, InventoryFormat, Machine};

/// A table of 100,000 machines comes near this.
const MAX_FILE_BYTES: u64 = 256 << 20;
/// Most files of one folder tree.
const MAX_FILES: usize = 200_000;
/// Deepest folder.
const MAX_DEPTH: usize = 32;
/// Most machines of one input; the rest is left out and said.
const MAX_MACHINES: usize = 200_000;

/// What one `--fleet` says.
#[derive(Debug, Default)]
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

/// Reads a file or a folder of inventories; `name` is what to call it in places.
///
/// # Errors
/// Nothing in it can be used: wrong usage of the command, or a file of the wrong kind.
pub fn read_fleet(root: &Path, name: &str, progress: &dyn Progress) -> Result<Fleet, FleetError> {
    let unreadable = |source| FleetError::Unreadable { path: root.to_path_buf(), source };
    let meta = std::fs::metadata(root).map_err(unreadable)?;
    if !meta.is_dir() {
        let own = root.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        let file = read_file(root, &own, name);
        let mut fleet = Fleet::default();
        fleet.add(name, file);
        return match fleet.machines.is_empty() {
            true => {
                let message = fleet.problems.into_iter().next().map_or_else(String::new, |p| p.message);
                Err(FleetError::NoInventory { path: root.to_path_buf(), message })
            }
            false => Ok(fleet),
        };
    }
    std::fs::read_dir(root).map_err(unreadable)?;
    let mut fleet = Fleet::default();
    let files = walk(root, name, &mut fleet);
    progress.start(Phase::Fleet, Some(files.len() as u64));
    // In parts, so that the bytes of a few files only are held at a time.
    for part in files.chunks(256) {
        let read: Vec<_> = part
            .par_iter()
            .map(|(path, disk_path)| {
                let file = read_file(disk_path, path, &below(name, path));
                progress.step();
                file
            })
            .collect();
        for ((path, _), file) in part.iter().zip(read) {
            fleet.add(&below(name, path), file);
        }
    }
    if fleet.machines.is_empty() {
        let message =
            fleet.problems.first().map_or_else(|| "there is none".to_owned(), |p| format!("{}: {}", p.path, p.message));
        return Err(FleetError::NothingInFolder { path: root.to_path_buf(), message });
    }
    Ok(fleet)
}

/// Files below the root as (path below it, path on disk), ordered.
fn walk(root: &Path, name: &str, fleet: &mut Fleet) -> Vec<(String, PathBuf)> {
    let mut files = Vec::new();
    for entry in WalkDir::new(root).max_depth(MAX_DEPTH).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                if files.len() >= MAX_FILES {
                    fleet.problem(name, None, format!("more than {MAX_FILES} files: the rest is left out"));
                    break;
                }
                files.push((relative(root, entry.path()), entry.path().to_path_buf()));
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map_or_else(String::new, |p| relative(root, p));
                fleet.problem(&below(name, &path), None, error.to_string());
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

/// `inside` is the path below the root: its folders are the model, the stem of its name is the machine.
fn read_file(path: &Path, inside: &str, source: &str) -> Result<InventoryFile, String> {
    let file = File::open(path).map_err(|e| format!("can not be opened: {e}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("can not be read: {e}"))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("is larger than {} MB; part it", MAX_FILE_BYTES >> 20));
    }
    let (model, name) = inside.rsplit_once('/').map_or((None, inside), |(folder, name)| (Some(folder), name));
    let machine = name.rsplit_once('.').map_or(name, |(stem, _)| if stem.is_empty() { name } else { stem });
    // A bug of ours in one file must not end the run.
    catch_unwind(AssertUnwindSafe(|| inventory::read(&bytes, source, machine, model))).map_err(|_| {
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
