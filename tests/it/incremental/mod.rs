//! Reading only what changed: whatever happens to a share between two runs, the second one finds what a reading of everything
//! would find, and opens what changed and nothing else.

mod cache_file;
mod images;
mod kept;
mod shares;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use wimspect::analysis::ask;
use wimspect::analysis::world::World;
use wimspect::facts::driver_file::{DriverFile, DriverFilePath};
use wimspect::facts::share::Share;
use wimspect::facts::signature::CatalogFacts;
use wimspect::inf_db::InfDb;
use wimspect::scan::incremental::{Entry, FactCache, Incremental, Place, Trust};
use wimspect::scan::progress::NoProgress;
use wimspect::scan::share::{ShareOptions, walk_share};
use wimspect::scan::{catalogs, driver_files};

/// A cache in memory that tests can look into.
#[derive(Default)]
struct Memory(Mutex<BTreeMap<Place, BTreeMap<String, Entry>>>);

impl Memory {
    /// Changes every entry.
    fn change(&self, mut how: impl FnMut(&mut Entry)) {
        self.0.lock().unwrap().values_mut().flat_map(BTreeMap::values_mut).for_each(&mut how);
    }

    fn entries_in_all(&self) -> Vec<Entry> {
        self.0.lock().unwrap().values().flat_map(BTreeMap::values).cloned().collect()
    }
}

impl FactCache for Memory {
    fn entries(&self, place: &Place, paths: &[&str]) -> Vec<Option<Entry>> {
        let places = self.0.lock().unwrap();
        let Some(entries) = places.get(place) else { return Vec::new() };
        paths.iter().map(|path| entries.get(*path).cloned()).collect()
    }

    fn keep(&self, place: &Place, entries: Vec<Entry>) {
        let mut places = self.0.lock().unwrap();
        let kept = places.entry(place.clone()).or_default();
        kept.extend(entries.into_iter().map(|e| (e.path.clone(), e)));
    }

    fn only(&self, place: &Place, paths: &[&str]) {
        let mut places = self.0.lock().unwrap();
        places.entry(place.clone()).or_default().retain(|path, _| paths.contains(&path.as_str()));
    }
}

/// Everything that is read of a share.
#[derive(Debug, PartialEq)]
struct Everything {
    share: Share,
    files: Vec<(DriverFilePath, Result<DriverFile, String>)>,
    catalogs: Vec<(DriverFilePath, Result<CatalogFacts, String>)>,
}

fn read(root: &Path, incremental: &Incremental<'_>) -> Everything {
    let walked = walk_share(root, ShareOptions::default(), incremental, &NoProgress).unwrap();
    let (share, files) = walked.read(incremental, &NoProgress);
    let world = World::new(vec![share.clone()], Vec::new());
    let asked = ask(&world, InfDb::embedded());
    let files = [files];
    let found = driver_files::read(&files, &asked.files, &asked.enumerators, incremental, &NoProgress);
    let signed = catalogs::read(&files, &asked.catalogs, incremental, &NoProgress);
    Everything {
        share,
        files: asked.files.into_iter().zip(found).collect(),
        catalogs: asked.catalogs.into_iter().zip(signed).collect(),
    }
}

/// So long after everything was written that all stamps are settled.
fn later(hours: u64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(hours * 3600)
}

/// A run with a cache, so and so many hours from now: what it found, and how many files it opened.
fn night(root: &Path, cache: &dyn FactCache, trust: Trust, hours: u64) -> (Everything, usize) {
    let incremental = Incremental::new(cache, trust, later(hours));
    let found = read(root, &incremental);
    (found, incremental.opened())
}

fn copy_of(fixture: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("share");
    crate::support::copy_tree(&crate::support::fixture(fixture), &root);
    (folder, root)
}
