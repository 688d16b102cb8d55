//! The cache on disk: whatever becomes of the file, the run finds what it would find without one.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use wimspect::history::cache::Cache;
use wimspect::scan::incremental::{Entry, FactCache, FactKind, Incremental, Place, Trust};
use wimspect::scan::stamp::FileTime;

use super::{Everything, copy_of, night, read};

/// A run with the cache in this file; `None` when it could not be opened.
fn run(root: &Path, file: &Path, hours: u64) -> Option<(Everything, usize)> {
    let cache = Cache::open(file).ok()?;
    let found = night(root, &cache, Trust::Stamps, hours);
    cache.finish().ok();
    Some(found)
}

#[test]
fn the_second_run_opens_nothing_and_the_file_holds_what_is_there() {
    let (folder, root) = copy_of("share");
    let file = Cache::path_for(&folder.path().join("history.db"));
    assert_eq!(file.file_name().unwrap(), "history.db-cache");
    let fresh = read(&root, &Incremental::none());
    let (first, all) = run(&root, &file, 1).unwrap();
    assert!(first == fresh && all > 20);
    let (found, opened) = run(&root, &file, 25).unwrap();
    assert!(found == fresh && opened == 0);
    // A run that is killed leaves it as it was.
    fs::write(root.join("new.inf"), "[Version]\r\n").unwrap();
    let killed = Cache::open(&file).unwrap();
    night(&root, &killed, Trust::Stamps, 49);
    assert!(Cache::open(&file).is_err(), "another run uses it");
    drop(killed);
    assert_eq!(run(&root, &file, 49).unwrap().1, 1);
    assert_eq!(run(&root, &file, 73).unwrap().1, 0);
    // What is gone goes.
    fs::remove_dir_all(&root).unwrap();
    fs::create_dir(&root).unwrap();
    run(&root, &file, 97);
    let cache = Cache::open(&file).unwrap();
    let paths: Vec<&str> = fresh.share.infs.iter().map(|inf| inf.path.as_str()).collect();
    let left = cache.entries(&Place::new(&root, FactKind::Inf), &paths);
    assert!(left.len() > 3 && left.iter().all(Option::is_none));
}

#[test]
fn a_file_of_garbage_is_made_anew() {
    let (folder, root) = copy_of("share/guid-enumerator");
    let file = folder.path().join("cache");
    let fresh = read(&root, &Incremental::none());
    let all = run(&root, &file, 1).unwrap().1;
    let good = fs::read(&file).unwrap();
    let garbage: [(&str, Vec<u8>); 5] = [
        ("text", b"no data base at all".repeat(999)),
        ("empty", Vec::new()),
        ("its header only", good[..100].to_vec()),
        ("half of it", good[..good.len() / 2].to_vec()),
        ("zeros", vec![0; good.len()]),
    ];
    for (what, bytes) in garbage {
        fs::write(&file, bytes).unwrap();
        let (found, _) = run(&root, &file, 25).unwrap();
        assert!(found == fresh, "{what}");
        run(&root, &file, 49);
        assert_eq!(run(&root, &file, 73), Some((read(&root, &Incremental::none()), 0)), "{what}: mended by then");
        assert!(all > 3);
    }
    // A folder in its place, or none for it to lie in: an error that names it, and the run goes on without.
    for path in [folder.path().to_owned(), folder.path().join("none/cache")] {
        let error = Cache::open(&path).err().unwrap().to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("without it"), "{error}");
    }
}

#[test]
fn entries_come_back_by_their_paths_and_the_newest_counts() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cache");
    let place = Place::new(Path::new("share"), FactKind::Inf);
    let entry = |path: &str, facts: &[u8]| Entry {
        path: path.to_owned(),
        stamp: vec![1, 2],
        settled: true,
        seen: FileTime { seconds: -3, nanos: 4 },
        content: Some([7; 32]),
        facts: facts.to_vec(),
    };
    let cache = Cache::open(&file).unwrap();
    cache.keep(&place, ["b", "a/ä", "B", "a", ""].map(|path| entry(path, b"old")).to_vec());
    cache.keep(&place, vec![entry("b", b"new")]);
    cache.keep(&Place::new(Path::new("share"), FactKind::Catalog), vec![entry("a", b"catalog")]);
    cache.finish().unwrap();
    let cache = Cache::open(&file).unwrap();
    let paths = ["", "a", "a/", "a/ä", "B", "b", "c"];
    let old = |path| Some(entry(path, b"old"));
    let found = cache.entries(&place, &paths);
    assert_eq!(found, [old(""), old("a"), None, old("a/ä"), old("B"), Some(entry("b", b"new")), None]);
    cache.only(&place, &["b"]);
    assert_eq!(cache.entries(&place, &paths).iter().flatten().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_damage_changes_what_is_found(places in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..40)) {
        let (folder, root) = copy_of("share/guid-enumerator");
        let file = folder.path().join("cache");
        let fresh = read(&root, &Incremental::none());
        run(&root, &file, 1);
        let mut bytes = fs::read(&file).unwrap();
        for (place, byte) in places {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        fs::write(&file, bytes).unwrap();
        if let Some((found, _)) = run(&root, &file, 25) {
            prop_assert!(found == fresh);
        }
        // Damage may come to light only when something is written beside it; then the file is made anew.
        let nights = [49, 73, 97, 121].map(|hours| run(&root, &file, hours));
        for (found, _) in nights.iter().flatten() {
            prop_assert!(*found == fresh);
        }
        prop_assert_eq!(nights.last().unwrap().as_ref().map(|(_, opened)| *opened), Some(0));
    }
}
