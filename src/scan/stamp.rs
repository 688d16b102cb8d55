//! What tells, without opening it, whether a file is still the one that was read.
//!
//! A stamp is compared for equality only: a file that was replaced by an older one differs, too. Equal stamps mean equal
//! bytes unless the file was changed twice within one tick of the file system's clock, once before and once after it was
//! read. So a stamp counts only when it is *settled*: no later change could have left it as it is.

use std::fs::Metadata;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sha2::{Digest as _, Sha256};

/// A clock of a file system ticks at least as often: FAT has 2 seconds.
const TICK: Duration = Duration::from_secs(2);
/// Where times are whole seconds, the tick is long enough for the difference between the clocks of a file server and of
/// this machine to matter; a wrong time zone is less than a day. Finer clocks tick faster than anybody changes a file twice.
const SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// Seconds since 1970 and nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileTime {
    /// Seconds; negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanos: u32,
}

impl FileTime {
    /// Of a time of this system.
    pub fn of(time: SystemTime) -> Self {
        let parts = |d: Duration| (i64::try_from(d.as_secs()).unwrap_or(i64::MAX), d.subsec_nanos());
        match time.duration_since(UNIX_EPOCH) {
            Ok(since) => {
                let (seconds, nanos) = parts(since);
                Self { seconds, nanos }
            }
            Err(before) => {
                let (seconds, nanos) = parts(before.duration());
                let borrow = i64::from(nanos > 0);
                Self { seconds: -seconds - borrow, nanos: (1_000_000_000 - nanos) % 1_000_000_000 }
            }
        }
    }

    fn plus(self, span: Duration) -> Self {
        let seconds = self.seconds.saturating_add(i64::try_from(span.as_secs()).unwrap_or(i64::MAX));
        Self { seconds, ..self }
    }
}

/// Size, times and number of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// When its content was last written; may be set to any value by whoever copies a file.
    pub modified: FileTime,
    /// When its inode last changed, which nobody can set (ctime). On Windows, where there is no such time to be had without
    /// opening the file: when it was made, which a copy over it leaves and a replacement changes.
    pub changed: FileTime,
    /// Inode; 0 on Windows. A file server may give other numbers after it was mounted anew: then all is read again.
    pub file_id: u64,
}

/// Bytes of a stamp where it is kept.
pub const STAMP_BYTES: usize = 40;

impl Stamp {
    /// From what the walk knows of a file; `None` where the file system keeps no times.
    pub fn of(metadata: &Metadata) -> Option<Self> {
        let (modified, changed, file_id) = times(metadata)?;
        Some(Self { size: metadata.len(), modified, changed, file_id })
    }

    /// Its bytes.
    pub fn bytes(&self) -> [u8; STAMP_BYTES] {
        let mut bytes = [0; STAMP_BYTES];
        let (size, rest) = bytes.split_at_mut(8);
        size.copy_from_slice(&self.size.to_le_bytes());
        let (id, rest) = rest.split_at_mut(8);
        id.copy_from_slice(&self.file_id.to_le_bytes());
        for (time, place) in [self.modified, self.changed].iter().zip(rest.chunks_exact_mut(12)) {
            place[..8].copy_from_slice(&time.seconds.to_le_bytes());
            place[8..].copy_from_slice(&time.nanos.to_le_bytes());
        }
        bytes
    }

    /// A file with this stamp can not have been changed after `start` and still have it. `start` is when the scan began that
    /// reads it, by the clock of this machine.
    pub fn is_settled(&self, start: FileTime) -> bool {
        let newest = self.modified.max(self.changed);
        let margin = if newest.nanos == 0 { SKEW } else { TICK };
        newest.plus(margin) < start
    }
}

/// The other way to a settled stamp, whatever the clocks say: it was seen this long before the file was read.
pub fn seen_long_before(seen: FileTime, start: FileTime) -> bool {
    seen.plus(TICK) < start
}

#[cfg(unix)]
fn times(metadata: &Metadata) -> Option<(FileTime, FileTime, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let time = |seconds: i64, nanos: i64| FileTime { seconds, nanos: u32::try_from(nanos).unwrap_or(0) };
    let modified = time(metadata.mtime(), metadata.mtime_nsec());
    Some((modified, time(metadata.ctime(), metadata.ctime_nsec()), metadata.ino()))
}

#[cfg(not(unix))]
fn times(metadata: &Metadata) -> Option<(FileTime, FileTime, u64)> {
    let modified = FileTime::of(metadata.modified().ok()?);
    let made = metadata.created().map_or(modified, FileTime::of);
    Some((modified, made, 0))
}

/// One digest over the stamps of everything in an input: equal digests, equal inputs. Known without reading any file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputStamps {
    /// SHA-256 over the sorted paths with their stamps, and over what could not be walked.
    pub digest: [u8; 32],
    /// Something in it has no settled stamp: an equal digest of a later walk proves nothing about it, unless this one was
    /// itself equal to the digest of an earlier run ([`seen_long_before`]).
    pub racy: bool,
    /// Files in it.
    pub files: u64,
}

