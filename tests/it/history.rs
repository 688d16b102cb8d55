//! `wimspect history` and `wimspect diff --history`, over a history of three nights.

use std::path::{Path, PathBuf};

use wimspect::analysis::evidence::Confidence;
use wimspect::analysis::finding::Severity;
use wimspect::analysis::snapshot::{FindingState, InputState, PackageState, Snapshot};
use wimspect::history::{History, NewRun, Saw};

use crate::support::{Run, items, run};

const DAY: u64 = 86_400;

fn night(packages: &[(&str, &str)], findings: &[&str]) -> Snapshot {
    let mut snapshot = Snapshot {
        packages: packages
            .iter()
            .map(|(path, content)| PackageState {
                share: "share".to_owned(),
                path: (*path).to_owned(),
                driver: format!("drv-{content}"),
                inf: "x.inf".to_owned(),
                version: Some(format!("{content}.0.0.0")),
                ..PackageState::default()
            })
            .collect(),
        findings: findings
            .iter()
            .map(|print| FindingState {
                fingerprint: (*print).to_owned(),
                rule: "catalog-missing".to_owned(),
                severity: Severity::Error,
                confidence: Confidence::Proven,
                message: format!("{print} has no catalog \u{1b}[31m"),
                path: format!("net/{print}.inf"),
                line: Some(1),
                targets: Vec::new(),
                suppressed: None,
                known: None,
                inputs: vec!["share".to_owned()],
            })
            .collect(),
        inputs: vec![InputState::read("share", "share", "")],
        ..Snapshot::default()
    };
    snapshot.sort();
    snapshot
}

/// A history of three runs; the second one saw what the first one had seen.
pub fn three_nights(folder: &Path) -> PathBuf {
    let path = folder.join("runs.db");
    let mut history = History::open(&path).unwrap();
    let (first, third) = (night(&[("net/x.inf", "1")], &["a", "b"]), night(&[("net/x.inf", "2")], &["b", "c"]));
    for (day, saw) in [(1, Saw::This(&first, &[])), (2, Saw::TheSame), (3, Saw::This(&third, &[]))] {
        let (started, finished) = (day * DAY, day * DAY + 60);
        let run = NewRun { key: "key", started, finished, exit_code: 1, tool: "0.1.0", inf_db: "digest", saw };
        history.store(&run).unwrap();
    }
    path
}

fn on(history: &Path, line: &str) -> Run {
    let history = ["--history".to_owned(), history.display().to_string()];
    run(line.split(' ').map(str::to_owned).chain(history))
}

#[test]
fn runs_are_listed_with_their_trends() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_nights(folder.path());
    let list = on(&path, "history list");
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    insta::assert_snapshot!(list.text());
    let json = on(&path, "history list --format json").json();
    let runs: Vec<_> = items(&json["runs"]).iter().map(|r| r["run"].as_u64().unwrap()).collect();
    assert_eq!(runs, [1, 2, 3]);
}

#[test]
fn a_run_is_shown_with_what_it_saw() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_nights(folder.path());
    let show = on(&path, "history show");
    assert_eq!(show.code, Some(0), "{}", show.stderr);
    assert!(!show.text().contains('\u{1b}'), "what an INF holds commands no terminal");
    insta::assert_snapshot!(show.text());
    let json = on(&path, "history show 1970-01-03 --format json").json();
    assert_eq!(json["run"]["run"], 2);
    assert_eq!(json["changed"], "no difference");
    assert_eq!(json["findings"][1]["first_run"], 1);
}

#[test]
fn runs_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_nights(folder.path());
    let same = on(&path, "diff 1 2 --fail-on-change");
    assert_eq!((same.code, same.text().ends_with("no difference\n")), (Some(0), true), "{}", same.stderr);
    let diff = on(&path, "diff previous latest --fail-on-change");
    assert_eq!(diff.code, Some(1), "{}", diff.stderr);
    insta::assert_snapshot!(diff.text());
    let json = on(&path, "diff 1970-01-02 3 --format json").json();
    assert_eq!(json["changes"]["findings"]["new"][0]["fingerprint"], "c");
    assert_eq!(json["changes"]["findings"]["gone"][0]["fingerprint"], "a");
    assert_eq!(json["changes"]["packages"]["updated"][0]["after"]["version"], "2.0.0.0");
    assert_eq!(json["changes"]["before"]["run"]["finished"], "1970-01-02T00:01:00Z");
}

#[test]
fn old_runs_are_pruned_and_what_is_not_there_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_nights(folder.path());
    let prune = on(&path, "history prune --keep-runs 2");
    assert_eq!(prune.code, Some(0), "{}", prune.stderr);
    assert!(prune.text().starts_with("1 run taken away, 2 left;"), "{}", prune.text());
    let gone = on(&path, "history show 1");
    assert_eq!(gone.code, Some(2));
    assert!(
        gone.stderr.contains("run 1 is not there: it holds 2 runs, 2 (of 1970-01-03T00:01:00Z) to 3"),
        "{}",
        gone.stderr
    );
    assert_eq!(on(&path, "history prune").code, Some(2), "what is to be kept must be said");
    let text = folder.path().join("text.db");
    std::fs::write(&text, "x".repeat(4096)).unwrap();
    for (path, words) in [(text, "no SQLite data base"), (folder.path().join("none.db"), "there is no such file")] {
        for line in ["history list", "history show", "history prune --keep-runs 1", "diff 1 2"] {
            let run = on(&path, line);
            assert_eq!(run.code, Some(2), "{line}");
            assert!(run.stderr.contains(words) && run.stderr.contains(".db"), "{line}: {}", run.stderr);
        }
    }
}

#[test]
fn a_history_that_a_run_works_on_is_not_pruned() {
    let folder = tempfile::tempdir().unwrap();
    let path = three_nights(folder.path());
    let wait = std::time::Duration::ZERO;
    let lock = wimspect::history::lock::RunLock::take(&path, DAY, wait, &mut |_| {}).unwrap();
    let prune = on(&path, "history prune --keep-runs 1");
    assert_eq!(prune.code, Some(2));
    let words = format!("process {}", std::process::id());
    assert!(prune.stderr.contains("another run works on") && prune.stderr.contains(&words), "{}", prune.stderr);
    assert_eq!(on(&path, "history list").code, Some(0), "who only reads does not wait");
    drop(lock);
    assert_eq!(on(&path, "history prune --keep-runs 1").code, Some(0));
}
