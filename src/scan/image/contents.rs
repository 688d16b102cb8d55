//! Where the bytes of an entry come from: streams of a WIM, taken out by the child process, or files of a folder.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha1::{Digest, Sha1};

use super::ProgressCallback;
use super::assemble::ODD_NAME;
use super::tree::has_extension;
use crate::facts::boot_image::{DAMAGED_STREAM, ImageProblem};
use crate::scan::wim::client::{Client, WorkerError};
use crate::scan::wim::protocol::{Entry, stream_file_name};
use crate::scan::wim::{FILE_ATTRIBUTE_ENCRYPTED, hex};

/// Bytes of entries, by need.
pub(super) trait Contents {
    /// Announces everything that will be read next, so that it can be taken out at once.
    fn prepare(&mut self, wanted: &[&Entry], problems: &mut Vec<ImageProblem>);

    /// The bytes of an entry that was announced, in a buffer that the next one will use again: fresh memory for every file
    /// costs as much as computing its digest.
    fn read(&mut self, entry: &Entry) -> Result<&[u8], String>;

    /// Entries with the same key have the same bytes.
    fn key(&self, entry: &Entry) -> String;

    /// Bytes that should be there did not come: another reading may get them. What is never read (links, too large files,
    /// names that lead elsewhere) is no failure.
    fn failed(&self) -> bool;
}

/// Most bytes that are taken out of one image.
const MAX_TOTAL: u64 = 4 << 30;
/// Most calls into which a refused extraction is divided, to find the entry that is at fault.
const MAX_CALLS: u32 = 64;

/// Streams of one image of an open WIM.
pub(super) struct WimContents<'c> {
    pub(super) client: &'c mut Client,
    /// 1-based.
    pub(super) image: u32,
    /// SHA-1 of what lies in the private folder already.
    pub(super) fetched: &'c mut HashSet<[u8; 20]>,
    /// Largest file in bytes.
    pub(super) max_file: u64,
    pub(super) progress: Option<ProgressCallback>,
    /// The child process is gone, and why.
    pub(super) broken: Option<WorkerError>,
    /// The file that was read last.
    pub(super) buffer: Vec<u8>,
    /// See [`Contents::failed`].
    pub(super) failed: bool,
}

impl Contents for WimContents<'_> {
    fn prepare(&mut self, wanted: &[&Entry], problems: &mut Vec<ImageProblem>) {
        let mut chosen = Vec::new();
        let mut seen = HashSet::new();
        let mut total = 0u64;
        for entry in wanted {
            if let Err(message) = self.check(entry) {
                problems.push(ImageProblem { path: entry.path.clone(), message });
                continue;
            }
            let Some(stream) = &entry.stream else { continue };
            if self.fetched.contains(&stream.sha1) || !seen.insert(stream.sha1) {
                continue;
            }
            total = total.saturating_add(stream.size);
            if total > MAX_TOTAL {
                let message = "not read: too much to take out of one image".to_owned();
                problems.push(ImageProblem { path: entry.path.clone(), message });
                continue;
            }
            chosen.push((stream.part, stream.container, stream.offset, entry.path.clone(), stream.sha1));
        }
        // In the order in which they lie in the WIM.
        chosen.sort();
        let entries: Vec<_> = chosen.into_iter().map(|(.., path, sha1)| (path, sha1)).collect();
        let mut calls = MAX_CALLS;
        self.extract(entries, &mut calls, problems);
    }

    fn read(&mut self, entry: &Entry) -> Result<&[u8], String> {
        self.check(entry)?;
        let Some(stream) = &entry.stream else { return Ok(&[]) };
        let path = self.client.folder().join(stream_file_name(&stream.sha1));
        let is_there =
            self.fetched.contains(&stream.sha1) && read_regular_file(&path, self.max_file, &mut self.buffer).is_ok();
        if !is_there {
            self.failed = true;
            return Err("it could not be taken out of the WIM".to_owned());
        }
        if self.buffer.len() as u64 != stream.size || Sha1::digest(&self.buffer).as_slice() != stream.sha1 {
            self.failed = true;
            return Err(DAMAGED_STREAM.to_owned());
        }
        Ok(&self.buffer)
    }

    fn failed(&self) -> bool {
        self.failed
    }

    fn key(&self, entry: &Entry) -> String {
        entry.stream.as_ref().map_or_else(String::new, |s| hex(&s.sha1))
    }
}

