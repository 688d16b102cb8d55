//! A boot image of the last run: its facts come from the cache when no stamp of it changed.
//!
//! One entry holds all that was read of an input: of a WIM with all of its parts, or of a folder. An input of which some bytes
//! did not come is never kept: it may have been this night's fault. What is odd in the bytes that came is kept like all else.
//! Whether data that nobody wrote to were damaged on the disk since, no stamp can tell:
//! [`Trust::Content`](crate::scan::incremental::Trust::Content) does.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::ImageOptions;
use crate::facts::boot_image::{BootImage, Integrity, KeptImages, WimFile};
use crate::scan::incremental::{FactKind, Incremental, Place, Reader, decode, encode};
use crate::scan::stamp::{FileTime, InputStamps, Stamp, StampDigest};
use crate::scan::walk;

/// What was read of one boot image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadImage {
    /// The file; `None` for a folder.
    pub wim: Option<WimFile>,
    /// Its images.
    pub images: Vec<BootImage>,
    /// SHA-256 of the file, lower-case hex, when it was asked for.
    pub sha256: Option<String>,
    /// What a check of its data gave, when it was asked for.
    pub integrity: Option<Integrity>,
}

/// What is asked of a boot image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its SHA-256.
    pub digest: bool,
    /// A check of all its data.
    pub integrity: bool,
}

/// The stamps of a boot image: of every file that could be one of its parts, or of the whole folder. Nothing is opened.
pub fn stamps(path: &Path, incremental: &Incremental<'_>) -> InputStamps {
    if path.is_dir() {
        return walk::walk(path, true, &|| {}).stamps(incremental.start());
    }
    stamps_of_parts(path, incremental.start())
}

fn stamps_of_parts(path: &Path, start: FileTime) -> InputStamps {
    let mut digest = StampDigest::new(start);
    for part in possible_parts(path) {
        let stamp = std::fs::metadata(&part).ok().and_then(|m| Stamp::of(&m));
        digest.file(part.as_os_str().as_encoded_bytes(), stamp);
    }
    digest.finish()
}

/// The file itself, and whatever lies beside it under a name that a part of the same split WIM could have: `boot.swm`,
/// `boot2.swm`... Only the files themselves say whether they belong together; one too many costs another reading.
fn possible_parts(path: &Path) -> Vec<PathBuf> {
    let stem = |path: &Path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().to_lowercase();
        stem.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
    };
    let extension = |path: &Path| path.extension().map(OsStr::to_ascii_lowercase);
    let (own_stem, own_extension) = (stem(path), extension(path));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut parts: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|other| {
            extension(other) == own_extension && stem(other) == own_stem && other.file_name() != path.file_name()
        })
        .collect();
    parts.push(path.to_owned());
    parts.sort();
    parts
}

/// Takes the facts of a boot image from the cache, or reads it.
///
/// # Errors
/// Those of `read`.
pub fn remembered<E>(
    path: &Path,
    options: &ImageOptions,
    wanted: Wanted,
    stamps: &InputStamps,
    incremental: &Incremental<'_>,
    read: impl FnOnce() -> Result<ReadImage, E>,
) -> Result<ReadImage, E> {
    if !incremental.wants_stamps() {
        return read();
    }
    let place = Place::new(path, FactKind::BootImage);
    let reader = ImageReader { wanted, exports: options.want_exports };
    let known = incremental.whole(&place, &reader, stamps, || content(path));
    if let Some(facts) = known.facts {
        return Ok(facts);
    }
    let image = read().inspect_err(|_| {
        incremental.count(true);
        incremental.forget(&place);
    })?;
    let is_whole = !image.images.iter().any(|image| image.reading_failed);
    incremental.count(!is_whole);
    // Written to while it was read: the stamps are not those of what was read.
    let unchanged = self::stamps(path, incremental).digest == stamps.digest;
    match reader.encode(&image).filter(|_| is_whole && unchanged) {
        Some(facts) => incremental.keep_whole(&place, stamps, (known.seen, known.content), facts),
        None => incremental.forget(&place),
    }
    Ok(image)
}

/// SHA-256 over all possible parts; `None` for a folder, which is read instead.
fn content(path: &Path) -> Option<[u8; 32]> {
    if path.is_dir() {
        return None;
    }
    let mut hash = Sha256::new();
    for part in possible_parts(path) {
        let part_hash = super::file_sha256(&part, None).ok()?;
        hash.update(part_hash.as_bytes());
    }
    Some(hash.finalize().into())
}

struct ImageReader {
    wanted: Wanted,
    exports: bool,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    exports: bool,
    wim: Option<WimFile>,
    sha256: Option<String>,
    integrity: Option<Integrity>,
    #[serde(borrow)]
    images: KeptImages<'a>,
}

impl Reader for ImageReader {
    type Facts = ReadImage;

    fn bytes(&self, _disk: &Path) -> Result<Vec<u8>, String> {
        Err("a boot image is not read as a whole".to_owned())
    }

    fn facts(&self, _path: &str, _bytes: &[u8]) -> Result<ReadImage, String> {
        Err("a boot image is not read as a whole".to_owned())
    }

    fn encode(&self, image: &ReadImage) -> Option<Vec<u8>> {
        encode(&Kept {
            exports: self.exports,
            wim: image.wim.clone(),
            sha256: image.sha256.clone(),
            integrity: image.integrity.clone(),
            images: KeptImages::of(&image.images)?,
        })
    }

    fn decode(&self, _path: &str, kept: &[u8]) -> Option<ReadImage> {
        let kept: Kept<'_> = decode(kept)?;
        let is_wim = kept.wim.is_some();
        let lacks = is_wim
            && ((self.wanted.digest && kept.sha256.is_none()) || (self.wanted.integrity && kept.integrity.is_none()));
        if lacks || kept.exports != self.exports {
            return None;
        }
        // What was not asked for is not told.
        let integrity = kept.integrity.filter(|_| self.wanted.integrity);
        let sha256 = kept.sha256.filter(|_| self.wanted.digest);
        Some(ReadImage { wim: kept.wim, images: kept.images.images()?, sha256, integrity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_name_before_anything_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["boot.swm", "BOOT2.SWM", "boot3.swm", "boot.wim", "other.swm", "boot-2.swm", "bootx2.swm"] {
            std::fs::write(folder.path().join(name), name).unwrap();
        }
        let names = |path: &str| -> Vec<String> {
            let parts = possible_parts(&folder.path().join(path));
            parts.iter().map(|p| p.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names("boot.swm"), ["BOOT2.SWM", "boot.swm", "boot3.swm"]);
        assert_eq!(names("BOOT2.SWM"), ["BOOT2.SWM", "boot.swm", "boot3.swm"]);
        assert_eq!(names("boot.wim"), ["boot.wim"]);
        assert_eq!(names("there-is-none.wim"), ["there-is-none.wim"]);
    }
}
