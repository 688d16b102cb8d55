//! Reads the driver files that analysis asks for, each once, and looks for enumerators in them.

use std::collections::HashSet;
use std::path::Path;

use rayon::prelude::*;

use super::progress::{Phase, Progress};
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_file::{DriverFile, DriverFilePath, EnumeratorForm};
use crate::formats::pe;

/// Larger driver files are not read: NIC drivers have less than 10 MB.
const MAX_DRIVER_BYTES: u64 = 64 << 20;

/// Reads every file; `roots[path.share]` is the folder of the share on disk. The answers are in the order of the files;
/// `Err` says why a file could not be read.
pub fn read(
    roots: &[&Path],
    files: &[DriverFilePath],
    enumerators: &[String],
    progress: &dyn Progress,
) -> Vec<Result<DriverFile, String>> {
    progress.start(Phase::Search, Some(files.len() as u64));
    files
        .par_iter()
        .map(|file| {
            let root = roots.get(file.share).ok_or_else(|| "there is no such share".to_owned());
            let answer =
                root.and_then(|root| read_bytes(&root.join(&file.path))).map(|bytes| look(&bytes, enumerators));
            progress.step();
            answer
        })
        .collect()
}

/// The bytes of a file of a share that may be as large as a driver file.
///
/// # Errors
/// A sentence for people.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let meta = std::fs::metadata(path).map_err(|e| format!("can not be read: {e}"))?;
    if !meta.is_file() {
        return Err("is no file".to_owned());
    }
    if meta.len() > MAX_DRIVER_BYTES {
        return Err(format!("is larger than {} MB: not searched", MAX_DRIVER_BYTES >> 20));
    }
    std::fs::read(path).map_err(|e| format!("can not be read: {e}"))
}

/// What the bytes of one file say.
pub fn look(bytes: &[u8], enumerators: &[String]) -> DriverFile {
    let words: HashSet<String> = pe::utf16_words_before_backslash(bytes).into_iter().collect();
    let holds = enumerators.iter().filter_map(|e| find(bytes, &words, e).map(|form| (e.clone(), form)));
    DriverFile {
        size: bytes.len() as u64,
        binary: DriverBinary::read_signed(bytes, false),
        compressed: [&b"MSCF"[..], b"SZDD", b"KWAJ"].iter().any(|magic| bytes.starts_with(magic)),
        holds: holds.collect(),
    }
}

fn find(bytes: &[u8], words: &HashSet<String>, enumerator: &str) -> Option<EnumeratorForm> {
    if pe::contains_guid(bytes, enumerator) {
        return Some(EnumeratorForm::GuidBytes);
    }
    // Whole words: EBDRV is not in a file that holds QEBDRV.
    words.contains(&enumerator.to_ascii_uppercase()).then_some(EnumeratorForm::Utf16Text)
}
