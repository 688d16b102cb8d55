//! What a walk over a driver share found: its INF files with what they say, and which files lie beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::driver_package::DriverPackage;
use super::signature::InfDigests;

/// A folder tree of drivers. All paths are relative to its root and use `/`; the root folder itself is the empty path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// The root as the user wrote it.
    pub root: String,
    /// Files seen, of any kind.
    pub file_count: u64,
    /// File names of each folder, as spelled, sorted.
    pub folders: BTreeMap<String, Vec<String>>,
    /// INF files in path order.
    pub infs: Vec<ShareInf>,
    /// Folders and files that could not be read, other than INF files (those are in [`ShareInf`]).
    pub problems: Vec<ShareProblem>,
}

/// One INF file of a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareInf {
    /// Path below the root.
    pub path: String,
    /// What it says, or why it could not be read at all (permission, size).
    pub content: Result<InfContent, String>,
}

/// An INF that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfContent {
    /// SHA-256 of its bytes, lower-case hex: the identity of the driver.
    pub sha256: String,
    /// The digests by which catalogs name it.
    pub digests: InfDigests,
    /// What it says.
    pub package: Arc<DriverPackage>,
}

/// A part of a share that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareProblem {
    /// Path below the root.
    pub path: String,
    /// What went wrong.
    pub message: String,
}

impl Share {
    /// The first place that could not be read, and why, where that is so of all that it holds: it is no empty share.
    pub fn only_unread(&self) -> Option<(&str, &str)> {
        if self.infs.iter().any(|inf| inf.content.is_ok()) {
            return None;
        }
        let infs = self.infs.iter().filter_map(|inf| Some((inf.path.as_str(), inf.content.as_ref().err()?.as_str())));
        self.problems.iter().map(|p| (p.path.as_str(), p.message.as_str())).chain(infs).next()
    }

    /// Every file of a folder with this name in any case: where the file system tells case apart there can be several.
    pub fn find_files<'s>(&'s self, folder: &str, name: &'s str) -> impl Iterator<Item = &'s str> {
        let files = self.folders.get(folder).map(Vec::as_slice).unwrap_or_default();
        files.iter().map(String::as_str).filter(move |f| f.eq_ignore_ascii_case(name))
    }

    /// A file of a folder, found without case: the name as spelled in the share.
    pub fn find_file(&self, folder: &str, name: &str) -> Option<&str> {
        self.folders.get(folder)?.iter().map(String::as_str).find(|f| f.eq_ignore_ascii_case(name))
    }
}

/// The folder of a path: `a/b` of `a/b/c.inf`, empty for a file in the root.
pub fn folder_of(path: &str) -> &str {
    path.rfind('/').map_or("", |end| &path[..end])
}

/// The file name of a path.
pub fn file_name_of(path: &str) -> &str {
    path.rfind('/').map_or(path, |end| &path[end + 1..])
}
