//! The history as a whole: what is stored comes back, what is the same is kept once, what is old goes.

use std::path::Path;
use std::time::Duration;

use super::lock::{LockError, RunLock};
use super::*;
use crate::analysis::changes::Changes;
use crate::analysis::evidence::Confidence;
use crate::analysis::finding::Severity;
use crate::analysis::snapshot::{
    CoverageState, FindingState, ImageDriverState, ImageState, InputState, PackageState, ReadState, Snapshot,
    SuppressedState,
};

const DAY: u64 = 86_400;

fn finding(name: &str, severity: Severity) -> FindingState {
    FindingState {
        fingerprint: format!("print-{name}"),
        rule: "a-rule".to_owned(),
        severity,
        confidence: Confidence::Likely,
        message: format!("{name} is wrong"),
        path: format!("net/{name}.inf"),
        line: Some(7),
        targets: vec!["3.0/amd64".to_owned()],
        suppressed: None,
        known: None,
        inputs: vec!["share".to_owned()],
    }
}

fn package(name: &str, content: &str) -> PackageState {
    PackageState {
        share: "share".to_owned(),
        path: format!("net/{name}.inf"),
        driver: format!("drv-{content}"),
        inf: format!("{name}.inf"),
        provider: Some("Example".to_owned()),
        ..PackageState::default()
    }
}

fn snapshot() -> Snapshot {
    let driver =
        ImageDriverState { inf: "x.inf".to_owned(), origin: "inbox".to_owned(), ..ImageDriverState::default() };
    let image = |index| ImageState {
        file: "boot.wim".to_owned(),
        index,
        fit: Some(index == 1),
        components: vec!["WinPE-WMI".to_owned()],
        drivers: vec![driver.clone(); index as usize],
        ..ImageState::default()
    };
    let mut snapshot = Snapshot {
        packages: vec![package("a", "1"), package("b", "2"), package("b", "2")],
        images: vec![image(1), image(2)],
        findings: vec![
            finding("a", Severity::Error),
            finding("a", Severity::Error),
            FindingState {
                suppressed: Some(SuppressedState {
                    by: "policy".to_owned(),
                    reason: "lab".to_owned(),
                    until: Some("2026-12-31".to_owned()),
                }),
                known: Some(true),
                line: None,
                ..finding("b", Severity::Warning)
            },
        ],
        coverage: Some(CoverageState { machines: 3, adapters: 2, covered: 1, targets: Vec::new() }),
        problems: 4,
        inputs: vec![InputState::read("share", "share", ""), InputState::read("boot-image", "boot.wim", "boot.wim")],
    };
    snapshot.sort();
    snapshot
}

fn run(finished: u64, saw: Saw<'_>) -> NewRun<'_> {
    NewRun { key: "key", started: finished - 1, finished, exit_code: 1, tool: "0.1.0", inf_db: "digest", saw }
}

fn begin(folder: &Path) -> History {
    History::open(&folder.join("runs.db")).unwrap()
}

#[test]
fn a_run_comes_back_as_it_was_stored() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = begin(folder.path());
    assert_eq!(history.newest().unwrap(), None);
    let seen = snapshot();
    let templates = [Template { name: "html".to_owned(), head: vec![1, 0, 255], tail: Vec::new() }];
    let id = history.store(&run(10, Saw::This(&seen, &templates))).unwrap();
    let history = History::open_existing(history.path()).unwrap();
    assert_eq!(history.snapshot(id).unwrap(), seen);
    assert_eq!(history.templates().unwrap(), templates);
    let newest = history.newest().unwrap().unwrap();
    assert_eq!((newest.id, newest.key.as_str(), newest.point.exit_code), (RunId(1), "key", 1));
    let point = newest.point;
    assert_eq!((point.errors, point.warnings, point.not_counted, point.problems), (2, 0, 1, 4));
    assert_eq!((point.adapters, point.covered, point.images, point.packages), (Some(2), Some(1), 2, 3));
}

