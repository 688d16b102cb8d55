//! Nights over a share and a boot image that change: the reports say exactly what changed, and the exit code follows what is
//! new only where the configuration wants it so.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use super::{JSON, Site};
use crate::support::{copy_tree, finish, fixture, items, program, text};

const EVERY_FORMAT: &str = "
[output page]
format = html
file = out/page-{date}-{run}.html
keep = 3
[output json]
format = json
file = out/report.json
[output lines]
format = ndjson
file = out/report.ndjson
[output text]
format = text
file = out/report.txt
[output sheet]
format = csv
file = out/report.csv
[output cases]
format = junit
file = out/report.xml
[output ticket]
format = markdown
file = out/report.md
[output scanning]
format = sarif
file = out/report.sarif
[metrics]
file = out/wimspect.prom
";

/// Another version of the same drivers, with its own catalogs.
fn exchange(share: &Path) {
    copy_tree(&fixture("share/netxtreme2-multitier-older"), &share.join("Broadcom"));
}

/// Values of a member, as a set.
fn all<'v>(list: &'v Value, pointer: &str) -> BTreeSet<&'v str> {
    items(list).iter().map(|item| text(item, pointer)).collect()
}

fn number(changes: &Value, pointer: &str) -> usize {
    items(changes.pointer(pointer).unwrap()).len()
}

#[test]
fn three_nights_say_exactly_what_changed() {
    let mut site = Site::new(&format!("[report]\ntitle = Lab\nfail-on = warning\nfail-on-new = yes\n{EVERY_FORMAT}"));
    let first = site.night(0);
    assert!(first.text().contains("The first run"), "{}", first.text());
    let history = site.history();
    assert_eq!((history["run"].as_u64(), number(&history, "/since")), (Some(1), 0));

    let second = site.night(0);
    assert!(second.text().contains("Nothing changed"), "{}", second.text());
    let changes = site.changes();
    for list in ["findings/new", "findings/gone", "findings/changed", "packages/added", "packages/removed", "images"] {
        assert_eq!(number(&changes, &format!("/{list}")), 0, "{list}: {changes}");
    }

    // Added, updated, moved; the boot image is another one.
    copy_tree(&fixture("share/broken"), &site.path("share/broken"));
    copy_tree(&fixture("share/three-tier"), &site.path("share/three-tier"));
    exchange(&site.path("share"));
    std::fs::create_dir(site.path("share/old")).unwrap();
    std::fs::rename(site.path("share/wlan"), site.path("share/old/wlan")).unwrap();
    site.boot_image("multi-tier-injected.wim");
    let third = site.night(1);
    let changes = site.changes();
    assert_eq!(
        all(&changes["packages"]["updated"], "/after/path"),
        BTreeSet::from(["Broadcom/bxnd.inf", "Broadcom/bxvbd.inf"])
    );
    assert!(all(&changes["packages"]["moved"], "/after/path").iter().all(|p| p.starts_with("old/wlan/")), "{changes}");
    let added = BTreeSet::from(["three-tier/fxbus.inf", "three-tier/fxmid.inf", "three-tier/fxnet.inf"]);
    assert_eq!(all(&changes["packages"]["added"], "/path"), added, "{changes}");
    assert_eq!(number(&changes, "/packages/removed"), 0, "{changes}");
    assert_eq!(all(&changes["images"], "/event"), BTreeSet::from(["rebuilt"]));
    let drivers = &changes["images"][0]["drivers"];
    assert!(all(&drivers["added"], "/inf").contains("bxvbd.inf"), "{drivers}");
    assert!(number(&changes, "/findings/new") > 0);
    for name in ["report.txt", "report.md", "report.csv", "report.xml", "report.ndjson"] {
        let report = site.read(&format!("out/{name}"));
        assert!(report.contains("bxvbd.inf") && report.contains("rebuilt"), "{name}:\n{report}");
        assert!(!report.contains('\u{1}'), "{name}: the place of the section is filled");
    }
    assert!(third.text().contains("report: out/page-2026-11-22-3.html"), "{}", third.text());
    let page = site.read("out/page-2026-11-22-3.html");
    assert!(page.contains("id=\"since\"") && page.contains("rebuilt") && !page.contains('\u{1}'));
    assert!(page.find("id=\"since\"") < page.find("id=\"overview\""), "it comes first");
    let numbers = site.read("out/wimspect.prom");
    assert!(numbers.contains("wimspect_last_run_exit_code 1\n"), "{numbers}");

    // The same as before: known now, and no reason to fail.
    site.night(0);
    site.night(0);
    let pages = std::fs::read_dir(site.path("out")).unwrap().flatten().map(|e| e.file_name().into_string().unwrap());
    let mut pages: Vec<String> = pages.filter(|n| n.ends_with(".html")).collect();
    pages.sort();
    assert_eq!(pages, ["page-2026-11-22-3.html", "page-2026-11-23-4.html", "page-2026-11-24-5.html"], "keep = 3");
    assert_eq!(items(&site.history()["trends"]).len(), 5);
}