impl WimContents<'_> {
    /// What is never taken out, and why.
    fn check(&self, entry: &Entry) -> Result<(), String> {
        if entry.is_reparse_point() {
            return Err(format!("a reparse point (tag {:#010x}), not followed", entry.reparse_tag));
        }
        if !entry.plain {
            return Err(ODD_NAME.to_owned());
        }
        if entry.attributes & FILE_ATTRIBUTE_ENCRYPTED != 0 {
            return Err("encrypted with EFS: it can not be read".to_owned());
        }
        match &entry.stream {
            Some(stream) if stream.missing => Err("its data are not in this WIM".to_owned()),
            Some(stream) if stream.size > self.max_file => Err(format!("not read: {} bytes", stream.size)),
            _ => Ok(()),
        }
    }

    fn extract(&mut self, entries: Vec<(String, [u8; 20])>, calls: &mut u32, problems: &mut Vec<ImageProblem>) {
        if entries.is_empty() || self.broken.is_some() {
            return;
        }
        let report = |message: &str, problems: &mut Vec<ImageProblem>| {
            let path = if entries.len() == 1 { entries[0].0.clone() } else { String::new() };
            let message = format!("{} files could not be taken out of the WIM: {message}", entries.len());
            problems.push(ImageProblem { path, message });
        };
        if *calls == 0 {
            self.failed = true;
            report("too many failed calls", problems);
            return;
        }
        *calls -= 1;
        let progress = self.progress.clone();
        let mut tell = |done, total| {
            if let Some(callback) = &progress {
                callback("reading", done, total);
            }
        };
        match self.client.extract(self.image, entries.clone(), &mut tell) {
            Ok(()) => self.fetched.extend(entries.iter().map(|(_, sha1)| *sha1)),
            Err(WorkerError::Refused { message, .. }) if entries.len() == 1 => {
                self.failed = true;
                report(&message, problems);
            }
            Err(WorkerError::Refused { .. }) => {
                let mut left = entries;
                let right = left.split_off(left.len() / 2);
                self.extract(left, calls, problems);
                self.extract(right, calls, problems);
            }
            Err(error) => {
                self.failed = true;
                report(&error.to_string(), problems);
                self.broken = Some(error);
            }
        }
    }
}

/// Reads a file that must be a regular one; a symbolic link is not followed.
fn read_regular_file(path: &Path, max: u64, buffer: &mut Vec<u8>) -> std::io::Result<()> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_file() || metadata.len() > max {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    buffer.clear();
    fs::File::open(path)?.take(max).read_to_end(buffer).map(drop)
}

/// Files below a folder.
pub(super) struct FolderContents {
    root: PathBuf,
    /// Largest file in bytes.
    max_file: u64,
    /// SHA-1 of INF files, by path: an INF and its copy in Windows/INF are known by their equal bytes.
    inf_keys: RefCell<HashMap<String, String>>,
    /// The file that was read last.
    buffer: Vec<u8>,
    failed: bool,
}

impl FolderContents {
    pub(super) fn new(root: PathBuf, max_file: u64) -> Self {
        Self { root, max_file, inf_keys: RefCell::default(), buffer: Vec::new(), failed: false }
    }

    /// The path was found below this root by walking it, its components are names of this file system.
    fn fill(&self, entry: &Entry, buffer: &mut Vec<u8>) -> Result<(), String> {
        let path = entry.path.split('/').fold(self.root.clone(), |folder, name| folder.join(name));
        read_regular_file(&path, self.max_file, buffer).map_err(|e| e.to_string())
    }
}

impl Contents for FolderContents {
    fn prepare(&mut self, _wanted: &[&Entry], _problems: &mut Vec<ImageProblem>) {}

    fn read(&mut self, entry: &Entry) -> Result<&[u8], String> {
        if entry.is_reparse_point() {
            return Err("a symbolic link, not followed".to_owned());
        }
        if entry.size() > self.max_file {
            return Err(format!("not read: {} bytes", entry.size()));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let filled = self.fill(entry, &mut buffer);
        self.buffer = buffer;
        self.failed |= filled.is_err();
        filled.map(|()| self.buffer.as_slice())
    }

    fn failed(&self) -> bool {
        self.failed
    }

    fn key(&self, entry: &Entry) -> String {
        if !has_extension(&entry.path, ".inf") {
            return entry.path.clone();
        }
        let mut known = self.inf_keys.borrow_mut();
        let key = known.entry(entry.path.clone()).or_insert_with(|| {
            let mut bytes = Vec::new();
            match self.fill(entry, &mut bytes) {
                Ok(()) => hex(&Sha1::digest(&bytes)),
                Err(_) => entry.path.clone(),
            }
        });
        key.clone()
    }
}
