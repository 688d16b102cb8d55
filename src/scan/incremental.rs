//! Reading only what changed: facts of files whose stamp is unchanged come from a cache and the files are not opened.
//!
//! The cache itself is somebody else's ([`FactCache`]): this room decides what may be taken from it. An error of reading is
//! never kept: it may have been the night's fault. What a cache gives is not trusted to be well-formed: bytes that can not
//! be decoded are a miss.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::progress::Progress;
use super::stamp::{FileTime, InputStamps, Stamp, seen_long_before};

/// Version of the form in which facts are kept. What the facts themselves depend on, the sources of the readers, is in
/// [`READERS`].
pub const FACTS_VERSION: u32 = 1;

/// Digest of the sources that turn bytes into facts, made when the program is built: facts of other readers are not taken.
pub const READERS: &str = env!("WIMSPECT_READERS");

/// Files that are looked up and written at once.
const PART: usize = 64;

/// Kinds of facts; the numbers are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum FactKind {
    /// An INF of a share.
    Inf = 1,
    /// A catalog of a share.
    Catalog = 2,
    /// A driver file of a share.
    DriverFile = 3,
    /// An inventory of a fleet.
    Inventory = 4,
    /// A boot image: one entry for the file with all of its parts, or for the folder.
    BootImage = 5,
}

/// Where entries belong: an input and a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The input's path on this machine, absolute, in the system's own bytes.
    pub input: Vec<u8>,
    /// What is kept.
    pub kind: FactKind,
}

impl Place {
    /// Of an input, as its user names it.
    pub fn new(input: &Path, kind: FactKind) -> Self {
        let absolute = std::path::absolute(input).unwrap_or_else(|_| input.to_owned());
        Self { input: absolute.into_os_string().into_encoded_bytes(), kind }
    }
}

/// Facts of one file as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Path below the input, `/` separated.
    pub path: String,
    /// The stamp that the file had.
    pub stamp: Vec<u8>,
    /// That stamp can not stay through a later change.
    pub settled: bool,
    /// When this stamp was first seen.
    pub seen: FileTime,
    /// SHA-256 of the bytes, when it was asked for.
    pub content: Option<[u8; 32]>,
    /// The facts.
    pub facts: Vec<u8>,
}

/// A cache of facts, read and written from several threads. It never fails: what it can not give was not there.
pub trait FactCache: Sync {
    /// `false` = it holds nothing and takes nothing.
    fn is_used(&self) -> bool {
        true
    }
    /// What it has for each of these paths of a place, in their order; nothing at all when it can not give anything.
    fn entries(&self, place: &Place, paths: &[&str]) -> Vec<Option<Entry>>;
    /// Keeps entries, in place of those with the same path.
    fn keep(&self, place: &Place, entries: Vec<Entry>);
    /// Of this place only these paths are still there.
    fn only(&self, place: &Place, paths: &[&str]);
}

/// No cache: everything is read.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

impl FactCache for NoCache {
    fn is_used(&self) -> bool {
        false
    }
    fn entries(&self, _place: &Place, _paths: &[&str]) -> Vec<Option<Entry>> {
        Vec::new()
    }
    fn keep(&self, _place: &Place, _entries: Vec<Entry>) {}
    fn only(&self, _place: &Place, _paths: &[&str]) {}
}

/// What proves that kept facts are still those of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// Its stamp.
    #[default]
    Stamps,
    /// The SHA-256 of its bytes: every file is opened and hashed, and parsed only when it changed.
    Content,
    /// Nothing: everything is read, and the cache filled anew.
    Nothing,
}

/// How one run reads.
pub struct Incremental<'c> {
    cache: &'c dyn FactCache,
    trust: Trust,
    start: FileTime,
    opened: AtomicUsize,
    failed: AtomicUsize,
}

impl Incremental<'static> {
    /// Reads everything and keeps nothing.
    pub fn none() -> Self {
        Self::new(&NoCache, Trust::Nothing, SystemTime::UNIX_EPOCH)
    }
}

impl<'c> Incremental<'c> {
    /// With a cache. `start` is the real time before the first input was walked, by the clock of this machine: it must never
    /// lie after that.
    pub fn new(cache: &'c dyn FactCache, trust: Trust, start: SystemTime) -> Self {
        let start = FileTime::of(start);
        Self { cache, trust, start, opened: AtomicUsize::new(0), failed: AtomicUsize::new(0) }
    }

    /// Stamps are of use.
    pub fn wants_stamps(&self) -> bool {
        self.cache.is_used()
    }

