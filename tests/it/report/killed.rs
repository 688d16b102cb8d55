//! `wimspect report` killed at any point, 200 times: the history opens, no half run is shown, no report is half written, and
//! nothing stays in the way of the next run.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use super::Site;
use crate::support::{finish, items, program};

const KILLS: u32 = 200;
const OUTPUTS: &str = "
[output page]
format = html
file = out/page.html
[output json]
format = json
file = out/report.json
[metrics]
file = out/wimspect.prom
";

/// Some time within a run: the same on every machine, and no two the same for long.
fn pause(kill: u32, longest: Duration) -> Duration {
    longest.mul_f64(f64::from(kill * 37 % 101) / 100.0)
}

fn files(site: &Site, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(site.path(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Reports are those of the last whole run or of the one before.
fn reports_are_whole(site: &Site) {
    if site.path("out/page.html").exists() {
        assert!(site.read("out/page.html").trim_end().ends_with("</html>"));
    }
    if site.path("out/report.json").exists() {
        serde_json::from_str::<Value>(&site.read("out/report.json")).unwrap();
    }
    if site.path("out/wimspect.prom").exists() {
        let metrics = site.read("out/wimspect.prom");
        assert!(metrics.ends_with('\n') && metrics.contains("wimspect_last_run_timestamp_seconds "), "{metrics}");
    }
}

/// The runs that the history shows: their numbers follow each other.
fn runs(site: &Site) -> usize {
    let history = site.path("wimspect.db");
    if !history.exists() {
        return 0;
    }
    let list = finish(program().args(["history", "list", "--format", "json", "--history"]).arg(history));
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    let list = list.json();
    let runs = items(&list["runs"]);
    for (place, run) in runs.iter().enumerate() {
        assert_eq!(run["run"], place + 1, "{list}");
    }
    runs.len()
}

#[test]
fn a_run_that_is_killed_anywhere_leaves_nothing_half_done() {
    let mut site = Site::new(OUTPUTS);
    let start = std::time::Instant::now();
    site.night(1);
    // Only how far the kills are spread depends on this.
    let longest = start.elapsed().mul_f64(1.3);
    let mut stored = 1;
    for kill in 0..KILLS {
        // Every fourth run has something new to read, so that long and short runs are hit.
        if kill % 4 == 0 {
            std::fs::write(site.path("share/wlan/readme.txt"), kill.to_string()).unwrap();
        }
        let mut command = site.command(&[]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(pause(kill, longest));
        let _ = child.kill();
        child.wait().unwrap();
        reports_are_whole(&site);
        if kill % 10 == 9 {
            let now = runs(&site);
            assert!(now >= stored, "runs do not go away");
            stored = now;
        }
    }
    let last = site.report(&[]);
    assert_eq!(last.code, Some(1), "{}", last.stderr);
    assert!(!last.stderr.contains("another run"), "{}", last.stderr);
    assert_eq!(runs(&site), usize::try_from(site.history()["run"].as_u64().unwrap()).unwrap());
    assert_eq!(files(&site, "out"), ["page.html", "report.json", "wimspect.prom"], "no file of a killed run is left");
    let beside: Vec<String> = files(&site, ".").into_iter().filter(|name| name.starts_with('.')).collect();
    assert!(beside.is_empty(), "{beside:?}");
}