#[test]
fn what_is_the_same_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = begin(folder.path());
    let first = snapshot();
    let mut second = first.clone();
    second.packages[0] = package("a", "9");
    second.findings.pop();
    second.coverage = None;
    second.images[1].drivers.pop();
    second.sort();
    history.store(&run(DAY, Saw::This(&first, &[]))).unwrap();
    history.store(&run(2 * DAY, Saw::TheSame)).unwrap();
    history.store(&run(3 * DAY, Saw::This(&first, &[]))).unwrap();
    history.store(&run(4 * DAY, Saw::This(&second, &[]))).unwrap();
    history.store(&run(5 * DAY, Saw::TheSame)).unwrap();
    for (id, expected) in [(1, &first), (2, &first), (3, &first), (4, &second), (5, &second)] {
        assert_eq!(&history.snapshot(RunId(id)).unwrap(), expected, "run {id}");
    }
    let rows = |table: &str| -> i64 {
        history.connection.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |r| r.get(0)).unwrap()
    };
    let counts = ["run", "package", "image", "image_driver", "finding", "input"].map(rows);
    assert_eq!(counts, [5, 4, 2, 3, 3, 2]);
    assert_eq!(
        history.trends(2).unwrap().iter().map(|p| (p.run, p.covered)).collect::<Vec<_>>(),
        [(4, None), (5, None)]
    );
}

#[test]
fn findings_know_when_they_were_seen_first_and_last() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = begin(folder.path());
    let (all, mut without) = (snapshot(), snapshot());
    without.findings.retain(|f| f.fingerprint == "print-a");
    for (day, seen) in [(1, &without), (2, &all), (3, &without), (4, &without)] {
        history.store(&run(day * DAY, Saw::This(seen, &[]))).unwrap();
    }
    let seen = |history: &History, name: &str| {
        let found = history.sightings().unwrap();
        found.get(name).map(|s| (s.first_run.0, s.first_seen / DAY, s.last_run.0, s.last_seen / DAY))
    };
    assert_eq!(seen(&history, "print-a"), Some((1, 1, 4, 4)));
    assert_eq!(seen(&history, "print-b"), Some((2, 2, 2, 2)));
    let pruned = history.prune(Keep { runs: Some(1), days: None }, 0).unwrap();
    assert_eq!((pruned.runs, pruned.left), (3, 1));
    assert_eq!(seen(&history, "print-a"), Some((1, 1, 4, 4)), "also where that run is not kept any more");
    assert_eq!(seen(&history, "print-b"), None);
}

#[test]
fn what_one_of_the_limits_keeps_is_kept() {
    for (runs, days, left) in [
        (None, None, 5),
        (Some(2), None, 2),
        (Some(99), None, 5),
        (None, Some(1), 2),
        (Some(3), Some(1), 3),
        (Some(1), Some(3), 4),
        (Some(0), None, 1),
        (None, Some(0), 1),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut history = begin(folder.path());
        for day in 1..=5 {
            let mut seen = snapshot();
            seen.packages.push(package("a", &day.to_string()));
            seen.sort();
            history.store(&run(day * DAY, Saw::This(&seen, &[]))).unwrap();
        }
        let before: Vec<Snapshot> = (1..=5).map(|id| history.snapshot(RunId(id)).unwrap()).collect();
        let pruned = history.prune(Keep { runs, days }, 5 * DAY).unwrap();
        assert_eq!(pruned.left, left, "{runs:?} {days:?}");
        for run in history.runs().unwrap() {
            let at = usize::try_from(run.id.0).unwrap() - 1;
            assert_eq!(history.snapshot(run.id).unwrap(), before[at], "{runs:?} {days:?}");
        }
        assert_eq!(history.store(&run(6 * DAY, Saw::TheSame)).unwrap(), RunId(6), "no number is used twice");
    }
}

#[test]
fn a_missing_share_is_compared_with_what_it_was_when_it_was_seen() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = begin(folder.path());
    let all = snapshot();
    let mut missing = all.clone();
    missing.packages.clear();
    missing.findings.clear();
    missing.inputs[1].state = ReadState::Missing("no such folder".to_owned());
    assert_eq!(missing.inputs[1].kind, "share");
    let mut later = all.clone();
    later.packages.push(package("c", "3"));
    later.sort();
    for (day, seen) in [(1, &all), (2, &missing), (3, &missing), (4, &later)] {
        history.store(&run(day * DAY, Saw::This(seen, &[]))).unwrap();
    }
    let night =
        |id: u64| Changes::between(&history.known_at(RunId(id - 1)).unwrap(), &history.snapshot(RunId(id)).unwrap());
    for id in [2, 3] {
        let changes = night(id);
        assert_eq!(changes.inputs.missing.len(), 1, "run {id}");
        assert_eq!((changes.packages.removed.len(), changes.findings.gone.len()), (0, 0), "run {id}");
        assert_eq!((changes.not_looked_at.packages, changes.not_looked_at.findings), (3, 3), "run {id}");
    }
    let back = night(4);
    assert_eq!(back.inputs.back.len(), 1);
    assert_eq!((back.packages.added.len(), back.findings.new.len()), (1, 0), "only what is really new");
}