/// Makes an [`InputStamps`].
#[derive(Clone)]
pub struct StampDigest {
    hash: Sha256,
    racy: bool,
    files: u64,
    start: FileTime,
}

impl StampDigest {
    /// `start` is when the walk began.
    pub fn new(start: FileTime) -> Self {
        Self { hash: Sha256::new(), racy: false, files: 0, start }
    }

    /// A file. What has no stamp makes the whole racy.
    pub fn file(&mut self, path: &[u8], stamp: Option<Stamp>) {
        self.files += 1;
        self.part(b"file", path);
        match stamp {
            Some(stamp) => {
                self.racy |= !stamp.is_settled(self.start);
                self.hash.update(stamp.bytes());
            }
            None => self.racy = true,
        }
    }

    /// Something else: a folder, a link, a message.
    pub fn part(&mut self, what: &[u8], text: &[u8]) {
        // With their lengths, so that no two lists give the same bytes.
        for bytes in [what, text] {
            self.hash.update((bytes.len() as u64).to_le_bytes());
            self.hash.update(bytes);
        }
    }

    /// The digest of all that was added, in that order.
    pub fn finish(self) -> InputStamps {
        InputStamps { digest: self.hash.finalize().into(), racy: self.racy, files: self.files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: FileTime = FileTime { seconds: 1_000_000, nanos: 500 };

    fn stamp(modified: (i64, u32), changed: (i64, u32)) -> Stamp {
        let time = |(seconds, nanos)| FileTime { seconds, nanos };
        Stamp { size: 1, modified: time(modified), changed: time(changed), file_id: 1 }
    }

    #[test]
    fn what_is_as_new_as_the_scan_is_not_settled() {
        let cases = [
            ("an hour old", stamp((996_400, 7), (996_400, 7)), true),
            ("three seconds old", stamp((999_997, 7), (999_997, 7)), true),
            ("two seconds old", stamp((999_998, 600), (999_998, 600)), false),
            ("in the same second", stamp((1_000_000, 400), (1_000_000, 400)), false),
            ("an old file put there just now", stamp((10, 7), (999_999, 7)), false),
            ("dated in the future", stamp((2_000_000, 7), (996_400, 7)), false),
            ("an hour old by a clock of whole seconds", stamp((996_400, 0), (996_400, 0)), false),
            ("two days old by a clock of whole seconds", stamp((827_200, 0), (827_200, 0)), true),
            ("its date in whole seconds, put there three seconds ago", stamp((10, 0), (999_997, 7)), true),
        ];
        for (what, stamp, settled) in cases {
            assert_eq!(stamp.is_settled(START), settled, "{what}");
        }
        assert!(seen_long_before(START, FileTime { seconds: START.seconds + 3, ..START }));
        assert!(!seen_long_before(START, FileTime { seconds: START.seconds + 2, ..START }));
        assert!(!seen_long_before(START, FileTime { seconds: START.seconds - 9, ..START }), "the clock was set back");
    }

    #[test]
    fn any_difference_is_in_the_bytes() {
        let one = stamp((1, 2), (3, 4));
        let others = [
            Stamp { size: 2, ..one },
            stamp((0, 2), (3, 4)),
            stamp((1, 3), (3, 4)),
            stamp((1, 2), (4, 4)),
            stamp((1, 2), (3, 5)),
            Stamp { file_id: 2, ..one },
        ];
        for other in others {
            assert_ne!(one.bytes(), other.bytes());
        }
        let extreme = FileTime { seconds: i64::MAX, nanos: 7 };
        assert!(!Stamp { modified: extreme, ..one }.is_settled(START));
    }

    #[test]
    fn times_before_1970() {
        let before = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(FileTime::of(before), FileTime { seconds: -2, nanos: 500_000_000 });
        assert_eq!(FileTime::of(UNIX_EPOCH - Duration::from_secs(2)), FileTime { seconds: -2, nanos: 0 });
    }

    #[test]
    fn digests_differ_where_anything_differs() {
        let digest = |files: &[(&str, Option<Stamp>)], link: &str| {
            let mut digest = StampDigest::new(START);
            for (path, stamp) in files {
                digest.file(path.as_bytes(), *stamp);
            }
            digest.part(b"link", link.as_bytes());
            digest.finish()
        };
        let old = stamp((10, 1), (10, 1));
        let base = digest(&[("a", Some(old)), ("b", Some(old))], "");
        assert!(!base.racy && base.files == 2);
        assert_eq!(base, digest(&[("a", Some(old)), ("b", Some(old))], ""));
        assert_ne!(base.digest, digest(&[("a", Some(old)), ("c", Some(old))], "").digest);
        assert_ne!(base.digest, digest(&[("a", Some(old)), ("b", Some(stamp((9, 1), (10, 1))))], "").digest);
        assert_ne!(base.digest, digest(&[("a", Some(old)), ("b", Some(old))], "x").digest);
        assert!(digest(&[("a", None)], "").racy);
        assert!(digest(&[("a", Some(stamp((10, 1), (1_000_000, 1))))], "").racy);
    }
}
