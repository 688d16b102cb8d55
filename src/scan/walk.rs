//! Walks a folder tree on all cores; the result does not depend on which folder was read first.

use std::cmp::Ordering;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::stamp::{FileTime, InputStamps, Stamp, StampDigest};
use super::trouble::refused;

/// What a walk found. Paths are relative to the root and use `/`; the root itself is the empty path.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every folder with what lies directly in it, in the order of a walk that goes into each folder as it meets it.
    pub folders: Vec<Folder>,
}

/// A folder.
#[derive(Debug, Default)]
pub struct Folder {
    /// Path below the root.
    pub path: String,
    /// The same as the system spells it.
    raw: PathBuf,
    /// Files, links and whatever else is no folder, ordered by name.
    pub items: Vec<Item>,
    /// What could not be listed: path below the root and the system's message.
    pub problems: Vec<(String, String)>,
}

/// Something that is no folder.
#[derive(Debug)]
pub struct Item {
    /// Its name, with replacement characters where it is no text.
    pub name: String,
    /// The name as the system spells it, where that is no text.
    pub raw: Option<std::ffi::OsString>,
    /// What it is.
    pub kind: ItemKind,
    /// Size and times of a file, when they were asked for.
    pub stamp: Option<Stamp>,
}

/// What an [`Item`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A file.
    File,
    /// A symbolic link; none is followed.
    Link,
    /// A device, a pipe...
    Other,
}

impl Folder {
    /// Path of an item below the root.
    pub fn path_of(&self, item: &Item) -> String {
        below(&self.path, &item.name)
    }

    /// Path of an item on disk; `root` is what was walked.
    pub fn disk_path_of(&self, root: &Path, item: &Item) -> PathBuf {
        let folder = root.join(&self.raw);
        item.raw.as_ref().map_or_else(|| folder.join(&item.name), |raw| folder.join(raw))
    }

    /// Its path is text all through.
    pub fn is_plain(&self) -> bool {
        self.raw.to_str().is_some()
    }
}

/// Walks; `step` is called for every item, from several threads.
pub fn walk(root: &Path, stamps: bool, step: &(dyn Fn() + Sync)) -> Tree {
    let mut folders = Vec::new();
    // Level by level, so that no depth of folders needs a stack.
    let mut level = vec![Folder::default()];
    while !level.is_empty() {
        let listed: Vec<(Folder, Vec<Folder>)> =
            level.into_par_iter().map(|folder| list(root, folder, stamps, step)).collect();
        level = Vec::new();
        for (folder, inner) in listed {
            level.extend(inner);
            folders.push(folder);
        }
    }
    folders.par_sort_by(|a, b| by_components(&a.path, &b.path).then_with(|| a.raw.cmp(&b.raw)));
    Tree { folders }
}

/// The order of a walk: `a/b.inf` comes before `a-b.inf`.
fn by_components(a: &str, b: &str) -> Ordering {
    a.split('/').cmp(b.split('/'))
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Fills a folder; gives those that lie in it. Not `walkdir`, which opens the folders below, too: on a share each costs a
/// message to the server.
fn list(root: &Path, mut folder: Folder, stamps: bool, step: &(dyn Fn() + Sync)) -> (Folder, Vec<Folder>) {
    let mut inner = Vec::new();
    let mut entries = Vec::new();
    let listed = std::fs::read_dir(root.join(&folder.raw)).map(|listed| {
        for entry in listed {
            match entry {
                Ok(entry) => entries.push(entry),
                Err(error) => folder.problems.push((folder.path.clone(), refused(&error))),
            }
        }
    });
    if let Err(error) = listed {
        folder.problems.push((folder.path.clone(), refused(&error)));
    }
    entries.sort_by_cached_key(DirEntry::file_name);
    for entry in entries {
        let system_name = entry.file_name();
        let name = system_name.to_string_lossy().into_owned();
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                folder.problems.push((below(&folder.path, &name), refused(&error)));
                continue;
            }
        };
        if kind.is_dir() {
            let path = below(&folder.path, &name);
            inner.push(Folder { path, raw: folder.raw.join(system_name), ..Folder::default() });
            continue;
        }
        let kind = match () {
            () if kind.is_symlink() => ItemKind::Link,
            () if kind.is_file() => ItemKind::File,
            () => ItemKind::Other,
        };
        // Of the entry itself, no link is followed; on Windows the folder knows it already.
        let stamp = (stamps && kind == ItemKind::File).then(|| entry.metadata().ok());
        let stamp = stamp.flatten().and_then(|m| Stamp::of(&m));
        let raw = system_name.to_str().is_none().then_some(system_name);
        folder.items.push(Item { name, raw, kind, stamp });
        step();
    }
    (folder, inner)
}

impl Tree {
    /// One digest over everything in it.
    pub fn stamps(&self, start: FileTime) -> InputStamps {
        let mut digest = StampDigest::new(start);
        for folder in &self.folders {
            digest.part(b"folder", folder.raw.as_os_str().as_encoded_bytes());
            for item in &folder.items {
                let name = item.raw.as_ref().map_or(item.name.as_bytes(), |raw| raw.as_encoded_bytes());
                match item.kind {
                    ItemKind::File => digest.file(name, item.stamp),
                    ItemKind::Link => digest.part(b"link", name),
                    ItemKind::Other => digest.part(b"other", name),
                }
            }
            for (path, message) in &folder.problems {
                digest.part(b"problem", path.as_bytes());
                digest.part(b"message", message.as_bytes());
            }
        }
        digest.finish()
    }
}
