//! Reads the driver files that analysis asks for, each once, and looks for enumerators in them.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::incremental::{Asked, FactKind, Incremental, Place, Reader, decode, encode, read_all};
use super::progress::{Phase, Progress};
use super::share::ShareFiles;
use super::trouble::refused;
use crate::facts::driver_binary::DriverBinary;
use crate::facts::driver_file::{DriverFile, DriverFilePath, EnumeratorForm};
use crate::formats::pe;

/// Larger driver files are not read: NIC drivers have less than 10 MB.
const MAX_DRIVER_BYTES: u64 = 64 << 20;

/// Reads every file, as far as the cache does not know it. The answers are in the order of the files; `Err` says why a file
/// could not be read.
pub fn read(
    shares: &[ShareFiles],
    files: &[DriverFilePath],
    enumerators: &[String],
    incremental: &Incremental<'_>,
    progress: &dyn Progress,
) -> Vec<Result<DriverFile, String>> {
    progress.start(Phase::Search, Some(files.len() as u64));
    let reader = DriverFileReader { enumerators };
    let found = read_asked(&reader, FactKind::DriverFile, shares, files, incremental, progress);
    found.into_iter().map(|file| file.map(|found| found.facts)).collect()
}

/// Reads files of several shares; the answers are in the order of the files.
pub(super) fn read_asked<R: Reader>(
    reader: &R,
    kind: FactKind,
    shares: &[ShareFiles],
    files: &[DriverFilePath],
    incremental: &Incremental<'_>,
    progress: &dyn Progress,
) -> Vec<Result<R::Facts, String>> {
    let mut answers: Vec<Result<R::Facts, String>> =
        files.iter().map(|_| Err("there is no such share".to_owned())).collect();
    for (number, share) in shares.iter().enumerate() {
        let (places, asked): (Vec<usize>, Vec<Asked>) = (files.iter().enumerate())
            .filter(|(_, file)| file.share == number)
            .map(|(at, file)| (at, share.asked(&file.path)))
            .unzip();
        let place = Place::new(share.root(), kind);
        for (at, answer) in places.into_iter().zip(read_all(reader, incremental, &place, &asked, progress)) {
            answers[at] = answer;
        }
    }
    answers
}

struct DriverFileReader<'e> {
    enumerators: &'e [String],
}

/// What one file says, with what is needed to ask it about other enumerators without opening it.
struct Looked {
    facts: DriverFile,
    /// Words in front of a backslash; those of a PE file are in its own facts.
    words: Vec<String>,
}

/// A driver file as it is kept. `holds` has the enumerators found by their GUID only: which words are asked for may change.
#[derive(Serialize, Deserialize)]
struct Kept {
    facts: DriverFile,
    words: Vec<String>,
    /// GUIDs that were looked for.
    guids: Vec<String>,
}

impl Reader for DriverFileReader<'_> {
    type Facts = Looked;

    fn bytes(&self, disk: &Path) -> Result<Vec<u8>, String> {
        read_bytes(disk)
    }

    fn facts(&self, _path: &str, bytes: &[u8]) -> Result<Looked, String> {
        let facts = look(bytes, self.enumerators);
        let words = if facts.binary.is_ok() { Vec::new() } else { pe::utf16_words_before_backslash(bytes) };
        Ok(Looked { facts, words })
    }

    fn encode(&self, looked: &Looked) -> Option<Vec<u8>> {
        let mut facts = looked.facts.clone();
        facts.holds.retain(|(_, form)| *form == EnumeratorForm::GuidBytes);
        let guids = self.enumerators.iter().filter(|e| pe::guid_bytes(e).is_some()).cloned().collect();
        encode(&Kept { facts, words: looked.words.clone(), guids })
    }

    fn decode(&self, _path: &str, kept: &[u8]) -> Option<Looked> {
        let Kept { mut facts, words, guids } = decode(kept)?;
        if self.enumerators.iter().any(|e| pe::guid_bytes(e).is_some() && !guids.contains(e)) {
            return None;
        }
        let found = std::mem::take(&mut facts.holds);
        let by_guid = |e: &String| found.iter().any(|(known, _)| known == e);
        let words_of_file = facts.binary.as_ref().map_or(&words, |b| &b.enumerator_words);
        let by_word: HashSet<&str> = words_of_file.iter().map(String::as_str).collect();
        let holds = self.enumerators.iter().filter_map(|e| match () {
            () if by_guid(e) => Some((e.clone(), EnumeratorForm::GuidBytes)),
            () if by_word.contains(e.to_ascii_uppercase().as_str()) => Some((e.clone(), EnumeratorForm::Utf16Text)),
            () => None,
        });
        facts.holds = holds.collect();
        Some(Looked { facts, words })
    }
}

/// The bytes of a file of a share that may be as large as a driver file.
///
/// # Errors
/// A sentence for people.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let meta = std::fs::metadata(path).map_err(|e| refused(&e))?;
    if !meta.is_file() {
        return Err("is no file".to_owned());
    }
    if meta.len() > MAX_DRIVER_BYTES {
        return Err(format!("is larger than {} MB: not searched", MAX_DRIVER_BYTES >> 20));
    }
    std::fs::read(path).map_err(|e| refused(&e))
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
