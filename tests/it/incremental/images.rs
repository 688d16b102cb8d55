//! Boot images of the last run.

use std::fs;
use std::path::{Path, PathBuf};

use wimspect::scan::image::{
    self, ImageError, ImageOptions, ReadImage, Wanted, file_sha256, read_folder, read_wim, remembered,
};
use wimspect::scan::incremental::{FactCache, Incremental, Trust};

use super::{Memory, later};
use crate::support::{copy_tree, fixture};

const WANTED: Wanted = Wanted { digest: true, integrity: false };

fn fresh(path: &Path, options: &ImageOptions) -> Result<ReadImage, ImageError> {
    if path.is_dir() {
        return Ok(ReadImage { wim: None, images: vec![read_folder(path, options)?], sha256: None, integrity: None });
    }
    let (wim, images) = read_wim(&[path.to_owned()], options)?;
    Ok(ReadImage { wim: Some(wim), images, sha256: file_sha256(path, None).ok(), integrity: None })
}

fn options() -> ImageOptions {
    let mut options = ImageOptions::new(PathBuf::from(env!("CARGO_BIN_EXE_wimspect")));
    options.want_exports = true;
    options
}

/// What one night finds, and whether it had to read.
fn night(
    path: &Path,
    cache: &dyn FactCache,
    trust: Trust,
    wanted: Wanted,
    hours: u64,
) -> (Result<ReadImage, ImageError>, bool) {
    let incremental = Incremental::new(cache, trust, later(hours));
    let stamps = image::stamps(path, &incremental);
    let mut has_read = false;
    let read = || {
        has_read = true;
        fresh(path, &options())
    };
    let found = remembered(path, &options(), wanted, &stamps, &incremental, read);
    (found, has_read)
}

#[test]
fn every_image_of_ours_is_kept_with_equal_facts() {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&fixture("images"), folder.path());
    let mut names: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|e| e == "wim" || e == "swm"));
    names.sort();
    assert!(names.len() > 25);
    for path in names {
        let cache = Memory::default();
        let (first, _) = night(&path, &cache, Trust::Stamps, WANTED, 1);
        let first = first.unwrap();
        let (second, has_read) = night(&path, &cache, Trust::Stamps, WANTED, 25);
        assert!(second.unwrap() == first, "{}", path.display());
        assert!(!has_read, "{}", path.display());
        assert!(night(&path, &cache, Trust::Nothing, WANTED, 25).1);
    }
}

/// What is odd in the bytes is as true tomorrow as it is today; bytes that did not come may come then.
#[test]
fn an_image_with_problems_is_kept_unless_reading_failed() {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&fixture("hostile"), folder.path());
    for (name, kept) in [
        ("lone-surrogate.wim", true),
        ("links.wim", true),
        ("folder-name.wim", true),
        ("unknown-attribute.wim", true),
        ("huge-stream.wim", true),
        ("bit-flip.wim", false),
        ("damaged-file.wim", false),
        ("cyclic.wim", false),
    ] {
        let path = folder.path().join(name);
        let cache = Memory::default();
        let first = night(&path, &cache, Trust::Stamps, WANTED, 1).0.unwrap();
        assert!(first.images.iter().any(|image| !image.problems.is_empty()), "{name}");
        let (second, has_read) = night(&path, &cache, Trust::Stamps, WANTED, 25);
        assert_eq!(has_read, !kept, "{name}");
        assert!(second.unwrap() == first, "{name}");
    }
}

#[test]
fn a_boot_image_rebuilt_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let boot = folder.path().join("boot.wim");
    let name = |read: ReadImage| read.wim.unwrap().guid;
    let put = |from: &str| {
        fs::copy(fixture("images").join(from), &boot).unwrap();
        // Both builds have the same size and date.
        let file = fs::File::options().write(true).open(&boot).unwrap();
        file.set_len(200_000.max(fs::metadata(fixture("images").join(from)).unwrap().len())).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_200_000_000)).unwrap();
    };
    put("6.1.7600-amd64-inbox-monolithic.wim");
    let cache = Memory::default();
    let first = name(night(&boot, &cache, Trust::Stamps, WANTED, 1).0.unwrap());
    assert!(!night(&boot, &cache, Trust::Stamps, WANTED, 25).1);
    put("6.1.7600-x86-inbox-monolithic.wim");
    let (second, has_read) = night(&boot, &cache, Trust::Stamps, WANTED, 49);
    assert!(has_read && name(second.unwrap()) != first);
    // One that is gone is not remembered, and not when it is back either.
    fs::rename(&boot, folder.path().join("away")).unwrap();
    assert!(night(&boot, &cache, Trust::Stamps, WANTED, 73).0.is_err());
    fs::rename(folder.path().join("away"), &boot).unwrap();
    assert!(night(&boot, &cache, Trust::Stamps, WANTED, 97).1);
}

#[test]
fn a_changed_part_of_a_split_image_counts() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["split.swm", "split2.swm"] {
        fs::copy(fixture("images").join(name), folder.path().join(name)).unwrap();
    }
    let (first, second) = (folder.path().join("split.swm"), folder.path().join("split2.swm"));
    let cache = Memory::default();
    assert!(night(&first, &cache, Trust::Stamps, WANTED, 1).0.is_ok());
    assert!(!night(&first, &cache, Trust::Stamps, WANTED, 25).1);
    let bytes = fs::read(&second).unwrap();
    fs::write(&second, &bytes[..bytes.len() / 2]).unwrap();
    let (found, has_read) = night(&first, &cache, Trust::Stamps, WANTED, 49);
    assert!(has_read && found.is_err());
    fs::write(&second, bytes).unwrap();
    assert!(night(&first, &cache, Trust::Stamps, WANTED, 73).0.is_ok());
    // The parts are hashed when stamps are not trusted.
    assert!(night(&first, &cache, Trust::Content, WANTED, 97).1);
    assert!(!night(&first, &cache, Trust::Content, WANTED, 121).1);
}

#[test]
fn a_folder_is_known_by_everything_in_it_and_more_questions_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("mount");
    fs::create_dir_all(root.join("Windows/System32")).unwrap();
    fs::write(root.join("Windows/System32/startnet.cmd"), "wpeinit\r\n").unwrap();
    let cache = Memory::default();
    assert!(night(&root, &cache, Trust::Stamps, WANTED, 1).1);
    assert!(!night(&root, &cache, Trust::Stamps, WANTED, 25).1);
    assert!(night(&root, &cache, Trust::Content, WANTED, 25).1, "a folder has no digest: it is read");
    fs::write(root.join("Windows/System32/startnet.cmd"), "rem none\r\n").unwrap();
    let (found, has_read) = night(&root, &cache, Trust::Stamps, WANTED, 49);
    assert!(has_read);
    assert_eq!(found.unwrap(), fresh(&root, &options()).unwrap());

    let wim = fixture("images/integrity-table.wim");
    let days = |n: u64| 24 * (365 + n);
    assert!(night(&wim, &cache, Trust::Stamps, WANTED, days(0)).1);
    assert!(!night(&wim, &cache, Trust::Stamps, WANTED, days(1)).1);
    let checked = Wanted { digest: true, integrity: true };
    assert!(night(&wim, &cache, Trust::Stamps, checked, days(2)).1, "a check that was not made is made");
}
