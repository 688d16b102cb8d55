//! What goes wrong at night: it is said, the rest is done, and nothing of the history is lost.

use std::path::Path;
use std::time::Duration;

use wimspect::history::History;
use wimspect::history::lock::RunLock;

use super::{JSON, Site};
use crate::support::{copy_tree, finish, fixture};

fn runs(site: &Site) -> usize {
    History::open_existing(&site.path("wimspect.db")).unwrap().runs().unwrap().len()
}

#[test]
fn one_run_at_a_time() {
    let mut site = Site::new(JSON);
    site.night(1);
    let history = site.path("wimspect.db");
    let lock = RunLock::take(&history, 1_795_140_000, Duration::ZERO, &mut |_| {}).unwrap();
    let run = site.report(&[]);
    assert_eq!(run.code, Some(2));
    let pid = std::process::id().to_string();
    assert!(run.stderr.contains("another run works on") && run.stderr.contains(&pid), "{}", run.stderr);
    // A dry run writes nothing, and so needs no lock.
    assert_eq!(site.report(&["--dry-run"]).code, Some(1));
    site.configure(&format!("[report]\nwait = 5\n{JSON}"));
    let waiting =
        site.command(&[]).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    drop(lock);
    let output = waiting.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(runs(&site), 2);
}

#[test]
fn the_lock_of_a_dead_process_is_taken_over() {
    let mut site = Site::new(JSON);
    let owner =
        wimspect::history::lock::Owner { pid: 4_000_000, started: 5, ..wimspect::history::lock::Owner::here(5) };
    std::fs::write(site.path("wimspect.db-owner"), serde_json::to_string(&owner).unwrap()).unwrap();
    let run = site.night(1);
    assert!(run.stderr.contains("its lock was taken over") && run.stderr.contains("4000000"), "{}", run.stderr);
    assert_eq!(site.night(1).stderr, "");
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let mut site = Site::new(JSON);
    site.night(1);
    let mut child =
        site.command(&[]).stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).spawn().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    // Whether or not that run had come so far: a file such as it writes.
    let history = std::path::absolute(site.path("wimspect.db")).unwrap();
    let history = std::fs::canonicalize(history).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(history.as_os_str().as_encoded_bytes());
    let left = site
        .path(&format!("out/.wimspect-report-{:02x}{:02x}{:02x}{:02x}-x", digest[0], digest[1], digest[2], digest[3]));
    let others = site.path("out/.wimspect-report-00000000-y");
    for file in [&left, &others] {
        std::fs::write(file, "half a rep").unwrap();
    }
    site.night(1);
    assert!(!left.exists() && others.exists(), "only its own");
}

#[test]
fn a_history_that_can_not_be_read_does_not_keep_the_report_away() {
    let mut site = Site::new(&format!("{JSON}[metrics]\nfile = out/w.prom\n"));
    std::fs::write(site.path("wimspect.db"), "no data base, but something else of the same name").unwrap();
    let run = site.night(2);
    assert!(run.stderr.contains("this is no history of wimspect"), "{}", run.stderr);
    assert!(run.text().contains("What changed is not known"), "{}", run.text());
    assert_eq!(site.history()["run"], 1);
    assert!(site.read("out/w.prom").contains("wimspect_last_run_exit_code 2\n"));
    assert!(site.read("wimspect.db").starts_with("no data base"), "nothing was changed in it");
}

#[test]
fn an_output_that_can_not_be_written_is_said_and_the_others_are_there() {
    let mut site = Site::new(&format!(
        "[output first]\nformat = html\nfile = gone/a.html\n{JSON}[output last]\nformat = csv\nfile = out/a.csv\n"
    ));
    let run = site.night(2);
    assert!(run.stderr.contains("[output first]: writing gone/a.html"), "{}", run.stderr);
    assert_eq!(site.history()["run"], 1);
    assert!(site.read("out/a.csv").contains("finding"));
    assert_eq!(runs(&site), 1);
}

