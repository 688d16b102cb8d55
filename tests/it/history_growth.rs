//! What a night costs on which nothing changed: a row, not a copy.

use std::path::Path;

use wimspect::analysis::prediction::scenario::Cells;
use wimspect::analysis::snapshot::{InputState, Snapshot};
use wimspect::analysis::world::World;
use wimspect::analysis::{Answers, Request, analyse, ask};
use wimspect::history::{History, NewRun, Saw};
use wimspect::inf_db::{DeployedOsDriver, InfDb};
use wimspect::scan::progress::NoProgress;
use wimspect::scan::share::{ShareOptions, read_share};

use crate::support::{corpus, fixture};

/// What a run over a share sees; its driver files and catalogs are left out.
fn snapshot(share: &Path) -> Snapshot {
    let db = InfDb::embedded();
    let read = read_share(share, ShareOptions { include_templates: false }, &NoProgress).unwrap();
    let inputs = vec![InputState::read("share", read.root.clone(), "")];
    let world = World::new(vec![read], Vec::new());
    let asked = ask(&world, db);
    let cells = Cells {
        content: Vec::new(),
        source: Vec::new(),
        deploy_os: Vec::new(),
        driver_step: true,
        deployed_os_driver: DeployedOsDriver::Unknown,
    };
    let request = Request { releases: Vec::new(), archs: Vec::new(), all_releases: true, packages: Vec::new(), cells };
    Snapshot::of(&analyse(world, asked, Answers::default(), &request, db), inputs, 0)
}

/// Sizes of the history after the first run and after so many more over the same.
fn grow(seen: &Snapshot, nights: u64) -> (u64, u64) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("runs.db");
    let size = || std::fs::metadata(&path).unwrap().len();
    let mut first = 0;
    for night in 0..=nights {
        // Whether the run knows that nothing changed, or looks at everything and finds the same.
        let saw = if night.is_multiple_of(2) { Saw::This(seen, &[]) } else { Saw::TheSame };
        let (started, finished, key) = (night * 86_400, night * 86_400 + 60, "0".repeat(64));
        let run = NewRun { key: &key, started, finished, exit_code: 1, tool: "0.1.0", inf_db: &key, saw };
        // Opened anew each night, so that all of it lies in the file when it is measured.
        History::open(&path).unwrap().store(&run).unwrap();
        if night == 0 {
            first = size();
        }
    }
    let history = History::open(&path).unwrap();
    let newest = history.newest().unwrap().unwrap();
    assert_eq!(&history.snapshot(newest.id).unwrap(), seen);
    (first, size())
}

#[test]
fn a_night_without_changes_adds_a_row() {
    let mut shares = vec![fixture("share")];
    shares.extend(corpus("growth of the history over the corpus"));
    for share in shares {
        let seen = snapshot(&share);
        assert!(!seen.packages.is_empty() && !seen.findings.is_empty());
        let nights = 64;
        let (first, last) = grow(&seen, nights);
        let each = (last - first) / nights;
        eprintln!(
            "{}: {} packages and {} findings take {} KB, a night without changes {each} bytes",
            share.display(),
            seen.packages.len(),
            seen.findings.len(),
            first >> 10
        );
        assert!(each < 1024, "{each} bytes each night");
    }
}
