//! What can happen to a share between two nights.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use wimspect::scan::incremental::{Incremental, NoCache, Trust};
use wimspect::scan::progress::NoProgress;
use wimspect::scan::share::{ShareOptions, walk_share};

use super::{Memory, copy_of, later, night, read};

const INF: &str = "netxtreme2-monolithic/fxmono.inf";
const SYS: &str = "netxtreme2-monolithic/fxmono6a.sys";

/// What happens, and how many files are opened afterwards.
struct Change {
    what: &'static str,
    how: fn(&Path),
    opened: usize,
}

/// Writes other bytes of the same length and gives the file the time that it had.
fn same_size_and_time(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(path, bytes).unwrap();
    set_time(path, time);
}

fn set_time(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn changes() -> Vec<Change> {
    let change = |what, opened, how| Change { what, how, opened };
    let mut changes = vec![
        change("nothing", 0, |_| {}),
        change("an INF with another content of the same size, dated as before", 1, |root| {
            same_size_and_time(&root.join(INF));
        }),
        change("an INF replaced by an older one", 1, |root| {
            let old = root.join("old");
            fs::write(&old, fs::read_to_string(root.join(INF)).unwrap().replace("DriverVer", "; DriverVer")).unwrap();
            set_time(&old, SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000));
            fs::rename(old, root.join(INF)).unwrap();
        }),
        change("a driver file under an unchanged INF", 1, |root| same_size_and_time(&root.join(SYS))),
        change("a driver file that is gone", 0, |root| fs::remove_file(root.join(SYS)).unwrap()),
        change("an INF renamed", 1, |root| {
            fs::rename(root.join(INF), root.join("netxtreme2-monolithic/other.inf")).unwrap();
        }),
        change("an INF removed", 0, |root| fs::remove_file(root.join(INF)).unwrap()),
        change("an INF added", 1, |root| {
            fs::write(root.join("new.inf"), "[Version]\r\nSignature=\"$Windows NT$\"\r\n").unwrap();
        }),
        change("an INF that is a folder now", 0, |root| {
            fs::remove_file(root.join(INF)).unwrap();
            fs::create_dir(root.join(INF)).unwrap();
        }),
        change("an INF emptied", 1, |root| fs::write(root.join(INF), "").unwrap()),
    ];
    if cfg!(unix) {
        changes.push(change("an INF that became a symbolic link to itself elsewhere", 0, |root| {
            let elsewhere = root.parent().unwrap().join("elsewhere.inf");
            fs::rename(root.join(INF), &elsewhere).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(elsewhere, root.join(INF)).unwrap();
        }));
        changes.push(change("the right to read an INF lost", 1, |root| {
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                fs::set_permissions(root.join(INF), fs::Permissions::from_mode(0o000)).unwrap();
            }
        }));
    }
    changes
}

#[test]
fn whatever_changed_the_second_night_finds_what_a_full_reading_finds() {
    for Change { what, how, opened } in changes() {
        let (_folder, root) = copy_of("share");
        let cache = Memory::default();
        let (first, all) = night(&root, &cache, Trust::Stamps, 1);
        assert!(all > 20 && first == read(&root, &Incremental::none()), "{what}: the first night");
        how(&root);
        let (second, read_again) = night(&root, &cache, Trust::Stamps, 25);
        assert_eq!(second, read(&root, &Incremental::none()), "{what}");
        assert_eq!(read_again, opened, "{what}: files opened");
        let (third, none) = night(&root, &cache, Trust::Stamps, 49);
        assert_eq!(third, second, "{what}: the third night");
        // What could not be read is tried every night.
        let failed = third.share.infs.iter().filter(|inf| inf.content.is_err()).count();
        assert_eq!(none, failed, "{what}: files opened in the third night");
    }
}

#[test]
fn a_folder_renamed_is_read_again_and_what_is_gone_is_forgotten() {
    let (_folder, root) = copy_of("share");
    let cache = Memory::default();
    night(&root, &cache, Trust::Stamps, 1);
    let kept = cache.entries_in_all().len();
    fs::rename(root.join("netxtreme2-monolithic"), root.join("moved")).unwrap();
    let (second, opened) = night(&root, &cache, Trust::Stamps, 25);
    assert_eq!(second, read(&root, &Incremental::none()));
    assert!(opened > 1, "{opened}");
    assert_eq!(cache.entries_in_all().len(), kept);
    assert!(cache.entries_in_all().iter().all(|e| !e.path.starts_with("netxtreme2-monolithic/")));
    fs::remove_dir_all(root.join("moved")).unwrap();
    night(&root, &cache, Trust::Stamps, 49);
    assert!(cache.entries_in_all().iter().all(|e| !e.path.starts_with("moved/")));
}