#[cfg(target_os = "linux")]
struct SmallDisk(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount(folder: &Path, size: &str, test: &str) -> Option<Self> {
        std::fs::create_dir_all(folder).unwrap();
        let size = format!("size={size}");
        let mounted =
            std::process::Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        if mounted.is_ok_and(|o| o.status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("skipped: {test} (no tmpfs may be mounted here)");
        None
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.0).output();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_of_the_reports() {
    let mut site = Site::new(&format!("[output page]\nformat = html\nfile = small/page.html\n{JSON}"));
    let Some(_disk) = SmallDisk::mount(&site.path("small"), "16k", "a_full_disk_of_the_reports") else { return };
    let run = site.night(2);
    assert!(run.stderr.contains("[output page]: writing small/page.html"), "{}", run.stderr);
    assert!(!site.path("small/page.html").exists(), "no half report");
    assert_eq!(std::fs::read_dir(site.path("small")).unwrap().count(), 0, "nothing is left");
    assert_eq!((site.history()["run"].as_u64(), runs(&site)), (Some(1), 1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_of_the_history() {
    let mut site = Site::new("");
    let Some(_disk) = SmallDisk::mount(&site.path("small"), "6m", "a_full_disk_of_the_history") else { return };
    site.configure(&format!("[report]\nhistory = small/h.sqlite\n{JSON}"));
    site.night(1);
    // What is left of the disk is taken, and then there is something new to be stored.
    let filler = site.path("small/filler");
    let _ = std::fs::write(&filler, vec![0; 12 << 20]);
    for n in 0..40 {
        copy_tree(&fixture("share/netxtreme2-multitier"), &site.path(&format!("share/more/{n}")));
    }
    let run = site.night(2);
    let full = ["the disk is full", "No space left"].iter().any(|words| run.stderr.contains(words));
    assert!(full, "{}", run.stderr);
    assert!(site.history()["run"].as_u64().is_some(), "the report is there");
    std::fs::remove_file(filler).unwrap();
    let history = History::open_existing(&site.path("small/h.sqlite")).unwrap();
    assert_eq!(history.runs().unwrap().len(), 1, "what was there is there");
    drop(history);
    // What so many copies say, their report as a template included, would not fit in any case.
    std::fs::remove_dir_all(site.path("share/more")).unwrap();
    site.night(1);
}

/// Root may write everywhere: as another user.
#[cfg(unix)]
#[test]
fn an_output_folder_that_is_read_only() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let site = Site::new(&format!(
        "[report]\nhistory = state/h.sqlite\n[output page]\nformat = html\nfile = closed/page.html\n{JSON}"
    ));
    let set_mode =
        |path: &Path, mode: u32| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    for (folder, mode) in [("state", 0o777), ("closed", 0o555), ("out", 0o777)] {
        let _ = std::fs::create_dir(site.path(folder));
        set_mode(&site.path(folder), mode);
    }
    set_mode(site.folder(), 0o755);
    let command = site.command(&[]);
    let mut command = if std::fs::metadata(site.folder()).unwrap().uid() == 0 {
        let copy = site.path("wimspect");
        let copied = std::process::Command::new("cp").arg(command.get_program()).arg(&copy).status();
        let has_setpriv = std::process::Command::new("setpriv").arg("--version").output().is_ok();
        if !has_setpriv || !copied.is_ok_and(|s| s.success()) {
            eprintln!("skipped: an_output_folder_that_is_read_only (run as root, and there is no setpriv)");
            return;
        }
        let mut other = std::process::Command::new("setpriv");
        other
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(copy)
            .arg("report")
            .current_dir(site.folder());
        other.env("HOME", site.path("nowhere")).env("XDG_CONFIG_HOME", site.path("nowhere"));
        other
    } else {
        command
    };
    let run = finish(&mut command);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(
        run.stderr.contains("[output page]: writing closed/page.html") && run.stderr.contains("ermission denied"),
        "{}",
        run.stderr
    );
    assert_eq!(site.history()["run"], 1);
    let checked = finish(command.arg("--check-config"));
    assert_eq!(checked.code, Some(2));
    assert!(checked.stderr.contains("can not be written into closed"), "{}", checked.stderr);
}

#[test]
fn a_share_that_vanishes_in_mid_run() {
    let mut site = Site::new(&format!("[report]\nfail-on-new = yes\n{JSON}"));
    for n in 0..60 {
        copy_tree(&fixture("share/netxtreme2-multitier"), &site.path(&format!("share/many/{n}")));
    }
    site.night(0);
    for _ in 0..3 {
        let child =
            site.command(&[]).stderr(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn().unwrap();
        // Whenever it happens: the run ends by itself and says what it could not read.
        std::fs::rename(site.path("share"), site.path("away")).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0..=2)) && !said.contains("panicked"), "{said}");
        assert!(site.history()["run"].as_u64().is_some());
        std::fs::rename(site.path("away"), site.path("share")).unwrap();
    }
    assert_eq!(runs(&site), 4);
    let run = site.report(&[]);
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
}