#[test]
fn exit_codes_follow_new_findings_only_when_asked() {
    let mut site = Site::new(JSON);
    site.night(1);
    site.night(1);
    site.configure(&format!("[report]\nfail-on-new = yes\n{JSON}"));
    site.night(0);
    site.configure(&format!("[report]\nfail-on = never\n{JSON}"));
    site.night(0);
    // A baseline has the same effect, for what it knows.
    let mut audit = program();
    audit.current_dir(site.folder()).args(["audit", "share", "--boot-image", "boot.wim", "--no-policy", "--quiet"]);
    finish(audit.args(["--write-baseline", "accepted.json"]));
    site.configure(&format!("[report]\nbaseline = accepted.json\nfail-on = info\n{JSON}"));
    site.night(0);
    assert!(number(&site.changes(), "/findings/changed") > 0, "they do not count any more");
    exchange(&site.path("share"));
    site.night(1);
}

#[test]
fn what_is_missing_is_not_gone_and_comes_back() {
    let mut site = Site::new(&format!("[report]\nfail-on-new = yes\n{JSON}"));
    site.night(0);
    std::fs::rename(site.path("share"), site.path("away")).unwrap();
    let run = site.night(2);
    assert!(run.stderr.contains("share"), "{}", run.stderr);
    let changes = site.changes();
    assert_eq!(number(&changes, "/packages/removed") + number(&changes, "/findings/gone"), 0, "{changes}");
    assert!(changes["not_looked_at"]["packages"].as_u64() > Some(0), "{changes}");
    assert_eq!(all(&changes["inputs"]["missing"], "/path"), BTreeSet::from(["share"]));
    assert_eq!(all(&site.history()["missing"], "/path"), BTreeSet::from(["share"]));
    // Every night says it, not only the first.
    assert!(site.night(2).text().contains("Missing tonight"));
    std::fs::rename(site.path("away"), site.path("share")).unwrap();
    site.night(0);
    let changes = site.changes();
    assert_eq!(all(&changes["inputs"]["back"], "/path"), BTreeSet::from(["share"]));
    assert_eq!(number(&changes, "/packages/added") + number(&changes, "/findings/new"), 0, "{changes}");
}

#[test]
fn another_run_can_be_compared_with_and_one_that_is_not_there_is_said() {
    let mut site = Site::new(JSON);
    site.night(1);
    exchange(&site.path("share"));
    site.night(0);
    site.night(0);
    let run = site.report(&["--since", "1"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let history = site.history();
    assert_eq!(number(&history, "/since"), 2);
    assert_eq!(number(&history, "/since/0/packages/updated"), 0);
    assert_eq!(number(&history, "/since/1/packages/updated"), 2);
    let run = site.report(&["--since", "99"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("run 99"), "{}", run.stderr);
    let run = site.report(&["--since", "yesterday"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("`yesterday` names no run"), "{}", run.stderr);
}

#[test]
fn a_dry_run_writes_and_sends_nothing() {
    let site = Site::new(&format!(
        "{JSON}[metrics]\nfile = out/x.prom\n[webhook]\nurl = http://127.0.0.1:9/secret\nwhen = always\n[mail]\nto = a@b\nfrom = c@d\nwhen = always\nsendmail = no-such-program\n"
    ));
    let before = listing(site.folder());
    let run = site.report(&["--dry-run"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(listing(site.folder()), before);
    for word in [
        "out/report.json (json, ",
        "wimspect-notice/1",
        "POST to http://127.0.0.1/...",
        "Subject: ",
        "run 1",
        "out/x.prom",
    ] {
        assert!(run.text().contains(word), "{word}: {}", run.text());
    }
    assert!(!run.text().contains("secret") && run.stderr.is_empty(), "{}", run.stderr);
}

fn listing(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = walkdir::WalkDir::new(folder).into_iter().map(|e| e.unwrap().into_path()).collect();
    all.sort();
    all
}

#[test]
fn two_runs_over_the_same_write_the_same_bytes() {
    let reports = |site: &Site| {
        let names = [
            "page-2026-11-20-1.html",
            "report.json",
            "report.txt",
            "report.csv",
            "report.xml",
            "report.md",
            "report.sarif",
        ];
        names.map(|name| site.read(&format!("out/{name}")))
    };
    let (mut a, mut b) = (Site::new(EVERY_FORMAT), Site::new(EVERY_FORMAT));
    a.night(1);
    b.night(1);
    for (a, b) in reports(&a).iter().zip(&reports(&b)) {
        assert!(a == b, "{a}");
    }
}