/// The same stamp over other bytes, as a clock of whole seconds makes it: the entries get the stamps that the files have now.
#[test]
fn what_is_as_new_as_the_scan_is_read_again() {
    let (_folder, root) = copy_of("share");
    let cache = Memory::default();
    // Everything was written just now, and the scan begins now.
    let (first, all) = night(&root, &cache, Trust::Stamps, 0);
    assert!(cache.entries_in_all().iter().all(|e| !e.settled));
    same_size_and_time(&root.join(INF));
    let after = Memory::default();
    night(&root, &after, Trust::Stamps, 0);
    let stamps: Vec<_> = after.entries_in_all().into_iter().map(|e| (e.path, e.stamp)).collect();
    cache.change(|e| e.stamp = stamps.iter().find(|(path, _)| *path == e.path).unwrap().1.clone());
    let (second, opened) = night(&root, &cache, Trust::Stamps, 24);
    assert_ne!(second, first);
    assert_eq!((second, opened), (read(&root, &Incremental::none()), all));
    assert_eq!(night(&root, &cache, Trust::Stamps, 48).1, 0, "now they are settled");
}

/// A file server whose clock is ahead, or a file dated in the future: read again once, by then its stamp is an old acquaintance.
#[test]
fn a_date_in_the_future_settles_when_it_was_seen_before() {
    let (_folder, root) = copy_of("share");
    set_time(&root.join(INF), later(24 * 365));
    let cache = Memory::default();
    for (hours, opened) in [(24, 1), (48, 0)] {
        if hours == 24 {
            night(&root, &cache, Trust::Stamps, 1);
        }
        assert_eq!(night(&root, &cache, Trust::Stamps, hours).1, opened, "after {hours} hours");
    }
    same_size_and_time(&root.join(INF));
    let (found, opened) = night(&root, &cache, Trust::Stamps, 72);
    assert_eq!((found, opened), (read(&root, &Incremental::none()), 1));
}

#[test]
fn content_is_trusted_over_stamps_and_nothing_over_nothing() {
    let (_folder, root) = copy_of("share");
    let cache = Memory::default();
    let (first, all) = night(&root, &cache, Trust::Content, 1);
    // Every file is opened, its facts are those kept: shown by what cannot be read from the bytes.
    let entries = cache.entries_in_all();
    assert!(entries.iter().all(|e| e.content.is_some()));
    same_size_and_time(&root.join(INF));
    let after = Memory::default();
    night(&root, &after, Trust::Stamps, 0);
    let stamps: Vec<_> = after.entries_in_all().into_iter().map(|e| (e.path, e.stamp)).collect();
    cache.change(|e| e.stamp = stamps.iter().find(|(path, _)| *path == e.path).unwrap().1.clone());
    // By its stamp the file is unchanged; its bytes say otherwise.
    assert_eq!(night(&root, &cache, Trust::Stamps, 25).0, first);
    let (found, opened) = night(&root, &cache, Trust::Content, 25);
    assert_eq!((found, opened), (read(&root, &Incremental::none()), all));
    // `--full` reads all of it, and fills the cache for the next night.
    cache.change(|e| e.facts.truncate(3));
    let (found, opened) = night(&root, &cache, Trust::Nothing, 49);
    assert_eq!((found, opened), (read(&root, &Incremental::none()), all));
    assert_eq!(night(&root, &cache, Trust::Stamps, 73).1, 0);
}

#[test]
fn damaged_entries_are_read_again() {
    let (_folder, root) = copy_of("share");
    let fresh = read(&root, &Incremental::none());
    let cache = Memory::default();
    let (_, all) = night(&root, &cache, Trust::Stamps, 1);
    type Damage = fn(&mut Vec<u8>);
    let damages: [Damage; 4] = [
        |facts| facts.truncate(facts.len() / 2),
        |facts| facts.push(0),
        |facts| facts.clear(),
        // A length of 2^63 items.
        |facts| *facts = vec![0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x00],
    ];
    for damage in damages {
        cache.change(|e| damage(&mut e.facts));
        let (found, opened) = night(&root, &cache, Trust::Stamps, 25);
        assert_eq!((&found, opened), (&fresh, all));
        assert_eq!(night(&root, &cache, Trust::Stamps, 49).1, 0);
    }
}

#[test]
fn the_digest_of_an_input_changes_with_anything_in_it() {
    let digest = |root: &Path, hours| {
        let cache = Memory::default();
        let incremental = Incremental::new(&cache, Trust::Stamps, later(hours));
        let walked = walk_share(root, ShareOptions::default(), &incremental, &NoProgress).unwrap();
        assert_eq!(incremental.opened(), 0);
        walked.stamps()
    };
    for Change { what, how, .. } in changes() {
        let (_folder, root) = copy_of("share");
        let before = digest(&root, 1);
        assert!(!before.racy, "{what}");
        assert!(digest(&root, 0).racy, "{what}: everything was written just now");
        how(&root);
        assert_eq!(digest(&root, 1).digest == before.digest, what == "nothing", "{what}");
    }
    // Without a cache nobody pays for stamps.
    assert!(!Incremental::new(&NoCache, Trust::Stamps, later(0)).wants_stamps());
}
