//! Walks a driver share and reads every INF in it.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use walkdir::WalkDir;

use super::progress::{Phase, Progress};
use crate::facts::driver_package::{self, DriverPackage, InfProblem};
use crate::facts::share::{InfContent, Share, ShareInf, ShareProblem, folder_of};
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

/// Reads a share. One bad file or folder is a problem in the result.
///
/// # Errors
/// Only when the root itself can not be listed.
pub fn read_share(root: &Path, options: ShareOptions, progress: &dyn Progress) -> Result<Share, ShareError> {
    check_root(root)?;
    let mut share = Share { root: root.display().to_string(), ..Share::default() };
    progress.start(Phase::Walk, None);
    let mut inf_paths = walk(root, options, &mut share, progress);
    inf_paths.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    progress.start(Phase::Read, Some(inf_paths.len() as u64));
    share.infs = inf_paths
        .into_par_iter()
        .map(|(path, disk_path)| {
            let content = read_inf(&disk_path);
            progress.step();
            ShareInf { path, content }
        })
        .collect();
    Ok(share)
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

/// Lists all files; gives the INF files as (path below the root, path on disk).
fn walk(root: &Path, options: ShareOptions, share: &mut Share, progress: &dyn Progress) -> Vec<(String, PathBuf)> {
    let mut infs = Vec::new();
    for entry in WalkDir::new(root).sort_by_file_name() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map_or_else(String::new, |p| relative(root, p));
                let message = error.io_error().map_or_else(|| error.to_string(), std::string::ToString::to_string);
                share.problems.push(ShareProblem { path, message });
                continue;
            }
        };
        let path = relative(root, entry.path());
        if entry.file_type().is_dir() {
            share.folders.entry(path).or_default();
            continue;
        }
        if entry.path_is_symlink() {
            // Following links may lead out of the share or round in circles; silence would hide drivers.
            let message =
                "is a symbolic link and was not followed: name the folder that it leads to as a share of its own";
            share.problems.push(ShareProblem { path, message: message.to_owned() });
            continue;
        }
        share.file_count += 1;
        progress.step();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().is_file() && is_inf_name(&name, options) {
            infs.push((path.clone(), entry.path().to_path_buf()));
        }
        share.folders.entry(folder_of(&path).to_owned()).or_default().push(name);
    }
    infs
}

fn is_inf_name(name: &str, options: ShareOptions) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e);
    extension.eq_ignore_ascii_case("inf") || (options.include_templates && extension.eq_ignore_ascii_case("inx"))
}

fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
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
    let file = File::open(path).map_err(|e| format!("can not be opened: {e}"))?;
    let mut bytes = Vec::new();
    file.take(MAX_INF_BYTES + 1).read_to_end(&mut bytes).map_err(|e| format!("can not be read: {e}"))?;
    if bytes.len() as u64 > MAX_INF_BYTES {
        return Err(format!("is larger than {} MB: not an INF file", MAX_INF_BYTES >> 20));
    }
    Ok(bytes)
}

/// The same for bytes that are at hand.
pub fn inf_content(bytes: &[u8]) -> InfContent {
    let digests = InfDigests::of(bytes);
    // A bug of ours in one file must not end a scan of 50,000.
    let package = catch_unwind(AssertUnwindSafe(|| driver_package::read(bytes))).unwrap_or_else(|_| unreadable());
    InfContent { sha256: hex(&digests.stored.sha256), digests, package: Arc::new(package) }
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