    /// When the scan began.
    pub fn start(&self) -> FileTime {
        self.start
    }

    /// How many files were opened: those whose facts did not come from the cache.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    /// How many files could not be read, or not all of them. With any, the outcome must not stand for the next run, however
    /// equal the stamps are: what failed may work then.
    pub fn failed(&self) -> usize {
        self.failed.load(Ordering::Relaxed)
    }

    /// The time by which a stamp was seen that is seen now.
    fn now(&self) -> FileTime {
        FileTime::of(SystemTime::now()).max(self.start)
    }

    pub(super) fn count(&self, failed: bool) {
        self.opened.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(usize::from(failed), Ordering::Relaxed);
    }

    /// An input as a whole that is kept as one entry under an empty path; `stamps` are those of all its files.
    pub(super) fn whole<R: Reader>(
        &self,
        place: &Place,
        reader: &R,
        stamps: &InputStamps,
        content: impl Fn() -> Option<[u8; 32]>,
    ) -> Whole<R::Facts> {
        let is_asked = self.trust != Trust::Nothing && self.cache.is_used();
        let known = is_asked.then(|| self.cache.entries(place, &[""]).into_iter().next().flatten()).flatten();
        let content = if self.trust == Trust::Content { content() } else { None };
        let same_stamp = known.as_ref().is_some_and(|k| k.stamp == stamps.digest);
        let same = match self.trust {
            Trust::Nothing => false,
            Trust::Stamps => same_stamp && known.as_ref().is_some_and(|k| k.settled),
            Trust::Content => content.is_some() && known.as_ref().is_some_and(|k| k.content == content),
        };
        let facts = known.as_ref().filter(|_| same).and_then(|k| reader.decode("", &k.facts));
        let seen = known.filter(|_| same_stamp).map_or_else(|| self.now(), |k| k.seen);
        Whole { facts, seen, content }
    }

    pub(super) fn keep_whole(
        &self,
        place: &Place,
        stamps: &InputStamps,
        whole: (FileTime, Option<[u8; 32]>),
        facts: Vec<u8>,
    ) {
        let (seen, content) = whole;
        let settled = !stamps.racy || seen_long_before(seen, self.start);
        let entry = Entry { path: String::new(), stamp: stamps.digest.to_vec(), settled, seen, content, facts };
        self.cache.keep(place, vec![entry]);
    }

    pub(super) fn forget(&self, place: &Place) {
        self.cache.only(place, &[]);
    }
}

/// What the cache has of an input as a whole.
pub(super) struct Whole<T> {
    pub(super) facts: Option<T>,
    pub(super) seen: FileTime,
    pub(super) content: Option<[u8; 32]>,
}

/// A file that is asked for.
#[derive(Debug)]
pub(super) struct Asked {
    /// Path below the input.
    pub(super) path: String,
    /// Where it lies.
    pub(super) disk: PathBuf,
    /// From the walk; `None` = it can not be kept.
    pub(super) stamp: Option<Stamp>,
}

/// How facts of one kind are made, and how they are kept.
pub(super) trait Reader: Sync {
    type Facts: Send;

    /// The bytes of a file; an error is a sentence for people.
    fn bytes(&self, disk: &Path) -> Result<Vec<u8>, String>;
    /// What they say. An error says that this program failed on them.
    fn facts(&self, path: &str, bytes: &[u8]) -> Result<Self::Facts, String>;
    /// To be kept; `None` = not these.
    fn encode(&self, facts: &Self::Facts) -> Option<Vec<u8>>;
    /// What was kept; `None` when it is damaged or does not answer what is asked.
    fn decode(&self, path: &str, kept: &[u8]) -> Option<Self::Facts>;
}

/// Reads files, or takes their facts from the cache; the answers are in the order of the files.
pub(super) fn read_all<R: Reader>(
    reader: &R,
    incremental: &Incremental<'_>,
    place: &Place,
    files: &[Asked],
    progress: &dyn Progress,
) -> Vec<Result<R::Facts, String>> {
    let answers = read_part(reader, incremental, place, files, progress);
    keep_only(incremental, place, files);
    answers
}

/// Of this place only these files are still there.
pub(super) fn keep_only(incremental: &Incremental<'_>, place: &Place, files: &[Asked]) {
    if incremental.cache.is_used() {
        let paths: Vec<&str> = files.iter().filter(|f| f.stamp.is_some()).map(|f| f.path.as_str()).collect();
        incremental.cache.only(place, &paths);
    }
}

