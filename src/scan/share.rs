//! Walks a driver share and reads every INF in it.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::incremental::{Asked, FactKind, Incremental, Place, Reader, decode, decode_first, encode, read_all};
use super::progress::{Phase, Progress};
use super::stamp::{InputStamps, Stamp};
use super::trouble::refused;
use super::walk::{self, Folder, ItemKind};
use crate::facts::driver_package::{self, DriverPackage, InfProblem, KeptPackage};
use crate::facts::share::{InfContent, Share, ShareInf, ShareProblem};
use crate::facts::signature::InfDigests;

/// No real INF comes near this (the largest of 6,408 has 2.3 MB); a larger file is not an INF.
const MAX_INF_BYTES: u64 = 64 << 20;

/// What to take for an INF.
#[derive(Clone, Copy, Debug, Default)]
pub struct ShareOptions {
    /// Read `.inx` templates, too.
    pub include_templates: bool,
}

/// Why a share as a whole could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The path leads nowhere.
    #[error("{path}: there is no such folder; check the path and that the share is connected")]
    NotFound {
        /// As given.
        path: PathBuf,
    },
    /// It is a file.
    #[error(
        "{path}: is a file, not a folder; name the folder that holds the drivers, or use `wimspect inspect` for one file"
    )]
    NotAFolder {
        /// As given.
        path: PathBuf,
    },
    /// The root folder can not be listed.
    #[error("{path}: can not be read ({source}); check the permissions of the account that runs wimspect")]
    Unreadable {
        /// As given.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

/// A share that was walked, and of which no file was opened.
#[derive(Debug)]
pub struct ShareWalk {
    /// Without INF files.
    share: Share,
    files: ShareFiles,
    infs: Vec<Asked>,
    stamps: InputStamps,
}

/// Where the files of a share lie, and which stamps they have.
#[derive(Debug, Default)]
pub struct ShareFiles {
    root: PathBuf,
    /// Sorted by path; empty when stamps were not asked for.
    stamps: Vec<(String, Stamp)>,
}

impl ShareFiles {
    /// The folder on disk.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file by its path below the root.
    pub(super) fn asked(&self, path: &str) -> Asked {
        let found = self.stamps.binary_search_by(|(known, _)| known.as_str().cmp(path));
        let stamp = found.ok().map(|at| self.stamps[at].1);
        Asked { path: path.to_owned(), disk: self.root.join(path), stamp }
    }
}

/// Walks a share.
///
/// # Errors
/// Only when the root itself can not be listed.
pub fn walk_share(
    root: &Path,
    options: ShareOptions,
    incremental: &Incremental<'_>,
    progress: &dyn Progress,
) -> Result<ShareWalk, ShareError> {
    check_root(root)?;
    progress.start(Phase::Walk, None);
    let tree = walk::walk(root, incremental.wants_stamps(), &|| progress.step());
    let stamps = tree.stamps(incremental.start());
    let mut walk = ShareWalk {
        share: Share { root: root.display().to_string(), ..Share::default() },
        files: ShareFiles { root: root.to_path_buf(), stamps: Vec::new() },
        infs: Vec::new(),
        stamps,
    };
    for folder in tree.folders {
        walk.take(folder, options);
    }
    // In the order in which somebody would meet them.
    walk.share.problems.sort_by(|a, b| a.path.split('/').cmp(b.path.split('/')));
    walk.infs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    walk.files.stamps.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(walk)
}

impl ShareWalk {
    fn take(&mut self, folder: Folder, options: ShareOptions) {
        for item in &folder.items {
            let path = folder.path_of(item);
            if item.kind == ItemKind::Link {
                // Following links may lead out of the share or round in circles; silence would hide drivers.
                let message =
                    "is a symbolic link and was not followed: name the folder that it leads to as a share of its own";
                self.share.problems.push(ShareProblem { path, message: message.to_owned() });
                continue;
            }
            self.share.file_count += 1;
            // Two names that are no text may look the same.
            let stamp = item.stamp.filter(|_| item.raw.is_none() && folder.is_plain());
            self.files.stamps.extend(stamp.map(|stamp| (path.clone(), stamp)));
            if item.kind == ItemKind::File && is_inf_name(&item.name, options) {
                self.infs.push(Asked { path, disk: folder.disk_path_of(&self.files.root, item), stamp });
            }
        }
        let problems = folder.problems.into_iter().map(|(path, message)| ShareProblem { path, message });
        self.share.problems.extend(problems);
        let names = folder.items.into_iter().filter(|i| i.kind != ItemKind::Link).map(|i| i.name);
        self.share.folders.insert(folder.path, names.collect());
    }

    /// Of everything in it.
    pub fn stamps(&self) -> InputStamps {
        self.stamps
    }

    /// Reads its INF files, as far as the cache does not know them.
    pub fn read(self, incremental: &Incremental<'_>, progress: &dyn Progress) -> (Share, ShareFiles) {
        let Self { mut share, files, infs, .. } = self;
        progress.start(Phase::Read, Some(infs.len() as u64));
        let place = Place::new(&files.root, FactKind::Inf);
        let contents = read_all(&InfReader::default(), incremental, &place, &infs, progress);
        share.infs =
            infs.into_iter().zip(contents).map(|(inf, content)| ShareInf { path: inf.path, content }).collect();
        (share, files)
    }
}

/// Reads a share. One bad file or folder is a problem in the result.
///
/// # Errors
/// Only when the root itself can not be listed.
pub fn read_share(root: &Path, options: ShareOptions, progress: &dyn Progress) -> Result<Share, ShareError> {
    let all = Incremental::none();
    Ok(walk_share(root, options, &all, progress)?.read(&all, progress).0)
}

/// The same INF lies in many folders of a share: it is parsed and held once.
#[derive(Default)]
struct InfReader {
    packages: Mutex<HashMap<[u8; 32], Arc<DriverPackage>>>,
}

impl InfReader {
    fn content(&self, digests: InfDigests, make: impl FnOnce() -> Option<DriverPackage>) -> Option<InfContent> {
        let sha256 = digests.stored.sha256;
        let known = self.packages().get(&sha256).cloned();
        let package = match known {
            Some(package) => package,
            None => {
                let made = Arc::new(make()?);
                Arc::clone(self.packages().entry(sha256).or_insert(made))
            }
        };
        Some(InfContent { sha256: hex(&sha256), digests, package })
    }

    fn packages(&self) -> MutexGuard<'_, HashMap<[u8; 32], Arc<DriverPackage>>> {
        self.packages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader for InfReader {
    type Facts = InfContent;

    fn bytes(&self, disk: &Path) -> Result<Vec<u8>, String> {
        read_inf_bytes(disk)
    }

    fn facts(&self, _path: &str, bytes: &[u8]) -> Result<InfContent, String> {
        let content = self.content(InfDigests::of(bytes), || Some(package_of(bytes)));
        content.ok_or_else(|| "can not be read".to_owned())
    }

    fn encode(&self, facts: &InfContent) -> Option<Vec<u8>> {
        encode(&(facts.digests, KeptPackage::of(&facts.package)?))
    }

    fn decode(&self, _path: &str, kept: &[u8]) -> Option<InfContent> {
        let (digests, rest) = decode_first::<InfDigests>(kept)?;
        self.content(digests, || decode::<KeptPackage<'_>>(rest)?.package())
    }
}

fn check_root(root: &Path) -> Result<(), ShareError> {
    let path = root.to_path_buf();
    let meta = std::fs::metadata(root).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ShareError::NotFound { path: path.clone() },
        _ => ShareError::Unreadable { path: path.clone(), source },
    })?;
    if !meta.is_dir() {
        return Err(ShareError::NotAFolder { path });
    }
    std::fs::read_dir(root).map(drop).map_err(|source| ShareError::Unreadable { path, source })
}

fn is_inf_name(name: &str, options: ShareOptions) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    extension.eq_ignore_ascii_case("inf") || (options.include_templates && extension.eq_ignore_ascii_case("inx"))
}

