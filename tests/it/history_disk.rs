//! A history on a disk that is full or can only be read: what it holds stays, and the message says what to do.
//!
//! Needs a small tmpfs, which only root may mount; skipped elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;

use wimspect::analysis::snapshot::{InputState, PackageState, Snapshot};
use wimspect::history::{History, HistoryError, NewRun, RunId, Saw};

use crate::support::run;

/// A small disk that goes away with the test.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None` where nothing may be mounted.
    fn new(test: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        if mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs"], folder.path()) {
            return Some(Self { folder });
        }
        eprintln!("skipped: {test} (no tmpfs may be mounted here)");
        None
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path()).output();
    }
}

fn mount(arguments: &[&str], folder: &Path) -> bool {
    let output = Command::new("mount").args(arguments).arg(folder).output();
    cfg!(target_os = "linux") && output.is_ok_and(|o| o.status.success())
}

fn snapshot(packages: usize) -> Snapshot {
    let package = |n: usize| PackageState {
        share: "share".to_owned(),
        path: format!("net/{n:06}.inf"),
        driver: format!("drv-{n}"),
        ..PackageState::default()
    };
    let mut snapshot = Snapshot {
        packages: (0..packages).map(package).collect(),
        inputs: vec![InputState::read("share", "share", "")],
        ..Snapshot::default()
    };
    snapshot.sort();
    snapshot
}

fn store(history: &mut History, snapshot: &Snapshot) -> Result<RunId, HistoryError> {
    history.store(&NewRun {
        key: "key",
        started: 1,
        finished: 2,
        exit_code: 0,
        tool: "test",
        inf_db: "test",
        saw: Saw::This(snapshot, &[]),
    })
}

#[test]
fn a_full_disk_loses_nothing_and_says_what_to_do() {
    let Some(disk) = SmallDisk::new("history on a full disk") else { return };
    let path = disk.path("runs.db");
    let small = snapshot(10);
    let mut history = History::open(&path).unwrap();
    store(&mut history, &small).unwrap();
    let said = store(&mut history, &snapshot(40_000)).unwrap_err().to_string();
    assert!(said.contains("the disk is full") && said.contains("runs.db") && said.contains("make room"), "{said}");
    let check = |history: &History, runs: usize| {
        assert_eq!(history.runs().unwrap().len(), runs);
        assert_eq!(history.snapshot(RunId(1)).unwrap(), small);
    };
    check(&history, 1);
    drop(history);
    let mut history = History::open(&path).unwrap();
    check(&history, 1);
    store(&mut history, &snapshot(20)).unwrap();
    check(&history, 2);
    drop(history);
    // Not a byte left, from the first step on.
    let filler = std::iter::repeat_n(0, 2 << 20).collect::<Vec<u8>>();
    assert!(std::fs::write(disk.path("filler"), filler).is_err());
    let said = History::open(&path).and_then(|mut h| store(&mut h, &snapshot(20_000))).unwrap_err().to_string();
    assert!(said.contains("the disk is full"), "{said}");
    std::fs::remove_file(disk.path("filler")).unwrap();
    check(&History::open(&path).unwrap(), 2);
}

#[test]
fn a_history_that_can_only_be_read_is_read_and_not_written() {
    let Some(disk) = SmallDisk::new("history on a disk that can only be read") else { return };
    let path = disk.path("runs.db");
    store(&mut History::open(&path).unwrap(), &snapshot(10)).unwrap();
    assert!(mount(&["-o", "remount,ro"], disk.folder.path()));
    let said = History::open(&path).and_then(|mut h| store(&mut h, &snapshot(1))).unwrap_err().to_string();
    assert!(said.contains("nothing can be written there") && said.contains("runs.db"), "{said}");
    let said = History::open(&disk.path("new.db")).unwrap_err().to_string();
    assert!(said.contains("nothing can be written there"), "{said}");
    let history = path.to_str().unwrap();
    let list = run(["history", "list", "--history", history]);
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    assert!(list.text().contains("1970-01-01T00:00:02Z"), "{}", list.text());
    let prune = run(["history", "prune", "--keep-runs", "1", "--history", history]);
    assert_eq!(prune.code, Some(2));
    assert!(prune.stderr.contains("runs.db") && prune.stderr.to_lowercase().contains("read-only"), "{}", prune.stderr);
}