/// [`read_all`] for some files of a place.
pub(super) fn read_part<R: Reader>(
    reader: &R,
    incremental: &Incremental<'_>,
    place: &Place,
    files: &[Asked],
    progress: &dyn Progress,
) -> Vec<Result<R::Facts, String>> {
    let parts = files.par_chunks(PART).map(|part| {
        let lookup = Lookup::new(incremental, place, part);
        let mut kept = Vec::new();
        let answers = part.iter().enumerate().map(|(at, file)| {
            let answer = lookup.read(reader, file, at, &mut kept);
            progress.step();
            answer
        });
        let answers: Vec<_> = answers.collect();
        if !kept.is_empty() {
            incremental.cache.keep(place, kept);
        }
        answers
    });
    let answers: Vec<Vec<_>> = parts.collect();
    answers.into_iter().flatten().collect()
}

/// What the cache has for some files, each at its number.
struct Lookup<'i> {
    incremental: &'i Incremental<'i>,
    entries: Vec<Option<Entry>>,
}

impl<'i> Lookup<'i> {
    fn new(incremental: &'i Incremental<'_>, place: &Place, files: &[Asked]) -> Self {
        let entries = if incremental.trust == Trust::Nothing || !incremental.cache.is_used() {
            Vec::new()
        } else {
            let paths: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
            incremental.cache.entries(place, &paths)
        };
        Self { incremental, entries }
    }

    fn read<R: Reader>(&self, reader: &R, file: &Asked, at: usize, kept: &mut Vec<Entry>) -> Result<R::Facts, String> {
        let Some(stamp) = file.stamp.filter(|_| self.incremental.cache.is_used()) else {
            let bytes = self.bytes(reader, file)?;
            return reader.facts(&file.path, &bytes);
        };
        let bytes_of_stamp = stamp.bytes();
        let known = self.entries.get(at).and_then(Option::as_ref);
        let same_stamp = known.filter(|k| k.stamp == bytes_of_stamp);
        if self.incremental.trust == Trust::Stamps
            && let Some(entry) = same_stamp.filter(|k| k.settled)
            && let Some(facts) = reader.decode(&file.path, &entry.facts)
        {
            return Ok(facts);
        }
        let bytes = self.bytes(reader, file)?;
        let content = (self.incremental.trust == Trust::Content).then(|| Sha256::digest(&bytes).into());
        let same = known.filter(|k| content.is_some() && k.content == content);
        let same = same.and_then(|k| reader.decode(&file.path, &k.facts));
        let is_same = same.is_some();
        let facts = same.map_or_else(|| reader.facts(&file.path, &bytes), Ok)?;
        let seen = same_stamp.map_or_else(|| self.incremental.now(), |k| k.seen);
        // Written to while it was read: the stamp is that of the bytes before, or of those after.
        let unchanged = std::fs::symlink_metadata(&file.disk).ok().and_then(|m| Stamp::of(&m)) == Some(stamp);
        let start = self.incremental.start;
        let settled = unchanged && (stamp.is_settled(start) || seen_long_before(seen, start));
        let is_kept = is_same && same_stamp.is_some_and(|k| k.settled == settled);
        if let Some(facts) = Some(&facts).filter(|_| !is_kept).and_then(|facts| reader.encode(facts)) {
            let stamp = bytes_of_stamp.to_vec();
            kept.push(Entry { path: file.path.clone(), stamp, settled, seen, content, facts });
        }
        Ok(facts)
    }

    fn bytes<R: Reader>(&self, reader: &R, file: &Asked) -> Result<Vec<u8>, String> {
        let bytes = reader.bytes(&file.disk);
        self.incremental.count(bytes.is_err());
        bytes
    }
}

/// Facts in the form in which they are kept.
pub(super) fn encode<T: serde::Serialize>(facts: &T) -> Option<Vec<u8>> {
    postcard::to_stdvec(facts).ok()
}

/// The facts that some bytes hold; `None` when they are damaged. They borrow from the bytes, and no more is allocated than a
/// small multiple of those.
pub(super) fn decode<'b, T: serde::Deserialize<'b>>(kept: &'b [u8]) -> Option<T> {
    let (facts, rest) = decode_first(kept)?;
    rest.is_empty().then_some(facts)
}

/// The first of several, and the bytes behind it.
pub(super) fn decode_first<'b, T: serde::Deserialize<'b>>(kept: &'b [u8]) -> Option<(T, &'b [u8])> {
    postcard::take_from_bytes(kept).ok()
}
