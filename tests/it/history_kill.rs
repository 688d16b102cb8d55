//! Runs that are killed at any point: the history always opens, no half run is shown, nothing stays in the way.
//!
//! The runs are written by this test program itself, started as a child: `writer` below is what the child runs.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use wimspect::analysis::snapshot::{FindingState, InputState, PackageState, Snapshot};
use wimspect::history::lock::RunLock;
use wimspect::history::{History, Keep, NewRun, Saw, Template};

/// Set in the child: the history to write.
const CHILD: &str = "WIMSPECT_TEST_KILLED_HISTORY";
const KILLS: u32 = 200;
/// A history grows through so many kills; then a new one begins, so that the beginning is hit as well.
const KILLS_OF_ONE: u32 = 10;
const VARIANTS: u64 = 3;

/// What the run with this number saw: it depends on the number alone.
fn seen(number: u64) -> Snapshot {
    let variant = number % VARIANTS;
    let package = |n: u64| PackageState {
        share: "share".to_owned(),
        path: format!("net/{n}.inf"),
        driver: format!("drv-{}", n * variant),
        ..PackageState::default()
    };
    let finding = |n: u64| FindingState {
        fingerprint: format!("{n}-{variant}"),
        rule: "a-rule".to_owned(),
        severity: wimspect::analysis::finding::Severity::Warning,
        confidence: wimspect::analysis::evidence::Confidence::Likely,
        message: "text".repeat(20),
        path: format!("net/{n}.inf"),
        line: None,
        targets: Vec::new(),
        suppressed: None,
        known: None,
        inputs: vec!["share".to_owned()],
    };
    let mut snapshot = Snapshot {
        packages: (0..100).map(package).collect(),
        findings: (0..60).map(finding).collect(),
        inputs: vec![InputState::read("share", "share", "")],
        ..Snapshot::default()
    };
    snapshot.sort();
    snapshot
}

/// The child: takes the lock, opens the history, adds runs and prunes, until it is killed.
#[test]
fn writer() {
    let Some(path) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    println!("started");
    let lock = RunLock::take(&path, 1, Duration::ZERO, &mut |_| {}).unwrap();
    let mut history = History::open(&path).unwrap();
    println!("opened");
    loop {
        let number = history.newest().unwrap().map_or(1, |run| run.id.0 + 1);
        let snapshot = seen(number);
        let key = number.to_string();
        let template = Template { name: "out".to_owned(), head: key.clone().into_bytes(), tail: vec![0; 9000] };
        let run = NewRun {
            key: &key,
            started: number,
            finished: number,
            exit_code: 0,
            tool: "test",
            inf_db: "test",
            saw: Saw::This(&snapshot, std::slice::from_ref(&template)),
        };
        history.store(&run).unwrap();
        if number.is_multiple_of(7) {
            history.prune(Keep { runs: Some(4), days: None }, number).unwrap();
        }
        assert!(lock.taken_over.as_ref().is_none_or(|owner| owner.pid != std::process::id()));
    }
}

fn start(path: &Path) -> Child {
    let program = std::env::current_exe().unwrap();
    Command::new(program)
        .args(["--exact", "history_kill::writer", "--nocapture", "--test-threads", "1"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Kills it some time after it said `word`.
fn kill_after(mut child: Child, word: &str, pause: Duration) {
    // The pipe stays open until the child is gone: a child that can not say its next word would end by itself.
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = lines.by_ref().map_while(Result::ok).any(|line| line.ends_with(word));
    if said {
        std::thread::sleep(pause);
        child.kill().unwrap();
    }
    let status = child.wait().unwrap();
    if status.code().is_some() {
        let mut said = String::new();
        std::io::Read::read_to_string(&mut child.stderr.take().unwrap(), &mut said).unwrap();
        panic!("the writer ended by itself: {said}");
    }
}

/// Everything that is there is whole, and the next run could begin.
fn check(path: &Path) -> u64 {
    let lock = RunLock::take(path, 2, Duration::ZERO, &mut |_| {}).unwrap();
    let history = History::open(path).unwrap();
    let runs = history.runs().unwrap();
    for (run, next) in runs.iter().zip(runs.iter().skip(1)) {
        assert_eq!(run.id.0 + 1, next.id.0, "no run is missing in the middle");
    }
    for run in &runs {
        assert_eq!(run.key, run.id.to_string());
        assert_eq!(history.snapshot(run.id).unwrap(), seen(run.id.0), "run {}", run.id);
    }
    let newest = runs.last().map_or(0, |run| run.id.0);
    let templates = history.templates().unwrap();
    assert_eq!(templates.len(), runs.len().min(1));
    assert!(templates.iter().all(|t| t.head == newest.to_string().into_bytes()), "those of the newest run");
    drop((history, lock));
    let mut names: Vec<String> = std::fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["runs.db", "runs.db-lock"], "nothing stays behind");
    newest
}

#[test]
fn a_run_that_is_killed_at_any_point_leaves_the_runs_before_it() {
    let mut chance = 20_260_728_u32;
    let mut between = |most: u32| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (chance >> 8) % most
    };
    let (mut folder, mut written) = (tempfile::tempdir().unwrap(), 0);
    let mut newest = 0;
    for kill in 0..KILLS {
        if kill % KILLS_OF_ONE == 0 {
            (folder, newest) = (tempfile::tempdir().unwrap(), 0);
        }
        let path = folder.path().join("runs.db");
        // Now and then while it opens the history, mostly while it writes.
        let (word, most) = if between(4) == 0 { ("started", 6_000) } else { ("opened", 30_000) };
        kill_after(start(&path), word, Duration::from_micros(u64::from(between(most))));
        let now = check(&path);
        assert!(now >= newest, "no run is lost: {now} after {newest}");
        written += now - newest;
        newest = now;
    }
    let connection = rusqlite::Connection::open(folder.path().join("runs.db")).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    eprintln!("{KILLS} kills, {written} runs were stored in between");
    assert!(written > 0, "the kills came too early to say anything");
}