/// Reads one INF file from disk.
///
/// # Errors
/// A sentence for people: the file can not be read at all.
pub fn read_inf(path: &Path) -> Result<InfContent, String> {
    read_inf_bytes(path).map(|bytes| inf_content(&bytes))
}

/// The bytes of one INF file.
///
/// # Errors
/// A sentence for people: the file can not be read at all.
pub fn read_inf_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let file = File::open(path).map_err(|e| refused(&e))?;
    let mut bytes = Vec::new();
    file.take(MAX_INF_BYTES + 1).read_to_end(&mut bytes).map_err(|e| refused(&e))?;
    if bytes.len() as u64 > MAX_INF_BYTES {
        return Err(format!("is larger than {} MB: not an INF file", MAX_INF_BYTES >> 20));
    }
    Ok(bytes)
}

/// The same for bytes that are at hand.
pub fn inf_content(bytes: &[u8]) -> InfContent {
    let digests = InfDigests::of(bytes);
    InfContent { sha256: hex(&digests.stored.sha256), digests, package: Arc::new(package_of(bytes)) }
}

/// A bug of ours in one file must not end a scan of 50,000.
fn package_of(bytes: &[u8]) -> DriverPackage {
    catch_unwind(AssertUnwindSafe(|| driver_package::read(bytes))).unwrap_or_else(|_| unreadable())
}

fn unreadable() -> DriverPackage {
    DriverPackage {
        version: driver_package::VersionSection::default(),
        manufacturers: Vec::new(),
        models_sections: Vec::new(),
        install_sections: Vec::new(),
        copy_inf: Vec::new(),
        has_class_install: false,
        problems: vec![InfProblem {
            line: 0,
            column: 0,
            kind: "internal-error",
            message: "wimspect failed on this file; this is a bug of wimspect, please report it with the file"
                .to_owned(),
            fatal: true,
        }],
    }
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