#[test]
fn runs_are_found_by_name_and_what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let mut history = begin(folder.path());
    let find = |history: &History, name: &str| match history.find(&name.parse().unwrap()) {
        Ok(run) => Ok(run.id.0),
        Err(error) => Err(error.to_string().rsplit_once(": ").unwrap().1.to_owned()),
    };
    assert!(find(&history, "latest").unwrap_err().contains("it holds no run yet"));
    history.store(&run(DAY, Saw::This(&snapshot(), &[]))).unwrap();
    history.store(&run(2 * DAY, Saw::TheSame)).unwrap();
    history.store(&run(4 * DAY, Saw::TheSame)).unwrap();
    history.prune(Keep { runs: Some(2), days: None }, 0).unwrap();
    for (name, expected) in
        [("latest", Some(3)), ("previous", Some(2)), ("3", Some(3)), ("1970-01-04", Some(2)), ("1970-01-05", Some(3))]
    {
        assert_eq!(find(&history, name).ok(), expected, "{name}");
    }
    for name in ["1", "latest-2", "1970-01-02"] {
        let said = find(&history, name).unwrap_err();
        assert!(said.contains("it holds 2 runs, 2 (of 1970-01-03T00:00:00Z) to 3"), "{name}: {said}");
    }
}

#[test]
fn what_is_no_history_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "not a data base, but long enough to have a header of one hundred bytes ".repeat(9))
        .unwrap();
    rusqlite::Connection::open(path("other.db")).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
    let newer = begin(folder.path());
    newer.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for (name, words) in [
        ("text", "no SQLite data base"),
        ("other.db", "another program"),
        ("runs.db", "newer wimspect (version 99"),
        ("", "this is a folder"),
        ("no/such/runs.db", "there is no folder"),
    ] {
        let before = std::fs::read(path(name)).ok();
        let said = History::open(&path(name)).unwrap_err().to_string();
        assert!(said.contains(words) && said.contains(&path(name).display().to_string()), "{name}: {said}");
        assert_eq!(std::fs::read(path(name)).ok(), before, "{name}");
    }
    let said = History::open_existing(&path("none.db")).unwrap_err().to_string();
    assert!(said.contains("no such file") && !path("none.db").exists(), "{said}");
}

#[test]
fn one_run_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("runs.db");
    let take = |wait: u64| {
        let mut waited = 0;
        let lock = RunLock::take(&history, 60, Duration::from_millis(wait), &mut |owner| {
            assert_eq!(owner.map(|o| o.pid), Some(std::process::id()));
            waited += 1;
        });
        (lock, waited)
    };
    let (first, _) = take(0);
    let (second, waited) = take(0);
    let said = second.unwrap_err().to_string();
    assert!(said.contains(&format!("process {}", std::process::id())), "{said}");
    assert!(said.contains("since 1970-01-01T00:01:00Z") && waited == 0, "{said}");
    let (third, waited) = take(250);
    assert!(matches!(third, Err(LockError::Held { owner: Some(_), .. })) && waited == 1);
    drop(first);
    assert_eq!(take(0).0.unwrap().taken_over, None, "who ends leaves nothing behind");
}

#[test]
fn a_lock_of_a_dead_process_is_taken_over_and_one_of_another_machine_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let history = folder.path().join("runs.db");
    let owner_file = folder.path().join("runs.db-owner");
    let take = || RunLock::take(&history, 60, Duration::ZERO, &mut |_| {});
    let lock = take().unwrap();
    let mine = std::fs::read_to_string(&owner_file).unwrap();
    drop(lock);
    std::fs::write(&owner_file, &mine).unwrap();
    assert_eq!(take().unwrap().taken_over.as_ref().map(|o| o.pid), Some(std::process::id()));
    let host = super::lock::Owner::here(0).host;
    std::fs::write(&owner_file, mine.replace(&format!("\"{host}\""), "\"elsewhere\"")).unwrap();
    let said = take().unwrap_err().to_string();
    assert!(said.contains("elsewhere") && said.contains(&owner_file.display().to_string()), "{said}");
    std::fs::remove_file(&owner_file).unwrap();
    assert!(take().is_ok());
    for torn in ["", "{\"pid\":1,", "\u{0}\u{1}"] {
        std::fs::write(&owner_file, torn).unwrap();
        assert_eq!(take().unwrap().taken_over, None, "written by a process that was killed meanwhile: {torn:?}");
    }
}
